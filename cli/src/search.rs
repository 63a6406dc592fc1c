//! Where the dynamic loader finds a library: ld.so(8)'s order, without loading anything.

use crate::elf;
use crate::installation::multiarch;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

const CACHE: &str = "/etc/ld.so.cache";

pub struct Search {
    /// LD_LIBRARY_PATH.
    environment: Vec<PathBuf>,
    cache: HashMap<Vec<u8>, Vec<PathBuf>>,
}

impl Search {
    pub fn new() -> Self {
        let list = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
        let parts = list.as_bytes().split(|byte| b":;".contains(byte));
        let parts = parts.filter(|part| !part.is_empty());
        let environment = parts.map(|part| OsStr::from_bytes(part).into()).collect();
        let cache = std::fs::read(CACHE).map(|bytes| read_cache(&bytes)).unwrap_or_default();
        Self { environment, cache }
    }

    /// The first file that the loader would take.
    pub fn find(&self, name: &str, rpath: &[PathBuf], runpath: &[PathBuf]) -> Option<PathBuf> {
        if name.contains('/') {
            return Some(PathBuf::from(name)).filter(|path| fits(path));
        }
        self.all(name, rpath, runpath).next()
    }

    /// Every file of that name in the loader's places, in its order.
    pub fn all<'a>(
        &'a self,
        name: &'a str,
        rpath: &'a [PathBuf],
        runpath: &'a [PathBuf],
    ) -> impl Iterator<Item = PathBuf> + 'a {
        let directories = [rpath, &self.environment, runpath].into_iter().flatten();
        let first = directories.map(move |directory| directory.join(name));
        let cached = self.cache.get(name.as_bytes()).into_iter().flatten().cloned();
        let last = defaults().into_iter().map(move |directory| directory.join(name));
        first.chain(cached).chain(last).filter(|path| fits(path))
    }
}

fn defaults() -> Vec<PathBuf> {
    let mut directories = Vec::new();
    for root in ["/lib", "/usr/lib"].map(Path::new) {
        directories.push(root.join(multiarch()));
        directories.push(PathBuf::from(format!("{}64", root.display())));
        directories.push(root.to_owned());
    }
    directories
}

/// The loader passes over libraries for other processors.
fn fits(path: &Path) -> bool {
    path.is_file() && elf::open(path).is_ok_and(|(_, data)| elf::header(&data).is_ok())
}

/// What `$ORIGIN` and `$LIB` in an object's search path stand for.
pub fn expand(entries: &[String], object: &Path) -> Vec<PathBuf> {
    let object = object.canonicalize().unwrap_or_else(|_| object.to_owned());
    let origin = object.parent().unwrap_or(Path::new("/")).to_string_lossy().into_owned();
    let mut directories = Vec::new();
    for entry in entries {
        let entry = entry.replace("${ORIGIN}", &origin).replace("$ORIGIN", &origin);
        if entry.is_empty() {
            continue;
        }
        let entry = entry.replace("${LIB}", "$LIB");
        if entry.contains("$LIB") {
            // Distributions differ in what it is.
            for lib in [format!("lib/{}", multiarch()), "lib64".into(), "lib".into()] {
                directories.push(PathBuf::from(entry.replace("$LIB", &lib)));
            }
        } else {
            directories.push(PathBuf::from(entry));
        }
    }
    directories
}

/// The file that ldconfig(8) writes: a header, entries of 24 bytes that point at texts, the texts.
fn read_cache(bytes: &[u8]) -> HashMap<Vec<u8>, Vec<PathBuf>> {
    const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
    const HEADER: usize = 48;
    const ENTRY: usize = 24;
    let mut found: HashMap<Vec<u8>, Vec<PathBuf>> = HashMap::new();
    // Older caches have an old table in front.
    let Some(start) = memchr::memmem::find(bytes, MAGIC) else { return found };
    let bytes = bytes.get(start..).unwrap_or_default();
    let number = |at: usize| {
        let four = bytes.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(four.try_into().ok()?) as usize)
    };
    let text = |at: usize| {
        let rest = bytes.get(at..)?;
        rest.iter().position(|byte| *byte == 0).and_then(|end| rest.get(..end))
    };
    let count = number(MAGIC.len()).unwrap_or(0).min(bytes.len() / ENTRY);
    for entry in (0..count).map(|index| HEADER + index * ENTRY) {
        let name = number(entry + 4).and_then(text);
        let path = number(entry + 8).and_then(text);
        if let (Some(name), Some(path)) = (name, path) {
            let paths = found.entry(name.to_vec()).or_default();
            paths.push(OsStr::from_bytes(path).into());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As ldconfig writes it, with an old table in front.
    fn cache(entries: &[(&str, &str)]) -> Vec<u8> {
        const HEADER: usize = 48;
        let mut texts = Vec::new();
        let mut table = Vec::new();
        for (name, path) in entries {
            let mut at = |text: &str| {
                let offset = HEADER + entries.len() * 24 + texts.len();
                texts.extend_from_slice(text.as_bytes());
                texts.push(0);
                u32::try_from(offset).unwrap().to_le_bytes()
            };
            let (name, path) = (at(name), at(path));
            table.extend([&[3, 0, 0, 0][..], &name, &path, &[0; 12]].concat());
        }
        let count = u32::try_from(entries.len()).unwrap().to_le_bytes();
        let mut header = [b"glibc-ld.so.cache1.1", &count[..]].concat();
        header.resize(HEADER, 0);
        [b"ld.so-1.7.0\0old".to_vec(), header, table, texts].concat()
    }

    #[test]
    fn the_cache_of_the_loader_is_read_as_far_as_it_is_one() {
        let bytes = cache(&[("libc.so.6", "/lib/a"), ("libm.so.6", "/m"), ("libc.so.6", "/lib/b")]);
        let read = read_cache(&bytes);
        assert_eq!(read[&b"libc.so.6"[..]], [PathBuf::from("/lib/a"), "/lib/b".into()]);
        assert_eq!(read[&b"libm.so.6"[..]], [PathBuf::from("/m")]);
        assert_eq!(read.len(), 2);
        for end in 0..bytes.len() {
            let cut = read_cache(&bytes[..end]);
            assert!(
                cut.values()
                    .flatten()
                    .all(|path| ["/lib/a", "/lib/b", "/m"].contains(&path.to_str().unwrap()))
            );
        }
        assert!(read_cache(b"no cache").is_empty());
    }

    #[test]
    fn origin_is_the_objects_directory() {
        let entries = ["$ORIGIN/../lib".into(), String::new(), "/x/$LIB".into(), "/y".into()];
        let expanded = expand(&entries, Path::new("/no/such/file.so"));
        assert_eq!(expanded[0], Path::new("/no/such/../lib"));
        assert_eq!(expanded.len(), 5);
        assert!(expanded.contains(&PathBuf::from("/x/lib64")));
    }
}
