//! What libamd_smi would end the process over, never come back from, or print on stderr about, while it
//! initialises, as far as it can be seen beforehand. All releases read KFD's nodes in the same way.

use crate::kernel::{Dir, number};
use crate::map;
use std::io::ErrorKind;

const COMPUTE_PARTITION: &str = "current_compute_partition";
const NODES: &str = "class/kfd/kfd/topology/nodes";

/// libamd_smi looks for every node up to the highest number, one after the other.
const TOO_MANY: u64 = 1_000_000;

/// What the log says of one that was found.
pub(super) fn text(why: &str) -> String {
    format!("libamd_smi, which would end the program, hang or print over it, is not used: {why}")
}

/// Why libamd_smi must not be initialised over these files.
pub(super) fn find(sysfs: &Dir) -> Option<String> {
    let nodes = sysfs.join(NODES);
    let numbers = |dir: &Dir| {
        let names = dir.names().unwrap_or_default().into_iter();
        names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
    };
    for number in numbers(&nodes) {
        let links = nodes.join(&format!("{number}/io_links"));
        let path = links.path().display();
        if number.parse().map_or(true, |number: u64| number >= TOO_MANY) {
            return Some(format!("{} has a node {number}", nodes.path().display()));
        }
        if !links.path().is_dir() {
            return Some(format!("{path} is missing"));
        }
        for link in numbers(&links) {
            let properties = links.join(&link).bytes("properties").unwrap_or_default();
            if !properties.is_empty() && properties.trim_ascii().is_empty() {
                return Some(format!("{path}/{link}/properties is blank"));
            }
        }
    }
    // Whatever the number of the card is: it asserts that a unit that is not found is not there.
    let unit = sysfs.join("bus/event_source/devices/amdgpu_0");
    let error = unit.path().metadata().err().filter(|error| error.kind() != ErrorKind::NotFound);
    if let Some(error) = error {
        return Some(format!("{}: {error}", unit.path().display()));
    }
    let cards = sysfs.join("class/drm");
    let names = cards.names().unwrap_or_default().into_iter();
    names.filter(|name| name.starts_with("renderD")).find_map(|name| said_of(&cards.join(&name)))
}

/// What it prints about a card, "Exception caught: …". Release 6.1.2 does so over all of these, 10.1
/// over a sensor's label alone, and then both fail.
fn said_of(card: &Dir) -> Option<String> {
    let device = card.join("device");
    let shown = |name: &str| format!("{}/{name}", device.path().display());
    let id = device.word("unique_id").unwrap_or_default();
    if !id.is_empty() && number::unsigned(&id, 16).is_err() {
        return Some(format!("{} is no number", shown("unique_id")));
    }
    let mode = device.word(COMPUTE_PARTITION);
    if mode.is_ok_and(|mode| !map::COMPUTE_PARTITIONS.contains(&&*mode)) {
        return Some(format!("{} is no mode that is known", shown(COMPUTE_PARTITION)));
    }
    let sensors = device.join("hwmon").names().unwrap_or_default();
    sensors.iter().map(|sensors| format!("hwmon/{sensors}")).find_map(|sensors| {
        let files = device.join(&sensors).names().unwrap_or_default().into_iter();
        let labels = files.filter(|name| name.starts_with("temp") && name.ends_with("_label"));
        let unknown = |label: &Vec<u8>| map::find(map::TEMPERATURE_LABELS, &label.as_slice());
        labels.map(|name| format!("{sensors}/{name}")).find_map(|name| {
            let label = device.word(&name).ok().filter(|label| unknown(label).is_none())?;
            Some(format!("{} is {:?}", shown(&name), String::from_utf8_lossy(&label)))
        })
    })
}

