//! Which rocm_smi.h a program was built with, by what is seen of it.
//!
//! As in the library, *proof* closes generations and a *hint* only says which of those that are
//! open is likely. What proves what is known to `rsmi_generations` alone.

use crate::generation;
use rsmi_generations::{self as generations, Open};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It says what the file was compiled with.
    Proof,
    /// It says what the file was built beside, or what the machine has.
    Hint,
}

/// One thing that was seen, and the generations that it fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    pub kind: Kind,
    pub says: String,
    #[serde(serialize_with = "generation::list")]
    pub fits: Open,
    pub file: PathBuf,
    /// The library, in the process, sees nothing of it.
    #[serde(skip)]
    pub for_us_alone: bool,
    /// It is of several layouts, which no one header has.
    #[serde(skip)]
    pub several: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Those that proof has not closed.
    #[serde(serialize_with = "generation::list")]
    pub open: Open,
    /// Those of them that hints name; all of them where none does.
    #[serde(serialize_with = "generation::list")]
    pub likely: Open,
    /// What was seen does not fit together.
    pub contradictory: bool,
    /// Proof first, strongest first.
    pub because: Vec<Evidence>,
}

impl Verdict {
    pub fn of(mut evidence: Vec<Evidence>) -> Self {
        evidence.sort_by_key(|seen| seen.kind == Kind::Hint);
        let mut verdict =
            Self { open: Open::ALL, likely: Open::ALL, contradictory: false, because: Vec::new() };
        for seen in &evidence {
            match seen.kind {
                Kind::Proof => {
                    let fits = !verdict.open.and(seen.fits).is_empty();
                    verdict.contradictory |= seen.several || !fits;
                    verdict.open = verdict.open.narrowed(seen.fits);
                    verdict.likely = verdict.open;
                }
                Kind::Hint => verdict.likely = verdict.likely.narrowed(seen.fits),
            }
        }
        verdict.because = evidence;
        verdict
    }

    /// What the library cannot find out by itself, in all, and what shows it.
    pub fn for_us_alone(&self) -> Option<(Open, String)> {
        let all = |ours: bool| {
            let is_proof =
                move |seen: &&Evidence| seen.kind == Kind::Proof && seen.for_us_alone == ours;
            self.because.iter().filter(is_proof)
        };
        let together = |ours| all(ours).fold(Open::ALL, |open, seen| open.narrowed(seen.fits));
        let mut says = Vec::new();
        let mut open = Open::ALL;
        for seen in all(true).filter(|seen| seen.fits != Open::ALL) {
            let narrower = open.narrowed(seen.fits);
            if narrower != open {
                says.push(format!("{}: {}", seen.file.display(), seen.says));
            }
            open = narrower;
        }
        (self.open != together(false)).then(|| (open, says.join("; ")))
    }
}

impl Evidence {
    pub fn proof(file: &Path, fits: Open, says: String) -> Self {
        Self {
            kind: Kind::Proof,
            says,
            fits,
            file: file.to_owned(),
            for_us_alone: false,
            several: false,
        }
    }

    pub fn hint(file: &Path, fits: Open, says: String) -> Self {
        Self { kind: Kind::Hint, ..Self::proof(file, fits, says) }
    }

    /// By the functions that an object is linked to.
    pub fn of_imports<'a>(file: &Path, imports: impl Iterator<Item = &'a str>) -> Vec<Self> {
        let tells = |function: &'a str| {
            let fits = generations::of_function(function);
            let is_marked = generations::marked_name(function).is_some();
            (fits != Open::ALL && !is_marked).then(|| {
                let says = format!("it is linked to {function}, which {fits} had");
                Self::proof(file, fits, says)
            })
        };
        imports.filter_map(tells).collect()
    }

    /// By a path of ROCm's, such as /opt/rocm-6.2.4/lib.
    pub fn of_path(file: &Path, what: &str, path: &str) -> Option<Self> {
        let release = path.split('/').find_map(|part| part.strip_prefix("rocm-"))?;
        Self::of_release(file, format!("{what} is {path}"), release)
    }

    /// By the release of ROCm's compiler in .comment: "… roc-6.2.4 24355 …".
    pub fn of_compiler(file: &Path, comment: &str) -> Option<Self> {
        let release =
            comment.split([' ', '(', ')', '\0']).find_map(|word| word.strip_prefix("roc-"))?;
        Self::of_release(file, format!("ROCm {release}'s compiler made it"), release)
    }

    fn of_release(file: &Path, says: String, release: &str) -> Option<Self> {
        // Packages append their own number: 6.2.4-120.
        let release = release.split(['-', '_']).next()?;
        Open::of_release(release).map(|fits| Self::hint(file, fits, says))
    }

    /// By a library that it is linked to: librocm_smi64's number was ROCm's for a while.
    pub fn of_needed(file: &Path, library: &str) -> Option<Self> {
        let fits = generations::of_linked_library(library.as_bytes())?;
        Some(Self::proof(file, fits, format!("it is linked to {library}")))
    }

    /// By the HIP runtime that an object of the process needs, whose number is ROCm's.
    pub fn of_hip(needed_by: &Path, library: &str) -> Option<Self> {
        let fits = generations::hint_of_hip(library.as_bytes())?;
        let says = format!("{library} comes into the process");
        Some(Self::hint(needed_by, fits, says))
    }

    /// By a name of librocm_smi64 in its text, which may be one of several that it tries.
    pub fn of_opened(file: &Path, library: &str) -> Option<Self> {
        let fits = generations::of_linked_library(library.as_bytes())?;
        Some(Self::hint(file, fits, format!("it opens {library}")))
    }
}

