//! `lab build`: our library, the stand-in for libdrm, and the C programs that are run.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::fetch;
use crate::inside::DRM_FACTS;
use crate::lab::{Lab, Library};
use crate::tool;

/// The name that the loader knows our library by, and the one that the linker does.
const SONAME: &str = "librsmi_compat.so.1";
const LINK_NAME: &str = "librsmi_compat.so";

/// What an example includes that cannot run over the real library.
const OUR_HEADER: &str = "rsmi_compat.h";

/// Builds everything that is built here.
pub fn build(lab: &Lab) -> Result<()> {
    ensure!(lab.root().is_dir(), "the lab is empty: run `lab fetch` first");
    {
        let _lock = lab.lock()?;
        libdrm_double(lab)?;
        for source in example_sources(lab)? {
            if !fs::read_to_string(&source)?.contains(OUR_HEADER) {
                real_examples(lab, &source)?;
            }
        }
    }
    build_ours(lab)
}

/// Builds our library and the examples over it, for which nothing has to be fetched.
pub fn build_ours(lab: &Lab) -> Result<()> {
    let _lock = lab.lock()?;
    our_library(lab)?;
    for source in example_sources(lab)? {
        Compile::new(lab)
            // They stand for clients of every release, which RSMI_COMPAT_ABI names.
            .arg("-DRSMI_COMPAT_UNMARKED")
            .include(lab.workspace.join("include"))
            .arg(&source)
            .ours()
            .to(&lab.bin().join(stem(&source)))?;
    }
    Ok(())
}

/// A C program or library in the making; it is linked against our library unless told otherwise.
pub struct Compile<'a> {
    lab: &'a Lab,
    compiler: &'static str,
    arguments: Vec<OsString>,
}

