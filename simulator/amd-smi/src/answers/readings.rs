//! What moves: temperatures, power, clocks, activity, counters.

use super::Question;
use super::files::Files;
use super::processors::number;
use crate::call::{self, Answer, Call};
use rsmi_simulator::lies;
use rsmi_simulator::metrics::Reading;

pub const QUESTIONS: &[(&str, Question)] = &[
    ("amdsmi_get_power_info", power),
    ("amdsmi_get_power_cap_info", power_cap),
    ("amdsmi_get_gpu_activity", activity),
    ("amdsmi_get_energy_count", energy),
    ("amdsmi_get_temp_metric", temperature),
    ("amdsmi_get_gpu_volt_metric", voltage),
    ("amdsmi_get_gpu_fan_rpms", fan_rpms),
    ("amdsmi_get_gpu_fan_speed", fan_speed),
    ("amdsmi_get_gpu_fan_speed_max", fan_speed_max),
    ("amdsmi_get_gpu_busy_percent", busy),
    ("amdsmi_get_gpu_pci_replay_counter", replays),
    ("amdsmi_get_gpu_overdrive_level", overdrive),
    ("amdsmi_get_gpu_mem_overdrive_level", memory_overdrive),
    ("amdsmi_get_gpu_metrics_info", metrics),
    ("amdsmi_get_gpu_metrics_header_info", header),
    ("amdsmi_get_utilization_count", utilization),
    ("amdsmi_gpu_xgmi_error_status", xgmi_error),
    ("amdsmi_is_gpu_power_management_enabled", power_managed),
];

/// A member of the firmware's table; None where it is not reported.
fn member(readings: &[Reading], name: &str) -> Option<u64> {
    readings.iter().find(|reading| reading.name == name)?.values.first().copied().flatten()
}

/// The firmware's table, which most of AMD SMI is made of.
fn table(files: &Files) -> Answer<Vec<Reading>> {
    files.metrics()
}

/// Members of 16 bits that are not reported keep that width up to 10.0.
fn narrow(call: &Call, value: Option<u64>) -> u64 {
    value.unwrap_or(if call.release().at_least("10.1") { u64::MAX } else { 0xFFFF })
}

fn power(call: &Call) -> Answer {
    call.pointer(1)?;
    let files = Files::of(call)?;
    let mut record = call.record("amdsmi_power_info_t")?;
    let table = table(&files);
    let readings = table.as_deref().unwrap_or_default();
    let current = member(readings, "curr_socket_power");
    let average = member(readings, "average_socket_power");
    record.maybe("socket_power", current.or(average));
    record.number("current_socket_power", narrow(call, current));
    record.number("average_socket_power", narrow(call, average));
    for (field, name) in [
        ("gfx_voltage", "voltage_gfx"),
        ("soc_voltage", "voltage_soc"),
        ("mem_voltage", "voltage_mem"),
    ] {
        record.number(field, narrow(call, member(readings, name)));
    }
    let cap = files.sensor("power1_cap").ok().map(i64::unsigned_abs);
    record.maybe("power_limit", cap).maybe("ubb_power", None);
    call.put_record(1, 0, &record)?;
    // A card without such a table has other sources; one whose table is wrong has none.
    match table {
        Err(failed) if failed != call.failed("NOT_SUPPORTED") => Err(failed),
        _ => Ok(()),
    }
}

fn power_cap(call: &Call) -> Answer {
    call.pointer(2)?;
    let files = Files::of(call)?;
    let mut record = call.empty("amdsmi_power_cap_info_t")?;
    let sensor = call.number(1) + 1;
    let read = |name: &str| files.sensor(&format!("power{sensor}_{name}")).map(i64::unsigned_abs);
    record.number("dpm_cap", levels(&files, "pp_dpm_sclk").map_or(0, |levels| levels.last));
    let all = [
        ("power_cap", "cap"),
        ("default_power_cap", "cap_default"),
        ("min_power_cap", "cap_min"),
        ("max_power_cap", "cap_max"),
    ];
    let mut answer = Ok(());
    for (member, name) in all {
        match read(name) {
            Ok(value) => drop(record.number(member, value)),
            Err(failed) => answer = answer.and(Err(failed)),
        }
    }
    call.put_record(2, 0, &record)?;
    answer
}