/// The sizes of structs and the numbers of enumerators that a client was compiled or written with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layouts {
    pub sizes: BTreeSet<(String, u64)>,
    pub numbers: BTreeSet<(String, u64)>,
}

impl Layouts {
    /// What they prove; `place` says where they were seen. Sizes that no header had say nothing.
    pub fn evidence(&self, file: &Path, place: &str) -> Vec<Evidence> {
        let mut seen: BTreeMap<String, (Open, Vec<String>)> = BTreeMap::new();
        let mut add = |name: &str, fits: Option<Open>, says: String| {
            let Some(fits) = fits else { return };
            let entry = seen.entry(name.to_owned()).or_insert_with(|| (fits, Vec::new()));
            entry.0 = entry.0.or(fits);
            entry.1.push(says);
        };
        for (name, bytes) in &self.sizes {
            let fits = generations::of_struct_size(name, *bytes);
            add(name, fits, format!("{name} has {bytes} bytes"));
        }
        for (name, number) in &self.numbers {
            let fits = generations::of_enumerator(name, *number);
            add(name, fits, format!("{name} is {number}"));
        }
        let all = seen.values().fold(Open::ALL, |open, (fits, _)| open.and(*fits));
        let any = seen.values().fold(Open::from_bits(0), |open, (fits, _)| open.or(*fits));
        let several = all.is_empty() || seen.values().any(|(_, says)| says.len() > 1);
        let evidence = |(fits, says): &(Open, Vec<String>)| Evidence {
            for_us_alone: true,
            several,
            ..Evidence::proof(file, *fits, format!("{} in {place}", says.join(", and ")))
        };
        if !several {
            return seen.values().map(evidence).collect();
        }
        // Its parts are of several headers, and which part a struct is of does not show.
        let says: Vec<_> = seen.into_values().flat_map(|(_, says)| says).collect();
        vec![evidence(&(any, says))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsmi_generations::Generation::*;

    fn verdict(evidence: impl IntoIterator<Item = Evidence>) -> (Open, Open) {
        let verdict = Verdict::of(evidence.into_iter().collect());
        (verdict.open, verdict.likely)
    }

    fn layouts(sizes: &[(&str, u64)], numbers: &[(&str, u64)]) -> Vec<Evidence> {
        let set = |list: &[(&str, u64)]| list.iter().map(|(n, v)| ((*n).to_owned(), *v)).collect();
        let layouts = Layouts { sizes: set(sizes), numbers: set(numbers) };
        layouts.evidence(Path::new("f"), "the debug information")
    }

    #[test]
    fn sizes_and_numbers_prove_and_hints_pick() {
        let f = Path::new("f");
        for (size, generation) in [(96, V5), (1832, V6_3), (2368, V6_4), (4544, V7_0)] {
            let metrics = layouts(&[("rsmi_gpu_metrics_t", size)], &[]);
            let hip = Evidence::of_hip(f, "libamdhip64.so.6");
            let only = Open::only(generation);
            assert_eq!(verdict(metrics.into_iter().chain(hip)), (only, only));
        }
        let six = || layouts(&[("rsmi_gpu_metrics_t", 424)], &[]);
        let spx = layouts(&[("rsmi_gpu_metrics_t", 424)], &[("RSMI_COMPUTE_PARTITION_SPX", 1)]);
        assert_eq!(verdict(spx).0, Open::only(V6_2));
        assert_eq!(verdict(six()), (Open::range(V6_0, V6_2), Open::range(V6_0, V6_2)));
        let path = Evidence::of_path(f, "RUNPATH", "/opt/rocm-6.2.4/lib");
        let likely = (Open::range(V6_0, V6_2), Open::only(V6_2));
        assert_eq!(verdict(six().into_iter().chain(path)), likely);
        assert_eq!(layouts(&[("rsmi_gpu_metrics_t", 100)], &[]), []);
    }

    #[test]
    fn two_layouts_leave_both_open() {
        let two = layouts(&[("rsmi_gpu_metrics_t", 96), ("rsmi_gpu_metrics_t", 2368)], &[]);
        let verdict = Verdict::of(two);
        assert!(verdict.contradictory);
        assert_eq!(verdict.open, Open::only(V5).or(Open::only(V6_4)));
        // Of different structs.
        let two = layouts(&[("rsmi_gpu_metrics_t", 96), ("rsmi_frequencies_t", 280)], &[]);
        let verdict = Verdict::of(two);
        assert_eq!((verdict.open, verdict.contradictory), (Open::ALL, true));
        // A part whose gpu_metrics are ROCm 5's need not have shown its other structs.
        let sizes = [96, 2368].map(|size| ("rsmi_gpu_metrics_t", size));
        let parts = layouts(&[sizes[0], sizes[1], ("rsmi_frequencies_t", 280)], &[]);
        assert_eq!(Verdict::of(parts).open, Open::ALL);
        let one = layouts(&[("rsmi_gpu_metrics_t", 96), ("rsmi_frequencies_t", 264)], &[]);
        assert!(!Verdict::of(one).contradictory);
    }

    #[test]
    fn hints_close_nothing() {
        let f = Path::new("f");
        let hints = [
            (Evidence::of_hip(f, "libamdhip64.so.6"), Open::range(V6_0, V6_4)),
            (Evidence::of_opened(f, "librocm_smi64.so.5"), Open::only(V5)),
            (
                Evidence::of_compiler(f, "AMD clang (https://x/llvm-project roc-6.3.1 24491 abc)"),
                Open::only(V6_3),
            ),
            (Evidence::of_path(f, "its place", "/opt/rocm-10.0.0/x"), Open::only(V7_0)),
        ];
        for (hint, likely) in hints {
            assert_eq!(verdict(hint), (Open::ALL, likely));
        }
        assert_eq!(Evidence::of_compiler(f, "GCC: (Debian 12.2.0) 12.2.0"), None);
        assert_eq!(Evidence::of_path(f, "RUNPATH", "/opt/rocm/lib"), None);
        let five = Evidence::of_needed(f, "librocm_smi64.so.5").unwrap();
        let seven = Evidence::hint(f, Open::only(V7_0), String::new());
        assert_eq!(verdict([seven, five]), (Open::only(V5), Open::only(V5)));
    }

    #[test]
    fn the_functions_that_it_is_linked_to_prove_their_releases() {
        let imports =
            |names: &[&str]| verdict(Evidence::of_imports(Path::new("f"), names.iter().copied())).0;
        assert_eq!(imports(&["rsmi_dev_metrics_temp_edge_get"]), Open::only(V6_0));
        assert_eq!(imports(&["rsmi_dev_guid_get", "rsmi_init"]), Open::since(V6_0));
        assert_eq!(imports(&["rsmi_compat_7_0_rsmi_version_get"]), Open::ALL);
    }

    #[test]
    fn only_what_the_library_cannot_see_is_passed_on() {
        let f = Path::new("f");
        let metrics = || layouts(&[("rsmi_gpu_metrics_t", 96)], &[]);
        let given =
            |evidence: Vec<Evidence>| Verdict::of(evidence).for_us_alone().map(|(open, _)| open);
        assert_eq!(given(metrics()), Some(Open::only(V5)));
        let both = layouts(&[("rsmi_gpu_metrics_t", 424)], &[("RSMI_COMPUTE_PARTITION_SPX", 1)]);
        assert_eq!(given(both), Some(Open::only(V6_2)), "all of it together");
        let five = Evidence::of_needed(f, "librocm_smi64.so.5");
        assert_eq!(given(five.clone().into_iter().collect()), None);
        assert_eq!(given(metrics().into_iter().chain(five).collect()), None);
    }
}
