//! One device: a method for each question, in rsmi's units, and the choice of what answers it.

use crate::amdsmi::{Handle, Key, Plain, Release, Session, Symbols};
use crate::generation::Generation;
use crate::kernel::dpm::Table;
use crate::kernel::hwmon::Hwmon;
use crate::kernel::kfd::{self, Link, Node};
use crate::kernel::metrics::Metrics;
use crate::kernel::pci_ids::{self, Wanted};
use crate::kernel::{Dir, number};
use crate::log;
use crate::map;
use crate::status::{Reply, Result};
use crate::types::{
    RSMI_IO_LINK_TYPE, RSMI_POWER_TYPE, rsmi_clk_type_t, rsmi_dev_perf_level_t, rsmi_memory_type_t,
    rsmi_status_t, rsmi_temperature_metric_t, rsmi_temperature_type_t,
};
use once_cell::sync::OnceCell;
use parking_lot::Mutex;
use std::sync::Arc;

const NOT_SUPPORTED: rsmi_status_t = rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED;
const INVALID_ARGS: rsmi_status_t = rsmi_status_t::RSMI_STATUS_INVALID_ARGS;

/// The energy counter's step in µJ. The hardware's is 15.259; clients get what they always got.
pub(crate) const ENERGY_RESOLUTION: f32 = 15.3;

pub(crate) struct Gpu {
    /// The device's directory, that of its render node.
    device: Dir,
    hwmon: Option<Hwmon>,
    node: Node,
    identity: Identity,
    names: Names,
    session: Arc<Session>,
    key: Key,
    generation: Generation,
    /// Held during a call where the client asked for BUSY instead of waiting.
    pub(crate) claimed: Mutex<()>,
}

/// What cannot change while the library is initialised, as the files said at rsmi_init.
struct Identity {
    device: Result<u16>,
    vendor: Result<u16>,
    revision: Result<u16>,
    subdevice: Result<u16>,
    subvendor: Result<u16>,
    unique: Result<u64>,
    product: Result<Vec<u8>>,
    serial: Result<Vec<u8>>,
    vbios: Result<Vec<u8>>,
    numa_node: Result<i32>,
    render_minor: u32,
}

/// Names out of pci.ids, looked up when they are first asked for.
#[derive(Default)]
struct Names {
    device: OnceCell<Vec<u8>>,
    vendor: OnceCell<Vec<u8>>,
    subsystem: OnceCell<Vec<u8>>,
}

impl Identity {
    fn read(device: &Dir, node: &Node, generation: Generation) -> Self {
        let id = |name| -> Result<u16> {
            let value = number::lenient(&device.word(name)?, 16);
            u16::try_from(value).map_err(|_| rsmi_status_t::RSMI_STATUS_UNEXPECTED_SIZE)
        };
        let from_kfd = |name| node.property(name).ok_or(NOT_SUPPORTED);
        // Partitions have no such files; only clients of ROCm 7 were told of KFD's ids.
        let id_or_kfd = |name, property| match id(name) {
            Err(_) if generation.is_seven() => from_kfd(property).map(|id| id as u16),
            id => id,
        };
        Self {
            device: id_or_kfd("device", "device_id"),
            vendor: id_or_kfd("vendor", "vendor_id"),
            revision: id("revision"),
            subdevice: id("subsystem_device"),
            subvendor: id("subsystem_vendor"),
            unique: device.number("unique_id", 16).or_else(|status| match status {
                // The file is there and says nonsense: the original gives up.
                rsmi_status_t::RSMI_STATUS_INTERNAL_EXCEPTION => Err(status),
                _ => from_kfd("unique_id"),
            }),
            product: device.line("product_name"),
            serial: device.word("serial_number"),
            vbios: device.word("vbios_version"),
            numa_node: device.word("numa_node").and_then(|text| number::int(&text)),
            render_minor: render_minor(device),
        }
    }
}

/// The number of the device's render node; 0 where it has none.
fn render_minor(device: &Dir) -> u32 {
    let names = device.join("drm").names().unwrap_or_default();
    names
        .iter()
        .filter_map(|name| name.strip_prefix("renderD")?.parse().ok())
        .find(|minor| *minor != 0)
        .unwrap_or(0)
}