/// Only told of virtual machines; the answer is written before anything else.
fn power_managed(call: &Call) -> Answer {
    call.put(1, 0)?;
    Files::of(call)?;
    Err(call.failed("NOT_SUPPORTED"))
}

fn activity(call: &Call) -> Answer {
    call.pointer(1)?;
    let files = Files::of(call)?;
    let readings = table(&files)?;
    let mut record = call.record("amdsmi_engine_usage_t")?;
    for name in ["gfx", "umc", "mm"] {
        let value = member(&readings, &format!("average_{name}_activity"));
        record.number(&format!("{name}_activity"), value.unwrap_or(0xFFFF));
    }
    call.put_record(1, 0, &record)
}

/// Counted in units of 15.3 microjoules.
fn energy(call: &Call) -> Answer {
    const RESOLUTION: f32 = 15.3;
    for at in 1..4 {
        call.pointer(at)?;
    }
    let files = Files::of(call)?;
    let readings = table(&files)?;
    call.put(1, member(&readings, "energy_accumulator").unwrap_or(u64::MAX))?;
    let resolution = if call.world.lies() { lies::RESOLUTION } else { RESOLUTION };
    call.put(2, resolution.to_bits().into())?;
    call.put(3, member(&readings, "system_clock_counter").unwrap_or(u64::MAX))
}

/// The enumerator, and what the driver labels the sensor.
const SENSORS: [(&str, &str); 3] = [("EDGE", "edge"), ("JUNCTION", "junction"), ("VRAM", "mem")];

/// The enumerator, and the end of the sensor's file.
const METRICS: [(&str, &str); 15] = [
    ("CURRENT", "input"),
    ("MAX", "max"),
    ("MIN", "min"),
    ("MAX_HYST", "max_hyst"),
    ("MIN_HYST", "min_hyst"),
    ("CRITICAL", "crit"),
    ("CRITICAL_HYST", "crit_hyst"),
    ("EMERGENCY", "emergency"),
    ("EMERGENCY_HYST", "emergency_hyst"),
    ("CRIT_MIN", "crit_min"),
    ("CRIT_MIN_HYST", "crit_min_hyst"),
    ("OFFSET", "offset"),
    ("LOWEST", "lowest"),
    ("HIGHEST", "highest"),
    ("SHUTDOWN", "emergency"),
];

/// Degrees; where there are none, whatever was there before is taken for thousandths of them.
fn temperature(call: &Call) -> Answer {
    const MILLI: i64 = 1000;
    let address = call.pointer(3)?;
    let kind =
        |name: &str| number(call, "amdsmi_temperature_type_t", &format!("TEMPERATURE_TYPE_{name}"));
    let wanted = call.number(1);
    if wanted == kind("PLX") {
        let readings = table(&Files::of(call)?)?;
        return call.put(3, member(&readings, "temperature_vrsoc").unwrap_or(0xFFFF));
    }
    let answer = Files::of(call).and_then(|files| reading(&files, wanted, kind));
    // SAFETY: the caller passes the address of a number of that size.
    let before = unsafe { std::ptr::with_exposed_provenance::<i64>(address).read_unaligned() };
    call.put(3, (*answer.as_ref().unwrap_or(&before) / MILLI) as u64)?;
    answer.map(|_| ())
}

/// Thousandths of degrees.
fn reading(files: &Files, wanted: u64, kind: impl Fn(&str) -> u64) -> Answer<i64> {
    let call = files.call;
    let unsupported = call.failed("NOT_SUPPORTED");
    let metric = METRICS.iter().find(|(name, _)| {
        number(call, "amdsmi_temperature_metric_t", &format!("TEMP_{name}")) == call.number(2)
    });
    let (name, file) = metric.ok_or(unsupported)?;
    for stack in 0..4 {
        if wanted == kind(&format!("HBM_{stack}")) && *name == "CURRENT" {
            let readings = table(files)?;
            let all = readings.iter().find(|reading| reading.name == "temperature_hbm");
            let value = all.and_then(|reading| *reading.values.get(stack)?).ok_or(unsupported)?;
            return Ok((value as i64) * 1000);
        }
    }
    let (_, label) = SENSORS.iter().find(|(name, _)| kind(name) == wanted).ok_or(unsupported)?;
    let hwmon = files.hwmon().ok_or(unsupported)?;
    let labelled = |at: &usize| {
        files.text(&format!("{hwmon}/temp{at}_label")).is_ok_and(|text| text == *label)
    };
    let at = (1..4).find(labelled).ok_or(unsupported)?;
    files.sensor(&format!("temp{at}_{file}"))
}

