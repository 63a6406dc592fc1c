//! python/rsmiBindings.py is what rocm_smi.h says, and states its generation to the library.
//!
//! `BLESS=1 cargo test --test bindings` writes it.

use rsmi_generations::Generation;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const FILE: &str = "python/rsmiBindings.py";

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).expect("it is text")
}

/// A declaration of the header, without comments.
enum Declared {
    Number {
        name: String,
        value: String,
    },
    Enum {
        name: String,
        values: Vec<(String, String)>,
    },
    /// A struct or a union: "Structure" or "Union".
    Members {
        name: String,
        kind: &'static str,
        members: Vec<(String, String)>,
    },
    Alias {
        name: String,
        of: String,
    },
}

/// What rocm_smi.h declares but for functions, what is retired too.
fn declared(header: &str) -> Vec<Declared> {
    let is_code = |line: &&str| {
        let line = line.trim_start();
        !line.starts_with("//") && !line.starts_with("#if") && !line.starts_with("#endif")
    };
    let code: Vec<&str> = header.lines().filter(is_code).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < code.len() {
        let line = code[at];
        at += 1;
        let line = line.strip_prefix("__extension__ ").unwrap_or(line);
        if let Some(rest) = line.strip_prefix("#define ") {
            let Some((name, value)) = rest.split_once(' ') else { continue };
            if !name.contains('(') {
                found.push(Declared::Number { name: name.to_owned(), value: value.to_owned() });
            }
        } else if let Some(rest) = line.strip_prefix("typedef ") {
            let Some(kind) = rest.split(' ').next().filter(|_| line.ends_with('{')) else {
                found.push(alias(rest.strip_suffix(';').expect("a typedef ends")));
                continue;
            };
            let body: Vec<&str> =
                code[at..].iter().copied().take_while(|it| !it.starts_with('}')).collect();
            at += body.len();
            let name = code[at].trim_start_matches("} ").trim_end_matches(';').to_owned();
            found.push(match kind {
                "enum" => {
                    Declared::Enum { name, values: body.iter().map(|it| enumerator(it)).collect() }
                }
                "struct" | "union" => Declared::Members {
                    name,
                    kind: if kind == "union" { "Union" } else { "Structure" },
                    members: body
                        .iter()
                        .map(|it| member(it.trim().trim_end_matches(';')))
                        .collect(),
                },
                other => panic!("{other} is not known"),
            });
        }
    }
    found
}

fn enumerator(line: &str) -> (String, String) {
    let (name, value) =
        line.trim().trim_end_matches(',').split_once(" = ").expect("it has a value");
    (name.to_owned(), value.trim_end_matches(char::is_lowercase).to_owned())
}

/// `uint64_t *name[3]`: the name, and the type as ctypes has it.
fn member(text: &str) -> (String, String) {
    let (of, name) = text.rsplit_once(' ').expect("a member has a type");
    let of = of.strip_prefix("const ").unwrap_or(of);
    let (name, count) = name.trim_end_matches(']').split_once('[').unwrap_or((name, ""));
    let (name, pointer) = (name.trim_start_matches('*'), name.starts_with('*'));
    let plain = match of {
        "char" if pointer => return (name.to_owned(), "c_char_p".into()),
        "bool" => "c_bool",
        "char" => "c_char",
        "uintptr_t" => "c_size_t",
        other => {
            match other.strip_suffix("_t").filter(|it| it.contains("int") && !it.contains('_')) {
                Some(number) => return array(name, &format!("c_{number}"), pointer, count),
                None => other,
            }
        }
    };
    array(name, plain, pointer, count)
}

fn array(name: &str, of: &str, pointer: bool, count: &str) -> (String, String) {
    let of = if pointer { format!("POINTER({of})") } else { of.to_owned() };
    (name.to_owned(), if count.is_empty() { of } else { format!("{of} * {count}") })
}

