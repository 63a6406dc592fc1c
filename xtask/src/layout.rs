//! The one table: which file goes where in an installation.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use rsmi_generations::{Generation, OURS};

use crate::artifacts::Artifacts;
use crate::documents;
use crate::dropin;
use crate::man3;
use crate::run;
use crate::workspace::{self, VERSION};

/// What the loader, the linker and the package tools know our library by.
pub const SONAME: &str = "librsmi_compat.so.1";

/// The file of that name, with the version of the ABI. The package has a version of its own.
pub const LIBRARY_FILE: &str = "librsmi_compat.so.1.0.0";

/// What programs know NVML's library by.
const NVML: &str = "libnvidia-ml.so.1";

/// The mode of a shared library. The loader needs no x, but EAR opens only a library that access(2)
/// lets it execute, as those of ROCm's own packages are.
pub const LIBRARY: u32 = 0o755;

/// The rocm_smi_lib whose CMake package we are, as include/rocm_smi/rocm_smi64Config.h says.
const ROCM_SMI: &str = "7.8.0";

/// The last ROCm that had it.
const ROCM: &str = "7.2.4";

const COMMAND: &str = "bin/rsmi-compat";

/// Directories below the prefix.
#[derive(Clone)]
pub struct Places {
    /// `lib`, or `lib/x86_64-linux-gnu` and the like.
    pub lib: PathBuf,
    /// Where zsh looks for completions.
    pub zsh: &'static str,
}

const ZSH: &str = "share/zsh/site-functions";
/// Below /usr, Debian's zsh looks here alone.
pub const ZSH_OF_DEBIAN: &str = "share/zsh/vendor-completions";

/// One path of the installed tree, below the prefix.
pub struct Entry {
    pub path: PathBuf,
    pub what: What,
}

pub enum What {
    File { source: PathBuf, mode: u32 },
    Link(PathBuf),
}

impl Entry {
    /// Whether only a compiler wants it.
    pub fn is_development(&self) -> bool {
        let directories = ["include", "pkgconfig", "cmake", "man3"];
        let within = |name: &&str| self.path.iter().any(|part| part == *name);
        let in_dropin = self.path.parent().is_some_and(|path| path.ends_with("rsmi-compat"));
        let of_word = |part: &OsStr| part.to_string_lossy().starts_with("abi-");
        directories.iter().any(within)
            || self.path.iter().any(of_word)
            || self.path.ends_with("librsmi_compat.so") && !in_dropin
    }
}

impl Entry {
    /// Whether only a debugger wants it.
    pub fn is_debug(&self) -> bool {
        self.path.iter().any(|part| part == ".build-id" || part == ".debug")
    }

    /// Whether that is the link beside a file, for a prefix where no debugger looks by itself.
    pub fn is_debug_link(&self) -> bool {
        self.path.iter().any(|part| part == ".debug")
    }
}

impl Default for Places {
    fn default() -> Self {
        Places { lib: "lib".into(), zsh: ZSH }
    }
}

impl Places {
    /// For what is used below this prefix.
    pub fn below(prefix: &Path, lib: PathBuf) -> Self {
        let debian = prefix == Path::new("/usr") && Path::new("/etc/debian_version").exists();
        Places { lib, zsh: if debian { ZSH_OF_DEBIAN } else { ZSH } }
    }

    /// The whole tree. What has to be made first is made in `scratch`.
    pub fn table(&self, built: &Artifacts, scratch: &Path) -> Result<Vec<Entry>> {
        let mut table = Table { entries: Vec::new() };
        self.library(&mut table, built);
        self.dropin(&mut table, built, scratch)?;
        self.rocm(&mut table, scratch)?;
        self.words(&mut table, scratch)?;
        headers(&mut table)?;
        self.templates(&mut table, scratch)?;
        self.command(&mut table, &built.command, scratch)?;
        documents(&mut table, scratch)?;
        Ok(table.entries)
    }

