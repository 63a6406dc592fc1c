//! What of the kernel's side is another answer for a client of an older ROCm.

use super::super::*;
use super::sides::*;
use crate::caller::{self, Client};
use crate::kernel::metrics::tests::bytes;
use crate::types::*;
use rsmi_generations::Generation;

const INTERNAL: rsmi_status_t = rsmi_status_t::RSMI_STATUS_INTERNAL_EXCEPTION;
const UNEXPECTED: rsmi_status_t = rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA;
const NOT_YET: rsmi_status_t = rsmi_status_t::RSMI_STATUS_NOT_YET_IMPLEMENTED;

/// What the client of a generation is told by the first GPU of a machine.
fn by<T>(generation: Generation, files: Files, ask: impl Fn(&Gpu) -> Told<T>) -> Told<T> {
    on(generation, &Machine::new(files), ask)
}

fn on<T>(generation: Generation, machine: &Machine, ask: impl Fn(&Gpu) -> Told<T>) -> Told<T> {
    let before = caller::set(Some(Client::of(generation)));
    let told = ask(&machine.gpu());
    caller::set(before);
    told
}

#[test]
fn a_table_that_cannot_be_read_has_a_status_of_each_generation() {
    let ask = |at: &Gpu| Energy.kernel(at);
    let short: Files = &[("gpu_metrics", b"short")];
    let refusing = Machine::refusing(short);
    for generation in Generation::ALL {
        let none = by(generation, &[], ask);
        let seven = generation.is_seven();
        let older = generation != Generation::V5 && !seven;
        assert_eq!(none, Told::Fails(if older { UNEXPECTED } else { NONE }), "{generation}");
        let nonsense = if generation == Generation::V5 { NONE } else { UNEXPECTED };
        assert_eq!(by(generation, short, ask), Told::Fails(nonsense), "{generation}");
        assert_eq!(on(generation, &refusing, ask), Told::Fails(nonsense), "{generation}");
    }
}

#[test]
fn chips_that_run_are_counted_anew_since_6_3() {
    let table = bytes((1, 5), &[("current_gfxclks", &[2100, 0xFFFF, 1900])]);
    let count =
        |generation| by(generation, &[("gpu_metrics", &table)], |at| RunningXcds.kernel(at));
    assert_eq!(
        (count(Generation::V6_2), count(Generation::V6_3)),
        (Told::Value(2), Told::Value(1))
    );
}

#[test]
fn five_had_other_words_for_a_table_that_is_empty() {
    let five = Generation::V5;
    let level = |generation| {
        let question = Clock { kind: rsmi_clk_type_t::RSMI_CLK_TYPE_SYS };
        by(generation, &[("pp_dpm_sclk", b"\n")], |at| question.kernel(at))
            .map(|table| table.outcome)
    };
    assert_eq!(
        (level(five), level(Generation::V6_0)),
        (Told::Value(Err(NOT_YET)), Told::Value(Err(UNEXPECTED)))
    );
    let overdrive =
        |generation| by(generation, &[("pp_od_clk_voltage", b"\n")], |at| Overdrive.kernel(at));
    assert_eq!(
        (overdrive(five), overdrive(Generation::V7_0)),
        (Told::Fails(NOT_YET), Told::Fails(UNEXPECTED))
    );
    let one_line = |generation| {
        by(generation, &[("pp_od_clk_voltage", b"OD_SCLK:\n")], |at| Overdrive.kernel(at))
    };
    assert_eq!(
        (one_line(five), one_line(Generation::V7_0)),
        (Told::Fails(NOT_YET), Told::Fails(NOT_YET))
    );
    let profiles = |generation| {
        by(generation, &[("pp_power_profile_mode", b"\n")], |at| PowerProfiles.kernel(at))
    };
    assert_eq!(
        (profiles(five), profiles(Generation::V6_0)),
        (Told::Fails(REFUSED), Told::Fails(UNEXPECTED))
    );
}

#[test]
fn five_reads_overdrive_by_its_lines() {
    let vega: Files = &[(
        "pp_od_clk_voltage",
        b"OD_SCLK:\n0: 808Mhz\n1: 1801Mhz\nOD_MCLK:\n1: 1000Mhz\nOD_VDDC_CURVE:\n\
          0: 808Mhz 724mV\n1: 1304Mhz 806mV\n2: 1801Mhz 1124mV\nOD_RANGE:\n\
          SCLK:     808Mhz       2200Mhz\nMCLK:     801Mhz       1200Mhz\n\
          VDDC_CURVE_SCLK[0]:     808Mhz       2200Mhz\nVDDC_CURVE_VOLT[0]:     738mV        1218mV\n",
    )];
    let told = |generation| {
        let regions = by(generation, vega, |at| OverdriveRegions { most: 9 }.kernel(at));
        (
            by(generation, vega, |at| Overdrive.kernel(at)).map(|data| data.num_regions),
            regions.map(|all| all.count),
        )
    };
    assert_eq!(told(Generation::V5), (Told::Value(1), Told::Value(1)));
    for generation in [Generation::V6_0, Generation::V7_0] {
        assert_eq!(told(generation), (Told::Value(0), Told::Value(0)), "{generation}");
    }
}

