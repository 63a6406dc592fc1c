//! The library in a process of a test's own, over a machine of the simulator.
#![allow(dead_code, reason = "each test uses a part of it")]

use rsmi_simulator::Machine;
use std::env;
use std::ffi::{CString, c_void};
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

/// In the environment of a process for one machine.
pub const MACHINE: &str = "NVML_TEST_MACHINE";

/// Runs `test` in a process for each machine, since a process has one machine for all of its life. Each
/// test that calls this runs again in that process, by its name.
pub fn on_each(name: &str, machines: &[&str], test: impl FnOnce(&str)) {
    if let Ok(machine) = env::var(MACHINE) {
        return test(&machine);
    }
    for machine in machines {
        let place = tempfile::tempdir().unwrap();
        let described = Machine::find(machine).unwrap_or_else(|error| panic!("{error}"));
        described.write_tree(place.path()).unwrap();
        let mut again = Command::new(env::current_exe().unwrap());
        again.args(["--exact", name, "--nocapture"]);
        again.env(MACHINE, machine).env("RSMI_COMPAT_SYSFS", place.path());
        again.env("RSMI_COMPAT_SOURCE", "kernel").env("RSMI_COMPAT_ABI", "7.0");
        let output = again.output().unwrap();
        let said =
            [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert!(output.status.success(), "{machine}: {}\n{}", said[0], said[1]);
        assert!(said[0].contains("1 passed"), "{machine}: {}", said[0]);
    }
}

/// A function of the library that cargo put beside the test.
pub type Function = unsafe extern "C" fn(
    *const c_void,
    *const c_void,
    *const c_void,
    *const c_void,
    *const c_void,
    *const c_void,
    *const c_void,
    *const c_void,
) -> i32;

/// The library as a client opens it.
pub struct Library(*mut c_void);

impl Library {
    pub fn open() -> Self {
        let path = env::current_exe().unwrap().with_file_name("librsmi_compat_nvml.so");
        let path = CString::new(path.as_os_str().as_bytes()).unwrap();
        // SAFETY: the path ends with NUL.
        let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW) };
        assert!(!handle.is_null(), "{path:?} cannot be opened");
        Self(handle)
    }

    pub fn function(&self, name: &str) -> Function {
        let text = CString::new(name).unwrap();
        // SAFETY: the handle is the library's, and the name ends with NUL.
        let address = unsafe { libc::dlsym(self.0, text.as_ptr()) };
        assert!(!address.is_null(), "{name} is not there");
        // SAFETY: each function of the library takes eight words or fewer, and in C who calls with more
        // clears them away.
        unsafe { std::mem::transmute::<*mut c_void, Function>(address) }
    }
}
