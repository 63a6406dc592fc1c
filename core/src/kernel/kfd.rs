//! KFD's topology: which GPUs there are, in which order, and what links them.

use super::short::Short;
use super::{Dir, number};
use crate::log;
use crate::status::Result;
use crate::types::rsmi_status_t;
use once_cell::race::{OnceBool, OnceBox};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// KFD's numbers for the kinds of links that matter.
pub(crate) const LINK_PCIE: u64 = 2;
pub(crate) const LINK_XGMI: u64 = 11;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) kind: u64,
    pub(crate) weight: u64,
    /// MB/s
    pub(crate) min_bandwidth: u64,
    pub(crate) max_bandwidth: u64,
}

/// A GPU, or one partition of it.
pub(crate) struct Node {
    /// The node's number in the topology.
    pub(crate) index: u32,
    pub(crate) gpu_id: u64,
    pub(crate) render_minor: u32,
    /// domain in bits 63:32, partition in 31:28, bus in 15:8, device in 7:3, function in 2:0.
    pub(crate) bdf_id: u64,
    /// The same for all nodes whose links make one net; 0 for a node without such links.
    pub(crate) hive_id: u64,
    dir: Dir,
    properties: HashMap<String, u64>,
    /// Every node's gpu_id, which tells GPUs from CPUs.
    gpu_ids: Arc<HashMap<u32, u64>>,
    /// Read when somebody first asks: there are as many links as pairs of GPUs.
    links: OnceBox<Links>,
    /// The nodes whose memory this one reaches, looked up when somebody first asks.
    reachable: OnceBox<BTreeSet<u32>>,
}

#[derive(Debug, Default)]
struct Links {
    cpu: Option<(u32, Link)>,
    gpus: BTreeMap<u32, Link>,
}

impl Node {
    /// The nearest CPU node and the link to it.
    pub(crate) fn cpu(&self) -> Option<(u32, Link)> {
        self.links().cpu
    }

    /// The links to other GPUs' nodes.
    pub(crate) fn gpus(&self) -> &BTreeMap<u32, Link> {
        &self.links().gpus
    }

    fn links(&self) -> &Links {
        log::kept(LINKS);
        self.links.get_or_init(|| {
            let mut found = Links::default();
            for (to, link) in log::aside(|| links(&self.dir)) {
                match self.gpu_ids.get(&to) {
                    // What cannot be read ends the list, as in the original.
                    None => break,
                    Some(0)
                        if found.cpu.is_none_or(|(_, nearest)| nearest.weight > link.weight) =>
                    {
                        found.cpu = Some((to, link));
                    }
                    Some(0) => {}
                    Some(_) => {
                        found.gpus.insert(to, link);
                    }
                }
            }
            Box::new(found)
        })
    }

    pub(crate) fn property(&self, name: &str) -> Option<u64> {
        self.properties.get(name).copied()
    }

    /// The memory that KFD tells of, in bytes: what a partition has of it.
    pub(crate) fn memory(&self) -> u64 {
        let mut sum: u64 = 0;
        let mut add = |bank: &str| {
            let file = Short::of(format_args!("mem_banks/{bank}/properties"));
            let size = self.dir.look(&file, |bytes| Ok(property(bytes, "size_in_bytes")));
            sum = sum.wrapping_add(size.ok().flatten().unwrap_or(0));
        };
        // Where there are none, there is no memory.
        let _ = self.dir.each_name("mem_banks", &mut add);
        sum
    }

    /// Whether it reaches the memory of another node: over PCIe, which the driver tells by links of
    /// their own, or over a link between the two.
    pub(crate) fn reaches(&self, node: u32) -> bool {
        let nodes = || {
            let links = ["p2p_links", "io_links"].map(|kind| ends(&self.dir.join(kind)));
            links.into_iter().flatten().collect()
        };
        log::kept(LINKS);
        self.reachable.get_or_init(|| Box::new(log::aside(nodes))).contains(&node)
    }
}

/// What the log calls the links of nodes.
const LINKS: &str = "KFD's links";

/// The bits of a BDF id that name a partition, not an address.
pub(crate) const PARTITION_BITS: u64 = 0xF000_0000;

pub(crate) struct Topology {
    /// The GPUs in rsmi's order: by PCI address; partitions of one GPU in KFD's order.
    pub(crate) gpus: Vec<Node>,
    /// The CPUs' nodes.
    cpus: Vec<(u32, Dir)>,
    /// The links from CPUs, read when somebody first asks.
    links: OnceBox<BTreeMap<(u32, u32), Link>>,
}

impl Topology {
    pub(crate) const fn none() -> Self {
        Self { gpus: Vec::new(), cpus: Vec::new(), links: OnceBox::new() }
    }

