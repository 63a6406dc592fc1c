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

/// Which generations are open, and which of them are likely.
fn verdict(report: &Value) -> (String, String) {
    let list = |key: &str| strings(&report["generation"][key]).join(",");
    (list("open"), list("likely"))
}

const ALL: &str = "5,6.0,6.2,6.3,6.4,7.0";

#[track_caller]
fn is_open(report: &Value, open: &str) {
    assert_eq!(verdict(report).0, open, "{}", report["generation"]);
}

/// What said so, proof or hint.
fn because<'a>(report: &'a Value, kind: &str) -> Vec<&'a str> {
    let because = report["generation"]["because"].as_array().unwrap().iter();
    because.filter(|seen| seen["kind"] == kind).map(|seen| seen["says"].as_str().unwrap()).collect()
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
fn debug_information_proves_the_generation() {
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
        assert_eq!(verdict(&report), (generation.into(), generation.into()), "{name} {size}");
        let says = format!("{name} has {size} bytes in the debug information");
        assert_eq!(because(&report, "proof"), [says]);
        assert_eq!(report["run"], format!("rsmi-compat run -- {}", program.display()));
        assert_eq!(report["say"], serde_json::json!([]), "there is nothing to say");
        assert_eq!(report["imports"], serde_json::json!(["rsmi_init"]));
        assert_eq!(report["needs"], serde_json::json!(["librocm_smi64.so.1"]));
    }
    // One size for two generations leaves both open.
    let report = audit(&build(directory.path(), &client("rsmi_gpu_metrics_t", 424), &["-g"]));
    assert_eq!(verdict(&report), ("6.0,6.2".into(), "6.0,6.2".into()));
    let numbers =
        "enum { RSMI_COMPUTE_PARTITION_SPX = 1 } partition = RSMI_COMPUTE_PARTITION_SPX;\n";
    let source = format!("{numbers}{}", client("rsmi_gpu_metrics_t", 424));
    is_open(&audit(&build(directory.path(), &source, &["-g"])), "6.2");
    // Sizes that nobody had, or none.
    for (size, flag) in [(100, "-g"), (4544, "-g0")] {
        let report = audit(&build(directory.path(), &client("rsmi_gpu_metrics_t", size), &[flag]));
        is_open(&report, ALL);
    }
}

#[test]
fn what_is_lost_and_how_to_say_it() {
    let directory = scratch();
    let source = "int rsmi_init(unsigned long f);\n\
        int rsmi_dev_gpu_metrics_info_get(unsigned d, void *m);\n\
        int main(void) { static char m[9999]; rsmi_init(0);\n\
        return rsmi_dev_gpu_metrics_info_get(0, m); }\n";
    let program = build(directory.path(), source, &[]);
    let report = audit(&program);
    is_open(&report, ALL);
    let lost = strings(&report["lost"]);
    assert_eq!(lost.len(), 1, "it uses no other function: {lost:?}");
    assert!(lost[0].contains("rsmi_dev_gpu_metrics_info_get fills the first 96 bytes"), "{lost:?}");
    let place = program.display();
    let say = [
        format!("rsmi-compat run --abi RELEASE -- {place}"),
        "-L…/rsmi-compat/abi-7.0 -lrocm_smi64".into(),
    ];
    assert_eq!(strings(&report["say"]), say);
    let said = Said::of(rsmi_compat().arg("audit").arg(&program));
    let line = format!("\n  run it by    rsmi-compat run -- {place}\n");
    assert!(said.out.contains(&line), "{}", said.out);
    for words in ["nothing proves which", &say[0], &say[1], lost[0]] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
}

