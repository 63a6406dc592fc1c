//! The driver, KFD and the device files, and whether this user may use them.

use nix::unistd::{Gid, Group, Uid, User};
use rustix::fs::{Access, AtFlags, CWD};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

#[derive(Serialize)]
pub struct Driver {
    pub loaded: bool,
    pub version: Option<String>,
    pub kernel: String,
    /// GPUs in KFD's topology; None where there is no topology.
    pub kfd_gpus: Option<usize>,
    /// PCI addresses of cards that amdgpu drives and KFD does not know.
    pub not_in_kfd: BTreeSet<String>,
    /// PCI addresses of cards that the kernel has suspended.
    pub suspended: BTreeSet<String>,
}

#[derive(Serialize)]
pub struct WhoAmI {
    pub user: String,
    pub groups: BTreeSet<String>,
}

/// A device file.
#[derive(Serialize)]
pub struct File {
    pub path: PathBuf,
    pub exists: bool,
    pub mode: Option<String>,
    pub owner: Option<String>,
    pub group: Option<String>,
    /// By this process: to read and to write.
    pub usable: bool,
    /// The group that would make it usable.
    pub needs_group: Option<String>,
}

impl Driver {
    pub fn look(sysfs: &Path) -> Self {
        let module = sysfs.join("module/amdgpu");
        let read = |path: PathBuf| {
            Some(std::fs::read_to_string(path).ok()?.trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        let nodes = Nodes::look(&sysfs.join("class/kfd/kfd/topology/nodes"));
        Self {
            loaded: module.is_dir(),
            version: read(module.join("version")),
            kernel: rustix::system::uname().release().to_string_lossy().into_owned(),
            kfd_gpus: nodes.as_ref().map(|nodes| nodes.addresses.len()),
            not_in_kfd: nodes.map(|nodes| nodes.without(cards(sysfs))).unwrap_or_default(),
            suspended: suspended(sysfs),
        }
    }
}

/// What KFD's topology tells.
struct Nodes {
    /// Of each GPU: nodes with a gpu_id, which those of processors have too, as 0.
    addresses: Vec<Option<String>>,
    /// A container is kept from the nodes of the GPUs that it does not get.
    withheld: usize,
}

impl Nodes {
    fn look(nodes: &Path) -> Option<Self> {
        let mut found = Self { addresses: Vec::new(), withheld: 0 };
        for node in std::fs::read_dir(nodes).ok()?.flatten().map(|entry| entry.path()) {
            match std::fs::read_to_string(node.join("gpu_id")) {
                Ok(id) if id.trim().parse().is_ok_and(|id: u64| id != 0) => {
                    found.addresses.push(address(&node));
                }
                Err(error) if error.kind() == ErrorKind::PermissionDenied => found.withheld += 1,
                Ok(_) | Err(_) => {}
            }
        }
        Some(found)
    }

    /// The cards that are not among these nodes, nor may be among the withheld ones.
    fn without(&self, mut cards: BTreeSet<String>) -> BTreeSet<String> {
        for address in self.addresses.iter().flatten() {
            cards.remove(address);
        }
        if cards.len() > self.withheld { cards } else { BTreeSet::new() }
    }
}

/// A node's PCI address, as the kernel writes it.
fn address(node: &Path) -> Option<String> {
    let text = std::fs::read_to_string(node.join("properties")).ok()?;
    let number = |name: &str| -> Option<u32> {
        let mut rows = text.lines().filter_map(|line| line.split_once(' '));
        rows.find(|(row, _)| *row == name)?.1.trim().parse().ok()
    };
    let (domain, location) = (number("domain")?, number("location_id")?);
    let (bus, device, function) = (location >> 8 & 0xff, location >> 3 & 0x1f, location & 7);
    Some(format!("{domain:04x}:{bus:02x}:{device:02x}.{function}"))
}

/// The PCI addresses of the cards that amdgpu drives. A partition is a card too, but no PCI device.
fn cards(sysfs: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(sysfs.join("class/drm")).into_iter().flatten().flatten();
    let address = |card: PathBuf| {
        let number = card.file_name()?.to_str()?.strip_prefix("card")?;
        number.parse::<u32>().ok()?;
        let named = |link: &str| {
            let target = std::fs::canonicalize(card.join("device").join(link)).ok()?;
            Some(target.file_name()?.to_str()?.to_owned())
        };
        let driven = named("driver")? == "amdgpu" && named("subsystem")? == "pci";
        driven.then(|| named("")).flatten()
    };
    entries.filter_map(|entry| address(entry.path())).collect()
}

/// The cards that sleep: to read this file wakes none of them.
fn suspended(sysfs: &Path) -> BTreeSet<String> {
    let status = |address: &String| {
        let file = sysfs.join("bus/pci/devices").join(address).join("power/runtime_status");
        std::fs::read_to_string(file).unwrap_or_default()
    };
    cards(sysfs).into_iter().filter(|card| status(card).starts_with("suspend")).collect()
}

impl WhoAmI {
    pub fn look() -> Self {
        let uid = Uid::effective();
        let name = User::from_uid(uid).ok().flatten().map(|user| user.name);
        let supplementary = nix::unistd::getgroups().unwrap_or_default();
        let groups = supplementary.into_iter().chain([Gid::effective()]);
        Self {
            user: name.unwrap_or_else(|| uid.to_string()),
            groups: groups.map(group_name).collect(),
        }
    }

    pub fn is_root(&self) -> bool {
        Uid::effective().is_root()
    }
}

fn group_name(gid: Gid) -> String {
    let name = Group::from_gid(gid).ok().flatten().map(|group| group.name);
    name.unwrap_or_else(|| gid.to_string())
}

/// What a user may not use, and what to do about it.
pub fn denied(user: &str, files: &[File]) -> Vec<(String, String)> {
    let mut by_group: BTreeMap<Option<&str>, Vec<String>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.exists && !file.usable) {
        // Nobody is to be made a member of root's.
        let group = file.needs_group.as_deref().filter(|group| *group != "root");
        by_group.entry(group).or_default().push(file.path.display().to_string());
    }
    let say = |(group, files): (Option<&str>, Vec<String>)| {
        let todo = match group {
            Some(group) => format!("`usermod -aG {group} {user}`, then log in again"),
            None => "have the files given to the groups render and video, by the distribution's \
                     udev rules, and the user made a member; in a container, pass the groups on"
                .to_owned(),
        };
        (format!("{user} may not use {}", files.join(", ")), todo)
    };
    by_group.into_iter().map(say).collect()
}

/// /dev/kfd and what is in /dev/dri.
pub fn files(dev: &Path) -> Vec<File> {
    let dri = std::fs::read_dir(dev.join("dri")).into_iter().flatten().flatten();
    let device = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with("renderD") || name.starts_with("card")
    };
    let mut nodes: Vec<_> = dri.map(|entry| entry.path()).filter(device).collect();
    // card2 before card10.
    nodes.sort_by_key(|path| (path.as_os_str().len(), path.clone()));
    if nodes.is_empty() {
        nodes.push(dev.join("dri"));
    }
    [dev.join("kfd")].into_iter().chain(nodes).map(|path| File::look(&path)).collect()
}

