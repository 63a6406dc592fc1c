//! A machine whose every value is a lie: what the stand-in answers from under `RSMI_SIM_LIES=1`.
//!
//! A program that asks a library over libamd_smi sees by the answer where it came from: the kernel's
//! files of the machine have the truth. `lies.toml` states the values. What leads from an index to a
//! card stays true: addresses, how many cards and partitions there are, and their order. A lie that is
//! no file of the driver is one of the constants here.

use crate::description::{ComputePartition, Description, Gpu, ProcessOn};
use crate::load::{self, Error};
use crate::metrics::{LAYOUTS, Layout};
use crate::tree::{self, Numbering};
use crate::value::Hex64;

const TEXT: &str = include_str!("lies.toml");

/// How many links lead from any processor to another, and what they weigh. Their kind is the one that
/// they are not, PCIe or XGMI.
pub const HOPS: u64 = 11;
pub const WEIGHT: u64 = 1111;
/// No processor reaches another's memory.
pub const P2P_ACCESSIBLE: bool = false;
/// What a counter of an event has counted: this and the number of the event; and for how long, in ns.
pub const COUNTED: u64 = 111_000;
pub const TIME_ENABLED: u64 = 1_111_111;
pub const TIME_RUNNING: u64 = 111_111;
/// What the library knows of itself alone: how much a unit of energy is, in µJ, how many dies a card
/// has, by how much the numbers of partitions and HIP's of devices are too large.
pub const RESOLUTION: f32 = 11.5;
pub const DIES: u64 = 11;
pub const PARTITION_ID: u64 = 11;
pub const HIP_ID: u64 = 111;
/// The text of the one event that every processor tells which is listened to.
pub const EVENT: &str = "LIE event";
/// A process that every processor has, beside those that there are.
pub const PID: u32 = 1_111_111;

const GPU_ID: u32 = 1111;
const UNIQUE_ID: u64 = 0x11e1_e1e1_e1e1_e000;
const PHYSICAL_ID: u32 = 111;
const PASID: u32 = 11111;
const VRAM: u64 = 1_111_111;
const SDMA: u64 = 11_111;
/// Files that all partitions of a card share numbers for.
const MOST_PARTITIONS: u32 = 16;

/// The same machine, as a liar describes it.
pub(crate) fn of(truth: &Description, numbers: &Numbering) -> Result<Description, Error> {
    let mut lie = truth.clone();
    lie.load = None;
    // A socket more: all of KFD's nodes have another number, and every card is on the new one.
    lie.cpu.nodes += 1;
    if let Some(driver) = &mut lie.driver {
        driver.version = Some("1.11.111-LIE".into());
    }
    let nodes = numbers.cards();
    let past = |number: fn(&crate::machine::Card) -> u32| nodes.iter().map(number).max();
    let further_cards = past(|card| card.card).map_or(0, |last| last + 1);
    let further_renders =
        past(|card| card.render.unwrap_or(0)).map_or(0, |last| last.saturating_sub(127));
    for (at, gpu) in lie.gpu.iter_mut().enumerate() {
        let own = numbers.gpus[at].drm.first();
        let told = card(&truth.gpu[at], at as u32, numbers.gpus[at].hwmon)?;
        *gpu = Gpu {
            numa_node: Some(truth.cpu.nodes as i32),
            card: own.map(|own| own.card + further_cards),
            render: own.and_then(|own| own.render).map(|render| render + further_renders),
            ..told
        };
    }
    processes(&mut lie);
    Ok(lie)
}

