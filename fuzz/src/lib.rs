//! Targets: what is changed, and what is asked then. Each takes any bytes, and must return.

pub mod calls;
mod mutate;

pub use mutate::fuzz;

use rsmi_generations::conf::Conf;
use rsmi_simulator::Machine;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub struct Target {
    pub name: &'static str,
    run: Run,
}

enum Run {
    /// The bytes are this file of the machine, below /sys; `*` in its place in a name is any text.
    File(&'static str),
    Bytes(fn(&[u8])),
}

const DEVICE: &str = "class/drm/renderD128/device";

pub const TARGETS: &[Target] = &[
    Target { name: "tree", run: Run::Bytes(tree) },
    Target { name: "metrics", run: Run::File("DEVICE/gpu_metrics") },
    Target { name: "clocks", run: Run::File("DEVICE/pp_dpm_sclk") },
    Target { name: "links", run: Run::File("DEVICE/pp_dpm_pcie") },
    Target { name: "overdrive", run: Run::File("DEVICE/pp_od_clk_voltage") },
    Target { name: "profiles", run: Run::File("DEVICE/pp_power_profile_mode") },
    Target { name: "pages", run: Run::File("DEVICE/ras/gpu_vram_bad_pages") },
    Target { name: "nodes", run: Run::File("class/kfd/kfd/topology/nodes/2/properties") },
    Target { name: "ways", run: Run::File("class/kfd/kfd/topology/nodes/2/io_links/0/properties") },
    Target { name: "hip", run: Run::Bytes(hip) },
    Target { name: "conf", run: Run::Bytes(conf) },
    Target { name: "machine", run: Run::Bytes(machine) },
    #[cfg(fuzzing)]
    Target { name: "pci-ids", run: Run::Bytes(rsmi_compat::fuzzing::pci_ids) },
    #[cfg(fuzzing)]
    Target { name: "notifications", run: Run::Bytes(rsmi_compat::fuzzing::notifications) },
];

pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

impl Target {
    pub fn run(&self, bytes: &[u8]) {
        match self.run {
            Run::File(path) => {
                let place = Place::get();
                let changed = Changed::new(place.sysfs.join(path.replace("DEVICE", DEVICE)));
                changed.write(bytes);
                ask(|| calls::everything(bytes.first().copied().unwrap_or(0)));
            }
            Run::Bytes(run) => run(bytes),
        }
    }

    /// What real machines have there.
    pub fn seeds(&self) -> Vec<Vec<u8>> {
        let mut seeds = BTreeSet::new();
        match self.run {
            Run::File(path) => {
                let ends = path.rsplit('/').next().unwrap_or(path);
                let same = of_machines().iter().filter(|(file, _)| file.ends_with(ends));
                seeds.extend(same.map(|(_, content)| content.clone()));
            }
            Run::Bytes(_) => {
                seeds.insert(self.example().to_vec());
            }
        }
        seeds.into_iter().filter(|seed| seed.len() < 1 << 16).collect()
    }

    fn example(&self) -> &'static [u8] {
        match self.name {
            "conf" => b"abi = 6.4\namdsmi = /opt/rocm/lib/libamd_smi.so\nlog = warn\nno-wake = 1\n",
            "hip" => b"0,1,GPU-5d8e9b1c4a7f2036\n1,0",
            "machine" => include_bytes!("../../simulator/machines/mi300x-2.toml"),
            "pci-ids" => b"1002  AMD\n\t74a1  MI300X\n\t\t1002 74a1  OAM\n1003  Next\n",
            "notifications" => b"1 12345:python3\n2 ff:1\n3 1:2\n9 1:2:3\n",
            _ => &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        }
    }
}

/// The machine over which the library is asked, for the life of the process.
struct Place {
    _directory: tempfile::TempDir,
    sysfs: PathBuf,
    files: Vec<PathBuf>,
}

impl Place {
    fn get() -> &'static Self {
        static PLACE: OnceLock<Place> = OnceLock::new();
        PLACE.get_or_init(|| {
            let directory = tempfile::tempdir().expect("there is room");
            let sysfs = directory.path().join("sys");
            fs::create_dir(&sysfs).expect("it is new");
            let machine = Machine::named("mi300x-2").expect("it is built in");
            machine.write_tree(&sysfs).expect("there is room");
            for (name, value) in
                [(c"RSMI_COMPAT_SYSFS", sysfs.to_str()), (c"RSMI_COMPAT_ABI", Some("7.0"))]
            {
                calls::set_environment(name, value.unwrap_or_default().as_bytes());
            }
            let files = files(&sysfs);
            Self { _directory: directory, sysfs, files }
        })
    }
}

