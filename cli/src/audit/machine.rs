//! What the machine says of all its programs: /etc/rsmi-compat.conf, the files beside it, and the
//! ROCm that is installed.

use super::evidence::Evidence;
use rsmi_generations::conf::{Conf, Said};
use rsmi_generations::{self as generations, Open};
use std::path::{Path, PathBuf};

/// A person's line is proof, a package's a hint for the distribution's own files, as for the library.
pub fn evidence(file: &Path) -> Vec<Evidence> {
    let (conf, _) = Conf::of_machine();
    of(file, &conf, &rocm())
}

fn of(file: &Path, conf: &Conf, rocm: &Path) -> Vec<Evidence> {
    let mut evidence = Vec::new();
    if let Some(Said { value: open, file }) = &conf.abi {
        evidence.push(Evidence::proof(file, *open, format!("it says abi = {open}")));
    }
    let real = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let of_usr = conf.abi_of_usr.as_ref();
    if let Some(said) = of_usr.filter(|_| generations::is_the_distributions(&real)) {
        let says = format!("it says abi-of-usr = {}", said.value);
        evidence.push(Evidence::hint(&said.file, said.value, says));
    }
    let release = generations::release_file(rocm);
    if let Some(open) = generations::release_of_rocm(&release) {
        evidence.push(Evidence::hint(&release, open, format!("the ROCm there is of {open}")));
    }
    evidence.extend(installed(&rocm.join("lib/librocm_smi64.so")));
    evidence
}

fn rocm() -> PathBuf {
    let said = std::env::var_os("ROCM_PATH").map(PathBuf::from);
    said.filter(|path| path.is_absolute()).unwrap_or_else(|| "/opt/rocm".into())
}

/// AMD's own librocm_smi64, whose file's name ends in ROCm's release: librocm_smi64.so.7.3.60204.
fn installed(library: &Path) -> Option<Evidence> {
    let file = library.canonicalize().ok()?;
    let release: u32 = file.file_name()?.to_str()?.rsplit('.').next()?.parse().ok()?;
    let (major, minor) = (release / 10_000, release / 100 % 100);
    let fits = Open::of_release(&format!("{major}.{minor}")).filter(|_| release >= 10_000)?;
    Some(Evidence::hint(&file, fits, format!("the librocm_smi64 there is of {major}.{minor}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::evidence::Verdict;
    use rsmi_generations::Generation::{V5, V6_0, V6_2, V6_4};
    use std::fs;

    fn verdict(file: &str, conf: &str, rocm: &Path) -> (Open, Open) {
        let (text, mut conf) = (conf, Conf::default());
        let wrong = conf.parse(text.as_bytes(), Path::new("conf"), true);
        assert_eq!(wrong, Vec::<String>::new());
        let verdict = Verdict::of(of(Path::new(file), &conf, rocm));
        (verdict.open, verdict.likely)
    }

    #[test]
    fn a_persons_line_closes_and_a_packages_picks() {
        let nowhere = Path::new("/no/such/rocm");
        let five = Open::only(V5);
        assert_eq!(verdict("/home/x", "abi = 5", nowhere), (five, five));
        assert_eq!(verdict("/usr/bin/no-such", "abi-of-usr = 5", nowhere), (Open::ALL, five));
        for elsewhere in ["/usr/local/bin/no-such", "/home/x"] {
            let nothing = (Open::ALL, Open::ALL);
            assert_eq!(verdict(elsewhere, "abi-of-usr = 5", nowhere), nothing, "{elsewhere}");
        }
    }

    #[test]
    fn an_installed_rocm_is_a_hint() {
        let rocm = tempfile::tempdir().unwrap();
        let place = |name: &str| rocm.path().join(name);
        fs::create_dir_all(place(".info")).unwrap();
        fs::create_dir_all(place("lib")).unwrap();
        let likely = || verdict("/x", "", rocm.path());
        assert_eq!(likely(), (Open::ALL, Open::ALL));
        for (name, open) in [
            ("librocm_smi64.so.7.3.60204", Open::only(V6_2)),
            ("librocm_smi64.so.6.0.60002", Open::only(V6_0)),
            ("librocm_smi64.so.5.0.50701", Open::only(V5)),
            ("librocm_smi64.so.1.0", Open::ALL),
        ] {
            let _ = fs::remove_file(place("lib/librocm_smi64.so"));
            fs::write(place("lib").join(name), "").unwrap();
            std::os::unix::fs::symlink(name, place("lib/librocm_smi64.so")).unwrap();
            assert_eq!(likely(), (Open::ALL, open), "{name}");
        }
        fs::write(place(".info/version"), "6.4.1-83").unwrap();
        assert_eq!(likely(), (Open::ALL, Open::only(V6_4)));
    }
}
