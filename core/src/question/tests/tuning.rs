//! Both sides of what is measured and tuned: clocks, power, sensors, overdrive.

use super::super::*;
use super::sides::*;
use super::{Handle, NEW, device};
use crate::gpu::{Region, Throughput};
use crate::kernel::dpm::Table;
use crate::kernel::metrics::tests::bytes;
use crate::types::*;

const UNEXPECTED: rsmi_status_t = rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA;
const INVALID: rsmi_status_t = rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
const LEVEL: &str = "power_dpm_force_performance_level";
const SYS: rsmi_clk_type_t = rsmi_clk_type_t::RSMI_CLK_TYPE_SYS;

/// The levels and how that ended: what a table is compared by.
fn levels(table: Table) -> (u32, u32, [u64; 2], u32) {
    let rates = table.levels.transfer_rate;
    (
        rates.num_supported,
        rates.current,
        [rates.frequency[0], rates.frequency[1]],
        table.levels.lanes[1],
    )
}

/// A table that says how it failed.
fn failed(table: Told<Table>) -> Told<(u32, u32, [u64; 2], u32)> {
    table.and_then(|table| match table.outcome {
        Ok(()) => Told::Value(levels(table)),
        Err(status) => Told::Fails(status),
    })
}

impl Tested for BusyPercent {
    fn kernel() -> Tried {
        reads(&[("gpu_busy_percent", b"37\n")], |at| Self.kernel(at), 37, NONE, NONE)
    }

    fn amdsmi() -> Tried {
        answers(devices!(amdsmi_get_gpu_busy_percent() out: u32 = 37), |at| Self.amdsmi(at), 37)
    }
}

impl Tested for Clock {
    fn kernel() -> Tried {
        let files: Files = &[("pp_dpm_sclk", b"0: 500Mhz\n1: 2100Mhz *\n")];
        let told = (2, 1, [500_000_000, 2_100_000_000], 0);
        reads(files, |at| failed(Self { kind: SYS }.kernel(at)), told, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_clk_freq(kind: u32 = 0) {
            0 => 0_u8, 4 => 2_u32, 8 => 1_u32, 16 => [500_u64, 2100]
        });
        answers(devices, |at| failed(Self { kind: SYS }.amdsmi(at)), (2, 1, [500, 2100], 0))
    }
}

impl Tested for SetClock {
    fn kernel() -> Tried {
        let files: Files = &[("pp_dpm_sclk", b"0: 500Mhz\n1: 2100Mhz *\n2: 2200Mhz\n")];
        let written: Files = &[(LEVEL, b"manual"), ("pp_dpm_sclk", b"1 2 ")];
        sets(files, |at| Self { kind: SYS, mask: 0b110 }.kernel(at), written, NONE, NONE)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_set_clk_freq(kind: u32 = 0, mask: u64 = 0b110));
        answers(devices, |at| Self { kind: SYS, mask: 0b110 }.amdsmi(at), ())
    }
}

impl Tested for PciBandwidth {
    fn kernel() -> Tried {
        let files: Files = &[("pp_dpm_pcie", b"0: 2.5GT/s, x1\n1: 16.0GT/s, x16 *\n")];
        let told = (2, 1, [2_500_000_000, 16_000_000_000], 16);
        reads(files, |at| failed(Self.kernel(at)), told, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_gpu_pci_bandwidth() {
            0 => 0_u8, 4 => 2_u32, 8 => 1_u32, 16 => [25_u64, 160], 280 => [1_u32, 16]
        });
        answers(devices, |at| failed(Self.amdsmi(at)), (2, 1, [25, 160], 16))
    }
}

impl Tested for SetPciBandwidth {
    fn kernel() -> Tried {
        let files: Files = &[("pp_dpm_pcie", b"0: 2.5GT/s, x1\n1: 16.0GT/s, x16 *\n")];
        let written: Files = &[(LEVEL, b"manual"), ("pp_dpm_pcie", b"0 ")];
        sets(files, |at| Self { mask: 1 }.kernel(at), written, NONE, NONE)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_set_gpu_pci_bandwidth(mask: u64 = 1));
        answers(devices, |at| Self { mask: 1 }.amdsmi(at), ())
    }
}

