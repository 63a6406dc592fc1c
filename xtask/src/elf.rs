//! ELF files without what only a debugger reads, and that apart, by the build id that leads to it.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::layout::{Entry, What};
use crate::run;

/// What a debugger finds by a file's build id, below the directory of libraries.
const BY_BUILD_ID: &str = "debug/.build-id";

/// Whether the loader, or a program's start, would take it: an object for the linker is none.
pub fn is_loaded(path: &Path) -> bool {
    let mut begin = [0; 18];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut begin));
    // Its kind is in the byte order of the file, and below 256.
    read.is_ok() && begin.starts_with(b"\x7fELF") && [begin[16], begin[17]] != [1, 0]
}

/// Takes away what neither the loader nor a program's start reads.
pub fn strip(path: &Path) -> Result<()> {
    run::run(Command::new("strip").arg("--strip-unneeded").arg(path))
}

/// The table with stripped files, which are made in `scratch`. With `lib`, the directory of libraries
/// below the prefix, it has the debug information too.
pub fn strip_all(table: &mut Vec<Entry>, lib: Option<&Path>, scratch: &Path) -> Result<()> {
    let place = scratch.join("stripped");
    fs::create_dir(&place)?;
    let mut apart = Vec::new();
    for (number, entry) in table.iter_mut().enumerate() {
        let What::File { source, .. } = &mut entry.what else { continue };
        if !is_loaded(source) {
            continue;
        }
        let file = place.join(number.to_string());
        fs::copy(&*source, &file).with_context(|| format!("cannot copy {}", source.display()))?;
        strip(&file)?;
        let id = match lib {
            Some(_) if has_lines(source)? => build_id(source)?,
            _ => None,
        };
        if let Some((lib, id)) = lib.zip(id) {
            apart.extend(debug_information(&entry.path, source, &file, lib, &id)?);
        }
        *source = file;
    }
    table.extend(apart);
    Ok(())
}

/// The debug information of `source`, and a link beside `path`, where gdb looks wherever the prefix
/// is. The stripped file gets the link's name.
fn debug_information(
    path: &Path,
    source: &Path,
    stripped: &Path,
    lib: &Path,
    id: &str,
) -> Result<Vec<Entry>> {
    let name =
        format!("{}.debug", path.file_name().context("a file has a name")?.to_string_lossy());
    let place = stripped.with_extension("apart");
    fs::create_dir(&place)?;
    let file = place.join(&name);
    run::run(Command::new("objcopy").arg("--only-keep-debug").arg(source).arg(&file))?;
    let mut link = std::ffi::OsString::from("--add-gnu-debuglink=");
    link.push(&file);
    run::run(Command::new("objcopy").arg(link).arg(stripped))?;
    let (first, rest) = id.split_at(2);
    let by_id = lib.join(BY_BUILD_ID).join(first).join(format!("{rest}.debug"));
    let directory = path.parent().unwrap_or(Path::new("")).join(".debug");
    let up: PathBuf = directory.components().map(|_| "..").collect();
    Ok(vec![
        Entry { path: directory.join(name), what: What::Link(up.join(&by_id)) },
        Entry { path: by_id, what: What::File { source: file, mode: 0o644 } },
    ])
}

/// Whether there is anything for a debugger in it.
fn has_lines(path: &Path) -> Result<bool> {
    let sections = run::output(Command::new("readelf").env("LC_ALL", "C").arg("-SW").arg(path))?;
    Ok(sections.contains(".debug_line"))
}

/// In hexadecimal digits, if the linker wrote one.
pub fn build_id(path: &Path) -> Result<Option<String>> {
    let notes = run::output(Command::new("readelf").env("LC_ALL", "C").arg("-n").arg(path))?;
    let id = notes.lines().find_map(|line| line.trim().strip_prefix("Build ID: "));
    Ok(id.filter(|id| id.len() > 2).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(place: &Path, arguments: &[&str]) -> PathBuf {
        let (source, file) = (place.join("answer.c"), place.join("answer"));
        fs::write(&source, "int answer(void) { return 42; }\n").unwrap();
        let mut cc = Command::new("cc");
        run::run(cc.arg("-g").arg(&source).arg("-o").arg(&file).args(arguments)).unwrap();
        file
    }

    fn sections(file: &Path) -> String {
        run::output(Command::new("readelf").arg("-SW").arg(file)).unwrap()
    }

    #[test]
    fn a_library_is_stripped_and_its_debug_information_found_by_its_build_id() {
        let place = tempfile::tempdir().unwrap();
        let file =
            compile(place.path(), &["-shared", "-fPIC", "-Wl,--build-id=0xabcdef0123456789"]);
        let entry = |path: &str| Entry {
            path: path.into(),
            what: What::File { source: file.clone(), mode: 0o755 },
        };
        let mut table = vec![entry("lib/x86_64/libanswer.so.1")];
        strip_all(&mut table, Some(Path::new("lib/x86_64")), place.path()).unwrap();
        let [stripped, link, debug] = table.as_slice() else { panic!("there are {}", table.len()) };
        let What::File { source, mode: 0o755 } = &stripped.what else { panic!("its mode is gone") };
        assert!(sections(&file).contains(".debug_info"));
        let kept = sections(source);
        assert!(!kept.contains(".debug_info") && kept.contains(".gnu_debuglink"), "{kept}");
        assert_eq!(link.path, Path::new("lib/x86_64/.debug/libanswer.so.1.debug"));
        let What::Link(target) = &link.what else { panic!("it is no link") };
        assert_eq!(
            target,
            Path::new("../../../lib/x86_64/debug/.build-id/ab/cdef0123456789.debug")
        );
        assert_eq!(debug.path, Path::new("lib/x86_64/debug/.build-id/ab/cdef0123456789.debug"));
        let What::File { source, .. } = &debug.what else { panic!("it is no file") };
        assert!(sections(source).contains(".debug_info"));
    }

    #[test]
    fn an_object_for_the_linker_stays_whole() {
        let place = tempfile::tempdir().unwrap();
        let object = compile(place.path(), &["-c"]);
        assert!(!is_loaded(&object));
        let what = What::File { source: object.clone(), mode: 0o644 };
        let mut table = vec![Entry { path: "lib/answer.o".into(), what }];
        strip_all(&mut table, None, place.path()).unwrap();
        assert!(matches!(&table[0].what, What::File { source, .. } if *source == object));
    }
}