#[test]
fn what_an_object_says_itself_is_proof() {
    let directory = scratch();
    let linked = |more: &[&str], names: &[&str]| {
        let library = directory.path().join("librocm_smi64.so.7");
        let calls: Vec<_> = names.iter().map(|name| format!("{name}()")).collect();
        let declared: String = names.iter().map(|name| format!("int {name}(void);\n")).collect();
        let defined: String =
            names.iter().map(|name| format!("int {name}(void) {{ return 1; }}\n")).collect();
        let soname = more.first().copied().unwrap_or("librocm_smi64.so.1");
        let soname = format!("-Wl,-soname,{soname}");
        compile(&library, &defined, ["-shared", "-fPIC", &soname]);
        let note = more.get(1).copied().unwrap_or_default();
        let source =
            format!("{declared}{note}int main(void) {{ return {}; }}\n", calls.join(" + "));
        let program = directory.path().join("linked");
        compile(&program, &source, [library.as_os_str()]);
        audit(&program)
    };
    for (soname, open) in [
        ("librocm_smi64.so.1", ALL),
        ("librocm_smi64.so.5", "5"),
        ("librocm_smi64.so.6", "6.0"),
        ("librocm_smi64.so.7", "6.0,6.2,6.3,6.4,7.0"),
    ] {
        is_open(&linked(&[soname], &["rsmi_init"]), open);
    }
    is_open(&linked(&[], &["rsmi_dev_market_name_get", "rsmi_init"]), "6.4,7.0");
    is_open(&linked(&[], &["rsmi_dev_nps_mode_get"]), "5");
    // Calls by the names that our header gives them, alone and beside others.
    let marked = "rsmi_compat_7_0_rsmi_version_get";
    let report = linked(&[], &["rsmi_init", marked]);
    is_open(&report, "7.0");
    assert_eq!(report["not_answered"], serde_json::json!([]));
    let report = linked(&[], &["rsmi_dev_gpu_clk_freq_get", marked]);
    is_open(&report, ALL);
    assert!(strings(&report["notes"]).iter().any(|note| note.contains("part of it is of 7.0")));
    // The note of our header counts where no plain name is, that of the linker's line always.
    let note = |kind: u32, bits: u8| {
        let section = "__asm__(\".pushsection .note.rsmi_compat,\\\"a\\\",%note\\n\
            .balign 4\\n.long 12,1,KIND\\n.asciz \\\"rsmi_compat\\\"\\n.byte BITS,0,0,0\\n.popsection\");\n";
        section.replace("KIND", &kind.to_string()).replace("BITS", &bits.to_string())
    };
    let five = note(1, 1);
    is_open(&linked(&["librocm_smi64.so.1", &five], &["rsmi_init"]), ALL);
    let library = directory.path().join("plugin.so");
    let source = format!("{five}const char *name = \"librocm_smi64.so\";\n");
    compile(&library, &source, ["-shared", "-fPIC"]);
    is_open(&audit(&library), "5");
    let four = note(2, 1 << 4);
    is_open(&linked(&["librocm_smi64.so.1", &four], &["rsmi_init"]), "6.4");
}

#[test]
fn a_function_that_it_does_without_proves_nothing() {
    let directory = scratch();
    let source = |weak| {
        format!(
            "int rsmi_init(unsigned long f);\n\
             extern int rsmi_dev_market_name_get(unsigned d) {weak};\n\
             int main(void) {{ return rsmi_init(0) + \
             (rsmi_dev_market_name_get ? rsmi_dev_market_name_get(0) : 0); }}\n"
        )
    };
    is_open(&audit(&build(directory.path(), &source(""), &[])), "6.4,7.0");
    is_open(&audit(&build(directory.path(), &source("__attribute__((weak))"), &[])), ALL);
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
        assert_eq!(verdict(&report).0, "6.4", "{form:?}");
    }
    if !needs::program("c++") {
        return;
    }
    let cpp = directory.path().join("client.cpp");
    let source = source.replace("int rsmi_init", "extern \"C\" int rsmi_init");
    std::fs::write(&cpp, source).unwrap();
    let program = directory.path().join("client-cpp");
    let library = rocm_smi(directory.path());
    let arguments = ["-g".as_ref(), "-o".as_ref(), program.as_os_str(), cpp.as_ref()];
    tool("c++", &[&arguments[..], &[library.as_os_str()]].concat());
    is_open(&audit(&program), "6.4");
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
    is_open(&audit(&program), "6.4");
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
        assert_eq!(verdict(&audit(&program)).0, ALL, "no link: {id}");
        let link = format!("--add-gnu-debuglink={}", debug.display());
        tool("objcopy", &[OsStr::new(&link), p]);
        assert_eq!(verdict(&audit(&program)).0, "6.3", "{id}");
        let aside = directory.path().join(".debug");
        std::fs::create_dir_all(&aside).unwrap();
        std::fs::rename(&debug, aside.join("client.debug")).unwrap();
        assert_eq!(verdict(&audit(&program)).0, "6.3", ".debug: {id}");
        // Of another build.
        let elsewhere = scratch();
        let other = build(elsewhere.path(), &client("rsmi_gpu_metrics_t", 96), &["-g", "-O1", id]);
        std::fs::copy(&other, aside.join("client.debug")).unwrap();
        assert_eq!(verdict(&audit(&program)).0, ALL, "another build: {id}");
        std::fs::remove_dir_all(&aside).unwrap();
    }
}

