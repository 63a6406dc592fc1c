//! Memory: its size, its use, and its bad pages.

use super::{Between, First, Question, Why, equal};
use crate::amdsmi;
use crate::amdsmi::abi::page_record;
use crate::gpu::{Gpu, Pages};
use crate::map;
use crate::told::Told;
use crate::types::{
    rsmi_memory_page_status_t, rsmi_memory_type_t, rsmi_retired_page_record_t, rsmi_status_t,
};
use std::ptr;

/// AMD SMI ends the process over a kind of memory that it does not list.
fn is_listed(kind: rsmi_memory_type_t) -> bool {
    map::MEMORY_FILES.iter().any(|(listed, ..)| *listed == kind)
}

/// Bytes.
#[derive(Debug)]
pub(crate) struct MemoryTotal {
    pub(crate) kind: rsmi_memory_type_t,
}

impl Question<'_> for MemoryTotal {
    type Value = u64;
    const FIRST: First = First::Kernel(Why::Polled);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u64> {
        if !is_listed(self.kind) {
            return Told::Unknown;
        }
        at.ask(
            |s| s.amdsmi_get_gpu_memory_total,
            |handle, room| (handle, self.kind.0, room.number(0)),
            |written| written.number(0),
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<u64> {
        at.memory_total(self.kind).into()
    }

    equal!();
}

/// Bytes.
#[derive(Debug)]
pub(crate) struct MemoryUsage {
    pub(crate) kind: rsmi_memory_type_t,
}

impl Question<'_> for MemoryUsage {
    type Value = u64;
    const FIRST: First = First::Kernel(Why::Polled);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u64> {
        if !is_listed(self.kind) {
            return Told::Unknown;
        }
        at.ask(
            |s| s.amdsmi_get_gpu_memory_usage,
            |handle, room| (handle, self.kind.0, room.number(0)),
            |written| written.number(0),
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<u64> {
        at.memory_usage(self.kind)
    }

    equal!();

    const BETWEEN: Option<Between<u64>> =
        Some(|amdsmi, before, after| (before.min(after)..=before.max(after)).contains(&amdsmi));
}

/// The time for which the memory controller is busy, in percent.
#[derive(Debug)]
pub(crate) struct MemoryBusy;

impl Question<'_> for MemoryBusy {
    type Value = u64;
    const FIRST: First = First::Kernel(Why::Polled);

    fn amdsmi(&self, _: &amdsmi::Device) -> Told<u64> {
        crate::log::reason(|| "no function of AMD SMI reads mem_busy_percent".into());
        Told::Unknown
    }

    fn kernel(&self, at: &Gpu) -> Told<u64> {
        at.memory_busy_percent().into()
    }

    equal!();
}

/// The bad pages: how many there are, and the first of them, at most so many.
#[derive(Debug)]
pub(crate) struct BadPages {
    pub(crate) most: u32,
}

/// More than a card has before it is replaced.
const MOST_PAGES: u32 = 2000;

const RECORD: usize = 24;
/// Behind the number of pages.
const RECORDS: usize = 8;

impl Question<'_> for BadPages {
    type Value = Pages;
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Pages> {
        if !at.has_known_lists() {
            return Told::Unknown;
        }
        let count = at.ask(
            |s| s.amdsmi_get_gpu_memory_reserved_pages,
            |handle, room| (handle, room.put(0, 0_u32), ptr::null_mut()),
            |written| written.number::<u32>(0),
        );
        count.and_then(|count| match count {
            0 => Told::Value(Pages::none()),
            MOST_PAGES.. => Told::Unknown,
            count => at.ask(
                |s| s.amdsmi_get_gpu_memory_reserved_pages,
                |handle, room| (handle, room.put(0, count), room.record(RECORDS)),
                |written| {
                    let there = written.number::<u32>(0)?.min(count);
                    let records = (0..there.min(self.most)).map(|nth| {
                        let at = RECORDS + nth as usize * RECORD;
                        let member = |member| written.within(at, member, 0);
                        Some(rsmi_retired_page_record_t {
                            page_address: member(&page_record::page_address)?,
                            page_size: member(&page_record::page_size)?,
                            status: rsmi_memory_page_status_t(member(&page_record::status)? as u32),
                        })
                    });
                    let records = records.collect::<Option<Vec<_>>>()?;
                    let cut = Err(rsmi_status_t::RSMI_STATUS_INSUFFICIENT_SIZE);
                    let outcome = if records.len() < there as usize { cut } else { Ok(()) };
                    Some(Pages { count: there, records, outcome })
                },
            ),
        })
    }

    fn kernel(&self, at: &Gpu) -> Told<Pages> {
        at.bad_pages(self.most).into()
    }

    fn hazard(&self, at: &Gpu) -> Option<String> {
        super::unread(self, at)
    }

    equal!();
}
