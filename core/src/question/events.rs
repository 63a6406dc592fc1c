//! Events of a device. They stay with the source that began to listen.

use super::{Agreement, Asked, First, Question, Why};
use crate::amdsmi;
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

    const AGREE: Agreement<Ear> =
        Agreement::new("not compared: who began to listen goes on", |_, _| true);
}
