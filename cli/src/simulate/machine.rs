//! What of a machine is not in /sys: its nodes in /dev, and its line in the list.

use anyhow::Result;
use rsmi_simulator::Machine;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

const NODES: &str = "nodes";

/// Every built-in machine, one a line.
pub(super) fn list() -> Result<ExitCode> {
    let width = Machine::names().map(str::len).max().unwrap_or(0);
    let mut text = String::new();
    for name in Machine::names() {
        let machine = Machine::named(name)?;
        let _ = writeln!(text, "{name:width$}  {}", machine.about());
    }
    crate::out::print(&text);
    Ok(ExitCode::SUCCESS)
}

/// Leaves the names of the nodes for the process inside.
pub(super) fn write_nodes(machine: &Machine, place: &Path) -> Result<()> {
    let mut text = String::new();
    if machine.has_kfd() {
        text += "kfd\n";
    }
    for card in machine.cards() {
        let _ = writeln!(text, "dri/card{}", card.card);
        if let Some(render) = card.render {
            let _ = writeln!(text, "dri/renderD{render}");
        }
    }
    fs::write(place.join(NODES), text)?;
    Ok(())
}

/// The names of the machine's nodes, below /dev.
pub(super) fn read_nodes(place: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(place.join(NODES))?;
    Ok(text.lines().map(str::to_owned).collect())
}