/// The files of machines that differ much, read once.
fn of_machines() -> &'static [(PathBuf, Vec<u8>)] {
    static FILES: OnceLock<Vec<(PathBuf, Vec<u8>)>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut found = Vec::new();
        for name in ["mi300x-2", "navi31", "apu", "sparse"] {
            let place = tempfile::tempdir().expect("there is room");
            let machine = Machine::named(name).expect("it is built in");
            machine.write_tree(place.path()).expect("there is room");
            let all = files(place.path()).into_iter();
            found.extend(all.filter_map(|file| Some((file.clone(), fs::read(file).ok()?))));
        }
        found
    })
}

/// All files below, in the order of their names.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files(&entry.path())),
            Ok(kind) if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
    found.sort();
    found
}

/// A file of the machine that is another for one run.
struct Changed {
    path: PathBuf,
    before: Option<Vec<u8>>,
}

impl Changed {
    fn new(path: PathBuf) -> Self {
        Self { before: fs::read(&path).ok(), path }
    }

    fn write(&self, bytes: &[u8]) {
        let _ = fs::create_dir_all(self.path.parent().unwrap_or(Path::new("/")));
        fs::write(&self.path, bytes).expect("the tree is ours");
    }
}

impl Drop for Changed {
    fn drop(&mut self) {
        let _ = match &self.before {
            Some(before) => fs::write(&self.path, before),
            None => fs::remove_file(&self.path),
        };
    }
}

fn ask(questions: impl FnOnce()) {
    if calls::init() {
        questions();
        calls::shut_down();
    }
}

/// Any changes of files, and then any calls: `FF file file how …` changes, all else calls.
fn tree(bytes: &[u8]) {
    let place = Place::get();
    let mut changed = Vec::new();
    let mut rest = bytes;
    while let [0xFF, high, low, how, more @ ..] = rest {
        let number = usize::from(u16::from_be_bytes([*high, *low])) % place.files.len();
        let file = Changed::new(place.files[number].clone());
        let mut content = file.before.clone().unwrap_or_default();
        let at = usize::from(*how) % content.len().max(1);
        rest = more;
        match how % 8 {
            0 => content.clear(),
            1 => content.truncate(at),
            2 => content = content.repeat(300),
            3 => content.iter_mut().skip(at).step_by(7).for_each(|byte| *byte ^= how),
            4 => content.iter_mut().skip(at).take(1).for_each(|byte| *byte = *how),
            5 => content = b"99999999999999999999999999\n".to_vec(),
            6 => content.insert(at, *low),
            _ => {
                let count = more.len().min(usize::from(*low));
                content = more[..count].to_vec();
                rest = &more[count..];
            }
        }
        file.write(&content);
        changed.push(file);
        if changed.len() == 16 {
            break;
        }
    }
    let mut initialised = calls::init();
    for three in rest.chunks(3) {
        let [number, device, choice] = [0, 1, 2].map(|at| three.get(at).copied().unwrap_or(0));
        match number {
            0xFE if initialised => {
                calls::shut_down();
                initialised = false;
            }
            0xFD if !initialised => initialised = calls::init(),
            0xFC => calls::everything(choice),
            number => {
                let all = calls::FUNCTIONS;
                calls::call(&all[usize::from(number) % all.len()], u32::from(device) % 4, choice);
            }
        }
    }
    if initialised {
        calls::everything(bytes.len() as u8);
        calls::shut_down();
    }
    // The files are as they were, the last change first.
    while changed.pop().is_some() {}
}

/// The first line is ROCR_VISIBLE_DEVICES, the second HIP_VISIBLE_DEVICES.
fn hip(bytes: &[u8]) {
    unsafe extern "C" {
        fn rsmi_compat_index_from_hip_device(hip_device: u32, dv_ind: *mut u32) -> u32;
    }
    let _place = Place::get();
    let mut lines = bytes.splitn(2, |byte| *byte == b'\n');
    calls::set_environment(c"ROCR_VISIBLE_DEVICES", lines.next().unwrap_or_default());
    calls::set_environment(c"HIP_VISIBLE_DEVICES", lines.next().unwrap_or_default());
    ask(|| {
        for number in 0..3 {
            let mut index = u32::MAX;
            // SAFETY: the pointer is to such a number.
            let status = unsafe { rsmi_compat_index_from_hip_device(number, &raw mut index) };
            assert!(status != 0 || index < 2, "there are two devices");
        }
    });
}

fn conf(bytes: &[u8]) {
    let mut conf = Conf::default();
    let wrong = conf.parse(bytes, Path::new("/etc/rsmi-compat.conf"), true);
    assert!(wrong.len() <= bytes.split(|byte| *byte == b'\n').count());
    // What is understood reads the same again.
    let lines: Vec<String> = conf.lines().into_iter().map(|said| said.value).collect();
    assert!(lines.len() <= 16, "{lines:?}");
}

fn machine(bytes: &[u8]) {
    let place = Place::get();
    let (file, root) = (place.sysfs.with_file_name("machine.toml"), tempfile::tempdir());
    let root = root.expect("there is room");
    fs::write(&file, bytes).expect("there is room");
    if let Ok(machine) = Machine::from_file(&file) {
        let _ = machine.write_tree(root.path());
    }
}
