//! The packages for Debian: rsmi-compat beside whatever there is, rsmi-compat-dev in place of
//! librocm-smi-dev, whose files have the same names, and rsmi-compat-system in place of
//! librocm-smi64.

use std::env::{self, consts::ARCH};
use std::fmt::Write as _;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use flate2::{Compression, GzBuilder};
use tempfile::TempDir;

use super::floor::{self, Needs};
use super::symbols;
use super::{DESCRIPTION, REVISION, SUMMARY, Tree};
use xtask::dropin;
use xtask::elf;
use xtask::layout::{self, Entry, What};
use xtask::place;
use xtask::run;
use xtask::workspace::{self, VERSION};

const RUNTIME: &str = "rsmi-compat";
const DEV: &str = "rsmi-compat-dev";
const SYSTEM: &str = "rsmi-compat-system";
const DEBUG: &str = "rsmi-compat-dbgsym";

/// What packages of Debian and Ubuntu ask for: their rocm-smi wants exactly its own release.
const IN_PLACE_OF: &str = "librocm-smi64-1 (= 5.2.3-2), librocm-smi64-1 (= 5.7.0-1), \
    librocm-smi64-1 (= 6.1.2-1), librocm-smi64-1 (= 6.4.1-1.1), \
    librocm-smi64-7 (= 7.1.1-0ubuntu1), librocm-smi64-7 (= 7.2.4-1~exp1), \
    librocm-smi64-7 (= 10.0-0ubuntu1)";

pub fn make(tree: &Tree, output: &Path) -> Result<Vec<PathBuf>> {
    Ok(vec![
        runtime(tree, output)?,
        dev(tree, output)?,
        system(tree, output)?,
        debug(tree, output)?,
    ])
}

fn runtime(tree: &Tree, output: &Path) -> Result<PathBuf> {
    let deb = Deb::begin(RUNTIME)?;
    let part = |entry: &&Entry| !entry.is_development() && !entry.is_debug();
    for entry in tree.entries.iter().filter(part) {
        deb.take(tree, entry)?;
    }
    let text = deb.script(RUNTIME, "symbols", 0o644)?;
    symbols::check(&text, &tree.root().join(&tree.lib).join(layout::SONAME))?;
    deb.script(RUNTIME, "prerm", 0o755)?;
    deb.control_file("triggers", "activate-noawait ldconfig\n", 0o644)?;
    deb.control_file("shlibs", &format!("librsmi_compat 1 {RUNTIME} (>= {VERSION})\n"), 0o644)?;
    let fields = [
        ("Depends", depends(&floor::of_tree(tree.root())?)?),
        ("Recommends", "libamd-smi27 | libamd-smi26 | libamd-smi0 | amd-smi-lib".into()),
        ("Section", "libs".into()),
    ];
    deb.finish(&fields, SUMMARY, DESCRIPTION, output)
}

fn dev(tree: &Tree, output: &Path) -> Result<PathBuf> {
    let deb = Deb::begin(DEV)?;
    for entry in tree.entries.iter().filter(|entry| entry.is_development()) {
        deb.take(tree, entry)?;
    }
    // What -lrocm_smi64 finds, and programs that open the library by this name.
    let link = Entry {
        path: Path::new("usr").join(&tree.lib).join("librocm_smi64.so"),
        what: What::Link("librsmi_compat.so.1".into()),
    };
    place::entry(&link, deb.root())?;
    deb.documents_of(RUNTIME)?;
    let fields = [
        ("Depends", same_version()),
        ("Provides", "librocm-smi-dev (= 7.2.4-1~exp1)".into()),
        ("Conflicts", "librocm-smi-dev".into()),
        ("Replaces", "librocm-smi-dev".into()),
        ("Section", "libdevel".into()),
    ];
    let summary = "Headers of rsmi-compat, and of the rocm_smi_lib that it answers for";
    let description = "The header rocm_smi.h, CMake packages and pkg-config file to build programs \
        with, in place of librocm-smi-dev.";
    deb.finish(&fields, summary, description, output)
}

