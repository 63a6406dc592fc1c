//! `lab fetch`: one root of Debian sid, and beside it the real libraries of several releases.

mod programs;

use std::fmt;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::archive::Archive;
use crate::lab::{Lab, Library};
use crate::tool;

pub use programs::{PROGRAMS, place as program};

/// sid's glibc is the newest, so it runs the libraries of every older suite too.
pub const ROOT_SUITE: &str = "sid";
const SUITES: [&str; 4] = ["bookworm", "trixie", ROOT_SUITE, "experimental"];

/// What the root is made of, with all that these depend on. libamd-smi27 is named for its
/// dependencies; the library itself stays out of the root, whose loader must not find one.
pub const ROOT_PACKAGES: [&str; 26] = [
    "base-files",
    "bash",
    "coreutils",
    "dash",
    "findutils",
    "grep",
    "kmod",
    "libamd-smi27",
    "libasan8",
    "libc-bin",
    "libc6",
    "libdrm-amdgpu1",
    "libdrm2",
    "libgcc-s1",
    "libjemalloc2",
    "liblsan0",
    "libstdc++6",
    "libtcmalloc-minimal4t64",
    "libtsan2",
    "libubsan1",
    "pci.ids",
    "procps",
    "python3",
    "sed",
    "strace",
    "valgrind",
];

/// The kernel's and libdrm's own headers: for the stand-in, and for AMD's headers.
const HEADERS: &str = "libdrm-dev";

struct Wanted {
    library: Library,
    release: &'static str,
    /// The package of the library, then that of its headers.
    packages: [&'static str; 2],
}

/// The expectation hangs on the release, never on a suite: suites move on.
const WANTED: [Wanted; 6] = [
    rsmi("5.2.3", "librocm-smi64-1"),
    rsmi("6.1.2", "librocm-smi64-1"),
    rsmi("6.4.1", "librocm-smi64-1"),
    rsmi("7.2.4", "librocm-smi64-7"),
    amdsmi("6.1.2", "libamd-smi0"),
    amdsmi("10.1", "libamd-smi27"),
];

const fn rsmi(release: &'static str, package: &'static str) -> Wanted {
    Wanted { library: Library::Rsmi, release, packages: [package, "librocm-smi-dev"] }
}

const fn amdsmi(release: &'static str, package: &'static str) -> Wanted {
    Wanted { library: Library::AmdSmi, release, packages: [package, "libamd-smi-dev"] }
}

/// With fewer real libraries than this on either side, a comparison proves little.
const ENOUGH: usize = 2;

/// The file whose presence says that a fetch was completed, and with what result.
#[derive(Serialize, Deserialize, PartialEq)]
struct Manifest {
    root: Vec<String>,
    headers: String,
    found: Vec<Found>,
}

/// One wanted library or program, and the package version that it was found in.
#[derive(Serialize, Deserialize, PartialEq)]
struct Found {
    library: String,
    release: String,
    version: Option<String>,
    suite: String,
}

/// Makes the cache complete and returns what is in it, a line for each real library.
pub fn fetch(lab: &Lab) -> Result<Vec<String>> {
    ensure!(
        cfg!(target_arch = "x86_64"),
        "the real libraries are there for x86-64 only, and this is another processor"
    );
    let _lock = lab.lock()?;
    let path = lab.cache.join("manifest.json");
    let manifest = match read_manifest(&path) {
        Some(manifest) => manifest,
        None => {
            let start = Instant::now();
            let manifest = fetch_all(lab)?;
            tool::replace_file(&path, serde_json::to_string_pretty(&manifest)?)?;
            fs::remove_dir_all(lab.cache.join("apt"))?;
            eprintln!("lab: fetched in {:.1} s", start.elapsed().as_secs_f64());
            manifest
        }
    };
    enough(&manifest)?;
    Ok(manifest.found.iter().map(Found::to_string).collect())
}

/// The releases of `library` that a finished fetch brought, oldest first.
pub fn releases(lab: &Lab, library: Library) -> Vec<&'static str> {
    WANTED
        .iter()
        .filter(|wanted| wanted.library == library)
        .map(|wanted| wanted.release)
        .filter(|release| lab.library(library, release).is_dir())
        .collect()
}

