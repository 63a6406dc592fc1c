//! What libamd_smi would end the process over, or never come back from, while it initialises, as far
//! as it can be seen beforehand. All releases read KFD's nodes in the same way.

use crate::kernel::Dir;
use std::io::ErrorKind;

const NODES: &str = "class/kfd/kfd/topology/nodes";

/// libamd_smi looks for every node up to the highest number, one after the other.
const TOO_MANY: u64 = 1_000_000;

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
    let error = unit.path().metadata().err().filter(|error| error.kind() != ErrorKind::NotFound)?;
    Some(format!("{}: {error}", unit.path().display()))
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
