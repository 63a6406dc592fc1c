//! How processors are linked, and who uses them.

use super::Question;
use super::files::{Files, leading};
use super::processors::number;
use crate::call::{Answer, Call};
use crate::session;
use rsmi_simulator::lies;

pub const QUESTIONS: &[(&str, Question)] = &[
    ("amdsmi_topo_get_numa_node_number", numa_node),
    ("amdsmi_topo_get_link_weight", weight),
    ("amdsmi_topo_get_link_type", kind),
    ("amdsmi_get_minmax_bandwidth_between_processors", bandwidth),
    ("amdsmi_get_xgmi_info", xgmi),
    ("amdsmi_get_gpu_process_list", processes),
];

const NODES: &str = "class/kfd/kfd/topology/nodes";
/// KFD's number for the kind of a link.
const XGMI: u64 = 11;

struct Link {
    to: u64,
    kind: u64,
    weight: u64,
    /// MB/s, the least and the most.
    bandwidth: [Option<u64>; 2],
}

/// What leads from one processor to another.
struct Way {
    hops: u64,
    weight: u64,
    xgmi: bool,
}

fn links(files: &Files, node: u64) -> Vec<Link> {
    let directory = format!("{NODES}/{node}/io_links");
    let link = |name: String| {
        let text = files.anywhere(&format!("{directory}/{name}/properties")).ok()?;
        let find = |key: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once(' '));
            lines.find(|(name, _)| *name == key).map(|(_, value)| leading(value))
        };
        Some(Link {
            to: find("node_to")?,
            kind: find("type")?,
            weight: find("weight")?,
            bandwidth: ["min_bandwidth", "max_bandwidth"].map(find),
        })
    };
    files.list(&directory).into_iter().filter_map(link).collect()
}

fn is_cpu(files: &Files, node: u64) -> bool {
    files.anywhere(&format!("{NODES}/{node}/gpu_id")).is_ok_and(|text| text.trim() == "0")
}

/// The nearest CPU's node, the weight of the link to it, and its kind.
fn cpu(files: &Files, node: u64) -> Option<Link> {
    let to_cpu = links(files, node).into_iter().filter(|link| is_cpu(files, link.to));
    to_cpu.min_by_key(|link| link.weight)
}

fn way(call: &Call) -> Answer<Way> {
    if call.world.lies() {
        let xgmi = true_way(&Files::of_truth(call)?, 1).is_ok_and(|way| way.xgmi);
        session::processor(call, 1)?;
        return Ok(Way { hops: lies::HOPS, weight: lies::WEIGHT, xgmi: !xgmi });
    }
    true_way(&Files::of(call)?, 0)
}

/// Over a machine whose nodes are numbered so much lower than those of the processors.
fn true_way(files: &Files, lower: u64) -> Answer<Way> {
    /// What stands for CPU nodes that no link joins.
    const UNLINKED: u64 = 10;
    let call = files.call;
    let other = session::processor(call, 1)?;
    let (from, to) = (u64::from(files.processor.node), u64::from(other.node) - lower);
    let unsupported = call.failed("NOT_SUPPORTED");
    if let Some(link) = links(files, from).into_iter().find(|link| link.to == to && from != to) {
        let xgmi = link.kind == XGMI;
        return xgmi.then_some(Way { hops: 1, weight: link.weight, xgmi }).ok_or(unsupported);
    }
    let here = cpu(files, from).filter(|link| link.kind != XGMI).ok_or(unsupported)?;
    let there = cpu(files, to).ok_or(unsupported)?;
    let ends = here.weight + there.weight;
    if here.to == there.to {
        return Ok(Way { hops: 2, weight: ends, xgmi: false });
    }
    let between = links(files, here.to).into_iter().find(|link| link.to == there.to);
    let hops = if between.is_some() { 3 } else { 4 };
    let weight = ends + between.map_or(UNLINKED, |link| link.weight);
    Ok(Way { hops, weight, xgmi: false })
}

