//! `lab cinstall`: the guide's line with cargo-c, by Debian's own cargo, in a clean root.

use std::env;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::cleanroot::{self, WITH_CARGO_C};
use crate::lab::Lab;
use crate::namespace::Run;
use crate::tool;

/// A release build on a slow machine.
const PATIENCE: Duration = Duration::from_secs(1800);

#[derive(Args)]
pub struct Cinstall {}

impl Cinstall {
    pub fn run(&self, lab: &Lab) -> Result<()> {
        let root = cleanroot::get(lab, &WITH_CARGO_C)?;
        // Nobody inside asks the network for crates.
        tool::output(tool::cargo().current_dir(&lab.workspace).args(["fetch", "--locked"]))?;
        let start = Instant::now();
        let mut run = Run::new("mi300x-2", ["/bin/sh", "/lab/install/cinstall.sh"]);
        run.root = Some(root);
        run.binds = vec![
            (lab.workspace.join("tests/lab/install"), "/lab/install".into()),
            (lab.workspace.join("docs"), "/lab/docs".into()),
            (lab.workspace.clone(), "/lab/sources".into()),
            (cargo_home()?.join("registry"), "/lab/registry".into()),
        ];
        let outcome = run.timeout(PATIENCE).output(lab)?;
        ensure!(!outcome.timed_out, "the time was up");
        ensure!(outcome.success(), "{}", outcome.errors().trim());
        println!("ok      cinstall ({:.1} s)", start.elapsed().as_secs_f64());
        Ok(())
    }
}

fn cargo_home() -> Result<PathBuf> {
    if let Some(home) = env::var_os("CARGO_HOME") {
        return Ok(home.into());
    }
    let home = env::var_os("HOME").context("neither CARGO_HOME nor HOME is set")?;
    Ok(PathBuf::from(home).join(".cargo"))
}
