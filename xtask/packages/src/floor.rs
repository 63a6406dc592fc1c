//! Which glibc an ELF file needs, from the versions of the symbols that it imports.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use object::elf::FileHeader64;
use object::read::elf::{Dyn as _, FileHeader as _, SectionHeader as _};
use object::{Endianness, FileKind};

/// A version of glibc, such as 2.28.
pub type Glibc = (u32, u32);

/// What a shared object or program asks of the system.
#[derive(Debug, Default, PartialEq)]
pub struct Needs {
    /// DT_NEEDED.
    pub libraries: BTreeSet<String>,
    /// Each with the library that has it, such as GLIBC_2.28 of libc.so.6.
    pub versions: BTreeSet<(String, String)>,
}

impl Needs {
    /// What the file needs, if it is an ELF file for 64 bits.
    pub fn of(path: &Path) -> Result<Option<Needs>> {
        let data = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        if !matches!(FileKind::parse(&*data), Ok(FileKind::Elf64)) {
            return Ok(None);
        }
        let needs = read(&data).with_context(|| format!("{} is damaged", path.display()))?;
        Ok(Some(needs))
    }

    pub fn add(&mut self, other: Needs) {
        self.libraries.extend(other.libraries);
        self.versions.extend(other.versions);
    }

    /// The oldest glibc that will do.
    pub fn glibc(&self) -> Option<Glibc> {
        self.versions.iter().filter_map(|(_, version)| glibc(version)).max()
    }
}

fn read(data: &[u8]) -> Result<Needs> {
    let header = FileHeader64::<Endianness>::parse(data)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, data)?;
    let mut needs = Needs::default();
    for section in sections.iter() {
        let strings = |index| sections.strings(endian, data, index);
        if let Some((entries, link)) = section.dynamic(endian, data)? {
            let strings = strings(link)?;
            let needed = entries.iter().filter(|entry| entry.tag(endian) == object::elf::DT_NEEDED);
            for entry in needed {
                let name = strings.get(u32::try_from(entry.d_val.get(endian))?);
                needs.libraries.insert(text(name.ok().context("a name is missing")?));
            }
        }
        if let Some((mut needed, link)) = section.gnu_verneed(endian, data)? {
            let strings = strings(link)?;
            while let Some((library, mut versions)) = needed.next()? {
                let file = text(library.file(endian, strings)?);
                while let Some(version) = versions.next()? {
                    needs.versions.insert((file.clone(), text(version.name(endian, strings)?)));
                }
            }
        }
    }
    Ok(needs)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// GLIBC_2.28 is 2.28, GLIBC_2.2.5 is 2.2; GLIBC_PRIVATE and GCC_3.0 are none.
fn glibc(version: &str) -> Option<Glibc> {
    let mut numbers = version.strip_prefix("GLIBC_")?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// What all ELF files below a directory need together.
pub fn of_tree(root: &Path) -> Result<Needs> {
    let mut needs = Needs::default();
    for path in super::files(root)? {
        needs.add(Needs::of(&path)?.unwrap_or_default());
    }
    Ok(needs)
}

/// Fails if any ELF file below `root` needs a newer glibc; returns how many there are.
pub fn check(root: &Path, floor: Glibc) -> Result<usize> {
    let (mut count, mut too_new) = (0, Vec::<PathBuf>::new());
    for path in super::files(root)? {
        let Some(needs) = Needs::of(&path)? else { continue };
        count += 1;
        if needs.glibc().is_some_and(|glibc| glibc > floor) {
            too_new.push(path.strip_prefix(root)?.to_owned());
        }
    }
    ensure!(count > 0, "{} has no ELF file to look at", root.display());
    let names: Vec<_> = too_new.iter().map(|path| path.display().to_string()).collect();
    let (major, minor) = floor;
    ensure!(names.is_empty(), "newer than glibc {major}.{minor} is needed by {}", names.join(", "));
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn versions_are_numbers_not_text() {
        assert_eq!(glibc("GLIBC_2.2.5"), Some((2, 2)));
        assert!(glibc("GLIBC_2.10") > glibc("GLIBC_2.9"));
        assert_eq!(glibc("GLIBC_PRIVATE"), None);
        assert_eq!(glibc("GCC_3.0"), None);
    }

    #[test]
    fn a_program_linked_here_tells_what_it_needs() {
        let place = tempfile::tempdir().unwrap();
        let program = place.path().join("program");
        let source = place.path().join("program.c");
        fs::write(&source, "int main(void) { return 0; }\n").unwrap();
        let status = Command::new("cc").arg("-o").arg(&program).arg(&source).status().unwrap();
        assert!(status.success());
        let needs = Needs::of(&program).unwrap().expect("it is an ELF file");
        assert!(needs.libraries.contains("libc.so.6"), "{needs:?}");
        let glibc = needs.glibc().expect("it is linked against glibc");
        assert!(check(place.path(), glibc).is_ok());
        let error = check(place.path(), (2, 1)).unwrap_err().to_string();
        assert!(error.contains("glibc 2.1") && error.contains("program"), "{error}");
        assert_eq!(Needs::of(&source).unwrap(), None);
    }
}
