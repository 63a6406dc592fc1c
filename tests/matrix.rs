//! MATRIX.md has a row for each function and names what the library calls; the lab shows that it is true.

use std::collections::BTreeSet;

const MATRIX: &str = include_str!("../MATRIX.md");
const README: &str = include_str!("../README.md");
const EXPORTS: &str = include_str!("abi/symbols.txt");
const SYMBOLS: &str = include_str!("../core/src/amdsmi/symbols.rs");
const COLUMNS: usize = 7;

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
        let told = [0, 3, 4, 5].into_iter().all(|column| !row[column].is_empty());
        assert!(told, "what the kernel knows, and who has it, is never empty: {row:?}");
        let asks = row[2].contains("amdsmi_");
        assert_eq!(asks, row[5] != "any", "what is asked, and which libamd_smi has it: {row:?}");
        assert!(asks || row[1].is_empty(), "where only one can know, none is first: {row:?}");
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

/// Fewer would say that the library is no longer mapped onto AMD SMI.
#[test]
fn amd_smi_is_first_wherever_nothing_speaks_against_it() {
    let first = rows().iter().filter(|row| row[1] == "AMD SMI").count();
    assert!(first >= 34, "{first} functions");
    let mapped = rows().iter().filter(|row| !row[2].is_empty()).count();
    assert!(mapped >= 100, "{mapped} functions");
}

#[test]
fn the_readme_links_it() {
    assert!(README.contains("(MATRIX.md)") && README.contains("(MIGRATION.md)"));
}
