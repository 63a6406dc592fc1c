//! What the lab has seen, as tables that docs/results.md shows between markers of their own.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::compare::Tally;
use crate::lab::Lab;
use crate::tool;

const PAGE: &str = "docs/results.md";

/// One client or way, over every machine and libamd_smi.
#[derive(Default)]
pub struct Row {
    pub name: String,
    pub line: String,
    pub functions: BTreeSet<String>,
    pub tally: Tally,
}

/// Adds to the row of that name and line, the last one if it is there.
pub fn add(
    rows: &mut Vec<Row>,
    name: &str,
    line: &str,
    functions: &BTreeSet<String>,
    tally: &Tally,
) {
    if rows.last().is_none_or(|row| row.name != name || row.line != line) {
        rows.push(Row { name: name.to_owned(), line: line.to_owned(), ..Row::default() });
    }
    if let Some(row) = rows.last_mut() {
        row.functions.extend(functions.iter().cloned());
        row.tally.add(tally);
    }
}

/// The functions that a log of ours tells of.
pub fn functions(log: &str) -> BTreeSet<String> {
    log.lines().filter_map(called).collect()
}

/// Whether a line is of our log, as JSON.
pub fn is_of_the_log(line: &str) -> bool {
    line.starts_with("{\"level\":\"")
}

/// The function that a line of our log is about.
pub fn called(line: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Call {
        call: String,
    }
    let call: Option<Call> = is_of_the_log(line).then(|| serde_json::from_str(line).ok())?;
    call.map(|Call { call }| call)
}

pub fn table(what: &str, rows: &[Row]) -> String {
    table_of(what, "how", rows)
}

/// Likewise, with another word over the lines.
pub fn table_of(what: &str, line: &str, rows: &[Row]) -> String {
    let mut text = format!(
        "| {what} | {line} | functions called | values compared | differences |\n\
         |---|---|--:|--:|--:|\n"
    );
    for Row { name, line, functions, tally } in rows {
        let (functions, asked, listed) = (functions.len(), tally.asked, tally.listed);
        text += &format!("| {name} | {line} | {functions} | {asked} | {listed} |\n");
    }
    text
}

/// Writes the table between its markers, or compares it with the one that is there.
pub fn settle(lab: &Lab, name: &str, table: &str, bless: bool) -> Result<()> {
    let path = lab.workspace.join(PAGE);
    let page = fs::read_to_string(&path).with_context(|| format!("cannot read {PAGE}"))?;
    let (before, there, after) = parts(&page, name)
        .with_context(|| format!("{PAGE} has no <!-- {name}:begin --> and <!-- {name}:end -->"))?;
    let new = format!("\n\n{table}\n");
    if bless {
        tool::replace_file(&path, format!("{before}{new}{after}"))?;
        println!("{PAGE} shows the table of {name}");
        return Ok(());
    }
    if is_still_true(there, &new) {
        return Ok(());
    }
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (old, seen) = (lines(there), lines(&new));
    for line in old.difference(&seen) {
        println!("no longer true: {line}");
    }
    for line in seen.difference(&old) {
        println!("not in {PAGE}: {line}");
    }
    bail!("the table of {name} in {PAGE} is not what was seen; --bless writes it")
}

/// By how much the two last numbers of a row may differ from one run to the next: while rocm-smi sets
/// a memory partition, another process of its own writes, and is stopped wherever it stands. What
/// differs is held against the list in any case.
const MOVES: u64 = 8;

/// Whether two tables have the same rows, but for how much was compared and what of it is listed.
fn is_still_true(there: &str, seen: &str) -> bool {
    let row = |line: &str| -> (String, Vec<u64>) {
        let cells: Vec<&str> = line.split('|').collect();
        let (names, numbers) = cells.split_at(cells.len().saturating_sub(3));
        let read: Vec<u64> = numbers.iter().filter_map(|cell| cell.trim().parse().ok()).collect();
        if read.len() == 2 { (names.join("|"), read) } else { (line.to_owned(), Vec::new()) }
    };
    let near = |(there, seen): (&str, &str)| {
        let ((name, old), (other, new)) = (row(there), row(seen));
        name == other && old.iter().zip(&new).all(|(old, new)| old.abs_diff(*new) <= MOVES)
    };
    there.lines().count() == seen.lines().count() && there.lines().zip(seen.lines()).all(near)
}

/// What comes before the table, the table, and what comes behind it.
fn parts<'a>(page: &'a str, name: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let (begin, end) = (format!("<!-- {name}:begin -->"), format!("<!-- {name}:end -->"));
    let start = page.find(&begin)? + begin.len();
    let stop = start + page[start..].find(&end)?;
    Some((&page[..start], &page[start..stop], &page[stop..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_taken_apart_at_the_markers() {
        let page = "a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb";
        let expected = ("a\n<!-- x:begin -->", "\nold\n", "<!-- x:end -->\nb");
        assert_eq!(parts(page, "x"), Some(expected));
        assert_eq!(parts(page, "y"), None);
    }

    #[test]
    fn a_table_is_true_but_for_what_moves() {
        let there = "| x |\n|--:|\n| a | l | 2 | 400 | 20 |\n";
        let seen = |row: &str| is_still_true(there, &format!("| x |\n|--:|\n{row}\n"));
        assert!(seen("| a | l | 2 | 400 | 20 |") && seen("| a | l | 2 | 404 | 24 |"));
        assert!(!seen("| a | l | 3 | 400 | 20 |"), "another function is called");
        assert!(!seen("| a | l | 2 | 400 | 29 |"), "more differs than moves");
        assert!(!seen("| b | l | 2 | 400 | 20 |") && !seen("| a | l | 2 | x | 20 |"));
        assert!(!is_still_true(there, "| x |\n|--:|\n"), "a row is gone");
    }

    #[test]
    fn rows_of_one_name_are_added_up() {
        let mut rows = Vec::new();
        let functions = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let tally = Tally { asked: 2, identical: 1, listed: 1, unlisted: 0 };
        add(&mut rows, "a", "l", &functions(&["f", "g"]), &tally);
        add(&mut rows, "a", "l", &functions(&["g"]), &tally);
        add(&mut rows, "b", "l", &functions(&[]), &tally);
        assert_eq!(rows.len(), 2);
        assert!(table("x", &rows).contains("| a | l | 2 | 4 | 2 |\n"));
    }
}