impl Gpu {
    pub(crate) fn new(
        sysfs: &Dir,
        node: Node,
        session: Arc<Session>,
        key: Key,
        generation: Generation,
    ) -> Self {
        let device = sysfs.join(&format!("class/drm/renderD{}/device", node.render_minor));
        Self {
            hwmon: Hwmon::of(&device),
            identity: Identity::read(&device, &node, generation),
            names: Names::default(),
            device,
            node,
            session,
            key,
            generation,
            claimed: Mutex::new(()),
        }
    }

    pub(crate) fn device(&self) -> &Dir {
        &self.device
    }

    pub(crate) fn hwmon(&self) -> Option<&Hwmon> {
        self.hwmon.as_ref()
    }

    fn sensors(&self) -> Result<&Hwmon> {
        self.hwmon().ok_or_else(|| {
            log::reason(|| "the device has no hwmon directory".into());
            NOT_SUPPORTED
        })
    }

    /// What is written on failure: `instead` for clients of ROCm 7, nothing for older ones.
    fn or_write<T>(&self, result: Result<T>, instead: T) -> Reply<T> {
        if self.generation.is_seven() { Reply::or_write(result, instead) } else { result.into() }
    }

    // Identity. Kept since rsmi_init: libamd_smi needs /dev/dri for half of it.

    pub(crate) fn id(&self) -> Reply<u16> {
        self.or_write(self.identity.device, u16::MAX)
    }

    pub(crate) fn vendor_id(&self) -> Reply<u16> {
        self.or_write(self.identity.vendor, u16::MAX)
    }

    pub(crate) fn revision(&self) -> Result<u16> {
        self.identity.revision
    }

    pub(crate) fn subsystem_id(&self) -> Result<u16> {
        self.identity.subdevice
    }

    pub(crate) fn subsystem_vendor_id(&self) -> Result<u16> {
        self.identity.subvendor
    }

    pub(crate) fn unique_id(&self) -> Reply<u64> {
        Reply::or_write(self.identity.unique, u64::MAX)
    }

    pub(crate) fn serial_number(&self) -> Result<Vec<u8>> {
        self.identity.serial.clone()
    }

    pub(crate) fn vbios_version(&self) -> Result<Vec<u8>> {
        self.identity.vbios.clone()
    }

    /// The product name that the board's data hold, else the device's in pci.ids. Without the ids to
    /// look it up by, the name is empty, as are the other two.
    pub(crate) fn name(&self) -> Reply<Vec<u8>> {
        if let Ok(name) = &self.identity.product
            && name.first().is_some_and(|first| matches!(first, b' '..=b'~'))
        {
            return Ok(name.clone()).into();
        }
        Self::listed(&self.names.device, || {
            Ok(Wanted::Device { vendor: self.identity.vendor?, device: self.identity.device? })
        })
    }

    pub(crate) fn vendor_name(&self) -> Reply<Vec<u8>> {
        Self::listed(&self.names.vendor, || Ok(Wanted::Vendor { vendor: self.identity.vendor? }))
    }

    pub(crate) fn subsystem_name(&self) -> Reply<Vec<u8>> {
        Self::listed(&self.names.subsystem, || {
            Ok(Wanted::Subsystem {
                vendor: self.identity.vendor?,
                device: self.identity.device?,
                subvendor: self.identity.subvendor?,
                subdevice: self.identity.subdevice?,
            })
        })
    }

    /// A name out of pci.ids, looked up once.
    fn listed(
        known: &OnceCell<Vec<u8>>,
        wanted: impl FnOnce() -> Result<Wanted>,
    ) -> Reply<Vec<u8>> {
        let name = known.get_or_try_init(|| wanted().map(pci_ids::name)).cloned();
        Reply::or_write(name, Vec::new())
    }

