//! The list of what an installation put below its prefix, kept there to remove it by.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use xtask::layout::Entry;
use xtask::place;

const FILE: &str = "share/rsmi-compat/manifest";

/// In the file a path in each line: files and links as they are, directories with a slash behind.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Manifest {
    /// Below the prefix.
    pub files: BTreeSet<String>,
    /// The directories that had to be made: below the prefix; `.` is the prefix itself, `..` the
    /// directory above it, and so on.
    directories: BTreeSet<String>,
}

impl Manifest {
    pub fn path(root: &Path) -> PathBuf {
        root.join(FILE)
    }

    /// What a table will have put below `root`.
    pub fn of(table: &[Entry], root: &Path) -> Manifest {
        let mut manifest = Manifest::default();
        let paths = || table.iter().map(|entry| entry.path.as_path());
        manifest.files = paths().map(|path| path.display().to_string()).collect();
        for path in paths().chain([Path::new(FILE)]) {
            let directories = path.ancestors().skip(1).filter(|path| !root.join(path).exists());
            let shown = directories.map(|path| path.display().to_string());
            let named = shown.map(|path| if path.is_empty() { ".".to_owned() } else { path });
            manifest.directories.extend(named);
        }
        let above = root.ancestors().skip(1).take_while(|directory| !directory.exists());
        let above = above.enumerate().map(|(level, _)| vec![".."; level + 1].join("/"));
        manifest.directories.extend(above);
        manifest
    }

    /// That of an earlier installation, if there is one.
    pub fn read(root: &Path) -> Result<Option<Manifest>> {
        let path = Manifest::path(root);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.with_context(|| format!("cannot read {}", path.display()))?,
        };
        let mut manifest = Manifest::default();
        for line in text.lines() {
            match line.strip_suffix('/') {
                Some(directory) => manifest.directories.insert(directory.to_owned()),
                None => manifest.files.insert(line.to_owned()),
            };
        }
        Ok(Some(manifest))
    }

    /// Where the file of that name is, that of the shortest path.
    pub fn directory_of(&self, name: &str) -> Option<&Path> {
        let paths = self.files.iter().map(Path::new);
        paths
            .filter(|path| path.ends_with(name))
            .min_by_key(|path| path.as_os_str().len())?
            .parent()
    }

    pub fn write(&self, root: &Path) -> Result<()> {
        let path = Manifest::path(root);
        let directories = self.directories.iter().map(|path| format!("{path}/\n"));
        let files = self.files.iter().map(|path| format!("{path}\n"));
        let text: String = directories.chain(files).collect();
        let directory = path.parent().context("it is in a directory")?;
        fs::create_dir_all(directory)
            .and_then(|()| fs::write(&path, text))
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Those directories were made earlier, and are ours still.
    #[must_use]
    pub fn with_directories_of(&self, earlier: &Manifest) -> Manifest {
        let mut both = self.clone();
        both.directories.extend(earlier.directories.iter().cloned());
        both
    }

    #[must_use]
    pub fn without(&self, other: &Manifest) -> Manifest {
        let files = &self.files - &other.files;
        Manifest { files, directories: self.directories.clone() }
    }

    /// Removes the files, and the directories that are empty then.
    pub fn remove(&self, root: &Path) -> Result<()> {
        for file in &self.files {
            place::remove(&root.join(file))?;
        }
        self.remove_directories(root);
        Ok(())
    }

    pub fn remove_directories(&self, root: &Path) {
        let (above, below): (Vec<_>, Vec<_>) =
            self.directories.iter().partition(|path| path.starts_with(".."));
        // The deepest first; others may have put things there since, and keep theirs.
        for directory in below.iter().rev().filter(|path| **path != ".") {
            let _ = fs::remove_dir(root.join(directory));
        }
        let highest = above.iter().map(|path| path.split('/').count()).max().unwrap_or(0);
        let made = if self.directories.contains(".") { highest + 1 } else { 0 };
        for directory in root.ancestors().take(made) {
            let _ = fs::remove_dir(directory);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use xtask::layout::What;

    fn table(paths: &[&str]) -> Vec<Entry> {
        let entry = |path: &&str| Entry { path: path.into(), what: What::Link("x".into()) };
        paths.iter().map(entry).collect()
    }

    #[test]
    fn directories_that_were_there_are_not_ours() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("usr/local");
        fs::create_dir_all(root.join("lib")).unwrap();
        let table = table(&["lib/one", "lib/own/two", "bin/three"]);
        let manifest = Manifest::of(&table, &root);
        let expected = ["bin", "lib/own", "share", "share/rsmi-compat"];
        assert!(manifest.directories.iter().eq(expected.iter()), "{manifest:?}");
        manifest.write(&root).unwrap();
        assert_eq!(Manifest::read(&root).unwrap(), Some(manifest));
    }

    #[test]
    fn all_that_was_made_goes_up_to_what_was_there() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("opt/site/rsmi");
        let table = table(&["lib/own/two"]);
        let manifest = Manifest::of(&table, &root);
        manifest.write(&root).unwrap();
        place::entry(&table[0], &root).unwrap();
        fs::remove_file(Manifest::path(&root)).unwrap();
        manifest.remove(&root).unwrap();
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_others_put_there_stays() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("prefix");
        let table = table(&["lib/own/two"]);
        let manifest = Manifest::of(&table, &root);
        place::entry(&table[0], &root).unwrap();
        fs::write(root.join("lib/theirs"), "").unwrap();
        manifest.remove(&root).unwrap();
        assert!(root.join("lib/theirs").exists() && !root.join("lib/own").exists());
    }
}
