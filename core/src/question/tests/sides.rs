//! What a test of one side of a question is made of: a machine of files, or a libamd_smi of one function.

use crate::amdsmi::{Device, Symbols};
use crate::gpu::Gpu;
use crate::kernel::Dir;
use crate::kernel::kfd::Topology;
use crate::kernel::kfd::tests::IS_GUEST;
use crate::kernel::tests::Scratch;
use crate::runtime::State;
use crate::told::Told;
use crate::types::rsmi_status_t;
use std::fmt::Debug;
use std::io::Read;
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, path::Path};

pub(super) const NONE: rsmi_status_t = rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED;
/// Where a file refuses to be read, with EIO.
pub(super) const REFUSED: rsmi_status_t = rsmi_status_t::RSMI_STATUS_UNEXPECTED_SIZE;
pub(super) const PERMISSION: rsmi_status_t = rsmi_status_t::RSMI_STATUS_PERMISSION;

/// AMDSMI_STATUS_INVAL.
pub(super) const INVAL: u32 = 1;
/// AMDSMI_STATUS_NO_PERM, which is rsmi's PERMISSION.
pub(super) const NO_PERM: u32 = 10;

/// Both sides of a question, each asked for a value and for a no.
pub(super) trait Tested {
    fn kernel() -> Tried;

    fn amdsmi() -> Tried;
}

/// That a side was asked: what follows here makes one, and nothing else can.
pub(super) struct Tried(());

/// It has a value, and where it has none it says so.
#[track_caller]
pub(super) fn tried<T: Debug + PartialEq>(
    value: Told<T>,
    expected: T,
    no: Told<T>,
    expected_no: Told<T>,
) -> Tried {
    assert!(!matches!(expected_no, Told::Value(_)), "a value is no no");
    assert_eq!(value, Told::Value(expected));
    assert_eq!(no, expected_no);
    Tried(())
}

/// It always has a value: of what is kept, and of what is there in any case.
#[track_caller]
pub(super) fn always<T: Debug + PartialEq>(one: (Told<T>, T), other: (Told<T>, T)) -> Tried {
    assert_ne!(one.1, other.1, "two values");
    assert_eq!(one.0, Told::Value(one.1));
    assert_eq!(other.0, Told::Value(other.1));
    Tried(())
}

/// To have a value takes a real device.
#[track_caller]
pub(super) fn no<T: Debug + PartialEq>(told: Told<T>, expected: Told<T>) -> Tried {
    assert!(!matches!(expected, Told::Value(_)), "a value is no no");
    assert_eq!(told, expected);
    Tried(())
}

/// It never knows: the other side alone does.
#[track_caller]
pub(super) fn never<T: Debug + PartialEq>(told: Told<T>) -> Tried {
    assert_eq!(told, Told::Unknown);
    Tried(())
}

/// A machine of two GPUs, each on PCIe, that XGMI links.
pub(super) struct Machine(Scratch);

/// A file's path, and its content; below no directory it is one of the first GPU's own.
pub(super) type Files<'a> = &'a [(&'a str, &'a [u8])];

const DEVICE: &str = "class/drm/renderD128/device";

const NODE: &str = "vendor_id 4098\ndevice_id 29857\ndomain 0\nsimd_arrays_per_engine 1\n\
    array_count 4\ncu_per_simd_array 10\ngfx_target_version 90402\n";

fn path(name: &str) -> String {
    match name.split_once('/') {
        Some(("class" | "bus" | "kernel", _)) => name.to_owned(),
        Some(("hwmon", file)) => format!("{DEVICE}/hwmon/hwmon3/{file}"),
        _ => format!("{DEVICE}/{name}"),
    }
}

impl Machine {
    pub(super) fn new(files: Files) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let nodes = "class/kfd/kfd/topology/nodes";
        let node = |minor: u32, location: u32, id: u64| {
            format!(
                "{NODE}drm_render_minor {minor}\nlocation_id {location}\nunique_id {id}\nhive_id 77\n"
            )
        };
        let mut all: Vec<(String, Vec<u8>)> = vec![
            (format!("{nodes}/0/gpu_id"), b"0\n".into()),
            (format!("{nodes}/1/gpu_id"), b"51140\n".into()),
            (format!("{nodes}/1/properties"), node(128, 0x300, 0x1234).into()),
            (format!("{nodes}/2/gpu_id"), b"22683\n".into()),
            (format!("{nodes}/2/properties"), node(129, 0x800, 0x5678).into()),
            (format!("{DEVICE}/hwmon/hwmon3/name"), b"amdgpu\n".into()),
            ("class/drm/renderD129/device/device".into(), b"0x74a1\n".into()),
        ];
        all.extend(files.iter().map(|(name, content)| (path(name), content.to_vec())));
        let all: Vec<(&str, &[u8])> =
            all.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(Scratch::new(&format!("sides-{number}"), &all))
    }

    /// One on which each of these files refuses to be read.
    pub(super) fn refusing(files: Files) -> Self {
        let machine = Self::new(files);
        for (name, _) in files {
            machine.replace(name, "/proc/self/mem");
        }
        machine
    }

    fn replace(&self, name: &str, by: &str) {
        let path = self.sysfs().path().join(path(name));
        let _ = fs::remove_file(&path);
        symlink(by, path).expect("a link");
    }

    pub(super) fn sysfs(&self) -> &Dir {
        &self.0.0
    }

    /// The first GPU, without any AMD SMI.
    pub(super) fn gpu(&self) -> Gpu {
        let topology = Topology::read(self.sysfs(), || false).expect("a topology");
        let node = topology.gpus.into_iter().next().expect("a GPU");
        Gpu::new(self.sysfs(), node, Device::fake(Symbols::none(), None))
    }

    /// Both GPUs.
    pub(super) fn state(&self) -> State {
        State::of(self.sysfs()).expect("a topology")
    }

    pub(super) fn content(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).expect("a file of text")
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.sysfs().path().join(path(name))
    }
}