const TRAFFIC: Throughput = Throughput { sent: 7, received: 8, max_packet_size: 256 };

impl Tested for PciThroughput {
    fn kernel() -> Tried {
        reads(&[("pcie_bw", b"7 8 256\n")], |at| Self.kernel(at), TRAFFIC, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let devices =
            devices!(amdsmi_get_gpu_pci_throughput() a: u64 = 7, b: u64 = 8, c: u64 = 256);
        answers(devices, |at| Self.amdsmi(at), TRAFFIC)
    }
}

impl Tested for PciReplayCounter {
    fn kernel() -> Tried {
        reads(&[("pcie_replay_count", b"3\n")], |at| Self.kernel(at), 3, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        answers(devices!(amdsmi_get_gpu_pci_replay_counter() out: u64 = 3), |at| Self.amdsmi(at), 3)
    }
}

const HIGH: rsmi_dev_perf_level_t = rsmi_dev_perf_level_t::RSMI_DEV_PERF_LEVEL_HIGH;

impl Tested for PerfLevel {
    fn kernel() -> Tried {
        reads(&[(LEVEL, b"high\n")], |at| Self.kernel(at), HIGH, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        answers(devices!(amdsmi_get_gpu_perf_level() out: u32 = HIGH.0), |at| Self.amdsmi(at), HIGH)
    }
}

impl Tested for SetPerfLevel {
    fn kernel() -> Tried {
        sets(&[], |at| Self { level: HIGH }.kernel(at), &[(LEVEL, b"high")], NONE, NONE)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_set_gpu_perf_level(level: u32 = HIGH.0));
        answers(devices, |at| Self { level: HIGH }.amdsmi(at), ())
    }
}

const OVERDRIVE: &str = "pp_od_clk_voltage";

impl Tested for SetDeterminism {
    fn kernel() -> Tried {
        let written: Files = &[(LEVEL, b"perf_determinism"), (OVERDRIVE, b"s 1 1900\nc")];
        sets(&[], |at| Self { highest: 1900 }.kernel(at), written, NONE, NONE)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_set_gpu_perf_determinism_mode(highest: u64 = 1900));
        answers(devices, |at| Self { highest: 1900 }.amdsmi(at), ())
    }
}

impl Tested for SetClockRange {
    fn kernel() -> Tried {
        let written: Files = &[(LEVEL, b"manual"), (OVERDRIVE, b"s 0 500\ns 1 2100\nc")];
        sets(&[], |at| Self { kind: SYS, min: 500, max: 2100 }.kernel(at), written, NONE, NONE)
    }

