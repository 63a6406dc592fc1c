//! Counters of the links between devices.

use super::{Agreement, Asked, First, Question, Why, equal};
use crate::amdsmi;
use crate::gpu::{Counter, Gpu};
use crate::map;
use crate::told::Told;
use crate::types::{rsmi_event_group_t, rsmi_event_type_t};

/// Whether events of this group can be counted.
#[derive(Debug)]
pub(crate) struct CounterGroup {
    pub(crate) group: rsmi_event_group_t,
}

impl Question<'_> for CounterGroup {
    type Value = ();
    const FIRST: First = First::Amdsmi;
    const ASKED: Asked = Asked::Freely;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<()> {
        if map::find(map::EVENT_UNITS, &self.group).is_none() {
            return Told::Unknown;
        }
        at.ask(
            |s| s.amdsmi_gpu_counter_group_supported,
            |handle, _| (handle, self.group.0),
            |_| Some(()),
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<()> {
        at.counts(self.group).into()
    }

    equal!();
}

/// How many counters of a group are free.
#[derive(Debug)]
pub(crate) struct FreeCounters {
    pub(crate) group: rsmi_event_group_t,
}

impl Question<'_> for FreeCounters {
    type Value = u32;
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u32> {
        if map::find(map::EVENT_UNITS, &self.group).is_none() {
            return Told::Unknown;
        }
        at.ask(
            |s| s.amdsmi_get_gpu_available_counters,
            |handle, room| (handle, self.group.0, room.number(0)),
            |written| written.number(0).filter(|free| *free != u32::MAX),
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<u32> {
        at.available_counters(self.group).into()
    }

    equal!();
}

/// Makes a counter of an event. It stays with the source that made it.
#[derive(Debug)]
pub(crate) struct CreateCounter {
    pub(crate) event: rsmi_event_type_t,
}

impl Question<'_> for CreateCounter {
    type Value = Counter;
    const FIRST: First = First::Kernel(Why::Ends(
        "a counter is a pointer that libamd_smi follows unchecked, and whoever initialises it again in \
         the same process takes away what it points to",
    ));
    const ASKED: Asked = Asked::Once;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Counter> {
        // It ends the process over an event that it does not know.
        if map::find(map::EVENTS, &self.event).is_none() {
            return Told::Unknown;
        }
        at.counter(self.event.0).map(Counter::Amdsmi)
    }

    fn kernel(&self, at: &Gpu) -> Told<Counter> {
        at.counter(self.event).map(Counter::Kernel).into()
    }

    const AGREE: Agreement<Counter> =
        Agreement::new("not compared: a counter stays with its source", |_, _| true);
}
