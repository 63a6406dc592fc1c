//! What an object of the process says of the rocm_smi.h that it was compiled with.
//!
//! Names that an object is *linked* to are proof: its compiler saw them in the header. Names that
//! it looks up or calls at run time are none: pyrsmi 0.2.0 has the structs of ROCm 5 and calls
//! functions of ROCm 6.

use crate::config::Config;
use crate::door;
use crate::object::{self, Dynamic};
use rsmi_generations::{self as generations, Open};
use std::ffi::{CStr, OsStr};
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};

/// One object, as far as it matters here. Of code that belongs to no object nothing is known.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// The addresses of its code.
    pub(super) range: Option<Range<usize>>,
    /// Its file, as far as the loader tells.
    pub(super) path: PathBuf,
    /// What fits all functions of rocm_smi.h that it is linked to.
    pub(super) imports: Open,
    /// It is linked to a function of rocm_smi.h under its plain name.
    pub(super) plain: bool,
    /// It is linked to a function under the name that our header gives it.
    pub(super) marked: bool,
    /// What the note of our header says, which each object has that was compiled with it.
    header: Option<Open>,
    /// What the person who linked it said: the note of `abi-…/librocm_smi64.so`.
    linked: Option<Open>,
    /// Libraries of rocm_smi that it is linked to, and what fits them.
    needed: Vec<(String, Option<Open>)>,
    /// It calls what a script says: see [`CALLS_FOR_SCRIPTS`].
    for_scripts: bool,
}

/// What libffi has, and Python's own binaries, into which it may be linked. The structs in a script's
/// text are those of such callers alone: a library that looks `rsmi_*` up by itself says as little of
/// rocm_smi, and has the structs of its own header.
const CALLS_FOR_SCRIPTS: [&CStr; 4] =
    [c"ffi_call", c"PyInit__ctypes", c"Py_BytesMain", c"pypy_execute_source"];

impl Facts {
    pub(super) fn nothing() -> Self {
        Self {
            range: None,
            path: PathBuf::new(),
            imports: Open::ALL,
            plain: false,
            marked: false,
            header: None,
            linked: None,
            needed: Vec::new(),
            for_scripts: true,
        }
    }

    /// The object that has its code at this address.
    pub(super) fn at(address: usize) -> Self {
        let mut object = None;
        door::each_object(|info| {
            let code = door::code_of(info).map(|(start, end)| start..end);
            object = code.filter(|code| code.contains(&address)).map(|code| (code, *info));
            object.is_none()
        });
        // It is read without the loader's lock, under which memory had better not be allocated: the
        // object of a call that is under way stays.
        object.map_or_else(Self::nothing, |(code, info)| Self::of(code, &info))
    }

    fn of(code: Range<usize>, info: &libc::dl_phdr_info) -> Self {
        let mut found = Self { range: Some(code), path: object::path(info), ..Self::nothing() };
        // The loader has no name for the program itself.
        if found.path.as_os_str().is_empty() {
            found.path = std::fs::read_link("/proc/self/exe").unwrap_or_default();
        }
        found.read_notes(info);
        let dynamic = Dynamic::of(info);
        if let Some(dynamic) = &dynamic {
            found.read_dynamic(dynamic);
        }
        let defines = |name| dynamic.as_ref().is_some_and(|it| it.defines(name));
        found.for_scripts = CALLS_FOR_SCRIPTS.into_iter().any(defines);
        found
    }

    fn read_dynamic(&mut self, dynamic: &Dynamic<'_>) {
        for name in dynamic.needed() {
            let fits = generations::of_linked_library(name.to_bytes());
            let ours = name.to_bytes().starts_with(b"librsmi_compat.so");
            if fits.is_some() || ours || name.to_bytes().starts_with(b"librocm_smi64.so") {
                self.needed.push((name.to_string_lossy().into_owned(), fits));
            }
        }
        dynamic.each_symbol_referred_to(|symbol| self.read_import(symbol.name, symbol.is_weak));
    }

    /// Who does without a function if there is none has declared it itself, as its header may not.
    pub(super) fn read_import(&mut self, name: &CStr, is_weak: bool) {
        let Ok(name) = name.to_str() else { return };
        if generations::marked_name(name).is_some() {
            self.marked = true;
        } else if name.starts_with("rsmi_") && !name.starts_with("rsmi_compat_") {
            self.plain = true;
            if !is_weak {
                self.imports = self.imports.narrowed(generations::of_function(name));
            }
        }
    }

    fn read_notes(&mut self, info: &libc::dl_phdr_info) {
        object::each_note(info, |name, kind, content| {
            let &[bits] = content else { return };
            let open = Open::from_bits(bits);
            if name != generations::NOTE_NAME || open.is_empty() {
                return;
            }
            let place = match kind {
                generations::NOTE_OF_HEADER => &mut self.header,
                generations::NOTE_OF_LINKING => &mut self.linked,
                _ => return,
            };
            *place = Some(place.map_or(open, |before| before.or(open)));
        });
    }

    /// Whether the object says nothing of rocm_smi at all, as libffi and interpreters do not: then
    /// it calls for somebody else.
    pub(super) fn is_silent(&self) -> bool {
        !self.plain
            && !self.marked
            && self.header.is_none()
            && self.linked.is_none()
            && self.needed.is_empty()
    }

    /// What the log calls the caller.
    pub(super) fn name(&self) -> String {
        match &self.range {
            Some(_) => self.path.display().to_string(),
            None => "the process".into(),
        }
    }
}

/// What the bindings that an interpreter runs say of themselves, all of them together: the bits of
/// an `Open`, none while nothing is said.
static OF_BINDINGS: AtomicU8 = AtomicU8::new(0);

