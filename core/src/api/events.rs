//! Events of a device.

use crate::ask::{ask, settle};
use crate::client::{self, Client};
use crate::entry::{finish, with_gpu};
use crate::kernel::events::{self, Listener};
use crate::log;
use crate::notification;
use crate::out::Array;
use crate::question::{Ear, Listen};
use crate::runtime;
use crate::status::Result;
use crate::types::{rsmi_evt_notification_data_t, rsmi_evt_notification_type_t, rsmi_status_t};
use rsmi_macros::export;
use std::ffi::c_int;
use std::sync::Arc;
use std::time::Duration;

/// Starts to listen to the events of a device, through /dev/kfd.
///
/// Until rsmi_event_notification_mask_set() chooses events, the kernel reports none. If the process
/// already listens to the device, the function starts anew.
///
/// @retval RSMI_STATUS_FILE_ERROR /dev/kfd cannot be opened.
/// @retval RSMI_STATUS_NOT_SUPPORTED The kernel does not report events.
/// @retval RSMI_STATUS_NO_DATA The kernel opened no stream of events.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_event_notification_init(dv_ind: u32) -> rsmi_status_t {
    finish(with_gpu(dv_ind, |gpu| {
        let ear = ask(gpu, &Listen)?;
        gpu.set_heard_by_amdsmi(ear == Ear::Amdsmi);
        Ok(())
    }))
}

/// Chooses which events of a device the kernel reports.
///
/// @param[in] mask Bit n - 1 stands for event n of rsmi_evt_notification_type_t; see
///   RSMI_EVENT_MASK_FROM_INDEX().
/// @retval RSMI_STATUS_INIT_ERROR The process does not listen to the device.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_event_notification_mask_set(dv_ind: u32, mask: u64) -> rsmi_status_t {
    finish(with_gpu(dv_ind, |gpu| {
        if gpu.is_heard_by_amdsmi() {
            return settle(gpu.amdsmi().listen_for(mask));
        }
        gpu.listen_for(mask)
    }))
}

/// Reads the events of all devices to which the process listens.
///
/// The function first reads the events that are already there. If `data` has room left, it waits
/// once for more, up to `timeout_ms` milliseconds. Other calls do not have to wait meanwhile. If
/// another thread calls rsmi_event_notification_stop() or the last rsmi_shut_down(), the function
/// stops waiting. pthread_cancel() does not end the waiting.
///
/// @param[in] timeout_ms How long to wait, in milliseconds. A negative number means without limit.
/// @param[in,out] num_elem In: how many elements `data` has. Out: how many the function wrote.
/// @param[out] data The events.
/// @return RSMI_STATUS_SUCCESS, or:
/// @retval RSMI_STATUS_INVALID_ARGS A pointer is null, or `*num_elem` is 0.
/// @retval RSMI_STATUS_NO_DATA No event was reported.
/// @retval RSMI_STATUS_NOT_SUPPORTED The process listens to no device.
/// cbindgen:postfix=RSMI_COMPAT_CALL(rsmi_event_notification_get)
#[export(data: num_elem)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_event_notification_get(
    timeout_ms: c_int,
    num_elem: *mut u32,
    data: *mut rsmi_evt_notification_data_t,
) -> rsmi_status_t {
    if num_elem.is_null() || data.is_null() {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    if data.room() == 0 {
        return rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
    }
    let client = client::proven();
    let mut told = Told { data, room: client.notifications(data.room()), count: 0, client };
    let timeout = u64::try_from(timeout_ms).ok().map(Duration::from_millis);
    let status = finish(told.fill(timeout));
    num_elem.put(told.count);
    status
}

/// Stops listening to the events of a device.
///
/// @retval RSMI_STATUS_INVALID_ARGS The process does not listen to the device.
#[export]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rsmi_event_notification_stop(dv_ind: u32) -> rsmi_status_t {
    finish(with_gpu(dv_ind, |gpu| {
        if gpu.set_heard_by_amdsmi(false) {
            return settle(gpu.amdsmi().stop_listening());
        }
        gpu.stop_listening()
    }))
}

/// A client's array of notifications.
struct Told {
    data: Array<rsmi_evt_notification_data_t>,
    room: u32,
    count: u32,
    client: Client,
}