    /// The brand that the vbios version stands for, None where the name has to serve.
    pub(crate) fn brand(&self) -> Result<Option<&'static [u8]>> {
        let vbios = self.identity.vbios.as_ref().map_err(|status| *status)?;
        let sku = if vbios.len() == 16 { &vbios[4..10] } else { &[] };
        Ok(map::find(map::BRANDS, &sku))
    }

    pub(crate) fn pci_id(&self) -> u64 {
        self.node.bdf_id()
    }

    pub(crate) fn drm_render_minor(&self) -> Reply<u32> {
        let minor = self.identity.render_minor;
        let status = if minor == 0 {
            rsmi_status_t::RSMI_STATUS_INIT_ERROR
        } else {
            rsmi_status_t::RSMI_STATUS_SUCCESS
        };
        Reply { status, value: Some(minor) }
    }

    pub(crate) fn guid(&self) -> u64 {
        self.node.gpu_id
    }

    pub(crate) fn node_id(&self) -> u32 {
        self.node.index
    }

    pub(crate) fn numa_affinity(&self) -> Result<i32> {
        match self.identity.numa_node {
            // They were told of an exception where there is no such file.
            Err(_) if !self.generation.is_seven() => {
                Err(rsmi_status_t::RSMI_STATUS_INTERNAL_EXCEPTION)
            }
            node => node,
        }
    }

    // Sensors. libamd_smi rounds temperatures to degrees and takes power from another source, in
    // watts; hwmon has the millidegrees and microwatts that rsmi promises.

    /// A temperature in millidegrees Celsius.
    pub(crate) fn temperature(&self, kind: u32, metric: rsmi_temperature_metric_t) -> Result<i64> {
        let kind = rsmi_temperature_type_t(kind);
        let first_stack = rsmi_temperature_type_t::RSMI_TEMP_TYPE_HBM_0.0;
        let last_stack = rsmi_temperature_type_t::RSMI_TEMP_TYPE_HBM_3.0;
        if (first_stack..=last_stack).contains(&kind.0) {
            return self.hbm_temperature((kind.0 - first_stack) as usize, metric);
        }
        let hwmon = self.sensors()?;
        let file = map::find(map::TEMPERATURE_FILES, &metric);
        if kind.0 > last_stack {
            log::reason(|| "there is no such type of temperature".into());
            return Err(rsmi_status_t::RSMI_STATUS_INTERNAL_EXCEPTION);
        }
        let Some(file) = file else {
            log::reason(|| "there is no such measure of a temperature".into());
            return Err(rsmi_status_t::RSMI_STATUS_INTERNAL_EXCEPTION);
        };
        let sensor = hwmon.temperature_file(kind).ok_or_else(|| {
            log::reason(|| "no temperature of the device has that label".into());
            NOT_SUPPORTED
        })?;
        hwmon.signed(file, sensor)
    }

    fn hbm_temperature(&self, stack: usize, metric: rsmi_temperature_metric_t) -> Result<i64> {
        if metric != rsmi_temperature_metric_t::RSMI_TEMP_CURRENT {
            log::reason(|| "of HBM there is only the current temperature".into());
            return Err(NOT_SUPPORTED);
        }
        match self.metrics()?.temperature_hbm[stack] {
            u16::MAX => {
                log::reason(|| "the firmware does not report it".into());
                Err(NOT_SUPPORTED)
            }
            degrees => Ok(i64::from(degrees) * 1000),
        }
    }

    /// rpm
    pub(crate) fn fan_rpms(&self, sensor: u32) -> Result<i64> {
        let asked = self.ask_from(
            Release::V7_0,
            "amdsmi_get_gpu_fan_rpms",
            |s| s.amdsmi_get_gpu_fan_rpms,
            |f, handle, out| {
                // SAFETY: the handle is libamd_smi's, `out` our buffer.
                unsafe { f(handle, sensor, out) }
            },
        );
        asked.map_or_else(|| self.fan_file("fan#_input", sensor), Reply::result)
    }

    /// 0 to the maximum, which is 255.
    pub(crate) fn fan_speed(&self, sensor: u32) -> Result<i64> {
        let asked = self.ask_from(
            Release::V7_0,
            "amdsmi_get_gpu_fan_speed",
            |s| s.amdsmi_get_gpu_fan_speed,
            |f, handle, out| {
                // SAFETY: the handle is libamd_smi's, `out` our buffer.
                unsafe { f(handle, sensor, out) }
            },
        );
        asked.map_or_else(|| self.fan_file("pwm#", sensor), Reply::result)
    }

    pub(crate) fn fan_speed_max(&self, sensor: u32) -> Result<u64> {
        let asked = self.ask_from(
            Release::V7_0,
            "amdsmi_get_gpu_fan_speed_max",
            |s| s.amdsmi_get_gpu_fan_speed_max,
            |f, handle, out| {
                // SAFETY: the handle is libamd_smi's, `out` our buffer.
                unsafe { f(handle, sensor, out) }
            },
        );
        asked.map_or_else(
            || self.fan_file("pwm#_max", sensor).map(i64::cast_unsigned),
            Reply::result,
        )
    }

    /// Releases before 7.0 print on stderr about a fan file that they do not understand.
    fn fan_file(&self, file: &str, sensor: u32) -> Result<i64> {
        self.sensors()?.signed(file, sensor.wrapping_add(1))
    }

    /// A sensor's file in µW; files count from 1, rsmi from 0.
    fn power_file(&self, file: &str, sensor: u32) -> Result<u64> {
        self.sensors()?.unsigned(file, sensor.wrapping_add(1))
    }

    /// µW
    pub(crate) fn average_power(&self, sensor: u32) -> Result<u64> {
        self.power_file("power#_average", sensor)
    }

    /// µW
    pub(crate) fn current_socket_power(&self) -> Result<u64> {
        if self.sensors()?.text("power#_label", 1)? != b"PPT" {
            log::reason(|| "the power sensor's label is not PPT".into());
            return Err(NOT_SUPPORTED);
        }
        self.power_file("power#_input", 0)
    }

    /// The current power where the card has it, else the average.
    pub(crate) fn power(&self) -> Result<(u64, RSMI_POWER_TYPE)> {
        if let Ok(power) = self.current_socket_power() {
            return Ok((power, RSMI_POWER_TYPE::RSMI_CURRENT_POWER));
        }
        match self.average_power(0) {
            Ok(power) => Ok((power, RSMI_POWER_TYPE::RSMI_AVERAGE_POWER)),
            Err(_) => Err(NOT_SUPPORTED),
        }
    }

    /// µW
    pub(crate) fn power_cap(&self, sensor: u32) -> Result<u64> {
        self.power_file("power#_cap", sensor)
    }

    /// µW: the highest and the lowest cap. The highest stands although the lowest cannot be read.
    pub(crate) fn power_cap_range(&self, sensor: u32) -> (Result<u64>, Result<u64>) {
        let max = self.power_file("power#_cap_max", sensor);
        let min = max.and_then(|_| self.power_file("power#_cap_min", sensor));
        (max, min)
    }

    /// The accumulator, in steps of `ENERGY_RESOLUTION`, and its time in ns.
    ///
    /// libamd_smi keeps gpu_metrics for up to 100 ms, in which the counter would stand still.
    pub(crate) fn energy(&self) -> Result<(u64, u64)> {
        let metrics = self.metrics()?;
        Ok((metrics.energy_accumulator, metrics.system_clock_counter))
    }

    fn metrics(&self) -> Result<Metrics> {
        if !self.generation.is_seven() && !self.device.has("gpu_metrics") {
            // Older clients were told of strange data where there is no such file.
            log::reason(|| "the device has no gpu_metrics".into());
            return Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA);
        }
        Metrics::read(&self.device)
    }

    // Load and memory.

    /// Percent. A number above 100 is delivered, and called unexpected.
    pub(crate) fn busy_percent(&self) -> Reply<u32> {
        let name = "amdsmi_get_gpu_busy_percent";
        let asked = self.ask(
            name,
            |s| s.amdsmi_get_gpu_busy_percent,
            |f, handle, out| {
                // SAFETY: the handle is libamd_smi's, `out` our buffer.
                unsafe { f(handle, out) }
            },
        );
        asked.unwrap_or_else(|| match self.device.word("gpu_busy_percent") {
            Ok(text) => {
                let percent = number::lenient(&text, 10) as u32;
                Reply { status: check_percent(percent.into()), value: Some(percent) }
            }
            Err(status) => Err(status).into(),
        })
    }

    /// Percent, of the memory controller's time. No function of libamd_smi reads this file.
    pub(crate) fn memory_busy_percent(&self) -> Reply<u32> {
        match self.device.number("mem_busy_percent", 10) {
            Ok(percent) if percent > 100 => Err(check_percent(percent)).into(),
            percent => Reply::or_write(percent.map(|percent| percent as u32), 0),
        }
    }

    /// Bytes.
    pub(crate) fn memory_total(&self, kind: rsmi_memory_type_t) -> Reply<u64> {
        let Some((_, total, _)) = map::MEMORY_FILES.iter().find(|row| row.0 == kind) else {
            return Err(INVALID_ARGS).into();
        };
        let name = "amdsmi_get_gpu_memory_total";
        let asked = self.ask(
            name,
            |s| s.amdsmi_get_gpu_memory_total,
            |f, handle, out| {
                // SAFETY: the handle is libamd_smi's, `out` our buffer; the kind is one it lists.
                unsafe { f(handle, kind.0, out) }
            },
        );
        // Where libamd_smi fails it does not tell why; the file does.
        let answer = asked.map_or(Err(NOT_SUPPORTED), Reply::result).or_else(|_| {
            match self.device.number(total, 10) {
                // A partition's memory, and what an APU takes of the system's, only KFD tells.
                Ok(0) | Err(_) if kind == Self::VRAM && self.node.memory() > 0 => {
                    Ok(self.node.memory())
                }
                read => read,
            }
        });
        self.or_write(answer, 0)
    }

    /// Bytes.
    pub(crate) fn memory_usage(&self, kind: rsmi_memory_type_t) -> Reply<u64> {
        let Some((_, total, used)) = map::MEMORY_FILES.iter().find(|row| row.0 == kind) else {
            return Err(INVALID_ARGS).into();
        };
        let name = "amdsmi_get_gpu_memory_usage";
        let asked = self.ask(
            name,
            |s| s.amdsmi_get_gpu_memory_usage,
            |f, handle, out| {
                // SAFETY: the handle is libamd_smi's, `out` our buffer; the kind is one it lists.
                unsafe { f(handle, kind.0, out) }
            },
        );
        let answer = asked.map_or(Err(NOT_SUPPORTED), Reply::result).or_else(|_| {
            match self.device.number(used, 10) {
                // Where no VRAM is used, what counts is whether there is any.
                Ok(0) | Err(_) if kind == Self::VRAM => self.device.number(total, 10).map(|_| 0),
                read => read,
            }
        });
        self.or_write(answer, 0)
    }

    const VRAM: rsmi_memory_type_t = rsmi_memory_type_t::RSMI_MEM_TYPE_VRAM;

    // Clocks and performance.

    /// The levels of a clock in Hz. libamd_smi's reader ends the process over a table that it does
    /// not understand (rising order, units, number of levels); ours fails.
    pub(crate) fn clock(&self, kind: rsmi_clk_type_t) -> Option<Table> {
        map::find(map::CLOCK_FILES, &kind).map(|file| self.levels(file))
    }

    fn levels(&self, file: &str) -> Table {
        match self.device.lines(file) {
            Ok(lines) => Table::read(&lines),
            Err(status) => Table::failed(status),
        }
    }

    pub(crate) fn perf_level(&self) -> Result<rsmi_dev_perf_level_t> {
        let name = "amdsmi_get_gpu_perf_level";
        let asked = self.ask(
            name,
            |s| s.amdsmi_get_gpu_perf_level,
            |f, handle, out| {
                // SAFETY: the handle is libamd_smi's, `out` our buffer.
                unsafe { f(handle, out) }
            },
        );
        let unknown = rsmi_dev_perf_level_t::RSMI_DEV_PERF_LEVEL_UNKNOWN;
        if let Some(reply) = asked {
            // The numbers are the same; a level that libamd_smi learns later has none here.
            let level = rsmi_dev_perf_level_t(reply.result()?);
            let known = level.0 <= rsmi_dev_perf_level_t::RSMI_DEV_PERF_LEVEL_LAST.0;
            return Ok(if known { level } else { unknown });
        }
        let word = self.device.word("power_dpm_force_performance_level")?;
        Ok(map::find(map::PERF_LEVELS, &word.as_slice()).unwrap_or(unknown))
    }

    /// The PCIe link's levels: transfers a second and lanes. For the clock's reason not asked of
    /// libamd_smi.
    pub(crate) fn pci_bandwidth(&self) -> Table {
        let table = self.levels("pp_dpm_pcie");
        let over_pcie = self.node.cpu.is_some_and(|(_, link)| link.kind == kfd::LINK_PCIE);
        if table.outcome.is_ok() || !over_pcie {
            return table;
        }
        let levels = table.levels;
        match self.metrics().and_then(|metrics| synthesised(levels, metrics)) {
            Ok(levels) => Table { levels, outcome: Ok(()) },
            Err(status) => Table { levels, outcome: Err(status) },
        }
    }

    // Topology, as KFD told it at rsmi_init.

    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    /// How this device reaches its CPU: the hops and the kind.
    pub(crate) fn link_to_cpu(&self) -> Result<(u64, RSMI_IO_LINK_TYPE)> {
        match self.node.cpu {
            Some((_, Link { weight: 1.., kind: kfd::LINK_XGMI })) => {
                Ok((1, RSMI_IO_LINK_TYPE::RSMI_IOLINK_TYPE_XGMI))
            }
            Some((_, Link { weight: 1.., kind: kfd::LINK_PCIE })) => {
                Ok((2, RSMI_IO_LINK_TYPE::RSMI_IOLINK_TYPE_PCIEXPRESS))
            }
            _ => Err(NOT_SUPPORTED),
        }
    }

    /// Asks libamd_smi; None where it cannot answer for this device.
    fn ask<F: Copy, T: Plain + PartialEq>(
        &self,
        name: &str,
        function: impl FnOnce(&Symbols) -> Option<F>,
        call: impl Fn(F, Handle, *mut T) -> u32,
    ) -> Option<Reply<T>> {
        // Before 6.4 a partition was answered for out of the whole GPU's files.
        if self.is_partition() && !self.session.at_least(Release::V6_4_0) {
            return None;
        }
        self.session.ask(self.key, name, function, call)
    }

    /// As `ask`, of this release or a later one.
    fn ask_from<F: Copy, T: Plain + PartialEq>(
        &self,
        release: Release,
        name: &str,
        function: impl FnOnce(&Symbols) -> Option<F>,
        call: impl Fn(F, Handle, *mut T) -> u32,
    ) -> Option<Reply<T>> {
        if !self.session.at_least(release) {
            return None;
        }
        self.ask(name, function, call)
    }

    fn is_partition(&self) -> bool {
        self.key.nth > 0 || self.node.bdf_id() & kfd::PARTITION_BITS != 0
    }
}

