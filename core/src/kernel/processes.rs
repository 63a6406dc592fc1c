//! The processes that compute on GPUs: /sys/class/kfd/kfd/proc.

use super::hash_order::{Numbers, hash_order};
use super::short::Short;
use super::{Dir, number};
use crate::log;
use crate::status::{self, Result};
use crate::types::{CU_OCCUPANCY_INVALID, rsmi_status_t};
use rsmi_generations::Generation;
use smallvec::SmallVec;
use std::fmt;

/// As many as most machines have take no memory of the heap.
pub(crate) type List = SmallVec<[Process; 32]>;

/// A process and the address space that it has on the GPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    /// None for a process that is not worth reading: only their number was asked for.
    pub(crate) pasid: Option<u32>,
}

/// What was found out about a process, as far as it went: the original had written that much when
/// something failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    /// KFD has the process.
    pub(crate) found: bool,
    pub(crate) pasid: Option<u32>,
    pub(crate) usage: Option<Usage>,
}

/// What a process uses of the GPUs that were asked about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) vram: u64,
    pub(crate) sdma: u64,
    /// Percent of the compute units, or CU_OCCUPANCY_INVALID.
    pub(crate) cu_occupancy: u32,
}

/// A GPU to look at: KFD's number of it, and how many compute units it has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) gpu_id: u64,
    pub(crate) compute_units: u32,
}

/// KFD's list of processes.
pub(crate) struct Processes(Dir);

impl Processes {
    pub(crate) fn below(sysfs: &Dir) -> Self {
        Self(sysfs.join("class/kfd/kfd/proc").settled_loosely())
    }

    /// All processes, in the order in which the kernel lists them; the first `wanted` of them are
    /// read, and left out where that fails: they have ended meanwhile.
    pub(crate) fn list(&self, wanted: usize) -> Result<List> {
        let mut pids: SmallVec<[u32; 32]> = SmallVec::new();
        let mut strange = None;
        let listed = self.0.each_name("", |name| {
            if strange.is_none() && is_number(name.as_bytes()) {
                match number::int(name.as_bytes()) {
                    Ok(pid) => pids.push(pid as u32),
                    Err(status) => strange = Some(status),
                }
            }
        });
        listed.map_err(|error| {
            log::reason(|| format!("{}: {error}", self.0.path().display()));
            status::from_errno(error.raw_os_error().unwrap_or(0))
        })?;
        log::source(|| self.0.path().display().to_string());
        let mut list = List::new();
        for pid in pids {
            let pasid = if list.len() < wanted {
                match self.pasid(pid) {
                    Ok(pasid) => Some(pasid),
                    Err(Unread::Nonsense(status)) => return Err(status),
                    Err(Unread::Gone(_)) => continue,
                }
            } else {
                None
            };
            list.push(Process { pid, pasid });
        }
        strange.map_or(Ok(list), Err)
    }

    /// A process's address space, and what it uses of these GPUs together.
    pub(crate) fn report(
        &self,
        pid: u32,
        places: &[Place],
        generation: Generation,
    ) -> (Report, Result) {
        let mut report = Report::default();
        let result = self.look(pid, places, generation, &mut report);
        (report, result)
    }

