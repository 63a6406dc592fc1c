//! When both answers are the same one, and over which files AMD SMI is not asked.

use super::super::*;
use super::sides::*;
use crate::gpu::{Region, Regions, Utilization, spare_metrics};
use crate::kernel::dpm::Table;
use crate::kernel::metrics::tests::table;
use crate::kernel::processes::{Process, Report, Usage};
use crate::types::*;
use smallvec::smallvec;
use std::borrow::Cow;

const NOT_SUPPORTED: rsmi_status_t = rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED;

fn levels(text: &str) -> Table {
    Table::read(text.lines())
}

#[test]
fn levels_agree_but_for_the_current_one() {
    let first = levels("0: 500Mhz *\n1: 900Mhz");
    let agrees = |other: &str| {
        let other = levels(other);
        assert_eq!(Clock::AGREE.holds(&first, &other), PciBandwidth::AGREE.holds(&first, &other));
        Clock::AGREE.holds(&first, &other)
    };
    assert!(agrees("0: 500Mhz\n1: 900Mhz *"), "it moves");
    assert!(!agrees("0: 500Mhz *\n1: 901Mhz"), "another frequency");
    assert!(!agrees("0: 500Mhz *\n1: 900Mhz\n2: 901Mhz"), "one more");
    assert!(!agrees("0: 500Mhz *\n1: 900Mhz x16"), "lanes");
    // A table that failed says nothing of the levels.
    assert!(agrees("0: 500Foo *"));
    assert!(Clock::AGREE.holds(&Table::failed(NOT_SUPPORTED), &first));
}

#[test]
fn power_agrees_within_a_watt() {
    let watts = |number: u64| number * 1_000_000;
    for agreement in [AveragePower::AGREE, CurrentSocketPower::AGREE] {
        assert!(agreement.holds(&watts(77), &(watts(78) - 1)));
        assert!(
            !agreement.holds(&watts(77), &watts(78)) && !agreement.holds(&watts(77), &watts(76))
        );
    }
    let current = |power| (power, RSMI_POWER_TYPE::RSMI_CURRENT_POWER);
    let average = |power| (power, RSMI_POWER_TYPE::RSMI_AVERAGE_POWER);
    assert!(!Power::AGREE.holds(&current(watts(77)), &current(watts(79))));
    assert!(Power::AGREE.holds(&current(watts(77)), &average(watts(99))), "of two kinds");
    for between in [AveragePower::BETWEEN, CurrentSocketPower::BETWEEN] {
        let between = between.expect("it moves");
        assert!(between(&watts(78), &(watts(79) + 5), &(watts(77) + 5)), "also as it falls");
        assert!(between(&watts(79), &(watts(79) + 5), &(watts(77) + 5)));
        assert!(!between(&watts(76), &(watts(77) + 5), &(watts(79) + 5)));
        assert!(!between(&watts(80), &(watts(77) + 5), &(watts(79) + 5)));
    }
    let between = Power::BETWEEN.expect("it moves");
    assert!(between(&current(watts(78)), &current(watts(77)), &current(watts(79))));
    assert!(!between(&current(watts(75)), &current(watts(77)), &current(watts(79))));
}

#[test]
fn what_moves_lies_between_two_readings() {
    let energy = Energy::BETWEEN.expect("it moves");
    // AMD SMI may be behind, never ahead.
    assert!(
        energy(&(90, 900), &(100, 1000), &(110, 1100))
            && energy(&(110, 1100), &(100, 0), &(110, 1100))
    );
    assert!(!energy(&(111, 1100), &(100, 1000), &(110, 1100)));
    assert!(!energy(&(110, 1101), &(100, 1000), &(110, 1100)));
    assert!(!energy(&(90, 900), &(100, 1000), &(95, 1100)), "the kernel's own went back");
    let replays = PciReplayCounter::BETWEEN.expect("it moves");
    assert!(replays(&5, &4, &6) && !replays(&3, &4, &6) && !replays(&7, &4, &6));
    let used = MemoryUsage::BETWEEN.expect("it moves");
    assert!(used(&5, &6, &4) && !used(&7, &6, &4) && !used(&3, &4, &6));
    let count = |correctable_err, uncorrectable_err| rsmi_error_count_t {
        correctable_err,
        uncorrectable_err,
    };
    let errors = ErrorCount::BETWEEN.expect("they move");
    assert!(errors(&count(5, 1), &count(4, 1), &count(6, 1)));
    assert!(!errors(&count(3, 1), &count(4, 1), &count(6, 1)));
    assert!(!errors(&count(5, 2), &count(4, 1), &count(6, 1)));
    let volts = Voltage::BETWEEN.expect("it moves");
    assert!(volts(&5, &6, &4) && !volts(&7, &6, &4) && !volts(&3, &6, &4));
    let done = |timestamp| Utilization { gfx: 0, memory: 0, timestamp };
    let utilization = UtilizationCount::BETWEEN.expect("it moves");
    assert!(
        utilization(&done(9), &done(9), &done(9)) && !utilization(&done(10), &done(9), &done(9))
    );
    // A load may be anything between two readings.
    assert!(BusyPercent::BETWEEN.is_some_and(|between| between(&99, &0, &0)));
    assert!(Activity::BETWEEN.is_some_and(|between| between(&[99; 3], &[0; 3], &[0; 3])));
}