fn check_percent(percent: u64) -> rsmi_status_t {
    if percent > 100 {
        log::reason(|| format!("{percent} is no percentage"));
        return rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA;
    }
    rsmi_status_t::RSMI_STATUS_SUCCESS
}

/// Every speed with every width, where only gpu_metrics tells the link.
fn synthesised(
    mut levels: crate::types::rsmi_pcie_bandwidth_t,
    metrics: Metrics,
) -> Result<crate::types::rsmi_pcie_bandwidth_t> {
    let width = map::PCIE_WIDTHS.iter().position(|width| *width == metrics.pcie_link_width.into());
    let speed = map::PCIE_SPEEDS.iter().position(|speed| *speed == metrics.pcie_link_speed.into());
    let (Some(width), Some(speed)) = (width, speed) else {
        log::reason(|| "gpu_metrics tells of a PCIe link that is none".into());
        return Err(NOT_SUPPORTED);
    };
    let widths = map::PCIE_WIDTHS.len();
    levels.transfer_rate.num_supported = (widths * map::PCIE_SPEEDS.len()) as u32;
    levels.transfer_rate.current = (speed * widths + width) as u32;
    for (at, speed) in map::PCIE_SPEEDS.iter().enumerate() {
        for (lane, width) in map::PCIE_WIDTHS.iter().enumerate() {
            levels.transfer_rate.frequency[at * widths + lane] = u64::from(*speed) * 100_000_000;
            levels.lanes[at * widths + lane] = *width;
        }
    }
    Ok(levels)
}