/// What stands between `typedef` and `;`.
fn alias(text: &str) -> Declared {
    if let Some(opaque) = text.strip_prefix("struct ") {
        let name = opaque.split(' ').next().expect("a struct has a name").to_owned();
        return Declared::Members { name, kind: "Structure", members: Vec::new() };
    }
    let (name, of) = member(text);
    Declared::Alias { name, of }
}

/// The base of an enum's class: C takes what holds all values.
fn width(values: &[(String, String)]) -> &'static str {
    let large = |(_, value): &(String, String)| {
        value.parse::<u64>().is_ok_and(|value| value > u64::from(u32::MAX))
    };
    if values.iter().any(large) { "c_uint64" } else { "c_uint32" }
}

fn python(declared: &[Declared]) -> String {
    let is_late = |value: &str| value.contains("sizeof");
    let (mut numbers, mut types, mut late) = (Vec::new(), Vec::new(), Vec::new());
    for item in declared {
        match item {
            Declared::Number { name, value } => {
                let place = if is_late(value) { &mut late } else { &mut numbers };
                place.push(format!("{name} = {value}"));
            }
            Declared::Enum { name, values } => {
                let lines = values.iter().map(|(name, value)| format!("    {name} = {value}\n"));
                let lines: String = lines.collect();
                types.push(format!("\n\nclass {name}({}):\n{lines}", width(values)));
            }
            Declared::Members { name, kind, members } => {
                let body = if members.is_empty() {
                    "    pass\n".to_owned()
                } else {
                    let line =
                        |(name, of): &(String, String)| format!("        (\"{name}\", {of}),\n");
                    let lines: String = members.iter().map(line).collect();
                    format!("    _fields_ = [\n{lines}    ]\n")
                };
                types.push(format!("\n\nclass {name}({kind}):\n{body}"));
            }
            Declared::Alias { name, of } => {
                let apart =
                    if types.last().is_some_and(|it| it.contains("class ")) { "\n\n" } else { "" };
                types.push(format!("{apart}{name} = {of}\n"));
            }
        }
    }
    format!("{}\n{}\n{}", numbers.join("\n"), types.concat(), late.join("\n"))
}

/// The first sentence of each status, as a program may print it.
fn statuses(header: &str) -> String {
    let (_, rest) = header.split_once("RSMI_STATUS_SUCCESS = 0").expect("the statuses are there");
    let before = header.len() - rest.len();
    let begin = header[..before].rfind("typedef enum {\n").expect("the enum begins");
    let body = header[begin..].lines().skip(1).take_while(|line| !line.starts_with('}'));
    let (mut comment, mut lines, mut seen) = (String::new(), Vec::new(), BTreeSet::new());
    for line in body.map(str::trim) {
        if let Some(words) = line.strip_prefix("/// ") {
            comment += if comment.is_empty() { "" } else { " " };
            comment += words;
            continue;
        }
        let (name, value) = enumerator(line);
        let sentence = comment.split(". ").next().unwrap_or_default().trim_end_matches('.');
        // Another name of a status is the same entry.
        if value.parse::<u64>().is_ok() && seen.insert(value) {
            let (text, quote) = (sentence.replace('"', "'"), '"');
            lines.push(format!("    rsmi_status_t.{name}:\n        {quote}{name}: {text}{quote},"));
        }
        comment.clear();
    }
    lines.join("\n")
}

fn generate() -> String {
    let header = read("include/rocm_smi/rocm_smi.h");
    let (major, minor, _) = Generation::NEWEST.version();
    read("python/rsmiBindings.py.in")
        .replace("@API@", &format!("{major}.{minor}"))
        .replace("@GENERATION@", Generation::NEWEST.name())
        .replace("@TYPES@", python(&declared(&header)).trim_end())
        .replace("@STATUSES@", &statuses(&header))
}

