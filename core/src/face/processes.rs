//! What processes use of a GPU.

use super::{Answer, Gpu};
use crate::ask::ask;
use crate::question::{ComputeProcess, ComputeProcesses};

/// A process that computes on a GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    pub pid: u32,
    /// Of the GPU's memory, in bytes.
    pub memory: u64,
    /// Percent of the compute units; none where the driver does not count them.
    pub busy: Option<u32>,
}

impl Gpu<'_> {
    /// The processes that KFD lists and that have a place on this GPU, in one walk; those that end
    /// meanwhile are left out.
    pub fn processes(&self) -> Answer<Vec<Process>> {
        // Only their numbers are wanted: what they use is read below.
        let listed = ask(self.state, &ComputeProcesses { wanted: 0 })?;
        let used = listed.iter().filter_map(|process| {
            let question = ComputeProcess { pid: process.pid, device: Some(self.index) };
            let (report, outcome) = ask(self.state, &question).ok()?;
            let usage = report.usage.filter(|_| outcome.is_ok())?;
            // A process has files for every GPU, and uses the memory of those that it is on.
            (usage.vram > 0 || usage.sdma > 0).then(|| Process {
                pid: process.pid,
                memory: usage.vram,
                busy: Some(usage.cu_occupancy).filter(|percent| *percent <= 100),
            })
        });
        Ok(used.collect())
    }
}
