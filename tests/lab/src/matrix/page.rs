//! MATRIX.md as text: its chapters are the files of core/src/api, which are those of the header.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Context, Result, ensure};
use regex::Regex;

use super::amdsmi;
use crate::differences::Scope;

/// A file of core/src/api: what it is about, and the functions in it.
pub struct Chapter {
    pub title: String,
    pub functions: Vec<String>,
}

/// A question to AMD SMI: what answers it, which releases have that, and when the kernel agrees.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    pub answer: String,
    pub releases: String,
    pub agree: String,
}

pub struct Row {
    pub asked: Vec<Asked>,
    pub function: String,
    pub first: String,
    pub amdsmi: String,
    pub kernel: String,
    pub headers: String,
    pub needs: String,
    pub differs: String,
}

const HEAD: &str = "\
# Which function is answered by what

One row for each function that the library exports, in the order of
[rocm_smi.h](include/rocm_smi/rocm_smi.h). `cargo run --package rsmi-lab -- matrix --bless` writes
this page out of what the library logs of itself while every function is called on every made-up
machine over every libamd_smi that the lab has, by a client of ROCm 7; without `--bless` it fails
where the page is not true. [MIGRATION.md](MIGRATION.md) has what AMD SMI offers instead.

- **first**: who is asked first under `RSMI_COMPAT_SOURCE=auto`, and if that is the kernel, why:
  *polled*, since monitors ask it again and again; *kept*, since it is read at `rsmi_init` or kept
  from the first call on, so that who only looks what is there opens no libamd_smi; *differs*, since
  AMD SMI's answer is another one than the original's; *ends*, since some release ends the program
  over it. Nothing where only one source can know.
- **AMD SMI**: the functions of libamd_smi that answer under `amdsmi`.
- **kernel**: the files that are read or written under `kernel`, and what was read once, at `rsmi_init`
  or when somebody first asked, and kept. Where several stand, one answers where another has nothing
  to say. `device` is the GPU's directory in sysfs, `hwmon` the one below it, `kfd`
  /sys/class/kfd/kfd (its `nodes` are in `topology`), `event_source`
  /sys/bus/event_source/devices, `debug` /sys/kernel/debug, `module` /sys/module; `*` is any number
  or name. KFD's topology is `kfd/nodes/*/{gpu_id,properties}`, KFD's links are
  `kfd/nodes/*/{io_links,p2p_links}/*/properties`. \"own state\" is what the library itself keeps or
  knows.
- **headers**: the first and the last generation of rocm_smi.h that declares it, of 5, 6.0 (6.1 too),
  6.2, 6.3, 6.4 and 7.0 (and later); or the releases that had it, if it is retired.
- **libamd_smi**: the releases that export what AMD SMI is asked, of those from 6.1.2 to 10.1.
- **differs**: whether [a listed difference](tests/lab/differences.toml), or
  [one of those with state](tests/lab/state-differences.toml), names it. Some are only about
  questions that end the program with the original, or about certain made-up machines.

A second table in each chapter has what AMD SMI is asked, one row for each thing that a function asks:

- **call → member, conversion**: the function of libamd_smi, the members of its struct that are read, and
  what makes rocm_smi.h's value of them, such as × 1000000 (W → µW). Without members it writes numbers
  or a text. Without a conversion its value is passed on as it is, in the same unit.
- **releases**: those of libamd_smi that have both the call and the member.
- **they agree if**: how exactly AMD SMI's value and the kernel's must be the same one. Under
  `RSMI_COMPAT_SOURCE=both` the library logs where they are not. Of a value that moves, AMD SMI's may
  also lie between two readings of the kernel's.
";

