//! MIGRATION.md has a row for every function, and its example of rocm_smi compiles.

#[path = "abi/compiler.rs"]
mod compiler;

const GUIDE: &str = include_str!("../MIGRATION.md");
const PROTOTYPES: &str = include_str!("abi/prototypes.c");
const HEADER: [&str; 4] = ["rsmi function", "amdsmi call", "since", "what changes"];

/// A row of the tables under "Function by function".
#[derive(Debug)]
struct Row {
    function: &'static str,
    calls: &'static str,
    since: &'static str,
    changes: &'static str,
}

#[test]
fn each_function_has_its_row_in_the_order_of_the_header() {
    let rows: Vec<_> = rows().iter().map(|row| row.function).collect();
    let functions: Vec<_> = PROTOTYPES.lines().filter_map(declared).collect();
    assert_eq!(functions.len(), 118, "tests/abi/prototypes.c declares them all");
    for function in &functions {
        let count = rows.iter().filter(|row| *row == function).count();
        assert_eq!(count, 1, "rows of {function}");
    }
    for (row, function) in rows.iter().zip(&functions) {
        assert_eq!(row, function, "MIGRATION.md on the left, tests/abi/prototypes.c on the right");
    }
    assert_eq!(rows.len(), functions.len(), "a row of no function: {:?}", rows.last());
}

#[test]
fn each_row_names_calls_of_amdsmi_and_a_release_for_each() {
    for row in rows() {
        assert!(!row.changes.is_empty(), "says nothing of what changes: {row:?}");
        if row.calls == "none" {
            assert_eq!(row.since, "–", "a release of nothing: {row:?}");
            continue;
        }
        let calls: Vec<_> = row.calls.split(", ").collect();
        let releases: Vec<_> = row.since.split(", ").collect();
        assert!(calls.iter().all(|call| is_call(call)), "no call of amdsmi: {row:?}");
        assert!(releases.iter().all(|since| is_since(since)), "no release: {row:?}");
        assert_eq!(calls.len(), releases.len(), "as many releases as calls: {row:?}");
    }
}

#[test]
fn each_word_that_begins_like_a_name_of_amdsmi_could_be_one() {
    let words = GUIDE.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let names: Vec<_> =
        words.filter(|word| word.starts_with("amdsmi_") && *word != "amdsmi_").collect();
    assert!(names.len() > 118, "only {} names", names.len());
    for name in names {
        assert!(is_amdsmi_name(name), "{name}");
    }
}

#[test]
fn each_link_within_the_guide_leads_to_a_heading() {
    let anchors: Vec<_> = GUIDE.lines().filter_map(anchor).collect();
    let links: Vec<_> =
        GUIDE.split("](#").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert!(!links.is_empty(), "the guide begins with links");
    for link in links {
        assert!(anchors.iter().any(|anchor| anchor == link), "no heading #{link} in {anchors:?}");
    }
}

#[test]
fn the_example_of_rocm_smi_compiles() {
    let examples: Vec<_> = GUIDE
        .split("```c\n")
        .skip(1)
        .map(|rest| rest.split_once("```").expect("a block of code ends").0)
        .filter(|block| block.contains("#include \"rocm_smi/rocm_smi.h\""))
        .collect();
    assert_eq!(examples.len(), 1, "MIGRATION.md has one example that includes rocm_smi.h");
    for dialect in compiler::dialects() {
        dialect.check(&[], examples[0]);
    }
}

/// Panics, naming the line, where a table is not well formed.
fn rows() -> Vec<Row> {
    let (_, section) = GUIDE.split_once("\n## Function by function\n").expect("the section");
    let mut rows = Vec::new();
    let mut line_of_table = 0;
    for line in section.lines() {
        if !line.starts_with('|') {
            assert!(!line.contains('|'), "outside of a table: {line}");
            line_of_table = 0;
            continue;
        }
        let inside = line.strip_prefix("| ").and_then(|rest| rest.strip_suffix(" |"));
        let cells: Vec<_> = inside.unwrap_or(line).split(" | ").collect();
        match line_of_table {
            0 => assert_eq!(cells, HEADER, "the head of a table: {line}"),
            1 => assert_eq!(line, "|---|---|---|---|", "the second line of a table"),
            _ => rows.push(row(line, &cells)),
        }
        line_of_table += 1;
    }
    rows
}

#[track_caller]
fn row(line: &'static str, cells: &[&'static str]) -> Row {
    let [function, calls, since, changes] = *cells else { panic!("not four cells: {line}") };
    assert_eq!(line.matches('|').count(), HEADER.len() + 1, "a cell has a bar: {line}");
    let function = quoted(function).unwrap_or_else(|| panic!("no function in backticks: {line}"));
    Row { function, calls, since, changes }
}

fn quoted(text: &str) -> Option<&str> {
    text.strip_prefix('`')?.strip_suffix('`')
}

/// The function that a line of prototypes.c declares.
fn declared(line: &str) -> Option<&str> {
    line.strip_prefix("rsmi_status_t ")?.split_once('(').map(|(name, _)| name)
}

/// `function`, or `function`: `field`.
fn is_call(text: &str) -> bool {
    let (function, field) = match text.split_once(": ") {
        Some((function, field)) => (function, Some(field)),
        None => (text, None),
    };
    quoted(function).is_some_and(is_amdsmi_name)
        && field.is_none_or(|field| quoted(field).is_some_and(|name| name.bytes().all(is_of_name)))
}

/// `amdsmi_[a-z0-9_]*[a-z0-9]`; of the capitals, AMD SMI has those of P2P alone.
fn is_amdsmi_name(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("amdsmi_") else { return false };
    let rest = rest.replace("P2P", "p2p");
    !rest.is_empty() && !rest.ends_with('_') && rest.bytes().all(is_of_name)
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'
}

/// A release, or the first and the last.
fn is_since(text: &str) -> bool {
    match text.split_once(" to ") {
        Some((first, last)) => is_release(first) && is_release(last),
        None => is_release(text),
    }
}

fn is_release(text: &str) -> bool {
    let parts: Vec<_> = text.split('.').collect();
    matches!(parts.len(), 2 | 3) && parts.iter().all(|part| part.parse::<u8>().is_ok())
}

/// As a viewer of Markdown names a heading's anchor.
fn anchor(line: &str) -> Option<String> {
    let heading =
        line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#'))?;
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    Some(kept.collect::<String>().to_lowercase().replace(' ', "-"))
}