impl File {
    fn look(path: &Path) -> Self {
        let metadata = std::fs::metadata(path).ok();
        let both = Access::READ_OK | Access::WRITE_OK;
        let usable = rustix::fs::accessat(CWD, path, both, AtFlags::EACCESS).is_ok();
        let group = metadata.as_ref().map(|found| group_name(Gid::from_raw(found.gid())));
        let open_to_group = metadata.as_ref().is_some_and(|found| found.mode() & 0o060 == 0o060);
        let owner = metadata.as_ref().map(|found| {
            let uid = Uid::from_raw(found.uid());
            User::from_uid(uid).ok().flatten().map_or_else(|| uid.to_string(), |user| user.name)
        });
        Self {
            path: path.to_owned(),
            exists: metadata.is_some(),
            mode: metadata.map(|found| format!("{:04o}", found.mode() & 0o7777)),
            owner,
            needs_group: group.clone().filter(|_| !usable && open_to_group),
            group,
            usable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gpus_are_the_nodes_with_an_id() {
        let directory = tempfile::tempdir().unwrap();
        let sys = directory.path();
        assert!(!Driver::look(sys).loaded);
        assert_eq!(Driver::look(sys).kfd_gpus, None);
        for (node, id) in [("0", "0\n"), ("1", "51140\n"), ("2", "7\n")] {
            let node = sys.join("class/kfd/kfd/topology/nodes").join(node);
            std::fs::create_dir_all(&node).unwrap();
            std::fs::write(node.join("gpu_id"), id).unwrap();
        }
        std::fs::create_dir_all(sys.join("module/amdgpu")).unwrap();
        std::fs::write(sys.join("module/amdgpu/version"), "6.12.12\n").unwrap();
        let driver = Driver::look(sys);
        assert_eq!((driver.loaded, driver.kfd_gpus), (true, Some(2)));
        assert_eq!(driver.version.as_deref(), Some("6.12.12"));
    }

    #[test]
    fn what_a_container_does_not_get_is_not_missing() {
        let cards = || BTreeSet::from(["0000:17:00.0".to_owned(), "0001:18:00.0".to_owned()]);
        let nodes = |withheld| Nodes { addresses: vec![Some("0000:17:00.0".into())], withheld };
        assert_eq!(nodes(0).without(cards()), BTreeSet::from(["0001:18:00.0".to_owned()]));
        assert!(nodes(1).without(cards()).is_empty());
    }

    #[test]
    fn a_node_tells_its_address() {
        let directory = tempfile::tempdir().unwrap();
        let properties = "simd_count 8\nlocation_id 5890\ndomain 1\n";
        std::fs::write(directory.path().join("properties"), properties).unwrap();
        assert_eq!(address(directory.path()).as_deref(), Some("0001:17:00.2"));
    }

    #[test]
    fn who_is_denied_is_told_the_group() {
        let file = |path: &str, usable: bool, group: Option<&str>| File {
            path: path.into(),
            exists: true,
            mode: None,
            owner: None,
            group: None,
            usable,
            needs_group: group.map(str::to_owned),
        };
        let files = [
            file("/dev/kfd", false, Some("render")),
            file("/dev/dri/card0", false, Some("video")),
            file("/dev/dri/card1", true, None),
            file("/dev/dri/renderD128", false, Some("render")),
            file("/dev/dri/renderD129", false, Some("root")),
        ];
        let told = denied("ada", &files);
        assert_eq!(told.len(), 3);
        assert_eq!(told[0].0, "ada may not use /dev/dri/renderD129");
        assert!(!told[0].1.contains("usermod"), "{}", told[0].1);
        assert_eq!(told[1].0, "ada may not use /dev/kfd, /dev/dri/renderD128");
        assert!(told[1].1.contains("usermod -aG render ada"));
        assert!(told[2].1.contains("usermod -aG video ada"));
        assert!(denied("ada", &files[2..3]).is_empty());
    }

    #[test]
    fn device_files_tell_what_they_need() {
        let directory = tempfile::tempdir().unwrap();
        let missing = files(directory.path());
        assert_eq!(missing.len(), 2);
        assert!(missing.iter().all(|file| !file.exists && !file.usable));
        std::fs::create_dir(directory.path().join("dri")).unwrap();
        for name in ["kfd", "dri/renderD128", "dri/card0", "dri/by-path"] {
            std::fs::write(directory.path().join(name), "").unwrap();
        }
        let found = files(directory.path());
        let names: Vec<_> = found.iter().map(|file| file.path.file_name().unwrap()).collect();
        assert_eq!(names, ["kfd", "card0", "renderD128"]);
        assert!(found.iter().all(|file| file.usable && file.needs_group.is_none()));
    }
}