/// In the order of the header, which is that of the names of the files.
pub fn chapters(workspace: &Path) -> Result<Vec<Chapter>> {
    let header = workspace.join("include/rocm_smi/rocm_smi.h");
    let header = fs::read_to_string(&header).with_context(|| header.display().to_string())?;
    let directory = workspace.join("core/src/api");
    let mut chapters = Vec::new();
    for file in files(&directory)? {
        let mut source = fs::read_to_string(&file)?;
        let parts = file.with_extension("");
        if parts.is_dir() {
            for part in files(&parts)? {
                source += &fs::read_to_string(part)?;
            }
        }
        chapters.push(chapter(&source, &header)?);
    }
    chapters.retain(|chapter| !chapter.functions.is_empty());
    chapters.sort_by_key(|chapter| place(&header, &chapter.functions[0]));
    ensure!(!chapters.is_empty(), "no functions in {}", directory.display());
    Ok(chapters)
}

/// The files of a directory, in no order.
fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory).with_context(|| directory.display().to_string())?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    Ok(paths.into_iter().filter(|path| path.is_file()).collect())
}

fn chapter(source: &str, header: &str) -> Result<Chapter> {
    static EXPORT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?m)^\s*(?:pub )?(?:unsafe )?extern "C" fn (rsmi_\w+)"#)
            .expect("a constant pattern")
    });
    let title = source.lines().take_while(|line| line.starts_with("//! "));
    let title: Vec<_> = title.map(|line| line.trim_start_matches("//! ")).collect();
    let title = title.join(" ");
    let title = title.split_once(". ").map_or(&*title, |(first, _)| first).trim_end_matches('.');
    let found = EXPORT.captures_iter(source).map(|found| found[1].to_owned());
    // The page is about rocm_smi.h; what we offer beyond it is explained in rsmi_compat.h.
    let mut functions: Vec<String> =
        found.filter(|name| !name.starts_with("rsmi_compat_")).collect();
    for function in &functions {
        place(header, function).with_context(|| format!("rocm_smi.h lacks {function}"))?;
    }
    functions.sort_by_key(|function| place(header, function));
    Ok(Chapter { title: title.to_owned(), functions })
}

fn place(header: &str, function: &str) -> Option<usize> {
    header.find(&format!("rsmi_status_t {function}("))
}

/// The cell that tells where a function differs.
pub fn differs(scopes: Option<&BTreeSet<Scope>>) -> String {
    let Some(scopes) = scopes else { return String::new() };
    if scopes.contains(&Scope::Anywhere) {
        return "yes".to_owned();
    }
    let mut machines = BTreeSet::new();
    let mut parts = Vec::new();
    for scope in scopes {
        match scope {
            Scope::Anywhere => {}
            Scope::OriginalDies => parts.push("where the original dies".to_owned()),
            Scope::On(names) => machines.extend(names.iter().map(String::as_str)),
        }
    }
    if !machines.is_empty() {
        parts.push(format!("on {}", Vec::from_iter(machines).join(", ")));
    }
    format!("only {}", parts.join(", "))
}

/// The cell that tells who is asked first, and why; the first of several questions decides.
pub fn first<'a>(mut firsts: impl Iterator<Item = &'a str>, amdsmi_has_it: bool) -> String {
    let Some(first) = firsts.next().filter(|_| amdsmi_has_it) else { return String::new() };
    first.strip_prefix("the kernel, ").unwrap_or(first).to_owned()
}

/// How many functions there are of each kind.
fn counts(tables: &[(&Chapter, Vec<Row>)]) -> String {
    let rows = || tables.iter().flat_map(|(_, rows)| rows);
    let count = |kind: &str| rows().filter(|row| row.first.starts_with(kind)).count();
    let kernel = KINDS.map(|kind| format!("{} {kind}", count(kind)));
    format!(
        "Of {} functions AMD SMI can answer {}. Under `auto` it is asked first for **{}** of them; for \
         the others the kernel is: {}.",
        rows().count(),
        rows().filter(|row| !row.amdsmi.is_empty()).count(),
        count(AMD_SMI),
        kernel.join(", ")
    )
}

/// The second table of a chapter; nothing where AMD SMI answers none of its functions.
fn of_amdsmi(rows: &[Row]) -> String {
    let mut text = String::new();
    for Row { function, asked, .. } in rows {
        for Asked { answer, releases, agree } in asked {
            if text.is_empty() {
                text.push_str("\n| of AMD SMI | call → member, conversion | releases | they agree if |\n|---|---|---|---|\n");
            }
            let _ = writeln!(text, "| `{function}` | {answer} | {releases} | {agree} |");
        }
    }
    text
}