/// Why one that looks for switches too must not be initialised: it prints where the kernel knows no
/// SCSI, as in many virtual machines.
pub(super) fn find_for_switches(sysfs: &Dir) -> Option<String> {
    let hosts = sysfs.join("class/scsi_host");
    (!hosts.path().is_dir()).then(|| format!("there is no {}", hosts.path().display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::tests::Scratch;

    fn found(name: &str, files: &[(&str, &[u8])]) -> Option<String> {
        let all: Vec<(String, &[u8])> =
            files.iter().map(|(file, text)| (file.replace("NODES", NODES), *text)).collect();
        let all: Vec<(&str, &[u8])> = all.iter().map(|(file, text)| (&**file, *text)).collect();
        let scratch = Scratch::new(name, &all);
        let root = scratch.0.path().display().to_string();
        find(&scratch.0).map(|why| why.replace(&root, "/sys").replace(NODES, "NODES"))
    }

    #[test]
    fn what_is_as_the_driver_makes_it_is_none() {
        let link: (&str, &[u8]) = ("NODES/0/io_links/0/properties", b"type 2\n");
        let empty: (&str, &[u8]) = ("NODES/1/io_links/0/properties", b"");
        assert_eq!(found("well", &[link, empty, ("NODES/999/io_links/x", b"")]), None);
        assert_eq!(found("units", &[("bus/event_source/devices/amdgpu_0/type", b"31\n")]), None);
        assert_eq!(found("nothing", &[]), None);
    }

    #[test]
    fn the_log_says_that_it_is_not_used_and_why() {
        let text = text("a blank file");
        assert!(text.contains("is not used") && text.ends_with(": a blank file"), "{text}");
    }

    #[test]
    fn what_it_prints_over_is_found_and_named() {
        let card = "class/drm/renderD128/device";
        let of_card = |file: &str, text: &[u8]| {
            let found = found("prints", &[(&format!("{card}/{file}"), text)])?;
            Some(found.replace(&format!("/sys/{card}/"), ""))
        };
        for (file, text) in [
            ("unique_id", "5d8e9b1c4a7f2036\n"),
            ("unique_id", ""),
            (COMPUTE_PARTITION, "SPX\n"),
            ("hwmon/hwmon3/temp2_label", "junction\n"),
            ("hwmon/hwmon3/in0_label", "vddnb\n"),
        ] {
            assert_eq!(of_card(file, text.as_bytes()), None, "{file} {text}");
        }
        for id in ["nonsense", "99999999999999999999999"] {
            let why = of_card("unique_id", id.as_bytes());
            assert_eq!(why.as_deref(), Some("unique_id is no number"));
        }
        for mode in ["", "SPY"] {
            let why = of_card(COMPUTE_PARTITION, mode.as_bytes()).unwrap();
            assert_eq!(why, "current_compute_partition is no mode that is known");
        }
        let why = of_card("hwmon/hwmon3/temp2_label", b"liquid\n");
        assert_eq!(why.as_deref(), Some("hwmon/hwmon3/temp2_label is \"liquid\""));

        let scratch = Scratch::new("scsi", &[("class/scsi_host/host0/x", b"")]);
        assert_eq!(find_for_switches(&scratch.0), None);
        assert!(find_for_switches(&scratch.0.join("class")).is_some());
    }

    #[test]
    fn each_is_found_and_named() {
        let blank = found("blank", &[("NODES/1/io_links/0/properties", b" \n\n")]);
        assert_eq!(blank.as_deref(), Some("/sys/NODES/1/io_links/0/properties is blank"));
        let none = found("linkless", &[("NODES/1/gpu_id", b"1\n")]);
        assert_eq!(none.as_deref(), Some("/sys/NODES/1/io_links is missing"));
        for number in ["1000000", "99999999999999999999"] {
            let high = found("high", &[(&format!("NODES/{number}/io_links/x"), b"")]);
            assert_eq!(high, Some(format!("/sys/NODES has a node {number}")));
        }
        for file in ["bus/event_source", "bus/event_source/devices"] {
            let units = found("no-directory", &[(file, b"")]).unwrap();
            assert!(units.starts_with("/sys/bus/event_source/devices/amdgpu_0: Not a"), "{units}");
        }
    }
}