    /// Reads the topology below `sysfs`; without KFD there is nothing to initialise.
    pub(crate) fn read(sysfs: &Dir, in_guest: impl FnOnce() -> bool) -> Result<Self> {
        let root = sysfs.join("class/kfd/kfd/topology/nodes");
        let Ok(names) = root.names() else {
            return Err(rsmi_status_t::RSMI_STATUS_INIT_ERROR);
        };
        let found = root.found();
        let mut nodes: Vec<u32> = names.iter().filter_map(|name| name.parse().ok()).collect();
        nodes.sort_unstable();
        let mut topology = Self::none();
        let gpu_ids: HashMap<u32, u64> =
            nodes.iter().filter_map(|node| Some((*node, gpu_id(&found, *node)?))).collect();
        let gpu_ids = Arc::new(gpu_ids);
        let mut in_guest = Some(in_guest);
        let mut guest = None;
        for index in nodes {
            let dir = root.join(&index.to_string());
            let gpu_id = match gpu_ids.get(&index) {
                Some(0) => {
                    topology.cpus.push((index, dir));
                    continue;
                }
                Some(gpu_id) => *gpu_id,
                None => continue,
            };
            let properties = properties(&found, &format!("{index}/properties"));
            if properties.is_empty() {
                continue;
            }
            // A guest's KFD may leave these out.
            let complete = ["domain", "location_id", "drm_render_minor"]
                .iter()
                .all(|name| properties.contains_key(*name));
            let mut is_guest =
                || *guest.get_or_insert_with(|| in_guest.take().is_some_and(|in_guest| in_guest()));
            if !complete && !is_guest() {
                continue;
            }
            let property = |name| properties.get(name).copied().unwrap_or(0);
            topology.gpus.push(Node {
                index,
                gpu_id,
                render_minor: property("drm_render_minor") as u32,
                bdf_id: u64::from(property("domain") as u32) << 32
                    | u64::from(property("location_id") as u32),
                hive_id: property("hive_id"),
                dir,
                properties,
                gpu_ids: Arc::clone(&gpu_ids),
                links: OnceBox::new(),
                reachable: OnceBox::new(),
            });
        }
        topology.gpus.sort_by_key(|node| node.bdf_id & !PARTITION_BITS);
        Ok(topology)
    }

    /// How a GPU reaches another's CPU node: the weight between their CPU nodes, if they are linked.
    pub(crate) fn between_cpus(&self, from: u32, to: u32) -> Option<u64> {
        log::kept(LINKS);
        let all = self.links.get_or_init(|| {
            let of = |(from, dir): &(u32, Dir)| {
                let from = *from;
                links(dir).into_iter().map(move |(to, link)| ((from, to), link))
            };
            Box::new(log::aside(|| self.cpus.iter().flat_map(of).collect()))
        });
        all.get(&(from, to)).map(|link| link.weight)
    }
}

/// A node's gpu_id, 0 for a CPU, as far as it can be read.
fn gpu_id(root: &Dir, node: u32) -> Option<u64> {
    let text = root.word(&format!("{node}/gpu_id")).ok()?;
    number::is_integer(&text).then(|| number::unsigned(&text, 10).ok())?
}

/// One of lines of a name and a number; the last where there are several.
fn property(lines: &[u8], name: &str) -> Option<u64> {
    let value = |line: &[u8]| {
        let mut words = line.split(|byte| number::is_space(*byte)).filter(|word| !word.is_empty());
        let value = words.next().filter(|word| *word == name.as_bytes()).and(words.next())?;
        number::unsigned(value, 10).ok()
    };
    lines.rsplit(|byte| *byte == b'\n').find_map(value)
}

/// Lines of a name and a number.
fn properties(dir: &Dir, file: &str) -> HashMap<String, u64> {
    let bytes = dir.bytes(file).unwrap_or_default();
    String::from_utf8_lossy(&bytes)
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let name = words.next()?;
            Some((name.to_owned(), number::unsigned(words.next()?.as_bytes(), 10).ok()?))
        })
        .collect()
}

/// A node's links by the node that they lead to.
fn links(node: &Dir) -> BTreeMap<u32, Link> {
    each_link(&node.join("io_links"))
        .filter_map(|link| {
            let number = |name| link.get(name).copied();
            let to = u32::try_from(number("node_to")?).ok()?;
            Some((
                to,
                Link {
                    kind: number("type")?,
                    weight: number("weight")?,
                    min_bandwidth: number("min_bandwidth").unwrap_or(0),
                    max_bandwidth: number("max_bandwidth").unwrap_or(0),
                },
            ))
        })
        .collect()
}

/// The nodes that the links in a directory lead to.
fn ends(links: &Dir) -> Vec<u32> {
    each_link(links).filter_map(|link| u32::try_from(*link.get("node_to")?).ok()).collect()
}