impl Told {
    fn fill(&mut self, timeout: Option<Duration>) -> Result {
        let listeners = runtime::with(|state| {
            let listeners = state.listeners();
            // What is there already goes first, without waiting.
            self.take(&listeners);
            listeners
        });
        if self.count < self.room && runtime::with(|state| state.is_heard_by_amdsmi()) {
            return self.take_from_amdsmi(timeout);
        }
        if listeners.is_empty() {
            log::reason(|| "nobody listens to any device".into());
            return Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED);
        }
        if self.count == self.room {
            return Ok(());
        }
        let ready = events::wait(listeners.iter().map(|(_, listener)| &**listener), timeout)?;
        let mut ready = ready.into_iter();
        let listeners: Vec<_> =
            listeners.into_iter().filter(|_| ready.next().unwrap_or(false)).collect();
        runtime::with(|_| self.take(&listeners));
        if self.count == 0 { Err(rsmi_status_t::RSMI_STATUS_NO_DATA) } else { Ok(()) }
    }

    /// Writes what AMD SMI has heard.
    fn take_from_amdsmi(&mut self, timeout: Option<Duration>) -> Result {
        // ALL_PROCESS is none of AMD SMI's, and these two are none of rocm_smi.h's.
        const PROCESS_START: u32 = 12;
        const PROCESS_END: u32 = 13;
        let timeout = timeout.map_or(-1, |timeout| timeout.as_millis() as c_int);
        runtime::with(|state| {
            let session = state.session().as_deref();
            let room = self.room - self.count;
            let session = session.ok_or(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED)?;
            for heard in settle(session.notifications(timeout, room))? {
                let of = state.gpus().iter().position(|gpu| gpu.amdsmi().is_of(&heard));
                let known = ![PROCESS_START, PROCESS_END].contains(&heard.event);
                let Some(dv_ind) = of.filter(|_| known) else { continue };
                let event = rsmi_evt_notification_type_t(heard.event);
                self.client.put_notification(
                    self.data,
                    self.count,
                    dv_ind as u32,
                    event,
                    &heard.message,
                );
                self.count += 1;
            }
            if self.count == 0 { Err(rsmi_status_t::RSMI_STATUS_NO_DATA) } else { Ok(()) }
        })
    }

    /// Writes what the devices have to tell, as far as there is room.
    fn take(&mut self, listeners: &[(u32, Arc<Listener>)]) {
        let generation = client::generation();
        for (dv_ind, listener) in listeners {
            for line in listener.lines((self.room - self.count) as usize) {
                let Some((event, message)) = notification::read(&line, generation) else {
                    continue;
                };
                self.client.put_notification(self.data, self.count, *dv_ind, event, &message);
                self.count += 1;
            }
        }
    }
}

#[cfg(test)]
#[allow(unsafe_code, reason = "the client is one in Rust")]
mod tests {
    use super::*;
    use crate::kernel::events::tests::listener;
    use rsmi_generations::Generation;
    use std::io::Write;

    #[test]
    fn what_devices_have_to_tell_is_taken_as_far_as_there_is_room() {
        let (mut kfd, first) = listener();
        let (mut other, second) = listener();
        kfd.write_all(b"1 a:b\nzzz\n1 c:d\n").unwrap();
        other.write_all(b"1 e:f\n1 1:2\n").unwrap();
        let listeners = [(5, Arc::new(first)), (7, Arc::new(second))];
        // SAFETY: a struct of numbers and bytes, of which all zeros is one.
        let mut data: [rsmi_evt_notification_data_t; 3] = unsafe { std::mem::zeroed() };
        let client = Client::of(Generation::V7_0);
        // SAFETY: the array takes three.
        let array = unsafe { Array::new(data.as_mut_ptr(), 3) };
        let mut told = Told { data: array, room: 3, count: 0, client };
        told.take(&listeners);
        assert_eq!(told.count, 3);
        let of = data.map(|told| (told.dv_ind, told.event.0));
        assert_eq!(of, [(5, 1), (5, 1), (7, 1)], "what is no event is left out");
        told.count = 0;
        told.take(&listeners);
        assert_eq!((told.count, data[0].dv_ind), (1, 7), "the rest is kept");
    }
}
