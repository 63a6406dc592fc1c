//! From amdsmi_init to amdsmi_shut_down: the processors, and the handles that name them.

use crate::call::{Answer, Call};
use crate::exports;
use rsmi_simulator::Machine;
use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

/// A GPU, or a partition of one.
#[derive(Clone, Debug)]
pub struct Processor {
    /// Where the description has its card.
    pub card: usize,
    /// `0000:c1:00.0`
    pub address: String,
    /// domain in bits 63:32, partition in 31:28, bus in 15:8, device in 7:3, function in 2:0.
    pub bdf_id: u64,
    pub render: u32,
    pub node: u32,
    /// How many of KFD's nodes are CPUs; they come first.
    pub cpu_nodes: u32,
    pub gpu_id: u64,
    /// Its directory in /sys.
    pub device: String,
}

#[derive(Default)]
struct Session {
    users: u32,
    /// Of this initialisation; handles of an earlier one are not good any more.
    serial: u64,
    processors: Vec<Processor>,
}

static SESSION: RwLock<Session> =
    RwLock::new(Session { users: 0, serial: 0, processors: Vec::new() });

const PARTITION_BITS: u64 = 0xF000_0000;
const INIT_AMD_GPUS: u64 = 2;
/// Handles look like addresses, and lead nowhere.
const SOCKET: u64 = 0x5D00_0000_0000;
const PROCESSOR: u64 = 0x6D00_0000_0000;
const KIND: u64 = 0xFF00_0000_0000;

fn read<T>(look: impl FnOnce(&Session) -> T) -> T {
    look(&SESSION.read().unwrap_or_else(PoisonError::into_inner))
}

pub fn init(call: &Call) -> Answer {
    let counts = call.release().at_least("10.0");
    let again = read(|session| session.users > 0);
    if !again {
        let machine = call.world.now();
        if !machine.has_driver() {
            return Err(call.failed("DRIVER_NOT_LOADED"));
        }
        // Not under our lock: whoever has the name may come back to us.
        if exports::rsmi_init_by_name(0) != 0 {
            return Err(call.failed("INIT_ERROR"));
        }
        exports::rsmi_is_p2p_accessible_by_name(0, 0);
    }
    let mut session = SESSION.write().unwrap_or_else(PoisonError::into_inner);
    if session.users == 0 {
        let machine = call.world.now();
        session.serial += 1;
        session.processors = match call.number(0) & INIT_AMD_GPUS {
            0 => Vec::new(),
            _ => processors(&machine, call.release().at_least("6.4.0")),
        };
        session.processors.retain(|processor| !call.gone.contains(&processor.card));
    }
    session.users = if counts { session.users + 1 } else { 1 };
    Ok(())
}

pub fn shut_down(_: &Call) -> Answer {
    let mut session = SESSION.write().unwrap_or_else(PoisonError::into_inner);
    session.users = session.users.saturating_sub(1);
    if session.users == 0 {
        session.processors.clear();
    }
    Ok(())
}

/// Refuses who has not initialised.
pub fn running(call: &Call) -> Answer {
    match read(|session| session.users) {
        0 => Err(call.failed("NOT_INIT")),
        _ => Ok(()),
    }
}

/// The processor whose handle is that argument.
pub fn processor(call: &Call, at: usize) -> Answer<Processor> {
    running(call)?;
    if call.number(at) == 0 {
        return Err(call.failed("INVAL"));
    }
    let found = read(|session| {
        let index = session.index(call.number(at), PROCESSOR)?;
        session.processors.get(index).cloned()
    });
    found.filter(|found| !call.gone.contains(&found.card)).ok_or(call.failed("NOT_FOUND"))
}

/// All processors and their handles, in their order.
pub fn all(call: &Call) -> Vec<(u64, Processor)> {
    read(|session| {
        let here = (0..session.processors.len()).filter(|at| session.is_here(*at, call));
        here.map(|at| (session.handle(PROCESSOR, at as u64), session.processors[at].clone()))
            .collect()
    })
}

/// The sockets' handles: one for each PCI device, whatever its function.
pub fn sockets(call: &Call) -> Vec<u64> {
    read(|session| {
        let here = session.sockets();
        let count =
            here.values().filter(|all| all.iter().any(|at| session.is_here(*at, call))).count();
        (0..count as u64).map(|index| session.handle(SOCKET, index)).collect()
    })
}

/// The handles of the processors on the socket whose handle is that argument.
pub fn on_socket(call: &Call, at: usize) -> Answer<Vec<u64>> {
    running(call)?;
    let found = read(|session| {
        let index = session.index(call.number(at), SOCKET)?;
        let sockets = session.sockets();
        let mut here =
            sockets.values().filter(|all| all.iter().any(|at| session.is_here(*at, call)));
        let all = here.nth(index)?.iter().filter(|at| session.is_here(**at, call));
        Some(all.map(|at| session.handle(PROCESSOR, *at as u64)).collect())
    });
    found.ok_or(call.failed("NOT_FOUND"))
}

