//! What is proven of one object is not taken to be proven of another that calls through it or beside
//! it; and who calls is found out without harm, whatever its file is like and whoever opens it.

mod common;

use object::elf::PT_NOTE;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The bytes of rsmi_gpu_metrics_t that all generations have, and all of it in ROCm 7.
const COMMON: usize = 96;
const SEVEN: usize = 4544;

struct Stage {
    place: tempfile::TempDir,
}

#[test]
fn who_calls_gets_as_much_as_its_own_object_proves() {
    let place = tempfile::tempdir().unwrap();
    // SAFETY: this file has one test, which has started nothing yet.
    unsafe { common::set_up_without_amdsmi(place.path(), common::MACHINE) };
    let stage = Stage { place };
    let ours = env::current_exe().unwrap().parent().unwrap().join("librsmi_compat.so");
    std::os::unix::fs::symlink(ours, stage.path("librsmi_compat.so.1")).unwrap();

    // It says nothing of itself but that it is linked to a function of ROCm 6.4, which it can do
    // without.
    let program = stage.linked("program", "program.c", &["-DOWN=96"]);
    let five = stage.linked("five.so", "plugin.c", &["-shared", "-fPIC"]);
    let said = stage.run(&program, &five, COMMON, &[]);
    assert_eq!(said.own, [COMMON; 2], "a weak reference proves nothing");
    assert_eq!((said.plug_in, said.jump), (COMMON, COMMON));

    // What is proven of the program counts for its own calls, before and after.
    let seven = stage.linked("seven", "program.c", &["-DOWN=4544"]);
    let of_program = format!("7.0={}", seven.canonicalize().unwrap().display());
    let proven = ("RSMI_COMPAT_ABI_OF", of_program.as_str());
    for flags in [&[][..], &["-fno-plt"], &["-Wl,-z,now"], &["-no-pie"], &["-fcf-protection=full"]]
    {
        let seven = stage.linked("seven", "program.c", &[&["-DOWN=4544"], flags].concat());
        let said = stage.run(&seven, &five, COMMON, &[proven]);
        assert!(said.own.iter().all(|reach| *reach > 480), "{flags:?}: {:?}", said.own);
        if cfg!(target_arch = "x86_64") {
            assert_eq!((said.plug_in, said.jump), (COMMON, COMMON), "{flags:?}");
        }
    }

    // A script has structs of ROCm 7: those of libffi, for one, not those of another library.
    let script = stage.path("script.py");
    fs::write(&script, "").unwrap();
    let of_script = format!("7.0={}", script.canonicalize().unwrap().display());
    let for_script = [("RSMI_COMPAT_ABI_OF", of_script.as_str())];
    let looks_up = stage.compile("looks-up.so", &["-shared", "-fPIC", "-DLOOKS_UP"]);
    assert_eq!(stage.run(&program, &looks_up, COMMON, &for_script).plug_in, COMMON);
    let ffi = ["-shared", "-fPIC", "-DLOOKS_UP", "-DCALLS_FOR_SCRIPTS"];
    let ffi = stage.compile("ffi.so", &ffi);
    assert!(stage.run(&program, &ffi, SEVEN, &for_script).plug_in > 480);

    // Who opens a library may wait for a thread that asks for it.
    let waits = stage.linked("waits", "waits.c", &["-rdynamic"]);
    let opened = stage.linked("opened.so", "opened.c", &["-shared", "-fPIC"]);
    let output = Command::new(&waits).arg(&opened).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "asked 0\n");

    // Some tools leave notes where nothing is loaded.
    let mut damaged = fs::read(&program).unwrap();
    assert!(move_notes(&mut damaged) > 0);
    fs::write(&program, damaged).unwrap();
    assert_eq!(stage.run(&program, &five, COMMON, &[]).own, [COMMON; 2]);
}

/// How far was written, by who asked.
struct Said {
    own: [usize; 2],
    plug_in: usize,
    jump: usize,
}

impl Stage {
    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn compile_from(&self, name: &str, source: &str, more: &[&str]) -> PathBuf {
        let to = self.path(name);
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/through");
        let mut compile = Command::new("cc");
        compile.args(["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&to);
        compile.arg(sources.join(source)).args(more);
        assert!(compile.status().expect("a C compiler, cc").success(), "{source} {more:?}");
        to
    }

    fn compile(&self, name: &str, more: &[&str]) -> PathBuf {
        self.compile_from(name, "plugin.c", more)
    }

    /// Linked to the library.
    fn linked(&self, name: &str, source: &str, more: &[&str]) -> PathBuf {
        let ours = self.path("librsmi_compat.so.1").display().to_string();
        let search = format!("-Wl,-rpath,{}", self.place.path().display());
        let all = [more, &[&ours, &search, "-ldl", "-pthread"]].concat();
        self.compile_from(name, source, &all)
    }

    fn run(&self, program: &Path, plug_in: &Path, bytes: usize, env: &[(&str, &str)]) -> Said {
        let mut command = Command::new(program);
        command.arg(plug_in).arg(bytes.to_string()).arg(self.path("script.py"));
        command.env_remove("RSMI_COMPAT_ABI").envs(env.iter().copied());
        // Set to nothing, it asks for nothing.
        command.env("RSMI_COMPAT_LOG", "");
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{command:?}: {}: {text}", output.status);
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        let reaches = |who: &str| {
            let lines = text.lines().filter_map(|line| line.strip_prefix(who)?.strip_prefix(" 0 "));
            lines.map(|reach| reach.parse().unwrap()).collect::<Vec<usize>>()
        };
        let one = |who: &str| match reaches(who)[..] {
            [reach] => reach,
            _ => panic!("{command:?}: {text}"),
        };
        let own = reaches("own").try_into().unwrap_or_else(|_| panic!("{command:?}: {text}"));
        Said { own, plug_in: one("plug-in"), jump: one("jump") }
    }
}

/// Says that the notes of an ELF file are far behind what is loaded, and returns how many.
fn move_notes(file: &mut [u8]) -> usize {
    const HEADER: usize = 56;
    let number = |file: &[u8], at: usize, bytes: usize| {
        file[at..at + bytes].iter().rev().fold(0_usize, |all, byte| all << 8 | usize::from(*byte))
    };
    let (start, count) = (number(file, 32, 8), number(file, 56, 2));
    let headers = (0..count).map(|nth| start + nth * HEADER).collect::<Vec<_>>();
    let notes = headers.iter().filter(|at| number(file, **at, 4) == PT_NOTE.0 as usize);
    // glibc reads those of 8 itself.
    let notes: Vec<_> = notes.filter(|at| number(file, **at + 48, 8) == 4).copied().collect();
    for at in &notes {
        file[at + 16..at + 24].copy_from_slice(&0x700_0000_u64.to_le_bytes());
    }
    notes.len()
}
