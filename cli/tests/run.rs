//! `rsmi-compat run`: every road to librocm_smi64 leads to us, and nothing else changes.

mod support;

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use support::{Said, compile, make_executable, rsmi_compat, scratch, stage};

const OURS: [&str; 2] = ["librsmi_compat.so.1", "librocm_smi64.so"];

/// The client that opens libraries by their names.
fn opens(directory: &Path) -> std::path::PathBuf {
    let program = directory.join("opens");
    compile(&program, include_str!("c/opens.c"), ["-pthread", "-ldl"]);
    program
}

/// A library of that SONAME that answers -1, as a real librocm_smi64 stands for the wrong one.
fn other_library(directory: &Path, soname: &str) -> std::path::PathBuf {
    let library = directory.join(soname);
    let source = "int rsmi_version_get(void *v) { return -1; }\n\
                  int rsmi_init(unsigned long f) { return -1; }\n";
    compile(&library, source, ["-shared", "-fPIC", &format!("-Wl,-soname,{soname}")]);
    library
}

#[track_caller]
fn answered_by_us(said: &Said, asked: usize) {
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert_eq!(said.err, "");
    let lines: Vec<_> = said.out.lines().collect();
    assert_eq!(lines.len(), asked);
    for line in lines {
        let file = line.split(' ').nth(1).unwrap();
        assert!(OURS.contains(&file), "{line}");
    }
}

#[test]
fn every_name_and_path_leads_to_us() {
    let directory = scratch();
    let names = [
        "librocm_smi64.so",
        "librocm_smi64.so.1",
        "librocm_smi64.so.1.0",
        "librocm_smi64.so.5",
        "librocm_smi64.so.6",
        "librocm_smi64.so.7",
        "librocm_smi64.so.7.8",
        "librocm_smi64.so.8",
        "/opt/rocm/lib/librocm_smi64.so",
        "/opt/rocm/lib/librocm_smi64.so.7",
        "/opt/rocm-6.2.4/lib64/librocm_smi64.so.7.3.60204",
        "./librocm_smi64.so.6",
        "../../lib/x86_64-linux-gnu/librocm_smi64.so.1",
    ];
    let program = opens(directory.path());
    for name in names {
        answered_by_us(&Said::of(rsmi_compat().arg("run").arg("--").arg(&program).arg(name)), 1);
    }
    let all = Said::of(rsmi_compat().arg("run").arg(&program).args(names));
    answered_by_us(&all, names.len());
    let other = Said::of(rsmi_compat().arg("run").arg(&program).arg("libnothing_of_ours.so.1"));
    assert_eq!(other.code, Some(1), "{}", other.out);
    // A path in ROCM_PATH, where there is nothing.
    let shell = format!("exec {} $ROCM_PATH/lib/librocm_smi64.so", program.display());
    let mut command = rsmi_compat();
    command.args(["run", "--", "sh", "-c", &shell]).env("ROCM_PATH", "/no/such/rocm");
    answered_by_us(&Said::of(&mut command), 1);
}

#[test]
fn without_run_there_is_nothing_to_open() {
    let directory = scratch();
    let mut command = std::process::Command::new(opens(directory.path()));
    let said = Said::of(command.arg("/no/such/rocm/lib/librocm_smi64.so"));
    assert_eq!(said.code, Some(1), "{}", said.out);
}

#[test]
fn threads_open_it_together() {
    let directory = scratch();
    let program = opens(directory.path());
    for _ in 0..10 {
        let said = Said::of(rsmi_compat().arg("run").arg(&program).args([
            "threads",
            "/opt/rocm/lib/librocm_smi64.so",
            "librocm_smi64.so.5",
            "librocm_smi64.so.7",
        ]));
        answered_by_us(&said, 8);
    }
}

const LINKED: &str = "int rsmi_version_get(unsigned *v);\n\
    #include <stdio.h>\n\
    int main(void) { unsigned v[8]; int e = rsmi_version_get(v);\n\
    printf(\"%d %u.%u\\n\", e, v[0], v[1]); return e != 0; }\n";

/// A program linked with a librocm_smi64 of that SONAME, whose directory it has in its RPATH.
fn linked(directory: &Path, soname: &str) -> std::path::PathBuf {
    let library = other_library(directory, soname);
    let program = directory.join("linked");
    let rpath = format!("-Wl,--disable-new-dtags,-rpath,{}", directory.display());
    compile(&program, LINKED, [library.as_os_str(), OsStr::new(&rpath)]);
    program
}

#[test]
fn a_linked_program_gets_us_with_and_without_the_other_library() {
    for (soname, version) in [("librocm_smi64.so.1", "7.8"), ("librocm_smi64.so.5", "5.0")] {
        let directory = scratch();
        let program = linked(directory.path(), soname);
        let without = Said::of(&mut std::process::Command::new(&program));
        assert_eq!(without.code, Some(1), "{}", without.out);
        let expected = format!("0 {version}\n");
        assert_eq!(Said::of(rsmi_compat().arg("run").arg(&program)).out, expected);
        std::fs::remove_file(directory.path().join(soname)).unwrap();
        assert_eq!(Said::of(rsmi_compat().arg("run").arg(&program)).out, expected);
    }
}

