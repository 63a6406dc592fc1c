//! `lab first-hour`: an ordinary user of a bare Debian 13 types the lines that README and the guides
//! print to build, test and install, exactly as printed.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use rustix::process::getuid;

use crate::cleanroot::{self, Recipe};
use crate::lab::Lab;
use crate::namespace::{contents, stream};
use crate::tool;

/// What whoever has such a machine, and fetched the sources, has installed before they read README.
const GIVEN: [&str; 2] = ["ca-certificates", "sudo"];

/// README's line that installs all that a build takes; the root is made with these packages.
const PREREQUISITES: &str = "sudo apt-get install cargo ";

/// The user, whom sudo believes, and what README's later lines install, so that no line inside asks
/// the network.
const FURNISH: &str = "set -e; chroot \"$1\" useradd --create-home --shell /bin/bash user
    echo 'user ALL=(ALL) NOPASSWD: ALL' > \"$1/etc/sudoers.d/user\"
    chroot \"$1\" apt-get clean
    chroot \"$1\" apt-get install --yes --quiet --download-only make";

/// Becomes the user there: `sh -c ENTER sh ROOT LINE`, in mounts and processes of its own.
const ENTER: &str = "set -e
    mount --bind \"$1\" \"$1\"
    mount -t proc proc \"$1/proc\"
    for place in dev sys; do mount --rbind /$place \"$1/$place\"; done
    cd \"$1\"
    PATH=/usr/sbin:/usr/bin:/sbin:/bin
    pivot_root . mnt
    cd /
    umount --lazy /mnt
    exec setpriv --reuid=user --regid=user --init-groups env --ignore-environment \\
        HOME=/home/user USER=user LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin \\
        bash -c \"cd ~/rsmi-compat && $2\"";

const SOURCES: &str = "home/user/rsmi-compat";

/// Where lines to be typed stand: all blocks of a page, or those below one heading; and without
/// which beginnings, since they are of a later hour: of other programs, or of other tasks.
struct Page {
    file: &'static str,
    heading: &'static str,
    without: &'static [&'static str],
}

const PAGES: [Page; 3] = [
    Page { file: "README.md", heading: "", without: &[PREREQUISITES] },
    Page { file: "docs/administrators.md", heading: "## Install", without: &["sudo apt-get"] },
    Page {
        file: "docs/distributors.md",
        heading: "## Build",
        // cargo-c is not of this project, and vendored crates are other sources than ours.
        without: &["sudo apt-get", "cargo cinstall", "cargo vendor"],
    },
];

/// Lines within sentences and tables, by the page and how they begin.
const WITHIN: [(&str, &str); 3] = [
    ("docs/administrators.md", "sudo make uninstall "),
    ("CONTRIBUTING.md", "cargo build --workspace"),
    ("CONTRIBUTING.md", "cargo xtask stage"),
];

/// The end of what `cargo test --workspace` prints.
const TESTS: &str = "cargo test --workspace";
const SUMMARY: [&str; 2] = ["No test was skipped.", "RSMI_TEST_ALL=1"];

#[derive(Args)]
pub struct FirstHour {
    /// Only the lines that have this in them
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// On the machine as the last run left it, with the sources as they are committed by now
    #[arg(long)]
    again: bool,
}

impl FirstHour {
    pub fn run(&self, lab: &Lab) -> Result<()> {
        ensure!(getuid().is_root(), "lab first-hour makes a machine with users: run it as root");
        let (packages, lines) = lines(&lab.workspace)?;
        let packages: Vec<_> = packages.iter().map(String::as_str).chain(GIVEN).collect();
        let recipe = Recipe {
            name: "trixie-bare",
            suite: "trixie",
            packages: &packages,
            bare: Some(FURNISH),
        };
        let root = lab.cache.join("first-hour");
        if !self.again || !root.exists() {
            machine(lab, &cleanroot::get(lab, &recipe)?, &root)?;
        }
        sources(lab, &root)?;
        let mut typed = 0;
        for line in lines {
            if self.only.as_ref().is_some_and(|only| !line.contains(only)) {
                continue;
            }
            let start = Instant::now();
            println!("$ {line}");
            type_in(&root, &line)?;
            println!("  ({:.1} s)", start.elapsed().as_secs_f64());
            typed += 1;
        }
        ensure!(typed > 0, "no line has {:?} in it", self.only.as_deref().unwrap_or_default());
        println!("{typed} passed, 0 failed");
        Ok(())
    }
}

/// The packages that README says a build takes, and the lines in the order of the pages.
fn lines(workspace: &Path) -> Result<(Vec<String>, Vec<String>)> {
    let read =
        |file: &str| fs::read_to_string(workspace.join(file)).with_context(|| file.to_owned());
    let readme = read("README.md")?;
    let packages = readme.lines().find_map(|line| line.strip_prefix(PREREQUISITES));
    let packages = packages.with_context(|| format!("README has no line `{PREREQUISITES}…`"))?;
    let packages = ["cargo"].into_iter().chain(packages.split_whitespace());

    let mut lines = Vec::new();
    for page in PAGES {
        let found = blocks(&read(page.file)?, page.heading);
        ensure!(!found.is_empty(), "{} {} has no lines to type", page.file, page.heading);
        let wanted = |line: &String| !page.without.iter().any(|begin| line.starts_with(begin));
        lines.extend(found.into_iter().filter(wanted));
    }
    for (file, begin) in WITHIN {
        let text = read(file)?;
        let line = text.split('`').find(|code| code.starts_with(begin));
        lines.push(line.with_context(|| format!("{file} has no `{begin}`"))?.to_owned());
    }
    Ok((packages.map(str::to_owned).collect(), lines))
}