/// The kernel's side of what is read: of these files there is a value; without them, and where they
/// refuse to be read, the status says so.
#[track_caller]
pub(super) fn reads<T: Debug + PartialEq>(
    files: Files,
    ask: impl Fn(&Gpu) -> Told<T>,
    expected: T,
    missing: rsmi_status_t,
    refused: rsmi_status_t,
) -> Tried {
    let told = |machine: &Machine| ask(&machine.gpu());
    assert_eq!(told(&Machine::refusing(files)), Told::Fails(refused), "a file that refuses");
    let none = told(&Machine::new(&[]));
    tried(told(&Machine::new(files)), expected, none, Told::Fails(missing))
}

/// The kernel's side of a setter: what goes to which file, one write after the other; and the statuses
/// where the files are not there, and where they take nothing.
#[track_caller]
pub(super) fn sets(
    files: Files,
    ask: impl Fn(&Gpu) -> Told<()>,
    written: Files,
    missing: rsmi_status_t,
    refused: rsmi_status_t,
) -> Tried {
    let machine = Machine::new(files);
    let pipes: Vec<_> = written.iter().map(|(name, _)| Pipe::at(&machine.file(name))).collect();
    let told = ask(&machine.gpu());
    for ((name, expected), pipe) in written.iter().zip(pipes) {
        let text = pipe.map_or_else(|| fs::read(machine.file(name)).expect(name), Pipe::text);
        let text = String::from_utf8_lossy(&text);
        assert_eq!(text, String::from_utf8_lossy(expected), "{name}");
    }
    let deaf = Machine::new(files);
    for (name, _) in written.iter().filter(|(name, _)| !files.iter().any(|(file, _)| file == name))
    {
        fs::create_dir_all(deaf.file(name).parent().expect("a directory")).expect("a directory");
        deaf.replace(name, "/dev/full");
    }
    assert_eq!(ask(&deaf.gpu()), Told::Fails(refused), "a file that takes nothing");
    tried(told, (), ask(&Machine::new(&[]).gpu()), Told::Fails(missing))
}

/// A file that keeps all that is written to it, one after the other; None where there is one already,
/// which is read too.
struct Pipe(fs::File);

impl Pipe {
    fn at(path: &Path) -> Option<Self> {
        if path.exists() {
            return None;
        }
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        let name = std::ffi::CString::new(path.to_str().expect("a name")).expect("a name");
        // SAFETY: the path is NUL-terminated.
        assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
        let open = fs::OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path);
        Some(Self(open.expect("a pipe")))
    }

    fn text(mut self) -> Vec<u8> {
        let mut text = Vec::new();
        self.0.read_to_end(&mut text).expect("what was written");
        text
    }
}

/// AMD SMI's side: the value of a function that succeeds, and the status of one that has no permission.
#[track_caller]
pub(super) fn answers<T: Debug + PartialEq>(
    [succeeds, fails]: [Device; 2],
    ask: impl Fn(&Device) -> Told<T>,
    expected: T,
) -> Tried {
    // In a virtual machine it is not asked to set anything.
    IS_GUEST.set(Some(false));
    let told = [ask(&succeeds), ask(&fails)];
    IS_GUEST.set(None);
    let [value, no] = told;
    tried(value, expected, no, Told::Fails(PERMISSION))
}

/// Two libamd_smi of the newest release: the function of one writes what it is told to where the
/// arguments are the expected ones, and succeeds; that of the other fails.
macro_rules! devices {
    // A struct, by the offsets of its members.
    ($name:ident($($argument:ident: $type:ty = $expected:expr),*) {$($at:expr => $value:expr),* $(,)?}) => {
        devices!(@ $name [$($argument: $type = $expected),*] [out: *mut std::ffi::c_void] {
            $(
                // SAFETY: the room is larger than any struct.
                unsafe { std::ptr::write_unaligned(out.byte_add($at).cast(), $value) };
            )*
        })
    };
    // Numbers.
    ($name:ident($($argument:ident: $type:ty = $expected:expr),*) $($out:ident: $number:ty = $value:expr),+) => {
        devices!(@ $name [$($argument: $type = $expected),*] [$($out: *mut $number),+] {
            $(
                // SAFETY: the room takes the number.
                unsafe { $out.write($value) };
            )+
        })
    };
    // A text, behind which the function takes how long it may be.
    ($name:ident() text($length:ty) $text:expr) => {
        devices!(@ $name [] [out: *mut std::ffi::c_char, length: $length] {
            assert!(length as usize > $text.len());
            // SAFETY: the room takes so many bytes.
            unsafe { std::ptr::copy_nonoverlapping($text.as_ptr(), out.cast(), $text.len()) };
        })
    };
    // Nothing.
    ($name:ident($($argument:ident: $type:ty = $expected:expr),*)) => {
        devices!(@ $name [$($argument: $type = $expected),*] [] {})
    };
    (@ $name:ident [$($argument:ident: $type:ty = $expected:expr),*] [$($out:ident: $place:ty),*] $write:block) => {{
        unsafe extern "C" fn succeeds(_: Handle, $($argument: $type,)* $($out: $place),*) -> u32 {
            $(
                if $argument != $expected {
                    return INVAL;
                }
            )*
            $write
            0
        }
        unsafe extern "C" fn fails(_: Handle, $(_: $type,)* $(_: $place),*) -> u32 {
            NO_PERM
        }
        [device!(NEW, $name = succeeds), device!(NEW, $name = fails)]
    }};
}
pub(super) use devices;
