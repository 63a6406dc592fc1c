//! The tarball: one directory, which works wherever it is put.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

use super::Tree;
use xtask::layout::What;
use xtask::workspace::VERSION;

pub fn make(tree: &Tree, output: &Path) -> Result<PathBuf> {
    let name = format!("rsmi-compat-{VERSION}-{}-linux", std::env::consts::ARCH);
    let path = output.join(format!("{name}.tar.gz"));
    let file = tempfile::NamedTempFile::new_in(output)?;
    let gzip = GzBuilder::new().write(file.as_file(), Compression::best());
    let mut archive = Builder::new(gzip);
    for entry in &tree.entries {
        let mut header = Header::new_gnu();
        header.set_mtime(super::date()?.into());
        let place = Path::new(&name).join(&entry.path);
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
