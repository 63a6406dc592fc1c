//! hwmon: another directory after the driver was loaded again, fans that report nothing.

use super::{Laid, NOT_SUPPORTED, SUCCESS, ask};
use rsmi_compat::types::{rsmi_status_t, rsmi_temperature_metric_t};
use std::fs;

unsafe extern "C" {
    fn rsmi_dev_temp_metric_get(
        gpu: u32,
        sensor: u32,
        metric: rsmi_temperature_metric_t,
        out: *mut i64,
    ) -> rsmi_status_t;
    fn rsmi_dev_fan_rpms_get(gpu: u32, sensor: u32, out: *mut i64) -> rsmi_status_t;
    fn rsmi_dev_power_cap_get(gpu: u32, sensor: u32, out: *mut u64) -> rsmi_status_t;
}

const CARD: &str = "temperature.edge.input = 51.0\nfan = { rpm = 900, pwm = 90 }";

fn temperature() -> (rsmi_status_t, i64) {
    let now = rsmi_temperature_metric_t::RSMI_TEMP_CURRENT;
    // SAFETY: the pointer is to such a value.
    ask(-1, |out| unsafe { rsmi_dev_temp_metric_get(0, 0, now, out) })
}

fn fan() -> rsmi_status_t {
    // SAFETY: the pointer is to such a value.
    ask(-1, |out| unsafe { rsmi_dev_fan_rpms_get(0, 0, out) }).0
}

#[test]
fn sensors_are_found_again_where_the_driver_put_them() {
    let laid = Laid::out("navi31", CARD).init();
    assert_eq!(temperature(), (SUCCESS, 51_000));
    let before = laid.path("hwmon/name").parent().unwrap().to_owned();
    let after = before.with_file_name("hwmon17");
    fs::rename(&before, &after).unwrap();
    assert_eq!(temperature(), (SUCCESS, 51_000));
    // SAFETY: the pointer is to such a value.
    let cap = || ask(0, |out| unsafe { rsmi_dev_power_cap_get(0, 0, out) });
    assert_eq!(cap(), (SUCCESS, 327_000_000));
    // Away, as while the driver starts, and back.
    let away = laid.device().join("away");
    fs::rename(&after, &away).unwrap();
    assert_eq!(temperature().0, NOT_SUPPORTED);
    fs::rename(&away, &before).unwrap();
    assert_eq!((temperature(), cap().0), ((SUCCESS, 51_000), SUCCESS));
}

#[test]
fn sensors_that_were_not_there_at_first_are_found() {
    let laid = Laid::out("navi31", CARD);
    let (hwmon, away) = (laid.device().join("hwmon"), laid.device().join("away"));
    fs::rename(&hwmon, &away).unwrap();
    let _laid = laid.init();
    assert_eq!(temperature().0, NOT_SUPPORTED);
    fs::rename(&away, &hwmon).unwrap();
    assert_eq!(temperature(), (SUCCESS, 51_000));
}

#[test]
fn a_fan_that_reports_all_ones_reports_nothing() {
    let laid = Laid::out("navi31", CARD).init();
    assert_eq!(fan(), SUCCESS);
    laid.put("hwmon/fan1_input", b"65535\n");
    assert_eq!(fan(), NOT_SUPPORTED);
}
