//! The lines that the documents print for each tool, read out of them: nobody types them again.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

const GUIDE: &str = "docs/administrators.md";
const README: &str = "README.md";

/// Where the guide has its table of tools.
const TABLE: &str = "## Tool by tool";

/// Fewer tools than this had no edition of the guide.
const FEWEST: usize = 15;

/// What README's own lines stand for.
pub const ANY_PROGRAM: &str = "program";
/// The service of the guide, whose environment is printed and whose command is the distribution's.
pub const SERVICE: &str = "slurmd as a service";
const SERVICE_RUNS: &str = "slurmd -D";

/// A line for a shell, as it is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The tool, as the document names it.
    pub tool: String,
    pub text: String,
}

impl Line {
    fn new(tool: &str, text: &str) -> Option<Line> {
        let line = Line { tool: tool.to_owned(), text: text.to_owned() };
        (line.takes_our_library() || line.asks_audit()).then_some(line)
    }

    /// Whether it is not the tool's own, but prints the one that is.
    pub fn asks_audit(&self) -> bool {
        self.text.starts_with("rsmi-compat audit ")
    }

    /// Whether it is one by which a program gets our library.
    fn takes_our_library(&self) -> bool {
        let (variables, command) = self.parts();
        let ours = |name: &str| name == "LD_LIBRARY_PATH" || name == "LD_PRELOAD";
        match command.as_slice() {
            ["rsmi-compat", "run", ..] => command.contains(&"--"),
            [_, ..] => variables.iter().any(|(name, _)| ours(name)),
            [] => false,
        }
    }

    /// The variables that it sets, and the command behind them.
    fn parts(&self) -> (Vec<(&str, &str)>, Vec<&str>) {
        let mut words = self.text.split_whitespace().peekable();
        let mut variables = Vec::new();
        let is_name = |name: &str| name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        while let Some(variable) = words.peek().and_then(|word| word.split_once('=')) {
            if !is_name(variable.0) {
                break;
            }
            variables.push(variable);
            words.next();
        }
        (variables, words.collect())
    }

    /// The program and its arguments, without what makes them ours.
    fn command(&self) -> Vec<&str> {
        let (_, command) = self.parts();
        let start = match command.first() {
            Some(&"rsmi-compat") if self.asks_audit() => 2,
            Some(&"rsmi-compat") => {
                command.iter().position(|word| *word == "--").map_or(0, |n| n + 1)
            }
            _ => 0,
        };
        command[start..].to_vec()
    }

    /// As somebody typed it who had the original.
    pub fn over_the_original(&self) -> String {
        let ours = |(name, value): &(&str, &str)| {
            let is_place = value.contains("/lib/rsmi-compat");
            name.starts_with("LD_") || name.starts_with("RSMI_COMPAT_") || is_place
        };
        let (variables, _) = self.parts();
        let kept = variables.into_iter().filter(|variable| !ours(variable));
        let words = kept.map(|(name, value)| format!("{name}={value}"));
        words.chain(self.command().into_iter().map(str::to_owned)).collect::<Vec<_>>().join(" ")
    }
}

/// All lines for which there has to be a client.
pub fn all(workspace: &Path) -> Result<Vec<Line>> {
    let read = |name: &str| {
        fs::read_to_string(workspace.join(name)).with_context(|| format!("cannot read {name}"))
    };
    let (guide, readme) = (read(GUIDE)?, read(README)?);
    let mut lines = of_table(&guide)?;
    lines.push(of_service(&guide)?);
    lines.extend(of_readme(&readme));
    let known: BTreeSet<_> = lines.iter().map(|line| line.command().join(" ")).collect();
    for text in [&guide, &readme] {
        for line in in_blocks(text) {
            ensure!(
                known.contains(&line.command().join(" ")),
                "a line that the table of tools does not have: {}",
                line.text
            );
        }
    }
    Ok(lines)
}

/// Each row of the guide's table has at least one.
fn of_table(guide: &str) -> Result<Vec<Line>> {
    let (_, table) = guide.split_once(TABLE).with_context(|| format!("{GUIDE} has no {TABLE}"))?;
    let rows = table.lines().skip_while(|line| !line.starts_with('|')).skip(2);
    let rows: Vec<_> = rows.take_while(|line| line.starts_with('|')).collect();
    ensure!(rows.len() >= FEWEST, "{GUIDE} has {} tools only", rows.len());
    let mut lines = Vec::new();
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [tool, _, cell] = cells[..] else {
            anyhow::bail!("{GUIDE}: a row of another form: {row}");
        };
        let found: Vec<_> = codes(cell).filter_map(|code| Line::new(tool, code)).collect();
        ensure!(!found.is_empty(), "{GUIDE}: no line for {tool}");
        lines.extend(found);
    }
    Ok(lines)
}

