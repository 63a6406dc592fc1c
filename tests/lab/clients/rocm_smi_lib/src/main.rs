//! All that the crate rocm_smi_lib tells of every device, a line for each field.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rocm_smi_lib::{
    RocmErr, RocmSmi, RsmiClkType, RsmiTemperatureMetric, RsmiTemperatureType, RsmiVoltageMetric,
};

const SENSORS: [RsmiTemperatureType; 7] = [
    RsmiTemperatureType::Edge,
    RsmiTemperatureType::Junction,
    RsmiTemperatureType::Memory,
    RsmiTemperatureType::Hbm0,
    RsmiTemperatureType::Hbm1,
    RsmiTemperatureType::Hbm2,
    RsmiTemperatureType::Hbm3,
];

const TEMPERATURES: [RsmiTemperatureMetric; 13] = [
    RsmiTemperatureMetric::Current,
    RsmiTemperatureMetric::Max,
    RsmiTemperatureMetric::Min,
    RsmiTemperatureMetric::MaxHyst,
    RsmiTemperatureMetric::MinHyst,
    RsmiTemperatureMetric::Critical,
    RsmiTemperatureMetric::CriticalHyst,
    RsmiTemperatureMetric::Emergency,
    RsmiTemperatureMetric::EmergencyHyst,
    RsmiTemperatureMetric::CritMin,
    RsmiTemperatureMetric::CritMinHyst,
    RsmiTemperatureMetric::Offset,
    RsmiTemperatureMetric::Lowest,
];

const VOLTAGES: [RsmiVoltageMetric; 8] = [
    RsmiVoltageMetric::Current,
    RsmiVoltageMetric::Max,
    RsmiVoltageMetric::MinCrit,
    RsmiVoltageMetric::Min,
    RsmiVoltageMetric::MaxCrit,
    RsmiVoltageMetric::Average,
    RsmiVoltageMetric::Lowest,
    RsmiVoltageMetric::Highest,
];

const CLOCKS: [RsmiClkType; 6] = [
    RsmiClkType::RsmiClkTypeSys,
    RsmiClkType::RsmiClkTypeDf,
    RsmiClkType::RsmiClkTypeDcef,
    RsmiClkType::RsmiClkTypeSoc,
    RsmiClkType::RsmiClkTypeMem,
    RsmiClkType::RsmiClkTypePcie,
];

/// The crate itself trips over some answers; that is its answer then.
fn tell<T: Debug>(name: impl Debug, device: u32, ask: impl FnOnce() -> T) {
    let text = catch_unwind(AssertUnwindSafe(|| format!("{:#?}", ask())));
    for line in text.unwrap_or_else(|_| "panics".to_owned()).lines() {
        println!("{device} {name:?}: {line}");
    }
}

/// What was made a text already, since it holds on to the interface.
struct Text(String);

impl Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

fn main() -> Result<(), RocmErr> {
    std::panic::set_hook(Box::new(|_| {}));
    let mut smi = RocmSmi::init()?;
    tell("version", 0, || smi.get_rsmi_version());
    tell("driver", 0, || smi.get_rsmi_driver_version());
    for at in 0..smi.get_device_count() {
        tell("identifiers", at, || smi.get_device_identifiers(at));
        tell("pcie", at, || smi.get_device_pcie_data(at));
        tell("power", at, || Text(format!("{:#?}", smi.get_device_power_data(at))));
        tell("memory", at, || smi.get_device_memory_data(at));
        tell("fans", at, || Text(format!("{:#?}", smi.get_device_fans_data(at))));
        tell("busy", at, || smi.get_device_busy_percent(at));
        tell("counters", at, || smi.get_device_performance_countes(at));
        tell("level", at, || smi.get_device_performance_level(at));
        tell("overdrive", at, || smi.get_device_overdrive_levels(at));
        tell("curve", at, || smi.get_device_frequency_voltage_curve(at));
        tell("metrics", at, || smi.get_device_full_metrics(at));
        tell("errors", at, || smi.get_device_ecc_data(at));
        tell("vbios", at, || smi.get_device_rsmi_vbios_version(at));
        tell("node", at, || smi.get_device_topo_numa_node_number(at));
        tell("functions", at, || smi.get_supported_fn(at));
        for sensor in SENSORS {
            for metric in TEMPERATURES {
                let ask = || smi.get_device_temperature_metric(at, sensor, metric);
                tell(("temperature", sensor, metric), at, ask);
            }
        }
        for metric in VOLTAGES {
            tell(("voltage", metric), at, || smi.get_device_voltage_metric(at, metric));
        }
        for clock in CLOCKS {
            tell(("clock", clock), at, || smi.get_device_frequency(at, clock));
        }
    }
    Ok(())
}