/// What is said of the card.
fn card(truth: &Gpu, at: u32, hwmon: u32) -> Result<Gpu, Error> {
    let mut lie: Gpu = load::parse("lies.toml", TEXT)?;
    lie.pci = truth.pci;
    lie.bridges.clone_from(&truth.bridges);
    lie.class = truth.class;
    lie.hwmon_number = Some(hwmon);
    lie.unique_id = Some(Hex64(UNIQUE_ID + u64::from(at)));
    lie.serial_number = lie.serial_number.map(|serial| format!("{serial}-{at}"));
    if truth.performance_level == lie.performance_level {
        lie.performance_level = Some("profile_standard".into());
    }
    let mut file = |name: &str, text: String| {
        let name = name.parse().unwrap_or_else(|error| unreachable!("{error}"));
        lie.files.insert(name, text + "\n");
    };
    file(&format!("hwmon/hwmon{hwmon}/pwm1_max"), "251".into());
    // The driver writes these for the cards of a hive; the liar for all.
    file("xgmi_physical_id", (PHYSICAL_ID + at).to_string());
    let other =
        |truth: bool, usual: &str, other: &str| if truth { other } else { usual }.to_owned();
    let partition = truth.partition.as_ref();
    let qpx = partition.is_some_and(|told| told.compute == Some(ComputePartition::Qpx));
    file("current_compute_partition", other(qpx, "QPX", "TPX"));
    let nps8 = partition.is_some_and(|told| told.memory.as_deref() == Some("NPS8"));
    let vendor = truth.memory.as_ref().and_then(|memory| memory.vendor.as_deref());
    if let Some(partition) = &mut lie.partition {
        partition.memory = Some(other(nps8, "NPS8", "NPS2"));
        partition.compute = truth.partition.as_ref().and_then(|truth| truth.compute);
        partition.nodes = truth.partition.as_ref().map_or(0, |truth| truth.nodes);
        // Which of them have their card's id is how older releases find them.
        let own = truth.unique_id.map(|id| id.0);
        let ids = truth.partition.iter().flat_map(|truth| &truth.unique_ids).zip(1..);
        let id = UNIQUE_ID + u64::from(at);
        let told =
            ids.map(|(known, part)| if Some(known.0) == own { id } else { id + part * 0x100 });
        partition.unique_ids = told.map(Hex64).collect();
    }
    if let Some(memory) = &mut lie.memory {
        memory.vendor = Some(other(vendor == Some("micron"), "micron", "winbond"));
    }
    if let (Some(fan), Some(truth)) = (&mut lie.fan, &truth.fan) {
        fan.manual = !truth.manual;
    }
    if let (Some(ras), Some(features)) =
        (&mut lie.ras, truth.ras.as_ref().and_then(|ras| ras.features))
    {
        ras.features = ras.features.map(|all| all & !features);
    }
    if let (Some(xgmi), Some(1)) = (&mut lie.xgmi, truth.xgmi.as_ref().and_then(|xgmi| xgmi.error))
    {
        xgmi.error = Some(2);
    }
    match (&truth.kfd, &mut lie.kfd) {
        (Some(truth), Some(kfd)) => {
            (kfd.xcc, kfd.hidden) = (truth.xcc, truth.hidden);
            kfd.gpu_id = Some(GPU_ID + at * MOST_PARTITIONS);
        }
        (_, kfd) => *kfd = None,
    }
    firmware_table(truth, &mut lie);
    Ok(lie)
}

/// Another version of the firmware's table, with a number of its own in every place.
fn firmware_table(truth: &Gpu, lie: &mut Gpu) {
    let written = truth.files.iter().find(|(name, _)| ***name == *"gpu_metrics");
    let written =
        written.and_then(|(_, text)| Some((*text.as_bytes().get(2)?, *text.as_bytes().get(3)?)));
    let described = truth.metrics.as_ref().and_then(|metrics| metrics.version);
    // Cards that tell no average power have the newer ones, none newer than libamd_smi 6.1.2 knows.
    let content = match written.or(described.map(|layout| (layout.format, layout.content))) {
        Some((1, 5)) => 4,
        Some((1, 4 | 6..)) => 5,
        Some((1, 3)) => 2,
        _ => 3,
    };
    let layout: Option<&'static Layout> =
        LAYOUTS.iter().find(|layout| (layout.format, layout.content) == (1, content));
    lie.metrics.get_or_insert_default().version = layout;
    let mut table = tree::metrics(lie);
    for (at, member) in layout.iter().flat_map(|layout| layout.members).enumerate() {
        let mark = |index| 1000 + 32 * at as i64 + index as i64;
        let marks = (0..member.count).map(|index| match member.bytes {
            1 => mark(index) % 100 + 100,
            _ => mark(index),
        });
        table.complete(member.name, marks);
    }
    lie.metrics = Some(table);
}

