//! Events of a device. They stay with the source that began to listen.

use super::{Asked, First, Question, Why};
use crate::amdsmi::{self, Session};
use crate::gpu::Gpu;
use crate::told::Told;

/// Begins to listen to the events of a device.
#[derive(Debug)]
pub(crate) struct Listen;

/// Who listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ear {
    Kernel,
    Amdsmi,
}

impl Question<'_> for Listen {
    type Value = Ear;
    const FIRST: First = First::Kernel(Why::Differs(
        "its messages have the words of its own release, and all others wait while it waits for one",
    ));
    const ASKED: Asked = Asked::Once;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Ear> {
        at.ask(
            |s| s.amdsmi_init_gpu_event_notification,
            |handle, _| (handle,),
            |_| Some(Ear::Amdsmi),
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<Ear> {
        at.listen().map(|()| Ear::Kernel).into()
    }

    fn agree(_: &Ear, _: &Ear) -> bool {
        true
    }
}

/// Chooses what AMD SMI hears.
pub(crate) fn listen_by_amdsmi(at: &amdsmi::Device, mask: u64) -> Told<()> {
    at.ask(|s| s.amdsmi_set_gpu_event_notification_mask, |handle, _| (handle, mask), |_| Some(()))
}

/// Has AMD SMI listen no longer.
pub(crate) fn stop_by_amdsmi(at: &amdsmi::Device) -> Told<()> {
    at.ask(|s| s.amdsmi_stop_gpu_event_notification, |handle, _| (handle,), |_| Some(()))
}

/// What AMD SMI heard of any device, at most so many; it waits up to so many milliseconds.
pub(crate) fn heard_by_amdsmi(
    session: &Session,
    timeout: i32,
    most: u32,
) -> Told<Vec<amdsmi::Notification>> {
    session.notifications(timeout, most)
}