#[test]
fn some_agree_in_what_both_know() {
    let metrics = |version| {
        let mut metrics = spare_metrics();
        (metrics.members, metrics.gap) = (table(version, &[]).metrics(), 0);
        metrics
    };
    assert!(MetricsTable::AGREE.holds(&metrics((1, 3)), &metrics((1, 5))));
    assert!(!MetricsTable::AGREE.holds(&metrics((1, 3)), &metrics((2, 3))));
    let process = |pid| Process { pid, pasid: Some(pid) };
    let without = |pid| Process { pid, pasid: None };
    let list = smallvec![process(7), process(8)];
    assert!(ComputeProcesses::AGREE.holds(&smallvec![without(8), without(7)], &list));
    assert!(!ComputeProcesses::AGREE.holds(&smallvec![without(8)], &list));
    let used = |vram, cu_occupancy| {
        let usage = Some(Usage { vram, sdma: 0, cu_occupancy });
        (Report { found: true, pasid: None, usage }, Ok(()))
    };
    let failed = (Report::default(), Err(NOT_SUPPORTED));
    assert!(ComputeProcess::AGREE.holds(&used(5, 1), &used(5, 2)));
    assert!(!ComputeProcess::AGREE.holds(&used(5, 1), &used(6, 1)));
    assert!(ComputeProcess::AGREE.holds(&used(5, 1), &failed));
    let name = |text: &'static [u8]| Cow::Borrowed(text);
    assert!(MarketName::AGREE.holds(&name(b"Vega"), &name(b"MI50")));
    assert!(!MarketName::AGREE.holds(&name(b""), &name(b"MI50")));
}

#[test]
fn overdrive_agrees_in_what_both_have() {
    let data = |lower_bound, upper_bound| rsmi_od_volt_freq_data_t {
        curr_sclk_range: rsmi_range_t { lower_bound, upper_bound },
        curr_mclk_range: rsmi_range_t { lower_bound: 0, upper_bound },
        sclk_freq_limits: rsmi_range_t { lower_bound: 0, upper_bound: 0 },
        mclk_freq_limits: rsmi_range_t { lower_bound: 0, upper_bound: 0 },
        curve: rsmi_od_volt_curve_t {
            vc_points: [rsmi_od_vddc_point_t { frequency: 0, voltage: 0 }; 3],
        },
        num_regions: 0,
    };
    assert!(Overdrive::AGREE.holds(&data(5, 9), &data(5, 9)));
    assert!(!Overdrive::AGREE.holds(&data(5, 9), &data(6, 9)));
    for unknown in [0, u64::MAX] {
        assert!(Overdrive::AGREE.holds(&data(5, 9), &data(unknown, unknown)), "{unknown}");
    }
    let region = Region { frequency: None, voltage: None };
    let one = Regions { count: 1, told: vec![region] };
    let none = Regions { count: 0, told: vec![region] };
    assert!(
        OverdriveRegions::AGREE.holds(&one, &none) && !OverdriveRegions::AGREE.holds(&none, &one)
    );
}

/// Whether AMD SMI is kept from a machine of these files.
fn is_kept_from<Q: for<'g> Question<'g>>(question: &Q, files: Files) -> bool {
    let machine = Machine::new(files);
    question.hazard(&machine.gpu()).is_some()
}

