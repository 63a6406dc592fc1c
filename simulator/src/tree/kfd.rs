//! The topology and the processes that KFD shows.

use super::{Numbering, line};
use crate::description::{Cache, CacheKind, Description, Gpu, Kfd, Process};
use crate::files::Files;
use std::fmt::Write;
use std::path::{Path, PathBuf};

const KFD: &str = "devices/virtual/kfd/kfd";

const HYPERTRANSPORT: u32 = 1;
const PCIE: u32 = 2;
const XGMI: u32 = 11;

/// What a hop costs, as the kernel weighs it.
const WEIGHT_TO_CPU: u32 = 20;
const WEIGHT_BETWEEN_SOCKETS: u32 = 32;
const WEIGHT_XGMI: u32 = 15;
const WEIGHT_XGMI_TO_CPU: u32 = 13;

pub(super) fn write(files: &mut Files, machine: &Description, numbers: &Numbering) {
    files.link("class/kfd/kfd", KFD);
    files.read_only(Path::new(KFD).join("dev"), "511:0\n");
    let topology = Path::new(KFD).join("topology");
    files.read_only(topology.join("generation_id"), "2\n");
    files.read_only(
        topology.join("system_properties"),
        "platform_oem 35498446626881\nplatform_id 35498446626881\nplatform_rev 1\n",
    );
    files.directory(Path::new(KFD).join("proc"));

    let gpu_nodes: Vec<_> = gpu_nodes(machine, numbers).collect();
    for socket in 0..machine.cpu.nodes {
        let node = Node::new(files, socket);
        node.cpu(files, machine, &gpu_nodes);
    }
    for here in &gpu_nodes {
        let node = Node::new(files, here.numbers.index);
        node.gpu(files, machine, here, &gpu_nodes);
    }
    write_processes(files, machine, numbers);
}

pub(super) fn write_processes(files: &mut Files, machine: &Description, numbers: &Numbering) {
    for process in &machine.process {
        self::process(files, process, machine, numbers);
    }
}

/// One GPU node: a card, or a partition of one.
#[derive(Clone, Copy)]
struct GpuNode<'a> {
    gpu: &'a Gpu,
    kfd: &'a Kfd,
    numbers: super::numbering::Node,
    partition: u32,
}

fn gpu_nodes<'a>(
    machine: &'a Description,
    numbers: &'a Numbering,
) -> impl Iterator<Item = GpuNode<'a>> {
    machine.gpu.iter().zip(&numbers.gpus).flat_map(|(gpu, numbers)| {
        numbers.nodes.iter().zip(0..).filter_map(move |(numbers, partition)| {
            Some(GpuNode { gpu, kfd: gpu.kfd.as_ref()?, numbers: *numbers, partition })
        })
    })
}

impl GpuNode<'_> {
    /// The socket that the card is plugged into; the first if it does not say.
    fn socket(&self, machine: &Description) -> u32 {
        let node = self.gpu.numa_node.unwrap_or(0).max(0) as u32;
        node.min(machine.cpu.nodes.saturating_sub(1))
    }

    fn hive(&self) -> u64 {
        self.gpu.xgmi.as_ref().map_or(0, |xgmi| xgmi.hive.0)
    }

    fn same_card(&self, other: &Self) -> bool {
        self.gpu.pci() == other.gpu.pci()
    }

    fn memory(&self) -> u64 {
        let total = self.gpu.memory.as_ref().and_then(|memory| memory.vram_total).unwrap_or(0);
        total / u64::from(self.gpu.partitions())
    }
}

struct Link {
    kind: u32,
    from: u32,
    to: u32,
    weight: u32,
    bandwidth: (u32, u32),
}

impl Link {
    fn properties(&self) -> String {
        let Self { kind, from, to, weight, bandwidth: (low, high) } = self;
        format!(
            "type {kind}\nversion_major 0\nversion_minor 0\nnode_from {from}\nnode_to {to}\nweight {weight}\nmin_latency 0\nmax_latency 0\nmin_bandwidth {low}\nmax_bandwidth {high}\nrecommended_transfer_size 0\nrecommended_sdma_engine_id_mask 0\nflags 1\n"
        )
    }
}

