//! The hives: which cards are linked to each other without the host.

use super::{device_directory, line};
use crate::description::{Description, Gpu, Xgmi};
use crate::files::Files;
use std::collections::BTreeMap;
use std::path::PathBuf;

pub(super) fn write(files: &mut Files, machine: &Description) {
    let mut hives: BTreeMap<u64, Vec<(&Gpu, &Xgmi, PathBuf)>> = BTreeMap::new();
    for gpu in &machine.gpu {
        if let Some(xgmi) = gpu.xgmi.as_ref().filter(|xgmi| xgmi.hive.0 != 0) {
            let dir = device_directory(gpu.pci(), &gpu.bridges);
            hives.entry(xgmi.hive.0).or_default().push((gpu, xgmi, dir));
        }
    }
    for (hive, members) in hives {
        // The card that came first holds the hive, the others point to it.
        let home = members[0].2.join("xgmi_hive_info");
        files.read_only(home.join("xgmi_hive_id"), line(hive));
        for (number, (_, xgmi, dir)) in members.iter().enumerate() {
            if number > 0 {
                files.link(dir.join("xgmi_hive_info"), &home);
            }
            files.link(home.join(format!("node{}", number + 1)), dir);
            let mut put = |name: &str, text: Option<String>| {
                if let Some(text) = text {
                    files.read_only(dir.join(name), text);
                }
            };
            put("xgmi_device_id", Some(line(hive + number as u64)));
            put("xgmi_physical_id", xgmi.physical_id.map(line));
            put("xgmi_error", xgmi.error.map(line));
            let hops = (0..members.len()).map(|other| if other == number { "0" } else { "1" });
            let hops = hops.collect::<Vec<_>>().join(" ");
            put("xgmi_num_hops", Some(line(&hops)));
            put("xgmi_num_links", Some(line(hops)));
        }
    }
}
