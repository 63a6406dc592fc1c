//! Both sides of what monitors watch: memory, sensors, errors, metrics, processes, and what links devices.

use super::super::*;
use super::sides::*;
use super::{Handle, NEW, device};
use crate::gpu::{Counter, Pages};
use crate::kernel::metrics::tests::bytes;
use crate::types::*;
use std::ffi::c_void;

const UNEXPECTED: rsmi_status_t = rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA;
const OUTSIDE: rsmi_status_t = rsmi_status_t::RSMI_STATUS_INPUT_OUT_OF_BOUNDS;
const VRAM: rsmi_memory_type_t = rsmi_memory_type_t::RSMI_MEM_TYPE_VRAM;
const GTT: rsmi_memory_type_t = rsmi_memory_type_t::RSMI_MEM_TYPE_GTT;

impl Tested for MemoryTotal {
    fn kernel() -> Tried {
        let banks: Files = &[(
            "class/kfd/kfd/topology/nodes/1/mem_banks/0/properties",
            b"heap_type 1\nsize_in_bytes 4096\n",
        )];
        let by_kfd = Self { kind: VRAM }.kernel(&Machine::new(banks).gpu());
        assert_eq!(by_kfd, Told::Value(4096), "a partition has no files");
        let files: Files = &[("mem_info_gtt_total", b"8192\n")];
        reads(files, |at| Self { kind: GTT }.kernel(at), 8192, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_gpu_memory_total(kind: u32 = GTT.0) out: u64 = 8192);
        answers(devices, |at| Self { kind: GTT }.amdsmi(at), 8192)
    }
}

impl Tested for MemoryUsage {
    fn kernel() -> Tried {
        let ask = |files| Self { kind: VRAM }.kernel(&Machine::new(files).gpu());
        let total: Files = &[("mem_info_vram_total", b"8192\n"), ("mem_info_vram_used", b"0\n")];
        assert_eq!((ask(total), ask(&[])), (Told::Value(0), Told::Unknown));
        let files: Files = &[("mem_info_gtt_used", b"77\n")];
        reads(files, |at| Self { kind: GTT }.kernel(at), 77, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_gpu_memory_usage(kind: u32 = VRAM.0) out: u64 = 77);
        answers(devices, |at| Self { kind: VRAM }.amdsmi(at), 77)
    }
}

impl Tested for MemoryBusy {
    fn kernel() -> Tried {
        reads(&[("mem_busy_percent", b"12\n")], |at| Self.kernel(at), 12, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        never(Self.amdsmi(&device!(NEW,)))
    }
}

const PAGE: rsmi_retired_page_record_t = rsmi_retired_page_record_t {
    page_address: 0x10,
    page_size: 0x1000,
    status: rsmi_memory_page_status_t::RSMI_MEM_PAGE_STATUS_PENDING,
};

impl Tested for BadPages {
    fn kernel() -> Tried {
        let none = Self { most: 9 }.kernel(&Machine::new(&[("ras/gpu_vram_bad_pages", b"")]).gpu());
        assert_eq!(none, Told::Value(Pages::none()), "an empty file");
        let files: Files = &[("ras/gpu_vram_bad_pages", b"0x00000010 : 0x00001000 : P\n")];
        let told = Pages { count: 1, records: vec![PAGE], outcome: Ok(()) };
        reads(files, |at| Self { most: 9 }.kernel(at), told, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        unsafe extern "C" fn page(_: Handle, count: *mut u32, records: *mut c_void) -> u32 {
            // SAFETY: the room takes the count, and the record where there is a place for it.
            unsafe {
                count.write(1);
                if !records.is_null() {
                    records.cast::<[u64; 3]>().write([0x10, 0x1000, 1]);
                }
            }
            0
        }
        unsafe extern "C" fn fails(_: Handle, _: *mut u32, _: *mut c_void) -> u32 {
            NO_PERM
        }
        let devices = [
            device!(NEW, amdsmi_get_gpu_memory_reserved_pages = page),
            device!(NEW, amdsmi_get_gpu_memory_reserved_pages = fails),
        ];
        let told = Pages { count: 1, records: vec![PAGE], outcome: Ok(()) };
        answers(devices, |at| Self { most: 9 }.amdsmi(at), told)
    }
}

impl Tested for Temperature {
    fn kernel() -> Tried {
        let question =
            |place| Self { place, metric: rsmi_temperature_metric_t::RSMI_TEMP_CRITICAL };
        let files: Files =
            &[("hwmon/temp2_label", b"junction\n"), ("hwmon/temp2_crit", b"100500\n")];
        let table = bytes((1, 3), &[("temperature_hbm", &[40, 41])]);
        let memory = |place, metric| {
            Self { place, metric }.kernel(&Machine::new(&[("gpu_metrics", &table)]).gpu())
        };
        let current = rsmi_temperature_metric_t::RSMI_TEMP_CURRENT;
        assert_eq!(
            (memory(4, current), memory(5, current)),
            (Told::Value(41_000), Told::Fails(NONE))
        );
        let critical = memory(4, rsmi_temperature_metric_t::RSMI_TEMP_CRITICAL);
        assert_eq!(
            critical,
            Told::Fails(NONE),
            "of a stack of memory there is only the current one"
        );
        let strange = question(7).kernel(&Machine::new(files).gpu());
        assert_eq!(strange, Told::Fails(rsmi_status_t::RSMI_STATUS_INTERNAL_EXCEPTION));
        reads(files, |at| question(1).kernel(at), 100_500, NONE, NONE)
    }