#[test]
fn python_gets_us() {
    if !needs::program("python3") {
        return;
    }
    let script = "import ctypes\n\
        for name in ('librocm_smi64.so', '/opt/rocm/lib/librocm_smi64.so.6'):\n    \
        v = (ctypes.c_uint32 * 8)()\n    \
        print(ctypes.CDLL(name).rsmi_version_get(v), v[0], v[1])\n";
    let said = Said::of(rsmi_compat().args(["run", "--abi", "6.3", "--", "python3", "-c", script]));
    assert_eq!(said.out, "0 7 5\n0 7 5\n", "{}", said.err);
    // By a script of its own, and by the program that its first line has env find.
    let directory = scratch();
    let file = directory.path().join("a script");
    std::fs::write(&file, format!("#!/usr/bin/env python3\n{script}")).unwrap();
    make_executable(&file);
    let said = Said::of(rsmi_compat().args(["run", "--abi=5"]).arg(&file));
    assert_eq!(said.out, "0 5 0\n0 5 0\n", "{}", said.err);
}

#[test]
fn who_looks_in_the_process_finds_us_by_preload() {
    if !needs::program("python3") {
        return;
    }
    let script = "import ctypes\n\
        v = (ctypes.c_uint32 * 8)()\n\
        print(ctypes.CDLL(None).rsmi_version_get(v), v[0])\n";
    let python = |options: &[&str]| {
        let mut command = rsmi_compat();
        Said::of(command.arg("run").args(options).args(["--abi=5", "python3", "-c", script]))
    };
    assert_eq!(python(&["--preload"]).out, "0 5\n");
    assert!(python(&[]).err.contains("undefined symbol: rsmi_version_get"));
}

#[test]
fn the_rocm_smi_command_is_told_the_path() {
    let lib = stage().canonicalize().unwrap().join("lib/rsmi-compat");
    let mut command = rsmi_compat();
    let print = ["run", "printenv", "ROCM_SMI_LIB_PATH"];
    let said = Said::of(command.args(print));
    assert_eq!(said.out.trim_end(), lib.join("librocm_smi64.so.1").to_str().unwrap());
    let said = Said::of(command.env("ROCM_SMI_LIB_PATH", "/of/their/own"));
    assert_eq!(said.out, "/of/their/own\n");
}

/// Programs find everything of ROCm by ROCM_PATH, so it is set where there is no ROCm alone.
#[test]
fn rocm_path_is_ours_where_there_is_no_rocm() {
    let is_rocm = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.unwrap().file_name().into_string().unwrap_or_default();
        name == "rocm" || name.starts_with("rocm-")
    };
    let rocm = std::fs::read_dir("/opt").is_ok_and(|mut entries| entries.any(is_rocm));
    let ours = stage().canonicalize().unwrap().join("lib/rsmi-compat/rocm");
    let said =
        Said::of(rsmi_compat().args(["run", "--verbose", "sh", "-c", "echo \"$ROCM_PATH\""]));
    let (path, why) = match rocm {
        true => (String::new(), "ROCM_PATH stays unset, since /opt/rocm".to_owned()),
        false => (ours.display().to_string(), format!("ROCM_PATH={}\n", ours.display())),
    };
    assert_eq!(said.out, format!("{path}\n"));
    assert!(said.err.contains(&why), "{}", said.err);
    let mut command = rsmi_compat();
    command.env("ROCM_PATH", "/of/their/own").args(["run", "--verbose", "printenv", "ROCM_PATH"]);
    let said = Said::of(&mut command);
    assert_eq!(said.out, "/of/their/own\n");
    assert!(!said.err.contains("ROCM_PATH"), "{}", said.err);
}

#[test]
fn children_inherit_it() {
    let directory = scratch();
    let program = opens(directory.path());
    let shell = format!("{0} librocm_smi64.so.6; true; {0} librocm_smi64.so.1", program.display());
    answered_by_us(&Said::of(rsmi_compat().args(["run", "--", "sh", "-c", &shell])), 2);
}

#[test]
fn the_exit_status_is_the_programs() {
    for status in [0, 1, 7, 125, 255] {
        let said = Said::of(rsmi_compat().args(["run", "sh", "-c", &format!("exit {status}")]));
        assert_eq!(said.code, Some(status));
    }
    let mut killed = rsmi_compat();
    let killed = killed.args(["run", "sh", "-c", "kill -KILL $$"]).status().unwrap();
    assert_eq!(killed.signal(), Some(libc::SIGKILL));
}

