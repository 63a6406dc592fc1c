//! The processes that compute, as KFD lists them.

use super::Question;
use super::files::{Files, leading};
use crate::call::{Answer, Call, Record};
use crate::session;

pub const QUESTIONS: &[(&str, Question)] = &[
    ("amdsmi_get_gpu_compute_process_info", list),
    ("amdsmi_get_gpu_compute_process_info_by_pid", of_one),
    ("amdsmi_get_gpu_compute_process_gpus", gpus),
];

const ALL: &str = "class/kfd/kfd/proc";
/// There is no file that says it.
const NO_OCCUPANCY: u64 = 0xFFFF_FFFF;

/// Up to 6.4 only who they are; what they use is not written.
fn list(call: &Call) -> Answer {
    call.pointer(1)?;
    session::running(call)?;
    let machine = call.world.now();
    let pids = machine.list(ALL);
    if call.number(0) != 0 {
        if pids.len() > call.get(1)? as usize {
            return Err(call.failed("INSUFFICIENT_SIZE"));
        }
        for (nth, pid) in pids.iter().enumerate() {
            let record =
                if call.release().at_least("7.0") { whole(call, pid)? } else { who(call, pid)? };
            call.put_record(0, nth, &record)?;
        }
    }
    call.put(1, pids.len() as u64)
}

/// A file of a process.
fn number(call: &Call, pid: &str, file: &str) -> Answer<u64> {
    let machine = call.world.now();
    let text =
        machine.read(&format!("{ALL}/{pid}/{file}")).map_err(|_| call.failed("NOT_FOUND"))?;
    Ok(leading(std::str::from_utf8(text).unwrap_or_default()))
}

fn who(call: &Call, pid: &str) -> Answer<Record> {
    let mut record = call.record("amdsmi_process_info_t")?;
    record.number("process_id", leading(pid)).number("pasid", number(call, pid, "pasid")?);
    Ok(record)
}

/// With the sums over all processors.
fn whole(call: &Call, pid: &str) -> Answer<Record> {
    let (mut vram, mut sdma, mut evicted) = (0, 0, 0);
    let (mut occupied, mut most, mut units) = (None, 0, 0);
    for (_, processor) in session::all(call) {
        let id = processor.gpu_id;
        let files = Files { call, processor, machine: call.world.now() };
        vram += number(call, pid, &format!("vram_{id}"))?;
        sdma += number(call, pid, &format!("sdma_{id}"))?;
        evicted += number(call, pid, &format!("stats_{id}/evicted_ms")).unwrap_or(0);
        if let Ok(here) = number(call, pid, &format!("stats_{id}/cu_occupancy")) {
            occupied = Some(occupied.unwrap_or(0) + here);
            most = most.max(here);
            // Counted as if no array lacked one.
            let arrays = files.property("array_count").unwrap_or(0);
            units += arrays * files.property("cu_per_simd_array").unwrap_or(0);
        }
    }
    // Once a percentage of all units; then the number of them, on the processor with most.
    let occupancy = match occupied {
        Some(_) if call.release().at_least("7.0") => most,
        Some(occupied) if units > 0 => occupied * 100 / units,
        _ => NO_OCCUPANCY,
    };
    let mut record = who(call, pid)?;
    record.number("vram_usage", vram).number("sdma_usage", sdma);
    record.number("cu_occupancy", occupancy).number("evicted_time", evicted);
    Ok(record)
}

fn of_one(call: &Call) -> Answer {
    call.pointer(1)?;
    session::running(call)?;
    let pid = call.number(0).to_string();
    if !call.world.now().list(ALL).contains(&pid) {
        return Err(call.failed("NOT_FOUND"));
    }
    call.put_record(1, 0, &whole(call, &pid)?)
}

/// Where a process has queues, by the number of the processor.
fn gpus(call: &Call) -> Answer {
    let (_, _) = (call.pointer(1)?, call.pointer(2)?);
    session::running(call)?;
    let machine = call.world.now();
    let pid = call.number(0).to_string();
    // Newer releases find a process that is none on no processor.
    if !machine.list(ALL).contains(&pid) && !call.release().at_least("7.0") {
        return Err(call.failed("NOT_FOUND"));
    }
    let queues = machine.list(&format!("{ALL}/{pid}/queues"));
    let on = queues.iter().map(|queue| number(call, &pid, &format!("queues/{queue}/gpuid")));
    let on: Vec<u64> = on.collect::<Answer<_>>()?;
    let all = session::all(call).into_iter().zip(0_u32..);
    let used = all.filter(|((_, processor), _)| on.contains(&processor.gpu_id));
    let used: Vec<u32> = used.map(|(_, index)| index).collect();
    let room = call.get(2)? as usize;
    for (nth, index) in used.iter().take(room).enumerate() {
        crate::call::store(call.pointer(1)? + 4 * nth, &index.to_le_bytes());
    }
    call.put(2, used.len().min(room) as u64)?;
    if used.len() > room { Err(call.failed("INSUFFICIENT_SIZE")) } else { Ok(()) }
}
