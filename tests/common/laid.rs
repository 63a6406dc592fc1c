//! A machine of the simulator with one card, over which a test lays files of its own.

#![allow(dead_code, reason = "no file of tests uses all of it")]

use rsmi_compat::types::{rsmi_clk_type_t, rsmi_status_t};
use rsmi_simulator::Machine;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

unsafe extern "C" {
    fn rsmi_init(flags: u64) -> rsmi_status_t;
    fn rsmi_shut_down() -> rsmi_status_t;
}

pub const SUCCESS: rsmi_status_t = rsmi_status_t::RSMI_STATUS_SUCCESS;
pub const NOT_SUPPORTED: rsmi_status_t = rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED;
pub const UNEXPECTED_DATA: rsmi_status_t = rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA;
pub const INVALID_ARGS: rsmi_status_t = rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
pub const BUSY: rsmi_status_t = rsmi_status_t::RSMI_STATUS_BUSY;
pub const SYS: rsmi_clk_type_t = rsmi_clk_type_t::RSMI_CLK_TYPE_SYS;
pub const MEM: rsmi_clk_type_t = rsmi_clk_type_t::RSMI_CLK_TYPE_MEM;

/// The file that can be opened and not be read: EIO, for root too.
const UNREADABLE: &str = "/proc/self/mem";

/// A machine of one card of this chip, and what else is said of the card.
pub fn card(chip: &str, more: &str) -> String {
    format!(
        "about = \"One {chip}\"\n[driver]\n[cpu]\nnodes = 1\ncores = 8\nmemory = 67000000000\n\
         [[gpu]]\nchip = \"{chip}\"\npci = \"0000:05:00.0\"\nnuma_node = 0\n{more}\n"
    )
}

/// A machine that the library is initialised on; the next one waits until this is gone.
pub struct Laid {
    sysfs: PathBuf,
    initialised: bool,
    _tree: tempfile::TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Laid {
    /// As `card` has it, before rsmi_init.
    pub fn out(chip: &str, more: &str) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        static PLACE: OnceLock<(PathBuf, PathBuf)> = OnceLock::new();
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let (place, sysfs) = PLACE.get_or_init(|| {
            let program = std::env::current_exe().unwrap();
            let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(program.file_name().unwrap());
            let _ = fs::remove_dir_all(&place);
            fs::create_dir_all(&place).unwrap();
            // SAFETY: all tests of this file begin here, and wait for the first to be through.
            let sysfs = unsafe { super::common::set_up(&place, super::common::MACHINE) };
            for (name, value) in crate::ENVIRONMENT {
                // SAFETY: as above.
                unsafe { std::env::set_var(name, value) };
            }
            (place, sysfs)
        });
        let tree = tempfile::tempdir().unwrap();
        let machine = described(place, chip, more);
        machine.write_tree(tree.path()).unwrap_or_else(|error| panic!("{error}"));
        // What the library takes for /sys leads to this machine's.
        if fs::remove_file(sysfs).is_err() {
            fs::remove_dir_all(sysfs).unwrap();
        }
        symlink(tree.path(), sysfs).unwrap();
        Self { sysfs: sysfs.clone(), initialised: false, _tree: tree, _turn: turn }
    }

    /// As `out`, with these files laid over the card's directory, and initialised.
    pub fn with(chip: &str, files: &[(&str, &[u8])]) -> Self {
        let laid = Self::out(chip, "");
        for (name, content) in files {
            laid.put(name, content);
        }
        laid.init()
    }

    pub fn init(mut self) -> Self {
        // SAFETY: the function asks nothing of its caller.
        assert_eq!(unsafe { rsmi_init(0) }, SUCCESS);
        self.initialised = true;
        self
    }

    pub fn sysfs(&self) -> &Path {
        &self.sysfs
    }

    /// Where the card's own files are.
    pub fn device(&self) -> PathBuf {
        fs::canonicalize(self.sysfs.join("class/drm/renderD128/device")).unwrap()
    }

    /// A file of the card; `hwmon/` stands for the directory of its sensors.
    pub fn path(&self, name: &str) -> PathBuf {
        let device = self.device();
        let Some(sensor) = name.strip_prefix("hwmon/") else { return device.join(name) };
        let mut found = fs::read_dir(device.join("hwmon")).unwrap();
        found.next().unwrap().unwrap().path().join(sensor)
    }

    pub fn put(&self, name: &str, content: &[u8]) {
        let path = self.path(name);
        let _ = fs::remove_file(&path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// A file as another card has it, which is far less to write than a machine.
    pub fn put_as(&self, name: &str, chip: &str, more: &str) {
        let machine = described(self.sysfs.parent().unwrap(), chip, more);
        let bytes = machine.read(&format!("class/drm/renderD128/device/{name}"));
        self.put(name, bytes.unwrap_or_else(|errno| panic!("{name}: errno {errno}")));
    }

    /// From now on the file can be opened, and its read fails.
    pub fn refuse(&self, name: &str) {
        self.link(name, UNREADABLE);
    }

    pub fn link(&self, name: &str, to: &str) {
        let path = self.path(name);
        let _ = fs::remove_file(&path);
        symlink(to, path).unwrap();
    }

    pub fn get(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }
}

fn described(place: &Path, chip: &str, more: &str) -> Machine {
    let file = place.join("machine.toml");
    fs::write(&file, card(chip, more)).unwrap();
    Machine::from_file(&file).unwrap_or_else(|error| panic!("{error}"))
}

impl Drop for Laid {
    fn drop(&mut self) {
        if self.initialised {
            // SAFETY: the function asks nothing of its caller.
            unsafe { rsmi_shut_down() };
        }
    }
}

/// What a function answers that writes one value: its status, and the value as it stands then.
pub fn ask<T: Copy>(before: T, call: impl FnOnce(*mut T) -> rsmi_status_t) -> (rsmi_status_t, T) {
    let mut value = before;
    let status = call(&raw mut value);
    (status, value)
}

/// A value of all zeros, which is one for the API's structs.
pub fn zeroed<T: Copy>() -> T {
    // SAFETY: used for structs of integers alone.
    unsafe { std::mem::zeroed() }
}