/// Between a socket and a card, seen from either end.
fn host_link(node: &GpuNode<'_>, from: u32, to: u32) -> Link {
    match &node.gpu.xgmi {
        Some(xgmi) if xgmi.to_cpu => Link {
            kind: XGMI,
            from,
            to,
            weight: WEIGHT_XGMI_TO_CPU,
            bandwidth: (xgmi.min_bandwidth, xgmi.max_bandwidth),
        },
        _ => {
            let pcie = node.gpu.pcie.as_ref();
            // MB/s each way, after the 128b/130b code: x16 at 32 GT/s is 64000 to the kernel.
            let speed = pcie.and_then(|pcie| pcie.current_speed.zip(pcie.current_width));
            let bandwidth = speed.map_or(0, |(speed, width)| (speed * 125.0) as u32 * width);
            Link { kind: PCIE, from, to, weight: WEIGHT_TO_CPU, bandwidth: (bandwidth, bandwidth) }
        }
    }
}

struct Node {
    dir: PathBuf,
    index: u32,
}

impl Node {
    fn new(files: &mut Files, index: u32) -> Self {
        let dir = Path::new(KFD).join(format!("topology/nodes/{index}"));
        for part in ["mem_banks", "caches", "io_links", "p2p_links", "perf"] {
            files.directory(dir.join(part));
        }
        Self { dir, index }
    }

    fn links(&self, files: &mut Files, kind: &str, links: &[Link]) {
        for (number, link) in links.iter().enumerate() {
            let path = self.dir.join(format!("{kind}/{number}/properties"));
            files.read_only(path, link.properties());
        }
    }

