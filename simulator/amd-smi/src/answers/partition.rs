//! How a card is divided, in compute units and in memory.

use super::Question;
use super::files::Files;
use crate::call::{Answer, Call};

pub const QUESTIONS: &[(&str, Question)] =
    &[("amdsmi_get_gpu_compute_partition", compute), ("amdsmi_get_gpu_memory_partition", memory)];

const COMPUTE: [&str; 5] = ["SPX", "DPX", "TPX", "QPX", "CPX"];
const MEMORY: [&str; 4] = ["NPS1", "NPS2", "NPS4", "NPS8"];

fn compute(call: &Call) -> Answer {
    mode(call, "current_compute_partition", &COMPUTE)
}

fn memory(call: &Call) -> Answer {
    mode(call, "current_memory_partition", &MEMORY)
}

fn mode(call: &Call, file: &str, known: &[&str]) -> Answer {
    let files = Files::of(call)?;
    call.pointer(1)?;
    let room = call.number(2) as usize;
    if room == 0 {
        return Err(call.failed("INVAL"));
    }
    let mode = files.text(file)?;
    if !known.contains(&mode) {
        return Err(call.failed("INTERNAL_EXCEPTION"));
    }
    // A text that does not fit is ended one byte behind its room: AMD's mistake, kept for who has to
    // live with it. Newer releases have it in one of the two functions only.
    let beyond = file.contains("memory") || !call.release().at_least("7.0");
    call.put_text(1, room + usize::from(beyond && room <= mode.len()), mode)?;
    if room <= mode.len() {
        return Err(call.failed("INSUFFICIENT_SIZE"));
    }
    Ok(())
}
