//! The packages for Red Hat and SUSE: rsmi-compat, rsmi-compat-devel with what a compiler needs,
//! rsmi-compat-system in place of librocm_smi64, and the debug information.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rpm::{BuildConfig, CompressionType, Dependency, FileOptions, PackageBuilder};

use super::floor::{self, Needs};
use super::{DESCRIPTION, REVISION, SUMMARY, Tree};
use xtask::layout::{self, Entry, SONAME, What};
use xtask::workspace::{self, VERSION};
use xtask::{dropin, elf};

const NAME: &str = "rsmi-compat";

/// Directories that every system has; the others below /usr go with the package.
const STANDARD: [&str; 14] = [
    "",
    "bin",
    "include",
    "lib",
    "lib/debug",
    "lib64",
    "lib64/cmake",
    "lib64/pkgconfig",
    "share",
    "share/doc",
    "share/man",
    "share/man/man1",
    "share/man/man3",
    "share/man/man7",
];

pub fn make(tree: &Tree, output: &Path) -> Result<Vec<PathBuf>> {
    Ok(vec![
        runtime(tree, output)?,
        devel(tree, output)?,
        system(tree, output)?,
        debuginfo(tree, output)?,
    ])
}

fn runtime(tree: &Tree, output: &Path) -> Result<PathBuf> {
    let mut package = begin(NAME, SUMMARY)?;
    package.description(folded(DESCRIPTION));
    // rpm finds what a package needs and offers in these forms, from the ELF files.
    for need in requirements(&floor::of_tree(tree.root())?) {
        package.requires(Dependency::any(need));
    }
    package.provides(Dependency::any(format!("{SONAME}()(64bit)")));
    package.provides(Dependency::any(format!("{SONAME}(RSMI_COMPAT_1)(64bit)")));
    package.recommends(Dependency::any("amd-smi-lib"));
    package.post_install_script("/sbin/ldconfig");
    package.pre_uninstall_script(script("rsmi-compat.preun")?);
    package.post_uninstall_script("/sbin/ldconfig");
    fill(&mut package, tree, |entry| !entry.is_development() && !entry.is_debug())?;
    write(package, NAME, output)
}

fn devel(tree: &Tree, output: &Path) -> Result<PathBuf> {
    let name = format!("{NAME}-devel");
    let mut package =
        begin(&name, "Headers of rsmi-compat, and of the rocm_smi_lib that it answers for")?;
    package
        .description("The header rocm_smi.h, CMake packages and pkg-config file of rsmi-compat.");
    package.requires(Dependency::eq(NAME, format!("{VERSION}-{REVISION}")));
    // The same files below /usr.
    package.conflicts(Dependency::any("rocm-smi-devel"));
    package.provides(Dependency::eq("pkgconfig(rsmi_compat)", VERSION));
    fill(&mut package, tree, Entry::is_development)?;
    write(package, &name, output)
}

fn system(tree: &Tree, output: &Path) -> Result<PathBuf> {
    let name = format!("{NAME}-system");
    let mut package = begin(&name, "Takes the place of librocm_smi64 for the whole system")?;
    package.description(folded(
        "Every program that needs librocm_smi64 gets rsmi-compat, under whatever name it looks \
         for it.",
    ));
    package.requires(Dependency::eq(NAME, format!("{VERSION}-{REVISION}")));
    // Those of Fedora and of SUSE, with the same files.
    package.conflicts(Dependency::any("rocm-smi"));
    package.conflicts(Dependency::any("rocm-smi-libs"));
    let core = tree.root().join(&tree.lib).join(SONAME);
    let scratch = tempfile::tempdir()?;
    for major in dropin::MAJORS {
        let soname = dropin::soname(major);
        let file = dropin::link(&core, &soname, None, scratch.path())?;
        elf::strip(&file)?;
        let options = FileOptions::new(format!("/usr/{}/{soname}", tree.lib.display()));
        package.with_file(file, options.permissions(u16::try_from(layout::LIBRARY)?))?;
        package.provides(Dependency::any(format!("{soname}()(64bit)")));
    }
    for (name, target) in dropin::LINKS {
        let path = format!("/usr/{}/{name}", tree.lib.display());
        package.with_symlink(FileOptions::symlink(path, target))?;
    }
    package.post_install_script(script("rsmi-compat-system.post")?);
    package.post_uninstall_script(script("rsmi-compat-system.postun")?);
    write(package, &name, output)
}