    /// As much of it as runs programs and compiles them.
    pub fn least(&self, built: &Artifacts, scratch: &Path) -> Result<Vec<Entry>> {
        let mut table = Table { entries: Vec::new() };
        self.library(&mut table, built);
        self.dropin(&mut table, built, scratch)?;
        headers(&mut table)?;
        table.program(&built.command, COMMAND);
        Ok(table.entries)
    }

    fn library(&self, table: &mut Table, built: &Artifacts) {
        table.library(&built.library, self.lib.join(LIBRARY_FILE));
        table.link(self.lib.join(SONAME), LIBRARY_FILE);
        table.link(self.lib.join("librsmi_compat.so"), SONAME);
        let own = self.lib.join("rsmi-compat");
        table.library(&built.audit, own.join("librsmi_compat_audit.so"));
        table.library(&built.simulator, own.join("simulator/libamd_smi.so"));
        // In a directory that nothing searches: programs that find NVML believe in CUDA.
        table.library(&built.nvml, own.join("nvml").join(NVML));
    }

    fn dropin(&self, table: &mut Table, built: &Artifacts, scratch: &Path) -> Result<()> {
        let directory = self.lib.join("rsmi-compat");
        for major in dropin::MAJORS {
            let name = dropin::soname(major);
            let file = dropin::link(&built.library, &name, Some("$ORIGIN/..:$ORIGIN"), scratch)?;
            table.library(&file, directory.join(name));
        }
        for (name, target) in dropin::LINKS {
            table.link(directory.join(name), target);
        }
        // What is linked with -lrocm_smi64 says nothing of a release, and needs no second directory to
        // be run.
        for name in ["librocm_smi64.so", SONAME] {
            table.link(directory.join(name), Path::new("..").join(SONAME));
        }
        Ok(())
    }

    /// A directory that looks as ROCm's does, for what looks there before it opens the library.
    fn rocm(&self, table: &mut Table, scratch: &Path) -> Result<()> {
        let directory = self.lib.join("rsmi-compat/rocm");
        let names = dropin::MAJORS.map(dropin::soname);
        let links = dropin::LINKS.map(|(name, _)| name.to_owned());
        let others = ["librocm_smi64.so", SONAME].map(str::to_owned);
        for name in names.iter().chain(&links).chain(&others) {
            table.link(directory.join("lib").join(name), Path::new("../..").join(name));
        }
        let prefix = vec![".."; self.lib.components().count() + 3].join("/");
        for name in ["rocm_smi", "rsmi_compat.h"] {
            let target = Path::new(&prefix).join("include").join(name);
            table.link(directory.join("include").join(name), target);
        }
        table.link(directory.join("lib/cmake/rocm_smi"), "../../../../cmake/rocm_smi");
        let bindings = workspace::root()?.join("python/rsmiBindings.py");
        table.file(&bindings, directory.join("libexec/rocm_smi/rsmiBindings.py"));
        let version = scratch.join("version");
        fs::write(&version, format!("{ROCM}{OURS}\n"))?;
        table.file(&version, directory.join(".info/version"));
        Ok(())
    }

    /// For the linker: directories by which a program says what it was compiled with.
    fn words(&self, table: &mut Table, scratch: &Path) -> Result<()> {
        for generation in Generation::ALL {
            let place = dropin::word_directory(generation);
            let made = scratch.join(&place);
            fs::create_dir(&made)?;
            let script = made.join("script");
            fs::write(&script, dropin::linker_script(SONAME))?;
            let place = self.lib.join("rsmi-compat").join(place);
            table.file(&dropin::note(generation, &made)?, place.join(dropin::NOTE));
            for name in ["librocm_smi64.so", "librsmi_compat.so"] {
                table.file(&script, place.join(name));
            }
            table.link(place.join(SONAME), Path::new("../..").join(SONAME));
        }
        Ok(())
    }

