//! Errors that the hardware has corrected, or has not.

use super::Question;
use super::files::{Files, leading};
use super::processors::number;
use crate::call::{Answer, Call};

pub const QUESTIONS: &[(&str, Question)] = &[
    ("amdsmi_get_gpu_ecc_count", count),
    ("amdsmi_get_gpu_total_ecc_count", total),
    ("amdsmi_get_gpu_ecc_enabled", enabled),
    ("amdsmi_get_gpu_ecc_status", status),
];

/// The enumerator, and what the driver calls the block.
const BLOCKS: [(&str, &str); 14] = [
    ("UMC", "umc"),
    ("SDMA", "sdma"),
    ("GFX", "gfx"),
    ("MMHUB", "mmhub"),
    ("ATHUB", "athub"),
    ("PCIE_BIF", "pcie_bif"),
    ("HDP", "hdp"),
    ("XGMI_WAFL", "xgmi_wafl"),
    ("DF", "df"),
    ("SMN", "smn"),
    ("SEM", "sem"),
    ("MP0", "mp0"),
    ("MP1", "mp1"),
    ("FUSE", "fuse"),
];

/// What is counted, and how its line begins.
const KINDS: [(&str, &str); 3] =
    [("correctable_count", "ce: "), ("uncorrectable_count", "ue: "), ("deferred_count", "de: ")];

fn block(call: &Call) -> Answer<&'static str> {
    let wanted = call.number(1);
    let is_it =
        |name: &str| number(call, "amdsmi_gpu_block_t", &format!("GPU_BLOCK_{name}")) == wanted;
    let found = BLOCKS.iter().find(|(name, _)| is_it(name));
    found.map(|(_, name)| *name).ok_or(call.failed("NOT_SUPPORTED"))
}

/// Correctable, uncorrectable, deferred.
fn counts(files: &Files, block: &str) -> Answer<[u64; 3]> {
    let text = files.text(&format!("ras/{block}_err_count")).or_else(|failed| {
        match files.call.release().at_least("6.3.0") {
            true => files.text(&format!("ras/aca_{block}")).map_err(|_| failed),
            false => Err(failed),
        }
    })?;
    let find = |beginning: &str| text.lines().find_map(|line| line.strip_prefix(beginning));
    Ok(KINDS.map(|(_, beginning)| find(beginning).map_or(0, leading)))
}

fn count(call: &Call) -> Answer {
    call.pointer(2)?;
    let files = Files::of(call)?;
    let counts = counts(&files, block(call)?)?;
    let mut record = call.record("amdsmi_error_count_t")?;
    for ((member, _), count) in KINDS.iter().zip(counts) {
        record.number(member, count);
    }
    call.put_record(2, 0, &record)
}

/// Adds to what is there, as AMD's library does.
fn total(call: &Call) -> Answer {
    let address = call.pointer(1)?;
    let files = Files::of(call)?;
    let mut sums = [0_u64; 3];
    for (_, block) in BLOCKS {
        let Ok(counts) = counts(&files, block) else { continue };
        for (sum, count) in sums.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    let mut record = call.record("amdsmi_error_count_t")?;
    for ((member, _), sum) in KINDS.iter().zip(sums) {
        let Some((offset, _)) = record.place(member) else { continue };
        let before = std::ptr::with_exposed_provenance::<u64>(address + offset);
        // SAFETY: the caller passes the address of such a struct.
        record.number(member, sum.wrapping_add(unsafe { before.read_unaligned() }));
    }
    call.put_record(1, 0, &record)
}

/// A bit for each block.
fn mask(files: &Files) -> Answer<u64> {
    let text = files.text("ras/features")?;
    Ok(text.rsplit_once(": ").map_or(0, |(_, mask)| leading(mask)))
}

fn enabled(call: &Call) -> Answer {
    let files = Files::of(call)?;
    call.put(1, mask(&files)?)
}

fn status(call: &Call) -> Answer {
    call.pointer(2)?;
    let files = Files::of(call)?;
    let on = mask(&files)? & call.number(1) != 0;
    let name = if on { "ENABLED" } else { "DISABLED" };
    call.put(2, number(call, "amdsmi_ras_err_state_t", &format!("RAS_ERR_STATE_{name}")))
}