fn system(tree: &Tree, output: &Path) -> Result<PathBuf> {
    let deb = Deb::begin(SYSTEM)?;
    let lib = Path::new("usr").join(&tree.lib);
    let core = tree.root().join(&tree.lib).join(layout::SONAME);
    fs::create_dir_all(deb.root().join(&lib))?;
    for major in dropin::MAJORS {
        let directory = deb.root().join(&lib);
        let file = dropin::link(&core, &dropin::soname(major), None, &directory)?;
        elf::strip(&file)?;
        fs::set_permissions(&file, Permissions::from_mode(layout::LIBRARY))?;
    }
    for (name, target) in dropin::LINKS {
        let link = Entry { path: lib.join(name), what: What::Link(target.into()) };
        place::entry(&link, deb.root())?;
    }
    // What is built on such a system runs over the original too.
    let mut shlibs =
        String::from("librocm_smi64 1 librocm-smi64-1\nlibrocm_smi64 7 librocm-smi64-7\n");
    for major in dropin::MAJORS.into_iter().filter(|major| ![1, 7].contains(major)) {
        writeln!(shlibs, "librocm_smi64 {major} {SYSTEM}")?;
    }
    deb.control_file("shlibs", &shlibs, 0o644)?;
    deb.documents_of(RUNTIME)?;
    for (name, mode) in [("postinst", 0o755), ("postrm", 0o755), ("triggers", 0o644)] {
        deb.script(SYSTEM, name, mode)?;
    }
    let fields = [
        ("Depends", same_version()),
        ("Provides", IN_PLACE_OF.into()),
        ("Conflicts", "librocm-smi64-1, librocm-smi64-7".into()),
        ("Replaces", "librocm-smi64-1, librocm-smi64-7".into()),
        ("Section", "libs".into()),
    ];
    let summary = "Takes the place of librocm_smi64 for the whole system";
    let description = "Every program that needs librocm_smi64 gets rsmi-compat, under whatever name \
        it looks for it, with the structs that this release of Debian or Ubuntu was built with.";
    deb.finish(&fields, summary, description, output)
}

/// By build id, where gdb looks.
fn debug(tree: &Tree, output: &Path) -> Result<PathBuf> {
    let deb = Deb::begin(DEBUG)?;
    let mut ids = Vec::new();
    let part = |entry: &&Entry| entry.is_debug() && !entry.is_debug_link();
    for entry in tree.entries.iter().filter(part) {
        deb.take(tree, entry)?;
        let file = entry.path.file_stem().context("it is named by its build id")?;
        let first = entry.path.parent().and_then(Path::file_name).context("so is its directory")?;
        ids.push(format!("{}{}", first.display(), file.display()));
    }
    deb.documents_of(RUNTIME)?;
    let fields = [
        ("Depends", same_version()),
        ("Section", "debug".into()),
        ("Auto-Built-Package", "debug-symbols".into()),
        ("Build-Ids", ids.join(" ")),
    ];
    let summary = "Debug information of rsmi-compat";
    let description = "The lines of the sources, for debuggers and profilers.";
    deb.finish(&fields, summary, description, output)
}

fn same_version() -> String {
    format!("{RUNTIME} (= {VERSION}-{REVISION})")
}

/// Debian's packages of the libraries that are needed.
fn depends(needs: &Needs) -> Result<String> {
    let (major, minor) = needs.glibc().context("no file needs glibc: what was packed?")?;
    let mut packages = vec![format!("libc6 (>= {major}.{minor})")];
    for library in &needs.libraries {
        match library.as_str() {
            // The second one was its name before Debian 11.
            "libgcc_s.so.1" => packages.push("libgcc-s1 (>= 4.2) | libgcc1".into()),
            "libc.so.6" | "libm.so.6" | "libdl.so.2" | "libpthread.so.0" | "librt.so.1" => {}
            "ld-linux-x86-64.so.2" | "ld-linux-aarch64.so.1" | "librsmi_compat.so.1" => {}
            other => bail!("{other} is needed, and no package of Debian is known for it here"),
        }
    }
    Ok(packages.join(", "))
}

