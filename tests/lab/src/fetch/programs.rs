//! Programs of other people that use librocm_smi64, as Debian ships them.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{Found, Partial, is_release, unpack};
use crate::archive::Archive;
use crate::lab::Lab;

/// A program by its package, and the release of its own that the lab knows.
pub struct Program {
    pub package: &'static str,
    pub release: &'static str,
}

const fn program(package: &'static str, release: &'static str) -> Program {
    Program { package, release }
}

/// Those of bookworm, trixie and sid.
pub const PROGRAMS: [Program; 5] = [
    program("rocm-smi", "5.2.3"),
    program("rocm-smi", "6.1.2"),
    program("rocm-smi", "6.4.1"),
    program("btop", "1.3.2"),
    program("btop", "1.4.7"),
];

/// A package, unpacked. There is none if the archive has moved on.
pub fn place(lab: &Lab, package: &str, release: &str) -> PathBuf {
    lab.cache.join("clients").join(package).join(release)
}

pub(super) fn fetch(lab: &Lab, archive: &Archive, program: &Program, debs: &Path) -> Result<Found> {
    let offers = archive.offers(program.package)?;
    let offer = offers.iter().find(|offer| is_release(&offer.version, program.release));
    let place = place(lab, program.package, program.release);
    if let Some(offer) = offer.filter(|_| !place.is_dir()) {
        let everything = Partial::begin(&place)?;
        unpack(&archive.download(program.package, &offer.version, debs)?, &everything.path)?;
        everything.finish(&place)?;
    }
    Ok(Found {
        library: program.package.into(),
        release: program.release.into(),
        version: offer.map(|offer| offer.version.clone()),
        suite: offer.map(|offer| offer.suite.clone()).unwrap_or_default(),
    })
}