    fn amdsmi() -> Tried {
        let devices =
            devices!(amdsmi_get_temp_metric(place: u32 = 1, measure: u32 = 0) out: i64 = -3);
        let metric = rsmi_temperature_metric_t::RSMI_TEMP_CURRENT;
        answers(devices, |at| Self { place: 1, metric }.amdsmi(at), -3000)
    }
}

const BOARD: rsmi_voltage_type_t = rsmi_voltage_type_t::RSMI_VOLT_TYPE_VDDBOARD;
const HIGHEST: rsmi_voltage_metric_t = rsmi_voltage_metric_t::RSMI_VOLT_HIGHEST;

impl Tested for Voltage {
    fn kernel() -> Tried {
        let files: Files = &[("hwmon/in2_label", b"vddboard\n"), ("hwmon/in2_highest", b"53000\n")];
        let ask = |at: &Gpu| Self { kind: BOARD, metric: HIGHEST }.kernel(at);
        reads(files, ask, 53_000, NONE, NONE)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(
            amdsmi_get_gpu_volt_metric(kind: u32 = BOARD.0, measure: u32 = HIGHEST.0) out: i64 = 53
        );
        answers(devices, |at| Self { kind: BOARD, metric: HIGHEST }.amdsmi(at), 53)
    }
}

impl Tested for FanRpms {
    fn kernel() -> Tried {
        let silent: Files = &[("hwmon/fan1_input", b"65535\n")];
        let silent = Self { sensor: 0 }.kernel(&Machine::new(silent).gpu());
        assert_eq!(silent, Told::Fails(NONE), "16 ones");
        let files: Files = &[("hwmon/fan2_input", b"1300\n")];
        reads(files, |at| Self { sensor: 1 }.kernel(at), 1300, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_gpu_fan_rpms(sensor: u32 = 1) out: i64 = 1300);
        answers(devices, |at| Self { sensor: 1 }.amdsmi(at), 1300)
    }
}

impl Tested for FanSpeed {
    fn kernel() -> Tried {
        let files: Files = &[("hwmon/pwm1", b"128\n")];
        reads(files, |at| Self { sensor: 0 }.kernel(at), 128, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_gpu_fan_speed(sensor: u32 = 0) out: i64 = 128);
        answers(devices, |at| Self { sensor: 0 }.amdsmi(at), 128)
    }
}

impl Tested for FanSpeedMax {
    fn kernel() -> Tried {
        let files: Files = &[("hwmon/pwm1_max", b"255\n")];
        reads(files, |at| Self { sensor: 0 }.kernel(at), 255, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_gpu_fan_speed_max(sensor: u32 = 0) out: u64 = 255);
        answers(devices, |at| Self { sensor: 0 }.amdsmi(at), 255)
    }
}

impl Tested for SetFanSpeed {
    fn kernel() -> Tried {
        let files: Files = &[("hwmon/pwm1_max", b"255\n")];
        let set = |speed| Self { sensor: 0, speed }.kernel(&Machine::new(files).gpu());
        assert_eq!((set(256), set(255)), (Told::Fails(OUTSIDE), Told::Fails(NONE)));
        // A fan whose speed is refused goes back to the driver.
        let manual = Machine::new(&[files[0], ("hwmon/pwm1_enable", b"2\n")]);
        assert_eq!(Self { sensor: 0, speed: 9 }.kernel(&manual.gpu()), Told::Fails(NONE));
        assert_eq!(manual.content("hwmon/pwm1_enable"), "2");
        let written: Files = &[("hwmon/pwm1_enable", b"1"), ("hwmon/pwm1", b"255")];
        sets(files, |at| Self { sensor: 0, speed: 255 }.kernel(at), written, NONE, NONE)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_set_gpu_fan_speed(sensor: u32 = 0, speed: u64 = 200));
        answers(devices, |at| Self { sensor: 0, speed: 200 }.amdsmi(at), ())
    }
}

impl Tested for ResetFan {
    fn kernel() -> Tried {
        let written: Files = &[("hwmon/pwm2_enable", b"2")];
        sets(&[], |at| Self { sensor: 1 }.kernel(at), written, NONE, NONE)
    }

