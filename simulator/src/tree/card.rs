//! The directory of one card: what the PCI bus shows of it, and what amdgpu adds.

use super::host::{self, PciDevice};
use super::{GpuNumbers, clock, hwmon, line, metrics, partition, ras};
use crate::description::{Description, Gpu, Memory, Pcie};
use crate::files::Files;
use crate::value::PciAddress;
use std::path::Path;

/// A compute accelerator has no display; a graphics card says otherwise itself.
const PROCESSING_ACCELERATOR: u32 = 0x12_0000;
const AMD_BRIDGE: (u16, u16) = (0x1022, 0x14ab);

/// Without any driver: the PCI bus alone.
pub(super) fn write(files: &mut Files, dir: &Path, gpu: &Gpu, machine: &Description) {
    let mut bridge_dir = dir;
    for address in gpu.bridges.iter().rev() {
        bridge_dir = bridge_dir.parent().unwrap_or(bridge_dir);
        bridge(files, bridge_dir, *address, gpu.pcie.as_ref());
    }
    let vendor = gpu.vendor_id();
    let device = gpu.device.unwrap_or(0);
    let device = PciDevice {
        address: gpu.pci(),
        vendor,
        device,
        class: gpu.class.unwrap_or(PROCESSING_ACCELERATOR),
        revision: gpu.revision.unwrap_or(0),
        subsystem: (gpu.subsystem_vendor.unwrap_or(vendor), gpu.subsystem_device.unwrap_or(device)),
        driver: machine.driver.as_ref().map(|_| "amdgpu"),
    };
    device.write(files, dir);
    if let Some(pcie) = &gpu.pcie {
        link_state(files, dir, pcie);
    }
    if let Some(node) = gpu.numa_node {
        files.writable(dir.join("numa_node"), line(node));
    }
    let cores = machine.cpu.cores;
    let near = match gpu.numa_node {
        Some(node) if node >= 0 => node as u32 * cores..(node as u32 + 1) * cores,
        _ => 0..machine.cpu.nodes * cores,
    };
    if !near.is_empty() {
        files.read_only(dir.join("local_cpulist"), format!("{}-{}\n", near.start, near.end - 1));
    }
    files.read_only(dir.join("power/runtime_status"), "active\n");
    files.read_only(dir.join("power/runtime_enabled"), "forbidden\n");
    files.writable(dir.join("power/control"), "on\n");
    files.read_only(dir.join("power_state"), "D0\n");
}

fn bridge(files: &mut Files, dir: &Path, address: PciAddress, pcie: Option<&Pcie>) {
    let (vendor, device) = AMD_BRIDGE;
    let device = PciDevice {
        address,
        vendor,
        device,
        class: 0x06_0400,
        revision: 0,
        subsystem: (vendor, device),
        driver: Some("pcieport"),
    };
    device.write(files, dir);
    if let Some(pcie) = pcie {
        link_state(files, dir, pcie);
    }
}

fn link_state(files: &mut Files, dir: &Path, pcie: &Pcie) {
    let mut put = |name: &str, text: Option<String>| {
        if let Some(text) = text {
            files.read_only(dir.join(name), text);
        }
    };
    let speed = |speed: f64| format!("{speed:.1} GT/s PCIe\n");
    put("current_link_speed", pcie.current_speed.map(speed));
    put("max_link_speed", pcie.max_speed.map(speed));
    put("current_link_width", pcie.current_width.map(line));
    put("max_link_width", pcie.max_width.map(line));
}

/// What amdgpu adds.
pub(super) fn write_driver(files: &mut Files, dir: &Path, gpu: &Gpu, numbers: &GpuNumbers) {
    identity(files, dir, gpu);
    if let Some(memory) = &gpu.memory {
        self::memory(files, dir, memory);
    }
    let mut put = |name: &str, text: Option<String>| {
        if let Some(text) = text {
            files.read_only(dir.join(name), text);
        }
    };
    put("gpu_busy_percent", gpu.gpu_busy_percent.map(line));
    put("mem_busy_percent", gpu.mem_busy_percent.map(line));
    put("vcn_busy_percent", gpu.vcn_busy_percent.map(line));
    put("pcie_replay_count", gpu.pcie_replay_count.map(line));
    if let Some(pcie) = &gpu.pcie {
        let counted = pcie.received.zip(pcie.sent);
        let packet = pcie.max_packet.unwrap_or(256);
        put("pcie_bw", counted.map(|(received, sent)| format!("{received} {sent} {packet}\n")));
    }
    for (block, version) in gpu.firmware.iter().flatten() {
        put(&format!("fw_version/{block}_fw_version"), Some(format!("{version:#010x}\n")));
    }
    if let Some(level) = &gpu.performance_level {
        files.writable(dir.join("power_dpm_force_performance_level"), line(level));
        files.writable(dir.join("power_dpm_state"), "performance\n");
    }
    clock::write(files, dir, gpu);
    hwmon::write(files, dir, gpu, numbers.hwmon);
    if let Some(ras) = &gpu.ras {
        ras::write(files, dir, ras);
    }
    if let Some(bytes) = metrics(gpu).encode() {
        files.read_only(dir.join("gpu_metrics"), bytes);
    }
    if let Some((own, further)) = numbers.drm.split_first() {
        host::drm_nodes(files, dir, *own);
        for connector in gpu.drm.iter().flat_map(|drm| &drm.connectors) {
            let name = format!("card{}-{connector}", own.card);
            let place = dir.join(format!("drm/card{}/{name}", own.card));
            files.read_only(place.join("status"), "disconnected\n");
            files.link(format!("class/drm/{name}"), place);
        }
        partition::write(files, dir, gpu, further);
    }
}

fn identity(files: &mut Files, dir: &Path, gpu: &Gpu) {
    let mut put = |name: &str, text: Option<String>| {
        if let Some(text) = text {
            files.read_only(dir.join(name), text);
        }
    };
    put("unique_id", gpu.unique_id.map(|id| format!("{:016x}\n", id.0)));
    put("vbios_version", gpu.vbios_version.as_ref().map(line));
    put("product_name", gpu.product_name.as_ref().map(line));
    put("product_number", gpu.product_number.as_ref().map(line));
    put("serial_number", gpu.serial_number.as_ref().map(line));
    put("fru_id", gpu.fru_id.as_ref().map(line));
    put("manufacturer", gpu.manufacturer.as_ref().map(line));
}

fn memory(files: &mut Files, dir: &Path, memory: &Memory) {
    let mut put = |name: &str, text: Option<String>| {
        if let Some(text) = text {
            files.read_only(dir.join(format!("mem_info_{name}")), text);
        }
    };
    put("vram_total", memory.vram_total.map(line));
    put("vram_used", memory.vram_used.map(line));
    put("vis_vram_total", memory.vis_vram_total.map(line));
    put("vis_vram_used", memory.vis_vram_used.map(line));
    put("gtt_total", memory.gtt_total.map(line));
    put("gtt_used", memory.gtt_used.map(line));
    put("vram_vendor", memory.vendor.as_ref().map(line));
}
