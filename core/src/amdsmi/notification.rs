//! What libamd_smi hears of the devices.

use super::abi::notification;
use super::{Device, Handle, Release, Session};
use crate::log;
use crate::told::Told;

pub(crate) struct Notification {
    of: Handle,
    pub(crate) event: u32,
    pub(crate) message: Vec<u8>,
}

/// Behind the number of notifications.
const RECORDS: usize = 8;

/// At most so many at once, of the longest.
const MOST: u32 = 200;

impl Session {
    /// At most so many; it waits up to so many milliseconds, without end where they are negative.
    pub(crate) fn notifications(&self, timeout: i32, most: u32) -> Told<Vec<Notification>> {
        let most = most.min(MOST);
        let Some(size) = self.release().map(size) else {
            log::reason(|| "nobody knows how long this AMD SMI's notifications are".into());
            return Told::Unknown;
        };
        self.ask_all(
            |s| s.amdsmi_get_gpu_event_notification,
            |room| (timeout, room.put(0, most), room.bytes(RECORDS, size * most as usize)),
            |written| {
                let count = written.number::<u32>(0)?.min(most);
                let record = |nth: u32| {
                    let at = RECORDS + size * nth as usize;
                    let message = notification::message.place(written.release())?;
                    Some(Notification {
                        of: written.number(at)?,
                        event: written.within(at, &notification::event, 0)? as u32,
                        message: written.text(at + message.at(0)?, message.count)?.to_vec(),
                    })
                };
                (0..count).map(record).collect()
            },
        )
    }
}

/// Of one.
fn size(release: Release) -> usize {
    match release {
        _ if release < Release::V6_3_3 => 80,
        _ if release < Release::V7_0 => 112,
        _ => 272,
    }
}

impl Device {
    /// Chooses what AMD SMI hears of the device.
    pub(crate) fn listen_for(&self, mask: u64) -> Told<()> {
        let choose = |handle, _: &_| (handle, mask);
        self.ask(|s| s.amdsmi_set_gpu_event_notification_mask, choose, |_| Some(()))
    }

    /// Has AMD SMI listen no longer.
    pub(crate) fn stop_listening(&self) -> Told<()> {
        self.ask(|s| s.amdsmi_stop_gpu_event_notification, |handle, _| (handle,), |_| Some(()))
    }

    /// Whether that was heard of this device.
    pub(crate) fn is_of(&self, notification: &Notification) -> bool {
        let smi = self.session.library();
        smi.and_then(|smi| self.handle(smi)) == Some(notification.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amdsmi::Symbols;
    use std::ffi::c_void;

    /// Writes two, each as long as that, of the device that fakes have and of another.
    unsafe fn write(length: usize, count: *mut u32, list: *mut c_void) -> u32 {
        // SAFETY: the room takes the count and as many as were asked for.
        unsafe {
            assert!(count.read() >= 2);
            count.write(2);
            for (nth, message) in [b"one\0", b"two\0"].into_iter().enumerate() {
                let at = list.byte_add(nth * length);
                at.cast::<Handle>().write(Handle::at(1 + nth));
                at.byte_add(8).cast::<u32>().write(3 + nth as u32);
                at.byte_add(12).cast::<[u8; 4]>().write(*message);
            }
        }
        0
    }

    unsafe extern "C" fn of_80(timeout: i32, count: *mut u32, list: *mut c_void) -> u32 {
        assert_eq!(timeout, 9);
        // SAFETY: as that demands.
        unsafe { write(80, count, list) }
    }

    unsafe extern "C" fn of_112(_: i32, count: *mut u32, list: *mut c_void) -> u32 {
        // SAFETY: as that demands.
        unsafe { write(112, count, list) }
    }

    unsafe extern "C" fn of_272(_: i32, count: *mut u32, list: *mut c_void) -> u32 {
        // SAFETY: as that demands.
        unsafe { write(272, count, list) }
    }

    type Listens = unsafe extern "C" fn(i32, *mut u32, *mut c_void) -> u32;

    #[test]
    fn notifications_are_as_long_as_the_release_has_them() {
        let known: [(Release, Listens); 4] = [
            (Release::V6_3_0, of_80),
            (Release::V6_3_3, of_112),
            (Release::V6_4_2, of_112),
            (Release::V7_0, of_272),
        ];
        for (release, function) in known {
            let mut symbols = Symbols::none();
            symbols.amdsmi_get_gpu_event_notification.function = Some(function);
            let device = Device::fake(symbols, Some(release));
            let Told::Value(heard) = device.session.notifications(9, 500) else {
                panic!("nothing")
            };
            let words: Vec<_> = heard.iter().map(|it| (it.event, it.message.as_slice())).collect();
            assert_eq!(words, [(3, &b"one"[..]), (4, b"two")], "{release}");
            assert_eq!([device.is_of(&heard[0]), device.is_of(&heard[1])], [true, false]);
        }
        let unknown = Device::fake(Symbols::none(), None);
        assert!(matches!(unknown.session.notifications(9, 500), Told::Unknown));
    }

    #[test]
    fn a_mask_is_chosen_and_listening_ends() {
        unsafe extern "C" fn choose(_: Handle, mask: u64) -> u32 {
            if mask == 0x81 { 0 } else { 1 }
        }
        unsafe extern "C" fn stop(_: Handle) -> u32 {
            10
        }
        let mut symbols = Symbols::none();
        symbols.amdsmi_set_gpu_event_notification_mask.function = Some(choose);
        symbols.amdsmi_stop_gpu_event_notification.function = Some(stop);
        let device = Device::fake(symbols, Some(Release::V10_1));
        assert_eq!(
            (device.listen_for(0x81), device.listen_for(1).or_unknown()),
            (Told::Value(()), Told::Unknown)
        );
        let refused = crate::types::rsmi_status_t::RSMI_STATUS_PERMISSION;
        assert_eq!(device.stop_listening(), Told::Fails(refused));
    }
}
