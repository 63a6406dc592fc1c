//! rsmi_top, the monitor of the demo, on a terminal: any machine fits any screen, and the terminal is
//! as it was afterwards.

mod support;
#[path = "support/terminal.rs"]
mod terminal;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use rustix::process::{Pid, Signal, kill_process_group};
use terminal::Terminal;

const NOTE: &str = "simulated here";

/// Compiled once for all tests, as the demo does.
fn monitor() -> &'static Path {
    static MONITOR: OnceLock<PathBuf> = OnceLock::new();
    MONITOR.get_or_init(|| {
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rsmi_top");
        let source = support::workspace().join("examples-c/rsmi_top.c");
        let source = std::fs::read_to_string(source).expect("it is text");
        let (include, lib) = (support::stage().join("include"), support::stage().join("lib"));
        let at = |option: &str, path: &Path| format!("{option}{}", path.display());
        let options = [
            "-std=c99".to_owned(),
            at("-I", &include),
            at("-L", &lib),
            at("-Wl,-rpath,", &lib),
            "-lrsmi_compat".to_owned(),
        ];
        support::compile(&program, &source, options);
        program
    })
}

/// The monitor on this machine.
fn watch(machine: &str) -> Command {
    let mut command = support::rsmi_compat();
    command.args(["simulate", "--machine", machine, "--"]).arg(monitor());
    command.args(["--interval", "0.2", "--note", NOTE]);
    command
}

fn is_drawn(terminal: &Terminal) -> bool {
    terminal.screen().alternate_screen() && terminal.text().contains("GPU  Name")
}

/// The rows of devices, and how many of them the screen says it has no room for.
fn devices(text: &str) -> (Vec<&str>, usize) {
    let below: Vec<_> = text.lines().skip_while(|line| !line.starts_with("GPU  Name")).collect();
    let mut rows = below.get(1..).unwrap_or_default().to_vec();
    let hidden = rows.last().and_then(|line| line.strip_prefix("and "));
    let hidden = hidden.map(|line| line.split(' ').next().unwrap_or("").parse().expect("a number"));
    if hidden.is_some() {
        rows.pop();
    }
    (rows, hidden.unwrap_or(0))
}

/// What of a screen is not as it has to be, whatever the machine.
fn fault(terminal: &Terminal, count: usize) -> Option<&'static str> {
    let text = terminal.text();
    let (rows, columns) = terminal.screen().size();
    let title = text.lines().next().unwrap_or("");
    let heading = text.lines().find(|line| line.starts_with("GPU  Name")).unwrap_or("");
    let (shown, hidden) = devices(&text);
    let bar_is_last = heading.trim_end().ends_with("VRAM") || heading.trim_end().ends_with("Busy");
    let width = shown.first().map_or(0, |row| row.chars().count());
    // Numbers end where their heading does, so that a wide one shows as a row that sticks out.
    let is_even = shown.iter().all(|row| row.chars().count() == width)
        && (bar_is_last || heading.chars().count() == width);
    let is_numbered = |(number, row): (usize, &&str)| {
        row.trim_start().split(' ').next() == Some(&number.to_string())
    };
    let wraps = (0..rows.get()).any(|row| terminal.screen().row_wrapped(row));
    [
        (terminal.screen().alternate_screen(), "it has no screen of its own"),
        (title.chars().count() == usize::from(columns.get()), "the title is not as wide"),
        (title.contains(NOTE), "the note is not there"),
        (title.ends_with("q quits"), "the way out is not there"),
        (shown.len() + hidden == count, "GPUs are missing, and it does not say how many"),
        (hidden == 0 || shown.len() + 6 >= usize::from(rows.get()), "there is room for more"),
        (shown.iter().enumerate().all(is_numbered), "the GPUs are not one after the other"),
        (is_even, "the table is burst"),
        (shown.iter().all(|row| has_units(heading, row)), "a number is cut"),
        (!wraps, "a line is too long"),
    ]
    .into_iter()
    .find_map(|(holds, fault)| (!holds).then_some(fault))
}

/// Whether each column has what its numbers end with, or "n/a".
fn has_units(heading: &str, row: &str) -> bool {
    let units = [("Temp", "C"), ("Power", "W"), ("Busy", "%"), ("VRAM", "G"), ("Core", "MHz")];
    let wanted = units.iter().filter(|(column, _)| heading.contains(column));
    let ends = |unit: &str| {
        let number = |word: &str| word.strip_suffix(unit).is_some_and(|it| it.ends_with(is_digit));
        row.contains("n/a") || row.split_whitespace().any(number)
    };
    wanted.into_iter().all(|(_, unit)| ends(unit))
}

