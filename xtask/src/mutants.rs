//! `cargo xtask mutants`: what the library's unit tests do not see.
//!
//! cargo-mutants changes one thing in a copy of the tree, and runs the tests over it; a change that they
//! let pass survives. All of them would take a day, so a sample is run: every n-th of the list, from a
//! place on that is fixed, which is the same list as long as src is.

use std::env;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;
use xtask::run;
use xtask::workspace;

/// Where the sample begins in the list.
const SEED: usize = 3;
/// The share of survivors, in percent, from which on this fails.
const TOO_MANY: usize = 15;
/// A test that takes longer than this many seconds hangs; all of them together take one.
const PATIENCE: &str = "60";

const TOOL: &str = "cargo-mutants";
const INSTALL: &str = "cargo install cargo-mutants --version 27.1.0 --locked";

#[derive(Args)]
pub struct Mutants {
    /// About how many are run
    #[arg(long, default_value = "300")]
    sample: NonZeroUsize,

    /// Where the sample begins in the list
    #[arg(long, default_value_t = SEED)]
    seed: usize,

    /// Only name those that would be run
    #[arg(long)]
    list: bool,
}

/// What became of the mutants that were run.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    caught: usize,
    /// Those that hang: a program that hangs is seen, too.
    timed_out: usize,
    /// Those that do not compile say nothing.
    unviable: usize,
    survivors: Vec<String>,
}

impl Mutants {
    pub fn run(&self) -> Result<()> {
        ensure!(has_tool(), "{TOOL} is not installed: {INSTALL}");
        let root = workspace::root()?;
        let all = run::output(self.tool(&root).arg("--list"))?.lines().count();
        let shard = shard(all, self.sample.get(), self.seed);
        if self.list {
            return run::run(self.tool(&root).arg("--list").args(sharding(&shard)));
        }
        let place = workspace::target()?.join("mutants");
        fs::create_dir_all(&place).with_context(|| format!("cannot make {}", place.display()))?;
        let mut tool = self.tool(&root);
        tool.args(sharding(&shard)).args(["--timeout", PATIENCE, "--no-shuffle", "--output"]);
        tool.arg(&place);
        // Of all targets only the unit tests, and those without debug information: the rest takes most
        // of the time.
        tool.arg("--cargo-arg=--lib");
        tool.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_PROFILE_TEST_DEBUG", "0");
        // The copy has a target directory of its own, and goes with it.
        tool.env_remove("CARGO_TARGET_DIR");
        // It fails where any survives, which is not what is asked here.
        tool.status().with_context(|| format!("cannot run {TOOL}"))?;
        Outcome::read(&place.join("mutants.out"))?.judge(all, &shard)
    }

    fn tool(&self, root: &Path) -> Command {
        let mut tool = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        tool.current_dir(root).args(["mutants", "--package", "rsmi-core"]);
        tool.args(["--colors", "never"]);
        tool
    }
}

fn has_tool() -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let cargo_home = env::var_os("CARGO_HOME").map(Into::into);
    let home = || env::var_os("HOME").map(|home| Path::new(&home).join(".cargo"));
    let own = cargo_home.or_else(home).map(|home| home.join("bin"));
    env::split_paths(&path).chain(own).any(|place| place.join(TOOL).is_file())
}

fn sharding(shard: &str) -> [&str; 4] {
    ["--sharding", "round-robin", "--shard", shard]
}

/// Every n-th, from the seed on, so that there are about so many: `SEED/n`.
fn shard(all: usize, sample: usize, seed: usize) -> String {
    let every = (all as f64 / sample as f64).round().max(1.0) as usize;
    format!("{}/{every}", seed % every)
}

impl Outcome {
    /// Of the files that cargo-mutants leaves.
    fn read(place: &Path) -> Result<Self> {
        let lines = |name: &str| -> Result<Vec<String>> {
            let path = place.join(name);
            let text =
                fs::read_to_string(&path).with_context(|| format!("no {}", path.display()))?;
            Ok(text.lines().map(str::to_owned).collect())
        };
        Ok(Self {
            caught: lines("caught.txt")?.len(),
            timed_out: lines("timeout.txt")?.len(),
            unviable: lines("unviable.txt")?.len(),
            survivors: lines("missed.txt")?,
        })
    }

    /// Those that compiled.
    fn tested(&self) -> usize {
        self.caught + self.timed_out + self.survivors.len()
    }

    /// Prints who survived; an error where that are too many.
    fn judge(&self, all: usize, shard: &str) -> Result<()> {
        let (tested, survived) = (self.tested(), self.survivors.len());
        ensure!(tested > 0, "no mutant was tested: do the unit tests pass without one?");
        for survivor in &self.survivors {
            println!("survives: {survivor}");
        }
        println!(
            "{survived} of {tested} survive, {:.1} %; {} hang, {} do not compile; {shard} of {all}",
            100.0 * survived as f64 / tested as f64,
            self.timed_out,
            self.unviable
        );
        ensure!(
            100 * survived < TOO_MANY * tested,
            "{TOO_MANY} % or more survive: a unit test is missing"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_every_nth_of_the_list() {
        assert_eq!(shard(3300, 300, 3), "3/11");
        assert_eq!(shard(3300, 60, 58), "3/55");
        assert_eq!(shard(100, 300, 3), "0/1", "all of a short list");
    }

    #[test]
    fn survivors_are_counted_of_those_that_compile() {
        let place = tempfile::tempdir().unwrap();
        let write = |name: &str, count: usize| {
            let lines: String = (0..count).map(|nth| format!("src/{name}:{nth}\n")).collect();
            fs::write(place.path().join(name), lines).unwrap();
        };
        for (name, count) in
            [("caught.txt", 16), ("timeout.txt", 1), ("unviable.txt", 50), ("missed.txt", 3)]
        {
            write(name, count);
        }
        let outcome = Outcome::read(place.path()).unwrap();
        assert_eq!((outcome.tested(), outcome.survivors[2].as_str()), (20, "src/missed.txt:2"));
        let failure = outcome.judge(3300, "3/11").unwrap_err();
        assert!(failure.to_string().contains("15 %"), "3 of 20 are too many");
        let fewer = Outcome { survivors: outcome.survivors[1..].to_vec(), caught: 17, ..outcome };
        assert!(fewer.judge(3300, "3/11").is_ok());
        assert!(Outcome::default().judge(3300, "3/11").is_err(), "the tests fail without a mutant");
    }
}