#[test]
fn amd_smi_is_not_asked_over_a_table_that_ends_it() {
    let clock = Clock { kind: rsmi_clk_type_t::RSMI_CLK_TYPE_SYS };
    let plain: Files = &[("pp_dpm_sclk", b"0: 500Mhz *\n1: 900Mhz\n")];
    let without_star: Files = &[("pp_dpm_sclk", b"0: 500Mhz\n1: 900Mhz\n")];
    let falling: Files = &[("pp_dpm_sclk", b"0: 900Mhz *\n1: 500Mhz\n")];
    assert!(!is_kept_from(&clock, plain) && !is_kept_from(&clock, &[]));
    assert!(is_kept_from(&clock, without_star) && is_kept_from(&clock, falling));
    let link: Files = &[("pp_dpm_pcie", b"0: 2.5GT/s, x1 *\n")];
    let odd: Files = &[("pp_dpm_pcie", b"what is this\n")];
    assert!(!is_kept_from(&PciBandwidth, link) && is_kept_from(&PciBandwidth, odd));
    let profile =
        SetPowerProfile { profile: rsmi_power_profile_preset_masks_t::RSMI_PWR_PROF_PRST_VR_MASK };
    let plain: Files = &[("pp_power_profile_mode", b"NUM MODE_NAME\n 0 VIDEO*:\n 1 VR :\n")];
    let abreast: Files = &[("pp_power_profile_mode", b" 0 VIDEO* 1 VR\n")];
    assert!(!is_kept_from(&PowerProfiles, plain) && !is_kept_from(&profile, plain));
    assert!(is_kept_from(&PowerProfiles, abreast) && is_kept_from(&profile, abreast));
    let curve: Files = &[(
        "pp_od_clk_voltage",
        b"OD_SCLK:\n0: 800Mhz\n1: 900Mhz\nOD_VDDC_CURVE:\n0: 808Mhz 724mV\n",
    )];
    let flat: Files = &[("pp_od_clk_voltage", b"OD_SCLK:\n0: 800Mhz\n1: 900Mhz\n")];
    let regions = OverdriveRegions { most: 9 };
    assert!(!is_kept_from(&regions, curve) && is_kept_from(&regions, flat));
    assert!(!is_kept_from(&Overdrive, flat) && is_kept_from(&Overdrive, &[]));
}

#[test]
fn amd_smi_is_not_asked_over_what_it_prints_or_loses() {
    let cap = PowerCap { sensor: 0 };
    let of =
        |text: &'static [u8]| is_kept_from(&PowerCap { sensor: 0 }, &[("hwmon/power1_cap", text)]);
    assert!(of(b"1000000000\n") && !of(b"999999999\n") && !is_kept_from(&cap, &[]));
    let mode = |text: &'static [u8]| {
        is_kept_from(&ComputePartition, &[("current_compute_partition", text)])
    };
    assert!(mode(b"XPX\n") && !mode(b"CPX\n") && !is_kept_from(&ComputePartition, &[]));
    let block = rsmi_gpu_block_t::RSMI_GPU_BLOCK_UMC;
    let count: Files = &[("ras/umc_err_count", b"ue: 0\nce: 0\n")];
    let errors = ErrorCount { block };
    assert!(!is_kept_from(&errors, count) && is_kept_from(&errors, &[]));
    let features: Files = &[("ras/features", b"feature mask: 0x5\n")];
    assert!(!is_kept_from(&ErrorFeatures, features) && is_kept_from(&ErrorFeatures, &[]));
    assert!(
        !is_kept_from(&ErrorState { block }, features) && is_kept_from(&ErrorState { block }, &[])
    );
    let pages: Files = &[("ras/gpu_vram_bad_pages", b"")];
    let bad = BadPages { most: 1 };
    assert!(!is_kept_from(&bad, pages) && is_kept_from(&bad, &[]));
    // Of the board: a file that is there, and refuses.
    let gpu = Machine::refusing(&[("serial_number", b"")]);
    let gpu = gpu.gpu();
    assert!(Sku.hazard(&gpu).is_some() && SerialNumber.hazard(&gpu).is_some());
    assert!(DeviceName.hazard(&gpu).is_some() && !is_kept_from(&Sku, &[]));
}