    fn amdsmi() -> Tried {
        let devices =
            devices!(amdsmi_set_gpu_clk_range(min: u64 = 500, max: u64 = 2100, kind: u32 = 0));
        answers(devices, |at| Self { kind: SYS, min: 500, max: 2100 }.amdsmi(at), ())
    }
}

const MEM: rsmi_clk_type_t = rsmi_clk_type_t::RSMI_CLK_TYPE_MEM;
const MAX: rsmi_freq_ind_t = rsmi_freq_ind_t::RSMI_FREQ_IND_MAX;

impl Tested for SetClockLimit {
    fn kernel() -> Tried {
        let written: Files = &[(LEVEL, b"manual"), (OVERDRIVE, b"m 1 1300\nc")];
        sets(&[], |at| Self { kind: MEM, end: MAX, value: 1300 }.kernel(at), written, NONE, NONE)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(
            amdsmi_set_gpu_clk_limit(kind: u32 = MEM.0, end: u32 = 1, value: u64 = 1300)
        );
        answers(devices, |at| Self { kind: MEM, end: MAX, value: 1300 }.amdsmi(at), ())
    }
}

impl Tested for OverdriveLevel {
    fn kernel() -> Tried {
        reads(&[("pp_sclk_od", b"5\n")], |at| Self.kernel(at), 5, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        answers(devices!(amdsmi_get_gpu_overdrive_level() out: u32 = 5), |at| Self.amdsmi(at), 5)
    }
}

impl Tested for MemoryOverdriveLevel {
    fn kernel() -> Tried {
        reads(&[("pp_mclk_od", b"6\n")], |at| Self.kernel(at), 6, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        answers(
            devices!(amdsmi_get_gpu_mem_overdrive_level() out: u32 = 6),
            |at| Self.amdsmi(at),
            6,
        )
    }
}

impl Tested for SetOverdriveLevel {
    fn kernel() -> Tried {
        sets(&[], |at| Self { percent: 7 }.kernel(at), &[("pp_sclk_od", b"7")], NONE, NONE)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_set_gpu_overdrive_level(percent: u32 = 7));
        answers(devices, |at| Self { percent: 7 }.amdsmi(at), ())
    }
}

const CURVE: &[u8] = b"OD_SCLK:\n0: 808Mhz\n1: 1801Mhz\nOD_MCLK:\n1: 1000Mhz\nOD_RANGE:\n\
    SCLK:     808Mhz       2200Mhz\nMCLK:     801Mhz       1200Mhz\n";

const fn range(lower_bound: u64, upper_bound: u64) -> rsmi_range_t {
    rsmi_range_t { lower_bound, upper_bound }
}

impl Tested for Overdrive {
    fn kernel() -> Tried {
        let told = (range(808_000_000, 1_801_000_000), range(801_000_000, 1_200_000_000));
        let ask =
            |at: &Gpu| Self.kernel(at).map(|data| (data.curr_sclk_range, data.mclk_freq_limits));
        reads(&[(OVERDRIVE, CURVE)], ask, told, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_gpu_od_volt_info() {
            0 => [8_u64, 18], 16 => [0_u64, 10], 48 => [7_u64, 22], 64 => [9_u64, 12],
            96 => [8_u64, 724, 13, 806, 18, 1124], 144 => 2_u32
        });
        let ask = |at: &amdsmi::Device| {
            Self.amdsmi(at).map(|data| {
                let limits = [data.sclk_freq_limits, data.mclk_freq_limits];
                let ranges = [data.curr_sclk_range, data.curr_mclk_range];
                (ranges, limits, data.curve.vc_points[2].voltage, data.num_regions)
            })
        };
        let told = ([range(8, 18), range(0, 10)], [range(7, 22), range(9, 12)], 1124, 2);
        answers(devices, ask, told)
    }
}

impl Tested for OverdriveRegions {
    fn kernel() -> Tried {
        let first = Region {
            frequency: Some(range(808_000_000, 2_200_000_000)),
            voltage: Some(range(801_000_000, 1_200_000_000)),
        };
        let told = crate::gpu::Regions { count: 0, told: vec![first] };
        reads(&[(OVERDRIVE, CURVE)], |at| Self { most: 2 }.kernel(at), told, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        unsafe extern "C" fn regions(
            _: Handle,
            count: *mut u32,
            out: *mut std::ffi::c_void,
        ) -> u32 {
            // SAFETY: the room takes the count and two regions.
            unsafe {
                assert_eq!(count.read(), 2);
                count.write(1);
                out.cast::<[u64; 4]>().write([8, 22, 738, 1218]);
            }
            0
        }
        unsafe extern "C" fn fails(_: Handle, _: *mut u32, _: *mut std::ffi::c_void) -> u32 {
            NO_PERM
        }
        let devices = [
            device!(NEW, amdsmi_get_gpu_od_volt_curve_regions = regions),
            device!(NEW, amdsmi_get_gpu_od_volt_curve_regions = fails),
        ];
        let first = Region { frequency: Some(range(8, 22)), voltage: Some(range(738, 1218)) };
        let told = crate::gpu::Regions { count: 1, told: vec![first] };
        answers(devices, |at| Self { most: 2 }.amdsmi(at), told)
    }
}

impl Tested for SetOverdriveClock {
    fn kernel() -> Tried {
        let written: Files = &[(LEVEL, b"manual"), (OVERDRIVE, b"s 1 2000\nc")];
        sets(&[], |at| Self { kind: SYS, end: MAX, value: 2000 }.kernel(at), written, NONE, NONE)
    }