/// A manifest counts only if it was made by the same lists as ours.
fn read_manifest(path: &Path) -> Option<Manifest> {
    let manifest: Manifest = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    let wanted = WANTED.iter().map(|wanted| (wanted.library.name(), wanted.release));
    let wanted = wanted.chain(PROGRAMS.iter().map(|program| (program.package, program.release)));
    let found = manifest.found.iter().map(|found| (found.library.as_str(), found.release.as_str()));
    let same = manifest.root == ROOT_PACKAGES && manifest.headers == HEADERS && wanted.eq(found);
    same.then_some(manifest)
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Found { library, release, version, suite } = self;
        match version {
            Some(version) => write!(f, "{library} {release}: {version} of {suite}"),
            None => write!(f, "{library} {release}: gone from the archive"),
        }
    }
}

fn enough(manifest: &Manifest) -> Result<()> {
    for library in [Library::Rsmi, Library::AmdSmi] {
        let count = manifest
            .found
            .iter()
            .filter(|found| found.library == library.name() && found.version.is_some())
            .count();
        if count < ENOUGH {
            bail!(
                "the archive has moved on: {count} known releases of {} left, and the lab needs \
                 {ENOUGH}: teach the lab the new ones",
                library.file()
            );
        }
    }
    Ok(())
}

fn fetch_all(lab: &Lab) -> Result<Manifest> {
    let archive = Archive::open(&lab.cache.join("apt"), &SUITES)?;
    let debs = lab.cache.join("apt/beside");
    let mut found = Vec::new();
    for wanted in &WANTED {
        found.push(fetch_library(lab, &archive, wanted, &debs)?);
    }
    for program in &PROGRAMS {
        found.push(programs::fetch(lab, &archive, program, &debs)?);
    }
    fetch_headers(lab, &archive, &debs)?;
    fetch_root(lab, &archive)?;
    fs::create_dir_all(lab.cache.join("mnt"))?;
    let root = ROOT_PACKAGES.map(str::to_owned).to_vec();
    Ok(Manifest { root, headers: HEADERS.into(), found })
}

fn fetch_library(lab: &Lab, archive: &Archive, wanted: &Wanted, debs: &Path) -> Result<Found> {
    let Wanted { library, release, packages: [runtime, headers] } = *wanted;
    let offers = archive.offers(runtime)?;
    let offer = offers.iter().find(|offer| is_release(&offer.version, release));
    let found = Found {
        library: library.name().into(),
        release: release.into(),
        version: offer.map(|offer| offer.version.clone()),
        suite: offer.map(|offer| offer.suite.clone()).unwrap_or_default(),
    };
    let place = lab.library(library, release);
    let Some(version) = &found.version else { return Ok(found) };
    if !place.is_dir() {
        let everything = Partial::begin(&place)?;
        for package in [runtime, headers] {
            unpack(&archive.download(package, version, debs)?, &everything.path.join("deb"))?;
        }
        arrange(&everything.path, library)
            .with_context(|| format!("{runtime} {version} is not as expected"))?;
        everything.finish(&place)?;
    }
    Ok(found)
}

/// Debian's version of upstream's release: perhaps repacked, with a revision of its own.
fn is_release(version: &str, release: &str) -> bool {
    version
        .strip_prefix(release)
        .is_some_and(|rest| rest.starts_with(['-', '+', '~']) || rest.is_empty())
}

/// Of the unpacked packages keeps the library's files, and its headers under `include`.
fn arrange(place: &Path, library: Library) -> Result<()> {
    let deb = place.join("deb");
    let mut count = 0;
    // Older packages came before Debian's directories by processor.
    for libraries in ["usr/lib/x86_64-linux-gnu", "usr/lib"].map(|path| deb.join(path)) {
        let Ok(entries) = fs::read_dir(libraries) else { continue };
        for entry in entries {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(library.file()) {
                fs::rename(entry.path(), place.join(entry.file_name()))?;
                count += 1;
            }
        }
    }
    ensure!(count > 0 && place.join(library.file()).exists(), "it has no {}", library.file());
    fs::rename(deb.join("usr/include"), place.join("include"))?;
    fs::remove_dir_all(deb)?;
    Ok(())
}