    fn look(
        &self,
        pid: u32,
        places: &[Place],
        generation: Generation,
        report: &mut Report,
    ) -> Result {
        if !self.0.has(&Short::of(format_args!("{pid}"))) {
            log::reason(|| format!("{}/{pid} is not there", self.0.path().display()));
            return Err(rsmi_status_t::RSMI_STATUS_NOT_FOUND);
        }
        report.found = true;
        report.pasid = Some(self.pasid(pid).map_err(Unread::status)?);
        let usage = report.usage.insert(Usage::default());
        // In a container KFD may show a process without its files for some of the GPUs. Since
        // ROCm 6.3 those count nothing; before, they made the call fail.
        let optional = generation >= Generation::V6_3;
        let mut compute_units = 0u32;
        let contexts = self.contexts(pid);
        for gpu_id in hash_order(places.iter().map(|place| place.gpu_id)) {
            let mut occupied = None;
            // What the process's further contexts have, they may have of some of the GPUs alone.
            let further = contexts.iter().map(|context| (&**context, true));
            for (context, optional) in std::iter::once(("", optional)).chain(further) {
                let quantity = |file: fmt::Arguments<'_>, optional| {
                    quantity(&self.0, &Short::of(format_args!("{pid}/{context}{file}")), optional)
                };
                if let Some(vram) = quantity(format_args!("vram_{gpu_id}"), optional)? {
                    usage.vram = usage.vram.wrapping_add(vram.unsigned()?);
                }
                if let Some(sdma) = quantity(format_args!("sdma_{gpu_id}"), optional)? {
                    usage.sdma = usage.sdma.wrapping_add(sdma.unsigned()?);
                }
                if let Some(units) = quantity(format_args!("stats_{gpu_id}/cu_occupancy"), true)? {
                    let units = units.int()? as u32;
                    occupied = Some(units.wrapping_add(occupied.unwrap_or(0)));
                }
            }
            if let Some(units) = occupied {
                let place = places.iter().find(|place| place.gpu_id == gpu_id);
                let there = place.map_or(0, |place| place.compute_units);
                usage.cu_occupancy = usage.cu_occupancy.wrapping_add(units);
                compute_units = compute_units.wrapping_add(there);
            } else if generation > Generation::V5 {
                usage.cu_occupancy = CU_OCCUPANCY_INVALID;
                compute_units = 0;
            }
        }
        if let Some(percent) = usage.cu_occupancy.wrapping_mul(100).checked_div(compute_units) {
            usage.cu_occupancy = percent;
        }
        Ok(())
    }

    /// Where newer kernels tell of a process's contexts but the first, below its directory.
    #[inline(never)]
    fn contexts(&self, pid: u32) -> SmallVec<[Short; 4]> {
        let mut found: SmallVec<[Short; 4]> = SmallVec::new();
        let mut add = |name: &str| {
            let number = name.strip_prefix("context_");
            if number.is_some_and(|number| is_number(number.as_bytes())) {
                found.push(Short::of(format_args!("{name}/")));
            }
        };
        // Who has ended meanwhile has none.
        let _ = self.0.each_name(&Short::of(format_args!("{pid}")), &mut add);
        found.sort_unstable();
        found
    }

    /// The GPUs on which a process has queues, by KFD's numbers, in the legacy library's order.
    pub(crate) fn gpus(&self, pid: u32) -> Result<Numbers> {
        let contexts = self.contexts(pid);
        let mut gpus = Numbers::new();
        let mut listed = false;
        for context in std::iter::once("").chain(contexts.iter().map(|context| &**context)) {
            let queues = Short::of(format_args!("{pid}/{context}queues"));
            let path = || format!("{}/{}", self.0.path().display(), &*queues);
            let mut files: SmallVec<[Short; 8]> = SmallVec::new();
            let add = |name: &str| {
                if is_number(name.as_bytes()) {
                    files.push(Short::of(format_args!("{}/{name}/gpuid", &*queues)));
                }
            };
            if self.0.each_name(&queues, add).is_err() {
                log::reason(|| format!("{} cannot be listed", path()));
                continue;
            }
            listed = true;
            log::source(path);
            for file in files {
                let Ok(id) = self.number(&file) else { continue };
                let id = id.map_err(|_| rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA)?;
                // As the original widens it.
                gpus.push(i64::from(id) as u64);
            }
        }
        if !listed {
            return Err(rsmi_status_t::RSMI_STATUS_NOT_FOUND);
        }
        Ok(hash_order(gpus))
    }

    /// What a file says, and whether that is a number. As those below it is a function of its own, so that
    /// the room for the file is on the stack no longer than it is read.
    #[inline(never)]
    fn number(&self, file: &str) -> Result<Result<i32>> {
        self.0.look(file, |text| Ok(number::int(text)))
    }

    #[inline(never)]
    fn pasid(&self, pid: u32) -> std::result::Result<u32, Unread> {
        let look = |text: &[u8]| {
            if !is_number(text) {
                log::reason(|| format!("{} is no address space", log::quoted(text)));
                return Ok(Err(status::from_errno(libc::EINVAL)));
            }
            Ok(number::int(text).map(|number| number as u32))
        };
        let file = Short::of(format_args!("{pid}/pasid"));
        self.0.look_at_line(&file, look).map_err(Unread::Gone)?.map_err(Unread::Nonsense)
    }
}

/// Why there is no address space.
enum Unread {
    Gone(rsmi_status_t),
    Nonsense(rsmi_status_t),
}

impl Unread {
    fn status(self) -> rsmi_status_t {
        match self {
            Self::Gone(status) | Self::Nonsense(status) => status,
        }
    }
}

/// The digits of a file, still to be taken for a number.
struct Quantity(SmallVec<[u8; 32]>);

impl Quantity {
    fn unsigned(&self) -> Result<u64> {
        number::unsigned(&self.0, 10)
    }

    fn int(&self) -> Result<i32> {
        number::int(&self.0)
    }
}