#[test]
fn the_committed_bindings_are_the_generated_ones() {
    let generated = generate();
    if env::var_os("BLESS").is_some() {
        fs::write(Path::new(ROOT).join(FILE), generated).expect("it can be written");
        return;
    }
    let committed = read(FILE);
    for (number, (ours, theirs)) in (1..).zip(committed.lines().zip(generated.lines())) {
        assert_eq!(ours, theirs, "{FILE}:{number}: run `BLESS=1 cargo test --test bindings`");
    }
    assert!(committed == generated, "{FILE}: run `BLESS=1 cargo test --test bindings`");
}

/// What Python prints; nothing of it on stderr.
#[track_caller]
fn run(program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let mut python = Command::new("python3");
    python.args(["-B", "-c", program]).args(arguments).envs(variables.iter().copied());
    python
        .env_remove("ROCM_SMI_LIB_PATH")
        .env_remove("RSMI_COMPAT_ABI")
        .envs(variables.iter().copied());
    python.env("PYTHONPATH", Path::new(ROOT).join("python"));
    let output = python.output().expect("it was there a moment ago");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{errors}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn to_import_them_prints_nothing() {
    if needs::program("python3") {
        assert_eq!(run("from rsmiBindings import *; c_uint32; byref", &[], &[]), "");
    }
}

/// layout.c has the numbers of the original's header.
#[test]
fn sizes_offsets_and_numbers_are_those_of_the_header() {
    const PRINT: &str = "
import rsmiBindings, ctypes
for name, kind in vars(rsmiBindings).items():
    if isinstance(kind, int):
        print('VALUE', name, kind)
    if not isinstance(kind, type) or vars(ctypes).get(name) is kind:
        continue
    print('TYPE', name, ctypes.sizeof(kind))
    for field in getattr(kind, '_fields_', []):
        member = getattr(kind, field[0])
        print('MEMBER', name, field[0], member.offset, ctypes.sizeof(field[1]))
    for enumerator, value in vars(kind).items():
        if isinstance(value, int):
            print('VALUE', enumerator, value)
";
    if !needs::program("python3") {
        return;
    }
    let printed = run(PRINT, &[], &[]);
    let mut known: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    let mut members = BTreeMap::new();
    for line in printed.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let numbers = |from: usize| -> Vec<u64> {
            words[from..].iter().map(|it| it.parse().expect("a number")).collect()
        };
        match words[0] {
            "MEMBER" => {
                members.insert((words[1], words[2]), numbers(3));
            }
            _ => {
                known.insert(words[1], numbers(2));
            }
        }
    }
    let number = |text: &str| match text.strip_prefix("0x") {
        Some(hexadecimal) => u64::from_str_radix(hexadecimal, 16),
        None => text.parse(),
    };
    let mut seen = 0;
    for line in include_str!("abi/layout.c").lines() {
        let Some((kind, rest)) = line
            .split_once('(')
            .filter(|(kind, _)| ["TYPE", "MEMBER", "VALUE", "CONSTANT"].contains(kind))
        else {
            continue;
        };
        let words = rest.split(')').next().unwrap_or_default().split(", ");
        let words: Vec<&str> =
            words.map(|word| word.trim().trim_start_matches("struct ")).collect();
        let numbers = |from: usize| -> Vec<u64> {
            words[from..]
                .iter()
                .map(|it| number(it.trim_end_matches(['u', 'l', 'U', 'L'])).expect(line))
                .collect()
        };
        seen += 1;
        match kind {
            "MEMBER" => assert_eq!(members.get(&(words[0], words[1])), Some(&numbers(2)), "{line}"),
            "CONSTANT" => assert_eq!(known.get(words[0]), Some(&vec![numbers(1)[0]]), "{line}"),
            _ => assert_eq!(known.get(words[0]), Some(&numbers(1)), "{line}"),
        }
    }
    assert!(seen > 400, "only {seen} lines of layout.c were understood");
    for line in include_str!("abi/constants.txt").lines().filter(|line| !line.starts_with('#')) {
        let Some(name) = line.split(' ').next().filter(|name| !name.is_empty()) else { continue };
        assert!(known.contains_key(name), "they have no {name}");
    }
}