    fn amdsmi() -> Tried {
        let devices =
            devices!(amdsmi_set_gpu_od_clk_info(end: u32 = 1, value: u64 = 2000, kind: u32 = 0));
        answers(devices, |at| Self { kind: SYS, end: MAX, value: 2000 }.amdsmi(at), ())
    }
}

impl Tested for SetVoltagePoint {
    fn kernel() -> Tried {
        let written: Files = &[(LEVEL, b"manual"), (OVERDRIVE, b"vc 2 1801 1100\nc")];
        let ask = |at: &Gpu| Self { point: 2, clock: 1801, voltage: 1100 }.kernel(at);
        sets(&[], ask, written, NONE, NONE)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(
            amdsmi_set_gpu_od_volt_info(point: u32 = 2, clock: u64 = 1801, voltage: u64 = 1100)
        );
        answers(devices, |at| Self { point: 2, clock: 1801, voltage: 1100 }.amdsmi(at), ())
    }
}

impl Tested for AveragePower {
    fn kernel() -> Tried {
        let files: Files = &[("hwmon/power2_average", b"77500000\n")];
        reads(files, |at| Self { sensor: 1 }.kernel(at), 77_500_000, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_power_info() { 12 => 77_u32 });
        answers(devices, |at| Self { sensor: 0 }.amdsmi(at), 77_000_000)
    }
}

const CURRENT: Files = &[("hwmon/power1_label", b"PPT\n"), ("hwmon/power1_input", b"430000000\n")];

impl Tested for CurrentSocketPower {
    fn kernel() -> Tried {
        let average: Files = &[("hwmon/power1_label", b"slow\n"), CURRENT[1]];
        let other = Self.kernel(&Machine::new(average).gpu());
        assert_eq!(other, Told::Fails(NONE), "a sensor of something else");
        reads(CURRENT, |at| Self.kernel(at), 430_000_000, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_power_info() { 8 => 430_u32 });
        answers(devices, |at| Self.amdsmi(at), 430_000_000)
    }
}

impl Tested for Power {
    fn kernel() -> Tried {
        let average: Files = &[("hwmon/power1_average", b"77000000\n")];
        let told = Self.kernel(&Machine::new(average).gpu());
        assert_eq!(told, Told::Value((77_000_000, RSMI_POWER_TYPE::RSMI_AVERAGE_POWER)));
        let current = (430_000_000, RSMI_POWER_TYPE::RSMI_CURRENT_POWER);
        reads(CURRENT, |at| Self.kernel(at), current, NONE, NONE)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_power_info() { 8 => 430_u32, 12 => 77_u32 });
        let current = (430_000_000, RSMI_POWER_TYPE::RSMI_CURRENT_POWER);
        answers(devices, |at| Self.amdsmi(at), current)
    }
}

impl Tested for Energy {
    fn kernel() -> Tried {
        let table =
            bytes((1, 3), &[("energy_accumulator", &[99]), ("system_clock_counter", &[1000])]);
        let silent = bytes((1, 3), &[("system_clock_counter", &[1000])]);
        let silent = Self.kernel(&Machine::new(&[("gpu_metrics", &silent)]).gpu());
        assert_eq!(silent, Told::Fails(NONE), "all ones");
        reads(&[("gpu_metrics", &table)], |at| Self.kernel(at), (99, 1000), NONE, UNEXPECTED)
    }

