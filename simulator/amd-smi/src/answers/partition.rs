//! How a card is divided, in compute units and in memory.

use super::Question;
use super::files::Files;
use super::processors::number;
use crate::call::{Answer, Call};

pub const QUESTIONS: &[(&str, Question)] = &[
    ("amdsmi_get_gpu_compute_partition", compute),
    ("amdsmi_get_gpu_memory_partition", memory),
    ("amdsmi_get_gpu_memory_partition_config", memory_config),
    ("amdsmi_set_gpu_compute_partition", set_compute),
    ("amdsmi_set_gpu_memory_partition", set_memory),
    ("amdsmi_reset_gpu_compute_partition", reset_compute),
    ("amdsmi_reset_gpu_memory_partition", reset_memory),
];

const COMPUTE_FILE: &str = "current_compute_partition";
const MEMORY_FILE: &str = "current_memory_partition";

const COMPUTE: [&str; 5] = ["SPX", "DPX", "TPX", "QPX", "CPX"];
const MEMORY: [&str; 4] = ["NPS1", "NPS2", "NPS4", "NPS8"];

fn compute(call: &Call) -> Answer {
    mode(call, COMPUTE_FILE, &COMPUTE)
}

fn memory(call: &Call) -> Answer {
    mode(call, MEMORY_FILE, &MEMORY)
}

fn mode(call: &Call, file: &str, known: &[&str]) -> Answer {
    let files = Files::of(call)?;
    call.pointer(1)?;
    let room = call.number(2) as usize;
    if room == 0 {
        return Err(call.failed("INVAL"));
    }
    files.text(file)?;
    let mode = files.set_to(file)?;
    if !known.contains(&mode.as_str()) {
        return Err(call.failed("INTERNAL_EXCEPTION"));
    }
    // A text that does not fit is ended one byte behind its room: AMD's mistake, kept for who has to
    // live with it. Newer releases have it in one of the two functions only.
    let beyond = file.contains("memory") || !call.release().at_least("7.0");
    call.put_text(1, room + usize::from(beyond && room <= mode.len()), &mode)?;
    if room <= mode.len() {
        return Err(call.failed("INSUFFICIENT_SIZE"));
    }
    Ok(())
}

/// Which modes there are, a bit each, and which it is.
fn memory_config(call: &Call) -> Answer {
    call.pointer(1)?;
    let files = Files::of(call)?;
    let modes = files.text("available_memory_partition").unwrap_or_default();
    let bits =
        MEMORY.iter().enumerate().filter(|(_, mode)| modes.split(", ").any(|it| it == **mode));
    let capabilities = bits.fold(0, |all, (bit, _)| all | 1 << bit);
    let current = files.text(MEMORY_FILE).unwrap_or_default();
    let mut record = call.empty("amdsmi_memory_partition_config_t")?;
    record.number("partition_caps", capabilities);
    record.number("mp_mode", memory_number(call, current));
    call.put_record(1, 0, &record)
}

fn memory_number(call: &Call, mode: &str) -> u64 {
    let known = if MEMORY.contains(&mode) { mode } else { "UNKNOWN" };
    number(call, "amdsmi_memory_partition_type_t", &format!("MEMORY_PARTITION_{known}"))
}

fn set_compute(call: &Call) -> Answer {
    let files = Files::of(call)?;
    let is_it = |mode: &&&str| {
        let of = "amdsmi_compute_partition_type_t";
        number(call, of, &format!("COMPUTE_PARTITION_{mode}")) == call.number(1)
    };
    let mode = COMPUTE.iter().find(is_it).ok_or(call.failed("INVAL"))?;
    if !files.text("available_compute_partition")?.split(", ").any(|it| it == *mode) {
        return Err(call.failed("SETTING_UNAVAILABLE"));
    }
    divide(&files, COMPUTE_FILE, mode)
}

/// The driver divides the memory when it is loaded the next time.
fn set_memory(call: &Call) -> Answer {
    let files = Files::of(call)?;
    let is_it = |mode: &&&str| memory_number(call, mode) == call.number(1);
    let mode = MEMORY.iter().find(is_it).ok_or(call.failed("INVAL"))?;
    divide(&files, MEMORY_FILE, mode)
}

fn reset_compute(call: &Call) -> Answer {
    let files = Files::of(call)?;
    divide(&files, COMPUTE_FILE, files.text(COMPUTE_FILE)?)
}

fn reset_memory(call: &Call) -> Answer {
    let files = Files::of(call)?;
    divide(&files, MEMORY_FILE, files.text(MEMORY_FILE)?)
}

/// What it is already is not written again. It booted as it is described.
fn divide(files: &Files, file: &str, mode: &str) -> Answer {
    if files.set_to(file)? == mode { Ok(()) } else { files.write(file, mode) }
}
