//! Turns abi.json, the facts about every release, into tables.
//!
//! abi.json tells of each struct, enum and function which releases share one form of it. The
//! tables tell of each release what it has. 28.0 is no release of AMD's: it is 10.1 with every
//! struct grown, as a release that nobody knows yet may come.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

#[derive(Deserialize)]
struct Abi {
    structs: BTreeMap<String, Vec<Layout>>,
    enums: BTreeMap<String, Vec<Numbers>>,
    functions: BTreeMap<String, Vec<Signature>>,
}

#[derive(Deserialize)]
struct Layout {
    releases: Vec<String>,
    size: usize,
    fields: Vec<(String, usize, usize, String)>,
}

#[derive(Deserialize)]
struct Numbers {
    releases: Vec<String>,
    values: BTreeMap<String, i128>,
}

#[derive(Deserialize)]
struct Signature {
    releases: Vec<String>,
    args: Vec<String>,
}

/// Name, SONAME's number, the version's numbers as the struct has them, its text, symbol version.
type Row = (&'static str, u32, &'static [u32], &'static str, bool);

#[rustfmt::skip]
const RELEASES: [Row; 17] = [
    ("6.1.2", 24, &[24, 5, 2, 0],  "24.5.2.0", false),
    ("6.2",   24, &[24, 6, 3, 0],  "24.6.3.0", false),
    ("6.3.0", 24, &[24, 7, 1, 0],  "24.7.1.0", false),
    ("6.3.3", 25, &[25, 1, 0, 0],  "25.1.0.0", false),
    ("6.4.0", 25, &[25, 25, 3, 0], "25.3.0",   false),
    ("6.4.1", 25, &[25, 25, 4, 2], "25.4.2",   false),
    ("6.4.2", 25, &[25, 25, 5, 1], "25.5.1",   false),
    ("7.0",   26, &[26, 0, 2],     "26.0.2",   false),
    ("7.1.0", 26, &[26, 1, 0],     "26.1.0",   false),
    ("7.1.1", 26, &[26, 2, 0],     "26.2.0",   false),
    ("7.2",   26, &[26, 2, 1],     "26.2.1",   false),
    ("7.12",  26, &[26, 3, 0],     "26.3.0",   false),
    ("7.13",  26, &[26, 4, 0],     "26.4.0",   true),
    ("7.14",  26, &[26, 5, 0],     "26.5.0",   true),
    ("10.0",  27, &[27, 0, 0],     "27.0.0",   true),
    ("10.1",  27, &[27, 1, 0],     "27.1.0",   true),
    (FUTURE,  28, &[28, 0, 0],     "28.0.0",   true),
];
const NEWEST: &str = "10.1";
const FUTURE: &str = "28.0";
/// Names that no release has.
const FUTURE_FUNCTIONS: [(&str, &[&str]); 2] = [
    ("amdsmi_get_gpu_time_crystal_info", &["amdsmi_processor_handle", "uint64_t *"]),
    ("amdsmi_set_gpu_warp_factor", &["amdsmi_processor_handle", "uint32_t"]),
];
/// By how much each struct of it is larger. The version is the one that has to stay.
const GROWTH: usize = 64;
const KEPT: &str = "amdsmi_version_t";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=abi.json");
    let text = fs::read_to_string("abi.json").expect("abi.json is beside this file");
    let mut abi: Abi = serde_json::from_str(&text).expect("abi.json is what it should be");
    for (name, args) in FUTURE_FUNCTIONS {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        let signature = Signature { releases: vec![FUTURE.into()], args };
        abi.functions.insert(name.into(), vec![signature]);
    }
    let mut out = String::new();
    functions(&mut out, &abi);
    structs(&mut out, &abi);
    enums(&mut out, &abi);
    releases(&mut out, &abi);
    let place = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&place).join("tables.rs"), out).expect("OUT_DIR is writable");
}

/// Where a release's form of something is in the list of its forms.
fn form<T>(forms: &[T], release: &str, of: impl Fn(&T) -> &[String]) -> Option<usize> {
    let has =
        |release: &str| forms.iter().position(|form| of(form).iter().any(|known| known == release));
    has(release).or_else(|| (release == FUTURE).then(|| has(NEWEST)).flatten())
}

fn functions(out: &mut String, abi: &Abi) {
    out.push_str("pub static FUNCTIONS: &[Function] = &[\n");
    for (name, forms) in &abi.functions {
        let widest = forms.iter().map(|form| form.args.len()).max().unwrap_or(0);
        let _ = writeln!(out, "Function {{ name: {name:?}, arguments: {widest}, forms: &[");
        for form in forms {
            let _ = writeln!(out, "&{:?},", form.args);
        }
        out.push_str("] },\n");
    }
    out.push_str("];\n");
}

fn structs(out: &mut String, abi: &Abi) {
    out.push_str("static STRUCTS: &[(&str, &[Struct])] = &[\n");
    for (name, forms) in &abi.structs {
        let _ = writeln!(out, "({name:?}, &[");
        for form in forms {
            layout(out, form.size, &form.fields);
        }
        // The last form is that of the future.
        let newest = form(forms, NEWEST, |form| &form.releases).map(|at| &forms[at]);
        if let Some(newest) = newest {
            let growth = if name == KEPT { 0 } else { GROWTH };
            layout(out, newest.size + growth, &newest.fields);
        }
        out.push_str("]),\n");
    }
    out.push_str("];\n");
}

fn layout(out: &mut String, size: usize, fields: &[(String, usize, usize, String)]) {
    let _ = write!(out, "Struct {{ size: {size}, fields: &[");
    for (name, offset, size, kind) in fields {
        let _ = write!(
            out,
            "Field {{ name: {name:?}, offset: {offset}, size: {size}, kind: {kind:?} }},"
        );
    }
    out.push_str("] },\n");
}

fn enums(out: &mut String, abi: &Abi) {
    out.push_str("static ENUMS: &[(&str, &[Numbers])] = &[\n");
    for (name, forms) in &abi.enums {
        let _ = write!(out, "({name:?}, &[");
        for form in forms {
            let values: Vec<_> = form.values.iter().collect();
            let _ = write!(out, "&{values:?},");
        }
        out.push_str("]),\n");
    }
    out.push_str("];\n");
}

fn releases(out: &mut String, abi: &Abi) {
    out.push_str("pub static RELEASES: &[Release] = &[\n");
    let list = |out: &mut String, name: &str, forms: Vec<Option<usize>>| {
        let forms: Vec<u8> =
            forms.iter().map(|form| form.map_or(u8::MAX, |form| form as u8)).collect();
        let _ = writeln!(out, "{name}: &{forms:?},");
    };
    for (name, soname, version, text, versioned) in RELEASES {
        let _ = writeln!(
            out,
            "Release {{ name: {name:?}, soname: \"libamd_smi.so.{soname}\", \
             version: &{version:?}, text: c{text:?}, symbol_version: {versioned},"
        );
        let forms = abi.functions.values().map(|f| form(f, name, |form| &form.releases));
        list(out, "functions", forms.collect());
        let forms = abi.structs.values().map(|forms| {
            let found = form(forms, name, |form| &form.releases)?;
            Some(if name == FUTURE { forms.len() } else { found })
        });
        list(out, "structs", forms.collect());
        let forms = abi.enums.values().map(|f| form(f, name, |form| &form.releases));
        list(out, "enums", forms.collect());
        out.push_str("},\n");
    }
    out.push_str("];\n");
}
