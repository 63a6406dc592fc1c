//! `rsmi-compat run` refuses what would run without us, and says why in one line.

mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{
    Said, bare_rsmi_compat, compile, is_root, make_executable, rsmi_compat, scratch, stage,
};

const NOBODY: u32 = 65534;
const HELLO: &str = "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n";

fn run(program: &Path) -> Said {
    Said::of(rsmi_compat().arg("run").arg("--").arg(program))
}

fn hello(directory: &Path, arguments: &[&str]) -> PathBuf {
    let program = directory.join("hello");
    compile(&program, HELLO, arguments);
    program
}

/// A program with some bytes of it changed.
fn patched(directory: &Path, at: usize, bytes: &[u8]) -> PathBuf {
    let program = hello(directory, &[]);
    let mut content = fs::read(&program).unwrap();
    content[at..at + bytes.len()].copy_from_slice(bytes);
    let patched = directory.join("patched");
    fs::write(&patched, content).unwrap();
    make_executable(&patched);
    patched
}

fn script(directory: &Path, content: &str) -> PathBuf {
    let script = directory.join("script");
    fs::write(&script, content).unwrap();
    make_executable(&script);
    script
}

#[test]
fn what_is_not_there() {
    run(Path::new("/no/such/program")).refuses(127, &["/no/such/program", "no such file"]);
    run(Path::new("no-such-program-anywhere")).refuses(127, &["no-such-program-anywhere", "PATH"]);
    run(Path::new("")).refuses(127, &["PATH"]);
}

#[test]
fn what_may_not_be_executed() {
    let directory = scratch();
    let program = hello(directory.path(), &[]);
    fs::set_permissions(&program, Permissions::from_mode(0o644)).unwrap();
    run(&program).refuses(126, &["hello", "may not be executed"]);
    // Found by name, and refused as well.
    let mut command = rsmi_compat();
    command.env("PATH", directory.path()).args(["run", "hello"]);
    Said::of(&mut command).refuses(126, &["hello", "may not be executed"]);
    run(directory.path()).refuses(126, &["is a directory"]);
    let fifo = directory.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    make_executable(&fifo);
    run(&fifo).refuses(126, &["not a regular file"]);
}

#[test]
fn what_is_no_program() {
    let directory = scratch();
    let file = directory.path().join("file");
    for (content, words) in [
        (&b"\0\x01\x02"[..], "neither an ELF program nor a script"),
        (b"", "neither an ELF program nor a script"),
        (b"\x7fELF", "cut off"),
        (b"\x7fELF\x02\x01\x01 and nothing of a header here", "header"),
    ] {
        fs::write(&file, content).unwrap();
        make_executable(&file);
        run(&file).refuses(126, &["file", words]);
    }
    compile(&file, HELLO, ["-c"]);
    make_executable(&file);
    run(&file).refuses(126, &["not a program"]);
}

#[test]
fn programs_for_others() {
    let directory = scratch();
    // EI_CLASS, EI_DATA and e_machine (AArch64, or IBM Z there).
    run(&patched(directory.path(), 4, &[1])).refuses(126, &["32-bit"]);
    run(&patched(directory.path(), 5, &[2])).refuses(126, &["big-endian"]);
    let other = if cfg!(target_arch = "aarch64") { 62 } else { 183 };
    run(&patched(directory.path(), 18, &[other])).refuses(126, &["another processor"]);
    run(&patched(directory.path(), 18, &[0x12, 0x34]))
        .refuses(126, &["another processor", "13330"]);
}

#[test]
fn loaders_that_do_not_heed_us() {
    let directory = scratch();
    let fixed = hello(directory.path(), &["-static"]);
    run(&fixed).refuses(126, &["hello", "statically linked"]);
    let pie = hello(directory.path(), &["-static-pie"]);
    run(&pie).refuses(126, &["statically linked"]);
    let musl = hello(directory.path(), &["-Wl,-dynamic-linker,/lib/ld-musl-x86_64.so.1"]);
    run(&musl).refuses(126, &["musl", "/lib/ld-musl-x86_64.so.1"]);
    let gone = hello(directory.path(), &["-Wl,-dynamic-linker,/no/such/ld.so"]);
    run(&gone).refuses(126, &["/no/such/ld.so", "not there"]);
    // The loader itself is no such program.
    let program = hello(directory.path(), &[]);
    let loader = Path::new("/lib64/ld-linux-x86-64.so.2");
    if loader.exists() {
        let said = Said::of(rsmi_compat().arg("run").arg(loader).arg(&program));
        assert_eq!((said.code, said.out.as_str()), (Some(0), "hello\n"), "{}", said.err);
    }
}