    fn amdsmi() -> Tried {
        answers(
            devices!(amdsmi_reset_gpu_fan(sensor: u32 = 1)),
            |at| Self { sensor: 1 }.amdsmi(at),
            (),
        )
    }
}

const UMC: rsmi_gpu_block_t = rsmi_gpu_block_t::RSMI_GPU_BLOCK_UMC;
const COUNT: rsmi_error_count_t = rsmi_error_count_t { correctable_err: 5, uncorrectable_err: 2 };

impl Tested for ErrorCount {
    fn kernel() -> Tried {
        let aca: Files = &[("ras/aca_umc", b"ue: 2\nce: 5\nde: 1\n")];
        let told = Self { block: UMC }.kernel(&Machine::new(aca).gpu());
        assert_eq!(told, Told::Value(COUNT), "a newer card's file");
        let files: Files = &[("ras/umc_err_count", b"ue: 2\nce: 5\n")];
        reads(files, |at| Self { block: UMC }.kernel(at), COUNT, NONE, NONE)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_gpu_ecc_count(block: u64 = 1) { 0 => 5_u64, 8 => 2_u64 });
        answers(devices, |at| Self { block: UMC }.amdsmi(at), COUNT)
    }
}

const FEATURES: Files = &[("ras/features", b"feature mask: 0x5\n")];

impl Tested for ErrorFeatures {
    fn kernel() -> Tried {
        let odd = Self.kernel(&Machine::new(&[("ras/features", b"mask: 0x5\n")]).gpu());
        assert_eq!(odd, Told::Fails(UNEXPECTED));
        reads(FEATURES, |at| Self.kernel(at), 5, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        answers(devices!(amdsmi_get_gpu_ecc_enabled() out: u64 = 5), |at| Self.amdsmi(at), 5)
    }
}

impl Tested for ErrorState {
    fn kernel() -> Tried {
        let ask =
            |block| Self { block: rsmi_gpu_block_t(block) }.kernel(&Machine::new(FEATURES).gpu());
        let off = rsmi_ras_err_state_t::RSMI_RAS_ERR_STATE_DISABLED;
        let invalid = rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
        assert_eq!((ask(2), ask(3)), (Told::Value(off), Told::Fails(invalid)));
        let on = rsmi_ras_err_state_t::RSMI_RAS_ERR_STATE_ENABLED;
        reads(FEATURES, |at| Self { block: UMC }.kernel(at), on, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let on = rsmi_ras_err_state_t::RSMI_RAS_ERR_STATE_ENABLED;
        let devices = devices!(amdsmi_get_gpu_ecc_status(block: u64 = 1) out: u32 = 6);
        answers(devices, |at| Self { block: UMC }.amdsmi(at), on)
    }
}

impl Tested for XgmiError {
    fn kernel() -> Tried {
        let odd = Self.kernel(&Machine::new(&[("xgmi_error", b"3\n")]).gpu());
        assert_eq!(odd, Told::Fails(rsmi_status_t::RSMI_STATUS_UNKNOWN_ERROR));
        let many = rsmi_xgmi_status_t::RSMI_XGMI_STATUS_MULTIPLE_ERRORS;
        reads(&[("xgmi_error", b"2\n")], |at| Self.kernel(at), many, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let many = rsmi_xgmi_status_t::RSMI_XGMI_STATUS_MULTIPLE_ERRORS;
        answers(devices!(amdsmi_gpu_xgmi_error_status() out: u32 = 2), |at| Self.amdsmi(at), many)
    }
}

impl Tested for ResetXgmiError {
    fn kernel() -> Tried {
        reads(&[("xgmi_error", b"2\n")], |at| Self.kernel(at), (), NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        answers(devices!(amdsmi_reset_gpu_xgmi_error()), |at| Self.amdsmi(at), ())
    }
}

impl Tested for Reset {
    fn kernel() -> Tried {
        // To read the file is what resets; the card's number is in its path.
        let card = ("drm/card7/dev", &b""[..]);
        let file = ("kernel/debug/dri/7/amdgpu_gpu_recover", &b"gpu recover\n"[..]);
        let told = |files: Files| Self.kernel(&Machine::new(files).gpu());
        assert_eq!((told(&[card]), told(&[file])), (Told::Fails(NONE), Told::Fails(NONE)));
        tried(told(&[card, file]), (), told(&[]), Told::Fails(NONE))
    }

