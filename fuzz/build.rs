//! Makes the table of the library's functions out of its header: what each takes, and how much is
//! written where.

use std::fmt::Write as _;
use std::path::Path;

/// What waits for something, changes the machine, or is asked in its own place.
const LEFT_OUT: [&str; 9] = [
    "rsmi_init",
    "rsmi_shut_down",
    "_set",
    "_reset",
    "_clear",
    "rsmi_event_",
    "rsmi_counter_",
    "rsmi_dev_counter_",
    "rsmi_dev_pci_throughput_get",
];

fn main() {
    let header = Path::new("../include/rocm_smi/rocm_smi.h");
    println!("cargo::rerun-if-changed={}", header.display());
    let text = std::fs::read_to_string(header).expect("the header is there");
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    let text = lines.collect::<Vec<_>>().join(" ");
    let (mut declared, mut table) = (String::new(), String::new());
    for part in text.split("rsmi_status_t rsmi_").skip(1) {
        let Some((name, rest)) = part.split_once('(') else { continue };
        let name = format!("rsmi_{name}");
        let Some((parameters, _)) = rest.split_once(')') else { continue };
        if LEFT_OUT.iter().any(|part| name.contains(part)) || name.contains(' ') {
            continue;
        }
        let parameters = parameters.split(',').map(|parameter| kind(parameter.trim()));
        let parameters = parameters.collect::<Vec<_>>().join(", ");
        writeln!(declared, "    fn {name}();").expect("a text takes it");
        writeln!(table, "    Function {{ name: \"{name}\", at: {name}, takes: &[{parameters}] }},")
            .expect("a text takes it");
    }
    let text = format!(
        "unsafe extern \"C\" {{\n{declared}}}\npub static FUNCTIONS: &[Function] = &[\n{table}];\n"
    );
    let out = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    std::fs::write(Path::new(&out).join("functions.rs"), text).expect("OUT_DIR is writable");
}

fn kind(parameter: &str) -> String {
    let (of, name) = parameter.rsplit_once([' ', '*']).expect("a parameter has a name");
    let of = of.replace("const ", "").replace('*', "");
    let of = of.trim();
    let stars = parameter.matches('*').count();
    match (stars, of, name) {
        (0, _, "dv_ind" | "dv_ind_src") => "Takes::Device".into(),
        (0, _, "len") => "Takes::Length".into(),
        (0, _, "count") => "Takes::One".into(),
        (0, ..) => "Takes::Number".into(),
        (1, "char", _) => "Takes::Text".into(),
        (1, "void", _) => "Takes::Output(8)".into(),
        (1, "bool", _) => "Takes::Output(1)".into(),
        (1, "float", _) => "Takes::Output(4)".into(),
        (1, number, _) if number.ends_with("int16_t") => "Takes::Output(2)".into(),
        (1, number, _) if number.ends_with("int32_t") => "Takes::Output(4)".into(),
        (1, number, _) if number.ends_with("int64_t") => "Takes::Output(8)".into(),
        (1, of, _) => format!("Takes::Output(size_of::<rsmi_compat::types::{of}>())"),
        _ => "Takes::Output(size_of::<usize>())".into(),
    }
}
