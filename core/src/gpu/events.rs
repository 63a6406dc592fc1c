//! Listening to what happens to a device.

use super::{Gpu, INVALID_ARGS};
use crate::kernel::events::Listener;
use crate::log;
use crate::status::Result;
use crate::types::rsmi_status_t;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The last rsmi_shut_down ends listening, too.
impl Drop for Gpu {
    fn drop(&mut self) {
        self.end_listening();
    }
}

impl Gpu {
    /// Begins to listen, anew where somebody listens already.
    pub(crate) fn listen(&self) -> Result {
        let listener = Listener::start(self.node.gpu_id as u32)?;
        if let Some(before) = self.listener.swap(Some(Arc::new(listener))) {
            before.end();
        }
        Ok(())
    }

    /// AMD SMI listens from now on, or no longer; whether it did so before.
    pub(crate) fn set_heard_by_amdsmi(&self, heard: bool) -> bool {
        self.heard_by_amdsmi.swap(heard, Ordering::AcqRel)
    }

    pub(crate) fn is_heard_by_amdsmi(&self) -> bool {
        self.heard_by_amdsmi.load(Ordering::Acquire)
    }

    /// Whoever waits for events of the device is woken; true if somebody listened.
    pub(crate) fn end_listening(&self) -> bool {
        let listener = self.listener.swap(None);
        listener.inspect(|listener| listener.end()).is_some()
    }

    /// Whoever waits for events of the device is woken.
    pub(crate) fn stop_listening(&self) -> Result {
        if !self.end_listening() {
            log::reason(|| "nobody listens to the device".into());
            return Err(INVALID_ARGS);
        }
        Ok(())
    }

    /// Chooses what is heard.
    pub(crate) fn listen_for(&self, mask: u64) -> Result {
        match self.listener() {
            Some(listener) => listener.set_mask(mask),
            None => {
                log::reason(|| "nobody listens to the device".into());
                Err(rsmi_status_t::RSMI_STATUS_INIT_ERROR)
            }
        }
    }

    pub(crate) fn listener(&self) -> Option<Arc<Listener>> {
        self.listener.load_full()
    }
}
