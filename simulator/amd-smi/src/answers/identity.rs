//! What a card is: its names, numbers, firmware and driver.

use super::Question;
use super::files::{Files, leading};
use super::processors::number;
use crate::call::{Answer, Call};
use rsmi_simulator::lies;

pub const QUESTIONS: &[(&str, Question)] = &[
    ("amdsmi_get_gpu_asic_info", asic),
    ("amdsmi_get_gpu_board_info", board),
    ("amdsmi_get_gpu_vbios_info", vbios),
    ("amdsmi_get_gpu_driver_info", driver),
    ("amdsmi_get_gpu_vram_info", vram),
    ("amdsmi_get_gpu_enumeration_info", enumeration),
    ("amdsmi_get_gpu_device_uuid", uuid),
    ("amdsmi_get_gpu_subsystem_id", subsystem_id),
    ("amdsmi_get_gpu_vram_vendor", vram_vendor),
    ("amdsmi_get_gpu_vendor_name", vendor_name),
    ("amdsmi_get_gpu_subsystem_name", subsystem_name),
    ("amdsmi_get_fw_info", firmware),
    ("amdsmi_get_gpu_xcd_counter", xcd_counter),
];

const AMD: &str = "Advanced Micro Devices, Inc. [AMD/ATI]";
const MIB: u64 = 1 << 20;

fn asic(call: &Call) -> Answer {
    call.pointer(1)?;
    let files = Files::of(call)?;
    let hex = |key: &str| files.drm(key).map(|text| leading(&text));
    let mut record = call.empty("amdsmi_asic_info_t")?;
    let name = files.drm("marketing_name");
    let name = name.as_deref().or(files.text("product_name").ok()).unwrap_or_default();
    match call.release().at_least("6.4.0") {
        true => record.padded("market_name", name),
        false => record.text("market_name", name),
    };
    record.number("vendor_id", files.number("vendor").unwrap_or(0x1002));
    record.padded("vendor_name", &files.vendor());
    record.maybe("subvendor_id", files.number("subsystem_vendor").ok());
    record.maybe("device_id", files.number("device").ok().or_else(|| files.property("device_id")));
    record.number("rev_id", files.number("revision").unwrap_or(0));
    let serial = files.unique_id().map(|id| format!("{id:016x}"));
    record.padded("asic_serial", serial.as_deref().unwrap_or("ffffffffffffffff"));
    record.maybe("oam_id", files.number("xgmi_physical_id").ok());
    record.maybe("num_of_compute_units", files.compute_units());
    record.maybe("target_graphics_version", files.graphics_version());
    record.maybe("subsystem_id", files.number("subsystem_device").ok());
    record.maybe("physical_acc_id", None);
    record.number("chip_rev_id", hex("chip_rev").unwrap_or(0));
    record.number("external_rev_id", hex("external_rev").unwrap_or(0));
    call.put_record(1, 0, &record)
}

fn board(call: &Call) -> Answer {
    call.pointer(1)?;
    let files = Files::of(call)?;
    // Older releases leave the end of the file's line where it is.
    let old = !call.release().at_least("6.4.0");
    let mut record = call.record("amdsmi_board_info_t")?;
    let members = [
        ("model_number", "product_number"),
        ("product_serial", "serial_number"),
        ("fru_id", "fru_id"),
        ("product_name", "product_name"),
        ("manufacturer_name", "manufacturer"),
    ];
    for (member, file) in members {
        let text = files.text(file).unwrap_or_default();
        match (old, member) {
            (true, _) if files.text(file).is_err() => continue,
            (true, _) => record.text(member, &format!("{text}\n")),
            (false, "fru_id") => record.padded(member, &text.replace(' ', "")),
            (false, _) => record.padded(member, text),
        };
    }
    call.put_record(1, 0, &record)
}

fn vbios(call: &Call) -> Answer {
    call.pointer(1)?;
    let files = Files::of(call)?;
    let part = files.drm("vbios_part_number");
    // The name stands in a table of that width, with blanks behind it.
    let mut record = call.record("amdsmi_vbios_info_t")?;
    let old = !call.release().at_least("6.4.0");
    let members = [
        ("name", files.drm("vbios_name")),
        ("build_date", files.drm("vbios_date")),
        ("part_number", part),
        ("version", files.drm("vbios_version_string")),
    ];
    for (member, text) in members {
        let text = text.unwrap_or_default();
        if old {
            record.padded(member, &text)
        } else {
            record.text(member, &text)
        };
    }
    if let Some((_, size)) = record.place("build_date").filter(|_| !old) {
        record.at("build_date", size - 1, 0);
    }
    call.put_record(1, 0, &record)
}