    fn amdsmi() -> Tried {
        answers(devices!(amdsmi_reset_gpu()), |at| Self.amdsmi(at), ())
    }
}

const XGMI: rsmi_event_group_t = rsmi_event_group_t::RSMI_EVNT_GRP_XGMI;

impl Tested for CounterGroup {
    fn kernel() -> Tried {
        let files: Files =
            &[("drm/card7/dev", b""), ("bus/event_source/devices/amdgpu_df_7/type", b"9\n")];
        let told = |group| Self { group }.kernel(&Machine::new(files).gpu());
        let other = told(rsmi_event_group_t::RSMI_EVNT_GRP_XGMI_DATA_OUT);
        tried(told(XGMI), (), other, Told::Fails(NONE))
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_gpu_counter_group_supported(group: u32 = 0));
        answers(devices, |at| Self { group: XGMI }.amdsmi(at), ())
    }
}

impl Tested for FreeCounters {
    fn kernel() -> Tried {
        let unknown =
            Self { group: XGMI }.kernel(&Machine::new(&[("df_cntr_avail", b"4294967295\n")]).gpu());
        assert_eq!(unknown, Told::Fails(NONE));
        let ask = |at: &Gpu| Self { group: XGMI }.kernel(at);
        reads(&[("df_cntr_avail", b"4\n")], ask, 4, NONE, REFUSED)
    }

    fn amdsmi() -> Tried {
        let devices = devices!(amdsmi_get_gpu_available_counters(group: u32 = 0) out: u32 = 4);
        answers(devices, |at| Self { group: XGMI }.amdsmi(at), 4)
    }
}

impl Tested for CreateCounter {
    fn kernel() -> Tried {
        let event = rsmi_event_type_t::RSMI_EVNT_XGMI_0_NOP_TX;
        let told = |files, event| {
            let counter = Self { event }.kernel(&Machine::new(files).gpu());
            counter.map(|counter| matches!(counter, Counter::Kernel(_)))
        };
        let card: Files = &[("drm/card7/dev", b"")];
        let strange = told(card, rsmi_event_type_t(99));
        assert_eq!(strange, Told::Fails(rsmi_status_t::RSMI_STATUS_INVALID_ARGS));
        tried(told(card, event), true, told(&[], event), Told::Fails(NONE))
    }

    fn amdsmi() -> Tried {
        let event = rsmi_event_type_t::RSMI_EVNT_XGMI_0_NOP_TX;
        let devices = devices!(amdsmi_gpu_create_counter(number: u32 = 0) out: u64 = 0x7f00);
        let ask = |at: &amdsmi::Device| {
            Self { event }.amdsmi(at).map(|counter| matches!(counter, Counter::Amdsmi(_)))
        };
        answers(devices, ask, true)
    }
}

impl Tested for Listen {
    fn kernel() -> Tried {
        // To hear something takes a /dev/kfd, which the lab has a double of.
        let told = Self.kernel(&Machine::new(&[]).gpu());
        let there = std::path::Path::new("/dev/kfd").exists();
        no(told, if there { told } else { Told::Fails(NO_KFD) })
    }

    fn amdsmi() -> Tried {
        answers(devices!(amdsmi_init_gpu_event_notification()), |at| Self.amdsmi(at), Ear::Amdsmi)
    }
}

const NO_KFD: rsmi_status_t = rsmi_status_t::RSMI_STATUS_FILE_ERROR;