/// A file with one number; None for one that is missing and may be.
#[inline(never)]
fn quantity(processes: &Dir, file: &str, optional: bool) -> Result<Option<Quantity>> {
    let look = |text: &[u8]| {
        if is_number(text) {
            return Ok(Some(Quantity(text.into())));
        }
        Err(status::from_errno(libc::EINVAL))
    };
    match processes.look_at_line(file, |text| Ok(look(text))) {
        Ok(quantity) => quantity,
        Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED) if optional => Ok(None),
        Err(status) => Err(status),
    }
}

fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::super::tests::Scratch;
    use super::*;

    const NEWEST: Generation = Generation::NEWEST;

    const PLACES: [Place; 2] =
        [Place { gpu_id: 11, compute_units: 100 }, Place { gpu_id: 12, compute_units: 60 }];

    fn scratch(name: &str, files: &[(&str, &[u8])]) -> Scratch {
        let files: Vec<(String, &[u8])> = files
            .iter()
            .map(|(name, text)| (format!("class/kfd/kfd/proc/{name}"), *text))
            .collect();
        let files: Vec<(&str, &[u8])> =
            files.iter().map(|(name, text)| (name.as_str(), *text)).collect();
        Scratch::new(name, &files)
    }

    fn complete(name: &str) -> Scratch {
        scratch(
            name,
            &[
                ("70/pasid", b"32770\n"),
                ("70/vram_11", b"1000\n"),
                ("70/vram_12", b"24\n"),
                ("70/sdma_11", b"7\n"),
                ("70/sdma_12", b"8\n"),
                ("70/stats_11/cu_occupancy", b"50\n"),
                ("70/stats_12/cu_occupancy", b"6\n"),
                ("70/queues/0/gpuid", b"12\n"),
                ("70/queues/1/gpuid", b"11\n"),
                ("70/queues/2/gpuid", b"12\n"),
            ],
        )
    }

    #[test]
    fn what_a_process_uses_is_added_up() {
        let scratch = complete("processes");
        let processes = Processes::below(&scratch.0);
        assert_eq!(
            processes.list(9),
            Ok(List::from_slice(&[Process { pid: 70, pasid: Some(32770) }]))
        );
        assert_eq!(processes.list(0), Ok(List::from_slice(&[Process { pid: 70, pasid: None }])));
        let used = |vram, sdma, cu_occupancy| Report {
            found: true,
            pasid: Some(32770),
            usage: Some(Usage { vram, sdma, cu_occupancy }),
        };
        assert_eq!(processes.report(70, &PLACES, NEWEST), (used(1024, 15, 35), Ok(())));
        assert_eq!(processes.report(70, &PLACES[1..], NEWEST), (used(24, 8, 10), Ok(())));
        assert_eq!(processes.gpus(70), Ok(Numbers::from_slice(&[11, 12])));
        assert_eq!(processes.gpus(71), Err(rsmi_status_t::RSMI_STATUS_NOT_FOUND));
        let not_found = (Report::default(), Err(rsmi_status_t::RSMI_STATUS_NOT_FOUND));
        assert_eq!(processes.report(71, &PLACES, NEWEST), not_found);
    }

    #[test]
    fn missing_files_are_a_matter_of_the_generation() {
        let files: &[(&str, &[u8])] = &[("70/pasid", b"1\n"), ("70/vram_11", b"9\n")];
        let scratch = scratch("processes-missing", files);
        let report = |generation| Processes::below(&scratch.0).report(70, &PLACES[..1], generation);
        let known = |cu_occupancy| Report {
            found: true,
            pasid: Some(1),
            usage: Some(Usage { vram: 9, sdma: 0, cu_occupancy }),
        };
        assert_eq!(report(Generation::V6_4), (known(CU_OCCUPANCY_INVALID), Ok(())));
        let missing = Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED);
        assert_eq!(report(Generation::V6_0), (known(0), missing));
    }

    #[test]
    fn nonsense_is_told_and_the_ended_are_left_out() {
        let files: &[(&str, &[u8])] = &[("70/vram_11", b"9\n"), ("junk/pasid", b"1\n")];
        let ended = scratch("processes-ended", files);
        assert_eq!(Processes::below(&ended.0).list(9), Ok(List::new()));
        assert_eq!(Processes::below(&ended.0).list(0).map(|list| list.len()), Ok(1));
        let nonsense = scratch("processes-nonsense", &[("70/pasid", b"-1\n")]);
        let list = Processes::below(&nonsense.0).list(9);
        assert_eq!(list, Err(rsmi_status_t::RSMI_STATUS_INVALID_ARGS));
        let none = Scratch::new("processes-none", &[]);
        let list = Processes::below(&none.0).list(9);
        assert_eq!(list, Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED));
    }
}