/// The lines of the shell's blocks below a heading.
fn blocks(text: &str, heading: &str) -> Vec<String> {
    let mut inside = heading.is_empty();
    let (mut shell, mut fence) = (false, false);
    let mut found = Vec::new();
    for line in text.replace("\\\n", " ").lines() {
        if line.starts_with("```") {
            fence = !fence;
            shell = fence && line == "```sh";
        } else if shell && inside && !line.is_empty() {
            found.push(line.to_owned());
        } else if !fence && !heading.is_empty() && line.starts_with("## ") {
            inside = line == heading;
        }
    }
    found
}

/// A copy of the root, with the crates that the sources take.
fn machine(lab: &Lab, clean: &Path, place: &Path) -> Result<()> {
    if place.exists() {
        fs::remove_dir_all(place)?;
    }
    tool::output(Command::new("cp").args(["--archive", "--reflink=auto"]).args([clean, place]))?;
    let target = format!("{}-unknown-linux-gnu", env::consts::ARCH);
    let mut fetch = tool::cargo();
    fetch.current_dir(&lab.workspace).args(["fetch", "--locked", "--target", &target]);
    tool::output(&mut fetch)?;
    let cargo = env::var_os("CARGO_HOME").map(PathBuf::from);
    let in_home = || Some(Path::new(&env::var_os("HOME")?).join(".cargo"));
    let cargo = cargo.or_else(in_home).context("neither CARGO_HOME nor HOME is set")?;
    let theirs = place.join("home/user/.cargo");
    fs::create_dir_all(theirs.join("registry"))?;
    for part in ["cache", "index"] {
        let (from, to) = (cargo.join("registry").join(part), theirs.join("registry").join(part));
        tool::output(Command::new("cp").arg("--recursive").args([from, to]))?;
    }
    fs::write(theirs.join("config.toml"), "[net]\noffline = true\n")?;
    tool::output(git(lab).args(["init", "--quiet"]).arg(place.join(SOURCES))).map(drop)
}

/// As they are committed here, and the user's own.
fn sources(lab: &Lab, place: &Path) -> Result<()> {
    let changed = tool::output(git(lab).args(["status", "--porcelain"]))?;
    if !changed.is_empty() {
        eprintln!("lab: what is not committed is not in it:\n{}", changed.trim_end());
    }
    let theirs = || {
        let mut git = git(lab);
        git.args(["-c", "safe.directory=*", "-C"]).arg(place.join(SOURCES));
        git
    };
    tool::output(theirs().args(["fetch", "--quiet"]).arg(&lab.workspace).arg("HEAD"))?;
    tool::output(theirs().args(["reset", "--quiet", "--hard", "FETCH_HEAD"]))?;
    let mut own = Command::new("chroot");
    own.arg(place).args(["chown", "--recursive", "user:", "/home/user"]);
    tool::output(&mut own).map(drop)
}

fn git(lab: &Lab) -> Command {
    let mut git = Command::new("git");
    git.current_dir(&lab.workspace);
    git
}

/// The line, as the user types it in the sources.
fn type_in(root: &Path, line: &str) -> Result<()> {
    let (file, stdout) = stream("output")?;
    let status = Command::new("unshare")
        .args(["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", ENTER, "sh"])
        .arg(root)
        .arg(line)
        .stdin(Stdio::null())
        .stderr(file.try_clone()?)
        .stdout(stdout)
        .status()
        .context("unshare(1) cannot be run")?;
    let said = String::from_utf8_lossy(&contents(file)?).into_owned();
    if !status.success() {
        bail!("`{line}` failed ({status}):\n{}", said.trim_end());
    }
    if line == TESTS {
        let last = said.lines().rfind(|line| !line.is_empty()).unwrap_or_default();
        let summary = SUMMARY.iter().any(|words| last.contains(words));
        ensure!(summary, "`{line}` does not end with what was skipped, but with: {last}");
        // They stand there twice: when it happens and at the end.
        let skipped = said.lines().filter(|line| line.starts_with("SKIPPED "));
        skipped.collect::<BTreeSet<_>>().iter().for_each(|line| println!("  {line}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_the_shell_below_the_heading() {
        let text = "```sh\na\n```\n## One\n```sh\nb \\\n c\n\nd\n```\n```ini\n## Two\ne\n```\n\
                    ```sh\nf\n```\n## Two\n```sh\ng\n```\n```sh run\nh\n```\n";
        assert_eq!(blocks(text, "## One"), ["b   c", "d", "f"]);
        assert_eq!(blocks(text, ""), ["a", "b   c", "d", "f", "g"]);
    }
}