fn is_digit(character: char) -> bool {
    character.is_ascii_digit()
}

fn count_of(machine: &str) -> usize {
    let mut once = watch(machine);
    let said = support::Said::of(once.args(["--once", "--width", "200"]));
    assert_eq!(said.code, Some(0), "{machine}: {}", said.err);
    devices(&said.out).0.len()
}

#[track_caller]
fn fits(machine: &str) {
    let count = count_of(machine);
    let mut terminal = Terminal::start(&mut watch(machine), 24, 80);
    for (rows, columns) in [(24, 80), (8, 60), (50, 132), (12, 40), (24, 80)] {
        terminal.resize(rows, columns);
        // Of a look some lines come later than others.
        let what = format!("{machine} as it has to be on {rows}x{columns}");
        terminal.until(&what, |terminal| fault(terminal, count).is_none());
    }
    terminal.type_in("q");
    assert!(terminal.end().success(), "{machine}");
    assert!(terminal.is_in_order(), "{machine}");
}

#[test]
fn every_machine_fits_every_screen() {
    let list = support::Said::of(support::rsmi_compat().args(["simulate", "--list"]));
    let names = list.out.lines().filter_map(|line| line.split_whitespace().next());
    let with_gpus: Vec<_> = names.filter(|name| !name.contains("no-")).collect();
    assert!(with_gpus.len() > 10, "{}", list.out);
    for machine in with_gpus {
        fits(machine);
    }
}

#[test]
fn long_names_wide_numbers_and_many_gpus_fit_too() {
    let mut text = String::from(
        "about = \"Too much of everything\"\n[driver]\nversion = \"6.14.14\"\n[cpu]\nnodes = 1\ncores = 8\nmemory = 8000000000\n",
    );
    for number in 0..40 {
        let _ = writeln!(
            text,
            "[[gpu]]\nchip = \"mi300x\"\npci = \"0000:{:02x}:00.0\"\nnuma_node = 0\n\
             product_name = \"A market name \u{00fc}ber alles, longer than any column \\u001b[31m {number}\"\n\
             power.input = 3000.0\ntemperature.junction.input = 149.0\n\
             memory = {{ vram_used = 99999999999999 }}\n",
            0x10 + number
        );
    }
    let place = support::scratch();
    let machine = place.path().join("wide.toml");
    std::fs::write(&machine, text).expect("written");
    fits(machine.to_str().expect("in UTF-8"));
}

#[test]
fn a_signal_that_ends_it_leaves_the_terminal_in_order() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT] {
        let mut terminal = Terminal::start(&mut watch("mi300x-2"), 24, 80);
        terminal.until("the first look", is_drawn);
        assert!(!terminal.is_in_order(), "it takes keys and has a screen of its own");
        kill_process_group(Pid::from_child(&terminal.child), signal).expect("sent");
        terminal.end();
        assert!(terminal.is_in_order(), "{signal:?}:\n{}", terminal.text());
    }
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_fg_the_picture() {
    let mut shell = Command::new("bash");
    // Editing its line, the shell would have the terminal in an order of its own.
    shell.args(["--norc", "--noprofile", "--noediting", "-i"]).env("PS1", "ready> ");
    let mut terminal = Terminal::start(&mut shell, 24, 100);
    terminal.until("a prompt", |terminal| terminal.text().contains("ready>"));
    let command = watch("mi300x-2");
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| format!("'{}'", word.to_string_lossy()))
        .collect();
    terminal.type_in(&(words.join(" ") + "\n"));
    for _ in 0..3 {
        terminal.until("the picture", is_drawn);
        terminal.type_in("\x1a");
        terminal.until("the shell's screen", |terminal| terminal.is_in_order());
        terminal.type_in("echo so $((40 + 2))\n");
        terminal.until("what a command prints", |terminal| terminal.text().contains("so 42"));
        let text = terminal.text();
        assert!(text.contains("Stopped") && !text.contains("GPU  Name"), "{text}");
        terminal.type_in("clear; fg\n");
    }
    terminal.until("the picture", is_drawn);
    terminal.type_in("q");
    terminal.until("the shell's screen", |terminal| terminal.is_in_order());
    terminal.type_in("exit\n");
    terminal.end();
}
