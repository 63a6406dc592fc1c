//! btop: what its boxes of GPUs show, read off a terminal, and that it misses no function.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::lines::Line;
use super::{Ledger, Of, Said, Side, Start};
use crate::compare::{Selection, in_parallel};
use crate::fetch;
use crate::lab::Lab;
use crate::namespace::Run;
use crate::terminal::{self, Ending, Next};

/// Where it looks first.
const LIBRARY: &str = "/opt/rocm/lib/librocm_smi64.so";

/// Its release, and that of the library of the same suite.
const RELEASES: [(&str, &str); 2] = [("1.3.2", "6.1.2"), ("1.4.7", "6.4.1")];

const SETTINGS: &str = "update_ms = 500\nlog_level = \"DEBUG\"\nshow_gpu_info = \"Off\"\n\
    graph_symbol = \"tty\"\n";

/// It measures for a while before it shows all.
const MEASURES: Duration = Duration::from_secs(4);
const PATIENCE: Duration = Duration::from_secs(30);

/// Where each release keeps its log.
const LOGS: [&str; 2] = ["/root/.config/btop/btop.log", "/root/.local/state/btop.log"];

pub fn run(lab: &Lab, selection: &Selection, ledger: &mut Ledger) -> Result<()> {
    let amdsmi = selection.amdsmi(lab)?;
    let line = ledger.line("btop")?;
    for (btop, release) in RELEASES.into_iter().filter(|(_, release)| selection.wants(release)) {
        let program = fetch::program(lab, "btop", btop).join("usr/bin/btop");
        if !program.is_file() {
            println!("btop {btop} is gone from the archive");
            continue;
        }
        let sides = Side::all(release, &amdsmi);
        for machine in selection.machines() {
            let client = &format!("btop {btop}");
            let start = Start::new(&line, &[LIBRARY]);
            let said =
                in_parallel(&sides, |side| look(lab, client, &program, &start, &machine, *side))?;
            for (amdsmi, ours) in amdsmi.iter().zip(&said[1..]) {
                let of = Of { client, row: client, line: &line.text, release, machine: &machine };
                ledger.add(of, amdsmi, &said[0], ours);
            }
        }
    }
    Ok(())
}

/// Lets it draw, and takes down what is on the screen.
fn look(
    lab: &Lab,
    client: &str,
    program: &Path,
    start: &Start,
    machine: &str,
    side: Side,
) -> Result<Said> {
    let place = tempfile::tempdir()?;
    let run = set_up(lab, place.path(), program, start, machine, side)?;
    let ending = drawn(lab, &run)?;

    let logs =
        (0..LOGS.len()).map(|number| fs::read_to_string(place.path().join(number.to_string())));
    let logs = logs.collect::<Result<Vec<_>, _>>()?.concat();
    ensure!(!logs.is_empty(), "{client} on {machine} keeps no log");
    let mut said = Said::default();
    said.answer(format!("{client}/status"), format!("{:?} {:?}", ending.status, ending.signal));
    let complaints = logs.lines().filter(|line| line.contains("WARNING") || line.contains("ERROR"));
    // A line begins with the time.
    let complaints: Vec<_> =
        complaints.map(|line| line.split_once(") ").map_or(line, |it| it.1)).collect();
    said.answer(format!("{client}/log"), complaints.join("\n"));
    let screen = ending
        .screen
        .with_context(|| format!("{client} on {machine} shows no GPU: {logs}{}", ending.stderr))?;
    for (number, line) in screen.lines().map(words).filter(|line| !line.is_empty()).enumerate() {
        for (place, word) in line.iter().enumerate() {
            said.answer(format!("{client}/screen {number}.{place}"), word.clone());
        }
    }
    said.stderr(client, &ending.stderr);
    Ok(said)
}

/// How it is run, with its settings and its logs in `place`.
fn set_up(
    lab: &Lab,
    place: &Path,
    program: &Path,
    start: &Start,
    machine: &str,
    side: Side,
) -> Result<Run> {
    let file = |name: &str, text: &str| -> Result<PathBuf> {
        let path = place.join(name);
        fs::write(&path, text)?;
        Ok(path)
    };
    // A box without a GPU ends it.
    let boxes = if machine != "navi31" { "gpu0 gpu1" } else { "gpu0" };
    let settings = format!("shown_boxes = \"{boxes}\"\n{SETTINGS}");
    let mut run = start.on(lab, machine, side)?.timeout(PATIENCE).env("TERM", "xterm-256color");
    run.binds.push((program.to_owned(), "/usr/bin/btop".into()));
    run.binds.push((file("btop.conf", &settings)?, "/root/.config/btop/btop.conf".into()));
    run.binds.push((file("fstab", "")?, "/etc/fstab".into()));
    for (number, log) in LOGS.iter().enumerate() {
        run.binds.push((file(&number.to_string(), "")?, log.into()));
    }
    Ok(run)
}

/// Until it shows a GPU, and all about it.
fn drawn(lab: &Lab, run: &Run) -> Result<Ending> {
    let mut kept = false;
    terminal::run(run, lab, |screen, time| match kept {
        false if time > MEASURES && screen.contains("gpu") => {
            kept = true;
            Next::Keep("q")
        }
        _ => Next::Wait,
    })
}

/// What the newest does until it has drawn: how it is run over ours, and what it wrote on stderr.
pub fn watch(
    lab: &Lab,
    line: &Line,
    place: &Path,
    machine: &str,
    amdsmi: &str,
    change: impl FnOnce(&mut Run),
) -> Result<String> {
    let (btop, _) = RELEASES[RELEASES.len() - 1];
    let program = fetch::program(lab, "btop", btop).join("usr/bin/btop");
    let start = Start::new(line, &[LIBRARY]);
    let side = Side::Ours { amdsmi, log: false };
    let mut run = set_up(lab, place, &program, &start, machine, side)?;
    change(&mut run);
    let ending = drawn(lab, &run)?;
    ensure!(ending.screen.is_some(), "btop shows no GPU: {}", ending.stderr);
    Ok(ending.stderr)
}

/// What can be read in a line of the screen, without frames and graphs.
fn words(line: &str) -> Vec<String> {
    let readable = |c: char| c.is_ascii_graphic() || c == '°';
    let line: String = line.chars().map(|c| if readable(c) { c } else { ' ' }).collect();
    line.split_whitespace().map(str::to_owned).collect()
}
