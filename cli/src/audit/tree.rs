//! A program with the libraries that it needs.

use super::evidence::Evidence;
use super::object::{Findings, is_rocm_smi};
use super::report::{Library, Report};
use crate::elf::{self, Data};
use crate::search::{self, Search};
use anyhow::Result;
use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

/// As deep and as many as any program's.
const DEEPEST: usize = 32;
const MOST: usize = 2000;

/// One more object to look at: a name, and where the loader would search for it.
struct Wanted {
    name: String,
    by: PathBuf,
    rpath: Vec<PathBuf>,
    runpath: Vec<PathBuf>,
    depth: usize,
}

pub fn examine(path: &Path, data: &Data) -> Result<Report> {
    let findings = Findings::read(path, data)?;
    let mut hip = hip(path, &findings);
    let mut queue = VecDeque::new();
    enqueue(&mut queue, path, &findings, &[], 0);
    let search = Search::new();
    let mut seen = BTreeSet::new();
    let mut libraries = Vec::new();
    let mut missing = BTreeSet::new();
    while let Some(wanted) = queue.pop_front() {
        // These are what we take the place of, or go on with.
        if is_ours_or_amds(&wanted.name) || !seen.insert(wanted.name.clone()) {
            continue;
        }
        let Some(file) = search.find(&wanted.name, &wanted.rpath, &wanted.runpath) else {
            missing.insert(wanted.name);
            continue;
        };
        // What the loader would refuse, it will say.
        let Ok((_, data)) = elf::open(&file) else { continue };
        let Ok(found) = Findings::read(&file, &data) else { continue };
        if wanted.depth < DEEPEST && seen.len() < MOST {
            enqueue(&mut queue, &file, &found, &wanted.rpath, wanted.depth + 1);
        }
        hip.extend(self::hip(&file, &found));
        if found.uses() {
            libraries.push(Library { name: wanted.name, path: file, needed_by: wanted.by, found });
        }
    }
    Ok(Report::of_elf(path, findings, libraries, missing, &hip))
}

/// The HIP runtime is a hint to all objects of the process.
fn hip(file: &Path, found: &Findings) -> Vec<Evidence> {
    found.needed.iter().filter_map(|name| Evidence::of_hip(file, name)).collect()
}

fn enqueue(
    queue: &mut VecDeque<Wanted>,
    file: &Path,
    found: &Findings,
    inherited: &[PathBuf],
    depth: usize,
) {
    let runpath = search::expand(found.runpath.as_deref().unwrap_or_default(), file);
    // An object with a RUNPATH has no use for anybody's RPATH.
    let mut rpath = search::expand(&found.rpath, file);
    rpath.extend_from_slice(inherited);
    if found.runpath.is_some() {
        rpath.clear();
    }
    queue.extend(found.needed.iter().map(|name| Wanted {
        name: name.clone(),
        by: file.to_owned(),
        rpath: rpath.clone(),
        runpath: runpath.clone(),
        depth,
    }));
}

fn is_ours_or_amds(name: &str) -> bool {
    let file = Path::new(name).file_name().unwrap_or_default().to_string_lossy().into_owned();
    is_rocm_smi(name) || file.starts_with("librsmi_compat.so") || file.starts_with("libamd_smi.so")
}
