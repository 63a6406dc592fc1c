//! A counter that libamd_smi made: a pointer, which it follows unchecked.

use super::abi::counter_value;
use super::{Device, Session};
use crate::log;
use crate::status::Result;
use crate::told::Told;
use crate::types::rsmi_status_t;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub(crate) struct Counter {
    session: Arc<Session>,
    handle: u64,
    destroyed: AtomicBool,
}

impl Device {
    /// Makes a counter of this event.
    pub(crate) fn counter(&self, event: u32) -> Told<Counter> {
        let handle = self.ask(
            |s| s.amdsmi_gpu_create_counter,
            |handle, room| (handle, event, room.number(0)),
            |written| written.number(0),
        );
        handle.map(|handle| Counter {
            session: Arc::clone(&self.session),
            handle,
            destroyed: AtomicBool::new(false),
        })
    }
}

impl Counter {
    pub(crate) fn control(&self, command: u32) -> Result {
        result(self.session.ask_all(
            |s| s.amdsmi_gpu_control_counter,
            |_| (self.handle, command, ptr::null_mut()),
            |_| Some(()),
        ))
    }

    /// The value, and the times for which it was enabled and running, in ns.
    pub(crate) fn read(&self) -> Result<[u64; 3]> {
        result(self.session.ask_all(
            |s| s.amdsmi_gpu_read_counter,
            |room| (self.handle, room.record(0)),
            |written| {
                Some([
                    written.raw(&counter_value::value, 0)?,
                    written.raw(&counter_value::time_enabled, 0)?,
                    written.raw(&counter_value::time_running, 0)?,
                ])
            },
        ))
    }

    /// Once; the handle is none afterwards.
    pub(crate) fn destroy(&self) -> Result {
        if self.destroyed.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        result(self.session.ask_all(
            |s| s.amdsmi_gpu_destroy_counter,
            |_| (self.handle,),
            |_| Some(()),
        ))
    }
}

/// Nobody else has the counter.
fn result<T>(told: Told<T>) -> Result<T> {
    match told {
        Told::Value(value) => Ok(value),
        Told::Fails(status) => Err(status),
        Told::Unknown => {
            log::reason(|| "the AMD SMI that made the counter is gone".into());
            Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED)
        }
    }
}