const AMD_SMI: &str = "AMD SMI";
const KINDS: [&str; 4] = ["polled", "kept", "differs", "ends"];

pub fn render(tables: &[(&Chapter, Vec<Row>)], everywhere: &[String]) -> String {
    let mut text = HEAD.to_owned();
    let _ = writeln!(text, "\n{}", counts(tables));
    if !everywhere.is_empty() {
        text.push_str("\nWhat differs in so many functions that no row names it:\n\n");
        for reason in everywhere {
            let _ = writeln!(text, "- {reason}");
        }
    }
    let session: Vec<_> = amdsmi::session().map(|name| format!("`{name}`")).collect();
    let _ = writeln!(
        text,
        "\nNo answer comes from these, which start libamd_smi, tell its release, find the devices and\n\
         stop it:\n{}.",
        session.join(",\n")
    );
    let unseen: Vec<_> = amdsmi::UNSEEN.iter().map(|name| format!("`{name}`")).collect();
    let _ = writeln!(
        text,
        "\nNo machine here lets a real libamd_smi answer these, which are asked under `amdsmi` too; the\n\
         tests of the stand-in for it do:\n{}.",
        unseen.join(",\n")
    );
    for (chapter, rows) in tables {
        let _ = write!(text, "\n## {}\n\n", chapter.title);
        text.push_str(
            "| function | first | AMD SMI | kernel | headers | libamd_smi | differs |\n\
             |---|---|---|---|---|---|---|\n",
        );
        for Row { function, first, amdsmi, kernel, headers, needs, differs, asked: _ } in rows {
            let _ = writeln!(
                text,
                "| `{function}` | {first} | {amdsmi} | {kernel} | {headers} | {needs} | {differs} |"
            );
        }
        text.push_str(&of_amdsmi(rows));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chapter_is_a_file_in_the_order_of_the_header() {
        let source = "//! Clocks. And more.\npub unsafe extern \"C\" fn rsmi_b(\n) {}\npub extern \"C\" fn rsmi_a() {}\n";
        let header = "// rsmi_b(0)\nrsmi_status_t rsmi_a(void);\nrsmi_status_t rsmi_b(void);\n";
        let chapter = chapter(source, header).unwrap();
        assert_eq!(
            (&*chapter.title, chapter.functions),
            ("Clocks", vec!["rsmi_a".into(), "rsmi_b".into()])
        );
        assert!(super::chapter(source, "rsmi_status_t rsmi_a(void);").is_err());
    }

    #[test]
    fn the_second_table_has_a_row_for_each_question() {
        let row = |function: &str, answers: &[&str]| Row {
            asked: answers
                .iter()
                .map(|answer| Asked {
                    answer: (*answer).into(),
                    releases: "7.0 to 10.1".into(),
                    agree: "equal".into(),
                })
                .collect(),
            function: function.into(),
            first: String::new(),
            amdsmi: String::new(),
            kernel: String::new(),
            headers: String::new(),
            needs: String::new(),
            differs: String::new(),
        };
        let table = of_amdsmi(&[row("rsmi_a", &[]), row("rsmi_b", &["x", "y"])]);
        let rows: Vec<_> = table.lines().skip(3).collect();
        let expected =
            ["x", "y"].map(|answer| format!("| `rsmi_b` | {answer} | 7.0 to 10.1 | equal |"));
        assert_eq!(rows, expected);
        assert_eq!(of_amdsmi(&[row("rsmi_a", &[])]), "");
    }

    #[test]
    fn a_difference_anywhere_says_all() {
        let on = Scope::On(vec!["sparse".into(), "apu".into()]);
        assert_eq!(differs(None), "");
        assert_eq!(differs(Some(&[on.clone(), Scope::Anywhere].into())), "yes");
        let both = [on, Scope::OriginalDies].into();
        assert_eq!(differs(Some(&both)), "only where the original dies, on apu, sparse");
    }
}