/// The environment of the guide's service.
fn of_service(guide: &str) -> Result<Line> {
    let variable = guide.lines().find_map(|line| line.strip_prefix("Environment="));
    let variable = variable.with_context(|| format!("{GUIDE} has no Environment= for slurmd"))?;
    Line::new(SERVICE, &format!("{variable} {SERVICE_RUNS}"))
        .with_context(|| format!("{GUIDE}: Environment={variable} does nothing for us"))
}

/// The ways of README's table, for a program that is called just that.
fn of_readme(readme: &str) -> impl Iterator<Item = Line> {
    let rows = readme.lines().filter(|line| line.starts_with('|'));
    let lines = rows.flat_map(codes).filter_map(|code| Line::new(ANY_PROGRAM, code));
    lines.filter(|line| line.command() == [ANY_PROGRAM])
}

/// What stands in blocks of code, but for the commands of other programs.
fn in_blocks(text: &str) -> impl Iterator<Item = Line> {
    let mut inside = false;
    text.lines().filter_map(move |line| {
        if line.starts_with("```") {
            inside = line.starts_with("```sh");
            return None;
        }
        Line::new("", line).filter(|line| inside && !line.asks_audit())
    })
}

/// What stands between backquotes.
fn codes(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The word of `audit` on how to run a file.
pub fn of_audit(said: &str) -> Option<Line> {
    let line = said.lines().find_map(|line| line.trim_start().strip_prefix("run it by"))?;
    Line::new("", line.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Line::new("t", text).expect("a line of ours")
    }

    #[test]
    fn a_line_is_told_from_what_is_none() {
        for text in
            ["--abi 5", "rsmi-compat run", "cargo build", "RSMI_COMPAT_ABI=6.4", "", "A=b c"]
        {
            assert_eq!(Line::new("t", text), None, "{text}");
        }
    }

    #[test]
    fn the_original_gets_what_is_not_ours() {
        for (text, original) in [
            ("rsmi-compat run -- btop", "btop"),
            ("rsmi-compat run --abi 5 -- eard", "eard"),
            ("A_B=/c rsmi-compat run --preload -- python3 x.py", "A_B=/c python3 x.py"),
            ("LD_LIBRARY_PATH=/d program", "program"),
            ("ROCM_PATH=/usr/local/lib/rsmi-compat/rocm rsmi-compat run -- ray", "ray"),
            ("rsmi-compat audit ./monitor", "./monitor"),
            ("RSMI_COMPAT_POWER_FALLBACK=1 rsmi-compat run -- btop", "btop"),
        ] {
            assert_eq!(line(text).over_the_original(), original);
        }
    }

    #[test]
    fn a_row_without_a_line_is_refused() {
        let table = |cell: &str| {
            let rows = (0..FEWEST).map(|n| format!("| t{n} | x | {cell} |\n")).collect::<String>();
            of_table(&format!("{TABLE}\n\n| a | b | c |\n|---|---|---|\n{rows}"))
        };
        assert!(table("see elsewhere").is_err());
        assert!(table("`rsmi-compat audit ./x` says it").unwrap()[0].asks_audit());
        assert_eq!(table("see x; by hand `rsmi-compat run -- x`").unwrap().len(), FEWEST);
        assert!(of_table("nothing").is_err());
    }

    #[test]
    fn the_word_of_audit_is_found() {
        let said = "x: program\n  imports  2\n  run it by    rsmi-compat run -- /x\n  better  y\n";
        assert_eq!(of_audit(said).unwrap().text, "rsmi-compat run -- /x");
    }

    #[test]
    fn a_block_of_code_is_no_other_text() {
        let text = "rsmi-compat run -- a\n```sh\nrsmi-compat run -- b\n```\n```ini\nLD_PRELOAD=x c\n```\n\
                    ```sh\nrsmi-compat audit b\n```\n";
        let found: Vec<_> = in_blocks(text).map(|line| line.text).collect();
        assert_eq!(found, ["rsmi-compat run -- b"]);
    }
}