#[test]
fn split_debug_information_is_found_if_it_belongs() {
    let directory = scratch();
    let split = directory.path().join("dwo");
    for form in [
        &["-gdwarf-4"][..],
        &["-gdwarf-5"],
        &["-gdwarf-4", "-fdebug-types-section"],
        &["-gdwarf-5", "-fdebug-types-section"],
    ] {
        let form: Vec<_> = ["-g", "-gsplit-dwarf"].iter().chain(form).copied().collect();
        let program = build(directory.path(), &client("rsmi_gpu_metrics_t", 1832), &form);
        assert_eq!(verdict(&audit(&program)).0, "6.3", "beside it: {form:?}");
        // The file that the compiler wrote is named after the program and the source.
        let dwo = std::fs::read_dir(directory.path()).unwrap().flatten().map(|entry| entry.path());
        let dwo =
            dwo.into_iter().find(|path| path.extension().is_some_and(|it| it == "dwo")).unwrap();
        let packed = directory.path().join("client.dwp");
        // The one of binutils ends in a fault over gcc's DWARF 5.
        if form.contains(&"-gdwarf-4") && needs::program("dwp") {
            let [e, o] = ["-e", "-o"].map(OsStr::new);
            tool("dwp", &[e, program.as_os_str(), o, packed.as_os_str()]);
        }
        std::fs::rename(&dwo, &split).unwrap();
        if packed.exists() {
            assert_eq!(verdict(&audit(&program)).0, "6.3", "all in one: {form:?}");
            std::fs::remove_file(&packed).unwrap();
        }
        assert_eq!(verdict(&audit(&program)).0, ALL, "gone: {form:?}");
        // Of another build.
        let other = scratch();
        build(other.path(), &client("rsmi_gpu_metrics_t", 96), &form);
        std::fs::copy(other.path().join(dwo.file_name().unwrap()), &dwo).unwrap();
        assert_eq!(verdict(&audit(&program)).0, ALL, "another build: {form:?}");
        std::fs::remove_file(&dwo).unwrap();
    }
}

#[test]
fn two_layouts_in_one_program_leave_both_open() {
    let directory = scratch();
    let five = "typedef struct { unsigned short x[48]; } rsmi_gpu_metrics_t;\n\
                rsmi_gpu_metrics_t five;\n";
    let object = directory.path().join("five.o");
    compile(&object, five, ["-g", "-c"]);
    let object = object.to_str().unwrap();
    let source = client("rsmi_gpu_metrics_t", 2368);
    let report = audit(&build(directory.path(), &source, &["-g", object]));
    is_open(&report, "5,6.4");
    assert_eq!(report["generation"]["contradictory"], true);
    assert!(strings(&report["notes"])[0].contains("rsmi_version_get"));
}

