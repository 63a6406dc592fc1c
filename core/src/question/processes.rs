//! Processes that compute on GPUs, as KFD lists them. These questions are about no single device.

use super::{Agreement, First, Question, Why, equal};
use crate::amdsmi::Session;
use crate::amdsmi::abi::process_info;
use crate::client;
use crate::kernel::processes::{List, Place, Process, Report, Usage};
use crate::log;
use crate::runtime::State;
use crate::status::Result;
use crate::told::Told;
use smallvec::SmallVec;
use std::sync::Arc;
use std::time::Duration;

/// As long as AMD SMI has it in every release.
const INFO: usize = 32;

/// Behind the number of processes.
const INFOS: usize = 8;

/// As long as libamd_smi keeps its list.
const STALE: Duration = Duration::from_millis(1100);

/// More than a machine has.
const MOST: u32 = 1800;

fn library(session: &Option<Arc<Session>>) -> Option<&Session> {
    if session.is_none() {
        log::reason(|| "AMD SMI is asked only while the library is initialised".into());
    }
    session.as_deref().filter(|session| session.has_known_lists())
}

/// The indices of devices.
type Indices = SmallVec<[u32; 64]>;

/// The processes; the first `wanted` of them are read.
#[derive(Debug)]
pub(crate) struct ComputeProcesses {
    pub(crate) wanted: u32,
}

impl Question<'_, State> for ComputeProcesses {
    type Value = List;
    const FIRST: First = First::Kernel(Why::Polled);
    const STALE: Duration = STALE;

    fn amdsmi(&self, session: &Option<Arc<Session>>) -> Told<Self::Value> {
        let Some(session) = library(session) else { return Told::Unknown };
        session.ask_all(
            |s| s.amdsmi_get_gpu_compute_process_info,
            |room| (room.bytes(INFOS, INFO * MOST as usize), room.put(0, MOST)),
            |written| {
                let count = written.number::<u32>(0)?.min(MOST);
                let process = |nth: u32| {
                    let at = INFOS + INFO * nth as usize;
                    let number = |member| written.within(at, member, 0);
                    Some(Process {
                        pid: number(&process_info::process_id)? as u32,
                        // Newer releases have lost it.
                        pasid: number(&process_info::pasid).map(|pasid| pasid as u32),
                    })
                };
                (0..count).map(process).collect()
            },
        )
    }

    fn kernel(&self, state: &State) -> Told<Self::Value> {
        state.processes().list(self.wanted as usize).into()
    }

    const AGREE: Agreement<Self::Value> =
        Agreement::new("equal in the process ids, in any order", |amdsmi, kernel| {
            let pids = |list: &List| {
                let mut pids: Vec<u32> = list.iter().map(|process| process.pid).collect();
                pids.sort_unstable();
                pids
            };
            pids(amdsmi) == pids(kernel)
        });
}

/// What a process uses of all devices, or of one, as far as that was found out.
#[derive(Debug)]
pub(crate) struct ComputeProcess {
    pub(crate) pid: u32,
    /// None for all devices.
    pub(crate) device: Option<u32>,
}

impl Question<'_, State> for ComputeProcess {
    type Value = (Report, Result);
    const FIRST: First = First::Kernel(Why::Polled);
    const STALE: Duration = STALE;

    fn amdsmi(&self, session: &Option<Arc<Session>>) -> Told<Self::Value> {
        let Some(session) = library(session) else { return Told::Unknown };
        if self.device.is_some() {
            log::reason(|| "AMD SMI does not know what a process uses of one device".into());
            return Told::Unknown;
        }
        session.ask_all(
            |s| s.amdsmi_get_gpu_compute_process_info_by_pid,
            |room| (self.pid, room.bytes(0, INFO)),
            |written| {
                let number = |member| written.raw(member, 0);
                let usage = Usage {
                    vram: number(&process_info::vram_usage)?,
                    sdma: number(&process_info::sdma_usage)?,
                    cu_occupancy: number(&process_info::cu_occupancy)? as u32,
                };
                let pasid = number(&process_info::pasid).map(|pasid| pasid as u32);
                Some((Report { found: true, pasid, usage: Some(usage) }, Ok(())))
            },
        )
    }

    fn kernel(&self, state: &State) -> Told<Self::Value> {
        let report =
            |places: &[Place]| state.processes().report(self.pid, places, client::generation());
        Told::Value(match self.device.map(|device| state.place(device)) {
            Some(Ok(place)) => report(&[place]),
            Some(Err(status)) => (Report::default(), Err(status)),
            None => report(&state.places()),
        })
    }

    // Of compute units it counts the most that one device has busy.
    const AGREE: Agreement<Self::Value> = Agreement::new("equal in the VRAM", |amdsmi, kernel| {
        let vram = |told: &(Report, Result)| told.0.usage.map(|usage| usage.vram);
        kernel.1.is_err() || vram(amdsmi) == vram(kernel)
    });
}

/// The devices that a process has queues on, by their indices.
#[derive(Debug)]
pub(crate) struct ComputeProcessGpus {
    pub(crate) pid: u32,
}

impl Question<'_, State> for ComputeProcessGpus {
    type Value = Indices;
    const FIRST: First = First::Kernel(Why::Polled);
    const STALE: Duration = STALE;

    fn amdsmi(&self, session: &Option<Arc<Session>>) -> Told<Indices> {
        const LIST: usize = 4;
        const MOST: u32 = 1024;
        let Some(session) = library(session) else { return Told::Unknown };
        session.ask_all(
            |s| s.amdsmi_get_gpu_compute_process_gpus,
            |room| (self.pid, room.numbers(LIST, MOST as usize), room.put(0, MOST)),
            |written| {
                let count = written.number::<u32>(0)?.min(MOST);
                (0..count).map(|nth| written.number(LIST + 4 * nth as usize)).collect()
            },
        )
    }

    fn kernel(&self, state: &State) -> Told<Indices> {
        let ids = state.processes().gpus(self.pid);
        ids.map(|ids| ids.into_iter().filter_map(|id| state.index_of(id)).collect()).into()
    }

    equal!();
}