/// A package in the making: its files below usr/, what dpkg is told below DEBIAN/.
struct Deb {
    name: &'static str,
    place: TempDir,
}

impl Deb {
    fn begin(name: &'static str) -> Result<Deb> {
        let place = tempfile::tempdir()?;
        fs::set_permissions(place.path(), Permissions::from_mode(0o755))?;
        fs::create_dir(place.path().join("DEBIAN"))?;
        Ok(Deb { name, place })
    }

    fn root(&self) -> &Path {
        self.place.path()
    }

    /// Takes a file of the tree to where Debian wants it.
    fn take(&self, tree: &Tree, entry: &Entry) -> Result<()> {
        let mut path = Path::new("usr").join(&entry.path);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let What::File { mode, .. } = entry.what else {
            let What::Link(target) = &entry.what else { unreachable!("there is no third kind") };
            return place::entry(&Entry { path, what: What::Link(target.clone()) }, self.root());
        };
        let source = tree.root().join(&entry.path);
        match name.as_str() {
            "LICENSE" => path.set_file_name("copyright"),
            "CHANGELOG.md" => {
                self.changelog(path.parent().expect("it is below usr"))?;
                return self.gzip(&source, &path.with_file_name("changelog.gz"));
            }
            _ if path.starts_with("usr/share/man") => {
                return self.gzip(&source, &path.with_file_name(format!("{name}.gz")));
            }
            _ => {}
        }
        place::entry(&Entry { path, what: What::File { source, mode } }, self.root())
    }

    /// The packages of one source share their documents.
    fn documents_of(&self, other: &str) -> Result<()> {
        let path = Path::new("usr/share/doc").join(self.name);
        place::entry(&Entry { path, what: What::Link(other.into()) }, self.root())
    }

    fn changelog(&self, place: &Path) -> Result<()> {
        let mut date = Command::new("date");
        date.args(["-R", "-u", "-d", &format!("@{}", super::date()?)]).env("LC_ALL", "C");
        let text = format!(
            "{RUNTIME} ({VERSION}-{REVISION}) unstable; urgency=medium\n\n  \
             * What is new is in changelog.gz.\n\n -- {}  {}",
            maintainer(),
            run::output(&mut date)?
        );
        let source = tempfile::NamedTempFile::new()?;
        fs::write(&source, text)?;
        self.gzip(source.path(), &place.join("changelog.Debian.gz"))
    }