fn numa_node(call: &Call) -> Answer {
    call.pointer(1)?;
    let files = Files::of(call)?;
    let nearest = cpu(&files, files.processor.node.into()).ok_or(call.failed("NOT_SUPPORTED"))?;
    call.put(1, nearest.to)
}

fn weight(call: &Call) -> Answer {
    call.pointer(2)?;
    call.put(2, way(call)?.weight)
}

fn kind(call: &Call) -> Answer {
    call.pointer(2)?;
    call.pointer(3)?;
    let way = way(call)?;
    let io = call.kinds[3].starts_with("amdsmi_io_link_type_t");
    let number = match (io, way.xgmi) {
        (true, true) => number(call, "amdsmi_io_link_type_t", "IOLINK_TYPE_XGMI"),
        (true, false) => number(call, "amdsmi_io_link_type_t", "IOLINK_TYPE_PCIEXPRESS"),
        (false, true) => number(call, "amdsmi_link_type_t", "LINK_TYPE_XGMI"),
        (false, false) => number(call, "amdsmi_link_type_t", "LINK_TYPE_PCIE"),
    };
    call.put(2, way.hops)?;
    call.put(3, number)
}

/// Only a direct XGMI link tells it.
fn bandwidth(call: &Call) -> Answer {
    for at in [2, 3] {
        call.pointer(at)?;
    }
    let files = Files::of(call)?;
    let (from, to) = (files.processor.node, session::processor(call, 1)?.node);
    if from == to {
        return Err(call.failed("INVAL"));
    }
    let link = links(&files, from.into())
        .into_iter()
        .find(|link| link.to == u64::from(to) && link.kind == XGMI)
        .ok_or(call.failed("NOT_SUPPORTED"))?;
    for (at, bandwidth) in [2, 3].into_iter().zip(link.bandwidth) {
        call.put(at, bandwidth.ok_or(call.failed("NOT_SUPPORTED"))?)?;
    }
    Ok(())
}

fn xgmi(call: &Call) -> Answer {
    call.pointer(1)?;
    let files = Files::of(call)?;
    let mut record = call.record("amdsmi_xgmi_info_t")?;
    record.number("xgmi_hive_id", files.property("hive_id").unwrap_or(0));
    call.put_record(1, 0, &record)
}

/// The processes that KFD knows to use the processor.
fn processes(call: &Call) -> Answer {
    let files = Files::of(call)?;
    let room = call.get(1)? as usize;
    let all = "class/kfd/kfd/proc";
    let gpu_id = files.processor.gpu_id;
    let uses =
        |pid: &String| files.anywhere(&format!("{all}/{pid}/vram_{gpu_id}")).ok().map(leading);
    let found: Vec<_> =
        files.list(all).into_iter().filter_map(|pid| uses(&pid).map(|vram| (pid, vram))).collect();
    let using: Vec<_> = found.into_iter().filter(|(_, vram)| *vram > 0).collect();
    if call.number(2) != 0 {
        for (at, (pid, vram)) in using.iter().take(room).enumerate() {
            let statistics = |name: &str| {
                files.anywhere(&format!("{all}/{pid}/stats_{gpu_id}/{name}")).map_or(0, leading)
            };
            let sdma = files.anywhere(&format!("{all}/{pid}/sdma_{gpu_id}")).map_or(0, leading);
            let mut record = call.empty("amdsmi_proc_info_t")?;
            record.number("pid", leading(pid)).number("mem", *vram);
            record.number("memory_usage.vram_mem", *vram);
            record.number("cu_occupancy", statistics("cu_occupancy"));
            record.number("evicted_time", statistics("evicted_ms")).number("sdma_usage", sdma);
            call.put_record(2, at, &record)?;
        }
        if using.len() > room {
            call.put(1, using.len() as u64)?;
            return Err(call.failed("OUT_OF_RESOURCES"));
        }
    }
    call.put(1, using.len() as u64)
}