/// What a socket is called: its address without the function.
pub fn socket_name(call: &Call, at: usize) -> Answer<String> {
    running(call)?;
    let found = read(|session| {
        let index = session.index(call.number(at), SOCKET)?;
        session.sockets().keys().nth(index).cloned()
    });
    found.ok_or(call.failed("NOT_FOUND"))
}

/// The handle of the first processor at an address.
pub fn by_address(call: &Call, bdf_id: u64) -> Answer<u64> {
    running(call)?;
    let found = read(|session| {
        let mut all = session.processors.iter();
        let at = all.position(|processor| processor.bdf_id & !PARTITION_BITS == bdf_id)?;
        session.is_here(at, call).then(|| session.handle(PROCESSOR, at as u64))
    });
    found.ok_or(call.failed("NOT_FOUND"))
}

/// What the log calls a handle: the processor that it names, whatever number it is.
pub fn name(_: &Call, handle: u64) -> String {
    read(|session| {
        let which = |kind, word: &str| Some(format!("{word} {}", session.index(handle, kind)?));
        let found = which(PROCESSOR, "processor").or_else(|| which(SOCKET, "socket"));
        found.unwrap_or_else(|| if handle == 0 { "NULL".into() } else { "stale handle".into() })
    })
}

impl Session {
    fn handle(&self, kind: u64, index: u64) -> u64 {
        kind | (self.serial & 0xFFFF) << 20 | (index + 1) << 4
    }

    fn index(&self, handle: u64, kind: u64) -> Option<usize> {
        let index = ((handle & 0xF_FFFF) >> 4).checked_sub(1)?;
        let ours = handle & KIND == kind && handle == self.handle(kind, index);
        ours.then_some(index as usize)
    }

    fn is_here(&self, at: usize, call: &Call) -> bool {
        self.processors.get(at).is_some_and(|processor| !call.gone.contains(&processor.card))
    }

    /// Which processors each socket has, by its name.
    fn sockets(&self) -> BTreeMap<String, Vec<usize>> {
        let mut sockets = BTreeMap::<String, Vec<usize>>::new();
        for (at, processor) in self.processors.iter().enumerate() {
            let name = processor.address.rsplit_once('.').map_or("", |(name, _)| name);
            sockets.entry(name.to_uppercase()).or_default().push(at);
        }
        sockets
    }
}

/// What the copy of rocm_smi_lib inside finds: the nodes of KFD, by their addresses.
///
/// Before 6.4 it knows nothing of partitions: it takes a node for the card whose unique_id it has,
/// finds none for the others, and answers out of the card's files.
fn processors(machine: &Machine, partitions: bool) -> Vec<Processor> {
    let nodes = "class/kfd/kfd/topology/nodes";
    let addresses = machine.addresses();
    let mut numbers: Vec<u32> =
        machine.list(nodes).iter().filter_map(|name| name.parse().ok()).collect();
    numbers.sort_unstable();
    let is_cpu = |node: &&u32| {
        machine.read(&format!("{nodes}/{node}/gpu_id")).is_ok_and(|text| text.starts_with(b"0"))
    };
    let cpu_nodes = numbers.iter().filter(is_cpu).count() as u32;
    let unique = |device: &str| -> Option<u64> {
        let text = machine.read(&format!("{device}/unique_id")).ok()?;
        u64::from_str_radix(std::str::from_utf8(text).ok()?.trim(), 16).ok()
    };
    let mut found: Vec<Processor> = numbers
        .into_iter()
        .filter_map(|node| {
            let read = |file: &str| {
                let bytes = machine.read(&format!("{nodes}/{node}/{file}")).ok()?;
                std::str::from_utf8(bytes).ok()
            };
            let gpu_id = read("gpu_id")?.trim().parse().ok().filter(|id| *id != 0)?;
            let properties = read("properties")?;
            let property = |name: &str| -> Option<u64> {
                let mut lines = properties.lines().filter_map(|line| line.split_once(' '));
                lines.find(|(key, _)| *key == name)?.1.trim().parse().ok()
            };
            let (domain, location) = (property("domain")?, property("location_id")? & 0xFFFF_FFFF);
            let render = property("drm_render_minor")? as u32;
            let address = format!(
                "{domain:04x}:{:02x}:{:02x}.{}",
                location >> 8 & 0xFF,
                location >> 3 & 0x1F,
                location & 7
            );
            let mut device = format!("class/drm/renderD{render}/device");
            if !partitions && location & PARTITION_BITS != 0 {
                device = format!("bus/pci/devices/{address}");
                let same = unique(&device).is_some_and(|own| property("unique_id") == Some(own));
                if !same {
                    return None;
                }
            }
            Some(Processor {
                card: addresses.iter().position(|known| *known == address)?,
                address,
                bdf_id: domain << 32 | location,
                render,
                node,
                cpu_nodes,
                gpu_id,
                device,
            })
        })
        .collect();
    found.sort_by_key(|processor| processor.bdf_id & !PARTITION_BITS);
    found
}
