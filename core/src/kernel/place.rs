//! Where a directory is once all links of its path are followed, for whoever reads there again and
//! again: the way to a device over its class leads over a dozen directories.

use super::file::{Failure, File, Path, Room};
use super::kept::Kept;
use crate::config::Config;
use arc_swap::ArcSwapOption;
use std::sync::Arc;

/// A place is looked up at the first read, and again where it has gone: a driver that was loaded again
/// may have put the directory elsewhere.
pub(super) struct Place {
    found: ArcSwapOption<Box<str>>,
    again: bool,
    /// None where no descriptor is to be kept.
    kept: Option<Kept>,
}

impl Place {
    /// Looked up again where it has gone, or left to whoever has it; with files that may stay open, or
    /// without.
    pub(super) fn new(again: bool, keeps: bool) -> Self {
        let kept = (keeps && Config::get().keep_files).then(Kept::default);
        Self { found: ArcSwapOption::empty(), again, kept }
    }

    /// With the place, or with the path itself where it leads nowhere.
    pub(super) fn with<T>(&self, path: &str, with: impl FnOnce(&str) -> T) -> T {
        if self.found.load().is_none() {
            self.look_up(path);
        }
        with(self.found.load().as_deref().map_or(path, |found| found))
    }

    #[cold]
    fn look_up(&self, path: &str) {
        let found =
            std::fs::canonicalize(path).ok().and_then(|found| found.to_str().map(Box::from));
        self.found.store(found.map(Arc::new));
    }

    /// Reads a file.
    pub(super) fn fill(&self, path: &str, name: &str, room: &mut Room) -> Result<(), Failure> {
        match &self.kept {
            Some(kept) => kept.read(name, room, &|missing| self.open(path, name, missing)),
            None => self.open(path, name, false)?.read(room),
        }
    }

    /// Opens a file, which may have been missing the last time.
    fn open(&self, path: &str, name: &str, missing: bool) -> Result<File, Failure> {
        let open = |at: &str| {
            let path = Path::of(&[at, name]).map_err(Failure::Open)?;
            if missing && path.is_missing() {
                return Err(Failure::Open(libc::ENOENT));
            }
            File::open(libc::AT_FDCWD, &path)
        };
        match self.with(path, open) {
            Err(Failure::Open(libc::ENOENT | libc::ENODEV | libc::ENOTDIR))
                if self.again && self.has_gone(path) =>
            {
                self.with(path, open)
            }
            opened => opened,
        }
    }

    /// Whether nothing is there any longer; then it is looked up anew.
    fn has_gone(&self, path: &str) -> bool {
        let gone = self.with(path, |at| Path::of(&[at]).is_ok_and(|at| !at.exists()));
        if gone {
            self.look_up(path);
        }
        gone
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.found.load().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Scratch;
    use std::fs::{remove_dir_all, remove_file, rename};
    use std::os::unix::fs::symlink;

    #[test]
    fn a_directory_that_has_moved_is_found_again() {
        let words = |dir: &'static str, word: &'static [u8]| {
            ["a", "b", "c", "d"].map(|name| (format!("{dir}/{name}"), word))
        };
        let files: Vec<_> = words("first", b"1").into_iter().chain(words("second", b"2")).collect();
        let files: Vec<_> = files.iter().map(|(name, word)| (name.as_str(), *word)).collect();
        let scratch = Scratch::new("place", &files);
        let path = |name: &str| scratch.0.path().join(name);
        symlink("first", path("link")).unwrap();
        let (dir, once) = (scratch.0.join("link").settled(), scratch.0.join("link").settled_once());
        for dir in [&dir, &once] {
            assert_eq!((dir.word("a"), dir.is_there()), (Ok(b"1".to_vec()), true));
        }
        remove_file(path("link")).unwrap();
        symlink("second", path("link")).unwrap();
        assert_eq!(dir.word("b"), Ok(b"1".to_vec()), "it is still there");
        rename(path("first"), path("elsewhere")).unwrap();
        assert!(!dir.has("absent") && dir.word("absent").is_err());
        assert_eq!(dir.word("c"), Ok(b"2".to_vec()));
        assert!(once.word("c").is_err() && !once.is_there());
        remove_dir_all(path("second")).unwrap();
        assert!(dir.word("d").is_err() && !dir.is_there());
        rename(path("elsewhere"), path("second")).unwrap();
        assert_eq!((dir.word("d"), dir.is_there()), (Ok(b"1".to_vec()), true));
    }
}