fn driver(call: &Call) -> Answer {
    call.pointer(1)?;
    let files = Files::of(call)?;
    let mut record = call.record("amdsmi_driver_info_t")?;
    let date = files.drm("driver_date").unwrap_or_default();
    let date = match (date.get(..4), date.get(4..6), date.get(6..8)) {
        (Some(year), Some(month), Some(day)) => format!("{year}/{month}/{day} 00:00"),
        _ => date,
    };
    let version = files.anywhere("module/amdgpu/version").unwrap_or("N/A");
    if call.release().at_least("6.4.0") {
        record.padded("driver_version", version);
        record.text("driver_date", &date).text("driver_name", "amdgpu");
    } else {
        record.text("driver_version", &format!("{version}\0"));
        record.all_but_last("driver_date", &date).all_but_last("driver_name", "amdgpu");
    }
    call.put_record(1, 0, &record)
}

/// What the driver calls the kinds of memory, and AMD SMI since 6.2.
const KINDS: [(u64, &str); 12] = [
    (1, "GDDR1"),
    (2, "DDR2"),
    (3, "GDDR3"),
    (4, "GDDR4"),
    (5, "GDDR5"),
    (6, "HBM"),
    (7, "DDR3"),
    (8, "DDR4"),
    (9, "GDDR6"),
    (10, "DDR5"),
    (11, "LPDDR4"),
    (12, "LPDDR5"),
];

fn vram(call: &Call) -> Answer {
    call.pointer(1)?;
    let files = Files::of(call)?;
    let kind = files.drm("vram_type").map_or(0, |text| leading(&text));
    let name = KINDS.iter().find(|(known, _)| *known == kind).map_or("UNKNOWN", |(_, name)| name);
    let vendor = files.text("mem_info_vram_vendor").unwrap_or("unknown");
    let mut record = call.record("amdsmi_vram_info_t")?;
    record.number("vram_type", number(call, "amdsmi_vram_type_t", &format!("VRAM_TYPE_{name}")));
    let size = files.total(true, "mem_info_vram_total").unwrap_or(0) / MIB;
    record.number("vram_size", size).number("vram_size_mb", size);
    match record.place("vram_vendor") {
        Some((_, 4)) => {
            let name = |gap: &str| format!("VRAM_VENDOR{gap}{}", vendor.to_uppercase());
            let of = "amdsmi_vram_vendor_type_t";
            let found = [name("_"), name("__")].map(|name| number(call, of, &name));
            let known = found.into_iter().find(|number| *number != u64::MAX);
            let unknown = match number(call, of, "VRAM_VENDOR_UNKNOWN") {
                u64::MAX => 0,
                number => number,
            };
            record.number("vram_vendor", known.unwrap_or(unknown));
        }
        // It is written over what was there before it was known.
        _ => {
            record.text("vram_vendor", "UNKNOWN").text("vram_vendor", &vendor.to_uppercase());
        }
    }
    record.maybe("vram_bit_width", files.drm("vram_bit_width").map(|text| leading(&text)));
    let metrics = files.metrics().unwrap_or_default();
    let bandwidth = metrics.iter().find(|reading| reading.name == "mem_max_bandwidth");
    record.maybe("vram_max_bandwidth", bandwidth.and_then(|reading| reading.values[0]));
    call.put_record(1, 0, &record)
}

fn enumeration(call: &Call) -> Answer {
    call.pointer(1)?;
    let files = Files::of(call)?;
    let card = files.card();
    let lie = if call.world.lies() { lies::HIP_ID } else { 0 };
    let first = u64::from(files.processor.node.saturating_sub(files.processor.cpu_nodes)) + lie;
    let mut record = call.empty("amdsmi_enumeration_info_t")?;
    record.number("drm_render", files.processor.render.into()).maybe("drm_card", card);
    record.number("hsa_id", files.processor.node.into()).number("hip_id", first);
    let unique = files.property("unique_id").unwrap_or(0);
    record.padded("hip_uuid", &format!("GPU-{unique:016x}"));
    record.maybe("oam_id", files.number("xgmi_physical_id").ok()).maybe("physical_acc_id", None);
    call.put_record(1, 0, &record)
}

/// The serial, the device, and which partition it is, in the form of a UUID.
fn uuid(call: &Call) -> Answer {
    const LENGTH: u32 = 38;
    let files = Files::of(call)?;
    call.pointer(2)?;
    if call.get(1)? < LENGTH {
        return Err(call.failed("INVAL"));
    }
    let unique = files.unique_id().or_else(|| files.property("unique_id")).unwrap_or(0);
    let device = files.number("device").ok().or_else(|| files.property("device_id")).unwrap_or(0);
    let partition = match call.release().at_least("6.3.0") {
        true => files.processor.bdf_id >> 28 & 0xF,
        false => 0xFF,
    };
    let text = format!(
        "{:02x}{partition:02x}{device:04x}-0000-1000-80{:02x}-{:012x}",
        unique >> 56,
        unique >> 48 & 0xFF,
        unique & 0xFFFF_FFFF_FFFF
    );
    call.put_text(2, LENGTH as usize, &text)
}

fn subsystem_id(call: &Call) -> Answer {
    let files = Files::of(call)?;
    call.put(1, files.number("subsystem_device")?)
}

