//! What the crate nvml-wrapper is told of each GPU: a line each, with the value or the error.

use nvml_wrapper::Nvml;
use nvml_wrapper::enum_wrappers::device::{
    Clock, EccCounter, MemoryError, PcieUtilCounter, TemperatureSensor, TemperatureThreshold,
};
use std::fmt::Debug;

fn show<T: Debug, E: Debug>(gpu: u32, what: &str, answer: Result<T, E>) {
    match answer {
        Ok(value) => println!("{gpu} {what} = {value:?}"),
        Err(error) => println!("{gpu} {what} failed: {error:?}"),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let nvml = Nvml::init()?;
    println!("driver {}", nvml.sys_driver_version()?);
    println!("count {}", nvml.device_count()?);
    for index in 0..nvml.device_count()? {
        let gpu = nvml.device_by_index(index)?;
        show(index, "name", gpu.name());
        show(index, "uuid", gpu.uuid());
        show(index, "serial", gpu.serial());
        show(index, "brand", gpu.brand());
        show(index, "architecture", gpu.architecture());
        show(index, "index", gpu.index());
        show(index, "minor", gpu.minor_number());
        show(index, "pci", gpu.pci_info());
        show(index, "vbios", gpu.vbios_version());
        let memory = gpu.memory_info();
        if let Ok(memory) = &memory {
            println!("{index} total {}", memory.total);
            println!("{index} used {}", memory.used);
        }
        show(index, "memory", memory);
        show(index, "bar1", gpu.bar1_memory_info());
        show(index, "power", gpu.power_usage());
        show(index, "limit", gpu.enforced_power_limit());
        show(index, "limits", gpu.power_management_limit_constraints());
        show(index, "default limit", gpu.power_management_limit_default());
        show(index, "energy", gpu.total_energy_consumption());
        show(index, "temperature", gpu.temperature(TemperatureSensor::Gpu));
        show(index, "threshold", gpu.temperature_threshold(TemperatureThreshold::Slowdown));
        show(index, "utilization", gpu.utilization_rates());
        show(index, "encoder", gpu.encoder_utilization());
        show(index, "decoder", gpu.decoder_utilization());
        show(index, "fans", gpu.num_fans());
        show(index, "fan", gpu.fan_speed(0));
        show(index, "graphics clock", gpu.clock_info(Clock::Graphics));
        show(index, "memory clock", gpu.clock_info(Clock::Memory));
        show(index, "video clock", gpu.clock_info(Clock::Video));
        show(index, "highest clock", gpu.max_clock_info(Clock::Graphics));
        show(index, "memory clocks", gpu.supported_memory_clocks());
        show(index, "link", gpu.current_pcie_link_gen());
        show(index, "lanes", gpu.current_pcie_link_width());
        show(index, "replays", gpu.pcie_replay_counter());
        show(index, "traffic", gpu.pcie_throughput(PcieUtilCounter::Send));
        show(index, "ecc", gpu.is_ecc_enabled());
        let (kind, counter) = (MemoryError::Uncorrected, EccCounter::Volatile);
        show(index, "errors", gpu.total_ecc_errors(kind, counter));
        show(index, "throttled", gpu.current_throttle_reasons());
        show(index, "performance", gpu.performance_state());
        show(index, "compute mode", gpu.compute_mode());
        show(index, "capability", gpu.cuda_compute_capability());
        show(index, "computing", gpu.running_compute_processes());
        show(index, "drawing", gpu.running_graphics_processes());
        show(index, "persistent", gpu.is_in_persistent_mode());
        show(index, "on many boards", gpu.is_multi_gpu_board());
    }
    Ok(())
}
