//! The link to the host: what it can be, what it is, and what went wrong on it.

use super::Question;
use super::files::{Files, leading};
use crate::call::{Answer, Call};

pub const QUESTIONS: &[(&str, Question)] = &[
    ("amdsmi_get_pcie_info", info),
    ("amdsmi_get_gpu_pci_bandwidth", bandwidth),
    ("amdsmi_get_gpu_pci_throughput", throughput),
];

/// GT/s, and which version of PCIe it came with.
const VERSIONS: [(&str, u64); 7] =
    [("2.5", 1), ("5.0", 2), ("8.0", 3), ("16.0", 4), ("32.0", 5), ("64.0", 6), ("128.0", 7)];

fn version(speed: &str) -> u64 {
    VERSIONS.iter().find(|(known, _)| speed.starts_with(known)).map_or(0, |(_, version)| *version)
}

/// "16.0 GT/s PCIe" in MT/s.
fn mega_transfers(speed: &str) -> Option<u64> {
    let giga: f64 = speed.split([' ', 'G']).next()?.trim().parse().ok()?;
    Some((giga * 1000.0) as u64)
}

fn info(call: &Call) -> Answer {
    call.pointer(1)?;
    let files = Files::of(call)?;
    let mut record = call.empty("amdsmi_pcie_info_t")?;
    let (speed, width) = (files.text("max_link_speed"), files.number("max_link_width"));
    let (Ok(speed), Ok(width)) = (speed, width) else {
        call.put_record(1, 0, &record)?;
        return Err(call.failed("NOT_SUPPORTED"));
    };
    record.number("pcie_static.max_pcie_width", width);
    record.maybe("pcie_static.max_pcie_speed", mega_transfers(speed));
    record.number("pcie_static.pcie_interface_version", version(speed));
    let readings = match files.metrics() {
        Err(failed) if failed != call.failed("NOT_SUPPORTED") => {
            call.put_record(1, 0, &record)?;
            return Err(failed);
        }
        readings => readings.unwrap_or_default(),
    };
    let find = |name: &str| {
        let found = readings.iter().find(|reading| reading.name == name)?;
        found.values.first().copied().flatten()
    };
    let now = files.number("current_link_width").ok();
    record.maybe("pcie_metric.pcie_width", now);
    let now = files.text("current_link_speed").ok().and_then(mega_transfers);
    record.maybe("pcie_metric.pcie_speed", now);
    let members = [
        ("pcie_bandwidth", "pcie_bandwidth_inst"),
        ("pcie_replay_count", "pcie_replay_count_acc"),
        ("pcie_l0_to_recovery_count", "pcie_l0_to_recov_count_acc"),
        ("pcie_replay_roll_over_count", "pcie_replay_rover_count_acc"),
        ("pcie_nak_sent_count", "pcie_nak_sent_count_acc"),
        ("pcie_nak_received_count", "pcie_nak_rcvd_count_acc"),
    ];
    for (member, name) in members {
        record.maybe(&format!("pcie_metric.{member}"), find(name));
    }
    // It came with 1.6 for partitions; what is left out there counts as none.
    let newer = readings.iter().any(|reading| reading.name == "accumulation_counter");
    let recovered = find("pcie_lc_perf_other_end_recovery").or(newer.then_some(0));
    record.maybe("pcie_metric.pcie_lc_perf_other_end_recovery_count", recovered);
    call.put_record(1, 0, &record)
}

/// The driver's table of links, in transfers a second and lanes.
fn bandwidth(call: &Call) -> Answer {
    const MEGA: u64 = 1_000_000;
    if call.release().at_least("7.0") {
        call.pointer(1)?;
    }
    let mut record = call.record("amdsmi_pcie_bandwidth_t")?;
    record.each("transfer_rate", 0);
    let files = Files::of(call)?;
    let text = match files.text("pp_dpm_pcie") {
        Ok(text) if !text.contains('*') => Err(call.failed("UNEXPECTED_DATA")),
        text => text,
    };
    let text = match text {
        Err(failed) if call.number(1) != 0 => {
            call.put_record(1, 0, &record)?;
            return Err(failed);
        }
        text => text?,
    };
    for (at, line) in text.lines().enumerate() {
        let (_, rest) = line.split_once(':').ok_or(call.failed("NO_DATA"))?;
        let (speed, lanes) = rest.split_once(',').unwrap_or((rest, ""));
        let rate = mega_transfers(speed.trim()).unwrap_or(0) * MEGA;
        record.inner_array("transfer_rate", "amdsmi_frequencies_t", "frequency", at, rate);
        record.at("lanes", at, leading(lanes.trim_start().trim_start_matches('x')));
        if rest.trim_end().ends_with('*') {
            record.inner_array("transfer_rate", "amdsmi_frequencies_t", "current", 0, at as u64);
        }
    }
    let count = text.lines().count() as u64;
    record.inner_array("transfer_rate", "amdsmi_frequencies_t", "num_supported", 0, count);
    call.put_record(1, 0, &record)
}

/// Packets sent, packets received, and how large they may be. AMD's library reads the numbers one
/// after the other into the places that there are: without one of them, all others are moved up.
fn throughput(call: &Call) -> Answer {
    let files = Files::of(call)?;
    let text = files.text("pcie_bw")?;
    let numbers: Option<Vec<u64>> = text.split(' ').map(|word| word.parse().ok()).collect();
    let numbers = numbers.filter(|numbers| numbers.len() == 3);
    let places = (1..4).filter(|at| call.number(*at) != 0);
    for (at, number) in places.zip(numbers.ok_or(call.failed("UNEXPECTED_DATA"))?) {
        if number == u64::MAX {
            return Err(call.failed("NOT_SUPPORTED"));
        }
        call.put(at, number)?;
    }
    Ok(())
}