#[test]
fn kfd_is_asked_for_ids_since_then() {
    let files: Files = &[("device", b"0x74a1\n")];
    let unique = |generation, files| by(generation, files, |at| UniqueId.kernel(at));
    assert_eq!(unique(Generation::V6_2, files), Told::Fails(NONE), "it was not asked");
    assert_eq!(unique(Generation::V6_3, files), Told::Value(0x1234));
    assert_eq!(unique(Generation::V6_2, &[]), Told::Value(0x1234), "a partition has no files");
    let vendor = |generation| by(generation, &[], |at| VendorId.kernel(at));
    assert_eq!(
        (vendor(Generation::V6_4), vendor(Generation::V7_0)),
        (Told::Fails(NONE), Told::Value(4098))
    );
    let numa = |generation| by(generation, &[], |at| NumaAffinity.kernel(at));
    assert_eq!(
        (numa(Generation::V6_4), numa(Generation::V7_0)),
        (Told::Fails(INTERNAL), Told::Fails(NONE))
    );
}

#[test]
fn a_boards_voltage_is_one_of_seven() {
    let files: Files = &[("hwmon/in2_label", b"vddboard\n"), ("hwmon/in2_input", b"53000\n")];
    let board = |generation| {
        let kind = rsmi_voltage_type_t::RSMI_VOLT_TYPE_VDDBOARD;
        let metric = rsmi_voltage_metric_t::RSMI_VOLT_CURRENT;
        by(generation, files, |at| Voltage { kind, metric }.kernel(at))
    };
    assert_eq!(board(Generation::V7_0), Told::Value(53_000));
    assert_eq!(
        (board(Generation::V6_4), board(Generation::V5)),
        (Told::Fails(NONE), Told::Fails(INTERNAL))
    );
}

#[test]
fn errors_that_cannot_be_read_have_their_status_in_five() {
    let question = ErrorCount { block: rsmi_gpu_block_t::RSMI_GPU_BLOCK_UMC };
    let refusing = Machine::refusing(&[("ras/umc_err_count", b"")]);
    let told = |generation| on(generation, &refusing, |at| question.kernel(at));
    assert_eq!(
        (told(Generation::V5), told(Generation::V6_0)),
        (Told::Fails(REFUSED), Told::Fails(NONE))
    );
    let one_line: Files = &[("ras/umc_err_count", b"ue: 1\n")];
    assert_eq!(by(Generation::V7_0, one_line, |at| question.kernel(at)), Told::Fails(NONE));
}

#[test]
fn memory_is_divided_for_older_clients_only_where_the_card_can() {
    let mode = rsmi_memory_partition_type_t::RSMI_MEMORY_PARTITION_NPS4;
    let set = |generation, name: &'static [u8]| {
        let files: Files = &[("current_memory_partition", b"NPS1\n"), ("product_name", name)];
        by(generation, files, |at| SetMemoryPartition { mode }.kernel(at))
    };
    let restart = Told::Fails(rsmi_status_t::RSMI_STATUS_AMDGPU_RESTART_ERR);
    assert_eq!(set(Generation::V6_2, b"AMD Instinct MI300X\n"), restart);
    for other in [&b"AMD Instinct MI250X\n"[..], b"Radeon 800X\n"] {
        assert_eq!(set(Generation::V6_2, other), Told::Fails(NONE));
        assert_eq!(set(Generation::V6_3, other), restart);
    }
}

#[test]
fn a_way_over_cpus_by_xgmi_was_one_to_five() {
    let links: Files = &[(
        "class/kfd/kfd/topology/nodes/1/io_links/0/properties",
        b"type 11\nnode_to 0\nweight 13\n",
    )];
    let machine = Machine::new(links);
    let state = machine.state();
    let [from, to] = state.gpus() else { panic!("two GPUs") };
    let told = |generation| {
        let before = caller::set(Some(Client::of(generation)));
        let told = LinkWeight { state: &state, to }.kernel(from);
        caller::set(before);
        told
    };
    // The other is at no CPU, which counts as the first.
    assert_eq!(
        (told(Generation::V5), told(Generation::V6_0)),
        (Told::Value(13), Told::Fails(NONE))
    );
}
