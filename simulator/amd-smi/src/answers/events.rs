//! What happens to a card, for who listens. Nothing happens on a described machine; a liar tells one
//! event of each card, which is of the first kind that was asked for.

use super::Question;
use super::files::Files;
use crate::call::{Answer, Call};
use crate::session;
use rsmi_simulator::lies;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

pub const QUESTIONS: &[(&str, Question)] = &[
    ("amdsmi_init_gpu_event_notification", init),
    ("amdsmi_set_gpu_event_notification_mask", mask),
    ("amdsmi_get_gpu_event_notification", get),
    ("amdsmi_stop_gpu_event_notification", stop),
];

/// Who is listened to, by the handle; and the event that it has not told yet.
type Listened = BTreeMap<u64, Option<u64>>;

fn listened() -> MutexGuard<'static, Listened> {
    static LISTENED: Mutex<Listened> = Mutex::new(Listened::new());
    LISTENED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn init(call: &Call) -> Answer {
    Files::of(call)?;
    if !call.world.now().has_kfd() {
        return Err(call.failed("FILE_ERROR"));
    }
    listened().entry(call.number(0)).or_default();
    Ok(())
}

/// Bit n is the event n + 1.
fn mask(call: &Call) -> Answer {
    Files::of(call)?;
    let mut listened = listened();
    let event = listened.get_mut(&call.number(0)).ok_or(call.failed("NOT_INIT"))?;
    let first = call.number(1).trailing_zeros();
    *event = (call.world.lies() && first < u64::BITS).then_some(u64::from(first) + 1);
    Ok(())
}

/// Waits for the first, but not longer than it may; what there is then is told at once.
fn get(call: &Call) -> Answer {
    call.pointer(2)?;
    session::running(call)?;
    let room = call.get(1)? as usize;
    if room == 0 {
        return Err(call.failed("INVAL"));
    }
    let mut told = 0;
    {
        let mut listened = listened();
        if listened.is_empty() {
            return call.put(1, 0);
        }
        for (processor, event) in &mut *listened {
            let Some(number) = event.take_if(|_| told < room) else { continue };
            let mut record = call.record("amdsmi_evt_notification_data_t")?;
            record.number("processor_handle", *processor).number("event", number);
            record.padded("message", lies::EVENT);
            call.put_record(2, told, &record)?;
            told += 1;
        }
    }
    if told == 0 {
        // Nobody adds one meanwhile, so it is waited for without a look; -1 would be for ever.
        let milliseconds = call.number(0) as u32 as i32;
        thread::sleep(Duration::from_millis(milliseconds.max(0) as u64));
    }
    call.put(1, told as u64)?;
    if told == 0 { Err(call.failed("NO_DATA")) } else { Ok(()) }
}

fn stop(call: &Call) -> Answer {
    Files::of(call)?;
    match listened().remove(&call.number(0)) {
        None if !call.release().at_least("7.0") => Err(call.failed("INVAL")),
        _ => Ok(()),
    }
}