impl<'a> Compile<'a> {
    pub fn new(lab: &'a Lab) -> Compile<'a> {
        Compile::with(lab, "cc", "-std=c11")
    }

    /// As C++, whatever the source is called.
    pub fn cxx(lab: &'a Lab) -> Compile<'a> {
        Compile::with(lab, "c++", "-std=c++17").args(["-x", "c++"])
    }

    fn with(lab: &'a Lab, compiler: &'static str, standard: &str) -> Compile<'a> {
        let warnings = [standard, "-Wall", "-Wextra", "-Werror"];
        // Debian's newest root has newer libraries than this host, which links.
        let linking = ["-O2", "-g", "-Wl,--allow-shlib-undefined"];
        let arguments = warnings.into_iter().chain(linking).map(OsString::from).collect();
        Compile { lab, compiler, arguments }
    }

    /// Adds any argument of the C compiler; sources come before the libraries they need.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    #[must_use]
    pub fn args<const N: usize>(self, arguments: [&str; N]) -> Self {
        arguments.into_iter().fold(self, Compile::arg)
    }

    #[must_use]
    pub fn include(self, directory: impl AsRef<Path>) -> Self {
        // AMD's own headers do not compile without warnings.
        self.arg("-isystem").arg(directory.as_ref())
    }

    /// Links the real library of that release.
    #[must_use]
    pub fn real(self, library: Library, release: &str) -> Self {
        let place = self.lab.library(library, release);
        let name = library.file().trim_start_matches("lib").trim_end_matches(".so");
        self.arg("-L").arg(place).arg(format!("-l{name}"))
    }

    /// Links our library.
    #[must_use]
    pub fn ours(self) -> Self {
        let place = self.lab.ours();
        self.arg("-L").arg(place).arg("-lrsmi_compat")
    }

    /// Compiles to `output`, which is the old file or the complete new one at any time.
    pub fn to(self, output: &Path) -> Result<()> {
        let place = output.parent().context("a file needs a directory")?;
        fs::create_dir_all(place)?;
        let made = tempfile::Builder::new().prefix(".making-").tempdir_in(place)?;
        let made = made.path().join("made");
        tool::output(Command::new(self.compiler).args(&self.arguments).arg("-o").arg(&made))
            .with_context(|| format!("cannot compile {}", output.display()))?;
        fs::rename(&made, output)?;
        Ok(())
    }
}

/// The name of an example that was built with the real library's header and against it.
pub fn real_program(name: &str, release: &str) -> String {
    format!("{name}-{release}")
}

fn libdrm_double(lab: &Lab) -> Result<()> {
    let headers = lab.drm_headers();
    for name in ["libdrm.so.2", "libdrm_amdgpu.so.1"] {
        Compile::new(lab)
            .arg("-D_GNU_SOURCE")
            .arg(format!("-DDRM_FACTS=\"{DRM_FACTS}\""))
            .arg("-shared")
            .arg("-fPIC")
            .arg(format!("-Wl,-soname,{name}"))
            .include(&headers)
            .include(headers.join("libdrm"))
            .arg(lab.workspace.join("tests/lab/libdrm_double.c"))
            .to(&lab.cache.join("drm").join(name))?;
    }
    Ok(())
}

/// Builds our library as it is shipped.
fn our_library(lab: &Lab) -> Result<()> {
    let built = cdylib(lab, "rsmi-compat", LINK_NAME)?;
    let place = lab.ours();
    tool::replace_file(&place.join(SONAME), fs::read(&built)?)?;
    let link = place.join(LINK_NAME);
    if fs::read_link(&link).ok().as_deref() != Some(Path::new(SONAME)) {
        let _ = fs::remove_file(&link);
        symlink(SONAME, &link)?;
    }
    Ok(())
}

/// Builds the stand-in for libamd_smi, with the names of all releases.
pub fn stand_in(lab: &Lab) -> Result<PathBuf> {
    cdylib(lab, "rsmi-simulator-amd-smi", Library::AmdSmi.file())
}

/// Builds a library alone, since beside an rlib cargo optimises it less.
fn cdylib(lab: &Lab, package: &str, file: &str) -> Result<PathBuf> {
    let messages = tool::output(
        tool::cargo()
            .args(["rustc", "--quiet", "--package", package, "--lib", "--release"])
            .args(["--crate-type=cdylib", "--message-format=json-render-diagnostics"])
            .current_dir(&lab.workspace)
            .stderr(Stdio::inherit()),
    )
    .with_context(|| format!("cannot build {file}"))?;
    built_library(&messages, file).with_context(|| format!("cargo named no {file}"))
}

/// Finds a library in what cargo says, since where it builds is the caller's choice.
fn built_library(messages: &str, name: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact")
        .filter_map(|message| message["filenames"].as_array().cloned())
        .flatten()
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .find(|file| file.file_name().is_some_and(|found| found == name))
}

/// The same source with the header and the library of each real release.
fn real_examples(lab: &Lab, source: &Path) -> Result<()> {
    for release in fetch::releases(lab, Library::Rsmi) {
        // The examples are written for the structs of ROCm 6 and later.
        if release.starts_with("5.") {
            continue;
        }
        Compile::new(lab)
            .include(lab.library(Library::Rsmi, release).join("include"))
            .include(lab.drm_headers())
            .arg(source)
            .real(Library::Rsmi, release)
            .to(&lab.bin().join(real_program(&stem(source), release)))?;
    }
    Ok(())
}

fn stem(source: &Path) -> String {
    source.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn example_sources(lab: &Lab) -> Result<Vec<PathBuf>> {
    let directory = lab.workspace.join("examples-c");
    let mut files = Vec::new();
    for entry in
        fs::read_dir(&directory).with_context(|| format!("cannot read {}", directory.display()))?
    {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "c") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_found_in_what_cargo_says() {
        let messages = r#"not json
{"reason":"compiler-artifact","filenames":["/t/release/deps/liblibc.rlib"]}
{"reason":"compiler-artifact","filenames":["/t/release/librsmi_compat.so"]}
{"reason":"build-finished","success":true}"#;
        assert_eq!(built_library(messages, LINK_NAME), Some("/t/release/librsmi_compat.so".into()));
        assert_eq!(built_library("", LINK_NAME), None);
    }
}