/// Bindings of the process are of one of these.
pub(super) fn bindings_are_of(open: Open) {
    OF_BINDINGS.fetch_or(open.bits(), Ordering::AcqRel);
}

/// Proof, strongest first: the generations that fit, and the words for it.
pub(super) fn of(facts: &Facts, config: &Config) -> Vec<(Open, String)> {
    let mut proof = Vec::new();
    if let Some(open) = facts.linked {
        proof.push((open, format!("it was linked by abi-{open}")));
    }
    // Who is linked to plain names has other callers in it than those compiled with our header.
    if let Some(open) = facts.header.filter(|_| !facts.plain) {
        proof.push((open, "it has the note of our header".into()));
    }
    if let Some((open, file)) = config.proven(&files_of(facts)) {
        proof.push((open, format!("RSMI_COMPAT_ABI_OF says so of {}", file.display())));
    }
    if facts.is_silent() && facts.for_scripts {
        let open = Open::from_bits(OF_BINDINGS.load(Ordering::Acquire));
        if !open.is_empty() {
            proof.push((open, format!("bindings in the process say that they are of {open}")));
        }
    }
    for (name, fits) in &facts.needed {
        proof.extend(fits.map(|open| (open, format!("it is linked to {name}"))));
    }
    if facts.imports != Open::ALL {
        let text = format!("the functions that it is linked to are of {}", facts.imports);
        proof.push((facts.imports, text));
    }
    proof
}

/// The caller's own file, behind all links.
pub(super) fn own_file(facts: &Facts) -> Option<PathBuf> {
    let own = Some(facts.path.clone()).filter(|path| !path.as_os_str().is_empty());
    own.map(|path| path.canonicalize().unwrap_or(path))
}

/// The files that speak for a caller: its own; of one that calls for scripts the script, too, that
/// the process runs.
pub(super) fn files_of(facts: &Facts) -> Vec<PathBuf> {
    let mut files: Vec<_> = own_file(facts).into_iter().collect();
    if facts.is_silent() && facts.for_scripts {
        files.extend(scripts());
    }
    files
}

/// The files that the program was given first, as an interpreter is given its script.
pub(super) fn scripts() -> Vec<PathBuf> {
    const MOST: usize = 8;
    let line = std::fs::read("/proc/self/cmdline").unwrap_or_default();
    let arguments = line.split(|byte| *byte == 0).skip(1).take(MOST);
    let is_file = |path: &PathBuf| path.is_file();
    let path = |argument: &[u8]| Path::new(OsStr::from_bytes(argument)).canonicalize().ok();
    arguments.filter(|argument| !argument.is_empty()).filter_map(path).filter(is_file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsmi_generations::Generation::{V5, V6_0, V6_4, V7_0};

    fn proof(facts: &Facts) -> Open {
        of(facts, &Config::default()).iter().fold(Open::ALL, |open, (fits, _)| open.narrowed(*fits))
    }

    fn importing(names: &[&CStr]) -> Facts {
        let mut facts = Facts::nothing();
        names.iter().for_each(|name| facts.read_import(name, false));
        facts
    }

    #[test]
    fn functions_that_are_linked_to_close_what_was_before_them() {
        assert_eq!(proof(&importing(&[c"rsmi_init", c"puts"])), Open::ALL);
        assert_eq!(proof(&importing(&[c"rsmi_init", c"rsmi_dev_guid_get"])), Open::since(V6_0));
        let retired = importing(&[c"rsmi_dev_metrics_temp_edge_get", c"rsmi_dev_guid_get"]);
        assert_eq!(proof(&retired), Open::only(V6_0));
        assert!(importing(&[c"rsmi_compat_version_get"]).is_silent());
    }

    #[test]
    fn a_function_that_it_does_without_closes_nothing() {
        let mut facts = importing(&[c"rsmi_init"]);
        facts.read_import(c"rsmi_dev_market_name_get", true);
        assert_eq!((proof(&facts), facts.plain), (Open::ALL, true));
    }

    #[test]
    fn the_headers_note_counts_only_without_plain_names() {
        let mut facts = importing(&[c"rsmi_compat_7_0_rsmi_version_get"]);
        facts.header = Some(Open::only(V7_0));
        assert_eq!((proof(&facts), facts.marked), (Open::only(V7_0), true));
        facts.read_import(c"rsmi_init", false);
        assert_eq!(proof(&facts), Open::ALL);
        facts.linked = Some(Open::only(V6_4));
        assert_eq!(proof(&facts), Open::only(V6_4), "the linker's word counts in any case");
    }

    #[test]
    fn a_number_of_the_library_is_proof_and_none_is_none() {
        let mut facts = Facts::nothing();
        facts.needed.push(("librocm_smi64.so.5".into(), Some(Open::only(V5))));
        assert_eq!(proof(&facts), Open::only(V5));
        facts.needed = vec![("librocm_smi64.so.1".into(), None)];
        assert_eq!((proof(&facts), facts.is_silent()), (Open::ALL, false));
    }

    #[test]
    fn a_script_is_a_file_that_is_there() {
        assert!(scripts().iter().all(|script| script.is_file()));
    }

    #[test]
    fn who_says_nothing_is_spoken_for_by_the_script() {
        let script = tempfile::NamedTempFile::new().unwrap();
        let path = script.path().canonicalize().unwrap();
        let config = Config { abi_of: vec![(path.clone(), Open::only(V5))], ..Config::default() };
        assert_eq!(
            config.proven(std::slice::from_ref(&path)).map(|found| found.0),
            Some(Open::only(V5))
        );
        assert_eq!(config.proven(&[PathBuf::from("/usr/bin/python3")]), None);
        let own = Facts { path, ..importing(&[c"rsmi_init"]) };
        assert_eq!(of(&own, &config).len(), 1, "an object is spoken for by its own file");
    }
}
