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
