//! What a description may say: the keys of the TOML, and nothing else.
//!
//! `MACHINES.md` explains each key to people. Nearly every key is optional,
//! and leaving one out leaves out the file that would have told it.

use crate::fault::Fault;
use crate::live::LoadKind;
use crate::metrics::Metrics;
use crate::value::{self, FileName, FilePath, Hex64, PciAddress};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Description {
    pub about: String,
    pub cpu: Cpu,
    #[serde(default)]
    pub driver: Option<Driver>,
    #[serde(default = "yes")]
    pub kfd: bool,
    /// Whether the kernel has SCSI, as nearly every one has.
    #[serde(default = "yes")]
    pub scsi: bool,
    #[serde(default)]
    #[expect(dead_code, reason = "read for its errors; what it says is merged key by key")]
    pub chip: BTreeMap<String, Gpu>,
    #[serde(default)]
    pub gpu: Vec<Gpu>,
    #[serde(default)]
    pub other: Vec<OtherCard>,
    #[serde(default)]
    pub process: Vec<Process>,
    #[serde(default)]
    pub load: Option<Load>,
    /// The release that the stand-in for libamd_smi speaks.
    #[serde(default, deserialize_with = "value::release")]
    pub release: Option<String>,
    #[serde(default)]
    pub fault: Vec<Fault>,
}

/// What the cards have to do as time goes by.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Load {
    #[serde(default)]
    pub kind: LoadKind,
    #[serde(default)]
    pub seed: u64,
    #[serde(default, deserialize_with = "value::seconds")]
    pub period: Option<f64>,
}

fn yes() -> bool {
    true
}

/// The host: each socket is a NUMA node and a KFD node without a GPU.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cpu {
    #[serde(deserialize_with = "value::sockets")]
    pub nodes: u32,
    #[serde(deserialize_with = "value::count")]
    pub cores: u32,
    pub memory: u64,
}

/// The amdgpu module, when it is loaded.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Driver {
    /// The module that comes with the kernel has none.
    pub version: Option<String>,
    #[serde(default = "live")]
    pub initstate: String,
}

fn live() -> String {
    "live".into()
}

/// A graphics card of somebody else, for the gap that it leaves in the numbering.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OtherCard {
    pub pci: PciAddress,
    pub vendor: u16,
    pub device: u16,
    pub driver: FileName,
    #[serde(default, deserialize_with = "value::card_minor")]
    pub card: Option<u32>,
    #[serde(default, deserialize_with = "value::render_minor")]
    pub render: Option<u32>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Process {
    pub pid: u32,
    pub pasid: u32,
    pub on: Vec<ProcessOn>,
}

