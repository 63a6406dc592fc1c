//! What the driver behind /dev/dri would answer, as text that a few lines of C can read.
//!
//! Numbers go by the names that the kernel's `amdgpu_drm.h` has for them.

use crate::description::{Description, Drm, Gpu};
use crate::tree::Numbering;
use std::fmt::{Display, Write};

pub(crate) fn text(machine: &Description, numbers: &Numbering) -> String {
    let mut text = String::new();
    for (gpu, numbers) in machine.gpu.iter().zip(&numbers.gpus) {
        // A partition is asked for the same card.
        for render in numbers.drm.iter().filter_map(|card| card.render) {
            node(&mut text, render, gpu);
        }
    }
    text
}

fn node(text: &mut String, render: u32, gpu: &Gpu) {
    let mut say = |key: &str, value: Option<&dyn Display>| {
        if let Some(value) = value {
            let _ = writeln!(text, "{render} {key} {value}");
        }
    };
    let vendor = gpu.vendor_id();
    let device = gpu.device.unwrap_or(0);
    say("driver", Some(&"amdgpu"));
    say("driver_date", Some(&"20150101"));
    say("pci", Some(&gpu.pci()));
    say("vendor_id", Some(&vendor));
    say("device_id", Some(&device));
    say("subvendor_id", Some(&gpu.subsystem_vendor.unwrap_or(vendor)));
    say("subdevice_id", Some(&gpu.subsystem_device.unwrap_or(device)));
    say("pci_rev", Some(&gpu.revision.unwrap_or(0)));
    say("vbios_part_number", gpu.vbios_version.as_ref().map(display));

    let none = Drm::default();
    let drm = gpu.drm.as_ref().unwrap_or(&none);
    say("marketing_name", drm.marketing_name.as_ref().map(display));
    say("vbios_name", drm.vbios_name.as_ref().map(display));
    say("vbios_version_string", drm.vbios_version_string.as_ref().map(display));
    say("vbios_date", drm.vbios_date.as_ref().map(display));
    say("vbios_version", drm.vbios_version.as_ref().map(display));
    say("family", drm.family.as_ref().map(display));
    say("external_rev", drm.external_revision.as_ref().map(display));
    say("chip_rev", drm.chip_revision.as_ref().map(display));
    say("vram_type", drm.vram_type.as_ref().map(display));
    say("vram_bit_width", drm.vram_bit_width.as_ref().map(display));

    if let Some(kfd) = &gpu.kfd {
        let kilohertz = |megahertz: u32| u64::from(megahertz) * 1000;
        say("cu_active_number", kfd.compute_units.as_ref().map(display));
        say("num_shader_engines", kfd.shader_engines.as_ref().map(display));
        say("num_shader_arrays_per_engine", kfd.arrays_per_engine.as_ref().map(display));
        say("max_engine_clock", kfd.max_clock.map(kilohertz).as_ref().map(display));
        say("max_memory_clock", kfd.memory_clock.map(kilohertz).as_ref().map(display));
    }
    if let Some(memory) = &gpu.memory {
        say("vram_size", memory.vram_total.as_ref().map(display));
        say("vram_cpu_accessible_size", memory.vis_vram_total.as_ref().map(display));
        say("vram_used", memory.vram_used.as_ref().map(display));
        say("gtt_size", memory.gtt_total.as_ref().map(display));
    }
}

fn display(value: &impl Display) -> &dyn Display {
    value
}

#[cfg(test)]
mod tests {
    use crate::Machine;

    #[test]
    fn each_render_node_has_its_own_facts() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let machine = Machine::named("mi300x-2").expect("a built-in machine");
        let path = machine.drm_facts(dir.path()).expect("written");
        let text = std::fs::read_to_string(path).expect("read");
        let lines: Vec<_> = text.lines().collect();
        assert!(lines.contains(&"128 pci 0000:85:00.0"), "{text}");
        assert!(lines.contains(&"136 pci 0000:05:00.0"), "{text}");
        assert!(lines.contains(&"136 marketing_name AMD Instinct MI300X"), "{text}");
        assert!(lines.contains(&"128 vram_used 152345276416"), "{text}");
    }
}