    /// What is generated of the templates in packaging/: it finds the prefix from where it lies.
    fn templates(&self, table: &mut Table, scratch: &Path) -> Result<()> {
        let cmake = self.lib.join("cmake");
        let module = format!("share/modulefiles/rsmi-compat/{VERSION}");
        for (template, path) in [
            ("rsmi_compat.pc", self.lib.join("pkgconfig/rsmi_compat.pc")),
            ("cmake/rsmi_compat-config.cmake", cmake.join("rsmi_compat/rsmi_compat-config.cmake")),
            ("cmake/rocm_smi-config.cmake", cmake.join("rocm_smi/rocm_smi-config.cmake")),
            ("modulefiles/module.lua", format!("{module}.lua").into()),
            ("modulefiles/module.tcl", module.into()),
        ] {
            table.file(&self.fill(template, VERSION, scratch, &path)?, path);
        }
        for (package, version) in [("rsmi_compat", VERSION), ("rocm_smi", ROCM_SMI)] {
            let path = cmake.join(package).join(format!("{package}-config-version.cmake"));
            table.file(&self.fill("cmake/config-version.cmake", version, scratch, &path)?, path);
        }
        Ok(())
    }

    /// The command, and what it says itself of its use.
    fn command(&self, table: &mut Table, program: &Path, scratch: &Path) -> Result<()> {
        table.program(program, COMMAND);
        let pages = scratch.join("man1");
        fs::create_dir(&pages)?;
        run::run(Command::new(program).arg("man").arg(&pages))?;
        let pages = sorted(&pages)?;
        ensure!(!pages.is_empty(), "{} wrote no manual page", program.display());
        for page in pages {
            let name = page.file_name().expect("it was listed").to_owned();
            table.file(&page, Path::new("share/man/man1").join(name));
        }
        for (shell, path) in [
            ("bash", "share/bash-completion/completions/rsmi-compat"),
            ("zsh", &format!("{}/_rsmi-compat", self.zsh)),
            ("fish", "share/fish/vendor_completions.d/rsmi-compat.fish"),
        ] {
            let text = run::output(Command::new(program).args(["completions", shell]))?;
            let file = scratch.join(shell);
            fs::write(&file, text)?;
            table.file(&file, path);
        }
        Ok(())
    }

    /// Writes what becomes `path` of its template into `scratch`.
    fn fill(&self, name: &str, version: &str, scratch: &Path, path: &Path) -> Result<PathBuf> {
        let template = workspace::root()?.join("packaging").join(format!("{name}.in"));
        let mut text = fs::read_to_string(&template)
            .with_context(|| format!("cannot read {}", template.display()))?;
        let up = |below: usize| vec![".."; self.lib.components().count() + below].join("/");
        for (word, value) in [
            ("@VERSION@", VERSION),
            ("@PACKAGE_VERSION@", version),
            ("@SONAME@", SONAME),
            ("@LIBRARY_FILE@", LIBRARY_FILE),
            ("@LIBDIR@", &self.lib.display().to_string()),
            ("@PREFIX_FROM_PKGCONFIG@", &up(1)),
            ("@PREFIX_FROM_CMAKE@", &up(2)),
        ] {
            text = text.replace(word, value);
        }
        let file = scratch.join(path);
        fs::create_dir_all(file.parent().expect("it is below scratch"))?;
        fs::write(&file, text)?;
        Ok(file)
    }
}

fn documents(table: &mut Table, scratch: &Path) -> Result<()> {
    let root = workspace::root()?;
    table.file(&root.join("packaging/man/rsmi_compat.7"), "share/man/man7/rsmi_compat.7");
    functions(table, &root, scratch)?;
    let place = Path::new("share/doc/rsmi-compat");
    for (source, name) in documents::all(&root, scratch)? {
        table.file(&source, place.join(name));
    }
    let example = "rsmi-compat.conf.example";
    table.file(&root.join("packaging").join(example), place.join(example));
    Ok(())
}