fn vram_vendor(call: &Call) -> Answer {
    call.pointer(1)?;
    let files = Files::of(call)?;
    let room = call.number(2) as usize;
    let name = files.text("mem_info_vram_vendor");
    if call.release().at_least("7.0") {
        let name = name.unwrap_or("unknown");
        return if room == 0 { Ok(()) } else { call.put_text(1, room, &name.to_uppercase()) };
    }
    let name = name?;
    call.put_text(1, room, name)?;
    if room <= name.len() { Err(call.failed("INSUFFICIENT_SIZE")) } else { Ok(()) }
}

fn vendor_name(call: &Call) -> Answer {
    call.pointer(1)?;
    named(call, &Files::of(call)?.vendor())
}

/// As it is called where pci.ids does not know it.
fn subsystem_name(call: &Call) -> Answer {
    call.pointer(1)?;
    let files = Files::of(call)?;
    let id = files.text("subsystem_device");
    if id.is_err() && call.release().at_least("7.0") {
        // The text is ended before it begins.
        call.put_text(1, call.number(2) as usize, "")?;
    }
    named(call, &format!("0x{:x}", leading(id?)))
}

fn named(call: &Call, name: &str) -> Answer {
    let room = call.number(2) as usize;
    call.put_text(1, room, name)?;
    if room <= name.len() { Err(call.failed("INSUFFICIENT_SIZE")) } else { Ok(()) }
}

fn xcd_counter(call: &Call) -> Answer {
    call.pointer(1)?;
    let files = Files::of(call)?;
    if call.world.lies() {
        return call.put(1, lies::DIES);
    }
    let metrics = files.metrics()?;
    let clocks = metrics.iter().find(|reading| reading.name == "current_gfxclk");
    let reported =
        |clocks: &rsmi_simulator::metrics::Reading| clocks.values.iter().flatten().count();
    call.put(1, clocks.map_or(0, reported) as u64)
}

/// The driver's files, and AMD SMI's names for the blocks, in the order in which they are listed.
const FIRMWARE: [(&str, &str); 21] = [
    ("smc", "PM"),
    ("ce", "CP_CE"),
    ("pfp", "CP_PFP"),
    ("me", "CP_ME"),
    ("mec", "CP_MEC1"),
    ("mec2", "CP_MEC2"),
    ("rlc", "RLC"),
    ("sdma", "SDMA0"),
    ("sdma2", "SDMA1"),
    ("vcn", "VCN"),
    ("uvd", "UVD"),
    ("vce", "VCE"),
    ("sos", "PSP_SOSDRV"),
    ("mc", "MC"),
    ("asd", "ASD"),
    ("ta_ras", "TA_RAS"),
    ("ta_xgmi", "TA_XGMI"),
    ("rlc_srlg", "RLC_RESTORE_LIST_GPM_MEM"),
    ("rlc_srls", "RLC_RESTORE_LIST_SRM_MEM"),
    ("dmcu", "DMCU"),
    ("rlc_srlc", "RLC_RESTORE_LIST_CNTL"),
];

fn firmware(call: &Call) -> Answer {
    call.pointer(1)?;
    let files = Files::of(call)?;
    let mut record = call.empty("amdsmi_fw_info_t")?;
    let mut found: Vec<(u64, u64)> = FIRMWARE
        .iter()
        .filter_map(|(file, block)| {
            let version = files.number(&format!("fw_version/{file}_fw_version")).ok()?;
            Some((number(call, "amdsmi_fw_block_t", &format!("FW_ID_{block}")), version))
        })
        .collect();
    found.sort_unstable();
    const ELEMENT: usize = 32;
    for (at, (block, version)) in found.iter().enumerate() {
        record.inner("fw_info_list[].fw_id", at * ELEMENT, *block);
        record.inner("fw_info_list[].fw_version", at * ELEMENT, *version);
    }
    record.number("num_fw_info", found.len() as u64);
    call.put_record(1, 0, &record)
}

impl Files<'_> {
    fn unique_id(&self) -> Option<u64> {
        let text = self.text("unique_id").ok()?;
        u64::from_str_radix(text.trim(), 16).ok()
    }

    fn vendor(&self) -> String {
        match self.number("vendor") {
            Ok(other) if other != 0x1002 => format!("0x{other:x}"),
            _ => AMD.into(),
        }
    }

    fn compute_units(&self) -> Option<u64> {
        let per = self.property("simd_per_cu").filter(|per| *per > 0)?;
        Some(self.property("simd_count")? / per)
    }

    /// As the name of the target has it: 90402 is gfx942.
    fn graphics_version(&self) -> Option<u64> {
        let version = self.property("gfx_target_version")?;
        let (major, minor, step) = (version / 10000, version / 100 % 100, version % 100);
        let name = format!("{major}{minor}{step:x}");
        u64::from_str_radix(&name, 16).ok()
    }
}