fn voltage(call: &Call) -> Answer {
    call.pointer(3)?;
    let files = Files::of(call)?;
    let unsupported = call.failed("NOT_SUPPORTED");
    if call.number(1) != number(call, "amdsmi_voltage_type_t", "VOLT_TYPE_VDDGFX") {
        return Err(unsupported);
    }
    const ENDS: [(&str, &str); 8] = [
        ("CURRENT", "input"),
        ("MAX", "max"),
        ("MIN_CRIT", "lcrit"),
        ("MIN", "min"),
        ("MAX_CRIT", "crit"),
        ("AVERAGE", "average"),
        ("LOWEST", "lowest"),
        ("HIGHEST", "highest"),
    ];
    let metric = ENDS.iter().find(|(name, _)| {
        number(call, "amdsmi_voltage_metric_t", &format!("VOLT_{name}")) == call.number(2)
    });
    let (_, file) = metric.ok_or(unsupported)?;
    call.put(3, files.sensor(&format!("in0_{file}"))? as u64)
}

fn fan_rpms(call: &Call) -> Answer {
    fan(call, "fan", "input")
}

fn fan_speed(call: &Call) -> Answer {
    fan(call, "pwm", "")
}

fn fan_speed_max(call: &Call) -> Answer {
    fan(call, "pwm", "max")
}

fn fan(call: &Call, kind: &str, end: &str) -> Answer {
    call.pointer(2)?;
    let files = Files::of(call)?;
    let gap = if end.is_empty() { "" } else { "_" };
    let value = files.sensor(&format!("{kind}{}{gap}{end}", call.number(1) + 1))?;
    call.put(2, value as u64)
}

fn busy(call: &Call) -> Answer {
    let files = Files::of(call)?;
    let percent = match files.number("gpu_busy_percent") {
        Err(failed) if failed == call.failed("NOT_SUPPORTED") => return Err(failed),
        percent => percent.unwrap_or(0),
    };
    call.put(1, percent)?;
    if percent > 100 { Err(call.failed("UNEXPECTED_DATA")) } else { Ok(()) }
}

fn plain(call: &Call, file: &str) -> Answer {
    let files = Files::of(call)?;
    call.put(1, files.number(file)?)
}

fn replays(call: &Call) -> Answer {
    plain(call, "pcie_replay_count")
}

fn overdrive(call: &Call) -> Answer {
    plain(call, "pp_sclk_od")
}

fn memory_overdrive(call: &Call) -> Answer {
    plain(call, "pp_mclk_od")
}

fn xgmi_error(call: &Call) -> Answer {
    plain(call, "xgmi_error")
}

/// What a table of levels says.
pub struct Levels {
    /// MHz.
    pub all: Vec<u64>,
    pub current: Option<usize>,
    /// The first of them is what the clock has while it sleeps.
    pub sleeps: bool,
    /// The number of the last one, as the driver counts.
    pub last: u64,
}

pub fn levels(files: &Files, file: &str) -> Answer<Levels> {
    let text = files.text(file)?;
    let mut levels = Levels { all: Vec::new(), current: None, sleeps: false, last: 0 };
    for line in text.lines() {
        let (number, rest) = line.split_once(':').ok_or(files.call.failed("NO_DATA"))?;
        if number == "S" {
            levels.sleeps = true;
        } else {
            levels.last = number.trim().parse().unwrap_or(0);
        }
        if rest.trim_end().ends_with('*') {
            levels.current = Some(levels.all.len());
        }
        levels.all.push(super::files::leading(rest));
    }
    Ok(levels)
}