/// A manual page for each function of the headers, of the date of the library's page.
fn functions(table: &mut Table, root: &Path, scratch: &Path) -> Result<()> {
    let library = fs::read_to_string(root.join("packaging/man/rsmi_compat.7"))?;
    let date = library.lines().find_map(|line| line.strip_prefix(".TH ")?.split(' ').nth(2));
    let date = date.context("rsmi_compat.7 has no date")?;
    let place = scratch.join("man3");
    fs::create_dir(&place)?;
    for header in ["rocm_smi/rocm_smi.h", "rsmi_compat.h"] {
        let text = fs::read_to_string(root.join("include").join(header))?;
        let pages = man3::pages(header, &text, VERSION, date);
        ensure!(!pages.is_empty(), "{header} has no functions");
        for (name, text) in pages {
            let page = place.join(&name);
            fs::write(&page, text)?;
            table.file(&page, Path::new("share/man/man3").join(name));
        }
    }
    Ok(())
}

/// Every header below include/.
fn headers(table: &mut Table) -> Result<()> {
    let include = workspace::root()?.join("include");
    for directory in [include.clone(), include.join("rocm_smi")] {
        let is_header = |path: &PathBuf| path.extension().is_some_and(|it| it == "h");
        for source in sorted(&directory)?.into_iter().filter(is_header) {
            let path = source.strip_prefix(&include).expect("it was found there");
            table.file(&source, Path::new("include").join(path));
        }
    }
    Ok(())
}

/// What is in a directory, in the same order everywhere.
pub fn sorted(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

struct Table {
    entries: Vec<Entry>,
}

impl Table {
    fn file(&mut self, source: &Path, path: impl Into<PathBuf>) {
        self.add(path, What::File { source: source.to_owned(), mode: 0o644 });
    }

    fn library(&mut self, source: &Path, path: impl Into<PathBuf>) {
        self.add(path, What::File { source: source.to_owned(), mode: LIBRARY });
    }

    fn program(&mut self, source: &Path, path: impl Into<PathBuf>) {
        self.add(path, What::File { source: source.to_owned(), mode: 0o755 });
    }

    fn link(&mut self, path: impl Into<PathBuf>, target: impl Into<PathBuf>) {
        self.add(path, What::Link(target.into()));
    }

    fn add(&mut self, path: impl Into<PathBuf>, what: What) {
        self.entries.push(Entry { path: path.into(), what });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// cargo-c would take the package's version, and the linker the name in build.rs.
    #[test]
    fn the_librarys_version_is_that_of_the_abi_wherever_it_is_said() {
        let version = LIBRARY_FILE.strip_prefix("librsmi_compat.so.").unwrap();
        assert!(LIBRARY_FILE.starts_with(&format!("{SONAME}.")));
        let manifest = include_str!("../../Cargo.toml");
        let (_, library) = manifest.split_once("[package.metadata.capi.library]").unwrap();
        let mut lines = library.lines().take_while(|line| !line.starts_with('['));
        assert!(lines.any(|line| line == format!("version = \"{version}\"")), "{library}");
        assert!(include_str!("../../build.rs").contains(&format!("-soname,{SONAME}\"")));
    }

    /// zsh itself is asked; where it is no Debian's, it looks into site-functions.
    #[test]
    fn zsh_looks_where_its_completions_go() {
        if !needs::program("zsh") {
            return;
        }
        let zsh = Command::new("zsh").args(["-f", "-c", "print -l $fpath"]).output().unwrap();
        let listed = String::from_utf8(zsh.stdout).unwrap();
        for prefix in ["/usr", "/usr/local"] {
            let places = Places::below(Path::new(prefix), "lib".into());
            let path = format!("{prefix}/{}", places.zsh);
            assert!(listed.lines().any(|line| line == path), "{path} is not in {listed}");
        }
    }
}