/// Each process is where it is not, or, if it is everywhere, on the first card alone; and all have one
/// more.
fn processes(lie: &mut Description) {
    let places: Vec<(usize, usize)> = lie
        .gpu
        .iter()
        .enumerate()
        .flat_map(|(at, gpu)| (0..gpu.partitions() as usize).map(move |part| (at, part)))
        .collect();
    let on = |(gpu, partition): (usize, usize)| ProcessOn {
        gpu,
        partition,
        vram: VRAM,
        sdma: SDMA,
        cu_occupancy: Some(11),
        evicted_ms: 111,
        queues: 1,
    };
    for process in &mut lie.process {
        let there = |place: &(usize, usize)| {
            process.on.iter().any(|on| (on.gpu, on.partition) == *place && on.queues > 0)
        };
        let mut elsewhere: Vec<_> = places.iter().filter(|place| !there(place)).copied().collect();
        if elsewhere.is_empty() {
            elsewhere.extend(places.first());
        }
        process.pasid = PASID;
        process.on = elsewhere.into_iter().map(on).collect();
    }
    let everywhere = places.iter().copied().map(on).collect();
    lie.process.push(crate::description::Process { pid: PID, pasid: PASID, on: everywhere });
}

#[cfg(test)]
mod tests {
    use crate::Machine;
    use crate::metrics::decode;

    /// How the files end that are the same: what they say is no value of a card.
    const SAME: &[&str] = &[
        "/class",
        "/enable",
        "/name",
        "/power/control",
        "/power/runtime_enabled",
        "/power/runtime_status",
        "/power_dpm_state",
        "/power_state",
        "/pwm1_min",
        "/xgmi_num_hops",
        "/xgmi_num_links",
        "_label",
    ];

    #[test]
    fn a_liar_has_another_value_in_every_file_of_every_card() {
        let mut compared = 0;
        for name in Machine::names() {
            let machine = Machine::named(name).expect("a built-in machine");
            let lie = machine.lying().unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(lie.addresses(), machine.addresses(), "{name}");
            assert_eq!(lie.cards().len(), machine.cards().len(), "{name}");
            for address in machine.addresses() {
                for (path, truth) in machine.tree().below(&format!("bus/pci/devices/{address}")) {
                    let file = path.to_str().expect("UTF-8");
                    if SAME.iter().any(|end| file.ends_with(end)) {
                        continue;
                    }
                    compared += 1;
                    let told = lie.tree().bytes(path);
                    assert_ne!(told, Some(truth), "{name}: {file}");
                    if file.ends_with("/gpu_metrics") {
                        let version = told.and_then(|table| table.get(2..4));
                        assert_ne!(version, truth.get(2..4), "{name}: {file}");
                    }
                    let (Some(told), Some(truth)) = (told.and_then(decode), decode(truth)) else {
                        continue;
                    };
                    for (at, reading) in told.iter().enumerate() {
                        let same = truth.iter().find(|truth| truth.name == reading.name);
                        let true_values = same.map_or(&[][..], |same| &same.values);
                        for (value, truth) in reading.values.iter().zip(true_values) {
                            assert_ne!(value, truth, "{name}: {file}: {}", reading.name);
                        }
                        assert!(reading.values.iter().all(Option::is_some), "{name}: member {at}");
                    }
                }
            }
        }
        assert!(compared > 5000, "{compared}");
    }

    #[test]
    fn what_leads_to_a_card_is_true_and_a_lie_is_one_value_everywhere() {
        let machine = Machine::named("mi300x-dpx").expect("a built-in machine");
        let lie = machine.lying().expect("it can be lied about");
        let nodes = |machine: &Machine| machine.list("class/kfd/kfd/topology/nodes").len();
        assert_eq!(nodes(&lie), nodes(&machine) + 1, "a socket more");
        for address in machine.addresses() {
            let read = |file: &str| lie.read(&format!("bus/pci/devices/{address}/{file}"));
            assert_eq!(read("gpu_busy_percent"), Ok(&b"61\n"[..]));
            assert_eq!(read("fw_version/smc_fw_version"), Ok(&b"0x111e0011\n"[..]));
            assert_eq!(read("current_compute_partition"), Ok(&b"QPX\n"[..]));
        }
        assert!(!lie.moves());
    }
}