/// Members that the kernel and AMD SMI have different names for.
const RENAMED: [(&str, &str); 2] =
    [("mem_max_bandwidth", "vram_max_bandwidth"), ("curr_socket_power", "current_socket_power")];
/// Clocks that newer tables have several of.
const SEVERAL: [&str; 4] = ["current_gfxclk", "current_socclk", "current_vclk0", "current_dclk0"];

fn metrics(call: &Call) -> Answer {
    call.pointer(1)?;
    let mut record = call.empty("amdsmi_gpu_metrics_t")?;
    if call.release().at_least("7.0") {
        call.put_record(1, 0, &record)?;
    }
    let files = Files::of(call)?;
    let readings = table(&files)?;
    let header = files.bytes("gpu_metrics")?;
    record.absent_all().each("xcp_stats", 0xFF);
    let header = header.get(..4).unwrap_or_default();
    record.raw("common_header", header);
    for reading in &readings {
        let renamed = RENAMED.iter().find(|(kernel, _)| *kernel == reading.name);
        let name = renamed.map_or(reading.name, |(_, name)| name);
        if !record.knows(name) {
            continue;
        }
        for (at, value) in reading.values.iter().enumerate() {
            // As wide as the kernel has it, also where AMD SMI has more room.
            let absent = u64::MAX >> (64 - 8 * reading.bytes.min(8));
            let value = value.unwrap_or(absent);
            // Older tables count in tens of nanoseconds.
            let tens = name == "firmware_timestamp" && header.get(3).is_some_and(|it| *it < 4);
            record.at(name, at, if tens { value.wrapping_mul(10) } else { value });
        }
        if SEVERAL.contains(&name) && record.has(&format!("{name}s")) {
            for (at, value) in reading.values.iter().enumerate() {
                record.at(&format!("{name}s"), at, value.unwrap_or(u64::MAX));
            }
        }
    }
    call.put_record(1, 0, &record)
}

/// What the firmware's table begins with.
fn header(call: &Call) -> Answer {
    let address = call.pointer(1)?;
    let files = Files::of(call)?;
    let header = files.bytes("gpu_metrics")?.get(..4).ok_or(call.failed("UNEXPECTED_SIZE"))?;
    call::store(address, header);
    Ok(())
}

/// Each element says what it wants to know, and is filled up to the first that cannot be.
fn utilization(call: &Call) -> Answer {
    const ACCUMULATED: [(&str, &str); 2] =
        [("GFX_ACTIVITY", "gfx_activity_acc"), ("MEM_ACTIVITY", "mem_activity_acc")];
    let address = call.pointer(1)?;
    call.pointer(3)?;
    let files = Files::of(call)?;
    let count = call.number(2) as usize;
    let readings = table(&files)?;
    let is_it = |name: &str, kind| {
        number(call, "amdsmi_utilization_counter_type_t", &format!("COARSE_GRAIN_{name}")) == kind
    };
    for nth in 0..count {
        let mut record = call.record("amdsmi_utilization_counter_t")?;
        let at = record.place("type").map_or(0, |(offset, _)| offset);
        let size = call.size_of(1).unwrap_or(0);
        let kind = std::ptr::with_exposed_provenance::<u32>(address + nth * size + at);
        // SAFETY: the caller says how many of them there are.
        let kind = u64::from(unsafe { kind.read_unaligned() });
        let wanted = ACCUMULATED.iter().find(|(name, _)| is_it(name, kind));
        let (_, name) = wanted.ok_or(call.failed("INVAL"))?;
        let found = readings.iter().find(|reading| reading.name == *name);
        // What is not reported newer releases hand on, as wide as the firmware has it.
        let absent = found.map_or(u64::MAX, |reading| u64::MAX >> (64 - 8 * reading.bytes.min(8)));
        let value = match member(&readings, name) {
            None if !call.release().at_least("7.0") => return Err(call.failed("NOT_SUPPORTED")),
            value => value.unwrap_or(absent),
        };
        record.number("value", value).at("fine_value", 0, value);
        record.number("fine_value_count", found.is_some().into());
        call.put_record(1, nth, &record)?;
    }
    call.put(3, member(&readings, "system_clock_counter").unwrap_or(u64::MAX))
}
