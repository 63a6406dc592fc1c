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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amdsmi::{Handle, Release, Symbols};
    use std::ffi::c_void;
    use std::sync::atomic::AtomicU32;

    static DESTROYED: AtomicU32 = AtomicU32::new(0);

    unsafe extern "C" fn create(_: Handle, event: u32, counter: *mut u64) -> u32 {
        // SAFETY: the room takes the number.
        unsafe { counter.write(100 + u64::from(event)) };
        0
    }

    /// It takes START, which is 0, of that counter.
    unsafe extern "C" fn control(counter: u64, command: u32, _: *mut c_void) -> u32 {
        if (counter, command) == (107, 0) { 0 } else { 1 }
    }

    unsafe extern "C" fn read(counter: u64, value: *mut c_void) -> u32 {
        // SAFETY: the room takes the struct.
        unsafe { value.cast::<[u64; 3]>().write([counter, 2000, 1000]) };
        0
    }

    unsafe extern "C" fn destroy(counter: u64) -> u32 {
        DESTROYED.fetch_add(counter as u32, Ordering::Relaxed);
        0
    }

    #[test]
    fn a_counter_is_started_read_and_destroyed_once() {
        let mut symbols = Symbols::none();
        symbols.amdsmi_gpu_create_counter.function = Some(create);
        symbols.amdsmi_gpu_control_counter.function = Some(control);
        symbols.amdsmi_gpu_read_counter.function = Some(read);
        symbols.amdsmi_gpu_destroy_counter.function = Some(destroy);
        let device = Device::fake(symbols, Some(Release::V10_1));
        let Told::Value(counter) = device.counter(7) else { panic!("no counter") };
        let invalid = Err(rsmi_status_t::RSMI_STATUS_INVALID_ARGS);
        assert_eq!((counter.control(0), counter.control(1)), (Ok(()), invalid));
        assert_eq!(counter.read(), Ok([107, 2000, 1000]));
        assert_eq!((counter.destroy(), counter.destroy()), (Ok(()), Ok(())));
        assert_eq!(DESTROYED.load(Ordering::Relaxed), 107, "once");
        let gone = Device::fake(Symbols::none(), Some(Release::V10_1));
        let counter =
            Counter { session: gone.session, handle: 1, destroyed: AtomicBool::new(false) };
        assert_eq!(counter.read(), Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED));
    }
}