#[test]
fn scripts_are_judged_by_their_interpreter() {
    let directory = scratch();
    let fixed = hello(directory.path(), &["-static"]);
    let run_script = |first: &str| run(&script(directory.path(), first));
    run_script(&format!("#!{}\n", fixed.display())).refuses(126, &["interpreter", "statically"]);
    run_script("#!/no/such/shell -e\n").refuses(126, &["/no/such/shell", "not there"]);
    run_script("#!   \n").refuses(126, &["no interpreter"]);
    run_script("#!/usr/bin/env no-such-python\n").refuses(126, &["no-such-python"]);
    let itself = directory.path().join("script");
    run_script(&format!("#!{}\n", itself.display())).refuses(126, &["too deep"]);
    let said = run_script("#! /bin/sh\necho fine\n");
    assert_eq!((said.code, said.out.as_str()), (Some(0), "fine\n"));
    let said = run_script("#!/usr/bin/env -S sh -e\necho fine\n");
    assert_eq!((said.code, said.out.as_str()), (Some(0), "fine\n"));
    // Without a first line of that kind it is the shell's, as everywhere.
    let said = run_script("echo fine\n");
    assert_eq!((said.code, said.out.as_str()), (Some(0), "fine\n"));
}

#[test]
fn programs_with_more_rights_than_their_caller() {
    if !is_root() {
        return;
    }
    let directory = scratch();
    let program = hello(directory.path(), &[]);
    chown(&program, Some(NOBODY), Some(NOBODY)).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o4755)).unwrap();
    run(&program).refuses(126, &["set-uid", "65534"]);
    fs::set_permissions(&program, Permissions::from_mode(0o2755)).unwrap();
    run(&program).refuses(126, &["set-gid", "65534"]);
    // Its owner has nothing to gain by it.
    chown(&program, Some(0), Some(0)).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o6755)).unwrap();
    assert_eq!(run(&program).out, "hello\n");
}

#[test]
fn file_capabilities_count_for_those_who_lack_them() {
    if !is_root() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
    let program = hello(directory.path(), &[]);
    // VFS_CAP_REVISION_2 with the effective bit; CAP_NET_BIND_SERVICE.
    let capability: [u8; 20] = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let flags = rustix::fs::XattrFlags::empty();
    if rustix::fs::setxattr(&program, "security.capability", &capability, flags).is_err() {
        needs::skip("this file system has no capabilities");
        return;
    }
    assert_eq!(run(&program).out, "hello\n");
    let installed = installed_elsewhere(directory.path());
    let mut command = bare_rsmi_compat(&installed);
    command.arg("run").arg(&program).uid(NOBODY).gid(NOBODY);
    Said::of(&mut command).refuses(126, &["file capabilities"]);
}

#[test]
fn a_program_that_may_be_run_and_not_be_read() {
    if !is_root() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
    let program = hello(directory.path(), &[]);
    let installed = installed_elsewhere(directory.path());
    let as_nobody = |subcommand: &str| {
        let mut command = bare_rsmi_compat(&installed);
        Said::of(command.arg(subcommand).arg(&program).uid(NOBODY).gid(NOBODY))
    };
    fs::set_permissions(&program, Permissions::from_mode(0o711)).unwrap();
    assert_eq!(as_nobody("run").out, "hello\n");
    as_nobody("audit").refuses(2, &["hello", "Permission denied"]);
    fs::set_permissions(&program, Permissions::from_mode(0o700)).unwrap();
    as_nobody("run").refuses(126, &["hello", "may not be executed"]);
    let closed = directory.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, Permissions::from_mode(0o700)).unwrap();
    let mut command = bare_rsmi_compat(&installed);
    command.arg("run").arg(closed.join("program")).uid(NOBODY).gid(NOBODY);
    Said::of(&mut command).refuses(126, &["closed/program", "Permission denied"]);
}

