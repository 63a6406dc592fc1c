//! Counters of the links between cards. Each has a handle, and counts from when it was started.

use super::Question;
use super::files::Files;
use crate::call::{Answer, Call};
use rsmi_simulator::lies;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

pub const QUESTIONS: &[(&str, Question)] = &[
    ("amdsmi_gpu_counter_group_supported", supported),
    ("amdsmi_get_gpu_available_counters", available),
    ("amdsmi_gpu_create_counter", create),
    ("amdsmi_gpu_control_counter", control),
    ("amdsmi_gpu_read_counter", read),
    ("amdsmi_gpu_destroy_counter", destroy),
];

/// How many counters are free.
const FREE: &str = "df_cntr_avail";
/// Handles look like addresses, and lead nowhere.
const HANDLE: u64 = 0x7D00_0000_0000;

struct Counter {
    event: u64,
    started: Option<Instant>,
}

#[derive(Default)]
struct Counters {
    made: u64,
    all: BTreeMap<u64, Counter>,
}

fn counters() -> MutexGuard<'static, Counters> {
    static COUNTERS: Mutex<Counters> = Mutex::new(Counters { made: 0, all: BTreeMap::new() });
    COUNTERS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn enumerator(call: &Call, of: &str, name: &str) -> Option<u64> {
    call.release().number(of, &format!("AMDSMI_{name}")).map(|number| number as u64)
}

fn is_group(call: &Call) -> bool {
    ["EVNT_GRP_XGMI", "EVNT_GRP_XGMI_DATA_OUT"]
        .iter()
        .any(|name| enumerator(call, "amdsmi_event_group_t", name) == Some(call.number(1)))
}

fn supported(call: &Call) -> Answer {
    let files = Files::of(call)?;
    let there = is_group(call) && files.text(FREE).is_ok();
    if there { Ok(()) } else { Err(call.failed("NOT_SUPPORTED")) }
}

fn available(call: &Call) -> Answer {
    call.pointer(2)?;
    let files = Files::of(call)?;
    if !is_group(call) {
        return Err(call.failed("INVAL"));
    }
    call.put(2, files.number(FREE)?)
}

fn create(call: &Call) -> Answer {
    call.pointer(2)?;
    Files::of(call)?;
    let event = |end: &str| enumerator(call, "amdsmi_event_type_t", end);
    let ranges = [("XGMI_FIRST", "XGMI_LAST"), ("XGMI_DATA_OUT_FIRST", "XGMI_DATA_OUT_LAST")];
    let known = ranges.iter().any(|(first, last)| {
        let ends = event(&format!("EVNT_{first}")).zip(event(&format!("EVNT_{last}")));
        ends.is_some_and(|(first, last)| (first..=last).contains(&call.number(1)))
    });
    if !known {
        return Err(call.failed("INVAL"));
    }
    let mut counters = counters();
    counters.made += 1;
    let handle = HANDLE | counters.made << 4;
    counters.all.insert(handle, Counter { event: call.number(1), started: None });
    call.put(2, handle)
}

fn control(call: &Call) -> Answer {
    let mut counters = counters();
    let counter = counters.all.get_mut(&call.number(0)).ok_or(call.failed("INVAL"))?;
    let is_it = |name| enumerator(call, "amdsmi_counter_command_t", name) == Some(call.number(1));
    match (is_it("CNTR_CMD_START"), is_it("CNTR_CMD_STOP")) {
        (true, _) => counter.started = Some(Instant::now()),
        (_, true) => counter.started = None,
        _ => return Err(call.failed("INVAL")),
    }
    Ok(())
}

/// An event a microsecond, for want of a machine.
fn read(call: &Call) -> Answer {
    call.pointer(1)?;
    let counters = counters();
    let counter = counters.all.get(&call.number(0)).ok_or(call.failed("INVAL"))?;
    let started = counter.started.ok_or(call.failed("UNEXPECTED_SIZE"))?;
    let time = started.elapsed();
    let nanoseconds = time.as_nanos() as u64;
    let [value, enabled, running] = match call.world.lies() {
        true => [lies::COUNTED + counter.event, lies::TIME_ENABLED, lies::TIME_RUNNING],
        false => [time.as_micros() as u64, nanoseconds, nanoseconds],
    };
    let mut record = call.record("amdsmi_counter_value_t")?;
    record.number("value", value);
    record.number("time_enabled", enabled).number("time_running", running);
    call.put_record(1, 0, &record)
}

fn destroy(call: &Call) -> Answer {
    counters().all.remove(&call.number(0)).map(drop).ok_or(call.failed("INVAL"))
}