    fn gzip(&self, source: &Path, path: &Path) -> Result<()> {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().context("it is in a directory")?)?;
        // Neither name nor time, so that the same text gives the same file.
        let mut gzip = GzBuilder::new().write(File::create(&path)?, Compression::best());
        std::io::copy(&mut File::open(source)?, &mut gzip)?;
        gzip.finish()?.set_permissions(Permissions::from_mode(0o644))?;
        Ok(())
    }

    /// Takes a file of packaging/debian.
    fn script(&self, package: &str, name: &str, mode: u32) -> Result<String> {
        let source = workspace::root()?.join("packaging/debian").join(format!("{package}.{name}"));
        let text = fs::read_to_string(&source)
            .with_context(|| format!("cannot read {}", source.display()))?;
        self.control_file(name, &text, mode)?;
        Ok(text)
    }

    fn control_file(&self, name: &str, text: &str, mode: u32) -> Result<()> {
        let path = self.root().join("DEBIAN").join(name);
        fs::write(&path, text)?;
        fs::set_permissions(&path, Permissions::from_mode(mode))?;
        Ok(())
    }

    fn finish(
        self,
        fields: &[(&str, String)],
        summary: &str,
        description: &str,
        output: &Path,
    ) -> Result<PathBuf> {
        let architecture = architecture()?;
        let mut control = format!(
            "Package: {}\nVersion: {VERSION}-{REVISION}\nSource: {RUNTIME}\n\
             Architecture: {architecture}\nMaintainer: {}\nPriority: optional\n",
            self.name,
            maintainer()
        );
        if self.name != DEBUG {
            let overrides = workspace::root()?.join("packaging/debian/lintian-overrides");
            let path = Path::new("usr/share/lintian/overrides").join(self.name);
            let what = What::File { source: overrides, mode: 0o644 };
            place::entry(&Entry { path, what }, self.root())?;
        }
        self.sums()?;
        let size: u64 = super::files(self.root())?.iter().map(|file| kib(file)).sum();
        writeln!(control, "Installed-Size: {size}")?;
        let homepage = super::homepage().map(|address| ("Homepage", address));
        for (name, value) in fields.iter().chain(&homepage) {
            writeln!(control, "{name}: {value}")?;
        }
        write!(control, "Description: {summary}\n{}", folded(description))?;
        self.control_file("control", &control, 0o644)?;
        let file = format!("{}_{VERSION}-{REVISION}_{architecture}.deb", self.name);
        let path = output.join(file);
        let made = tempfile::NamedTempFile::new_in(output)?;
        let mut dpkg = Command::new("dpkg-deb");
        // xz, which the dpkg of every release reads.
        dpkg.args(["--root-owner-group", "-Zxz", "--build"]).arg(self.root()).arg(made.path());
        dpkg.env("SOURCE_DATE_EPOCH", super::date()?.to_string());
        run::output(&mut dpkg)?;
        super::publish(made, &path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }

    /// What `dpkg --verify` compares with.
    fn sums(&self) -> Result<()> {
        let mut md5sum = Command::new("md5sum");
        md5sum.current_dir(self.root()).arg("--");
        let mut any = false;
        for file in super::files(&self.root().join("usr"))? {
            md5sum.arg(file.strip_prefix(self.root()).expect("it was found there"));
            any = true;
        }
        let sums = if any { run::output(&mut md5sum)? } else { String::new() };
        self.control_file("md5sums", &sums, 0o644)
    }
}

fn kib(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |metadata| metadata.len().div_ceil(1024))
}

/// As Debian's tools know who packs.
fn maintainer() -> String {
    let name = env::var("DEBFULLNAME").unwrap_or("The rsmi-compat authors".into());
    let address = env::var("DEBEMAIL").unwrap_or("rsmi-compat@localhost".into());
    format!("{name} <{address}>")
}

/// Debian's name of this processor.
fn architecture() -> Result<&'static str> {
    match ARCH {
        "x86_64" => Ok("amd64"),
        "aarch64" => Ok("arm64"),
        other => bail!("Debian's name of {other} is not known here"),
    }
}

/// Lines of a description, each with the space that continues a field.
fn folded(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always one");
        if line.len() + word.len() > 77 {
            lines.push(format!(" {word}"));
        } else {
            *line += &format!(" {word}");
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_a_description_is_a_continuation() {
        let text = folded(&"word ".repeat(40));
        assert!(text.lines().all(|line| line.starts_with(" word") && line.len() < 80), "{text}");
        assert_eq!(text.split_whitespace().count(), 40);
    }

    #[test]
    fn a_library_of_no_known_package_stops_the_packing() {
        let mut needs = Needs::default();
        needs.libraries.insert("libc.so.6".into());
        needs.versions.insert(("libc.so.6".into(), "GLIBC_2.34".into()));
        assert_eq!(depends(&needs).unwrap(), "libc6 (>= 2.34)");
        needs.libraries.insert("libodd.so.9".into());
        assert!(depends(&needs).unwrap_err().to_string().contains("libodd.so.9"));
    }
}
