//! The libraries on the way: which there are, and which of them are in each other's way.

use crate::audit;
use crate::search::Search;
use rsmi_generations::LIBAMD_SMI;
use rsmi_generations::conf::{Conf, Said};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A file, and where it was found first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    pub path: PathBuf,
    /// Behind all links.
    pub file: PathBuf,
    pub place: String,
}

impl Found {
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

#[derive(Serialize)]
pub struct Libraries {
    pub libamd_smi: Vec<Found>,
    /// AMD's own librocm_smi64.
    pub librocm_smi64: Vec<Found>,
    /// Our own under that name, beside the drop-in directory of this command.
    pub drop_in: Vec<Found>,
}

const ROCM_SMI: [&str; 7] = [
    "librocm_smi64.so",
    "librocm_smi64.so.1",
    "librocm_smi64.so.1.0",
    "librocm_smi64.so.5",
    "librocm_smi64.so.6",
    "librocm_smi64.so.7",
    "librocm_smi64.so.7.8",
];

impl Libraries {
    pub fn look() -> Self {
        let search = Search::new();
        let named = std::env::var_os("RSMI_COMPAT_AMDSMI").filter(|path| !path.is_empty());
        let named = named.map(|path| (PathBuf::from(path), "RSMI_COMPAT_AMDSMI".to_owned()));
        let in_a_file = || {
            let Said { value, file } = Conf::of_machine().0.amdsmi?;
            Some((value, file.display().to_string()))
        };
        let named = named.or_else(in_a_file);
        let libamd_smi = distinct(named.into_iter().chain(candidates(&search, &LIBAMD_SMI)));
        let (drop_in, librocm_smi64) = distinct(candidates(&search, &ROCM_SMI))
            .into_iter()
            .partition(|found| is_ours(&found.file));
        Self { libamd_smi, librocm_smi64, drop_in }
    }
}

/// As programs look for them: by the dynamic loader, in ROCM_PATH, below /opt/rocm.
fn candidates<'a>(
    search: &'a Search,
    names: &'a [&'static str],
) -> impl Iterator<Item = (PathBuf, String)> + 'a {
    let loader = names.iter().flat_map(|name| {
        search.all(name, &[], &[]).map(|path| (path, "the dynamic loader's search".to_owned()))
    });
    let elsewhere = rocm().into_iter().flat_map(move |(directory, place)| {
        names.iter().map(move |name| (directory.join(name), place.clone()))
    });
    loader.chain(elsewhere)
}

fn rocm() -> Vec<(PathBuf, String)> {
    let mut directories = Vec::new();
    if let Some(rocm) = std::env::var_os("ROCM_PATH").map(PathBuf::from) {
        let libraries = rsmi_generations::libraries_of(&rocm);
        directories.extend(libraries.map(|lib| (lib, "ROCM_PATH".to_owned())));
    }
    let opt = Path::new("/opt");
    let libraries = rsmi_generations::libraries_below(opt);
    directories.extend(libraries.map(|lib| (lib, "/opt/rocm".to_owned())));
    for (_, rocm) in rsmi_generations::releases(opt) {
        directories.push((rocm.join("lib"), rocm.display().to_string()));
    }
    directories
}

/// Each file once, under its first name.
fn distinct(paths: impl Iterator<Item = (PathBuf, String)>) -> Vec<Found> {
    let mut seen = BTreeSet::new();
    paths
        .filter_map(|(path, place)| {
            let file = path.canonicalize().ok()?;
            seen.insert(file.clone()).then_some(Found { path, file, place })
        })
        .collect()
}

/// The small libraries need librsmi_compat, the link goes to it.
fn is_ours(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let needs = || audit::needed(file).unwrap_or_default();
    name.starts_with("librsmi_compat.so")
        || needs().iter().any(|needed| needed.starts_with("librsmi_compat.so"))
}
