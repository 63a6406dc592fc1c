//! MATRIX.md has a row for each function and names what the library calls; the lab shows that it is true.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const MATRIX: &str = include_str!("../MATRIX.md");
const README: &str = include_str!("../README.md");
const EXPORTS: &str = include_str!("abi/symbols.txt");
const SYMBOLS: &str = include_str!("../core/src/amdsmi/symbols.rs");
const LAYOUTS: &str = include_str!("../core/src/amdsmi/abi.rs");
const AGREEMENT: &str = include_str!("../core/src/question/agreement.rs");
const COLUMNS: usize = 7;
/// Of the tables of what AMD SMI is asked.
const COLUMNS_OF_AMDSMI: usize = 4;

/// The cells of the tables' rows, the first being the function.
fn all_rows() -> impl Iterator<Item = Vec<&'static str>> {
    let rows = MATRIX.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect())
}

fn rows() -> Vec<Vec<&'static str>> {
    all_rows().filter(|row: &Vec<_>| row.len() != COLUMNS_OF_AMDSMI).collect()
}

/// The function, what answers it, the releases, and when the sources agree.
fn rows_of_amdsmi() -> Vec<[&'static str; COLUMNS_OF_AMDSMI]> {
    all_rows().filter_map(|row| row.try_into().ok()).collect()
}

/// The texts of src/question behind each place with `before`.
fn texts(before: &str) -> BTreeSet<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("core/src/question");
    let files = fs::read_dir(directory).expect("it is there");
    let files = files.map(|file| file.expect("it is there").path()).filter(|path| path.is_file());
    let sources: Vec<String> =
        files.map(|path| fs::read_to_string(path).expect("it is text")).collect();
    let tests = "#[cfg(test)]\nmod tests {";
    let code = sources.iter().map(|source| source.split(tests).next().unwrap_or_default());
    let found = code.flat_map(|code| code.split(before).skip(1));
    let quoted =
        |text: &str| text.trim_start().strip_prefix('"')?.split('"').next().map(str::to_owned);
    found.filter_map(quoted).collect()
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

/// `× 1000 (°C → m°C)`, as src/question has it.
fn factors() -> Vec<String> {
    let factor = |line: &str| {
        let (_, text) = line.split_once("Self { factor: ")?;
        let (factor, units) = text.split_once(", from: ")?;
        let units: Vec<_> = units.split('"').skip(1).step_by(2).collect();
        Some(format!("× {} ({})", factor.replace('_', ""), units.join(" → ")))
    };
    AGREEMENT.lines().filter_map(factor).collect()
}

/// The members of AMD SMI's structs, by their names, with the release that first had each.
fn members() -> BTreeMap<&'static str, String> {
    let text = LAYOUTS.split("#[cfg(test)]").next().unwrap_or_default();
    let member = |line: &'static str| {
        let (name, places) = line.trim().split_once(" { V")?;
        let (since, _) = places.split_once(':')?;
        Some((name, since.replace('_', ".")))
    };
    text.lines().filter_map(member).collect()
}

#[test]
fn what_amd_smi_is_asked_names_members_that_it_has_since_then() {
    let known = members();
    let mut named = BTreeSet::new();
    for [function, answer, releases, _] in rows_of_amdsmi() {
        let of_call: Vec<_> = answer.split(" → ").skip(1).collect();
        let names = of_call.iter().flat_map(|text| text.split('`').skip(1).step_by(2));
        for name in names.filter(|name| !name.starts_with("amdsmi_")) {
            let since =
                known.get(name).unwrap_or_else(|| panic!("{function}: no {name} in abi.rs"));
            // The call may be younger, and then both have its release.
            assert!(
                releases.contains(since.as_str()) || since == "6.1.2",
                "{function}: {name}, {since}"
            );
            named.insert(name);
        }
    }
    assert!(named.len() > 40, "{named:?}");
    // The whole of gpu_metrics is counted; where the partitions' parts begin is no member to read.
    let (_, table) = LAYOUTS.split_once("gpu_metrics = ").expect("the table");
    let (table, _) = table.split_once("\n}\n").expect("its end");
    let count = table.lines().filter(|line| line.contains(" { V")).count() - 1;
    let text = format!("`amdsmi_get_gpu_metrics_info` → {count} members");
    assert!(rows_of_amdsmi().iter().any(|[_, answer, ..]| *answer == text), "no {text}");
}

#[test]
fn each_function_that_amd_smi_answers_says_how_and_how_exactly() {
    let told: BTreeSet<_> = rows_of_amdsmi().iter().map(|row| row[0]).collect();
    let answered: BTreeSet<_> =
        rows().iter().filter(|row| !row[2].is_empty()).map(|row| row[0]).collect();
    assert_eq!(told, answered, "the second tables on the left, the first ones on the right");
    for [function, answer, releases, agree] in rows_of_amdsmi() {
        assert!(answer.contains("amdsmi_") && releases.contains(" to "), "{function}");
        assert!(!agree.is_empty(), "{function}");
    }
}

#[test]
fn its_words_are_those_of_the_questions() {
    let told = |column: usize| {
        let words = rows_of_amdsmi().into_iter().map(|row| row[column].to_owned());
        words.collect::<Vec<_>>().join("\n")
    };
    let (answers, agree) = (told(1), told(3));
    let exact = texts("Agreement::new(");
    assert!(exact.len() > 8, "{exact:?}");
    for words in exact.iter().filter(|words| *words != UNSEEN) {
        assert!(agree.contains(words.as_str()), "no function agrees if {words}");
    }
    let converted = texts("converted(");
    assert!(converted.len() > 5, "{converted:?}");
    for words in &converted {
        assert!(answers.contains(words.as_str()), "no function converts {words}");
    }
    let factors = factors();
    assert_eq!(factors.len(), 2, "{factors:?}");
    for factor in &factors {
        assert!(answers.contains(factor.as_str()), "no function converts {factor}");
    }
    // And nothing else: what no question says any more.
    for [function, .., agree] in rows_of_amdsmi() {
        let words = agree.strip_suffix(", or between two of the kernel's").unwrap_or(agree);
        let known = exact.contains(words) || ["equal", NOT_COMPARED].contains(&words);
        assert!(known, "{function}: {words}");
    }
}

/// Of the regions of a voltage curve, which no machine of the lab has.
const UNSEEN: &str = "equal, where the kernel has any";

/// What the lab says of calls that are no questions.
const NOT_COMPARED: &str = "not compared: it goes on with what AMD SMI began";

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