/// The properties of each link in a directory.
fn each_link(links: &Dir) -> impl Iterator<Item = HashMap<String, u64>> {
    let names = links.names().unwrap_or_default().into_iter();
    names
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
        .map(|name| properties(&links.join(&name), "properties"))
}

/// Whether this machine is a virtual one, by the CPU's flags.
pub(crate) fn is_vm_guest() -> bool {
    #[cfg(test)]
    if let Some(is_guest) = tests::IS_GUEST.get() {
        return is_guest;
    }
    // Asked once: it stays what it is, and the kernel interrupts every CPU to answer.
    static GUEST: OnceBool = OnceBool::new();
    GUEST.get_or_init(|| {
        std::fs::read_to_string("/proc/cpuinfo").is_ok_and(|text| text.contains("hypervisor"))
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::tests::Scratch;
    use super::*;
    use std::cell::Cell;

    thread_local! {
        /// What this thread takes the machine for, whatever it is.
        pub(crate) static IS_GUEST: Cell<Option<bool>> = const { Cell::new(None) };
    }

    const ROOT: &str = "class/kfd/kfd/topology/nodes";

    fn scratch(name: &str, nodes: &[(u32, &str, &str)], links: &[(u32, u32, u32, u32)]) -> Scratch {
        let mut files = Vec::new();
        for (node, gpu_id, properties) in nodes {
            files.push((format!("{ROOT}/{node}/gpu_id"), format!("{gpu_id}\n")));
            files.push((format!("{ROOT}/{node}/properties"), (*properties).to_owned()));
        }
        for (at, (from, to, kind, weight)) in links.iter().enumerate() {
            let text = format!("type {kind}\nnode_from {from}\nnode_to {to}\nweight {weight}\n");
            files.push((format!("{ROOT}/{from}/io_links/{at}/properties"), text));
        }
        let files: Vec<(&str, &[u8])> =
            files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
        Scratch::new(name, &files)
    }

    fn link(kind: u64, weight: u64) -> Link {
        Link { kind, weight, min_bandwidth: 0, max_bandwidth: 0 }
    }

    fn gpu(location: u64, render: u32) -> String {
        format!("domain 0\nlocation_id {location}\ndrm_render_minor {render}\n")
    }

    #[test]
    fn gpus_are_sorted_by_address_and_partitions_stay_in_their_order() {
        let scratch = scratch(
            "kfd-order",
            &[
                (0, "0", "cpu_cores_count 8\n"),
                (1, "11", &gpu(0x8300, 130)),
                (2, "12", &gpu(0x300, 128)),
                (3, "13", &gpu(0x1000_0300, 129)),
                (4, "junk", &gpu(0x100, 131)),
                (5, "15", "domain 0\n"),
            ],
            &[],
        );
        let topology = Topology::read(&scratch.0, || false).unwrap();
        let order: Vec<u64> = topology.gpus.iter().map(|node| node.gpu_id).collect();
        assert_eq!(order, [12, 13, 11]);
        assert_eq!(topology.gpus[1].bdf_id, 0x1000_0300);
        assert_eq!(Topology::read(&scratch.0, || true).unwrap().gpus.len(), 4);
    }

    #[test]
    fn the_nearest_cpu_counts() {
        let scratch = scratch(
            "kfd-links",
            &[
                (0, "0", "a 1\n"),
                (1, "0", "a 1\n"),
                (2, "7", &gpu(0x300, 128)),
                (3, "8", &gpu(0x400, 129)),
            ],
            &[(2, 0, 2, 40), (2, 1, 2, 20), (2, 3, 11, 15), (0, 1, 2, 32)],
        );
        let topology = Topology::read(&scratch.0, || false).unwrap();
        let first = &topology.gpus[0];
        assert_eq!(first.cpu(), Some((1, link(LINK_PCIE, 20))));
        assert_eq!(first.gpus()[&3], link(LINK_XGMI, 15));
        assert_eq!((topology.between_cpus(0, 1), topology.between_cpus(1, 0)), (Some(32), None));
        assert!(first.reaches(3) && !topology.gpus[1].reaches(2));
    }

    #[test]
    fn no_kfd_is_an_error_and_no_gpu_is_none() {
        let empty = Scratch::new("kfd-none", &[]);
        let error = Topology::read(&empty.0, || false).err().unwrap();
        assert_eq!(error, rsmi_status_t::RSMI_STATUS_INIT_ERROR);
        let cpus = scratch("kfd-cpus", &[(0, "0", "a 1\n")], &[]);
        assert!(Topology::read(&cpus.0, || false).unwrap().gpus.is_empty());
    }
}
