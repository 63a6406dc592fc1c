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
    ("amdsmi_get_gpu_memory_reserved_pages", reserved_pages),
    ("amdsmi_reset_gpu_xgmi_error", reset_xgmi_error),
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

/// The driver's letters, and what AMD SMI calls them.
const PAGES: [(&str, &str); 3] = [("R", "RESERVED"), ("P", "PENDING"), ("F", "UNRESERVABLE")];

fn reserved_pages(call: &Call) -> Answer {
    call.pointer(1)?;
    let files = Files::of(call)?;
    let text = files.text("ras/gpu_vram_bad_pages")?;
    let page = |line: &str| {
        let mut words = line.split(" : ");
        let (address, size, letter) = (words.next()?, words.next()?, words.next()?.trim());
        let (_, name) = PAGES.iter().find(|(known, _)| *known == letter)?;
        Some((leading(address), leading(size), *name))
    };
    let pages: Option<Vec<_>> = text.lines().map(page).collect();
    let pages = pages.ok_or(call.failed("UNEXPECTED_DATA"))?;
    let room = if call.number(2) == 0 { usize::MAX } else { call.get(1)? as usize };
    if call.number(2) != 0 {
        for (nth, (address, size, name)) in pages.iter().take(room).enumerate() {
            let of = "amdsmi_memory_page_status_t";
            let mut record = call.record("amdsmi_retired_page_record_t")?;
            record.number("page_address", *address).number("page_size", *size);
            record.number("status", number(call, of, &format!("MEM_PAGE_STATUS_{name}")));
            call.put_record(2, nth, &record)?;
        }
    }
    call.put(1, pages.len().min(room) as u64)?;
    if pages.len() > room { Err(call.failed("INSUFFICIENT_SIZE")) } else { Ok(()) }
}

/// Reading it is what resets it.
fn reset_xgmi_error(call: &Call) -> Answer {
    Files::of(call)?.number("xgmi_error").map(|_| ())
}
