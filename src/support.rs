//! "Is it supported?": which files of a device each function depends on, as the legacy library has it.

use crate::gpu::Gpu;
use crate::kernel::hwmon::Hwmon;
use crate::map;
use crate::types::{rsmi_clk_type_t as Clock, rsmi_memory_type_t as Memory};

/// What a client asks about when it passes a null pointer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Question {
    /// These files of the device; none means always.
    Files(&'static [&'static str]),
    /// These files of hwmon, all of them for one sensor; `#` stands for its number.
    Sensor(&'static [&'static str], u32),
    MemoryTotal(Memory),
    MemoryUsed(Memory),
    Clock(Clock),
}

pub(crate) fn supported(gpu: &Gpu, question: Question) -> bool {
    let device = gpu.device();
    let file = |name: Option<&str>| name.is_some_and(|name| device.has(name));
    match question {
        Question::Files(names) => names.iter().all(|name| device.has(name)),
        Question::Sensor(names, sensor) => {
            gpu.hwmon().is_some_and(|hwmon| has_sensor(hwmon, names, sensor))
        }
        Question::MemoryTotal(kind) => {
            file(map::MEMORY_FILES.iter().find(|row| row.0 == kind).map(|row| row.1))
        }
        Question::MemoryUsed(kind) => {
            file(map::MEMORY_FILES.iter().find(|row| row.0 == kind).map(|row| row.2))
        }
        Question::Clock(kind) => file(map::find(map::CLOCK_FILES, &kind)),
    }
}

fn has_sensor(hwmon: &Hwmon, names: &[&str], sensor: u32) -> bool {
    names.iter().all(|name| hwmon.sensors(name).contains(&sensor))
}
