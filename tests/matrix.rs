//! MATRIX.md has a row for each function and names what the library calls; the lab shows that it is true.

use std::collections::BTreeSet;

const MATRIX: &str = include_str!("../MATRIX.md");
const README: &str = include_str!("../README.md");
const EXPORTS: &str = include_str!("abi/symbols.txt");
const SYMBOLS: &str = include_str!("../src/amdsmi/symbols.rs");
const COLUMNS: usize = 5;

/// The cells of the tables' rows, the first being the function.
fn rows() -> Vec<Vec<&'static str>> {
    let rows = MATRIX.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

fn names<'a>(text: &'a str, beginning: &str) -> BTreeSet<&'a str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with(beginning) && !word.ends_with('_'))
        .collect()
}

#[test]
fn each_export_has_one_row() {
    let mut functions: Vec<_> = rows().iter().map(|row| row[0].trim_matches('`')).collect();
    functions.sort_unstable();
    let exports: Vec<_> = EXPORTS.lines().collect();
    assert_eq!(functions, exports, "MATRIX.md on the left, tests/abi/symbols.txt on the right");
}

#[test]
fn each_row_is_complete() {
    for row in rows() {
        assert_eq!(row.len(), COLUMNS, "{row:?}");
        let told = row[..COLUMNS - 1].iter().all(|cell| !cell.is_empty());
        assert!(told, "only the last column may be empty: {row:?}");
        let asks = row[1].contains("amdsmi_");
        assert_eq!(asks, row[3] != "any", "what is asked, and which libamd_smi has it: {row:?}");
    }
}

#[test]
fn it_names_the_functions_of_libamd_smi_that_are_called() {
    let (_, list) = SYMBOLS.split_once("\nsymbols! {\n").expect("the list of functions");
    let (list, _) = list.split_once("\n}\n").expect("the end of the list");
    let called = names(list, "amdsmi_");
    assert!(!called.is_empty());
    assert_eq!(names(MATRIX, "amdsmi_"), called, "MATRIX.md on the left, symbols.rs on the right");
}

#[test]
fn the_readme_links_it() {
    assert!(README.contains("(MATRIX.md)") && README.contains("(MIGRATION.md)"));
}