/// The command and its files where everybody may read them.
fn installed_elsewhere(directory: &Path) -> PathBuf {
    let prefix = directory.join("prefix");
    let copied = Command::new("cp").arg("-a").arg(stage()).arg(&prefix).status().unwrap();
    assert!(copied.success());
    fs::set_permissions(&prefix, Permissions::from_mode(0o755)).unwrap();
    let command = prefix.join("bin/rsmi-compat");
    fs::copy(env!("CARGO_BIN_EXE_rsmi-compat"), &command).unwrap();
    make_executable(&command);
    command
}

#[test]
fn our_own_failures_are_125() {
    let refuses = |arguments: &[&str], words: &[&str]| {
        let said = Said::of(rsmi_compat().arg("run").args(arguments));
        assert_eq!((said.code, said.out.as_str()), (Some(125), ""), "{}", said.err);
        for word in words {
            assert!(said.err.contains(word), "{word:?} is not in: {}", said.err);
        }
    };
    for wrong in ["six", "6.5", "4", "6,", "6.4,x"] {
        let said = Said::of(rsmi_compat().args(["run", "--abi", wrong, "--", "true"]));
        said.refuses(125, &["--abi", wrong, "6.4"]);
        let mut command = rsmi_compat();
        command.args(["run", "--", "true"]).env("RSMI_COMPAT_ABI", wrong);
        Said::of(&mut command).refuses(125, &["RSMI_COMPAT_ABI", wrong, "6.4"]);
    }
    for wrong in ["", "drm", "Kernel", "kernel "] {
        let said = Said::of(rsmi_compat().args(["run", "--source", wrong, "--", "true"]));
        said.refuses(125, &["--source", "auto, amdsmi, kernel or both"]);
    }
    refuses(&["--amdsmi", "/no/such/libamd_smi.so", "--", "true"], &["/no/such/libamd_smi.so"]);
    refuses(&["--amdsmi", "/bin/true", "--", "true"], &["/bin/true", "amdsmi_init"]);
    refuses(&["--amdsmi", "/", "--", "true"], &["--amdsmi /"]);
    refuses(&["--no-such-option", "true"], &["--no-such-option"]);
    refuses(&[], &["CMD"]);
}

#[test]
fn an_installation_that_is_not_whole() {
    let directory = scratch();
    fs::create_dir_all(directory.path().join("bin")).unwrap();
    let alone = directory.path().join("bin/rsmi-compat");
    fs::copy(env!("CARGO_BIN_EXE_rsmi-compat"), &alone).unwrap();
    let refused = || Said::of(bare_rsmi_compat(&alone).args(["run", "true"]));
    refused().refuses(125, &["librsmi_compat.so.1", "install"]);
    let lib = directory.path().join("lib/rsmi-compat");
    fs::create_dir_all(&lib).unwrap();
    fs::write(directory.path().join("lib/librsmi_compat.so.1"), "").unwrap();
    refused().refuses(125, &["librocm_smi64.so.1", "install"]);
    fs::write(lib.join("librocm_smi64.so.1"), "").unwrap();
    refused().refuses(125, &["librsmi_compat_audit.so", "install"]);
}

#[test]
fn directories_that_the_loader_cannot_be_told() {
    let directory = scratch();
    for name in ["with:colon", "with;semicolon", "with$ORIGIN"] {
        let beneath = directory.path().join(name);
        fs::create_dir(&beneath).unwrap();
        let command = installed_elsewhere(&beneath);
        let said = Said::of(bare_rsmi_compat(&command).args(["run", "true"]));
        said.refuses(125, &[name, "elsewhere"]);
    }
    let beneath = directory.path().join("with space");
    fs::create_dir(&beneath).unwrap();
    let command = installed_elsewhere(&beneath);
    if !needs::program("python3") {
        return;
    }
    let script = "import ctypes; print(ctypes.CDLL('/x/librocm_smi64.so.6').rsmi_init.__name__)";
    let said = Said::of(bare_rsmi_compat(&command).args(["run", "python3", "-c", script]));
    assert_eq!(said.out, "rsmi_init\n", "{}", said.err);
}