fn fetch_headers(lab: &Lab, archive: &Archive, debs: &Path) -> Result<()> {
    let place = lab.drm_headers();
    if place.is_dir() {
        return Ok(());
    }
    let offers = archive.offers(HEADERS)?;
    let newest = offers.first().with_context(|| format!("the archive has no {HEADERS}"))?;
    let headers = Partial::begin(&place)?;
    let deb = headers.path.join("deb");
    unpack(&archive.download(HEADERS, &newest.version, debs)?, &deb)?;
    for entry in fs::read_dir(deb.join("usr/include"))? {
        let entry = entry?;
        fs::rename(entry.path(), headers.path.join(entry.file_name()))?;
    }
    fs::remove_dir_all(deb)?;
    headers.finish(&place)
}

fn fetch_root(lab: &Lab, archive: &Archive) -> Result<()> {
    make_root(archive, &ROOT_PACKAGES, &lab.root())
}

/// Makes a root of these packages and all that they depend on, if it is not there.
pub fn make_root(archive: &Archive, packages: &[&str], place: &Path) -> Result<()> {
    let stamp = "etc/lab-root";
    let recipe = packages.join("\n");
    if fs::read_to_string(place.join(stamp)).is_ok_and(|text| text == recipe) {
        return Ok(());
    }
    let root = Partial::begin(place)?;
    let mut debs = archive.download_closure(ROOT_SUITE, packages)?;
    // base-files makes /lib a link to /usr/lib, and whoever unpacks first decides that.
    debs.sort_by_key(|deb| !file_name(deb).starts_with("base-files_"));
    for deb in &debs {
        if !file_name(deb).starts_with("libamd-smi") {
            unpack(deb, &root.path)?;
        }
    }
    furnish(&root.path)?;
    fs::write(root.path.join(stamp), recipe)?;
    root.finish(place)
}

/// What the packages' own scripts would have done, as far as anybody here needs it.
fn furnish(root: &Path) -> Result<()> {
    const NEEDED: [&str; 5] = [
        "bin/sh",
        "bin/bash",
        "lib64/ld-linux-x86-64.so.2",
        "usr/bin/python3",
        "usr/share/misc/pci.ids",
    ];
    for needed in NEEDED {
        ensure!(root.join(needed).exists(), "the root lacks /{needed}");
    }
    for place in ["lab/ours", "lab/bin", "lab/drm", "lab/rsmi", "lab/amdsmi", "home/user"] {
        fs::create_dir_all(root.join(place))?;
    }
    // Who is root here cannot give a home away: it may be a user's own namespace.
    fs::set_permissions(root.join("home/user"), fs::Permissions::from_mode(0o777))?;
    fs::set_permissions(root.join("tmp"), fs::Permissions::from_mode(0o1777))?;
    let passwd = "root:x:0:0::/root:/bin/bash\nuser:x:1000:1000::/home/user:/bin/bash\n";
    fs::write(root.join("etc/passwd"), passwd)?;
    fs::write(root.join("etc/group"), "root:x:0:\nuser:x:1000:\n")?;
    symlink("/proc/self/mounts", root.join("etc/mtab"))?;
    Ok(())
}

fn unpack(deb: &Path, place: &Path) -> Result<()> {
    fs::create_dir_all(place)?;
    tool::output(Command::new("dpkg-deb").arg("--extract").args([deb, place])).map(drop)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A directory in the making: it gets its name only when it is complete.
struct Partial {
    path: PathBuf,
}

impl Partial {
    fn begin(place: &Path) -> Result<Partial> {
        let mut name = place.as_os_str().to_owned();
        name.push(".partial");
        let path = PathBuf::from(name);
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        fs::create_dir_all(&path)?;
        Ok(Partial { path })
    }

    fn finish(self, place: &Path) -> Result<()> {
        if place.exists() {
            fs::remove_dir_all(place)?;
        }
        fs::rename(&self.path, place)
            .with_context(|| format!("cannot rename {}", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_told_from_its_longer_namesakes() {
        for version in ["6.4.1", "6.4.1-1.1", "6.4.1+ds-2", "6.4.1~exp1"] {
            assert!(is_release(version, "6.4.1"), "{version}");
        }
        for version in ["6.4.10-1", "6.4.1.2-1", "6.4-1", "16.4.1-1"] {
            assert!(!is_release(version, "6.4.1"), "{version}");
        }
    }
}
