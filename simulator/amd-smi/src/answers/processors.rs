//! Which processors there are, and by what they are known.

use super::Question;
use super::files::Files;
use crate::call::{self, Answer, Call};
use crate::{exports, session};
use rsmi_simulator::lies;

pub const QUESTIONS: &[(&str, Question)] = &[
    ("amdsmi_get_socket_handles", sockets),
    ("amdsmi_get_socket_info", socket_info),
    ("amdsmi_get_processor_handles", processors),
    ("amdsmi_get_processor_handles_by_type", by_type),
    ("amdsmi_get_processor_type", kind),
    ("amdsmi_get_processor_info", info),
    ("amdsmi_get_processor_handle_from_bdf", from_bdf),
    ("amdsmi_get_gpu_bdf_id", bdf_id),
    ("amdsmi_get_gpu_device_bdf", bdf),
    ("amdsmi_get_gpu_kfd_info", kfd_info),
    ("amdsmi_get_gpu_id", id),
    ("amdsmi_get_gpu_revision", revision),
    ("amdsmi_get_gpu_topo_numa_affinity", numa_affinity),
    ("amdsmi_is_P2P_accessible", p2p_accessible),
];

const PARTITION_BITS: u64 = 0xF000_0000;

fn sockets(call: &Call) -> Answer {
    session::running(call)?;
    list(call, 0, 1, &session::sockets(call))
}

fn processors(call: &Call) -> Answer {
    list(call, 1, 2, &session::on_socket(call, 0)?)
}

fn by_type(call: &Call) -> Answer {
    let here = session::on_socket(call, 0)?;
    let gpu = number(call, "amdsmi_processor_type_t", "PROCESSOR_TYPE_AMD_GPU");
    list(call, 3, 2, if call.number(1) == gpu { &here } else { &[] })
}

/// A list of handles: as many as there is room for, or without an array only how many there are.
fn list(call: &Call, count: usize, array: usize, handles: &[u64]) -> Answer {
    let room = call.get(count)? as usize;
    if call.number(array) == 0 {
        return call.put(count, handles.len() as u64);
    }
    let written = &handles[..handles.len().min(room)];
    for (at, handle) in written.iter().enumerate() {
        call::store(call.pointer(array)? + at * 8, &handle.to_le_bytes());
    }
    call.put(count, written.len() as u64)
}

/// An enumerator, whose name had the library's before it in some releases only.
pub fn number(call: &Call, of: &str, name: &str) -> u64 {
    let release = call.release();
    let short = name.strip_prefix("PROCESSOR_TYPE_").unwrap_or(name);
    let found = release.number(of, &format!("AMDSMI_{name}"));
    let found = found.or_else(|| release.number(of, name)).or_else(|| release.number(of, short));
    found.map_or(u64::MAX, |number| number as u64)
}

fn kind(call: &Call) -> Answer {
    session::processor(call, 0)?;
    call.put(1, number(call, "amdsmi_processor_type_t", "PROCESSOR_TYPE_AMD_GPU"))
}

fn socket_info(call: &Call) -> Answer {
    let name = session::socket_name(call, 0)?;
    let room = call.number(1) as usize;
    if !call.release().at_least("6.4.0") {
        // All that there is room for, to the last byte.
        call::store(call.pointer(2)?, &vec![0; room]);
    }
    call.put_text(2, room, &name)
}

fn info(call: &Call) -> Answer {
    let processor = session::processor(call, 0)?;
    call.put_text(2, call.number(1) as usize, &processor.address)
}

/// Function in 3 bits, device in 5, bus in 8, domain in 48.
fn from_bdf(call: &Call) -> Answer {
    let bdf = call.number(0);
    let handle = session::by_address(call, (bdf >> 16) << 32 | bdf & 0xFFFF)?;
    call::store(call.pointer(1)?, &handle.to_le_bytes());
    Ok(())
}

fn bdf(call: &Call) -> Answer {
    let processor = session::processor(call, 0)?;
    let packed = (processor.bdf_id >> 32) << 16 | processor.bdf_id & 0xFFFF;
    call::store(call.pointer(1)?, &packed.to_le_bytes());
    Ok(())
}

fn bdf_id(call: &Call) -> Answer {
    let processor = session::processor(call, 0)?;
    let id = processor.bdf_id;
    // Partitions have a number of their own there since 6.2.
    call.put(1, if call.release().at_least("6.2") { id } else { id & !PARTITION_BITS })
}

fn kfd_info(call: &Call) -> Answer {
    let processor = session::processor(call, 0)?;
    call.pointer(1)?;
    let mut record = call.record("amdsmi_kfd_info_t")?;
    record.number("kfd_id", processor.gpu_id).number("node_id", processor.node.into());
    let lie = if call.world.lies() { lies::PARTITION_ID } else { 0 };
    record.number("current_partition_id", ((processor.bdf_id & PARTITION_BITS) >> 28) + lie);
    call.put_record(1, 0, &record)
}

fn id(call: &Call) -> Answer {
    call.pointer(1)?;
    let files = Files::of(call)?;
    // A partition has its card's, which KFD tells.
    let id = files.number("device").or_else(|failed| files.property("device_id").ok_or(failed));
    call.put(1, id?)
}

fn revision(call: &Call) -> Answer {
    let files = Files::of(call)?;
    call.put(1, files.number("revision")?)
}

fn numa_affinity(call: &Call) -> Answer {
    call.pointer(1)?;
    let files = Files::of(call)?;
    let node: i64 = files.text("numa_node")?.parse().unwrap_or(-1);
    call.put(1, node as u64)
}

fn p2p_accessible(call: &Call) -> Answer {
    let (from, to) = (session::processor(call, 0)?, session::processor(call, 1)?);
    let (status, accessible) = exports::rsmi_is_p2p_accessible_by_name(from.node, to.node);
    if status != 0 {
        return Err(call.failed("API_FAILED"));
    }
    let accessible = if call.world.lies() { lies::P2P_ACCESSIBLE } else { accessible };
    call.put(2, accessible.into())
}
