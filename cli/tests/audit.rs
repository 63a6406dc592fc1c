//! `rsmi-compat audit`: imports, names, libraries, and the header that a program was built with.

mod support;

use serde_json::Value;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Said, compile, make_executable, rsmi_compat, scratch};

/// What `audit --json` says of one file.
#[track_caller]
fn audit(file: &Path) -> Value {
    let said = Said::of(rsmi_compat().args(["audit", "--json"]).arg(file));
    let reports: Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}", said.err));
    reports.as_array().unwrap()[0].clone()
}

fn verdict(report: &Value) -> (Option<&str>, &str) {
    (report["generation"]["generation"].as_str(), report["generation"]["sure"].as_str().unwrap())
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// A librocm_smi64 to link with; nothing of it is run.
fn rocm_smi(directory: &Path) -> PathBuf {
    let library = directory.join("librocm_smi64.so.1");
    let source = "int rsmi_init(unsigned long f) { return 0; }\n\
        int rsmi_dev_gpu_metrics_info_get(unsigned d, void *m) { return 0; }\n\
        int rsmi_dev_gpu_clk_freq_get(unsigned d, int t, void *f) { return 0; }\n\
        int rsmi_dev_of_tomorrow_get(unsigned d) { return 0; }\n\
        int rsmi_dev_market_name_get(unsigned d) { return 0; }\n";
    compile(&library, source, ["-shared", "-fPIC", "-Wl,-soname,librocm_smi64.so.1"]);
    library
}

/// A client whose struct of this name has this size, and links with librocm_smi64.
fn client(name: &str, size: u64) -> String {
    format!(
        "typedef struct {{ unsigned short x[{}]; }} {name};\n\
         int rsmi_init(unsigned long f);\n\
         {name} m;\n\
         int main(void) {{ return rsmi_init(0) + m.x[0]; }}\n",
        size / 2
    )
}

fn build(directory: &Path, source: &str, more: &[&str]) -> PathBuf {
    let program = directory.join("client");
    let library = rocm_smi(directory);
    let arguments = more.iter().map(OsStr::new).chain([library.as_os_str()]);
    compile(&program, source, arguments);
    program
}

#[test]
fn debug_information_tells_the_generation_exactly() {
    let directory = scratch();
    let cases = [
        ("rsmi_gpu_metrics_t", 96, "5"),
        ("rsmi_gpu_metrics_t", 1832, "6.3"),
        ("rsmi_gpu_metrics_t", 2368, "6.4"),
        ("rsmi_gpu_metrics_t", 4544, "7.0"),
        ("rsmi_frequencies_t", 264, "5"),
        ("rsmi_pcie_bandwidth_t", 392, "5"),
    ];
    for (name, size, generation) in cases {
        let program = build(directory.path(), &client(name, size), &["-g"]);
        let report = audit(&program);
        assert_eq!(verdict(&report), (Some(generation), "exact"), "{name} {size}");
        let line = format!("rsmi-compat run --abi {generation} -- {}", program.display());
        assert_eq!(report["run"], line);
        assert_eq!(report["imports"], serde_json::json!(["rsmi_init"]));
        assert_eq!(report["needs"], serde_json::json!(["librocm_smi64.so.1"]));
    }
    // One size for two generations: the older one, and what else fits.
    let report = audit(&build(directory.path(), &client("rsmi_gpu_metrics_t", 424), &["-g"]));
    assert_eq!(verdict(&report), (Some("6.0"), "guess"));
    assert_eq!(strings(&report["generation"]["possible"]), ["6.0", "6.2"]);
    let numbers =
        "enum { RSMI_COMPUTE_PARTITION_SPX = 1 } partition = RSMI_COMPUTE_PARTITION_SPX;\n";
    let source = format!("{numbers}{}", client("rsmi_gpu_metrics_t", 424));
    assert_eq!(verdict(&audit(&build(directory.path(), &source, &["-g"]))), (Some("6.2"), "exact"));
    // Sizes that nobody had, or none.
    for (size, flag) in [(100, "-g"), (4544, "-g0")] {
        let report = audit(&build(directory.path(), &client("rsmi_gpu_metrics_t", size), &[flag]));
        assert_eq!(verdict(&report), (None, "unknown"), "{size} {flag}");
    }
}

#[test]
fn every_form_of_debug_information_is_read() {
    let directory = scratch();
    let source = client("rsmi_gpu_metrics_t", 2368);
    let forms: [&[&str]; 8] = [
        &["-g", "-gdwarf-4"],
        &["-g", "-gdwarf-5"],
        &["-g", "-gz=zlib"],
        &["-g3", "-O2"],
        &["-g", "-gdwarf-4", "-fdebug-types-section"],
        &["-g", "-gdwarf-5", "-fdebug-types-section"],
        &["-g", "-flto", "-O2"],
        &["-g", "-no-pie"],
    ];
    for form in forms {
        let report = audit(&build(directory.path(), &source, form));
        assert_eq!(verdict(&report), (Some("6.4"), "exact"), "{form:?}");
    }
    // In C++.
    let cpp = directory.path().join("client.cpp");
    let source = source.replace("int rsmi_init", "extern \"C\" int rsmi_init");
    std::fs::write(&cpp, source).unwrap();
    let program = directory.path().join("client-cpp");
    let library = rocm_smi(directory.path());
    let arguments = ["-g".as_ref(), "-o".as_ref(), program.as_os_str(), cpp.as_ref()];
    tool("c++", &[&arguments[..], &[library.as_os_str()]].concat());
    assert_eq!(verdict(&audit(&program)), (Some("6.4"), "exact"));
}

#[test]
fn programs_in_rust_are_read_too() {
    let directory = scratch();
    let library = rocm_smi(directory.path());
    let source = directory.path().join("client.rs");
    let text = "pub mod bindings {\n#[allow(non_camel_case_types)] #[repr(C)]\n\
        pub struct rsmi_gpu_metrics_t { pub x: [u16; 1184] }\n\
        unsafe extern \"C\" { pub fn rsmi_init(flags: u64) -> u32; }\n}\n\
        fn main() { let m = bindings::rsmi_gpu_metrics_t { x: [1; 1184] };\n\
        let s = unsafe { bindings::rsmi_init(u64::from(m.x[3])) }; std::process::exit(s as i32) }\n";
    std::fs::write(&source, text).unwrap();
    let program = directory.path().join("client");
    let link = format!("link-arg={}", library.display());
    let arguments = ["-g", "--edition=2024", "-C", &link, "-o"].map(OsStr::new);
    tool("rustc", &[&arguments[..], &[program.as_os_str(), source.as_os_str()]].concat());
    assert_eq!(verdict(&audit(&program)), (Some("6.4"), "exact"));
}

fn tool(name: &str, arguments: &[&OsStr]) {
    let done = Command::new(name).args(arguments).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn separate_debug_information_is_found_if_it_belongs() {
    let directory = scratch();
    for id in ["-Wl,--build-id=sha1", "-Wl,--build-id=none"] {
        let source = client("rsmi_gpu_metrics_t", 1832);
        let program = build(directory.path(), &source, &["-g", id]);
        let debug = directory.path().join("client.debug");
        let [p, d] = [program.as_os_str(), debug.as_os_str()];
        tool("objcopy", &[OsStr::new("--only-keep-debug"), p, d]);
        tool("strip", &[OsStr::new("--strip-debug"), p]);
        assert_eq!(verdict(&audit(&program)), (None, "unknown"), "no link: {id}");
        let link = format!("--add-gnu-debuglink={}", debug.display());
        tool("objcopy", &[OsStr::new(&link), p]);
        assert_eq!(verdict(&audit(&program)), (Some("6.3"), "exact"), "{id}");
        let aside = directory.path().join(".debug");
        std::fs::create_dir_all(&aside).unwrap();
        std::fs::rename(&debug, aside.join("client.debug")).unwrap();
        assert_eq!(verdict(&audit(&program)), (Some("6.3"), "exact"), ".debug: {id}");
        // Of another build.
        let elsewhere = scratch();
        let other = build(elsewhere.path(), &client("rsmi_gpu_metrics_t", 96), &["-g", "-O1", id]);
        std::fs::copy(&other, aside.join("client.debug")).unwrap();
        assert_eq!(verdict(&audit(&program)), (None, "unknown"), "another build: {id}");
        std::fs::remove_dir_all(&aside).unwrap();
    }
}

#[test]
fn two_layouts_in_one_program_are_said_to_be_two() {
    let directory = scratch();
    let five = "typedef struct { unsigned short x[132]; } rsmi_frequencies_t;\n\
                rsmi_frequencies_t five;\n";
    let object = directory.path().join("five.o");
    compile(&object, five, ["-g", "-c"]);
    let object = object.to_str().unwrap();
    let source = client("rsmi_frequencies_t", 280);
    let report = audit(&build(directory.path(), &source, &["-g", object]));
    assert_eq!(verdict(&report), (None, "unknown"));
    assert_eq!(report["generation"]["contradictory"], true);
    assert!(strings(&report["notes"])[0].contains("rsmi_version_get"));
}

#[test]
fn what_it_was_built_beside_tells_a_likely_generation() {
    let directory = scratch();
    let source = client("rsmi_other_t", 96);
    let report = audit(&build(directory.path(), &source, &["-Wl,-rpath,/opt/rocm-5.7.1/lib"]));
    assert_eq!(verdict(&report), (Some("5"), "likely"));
    let rpath = ["-Wl,--disable-new-dtags,-rpath,/opt/rocm-6.2.4/lib"];
    assert_eq!(verdict(&audit(&build(directory.path(), &source, &rpath))), (Some("6.2"), "likely"));
    let hip = directory.path().join("libamdhip64.so.7");
    compile(&hip, "int hip;\n", ["-shared", "-fPIC", "-Wl,-soname,libamdhip64.so.7"]);
    let hip = ["-Wl,--no-as-needed", hip.to_str().unwrap()];
    assert_eq!(verdict(&audit(&build(directory.path(), &source, &hip))), (Some("7.0"), "likely"));
    let comment = "__asm__(\".section .comment\\n.asciz \\\"AMD clang (x roc-6.3.1 24491 y)\\\"\\n.text\");\n";
    let made = audit(&build(directory.path(), &format!("{comment}{source}"), &[]));
    assert_eq!(verdict(&made), (Some("6.3"), "likely"), "{made}");
}

#[test]
fn a_function_that_we_lack_is_told_and_fails() {
    let directory = scratch();
    let source = "int rsmi_init(unsigned long f); int rsmi_dev_of_tomorrow_get(unsigned d);\n\
        int main(void) { return rsmi_init(0) + rsmi_dev_of_tomorrow_get(0); }\n";
    let program = build(directory.path(), source, &[]);
    let said = Said::of(rsmi_compat().arg("audit").arg(&program));
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.out.contains("not answered: rsmi_dev_of_tomorrow_get\n"), "{}", said.out);
    assert_eq!(strings(&audit(&program)["not_answered"]), ["rsmi_dev_of_tomorrow_get"]);
    let fine = build(directory.path(), &client("rsmi_other_t", 96), &[]);
    let said = Said::of(rsmi_compat().arg("audit").arg(&fine));
    assert_eq!(said.code, Some(0));
    assert!(said.out.contains("1 functions, all answered"), "{}", said.out);
    assert!(!said.out.contains('\u{1b}'), "colour without a terminal");
}

#[test]
fn a_version_behind_a_name_is_no_part_of_it() {
    let directory = scratch();
    let library = directory.path().join("librsmi_compat.so.1");
    let script = directory.path().join("versions");
    std::fs::write(&script, "RSMI_COMPAT_1 { global: rsmi_*; };\n").unwrap();
    let version = format!("-Wl,--version-script={}", script.display());
    let arguments = ["-shared", "-fPIC", "-Wl,-soname,librsmi_compat.so.1", &version];
    compile(&library, "int rsmi_init(unsigned long f) { return 0; }\n", arguments);
    let program = directory.path().join("client");
    let source = client("rsmi_other_t", 96);
    compile(&program, &source, [OsStr::new("-Wl,--allow-shlib-undefined"), library.as_os_str()]);
    // In .symtab the linker writes rsmi_init@RSMI_COMPAT_1.
    let content = std::fs::read(&program).unwrap();
    assert!(memchr::memmem::find(&content, b"\0rsmi_init@").is_some());
    for (file, list) in [(&program, "imports"), (&library, "defines")] {
        let report = audit(file);
        assert_eq!(strings(&report[list]), ["rsmi_init"], "{list}");
        assert_eq!(report["not_answered"], serde_json::json!([]), "{list}");
        let said = Said::of(rsmi_compat().arg("audit").arg(file));
        assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    }
}

#[test]
fn a_program_is_found_by_name_in_path() {
    let directory = scratch();
    let (here, there) = (directory.path().join("here"), directory.path().join("there"));
    std::fs::create_dir(&here).unwrap();
    std::fs::create_dir(&there).unwrap();
    let program = build(&there, &client("rsmi_gpu_metrics_t", 96), &["-g"]);
    let audit = || {
        let mut command = rsmi_compat();
        command.env("PATH", &there).current_dir(&here).args(["audit", "client"]);
        Said::of(&mut command)
    };
    let said = audit();
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let line = format!("rsmi-compat run --abi 5 -- {}\n", program.display());
    assert!(said.out.contains(&line), "{}", said.out);
    // A file of that name is meant first, as for every other command that reads files.
    std::fs::write(here.join("client"), "print('no client')\n").unwrap();
    assert!(audit().out.contains("client: text"), "{}", audit().out);
    std::fs::remove_file(here.join("client")).unwrap();
    std::fs::remove_file(&program).unwrap();
    audit().refuses(2, &["client", "no such program in PATH"]);
}

#[test]
fn a_search_path_may_be_long() {
    for tags in ["--enable-new-dtags", "--disable-new-dtags"] {
        let directory = scratch();
        let many: Vec<_> = (0..400).map(|at| format!("/no/such/directory/{at}")).collect();
        assert!(many.join(":").len() > 2 * 4096);
        let rpath = format!("-Wl,{tags},-rpath,{}:$ORIGIN", many.join(":"));
        let program = build(directory.path(), &client("rsmi_other_t", 96), &[&rpath]);
        let said = Said::of(rsmi_compat().args(["audit", "--json"]).arg(&program));
        assert_eq!(said.code, Some(0), "{tags}: {}", said.err);
        assert_eq!(strings(&audit(&program)["needs"]), ["librocm_smi64.so.1"]);
    }
}

#[test]
fn names_in_constants_are_found() {
    let directory = scratch();
    let program = directory.path().join("opener");
    let source = "#include <dlfcn.h>\n\
        int main(void) { void *l = dlopen(\"/opt/rocm/lib/librocm_smi64.so\", 1);\n\
        if (!l) l = dlopen(\"librocm_smi64.so.6\", 1);\n\
        return dlsym(l, \"rsmi_dev_power_ave_get\") == dlsym(l, \"rsmi_init\"); }\n";
    compile(&program, source, ["-ldl"]);
    let report = audit(&program);
    assert_eq!(strings(&report["names"]), ["rsmi_dev_power_ave_get", "rsmi_init"]);
    let opens = ["/opt/rocm/lib/librocm_smi64.so", "librocm_smi64.so.6"];
    assert_eq!(strings(&report["opens"]), opens);
    assert_eq!(report["uses_rocm_smi"], true);
    assert!(report["imports"].as_array().unwrap().is_empty());
}

#[test]
fn libraries_on_the_way_are_looked_at() {
    for tags in ["--enable-new-dtags", "--disable-new-dtags"] {
        let directory = scratch();
        let below = directory.path().join("lib");
        std::fs::create_dir(&below).unwrap();
        let smi = rocm_smi(&below);
        let inner = below.join("libinner.so");
        let source = client("rsmi_gpu_metrics_t", 4544).replace("main", "inner");
        compile(
            &inner,
            &source,
            [OsStr::new("-shared"), "-fPIC".as_ref(), "-g".as_ref(), smi.as_ref()],
        );
        let outer = below.join("libouter.so");
        let rpath = format!("-Wl,{tags},-rpath,$ORIGIN");
        let flags = ["-shared".as_ref(), "-fPIC".as_ref(), OsStr::new(&rpath), inner.as_ref()];
        let inner_name = "-Wl,-soname,libouter.so".as_ref();
        compile(
            &outer,
            "int inner(void); int outer(void) { return inner(); }\n",
            flags.into_iter().chain([inner_name]),
        );
        let program = directory.path().join("program");
        let rpath = format!("-Wl,{tags},-rpath,$ORIGIN/lib");
        let allow = "-Wl,--allow-shlib-undefined".as_ref();
        compile(
            &program,
            "int outer(void); int main(void) { return outer(); }\n",
            [OsStr::new(&rpath), allow, outer.as_ref()],
        );
        let report = audit(&program);
        assert_eq!(verdict(&report), (Some("7.0"), "exact"), "{tags}: {report}");
        let library = &report["libraries"][0];
        assert_eq!(strings(&library["imports"]), ["rsmi_init"]);
        assert!(library["needed_by"].as_str().unwrap().ends_with("libouter.so"));
        assert_eq!(report["missing"], serde_json::json!([]));
    }
}

#[test]
fn scripts_are_scanned() {
    let directory = scratch();
    let script = directory.path().join("client.py");
    std::fs::write(
        &script,
        "import ctypes\nl = ctypes.CDLL('librocm_smi64.so.5')\nl.rsmi_init(0)\n",
    )
    .unwrap();
    let report = audit(&script);
    assert_eq!(report["kind"], "text");
    assert_eq!(strings(&report["names"]), ["rsmi_init"]);
    assert_eq!(strings(&report["opens"]), ["librocm_smi64.so.5"]);
    assert_eq!(verdict(&report), (Some("5"), "likely"));
    assert!(strings(&report["notes"])[0].contains("text"));
    let line = |abi: &str, how: &str| format!("rsmi-compat run {abi}-- {how}{}", script.display());
    assert_eq!(report["run"], line("--abi 5 ", "python3 "));
    make_executable(&script);
    assert_eq!(audit(&script)["run"], line("--abi 5 ", ""));
    // One that tries several tells nothing by them.
    std::fs::write(&script, "try('librocm_smi64.so.5')\ntry('librocm_smi64.so.6')\n").unwrap();
    assert_eq!(verdict(&audit(&script)), (None, "unknown"));
}

#[test]
fn run_takes_the_same_guess() {
    let directory = scratch();
    let source = "#include <stdio.h>\n\
        typedef struct { unsigned short x[132]; } rsmi_frequencies_t;\n\
        rsmi_frequencies_t f; int rsmi_version_get(unsigned *v); int rsmi_init(unsigned long f);\n\
        int main(void) { unsigned v[8]; rsmi_version_get(v);\n\
        printf(\"%u.%u %d\\n\", v[0], v[1], f.x[0]); return 0; }\n";
    let program = directory.path().join("old");
    let library = directory.path().join("librocm_smi64.so.1");
    let stub = "int rsmi_version_get(unsigned *v) { return 1; }\n";
    compile(&library, stub, ["-shared", "-fPIC", "-Wl,-soname,librocm_smi64.so.1"]);
    compile(&program, source, [OsStr::new("-g"), library.as_ref()]);
    let run = |arguments: &[&str]| {
        let said = Said::of(rsmi_compat().arg("run").args(arguments).arg("--").arg(&program));
        assert_eq!(said.code, Some(0), "{}", said.err);
        said.out
    };
    assert_eq!(run(&[]), "5.0 0\n");
    assert_eq!(run(&["--abi", "6.4"]), "7.6 0\n");
    let mut command = rsmi_compat();
    command.env("RSMI_COMPAT_ABI", "6.3").arg("run").arg(&program);
    assert_eq!(Said::of(&mut command).out, "7.5 0\n");
}

#[test]
fn what_cannot_be_read_is_named() {
    let directory = scratch();
    let file = directory.path().join("file");
    let refuses = |file: &Path, words: &[&str]| {
        Said::of(rsmi_compat().arg("audit").arg(file)).refuses(2, words);
    };
    refuses(Path::new("/no/such/file"), &["/no/such/file", "No such file"]);
    refuses(directory.path(), &["is a directory"]);
    refuses(Path::new("/dev/null"), &["/dev/null", "regular file"]);
    for (content, words) in [
        (&b""[..], "empty"),
        (b"\x00\x01\x02", "neither an ELF file nor a text"),
        (b"\x7fELF", "cut off"),
        (b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "32-bit"),
    ] {
        std::fs::write(&file, content).unwrap();
        refuses(&file, &["file", words]);
    }
    // The others are still told of.
    let program = build(directory.path(), &client("rsmi_gpu_metrics_t", 96), &["-g"]);
    let said = Said::of(rsmi_compat().arg("audit").arg("/no/such/file").arg(&program));
    assert_eq!(said.code, Some(2));
    assert!(said.out.contains("5 (exact)"), "{}", said.out);
    assert_eq!(Said::of(rsmi_compat().arg("audit")).code, Some(2));
}

#[test]
fn stripped_static_and_unrelated_files() {
    let directory = scratch();
    let program = build(directory.path(), &client("rsmi_gpu_metrics_t", 96), &["-g"]);
    tool("strip", &[program.as_os_str()]);
    let report = audit(&program);
    assert_eq!(verdict(&report), (None, "unknown"));
    assert_eq!(strings(&report["imports"]), ["rsmi_init"]);
    // Without a table of sections nothing has a name.
    let mut content = std::fs::read(&program).unwrap();
    content[0x28..0x30].fill(0);
    content[0x3a..0x40].fill(0);
    std::fs::write(&program, content).unwrap();
    Said::of(rsmi_compat().arg("audit").arg(&program)).refuses(2, &["client", "section table"]);
    let fixed = directory.path().join("fixed");
    compile(&fixed, "int main(void) { return 0; }\n", ["-static"]);
    let report = audit(&fixed);
    assert_eq!((report["uses_rocm_smi"].as_bool(), report["run"].as_str()), (Some(false), None));
    // It has rocm_smi_lib in itself.
    let source =
        "int rsmi_init(unsigned long f) { return 1; }\nint main(void) { return rsmi_init(0); }\n";
    compile(&fixed, source, ["-static"]);
    assert_eq!(strings(&audit(&fixed)["defines"]), ["rsmi_init"]);
    assert!(strings(&audit(&fixed)["notes"])[0].contains("itself"));
}

#[test]
fn damaged_files_never_end_in_a_panic() {
    let directory = scratch();
    let program = build(directory.path(), &client("rsmi_gpu_metrics_t", 424), &["-g", "-gz=zlib"]);
    let whole = std::fs::read(&program).unwrap();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for _ in 0..10 {
        let mut files = Vec::new();
        for at in 0..40 {
            let mut content = whole.clone();
            if at % 2 == 0 {
                content.truncate(random(whole.len()));
            } else {
                // Headers and tables suffer most.
                for _ in 0..1 + random(30) {
                    let reach = if random(2) == 0 { 1024 } else { whole.len() };
                    let place =
                        if random(3) == 0 { whole.len() - 1 - random(3000) } else { random(reach) };
                    content[place] = random(256) as u8;
                }
            }
            let file = directory.path().join(format!("damaged-{at}"));
            std::fs::write(&file, content).unwrap();
            make_executable(&file);
            files.push(file);
        }
        let said = Said::of(rsmi_compat().arg("audit").args(&files));
        assert!(matches!(said.code, Some(0..=2)), "{:?} {}", said.code, said.err);
        assert!(!said.err.contains("panicked"), "{}", said.err);
        for line in said.err.lines() {
            assert!(line.contains("damaged-"), "{line}");
        }
    }
}
