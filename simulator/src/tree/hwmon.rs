//! The sensors: `hwmon/hwmonN` of a card.

use super::line;
use crate::description::{Fan, Gpu, Power, Temperature};
use crate::files::Files;
use std::path::Path;

pub(super) fn write(files: &mut Files, device: &Path, gpu: &Gpu, number: u32) {
    let sensors = gpu.temperature.is_some()
        || gpu.power.is_some()
        || gpu.fan.is_some()
        || gpu.voltage.is_some();
    if !sensors {
        return;
    }
    let dir = device.join(format!("hwmon/hwmon{number}"));
    files.read_only(dir.join("name"), "amdgpu\n");
    files.link(dir.join("device"), device);
    files.link(dir.join("subsystem"), "class/hwmon");
    files.link(format!("class/hwmon/hwmon{number}"), &dir);

    if let Some(all) = &gpu.temperature {
        // The number belongs to the kind: a card without an edge sensor starts at 2.
        for (number, label, sensor) in
            [(1, "edge", &all.edge), (2, "junction", &all.junction), (3, "mem", &all.mem)]
        {
            if let Some(sensor) = sensor {
                temperature(files, &dir, &format!("temp{number}"), label, sensor);
            }
        }
    }
    if let Some(power) = &gpu.power {
        self::power(files, &dir, power);
    }
    if let Some(fan) = &gpu.fan {
        self::fan(files, &dir, fan);
    }
    let voltage = gpu.voltage.as_ref();
    for (number, label, millivolts) in [
        (0, "vddgfx", voltage.and_then(|voltage| voltage.vddgfx)),
        (1, "vddnb", voltage.and_then(|voltage| voltage.vddnb)),
    ] {
        if let Some(millivolts) = millivolts {
            files.read_only(dir.join(format!("in{number}_input")), line(millivolts));
            files.read_only(dir.join(format!("in{number}_label")), line(label));
        }
    }
    for (number, (name, clock)) in
        gpu.clocks().filter(|(name, _)| ["sclk", "mclk"].contains(name)).enumerate()
    {
        if let Some(now) = clock.current {
            let number = number + 1;
            let hertz = u64::from(now) * 1_000_000;
            files.read_only(dir.join(format!("freq{number}_input")), line(hertz));
            files.read_only(dir.join(format!("freq{number}_label")), line(name));
        }
    }
}

fn temperature(files: &mut Files, dir: &Path, prefix: &str, label: &str, sensor: &Temperature) {
    files.read_only(dir.join(format!("{prefix}_label")), line(label));
    for (suffix, degrees) in [
        ("input", sensor.input),
        ("crit", sensor.crit),
        ("crit_hyst", sensor.crit_hyst),
        ("emergency", sensor.emergency),
    ] {
        if let Some(degrees) = degrees {
            let millidegrees = (degrees * 1000.0).round() as i64;
            files.read_only(dir.join(format!("{prefix}_{suffix}")), line(millidegrees));
        }
    }
}

fn power(files: &mut Files, dir: &Path, power: &Power) {
    if let Some(label) = &power.label {
        files.read_only(dir.join("power1_label"), line(label));
    }
    for (suffix, watts) in [
        ("average", power.average),
        ("input", power.input),
        ("cap_min", power.cap_min),
        ("cap_max", power.cap_max),
        ("cap_default", power.cap_default),
        ("cap", power.cap),
    ] {
        if let Some(watts) = watts {
            let microwatts = (watts * 1e6).round() as u64;
            let path = dir.join(format!("power1_{suffix}"));
            if suffix == "cap" {
                files.writable(path, line(microwatts));
            } else {
                files.read_only(path, line(microwatts));
            }
        }
    }
}

fn fan(files: &mut Files, dir: &Path, fan: &Fan) {
    if let Some(pwm) = fan.pwm {
        files.writable(dir.join("pwm1"), line(pwm));
        files.read_only(dir.join("pwm1_min"), "0\n");
        files.read_only(dir.join("pwm1_max"), "255\n");
        files.writable(dir.join("pwm1_enable"), line(if fan.manual { 1 } else { 2 }));
    }
    let Some(rpm) = fan.rpm else { return };
    files.read_only(dir.join("fan1_input"), line(rpm));
    files.writable(dir.join("fan1_target"), line(rpm));
    files.writable(dir.join("fan1_enable"), line(u8::from(fan.manual)));
    for (suffix, rpm) in [("min", fan.rpm_min), ("max", fan.rpm_max)] {
        if let Some(rpm) = rpm {
            files.read_only(dir.join(format!("fan1_{suffix}")), line(rpm));
        }
    }
}
