//! What is chosen: levels, profiles and fans, as a client of ROCm 6.4, which a virtual machine does not
//! refuse.

mod common;
#[path = "common/laid.rs"]
mod laid;

use laid::{INVALID_ARGS, Laid, NOT_SUPPORTED, SUCCESS, SYS};
use rsmi_compat::types::{
    rsmi_clk_type_t, rsmi_power_profile_preset_masks_t as Profile, rsmi_status_t,
};

/// What the environment says to the library.
pub const ENVIRONMENT: &[(&str, &str)] = &[("RSMI_COMPAT_ABI", "6.4")];

unsafe extern "C" {
    fn rsmi_dev_gpu_clk_freq_set(gpu: u32, kind: rsmi_clk_type_t, mask: u64) -> rsmi_status_t;
    fn rsmi_dev_pci_bandwidth_set(gpu: u32, mask: u64) -> rsmi_status_t;
    fn rsmi_dev_power_profile_set(gpu: u32, reserved: u32, profile: Profile) -> rsmi_status_t;
    fn rsmi_dev_fan_speed_set(gpu: u32, sensor: u32, speed: u64) -> rsmi_status_t;
}

const LEVEL: &str = "power_dpm_force_performance_level";

fn choose(mask: u64) -> rsmi_status_t {
    // SAFETY: takes no pointer.
    unsafe { rsmi_dev_gpu_clk_freq_set(0, SYS, mask) }
}

fn choose_link(mask: u64) -> rsmi_status_t {
    // SAFETY: takes no pointer.
    unsafe { rsmi_dev_pci_bandwidth_set(0, mask) }
}

#[test]
fn the_level_of_deep_sleep_is_none_to_choose() {
    let laid = Laid::with("mi300x", &[("pp_dpm_sclk", b"S: 130Mhz *\n0: 600Mhz\n1: 2000Mhz\n")]);
    let before = laid.get(LEVEL);
    assert_eq!(choose(0b100), INVALID_ARGS);
    assert_eq!((choose(0), choose(1 << 40)), (INVALID_ARGS, INVALID_ARGS));
    assert_eq!(laid.get(LEVEL), before, "nothing is written");
    assert_eq!((choose(0b111), laid.get("pp_dpm_sclk")), (SUCCESS, "0 1 ".into()));
    assert_eq!(laid.get(LEVEL), "manual");
}

#[test]
fn levels_are_chosen_by_the_files_own_numbers() {
    let laid = Laid::with("navi31", &[("pp_dpm_sclk", b"S: 480Mhz\n1: 800Mhz *\n2: 2100Mhz")]);
    assert_eq!(choose(0b001), INVALID_ARGS);
    assert_eq!((choose(0b110), laid.get("pp_dpm_sclk")), (SUCCESS, "1 2 ".into()));
}

#[test]
fn levels_of_a_link_are_those_of_its_table() {
    let table = b"0: 2.5GT/s, x1 80Mhz \n1: 8.0GT/s, x8 300Mhz \n2: 16.0GT/s, x8 300Mhz \n";
    let laid = Laid::with("navi31", &[("pp_dpm_pcie", table)]);
    assert_eq!(choose_link(0b1000), INVALID_ARGS);
    assert_eq!((choose_link(0b110), laid.get("pp_dpm_pcie")), (SUCCESS, "1 2 ".into()));
}

#[test]
fn levels_that_were_made_up_are_none_to_choose() {
    for speed in ["16.0", "32.0"] {
        let laid = Laid::out("mi300x", &format!("pcie = {{ current_speed = {speed} }}"));
        laid.put("pp_dpm_pcie", b"");
        let laid = laid.init();
        let before = laid.get(LEVEL);
        assert_eq!((choose_link(1), laid.get(LEVEL)), (NOT_SUPPORTED, before));
        assert_eq!(laid.get("pp_dpm_pcie"), "", "{speed}");
    }
}

/// What the driver is given for a profile of this table.
fn profile(table: &str, profile: Profile) -> String {
    let laid = Laid::with("navi31", &[("pp_power_profile_mode", table.as_bytes())]);
    // SAFETY: takes no pointer.
    assert_eq!(unsafe { rsmi_dev_power_profile_set(0, 0, profile) }, SUCCESS);
    laid.get("pp_power_profile_mode")
}

#[test]
fn profiles_are_chosen_by_the_drivers_number() {
    let row =
        "          0 BOOTUP_DEFAULT* 1 3D_FULL_SCREEN  5 COMPUTE         7 WINDOW_3D  \nX  0  0";
    assert_eq!(profile(row, Profile::RSMI_PWR_PROF_PRST_COMPUTE_MASK), "5");
    let apart =
        "        3 VIDEO         * 4 VR              6 CUSTOM          \nX     0    1    2\n";
    assert_eq!(profile(apart, Profile::RSMI_PWR_PROF_PRST_VR_MASK), "4");
    let bare = " 1 3D_FULL_SCREEN*\n 3          VIDEO \n 5        COMPUTE \n";
    assert_eq!(profile(bare, Profile::RSMI_PWR_PROF_PRST_3D_FULL_SCR_MASK), "1");
    let headed = "NUM        MODE_NAME\n  0   BOOTUP_DEFAULT :\n  4 VR*:\n";
    assert_eq!(profile(headed, Profile::RSMI_PWR_PROF_PRST_BOOTUP_DEFAULT), "0");
}

const FAN: &str = "fan = { rpm = 900, pwm = 90 }";

#[test]
fn a_fan_is_driven_where_the_driver_has_put_it() {
    let laid = Laid::out("navi31", FAN).init();
    // SAFETY: takes no pointer.
    let set = |speed| unsafe { rsmi_dev_fan_speed_set(0, 0, speed) };
    assert_eq!((set(33), laid.get("hwmon/pwm1")), (SUCCESS, "33".into()));
    let before = laid.path("hwmon/name").parent().unwrap().to_owned();
    std::fs::rename(&before, before.with_file_name("hwmon17")).unwrap();
    assert_eq!((set(44), laid.get("hwmon/pwm1")), (SUCCESS, "44".into()));
}

#[test]
fn a_fan_whose_speed_is_refused_is_given_back() {
    let laid = Laid::out("navi31", FAN).init();
    assert_eq!(laid.get("hwmon/pwm1_enable").trim(), "2");
    // What can be opened and takes nothing.
    laid.link("hwmon/pwm1", "/dev/full");
    // SAFETY: takes no pointer.
    assert_eq!(unsafe { rsmi_dev_fan_speed_set(0, 0, 90) }, NOT_SUPPORTED);
    assert_eq!(laid.get("hwmon/pwm1_enable").trim(), "2");
}
