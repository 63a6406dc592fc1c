//! A directory tree in memory: collected first, corrected by the description, then written at once.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

/// A regular file that can be opened but not read, as the kernel's is when the
/// driver refuses to answer: this one says EIO to everybody, root included.
const READ_ERROR: &str = "/proc/self/mem";

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Entry {
    File { bytes: Vec<u8>, mode: u32 },
    Link(PathBuf),
    Directory,
}

#[derive(Debug, Default)]
pub(crate) struct Files {
    entries: BTreeMap<PathBuf, Entry>,
}

impl Files {
    /// A file that everybody reads and nobody writes.
    pub(crate) fn read_only(&mut self, path: impl AsRef<Path>, bytes: impl Into<Vec<u8>>) {
        self.put(path, Entry::File { bytes: bytes.into(), mode: 0o444 });
    }

    /// A file that root may write.
    pub(crate) fn writable(&mut self, path: impl AsRef<Path>, bytes: impl Into<Vec<u8>>) {
        self.put(path, Entry::File { bytes: bytes.into(), mode: 0o644 });
    }

    pub(crate) fn directory(&mut self, path: impl AsRef<Path>) {
        self.put(path, Entry::Directory);
    }

    /// A link to another place of the same tree; written relative, as sysfs does.
    pub(crate) fn link(&mut self, path: impl AsRef<Path>, target: impl AsRef<Path>) {
        let target = relative(path.as_ref(), target.as_ref());
        self.put(path, Entry::Link(target));
    }

    pub(crate) fn unreadable(&mut self, path: impl AsRef<Path>) {
        self.put(path, Entry::Link(READ_ERROR.into()));
    }

    /// Takes away a file, or a directory with all below it; false if there was none.
    pub(crate) fn remove(&mut self, path: impl AsRef<Path>) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry, _| !entry.starts_with(&path));
        before != self.entries.len()
    }

    /// False if there is no such file.
    pub(crate) fn set_mode(&mut self, path: impl AsRef<Path>, new: u32) -> bool {
        match self.entries.get_mut(path.as_ref()) {
            Some(Entry::File { mode, .. }) => {
                *mode = new;
                true
            }
            _ => false,
        }
    }

    /// Files whose text is another than it was, with their permissions.
    pub(crate) fn changed_since(&self, before: &Self) -> impl Iterator<Item = (&Path, &[u8], u32)> {
        self.entries.iter().filter_map(|(path, entry)| match entry {
            Entry::File { bytes, mode } if before.entries.get(path) != Some(entry) => {
                Some((path.as_path(), bytes.as_slice(), *mode))
            }
            _ => None,
        })
    }

    pub(crate) fn write(&self, below: &Path) -> io::Result<()> {
        let named = |path: &Path, error: io::Error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        };
        for (path, entry) in &self.entries {
            let path = below.join(path);
            let parent = path.parent().unwrap_or(below);
            fs::create_dir_all(parent).map_err(|error| named(parent, error))?;
            match entry {
                Entry::Directory => fs::create_dir_all(&path),
                Entry::Link(target) => symlink(target, &path),
                Entry::File { bytes, mode } => fs::write(&path, bytes)
                    .and_then(|()| fs::set_permissions(&path, PermissionsExt::from_mode(*mode))),
            }
            .map_err(|error| named(&path, error))?;
        }
        Ok(())
    }

    fn put(&mut self, path: impl AsRef<Path>, entry: Entry) {
        self.entries.insert(path.as_ref().to_owned(), entry);
    }
}

impl Files {
    /// What a reader of the file would get: its bytes, or the kernel's errno.
    pub(crate) fn read(&self, path: &str) -> Result<&[u8], i32> {
        const ENOENT: i32 = 2;
        const EIO: i32 = 5;
        const EISDIR: i32 = 21;
        let real = self.resolve(path).ok_or(ENOENT)?;
        match self.entries.get(&real) {
            Some(Entry::File { bytes, .. }) => Ok(bytes),
            Some(Entry::Link(_)) => Err(EIO),
            Some(Entry::Directory) | None => Err(EISDIR),
        }
    }

