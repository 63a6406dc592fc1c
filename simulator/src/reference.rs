//! MACHINES.md, held against what a description may say.

use crate::Machine;
use crate::metrics;
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

const PAGE: &str = include_str!("../MACHINES.md");
const SOURCES: [&str; 2] = [include_str!("description.rs"), include_str!("fault.rs")];

/// The keys of each table and what they hold, as the sources declare them.
type Structs<'a> = BTreeMap<&'a str, Vec<(&'a str, &'a str)>>;

fn structs() -> Structs<'static> {
    let mut structs = Structs::new();
    for source in SOURCES {
        let mut rest = source;
        while let Some((_, after)) = rest.split_once("\npub") {
            rest = after;
            let Some((_, declared)) = after.split_once("struct ") else { break };
            let line = after.lines().next().unwrap_or_default();
            if !line.contains("struct ") || !line.ends_with('{') {
                continue;
            }
            let name = declared.split([' ', '<']).next().expect("a name");
            let (body, _) = declared.split_once("\n}").expect("an end");
            let field = |line: &'static str| -> Option<(&str, &str)> {
                let (name, kind) = line.trim().strip_prefix("pub ")?.split_once(": ")?;
                Some((name, kind.trim_end_matches(',')))
            };
            structs.insert(name, body.lines().filter_map(field).collect());
        }
    }
    structs
}

/// The type inside of Option, Vec and maps.
fn innermost(kind: &str) -> &str {
    match kind.strip_suffix('>').and_then(|kind| kind.split_once('<')) {
        Some((_, inner)) => innermost(inner.rsplit(", ").next().unwrap_or(inner)),
        None => kind,
    }
}

/// Notes which keys of which struct a value has.
fn note<'a>(
    seen: &mut BTreeSet<(&'a str, &'a str)>,
    structs: &Structs<'a>,
    kind: &'a str,
    value: &Value,
) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| note(seen, structs, kind, value)),
        Value::Table(table) if kind.contains("BTreeMap<") => {
            table.values().for_each(|value| note(seen, structs, innermost(kind), value));
        }
        Value::Table(table) => {
            let kind = innermost(kind);
            for (name, field) in structs.get(kind).into_iter().flatten() {
                if let Some(value) = table.get(*name) {
                    seen.insert((kind, name));
                    note(seen, structs, field, value);
                }
            }
        }
        _ => {}
    }
}

/// The page's examples in TOML.
fn examples() -> Vec<&'static str> {
    let fenced = PAGE.split("```").skip(1).step_by(2);
    fenced.filter_map(|block| block.strip_prefix("toml\n")).collect()
}

/// What stands between backticks outside of the examples.
fn explained() -> BTreeSet<&'static str> {
    let text = PAGE.split("```").step_by(2);
    let quoted = text.flat_map(|text| text.split('`').skip(1).step_by(2));
    let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    quoted.flat_map(|text| text.split(word)).collect()
}

#[test]
fn the_examples_are_machines() {
    let examples = examples();
    assert!(examples.len() >= 2, "{} examples", examples.len());
    for text in examples {
        let machine = Machine::from_text("MACHINES.md", text);
        machine.unwrap_or_else(|error| panic!("{error}\n{text}"));
    }
}

#[test]
fn every_key_is_explained_and_has_an_example() {
    let structs = structs();
    assert!(structs.len() > 25 && structs.contains_key("Fault"), "{:?}", structs.keys());
    let mut seen = BTreeSet::new();
    for text in examples() {
        let table: Table = toml::from_str(text).expect("TOML");
        note(&mut seen, &structs, "Description", &Value::Table(table));
    }
    let explained = explained();
    for (kind, fields) in &structs {
        for (name, _) in fields {
            assert!(seen.contains(&(*kind, *name)), "`{name}` of {kind} has no example");
            assert!(explained.contains(name), "`{name}` of {kind} is not explained");
        }
    }
}

#[test]
fn the_newest_version_of_each_format_of_gpu_metrics_is_named() {
    let mut last = BTreeMap::new();
    for (format, content) in metrics::names() {
        let most: &mut u8 = last.entry(format).or_default();
        *most = content.max(*most);
    }
    assert!(last.len() >= 3, "the formats 1, 2 and 3 at least: {last:?}");
    for (format, content) in last {
        let named = format!("`\"{format}.{content}\"`");
        assert!(PAGE.contains(&named), "{named}");
    }
}