    fn cpu(&self, files: &mut Files, machine: &Description, gpus: &[GpuNode<'_>]) {
        let cpu = &machine.cpu;
        let others = (0..cpu.nodes).filter(|other| *other != self.index);
        let mut links: Vec<_> = others
            .map(|to| Link {
                kind: HYPERTRANSPORT,
                from: self.index,
                to,
                weight: WEIGHT_BETWEEN_SOCKETS,
                bandwidth: (0, 0),
            })
            .collect();
        let near = gpus.iter().filter(|gpu| gpu.socket(machine) == self.index);
        links.extend(near.map(|gpu| host_link(gpu, self.index, gpu.numbers.index)));
        self.links(files, "io_links", &links);

        let (heap, width, clock) = (0, 64, 4800);
        self.memory_bank(files, heap, cpu.memory, width, clock);
        files.read_only(self.dir.join("gpu_id"), "0\n");
        files.read_only(self.dir.join("name"), "\n");
        let properties = Properties {
            cpu_cores: cpu.cores,
            links: links.len() as u32,
            first_core: self.index * cpu.cores,
            ..Properties::default()
        };
        files.read_only(
            self.dir.join("properties"),
            format!("{}max_engine_clk_ccompute 3700\n", properties.text()),
        );
    }

    fn gpu(
        &self,
        files: &mut Files,
        machine: &Description,
        here: &GpuNode<'_>,
        all: &[GpuNode<'_>],
    ) {
        let socket = here.socket(machine);
        let mut links = vec![host_link(here, self.index, socket)];
        let mut peers = Vec::new();
        for there in all.iter().filter(|there| there.numbers.index != self.index) {
            let to = there.numbers.index;
            let xgmi = here.gpu.xgmi.as_ref();
            if here.same_card(there) || (here.hive() != 0 && here.hive() == there.hive()) {
                let bandwidth =
                    xgmi.map_or((0, 0), |xgmi| (xgmi.min_bandwidth, xgmi.max_bandwidth));
                links.push(Link {
                    kind: XGMI,
                    from: self.index,
                    to,
                    weight: WEIGHT_XGMI,
                    bandwidth,
                });
            } else {
                let apart = here.socket(machine) != there.socket(machine);
                let detour = if apart { WEIGHT_BETWEEN_SOCKETS } else { 0 };
                let weight = 2 * WEIGHT_TO_CPU + detour;
                let bandwidth = host_link(here, 0, 0).bandwidth;
                peers.push(Link { kind: PCIE, from: self.index, to, weight, bandwidth });
            }
        }
        self.links(files, "io_links", &links);
        self.links(files, "p2p_links", &peers);

        let kfd = here.kfd;
        if here.memory() > 0 {
            let public_heap = 1;
            let (width, clock) = (kfd.memory_width.unwrap_or(0), kfd.memory_clock.unwrap_or(0));
            self.memory_bank(files, public_heap, here.memory(), width, clock);
        }
        let caches = self.caches(files, kfd, here.gpu.partitions());
        files.read_only(self.dir.join("gpu_id"), line(here.numbers.gpu_id));
        files.read_only(self.dir.join("name"), line(kfd.name.as_deref().unwrap_or("ip discovery")));
        let counts = (links.len() as u32, peers.len() as u32, caches);
        files.read_only(self.dir.join("properties"), gpu_properties(here, counts));
    }

    fn memory_bank(&self, files: &mut Files, heap: u32, size: u64, width: u32, clock: u32) {
        files.read_only(
            self.dir.join("mem_banks/0/properties"),
            format!(
                "heap_type {heap}\nsize_in_bytes {size}\nflags 0\nwidth {width}\nmem_clk_max {clock}\n"
            ),
        );
    }

    /// How many there are.
    fn caches(&self, files: &mut Files, kfd: &Kfd, partitions: u32) -> u32 {
        let mut number = 0;
        for cache in &kfd.caches {
            for at in 0..(cache.count / partitions).max(1) {
                let path = self.dir.join(format!("caches/{number}/properties"));
                files.read_only(path, cache.properties(at));
                number += 1;
            }
        }
        number
    }
}

impl Cache {
    fn properties(&self, number: u32) -> String {
        const DATA: u32 = 1;
        const INSTRUCTION: u32 = 2;
        const CPU: u32 = 4;
        const SIMD: u32 = 8;
        let kind = SIMD
            | match self.kind {
                CacheKind::Data if self.level > 1 => DATA | CPU,
                CacheKind::Data => DATA,
                CacheKind::Instruction => INSTRUCTION,
            };
        let first = 0x8000_0000 + number * self.shared_by;
        let siblings = vec!["1"; self.shared_by as usize].join(",");
        format!(
            "processor_id_low {first}\nlevel {}\nsize {}\ncache_line_size 128\ncache_lines_per_tag 1\nassociation 0\nlatency 0\ntype {kind}\nsibling_map {siblings}\n",
            self.level, self.kib
        )
    }
}

/// The part that every node has, in the kernel's order.
#[derive(Default)]
struct Properties {
    cpu_cores: u32,
    simds: u32,
    caches: u32,
    links: u32,
    p2p_links: u32,
    first_core: u32,
    first_simd: u32,
    max_waves: u32,
    lds: u32,
    wave_front: u32,
    arrays: u32,
    arrays_per_engine: u32,
    cu_per_array: u32,
    simd_per_cu: u32,
    scratch_slots: u32,
    gfx_target: u32,
    vendor: u16,
    device: u16,
    location: u32,
    domain: u32,
    render: u32,
    hive: u64,
    sdma: u32,
    sdma_xgmi: u32,
    sdma_queues: u32,
    cp_queues: u32,
}

impl Properties {
    fn text(&self) -> String {
        let rows: &[(&str, u64)] = &[
            ("cpu_cores_count", self.cpu_cores.into()),
            ("simd_count", self.simds.into()),
            ("mem_banks_count", 1),
            ("caches_count", self.caches.into()),
            ("io_links_count", self.links.into()),
            ("p2p_links_count", self.p2p_links.into()),
            ("cpu_core_id_base", self.first_core.into()),
            ("simd_id_base", self.first_simd.into()),
            ("max_waves_per_simd", self.max_waves.into()),
            ("lds_size_in_kb", self.lds.into()),
            ("gds_size_in_kb", 0),
            ("num_gws", 64 * u64::from(self.simds != 0)),
            ("wave_front_size", self.wave_front.into()),
            ("array_count", self.arrays.into()),
            ("simd_arrays_per_engine", self.arrays_per_engine.into()),
            ("cu_per_simd_array", self.cu_per_array.into()),
            ("simd_per_cu", self.simd_per_cu.into()),
            ("max_slots_scratch_cu", self.scratch_slots.into()),
            ("gfx_target_version", self.gfx_target.into()),
            ("vendor_id", self.vendor.into()),
            ("device_id", self.device.into()),
            ("location_id", self.location.into()),
            ("domain", self.domain.into()),
            ("drm_render_minor", self.render.into()),
            ("hive_id", self.hive),
            ("num_sdma_engines", self.sdma.into()),
            ("num_sdma_xgmi_engines", self.sdma_xgmi.into()),
            ("num_sdma_queues_per_engine", self.sdma_queues.into()),
            ("num_cp_queues", self.cp_queues.into()),
        ];
        rows.iter().fold(String::new(), |mut text, (name, value)| {
            let _ = writeln!(text, "{name} {value}");
            text
        })
    }
}

/// `counts` are the io_links, the p2p_links and the caches of the node.
fn gpu_properties(here: &GpuNode<'_>, counts: (u32, u32, u32)) -> String {
    let (gpu, kfd) = (here.gpu, here.kfd);
    let parts = gpu.partitions();
    let units = kfd.compute_units.unwrap_or(0);
    let simd_per_cu = kfd.simd_per_cu.unwrap_or(4);
    let arrays_per_engine = kfd.arrays_per_engine.unwrap_or(1);
    let xcc = kfd.xcc.unwrap_or(1);
    let arrays = (kfd.shader_engines.unwrap_or(1) * arrays_per_engine * xcc / parts).max(1);
    let common = Properties {
        simds: units * simd_per_cu / parts,
        caches: counts.2,
        links: counts.0,
        p2p_links: counts.1,
        first_simd: 0x8000_0000_u32.wrapping_add(0x1000 * here.numbers.index),
        max_waves: kfd.max_waves_per_simd.unwrap_or(8),
        lds: kfd.lds_kib.unwrap_or(64),
        wave_front: kfd.wave_front_size.unwrap_or(64),
        arrays,
        arrays_per_engine,
        cu_per_array: units.div_ceil(parts).div_ceil(arrays),
        simd_per_cu,
        scratch_slots: 32,
        gfx_target: kfd.gfx_target_version.unwrap_or(0),
        vendor: gpu.vendor_id(),
        device: gpu.device.unwrap_or(0),
        // The partition sits in the four highest bits, which no PCI address uses.
        location: gpu.pci().location() | here.partition << 28,
        domain: gpu.pci().domain,
        render: here.numbers.render,
        hive: here.hive(),
        sdma: kfd.sdma_engines.map_or(0, |engines| (engines / parts).max(1)),
        sdma_xgmi: kfd.sdma_xgmi_engines.map_or(0, |engines| engines / parts),
        sdma_queues: 8,
        cp_queues: kfd.cp_queues.unwrap_or(24),
        ..Properties::default()
    };
    let own = gpu.unique_id.map_or(0, |id| id.0);
    let of_parts = gpu.partition.as_ref().map_or(&[][..], |partition| &partition.unique_ids);
    let unique = of_parts.get(here.partition as usize).map_or(own, |id| id.0);
    format!(
        "{}max_engine_clk_fcompute {}\nlocal_mem_size 0\nfw_version {}\ncapability {}\ncapability2 0\ndebug_prop {}\nsdma_fw_version {}\nunique_id {unique}\nnum_xcc {}\nmax_engine_clk_ccompute 3700\n",
        common.text(),
        kfd.max_clock.unwrap_or(0),
        kfd.fw_version.unwrap_or(0),
        kfd.capability.unwrap_or(0),
        kfd.debug_prop.unwrap_or(0),
        kfd.sdma_fw_version.unwrap_or(0),
        (xcc / parts).max(1),
    )
}

/// A process that uses one GPU has the files of all of them.
fn process(files: &mut Files, process: &Process, machine: &Description, numbers: &Numbering) {
    let dir = Path::new(KFD).join(format!("proc/{}", process.pid));
    files.read_only(dir.join("pasid"), line(process.pasid));
    files.directory(dir.join("queues"));
    for node in gpu_nodes(machine, numbers) {
        let id = node.numbers.gpu_id;
        files.read_only(dir.join(format!("vram_{id}")), "0\n");
        files.read_only(dir.join(format!("sdma_{id}")), "0\n");
        files.read_only(dir.join(format!("stats_{id}/evicted_ms")), "0\n");
        if node.gpu.counts_occupancy() {
            files.read_only(dir.join(format!("stats_{id}/cu_occupancy")), "0\n");
        }
    }
    let mut queue = 0;
    for on in &process.on {
        let gpu = numbers.gpus.get(on.gpu);
        let Some(node) = gpu.and_then(|gpu| gpu.nodes.get(on.partition)) else { continue };
        let id = node.gpu_id;
        files.read_only(dir.join(format!("vram_{id}")), line(on.vram));
        files.read_only(dir.join(format!("sdma_{id}")), line(on.sdma));
        files.read_only(dir.join(format!("stats_{id}/evicted_ms")), line(on.evicted_ms));
        if let Some(units) = on.cu_occupancy {
            files.read_only(dir.join(format!("stats_{id}/cu_occupancy")), line(units));
        }
        for _ in 0..on.queues {
            let place = dir.join(format!("queues/{queue}"));
            files.read_only(place.join("gpuid"), line(id));
            files.read_only(place.join("size"), "8388608\n");
            files.read_only(place.join("type"), "2\n");
            queue += 1;
        }
    }
}