    /// The names in a directory, sorted; none if there is no such directory.
    pub(crate) fn list(&self, path: &str) -> Vec<String> {
        let Some(real) = self.resolve(path) else { return Vec::new() };
        let below =
            self.entries.range(real.clone()..).take_while(|(path, _)| path.starts_with(&real));
        let mut names: Vec<String> = below
            .filter_map(|(path, _)| path.strip_prefix(&real).ok()?.iter().next()?.to_str())
            .map(str::to_owned)
            .collect();
        names.dedup();
        names
    }

    /// Where a path leads, through the tree's own links, as the kernel would walk it.
    pub(crate) fn resolve(&self, path: &str) -> Option<PathBuf> {
        let mut real = PathBuf::new();
        for component in Path::new(path).components() {
            match component {
                Component::ParentDir => drop(real.pop()),
                name => real.push(name),
            }
            match self.entries.get(&real) {
                // It leads out of the tree: who opens it is told, who follows it is not.
                Some(Entry::Link(target)) if target == Path::new(READ_ERROR) => {}
                Some(Entry::Link(target)) => {
                    let target = real.parent()?.join(target);
                    real = self.resolve(target.to_str()?)?;
                }
                _ => {}
            }
        }
        // Paths sort part by part: what is below comes right after.
        let next = self.entries.range(real.clone()..).next();
        next.is_some_and(|(entry, _)| entry.starts_with(&real)).then_some(real)
    }
}

#[cfg(test)]
impl Files {
    pub(crate) fn bytes(&self, path: &Path) -> Option<&[u8]> {
        match self.entries.get(path)? {
            Entry::File { bytes, .. } => Some(bytes),
            _ => None,
        }
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        std::str::from_utf8(self.bytes(Path::new(path))?).ok()
    }

    /// The files below a directory, and below no link in it, by their real paths.
    pub(crate) fn below(&self, directory: &str) -> impl Iterator<Item = (&Path, &[u8])> {
        let real = self.resolve(directory).unwrap_or_default();
        self.entries.iter().filter_map(move |(path, entry)| match entry {
            Entry::File { bytes, .. } if path.starts_with(&real) => {
                Some((path.as_path(), bytes.as_slice()))
            }
            _ => None,
        })
    }

    pub(crate) fn links(&self) -> impl Iterator<Item = &Path> {
        let link = |entry: &Entry| matches!(entry, Entry::Link(to) if to != Path::new(READ_ERROR));
        self.entries.iter().filter(move |(_, entry)| link(entry)).map(|(path, _)| path.as_path())
    }
}

fn relative(link: &Path, target: &Path) -> PathBuf {
    let names = |path: &Path| -> Vec<_> {
        let plain = path.components().filter(|part| matches!(part, Component::Normal(_)));
        plain.map(|part| part.as_os_str().to_owned()).collect()
    };
    let (from, to) = (names(link.parent().unwrap_or(link)), names(target));
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".into(), from.len() - shared);
    up.chain(to[shared..].iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_climbs_no_higher_than_it_must() {
        let to = relative(Path::new("class/drm/card1"), Path::new("devices/pci0/drm/card1"));
        assert_eq!(to, Path::new("../../devices/pci0/drm/card1"));
        let to = relative(Path::new("devices/a/b/driver"), Path::new("devices/a/c"));
        assert_eq!(to, Path::new("../c"));
    }

    #[test]
    fn a_tree_is_written_as_collected() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mut files = Files::default();
        files.read_only("a/b", "1\n");
        files.writable("a/c", "2\n");
        files.link("d", "a/b");
        files.directory("e");
        files.unreadable("f");
        assert!(files.set_mode("a/c", 0o200));
        assert!(!files.set_mode("a/x", 0o200));
        files.write(dir.path()).expect("written");
        assert_eq!(fs::read_to_string(dir.path().join("d")).expect("read"), "1\n");
        assert!(dir.path().join("e").is_dir());
        let error = fs::read(dir.path().join("f")).expect_err("a read error");
        assert_eq!(error.raw_os_error(), Some(5));
        let mode = fs::metadata(dir.path().join("a/c")).expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o200);
    }
}