    fn amdsmi() -> Tried {
        let devices =
            devices!(amdsmi_get_energy_count() count: u64 = 99, unit: f32 = 15.3, time: u64 = 1000);
        answers(devices, |at| Self.amdsmi(at), (99, 1000))
    }
}

impl Tested for PowerCap {
    fn kernel() -> Tried {
        let files: Files = &[("hwmon/power1_cap", b"300000000\n")];
        reads(files, |at| Self { sensor: 0 }.kernel(at), 300_000_000, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_power_cap_info(sensor: u32 = 0) { 0 => 300_u64 });
        answers(devices, |at| Self { sensor: 0 }.amdsmi(at), 300)
    }
}

impl Tested for PowerCapDefault {
    fn kernel() -> Tried {
        let files: Files = &[("hwmon/power1_cap_default", b"310000000\n")];
        reads(files, |at| Self.kernel(at), 310_000_000, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_power_cap_info(sensor: u32 = 0) { 8 => 310_u64 });
        answers(devices, |at| Self.amdsmi(at), 310)
    }
}

const CAPS: Files = &[("hwmon/power1_cap_max", b"500\n"), ("hwmon/power1_cap_min", b"100\n")];

impl Tested for PowerCapRange {
    fn kernel() -> Tried {
        let told = Self { sensor: 0 }.kernel(&Machine::new(&CAPS[..1]).gpu());
        assert_eq!(told, Told::Value((500, Err(NONE))), "the highest is known");
        reads(CAPS, |at| Self { sensor: 0 }.kernel(at), (500, Ok(100)), NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let devices =
            devices!(amdsmi_get_power_cap_info(sensor: u32 = 0) { 24 => 100_u64, 32 => 500_u64 });
        answers(devices, |at| Self { sensor: 0 }.amdsmi(at), (500, Ok(100)))
    }
}

impl Tested for SetPowerCap {
    fn kernel() -> Tried {
        let set = |cap| Self { sensor: 0, cap }.kernel(&Machine::new(CAPS).gpu());
        for outside in [99, 501] {
            assert_eq!(set(outside), Told::Fails(INVALID), "{outside}");
        }
        for end in [100, 500] {
            let text = end.to_string();
            let written: Files = &[("hwmon/power1_cap", text.as_bytes())];
            sets(CAPS, |at| Self { sensor: 0, cap: end }.kernel(at), written, NONE, NONE);
        }
        let written: Files = &[("hwmon/power1_cap", b"300")];
        sets(CAPS, |at| Self { sensor: 0, cap: 300 }.kernel(at), written, NONE, NONE)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_set_power_cap(sensor: u32 = 0, cap: u64 = 300));
        answers(devices, |at| Self { sensor: 0, cap: 300 }.amdsmi(at), ())
    }
}

const PROFILES: Files =
    &[("pp_power_profile_mode", b"NUM MODE_NAME\n 0 BOOTUP_DEFAULT*:\n 4 VR :\n 5 CAPPED :\n")];
const VR: rsmi_power_profile_preset_masks_t =
    rsmi_power_profile_preset_masks_t::RSMI_PWR_PROF_PRST_VR_MASK;

impl Tested for PowerProfiles {
    fn kernel() -> Tried {
        let told = rsmi_power_profile_status_t {
            available_profiles: 0x50,
            current: rsmi_power_profile_preset_masks_t::RSMI_PWR_PROF_PRST_BOOTUP_DEFAULT,
            num_profiles: 3,
        };
        reads(PROFILES, |at| Self.kernel(at), told, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_gpu_power_profile_presets(first: u32 = 0) {
            0 => 0x50_u64, 8 => 0x10_u64, 16 => 2_u32
        });
        let told =
            rsmi_power_profile_status_t { available_profiles: 0x50, current: VR, num_profiles: 2 };
        answers(devices, |at| Self.amdsmi(at), told)
    }
}

impl Tested for SetPowerProfile {
    fn kernel() -> Tried {
        let written: Files = &[(LEVEL, b"manual"), ("pp_power_profile_mode", b"4")];
        sets(PROFILES, |at| Self { profile: VR }.kernel(at), written, NONE, NONE)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_set_gpu_power_profile(first: u32 = 0, profile: u64 = 0x10));
        answers(devices, |at| Self { profile: VR }.amdsmi(at), ())
    }
}