fn debuginfo(tree: &Tree, output: &Path) -> Result<PathBuf> {
    let name = format!("{NAME}-debuginfo");
    let mut package = begin(&name, "Debug information of rsmi-compat")?;
    package.description("The lines of the sources, for debuggers and profilers.");
    package.requires(Dependency::eq(NAME, format!("{VERSION}-{REVISION}")));
    fill(&mut package, tree, |entry| entry.is_debug() && !entry.is_debug_link())?;
    write(package, &name, output)
}

/// In lines that a terminal takes.
fn folded(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always one");
        if line.len() + word.len() > 77 {
            lines.push(word.to_owned());
        } else {
            *line += if line.is_empty() { "" } else { " " };
            *line += word;
        }
    }
    lines.join("\n")
}

/// The text of a file of packaging/rpm.
fn script(name: &str) -> Result<String> {
    let path = workspace::root()?.join("packaging/rpm").join(name);
    std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

fn begin(name: &str, summary: &str) -> Result<PackageBuilder> {
    let mut package = PackageBuilder::new(name, VERSION, "MIT", std::env::consts::ARCH, summary);
    let date = super::date()?;
    // RHEL 8 and SLES 15 read this format and compression.
    package.using_config(BuildConfig::v4().compression(CompressionType::Gzip).source_date(date));
    package.release(REVISION).vendor("The rsmi-compat authors").build_host("localhost");
    if let Some(address) = super::homepage() {
        package.url(address);
    }
    Ok(package)
}

/// `libc.so.6(GLIBC_2.28)(64bit)` and its like, of libraries that are not ours.
fn requirements(needs: &Needs) -> Vec<String> {
    let foreign = |library: &str| !library.starts_with("librsmi_compat");
    let libraries = needs.libraries.iter().filter(|library| foreign(library));
    let mut found: Vec<_> = libraries.map(|library| format!("{library}()(64bit)")).collect();
    let versions = needs.versions.iter().filter(|(library, _)| foreign(library));
    found.extend(versions.map(|(library, version)| format!("{library}({version})(64bit)")));
    found
}

fn fill(package: &mut PackageBuilder, tree: &Tree, part: impl Fn(&Entry) -> bool) -> Result<()> {
    let entries = || tree.entries.iter().filter(|entry| part(entry));
    let directories: BTreeSet<_> =
        entries().flat_map(|entry| entry.path.ancestors().skip(1)).collect();
    for directory in directories {
        let name = directory.display().to_string();
        if !STANDARD.contains(&name.as_str()) {
            package.with_dir_entry(FileOptions::dir(format!("/usr/{name}")).permissions(0o755))?;
        }
    }
    for entry in entries() {
        let path = format!("/usr/{}", entry.path.display());
        match &entry.what {
            What::Link(target) => {
                package.with_symlink(FileOptions::symlink(path, target.display().to_string()))?;
            }
            What::File { mode, .. } => {
                let source = tree.root().join(&entry.path);
                let mut options = FileOptions::new(&path).permissions(u16::try_from(*mode)?);
                if path.ends_with("/LICENSE") {
                    options = options.license();
                } else if path.starts_with("/usr/share/doc") || path.starts_with("/usr/share/man") {
                    options = options.doc();
                }
                package.with_file(source, options)?;
            }
        }
    }
    Ok(())
}

fn write(mut package: PackageBuilder, name: &str, output: &Path) -> Result<PathBuf> {
    let file = format!("{name}-{VERSION}-{REVISION}.{}.rpm", std::env::consts::ARCH);
    let path = output.join(file);
    let made = tempfile::NamedTempFile::new_in(output)?;
    let package = package.build().with_context(|| format!("cannot make {name}"))?;
    package.write(&mut made.as_file())?;
    super::publish(made, &path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
