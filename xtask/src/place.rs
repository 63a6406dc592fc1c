//! Writes a table's files and links below a directory.

use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::layout::{Entry, What};

/// Sees that everything is there before the first byte is written.
pub fn check(table: &[Entry]) -> Result<()> {
    for entry in table {
        if let What::File { source, .. } = &entry.what {
            let (path, source_shown) = (entry.path.display(), source.display());
            ensure!(source.is_file(), "{source_shown} is missing, which becomes {path}");
        }
    }
    Ok(())
}

/// Writes one entry. Who reads the path meanwhile sees the old file or the new one.
pub fn entry(entry: &Entry, root: &Path) -> Result<()> {
    let path = root.join(&entry.path);
    let directory = path.parent().context("an entry is below the prefix")?;
    fs::create_dir_all(directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    let new =
        directory.join(format!(".{}.new", path.file_name().unwrap_or_default().to_string_lossy()));
    remove(&new)?;
    write(&entry.what, &new)
        .and_then(|()| fs::rename(&new, &path))
        .inspect_err(|_| drop(fs::remove_file(&new)))
        .with_context(|| format!("cannot write {}", path.display()))
}

fn write(what: &What, path: &Path) -> std::io::Result<()> {
    match what {
        What::Link(target) => symlink(target, path),
        What::File { source, mode } => {
            fs::copy(source, path)?;
            fs::set_permissions(path, Permissions::from_mode(*mode))
        }
    }
}

/// Removes a file that may not be there.
pub fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}