#[test]
fn a_signal_reaches_the_program() {
    let script = "trap 'exit 9' TERM; echo ready; while :; do sleep 0.02; done";
    let mut command = rsmi_compat();
    let mut child =
        command.args(["run", "--", "sh", "-c", script]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    // SAFETY: the child is ours and has not been waited for.
    unsafe { libc::kill(child.id() as i32, libc::SIGTERM) };
    assert_eq!(child.wait().unwrap().code(), Some(9));
}

#[test]
fn arguments_arrive_as_they_are() {
    let mut command = rsmi_compat();
    command.args(["run", "--", "printf", "[%s]", "a b", "", "--abi", "*", "$HOME"]);
    let not_utf8 = OsStr::from_bytes(b"\xff\xfe");
    let out = command.arg(not_utf8).output().unwrap().stdout;
    assert_eq!(out, b"[a b][][--abi][*][$HOME][\xff\xfe]");
    let said = Said::of(rsmi_compat().args(["run", "--", "sh", "-c", "echo $0 $1", "--", "-v"]));
    assert_eq!(said.out, "-- -v\n");
}

#[test]
fn what_was_set_before_stays_behind_ours() {
    let lib = stage().canonicalize().unwrap().join("lib/rsmi-compat");
    let mut command = rsmi_compat();
    command.env("LD_LIBRARY_PATH", "/one:/two").env("RSMI_COMPAT_ABI", "6.2");
    let said = Said::of(command.args(["run", "--power-fallback", "--source", "both", "env"]));
    let expected = [
        format!("LD_LIBRARY_PATH={}:/one:/two", lib.display()),
        format!("LD_AUDIT={}/librsmi_compat_audit.so", lib.display()),
        "RSMI_COMPAT_ABI=6.2".into(),
        "RSMI_COMPAT_POWER_FALLBACK=1".into(),
        "RSMI_COMPAT_SOURCE=both".into(),
    ];
    for line in expected {
        assert!(said.out.lines().any(|out| out == line), "{line} is not in: {}", said.out);
    }
    // A set reaches the program as one.
    for (abi, set) in [("6", "6.0,6.2,6.3,6.4"), ("10", "7.0"), ("6.3, 7", "6.3,7.0")] {
        let print = ["run", "--abi", abi, "printenv", "RSMI_COMPAT_ABI"];
        assert_eq!(Said::of(rsmi_compat().args(print)).out, format!("{set}\n"));
    }
    // Again within itself, nothing piles up.
    let own = env!("CARGO_BIN_EXE_rsmi-compat");
    let said = Said::of(rsmi_compat().args(["run", "--", own, "run", "--", "env"]));
    let line = format!("LD_LIBRARY_PATH={}", lib.display());
    assert!(said.out.lines().any(|out| out == line), "{}", said.out);
}

#[test]
fn another_audit_library_is_asked_too() {
    let directory = scratch();
    let audit = directory.path().join("other_audit.so");
    let source = "#include <unistd.h>\n\
        unsigned la_version(unsigned v) { (void)!write(2, \"asked\\n\", 6); return v < 2 ? v : 2; }\n";
    compile(&audit, source, ["-shared", "-fPIC"]);
    let program = opens(directory.path());
    let mut command = rsmi_compat();
    // This command itself is asked about as well, before it runs the program.
    command.env("LD_AUDIT", &audit).arg("run").arg(&program).arg("librocm_smi64.so.1");
    let said = Said::of(&mut command);
    assert_eq!(said.err, "asked\nasked\n");
    assert_eq!(said.out, "librocm_smi64.so.1 librsmi_compat.so.1 7.8\n");
}

/// Starts the library, counts the devices, and tells which libamd_smi answers.
const COUNTS: &str = "import ctypes, sys\n\
    l = ctypes.CDLL('/opt/rocm/lib/librocm_smi64.so.7')\n\
    n = ctypes.c_uint32()\n\
    p = ctypes.create_string_buffer(4096)\n\
    assert l.rsmi_init(ctypes.c_uint64(0)) == 0\n\
    assert l.rsmi_num_monitor_devices(ctypes.byref(n)) == 0\n\
    l.rsmi_dev_compute_partition_get(0, p, 4096)\n\
    l.rsmi_compat_amdsmi_path_get(p, ctypes.c_size_t(4096))\n\
    print(n.value, p.value.decode())\n";

#[test]
fn libamd_smi_is_loaded_as_ever() {
    if !needs::program("python3") {
        return;
    }
    let own = env!("CARGO_BIN_EXE_rsmi-compat");
    let simulate = ["simulate", "--no-namespace", "--machine", "mi300x-2", "--", own, "run"];
    let said = Said::of(rsmi_compat().args(simulate).args(["--", "python3", "-c", COUNTS]));
    let stand_in = stage().join("lib/rsmi-compat/simulator");
    assert!(said.out.starts_with(&format!("2 {}", stand_in.display())), "{}{}", said.out, said.err);
    // Another one, by a relative path.
    let directory = scratch();
    let other = directory.path().join("my libamd_smi.so");
    std::fs::copy(stand_in.join("libamd_smi.so"), &other).unwrap();
    let mut command = rsmi_compat();
    command.args(simulate).args(["--amdsmi", "my libamd_smi.so", "--", "python3", "-c", COUNTS]);
    let said = Said::of(command.current_dir(directory.path()));
    assert_eq!(said.out, format!("2 {}\n", other.display()), "{}", said.err);
}