fn library() -> PathBuf {
    env::current_exe().expect("this test has a path").with_file_name("librsmi_compat.so")
}

/// As omnistat: the library is there and was called, and the text is run without a file or a name.
#[test]
fn they_state_their_generation_when_they_are_run() {
    const RUN: &str = "
import sys
from ctypes import *
library = CDLL(sys.argv[1])
text = create_string_buffer(256)
def said():
    assert library.rsmi_compat_generation_evidence_get(text, 256) == 0
    return text.value.decode()
library.rsmi_version_get(create_string_buffer(24))
print(said())
exec(compile(open(sys.argv[2]).read(), sys.argv[2], 'exec'), {'__builtins__': __builtins__})
print(said())
library.rsmi_compat_bindings_generation_set(b'6.4')
print(said())
for wrong in (None, b'', b'six'):
    assert library.rsmi_compat_bindings_generation_set(wrong) == 1
print(said())
";
    if !needs::program("python3") {
        return;
    }
    let place = tempfile::tempdir().expect("there is room");
    let library = library();
    let library = library.to_str().expect("a path in UTF-8");
    let file = Path::new(ROOT).join(FILE);
    let rocm = [("ROCM_PATH", place.path().to_str().expect("a path in UTF-8"))];
    let printed = run(RUN, &[library, file.to_str().expect("a path in UTF-8")], &rocm);
    let all = "5,6.0,6.2,6.3,6.4,7.0 are open: nothing says otherwise";
    let both = "6.4,7.0 are open: bindings in the process say that they are of 6.4,7.0";
    let one = "bindings in the process say that they are of 7.0";
    assert_eq!(printed.lines().collect::<Vec<_>>(), [all, one, both, both]);
    // A person's word counts more.
    let variables = [rocm[0], ("RSMI_COMPAT_ABI", "6.0")];
    let printed = run(RUN, &[library, file.to_str().expect("a path in UTF-8")], &variables);
    assert!(printed.lines().all(|line| line == "RSMI_COMPAT_ABI=6.0"), "{printed}");
}

/// The library that a variable names, as a file or by its directory; else that beside them.
#[test]
fn they_load_the_library() {
    const LOAD: &str = "
import sys
sys.path.insert(0, sys.argv[1])
from rsmiBindings import *
library = initRsmiBindings(silent=True)
text = create_string_buffer(256)
assert library.rsmi_compat_generation_evidence_get(text, 256) == rsmi_status_t.RSMI_STATUS_SUCCESS
print(text.value.decode())
version = rsmi_version_t()
assert library.rsmi_version_get(byref(version)) == 0
print(version.major, version.minor)
print(rsmi_status_verbose_err_out[rsmi_status_t.RSMI_STATUS_NOT_SUPPORTED].split(':')[0])
";
    if !needs::program("python3") {
        return;
    }
    let place = tempfile::tempdir().expect("there is room");
    let tree = place.path().join("tree");
    let (lib, own) = (tree.join("lib"), tree.join("libexec/rocm_smi"));
    fs::create_dir_all(&lib).expect("there is room");
    fs::create_dir_all(&own).expect("there is room");
    let file = lib.join("librocm_smi64.so");
    std::os::unix::fs::symlink(library(), &file).expect("there is room");
    std::os::unix::fs::symlink(library(), lib.join("librsmi_compat.so.1")).expect("there is room");
    fs::copy(Path::new(ROOT).join(FILE), own.join("rsmiBindings.py")).expect("there is room");
    let text = |path: &Path| path.to_str().expect("a path in UTF-8").to_owned();
    let expected =
        "bindings in the process say that they are of 7.0\n7 8\nRSMI_STATUS_NOT_SUPPORTED\n";
    assert_eq!(run(LOAD, &[&text(&own)], &[]), expected);
    for named in [&file, &lib] {
        let variable = [("ROCM_SMI_LIB_PATH", &*text(named))];
        assert_eq!(run(LOAD, &[&text(&Path::new(ROOT).join("python"))], &variable), expected);
    }
}
