//! The tarball: one directory, which works wherever it is put. Its debug information is apart.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

use super::Tree;
use xtask::layout::{Entry, What};
use xtask::workspace::VERSION;

/// The second one is the debug information, to be unpacked over the first.
pub fn make(tree: &Tree, output: &Path) -> Result<Vec<PathBuf>> {
    let archive = |name: &str, part: &dyn Fn(&Entry) -> bool| pack(tree, name, part, output);
    Ok(vec![
        archive("rsmi-compat", &|entry| !entry.is_debug())?,
        archive("rsmi-compat-debug", &Entry::is_debug)?,
    ])
}

fn pack(tree: &Tree, name: &str, part: &dyn Fn(&Entry) -> bool, output: &Path) -> Result<PathBuf> {
    let version = format!("{VERSION}-{}-linux", std::env::consts::ARCH);
    let directory = format!("rsmi-compat-{version}");
    let path = output.join(format!("{name}-{version}.tar.gz"));
    let file = tempfile::NamedTempFile::new_in(output)?;
    let gzip = GzBuilder::new().write(file.as_file(), Compression::best());
    let mut archive = Builder::new(gzip);
    for entry in tree.entries.iter().filter(|entry| part(entry)) {
        let mut header = Header::new_gnu();
        header.set_mtime(super::date()?.into());
        let place = Path::new(&directory).join(&entry.path);
        match &entry.what {
            What::File { mode, .. } => {
                let file = File::open(tree.root().join(&entry.path))?;
                header.set_size(file.metadata()?.len());
                header.set_mode(*mode);
                archive.append_data(&mut header, place, file)?;
            }
            What::Link(target) => {
                header.set_entry_type(EntryType::Symlink);
                header.set_size(0);
                header.set_mode(0o777);
                archive.append_link(&mut header, place, target)?;
            }
        }
    }
    archive.into_inner()?.finish()?;
    super::publish(file, &path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