#[test]
fn what_it_was_built_beside_is_likely_and_closes_nothing() {
    let directory = scratch();
    let source = client("rsmi_other_t", 96);
    let likely = |report: &Value, likely: &str| {
        assert_eq!(verdict(report), (ALL.into(), likely.into()), "{}", report["generation"]);
    };
    let report = audit(&build(directory.path(), &source, &["-Wl,-rpath,/opt/rocm-5.7.1/lib"]));
    likely(&report, "5");
    assert_eq!(because(&report, "hint"), ["RUNPATH is /opt/rocm-5.7.1/lib"]);
    let rpath = ["-Wl,--disable-new-dtags,-rpath,/opt/rocm-6.2.4/lib"];
    likely(&audit(&build(directory.path(), &source, &rpath)), "6.2");
    let hip = directory.path().join("libamdhip64.so.7");
    compile(&hip, "int hip;\n", ["-shared", "-fPIC", "-Wl,-soname,libamdhip64.so.7"]);
    let hip = ["-Wl,--no-as-needed", hip.to_str().unwrap()];
    likely(&audit(&build(directory.path(), &source, &hip)), "7.0");
    let comment = "__asm__(\".section .comment\\n.asciz \\\"AMD clang (x roc-6.3.1 24491 y)\\\"\\n.text\");\n";
    likely(&audit(&build(directory.path(), &format!("{comment}{source}"), &[])), "6.3");
    // An installed ROCm.
    let rocm = directory.path().join("rocm");
    std::fs::create_dir_all(rocm.join(".info")).unwrap();
    std::fs::write(rocm.join(".info/version"), "6.4.1-83\n").unwrap();
    let program = build(directory.path(), &source, &[]);
    let said =
        Said::of(rsmi_compat().args(["audit", "--json"]).arg(&program).env("ROCM_PATH", &rocm));
    let reports: Value = serde_json::from_str(&said.out).unwrap();
    likely(&reports[0], "6.4");
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
    let line = format!("rsmi-compat run -- {}\n", program.display());
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

/// Who is told the library's path by somebody else only has the names of its functions.
#[test]
fn who_looks_functions_up_in_a_library_without_a_name_is_a_client() {
    let directory = scratch();
    let source = "typedef struct { unsigned short x[212]; } rsmi_gpu_metrics_t;\n\
        extern char *getenv(const char *); extern void *dlopen(const char *, int);\n\
        extern void *dlsym(void *, const char *);\n\
        rsmi_gpu_metrics_t m;\n\
        int main(void) {\n\
            void *library = dlopen(getenv(\"SMI\"), 2);\n\
            int *get = dlsym(library, \"rsmi_dev_gpu_metrics_info_get\");\n\
            return (dlsym(library, \"rsmi_init\") != get) + m.x[0];\n\
        }\n";
    let program = directory.path().join("client");
    compile(&program, source, ["-g"]);
    let report = audit(&program);
    is_open(&report, "6.0,6.2");
    let said = Said::of(rsmi_compat().arg("audit").arg(&program));
    assert!(said.out.contains("rsmi-compat run -- "), "{}", said.out);
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
        let library = &report["libraries"][0];
        assert_eq!(verdict(library).0, "7.0", "{tags}: {library}");
        assert_eq!(verdict(&report).0, ALL, "it uses nothing itself");
        assert_eq!(report["say"], serde_json::json!([]));
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
    assert_eq!(verdict(&report), (ALL.into(), "5".into()));
    assert!(strings(&report["notes"])[0].contains("text"));
    let line = |how: &str| format!("rsmi-compat run -- {how}{}", script.display());
    assert_eq!(report["run"], line("python3 "));
    make_executable(&script);
    assert_eq!(audit(&script)["run"], line(""));
    // One that tries several tells nothing by them.
    std::fs::write(&script, "try('librocm_smi64.so.5')\ntry('librocm_smi64.so.6')\n").unwrap();
    assert_eq!(verdict(&audit(&script)).1, ALL);
}

/// Structs of ROCm 5, as a script has them.
const STRUCTS: &str = "from ctypes import *\nclass rsmi_frequencies_t(Structure):\n    \
    _fields_ = [('num_supported', c_int32), ('current', c_uint32), ('frequency', c_uint64 * 32)]\n";

#[test]
fn the_structs_that_a_script_loads_are_proof() {
    let directory = scratch();
    let place = |name: &str| directory.path().join(name);
    std::fs::create_dir_all(place("bin")).unwrap();
    std::fs::create_dir_all(place("libexec")).unwrap();
    std::fs::write(place("libexec/rsmiBindings.py"), STRUCTS).unwrap();
    std::fs::write(
        place("libexec/tool.py"),
        "#!/usr/bin/env python3\nfrom rsmiBindings import *\n",
    )
    .unwrap();
    std::os::unix::fs::symlink("../libexec/tool.py", place("bin/tool")).unwrap();
    let report = audit(&place("bin/tool"));
    is_open(&report, "5");
    assert_eq!(report["uses_rocm_smi"], true);
    assert!(strings(&report["structs"])[0].ends_with("libexec/rsmiBindings.py"));
    // In its own text, and in a module.
    std::fs::write(place("own.py"), format!("{STRUCTS}l = CDLL('librocm_smi64.so')\n")).unwrap();
    is_open(&audit(&place("own.py")), "5");
    std::fs::create_dir(place("bin/monitor")).unwrap();
    std::fs::write(place("bin/monitor/__init__.py"), "").unwrap();
    std::fs::write(place("bin/monitor/gpu.py"), STRUCTS).unwrap();
    std::fs::write(place("bin/main"), "#!/usr/bin/env python3\nimport monitor\n").unwrap();
    is_open(&audit(&place("bin/main")), "5");
    // The one that reads the file's text, of the ROCm that is installed.
    std::fs::create_dir_all(place("rocm/libexec/rocm_smi")).unwrap();
    std::fs::write(place("rocm/libexec/rocm_smi/rsmiBindings.py"), STRUCTS).unwrap();
    std::fs::write(place("reads.py"), "t = rocm + '/libexec/rocm_smi/rsmiBindings.py'\n").unwrap();
    let of = |rocm: &str| {
        let mut command = rsmi_compat();
        command.args(["audit", "--json"]).arg(place("reads.py")).env("ROCM_PATH", place(rocm));
        let reports: Value = serde_json::from_str(&Said::of(&mut command).out).unwrap();
        verdict(&reports[0]).0
    };
    assert_eq!((&*of("rocm"), &*of("no-rocm")), ("5", ALL));
}

#[test]
fn run_passes_on_what_is_proven() {
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
    // Of a program that a launcher starts, and of no other.
    let launched = Said::of(rsmi_compat().args(["run", "nice"]).arg(&program));
    assert_eq!(launched.out, "5.0 0\n", "{}", launched.err);
    // All that is proven counts together.
    let both = format!(
        "enum {{ RSMI_COMPUTE_PARTITION_SPX = 1 }} p; typedef struct {{ unsigned short \
        y[212]; }} rsmi_gpu_metrics_t; rsmi_gpu_metrics_t m;\n{}",
        source.replace("x[132]", "x[140]")
    );
    let newer = directory.path().join("newer");
    compile(&newer, &both, [OsStr::new("-g"), library.as_ref()]);
    assert_eq!(Said::of(rsmi_compat().arg("run").arg(&newer)).out, "7.3 0\n");
    // A hint sets nothing.
    let hinted = directory.path().join("hinted");
    let rpath = ["-Wl,-rpath,/opt/rocm-5.7.1/lib".as_ref(), library.as_os_str()];
    compile(&hinted, source, rpath);
    assert_eq!(Said::of(rsmi_compat().arg("run").arg(&hinted)).out, "7.8 0\n");
}

#[test]
fn run_passes_on_the_structs_of_a_script() {
    if !needs::program("python3") {
        return;
    }
    let directory = scratch();
    let script = directory.path().join("client.py");
    let text = format!(
        "#!/usr/bin/env python3\n{STRUCTS}v = (c_uint32 * 8)()\n\
         CDLL('librocm_smi64.so').rsmi_version_get(v)\nprint(v[0], v[1])\n"
    );
    std::fs::write(&script, text).unwrap();
    make_executable(&script);
    let run = |more: &[&str]| {
        let said = Said::of(rsmi_compat().arg("run").args(more).arg(&script));
        assert_eq!(said.code, Some(0), "{}", said.err);
        said.out
    };
    assert_eq!(run(&[]), "5 0\n");
    assert_eq!(run(&["python3"]), "5 0\n");
    assert_eq!(run(&["--abi", "6.3,6.4"]), "7 6\n");
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
    assert!(said.out.contains("built with   5\n"), "{}", said.out);
    assert_eq!(Said::of(rsmi_compat().arg("audit")).code, Some(2));
}

#[test]
fn stripped_static_and_unrelated_files() {
    let directory = scratch();
    let program = build(directory.path(), &client("rsmi_gpu_metrics_t", 96), &["-g"]);
    tool("strip", &[program.as_os_str()]);
    let report = audit(&program);
    is_open(&report, ALL);
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