/// What a process has on one KFD node.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProcessOn {
    /// Index of the GPU in the description.
    pub gpu: usize,
    #[serde(default)]
    pub partition: usize,
    #[serde(default)]
    pub vram: u64,
    #[serde(default)]
    pub sdma: u64,
    pub cu_occupancy: Option<u32>,
    #[serde(default)]
    pub evicted_ms: u64,
    #[serde(default, deserialize_with = "value::count")]
    pub queues: u32,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Gpu {
    pub chip: Option<String>,
    /// In place of the machine's.
    pub load: Option<LoadKind>,

    pub pci: Option<PciAddress>,
    #[serde(default)]
    pub bridges: Vec<PciAddress>,
    #[serde(default, deserialize_with = "value::card_minor")]
    pub card: Option<u32>,
    #[serde(default, deserialize_with = "value::render_minor")]
    pub render: Option<u32>,
    #[serde(default, deserialize_with = "value::hwmon")]
    pub hwmon_number: Option<u32>,
    #[serde(default, deserialize_with = "value::numa")]
    pub numa_node: Option<i32>,

    pub device: Option<u16>,
    #[serde(default)]
    pub vendor: Option<u16>,
    pub revision: Option<u8>,
    pub subsystem_vendor: Option<u16>,
    pub subsystem_device: Option<u16>,
    pub class: Option<u32>,

    pub unique_id: Option<Hex64>,
    pub vbios_version: Option<String>,
    pub product_name: Option<String>,
    pub product_number: Option<String>,
    pub serial_number: Option<String>,
    pub fru_id: Option<String>,
    pub manufacturer: Option<String>,

    #[serde(default, deserialize_with = "value::percent")]
    pub gpu_busy_percent: Option<u8>,
    #[serde(default, deserialize_with = "value::percent")]
    pub mem_busy_percent: Option<u8>,
    #[serde(default, deserialize_with = "value::percent")]
    pub vcn_busy_percent: Option<u8>,
    pub performance_level: Option<String>,
    pub pcie_replay_count: Option<u64>,

    pub memory: Option<Memory>,
    pub temperature: Option<Temperatures>,
    pub power: Option<Power>,
    pub fan: Option<Fan>,
    pub voltage: Option<Voltage>,
    pub clock: Option<Clocks>,
    pub overdrive: Option<Overdrive>,
    pub power_profile: Option<PowerProfile>,
    pub pcie: Option<Pcie>,
    pub firmware: Option<BTreeMap<FileName, u32>>,
    pub ras: Option<Ras>,
    pub xgmi: Option<Xgmi>,
    pub partition: Option<Partition>,
    pub kfd: Option<Kfd>,
    pub drm: Option<Drm>,
    pub metrics: Option<Metrics>,

    /// Any other file of the device's directory, written as it stands here.
    #[serde(default)]
    pub files: BTreeMap<FilePath, String>,
    /// Files to leave out after all.
    #[serde(default)]
    pub absent: Vec<FilePath>,
    /// Files that can be opened, but reading them fails.
    #[serde(default)]
    pub read_error: Vec<FilePath>,
    /// Permissions that differ from the driver's, in octal.
    #[serde(default)]
    pub mode: BTreeMap<FilePath, String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Memory {
    pub vendor: Option<String>,
    pub vram_total: Option<u64>,
    pub vram_used: Option<u64>,
    pub vis_vram_total: Option<u64>,
    pub vis_vram_used: Option<u64>,
    pub gtt_total: Option<u64>,
    pub gtt_used: Option<u64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Temperatures {
    pub edge: Option<Temperature>,
    pub junction: Option<Temperature>,
    pub mem: Option<Temperature>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Temperature {
    #[serde(default, deserialize_with = "value::celsius")]
    pub input: Option<f64>,
    #[serde(default, deserialize_with = "value::celsius")]
    pub crit: Option<f64>,
    #[serde(default, deserialize_with = "value::celsius")]
    pub crit_hyst: Option<f64>,
    #[serde(default, deserialize_with = "value::celsius")]
    pub emergency: Option<f64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Power {
    pub label: Option<String>,
    #[serde(default, deserialize_with = "value::watts")]
    pub average: Option<f64>,
    #[serde(default, deserialize_with = "value::watts")]
    pub input: Option<f64>,
    #[serde(default, deserialize_with = "value::watts")]
    pub cap: Option<f64>,
    #[serde(default, deserialize_with = "value::watts")]
    pub cap_min: Option<f64>,
    #[serde(default, deserialize_with = "value::watts")]
    pub cap_max: Option<f64>,
    #[serde(default, deserialize_with = "value::watts")]
    pub cap_default: Option<f64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fan {
    #[serde(default, deserialize_with = "value::rpm")]
    pub rpm: Option<u32>,
    #[serde(default, deserialize_with = "value::rpm")]
    pub rpm_min: Option<u32>,
    #[serde(default, deserialize_with = "value::rpm")]
    pub rpm_max: Option<u32>,
    #[serde(default, deserialize_with = "value::pwm")]
    pub pwm: Option<u8>,
    /// Set by hand, not by the firmware.
    #[serde(default)]
    pub manual: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Voltage {
    #[serde(default, deserialize_with = "value::millivolts")]
    pub vddgfx: Option<u32>,
    #[serde(default, deserialize_with = "value::millivolts")]
    pub vddnb: Option<u32>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Clocks {
    pub sclk: Option<Clock>,
    pub mclk: Option<Clock>,
    pub fclk: Option<Clock>,
    pub socclk: Option<Clock>,
    pub dcefclk: Option<Clock>,
    pub vclk: Option<Clock>,
    pub vclk1: Option<Clock>,
    pub dclk: Option<Clock>,
    pub dclk1: Option<Clock>,
}

/// A table of levels, and where between them the clock is now. MHz.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Clock {
    #[serde(default)]
    pub levels: Vec<u32>,
    pub current: Option<u32>,
    /// The driver shows a clock between two ends as a third level.
    #[serde(default)]
    pub fine_grained: bool,
    /// The driver shows a clock below this as the level `S`.
    pub sleeps_below: Option<u32>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Overdrive {
    /// How the driver of this chip words the two tables.
    #[serde(default)]
    pub style: OverdriveStyle,
    pub sclk: Option<[u32; 2]>,
    pub mclk: Option<[u32; 2]>,
    pub sclk_limits: Option<[u32; 2]>,
    pub mclk_limits: Option<[u32; 2]>,
    pub voltage_offset: Option<i32>,
    pub voltage_offset_limits: Option<[i32; 2]>,
    /// In percent; the older of the two ways to overclock.
    #[serde(default, deserialize_with = "value::percent")]
    pub sclk_percent: Option<u8>,
    #[serde(default, deserialize_with = "value::percent")]
    pub mclk_percent: Option<u8>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OverdriveStyle {
    /// `OD_SCLK:` and `OD_MCLK:`, two ends each.
    #[default]
    Od,
    /// `GFXCLK:` and `MCLK:`, the levels with the current one marked.
    Gfxclk,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PowerProfile {
    #[serde(default)]
    pub modes: Vec<String>,
    pub current: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pcie {
    pub current_speed: Option<f64>,
    pub current_width: Option<u32>,
    pub max_speed: Option<f64>,
    pub max_width: Option<u32>,
    pub received: Option<u64>,
    pub sent: Option<u64>,
    pub max_packet: Option<u32>,
    /// The rows of `pp_dpm_pcie`.
    pub levels: Option<Vec<PcieLevel>>,
    pub level: Option<usize>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PcieLevel {
    pub speed: f64,
    pub width: u32,
    pub clock: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ras {
    pub features: Option<u32>,
    /// The newest drivers call `umc_err_count` `aca_umc`, and count deferred errors too.
    #[serde(default)]
    pub aca: bool,
    #[serde(default)]
    pub blocks: BTreeMap<FileName, ErrorCount>,
    pub bad_pages: Option<Vec<BadPage>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ErrorCount {
    #[serde(default)]
    pub uncorrectable: u64,
    #[serde(default)]
    pub correctable: u64,
    #[serde(default)]
    pub deferred: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BadPage {
    pub page: u64,
    pub size: u64,
    pub status: PageStatus,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PageStatus {
    Reserved,
    Pending,
    Unreservable,
}

/// Cards of one hive are linked to each other.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Xgmi {
    /// 0 if the card is in none.
    #[serde(default)]
    pub hive: Hex64,
    pub physical_id: Option<u32>,
    pub error: Option<u32>,
    #[serde(default)]
    pub min_bandwidth: u32,
    #[serde(default)]
    pub max_bandwidth: u32,
    /// The host is reached over XGMI as well, not over PCIe.
    #[serde(default)]
    pub to_cpu: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Partition {
    pub compute: Option<ComputePartition>,
    pub memory: Option<String>,
    pub available_compute: Option<String>,
    pub available_memory: Option<String>,
    /// The driver makes DRM nodes for this many partitions whether they are used or not.
    #[serde(default, deserialize_with = "value::count")]
    pub nodes: u32,
    /// One per partition; without it all have the card's.
    #[serde(default)]
    pub unique_ids: Vec<Hex64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum ComputePartition {
    Spx,
    Dpx,
    Tpx,
    Qpx,
    Cpx,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kfd {
    #[serde(default, deserialize_with = "value::gpu_id")]
    pub gpu_id: Option<u32>,
    pub name: Option<String>,
    /// major * 10000 + minor * 100 + stepping.
    pub gfx_target_version: Option<u32>,
    #[serde(default, deserialize_with = "value::parts")]
    pub xcc: Option<u32>,
    #[serde(default, deserialize_with = "value::many")]
    pub compute_units: Option<u32>,
    #[serde(default, deserialize_with = "value::many")]
    pub shader_engines: Option<u32>,
    #[serde(default, deserialize_with = "value::many")]
    pub arrays_per_engine: Option<u32>,
    #[serde(default, deserialize_with = "value::many")]
    pub simd_per_cu: Option<u32>,
    #[serde(default, deserialize_with = "value::many")]
    pub max_waves_per_simd: Option<u32>,
    #[serde(default, deserialize_with = "value::many")]
    pub wave_front_size: Option<u32>,
    #[serde(default, deserialize_with = "value::many")]
    pub lds_kib: Option<u32>,
    #[serde(default, deserialize_with = "value::many")]
    pub sdma_engines: Option<u32>,
    #[serde(default, deserialize_with = "value::many")]
    pub sdma_xgmi_engines: Option<u32>,
    #[serde(default, deserialize_with = "value::many")]
    pub cp_queues: Option<u32>,
    pub max_clock: Option<u32>,
    pub fw_version: Option<u32>,
    pub sdma_fw_version: Option<u32>,
    pub capability: Option<u32>,
    pub debug_prop: Option<u32>,
    pub memory_width: Option<u32>,
    pub memory_clock: Option<u32>,
    #[serde(default)]
    pub caches: Vec<Cache>,
    /// KFD knows no such card (yet), as for a chip that is too new or too old.
    #[serde(default)]
    pub hidden: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cache {
    pub level: u32,
    pub kib: u32,
    pub kind: CacheKind,
    #[serde(deserialize_with = "value::count")]
    pub count: u32,
    /// Compute units that share one.
    pub shared_by: u32,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CacheKind {
    Data,
    Instruction,
}

/// What only the driver behind /dev/dri would tell.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Drm {
    pub marketing_name: Option<String>,
    pub vbios_name: Option<String>,
    pub vbios_version: Option<u32>,
    pub vbios_version_string: Option<String>,
    pub vbios_date: Option<String>,
    pub family: Option<u32>,
    pub external_revision: Option<u32>,
    pub chip_revision: Option<u32>,
    pub vram_type: Option<u32>,
    pub vram_bit_width: Option<u32>,
    /// Sockets for screens: each is a directory `cardN-…` more.
    #[serde(default)]
    pub connectors: Vec<FileName>,
}

impl Gpu {
    /// The driver can tell how busy a process keeps the compute units, of this generation alone.
    pub(crate) fn counts_occupancy(&self) -> bool {
        let version = self.kfd.as_ref().and_then(|kfd| kfd.gfx_target_version);
        version.is_some_and(|version| version / 10000 == 9)
    }

    pub(crate) fn vendor_id(&self) -> u16 {
        self.vendor.unwrap_or(0x1002)
    }

    /// How many KFD nodes the card is at the moment.
    pub(crate) fn partitions(&self) -> u32 {
        let xcc = self.kfd.as_ref().and_then(|kfd| kfd.xcc).unwrap_or(1);
        match self.partition.as_ref().and_then(|partition| partition.compute) {
            None | Some(ComputePartition::Spx) => 1,
            Some(ComputePartition::Dpx) => 2,
            Some(ComputePartition::Tpx) => 3,
            Some(ComputePartition::Qpx) => 4,
            Some(ComputePartition::Cpx) => xcc,
        }
    }

    /// DRM nodes that the card has, its own included.
    pub(crate) fn drm_nodes(&self) -> u32 {
        let made = self.partition.as_ref().map_or(1, |partition| partition.nodes);
        made.max(self.partitions())
    }
}

impl ComputePartition {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Spx => "SPX",
            Self::Dpx => "DPX",
            Self::Tpx => "TPX",
            Self::Qpx => "QPX",
            Self::Cpx => "CPX",
        }
    }
}

impl Gpu {
    /// The clocks that have a table, by the name of its file.
    pub(crate) fn clocks(&self) -> impl Iterator<Item = (&'static str, &Clock)> {
        let all = self.clock.iter().flat_map(|clocks| {
            [
                ("sclk", &clocks.sclk),
                ("mclk", &clocks.mclk),
                ("fclk", &clocks.fclk),
                ("socclk", &clocks.socclk),
                ("dcefclk", &clocks.dcefclk),
                ("vclk", &clocks.vclk),
                ("vclk1", &clocks.vclk1),
                ("dclk", &clocks.dclk),
                ("dclk1", &clocks.dclk1),
            ]
        });
        all.filter_map(|(name, clock)| Some((name, clock.as_ref()?)))
    }
}
