//! `lab first-hour`: an ordinary user of a bare Debian 13 types the lines that README and the guides
//! print, exactly as printed.

mod lines;

use std::collections::BTreeSet;
use std::env;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use rustix::process::getuid;

use crate::cleanroot::{self, Recipe};
use crate::lab::Lab;
use crate::namespace::{contents, stream};
use crate::tool;
use lines::{PACKAGES, Step};

/// What whoever has such a machine, and fetched the sources, has installed before they read README.
const GIVEN: [&str; 2] = ["ca-certificates", "sudo"];

/// The user, whom sudo believes; and what later lines install, or who types them has, so that nothing
/// inside asks the network.
const FURNISH: &str = "set -e; chroot \"$1\" useradd --create-home --shell /bin/bash user
    echo 'user ALL=(ALL) NOPASSWD: ALL' > \"$1/etc/sudoers.d/user\"
    chroot \"$1\" apt-get clean
    chroot \"$1\" apt-get install --yes --quiet --download-only \\
        bash-completion btop cmake make pkgconf python3";

/// Becomes the user there: `sh -c ENTER sh ROOT LINE FORM`, in mounts and processes of its own. FORM
/// is how $TYPED, the line, is typed.
const ENTER: &str = "set -e
    mount --bind \"$1\" \"$1\"
    mount -t proc proc \"$1/proc\"
    for place in dev sys; do mount --rbind /$place \"$1/$place\"; done
    cd \"$1\"
    PATH=/usr/sbin:/usr/bin:/sbin:/bin
    pivot_root . mnt
    cd /
    umount --lazy /mnt
    exec setpriv --reuid=user --regid=user --init-groups env --ignore-environment TYPED=\"$2\" \\
        HOME=/home/user USER=user LANG=C.UTF-8 TERM=xterm PATH=/usr/local/bin:/usr/bin:/bin \\
        bash -c \"cd ~/rsmi-compat && $3\"";

const PLAIN: &str = "eval \"$TYPED\"";
/// There is no GPU, but for programs that ask for one.
const ON_A_MACHINE: &str = "rsmi-compat simulate --machine mi300x-2 -- bash -c \"$TYPED\"";
/// The one of ROCm's, where the line has it.
const AMDSMI: &str = "--amdsmi /opt/rocm/lib/libamd_smi.so";
const HAS_AMDSMI: &str = "sudo install -D /usr/local/lib/rsmi-compat/simulator/libamd_smi.so \
    /opt/rocm/lib/libamd_smi.so; ";
/// The registry is not there: the crates are those of the line before.
const VENDORED: &str = "export CARGO_HOME=$HOME/without-crates; eval \"$TYPED\"";
/// Nothing shows what a variable is for but a program that is started then.
const THEN_OPEN: &str =
    "eval \"$TYPED\"; python3 -c 'import ctypes; ctypes.CDLL(\"librocm_smi64.so\")'";
/// Of a user who sits before it.
const SHELL: &str = "exec script --quiet --command 'bash -i' /dev/null";

const SOURCES: &str = "home/user/rsmi-compat";

/// What the user has written: programs that the guides start, beside the sources.
const WRITTEN: [(&str, &str); 3] = [
    ("monitor.py", include_str!("../first-hour/monitor.py")),
    ("monitor", include_str!("../first-hour/monitor.py")),
    ("train.py", include_str!("../first-hour/train.py")),
];
/// And the first machine that the page describes.
const MACHINES: &str = "simulator/MACHINES.md";
const MINE: &str = "mine.toml";

/// The end of what `cargo test --workspace` prints.
const TESTS: &str = "cargo test --workspace";
const SUMMARY: [&str; 2] = ["No test was skipped.", "RSMI_TEST_ALL=1"];

/// Until a program has drawn its screen, or bash its answer, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(100);

/// Of a screen.
const DRAWN: usize = 4000;

/// What somebody who sits before it waits to see, and the keys that they hit then.
type Keys<'a> = (&'a dyn Fn(&str) -> bool, &'a str);

#[derive(Args)]
pub struct FirstHour {
    /// Only the lines that have this in them
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    only: Option<String>,
    /// Not the lines that have this in them
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    without: Option<String>,
    /// From the first line on that has this in it
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    from: Option<String>,
    /// On the machine as the last run left it, with the sources as they are committed by now
    #[arg(long)]
    again: bool,
}

impl FirstHour {
    pub fn run(&self, lab: &Lab) -> Result<()> {
        ensure!(getuid().is_root(), "lab first-hour makes a machine with users: run it as root");
        let steps = lines::steps(&lab.workspace)?;
        let packages = lines::packages(&lab.workspace)?;
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
        let (mut typed, mut brought) = (0, false);
        let before =
            |step: &&Step| self.from.as_ref().is_some_and(|text| !step.text().contains(text));
        for step in steps.iter().skip_while(before).filter(|step| self.wants(step)) {
            if !brought && step.packages().next().is_some() {
                bring_packages(lab, &root, steps.iter().flat_map(Step::packages))?;
                brought = true;
            }
            let start = Instant::now();
            let sign = if matches!(step, Step::Install(_)) { "has" } else { "$" };
            println!("{sign} {}", step.text());
            take(&root, step)?;
            println!("  ({:.1} s)", start.elapsed().as_secs_f64());
            typed += usize::from(!matches!(step, Step::Install(_)));
        }
        ensure!(typed > 0, "no line was typed: none has in it what was asked for");
        println!("{typed} passed, 0 failed");
        Ok(())
    }

    /// What the machine has by then is installed whoever types.
    fn wants(&self, step: &Step) -> bool {
        let has = |text: &String| step.text().contains(text);
        matches!(step, Step::Install(_))
            || self.only.as_ref().is_none_or(has) && !self.without.as_ref().is_some_and(has)
    }
}

/// A copy of the root, with the crates that the sources take.
fn machine(lab: &Lab, clean: &Path, place: &Path) -> Result<()> {
    if place.exists() {
        fs::remove_dir_all(place)?;
    }
    tool::output(Command::new("cp").args(["--archive", "--reflink=auto"]).args([clean, place]))?;
    // Of all systems: `cargo vendor` takes no fewer.
    tool::output(tool::cargo().current_dir(&lab.workspace).args(["fetch", "--locked"]))?;
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

/// As they are committed here, and what the user has beside them.
fn sources(lab: &Lab, place: &Path) -> Result<()> {
    let changed = tool::output(git(lab).args(["status", "--porcelain"]))?;
    if !changed.is_empty() {
        eprintln!("lab: what is not committed is not in it:\n{}", changed.trim_end());
    }
    let sources = place.join(SOURCES);
    let theirs = || {
        let mut git = git(lab);
        git.args(["-c", "safe.directory=*", "-C"]).arg(&sources);
        git
    };
    tool::output(theirs().args(["fetch", "--quiet"]).arg(&lab.workspace).arg("HEAD"))?;
    tool::output(theirs().args(["reset", "--quiet", "--hard", "FETCH_HEAD"]))?;
    for (name, text) in WRITTEN {
        fs::write(sources.join(name), text)?;
        fs::set_permissions(sources.join(name), fs::Permissions::from_mode(0o755))?;
    }
    let page = fs::read_to_string(lab.workspace.join(MACHINES))?;
    let machine = page.split("```toml\n").nth(1).and_then(|text| text.split("```").next());
    fs::write(sources.join(MINE), machine.with_context(|| format!("{MACHINES} has no machine"))?)?;
    own(place)
}

/// Those that `cargo xtask package` made here: no Rust of Debian 13 makes them.
fn bring_packages<'a>(
    lab: &Lab,
    root: &Path,
    mut named: impl Iterator<Item = &'a str>,
) -> Result<()> {
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let made = lab.workspace.join(target).join("package");
    if !named.all(|name| made.join(name).exists()) {
        tool::output(tool::xtask(lab).args(["package", "all"]))?;
    }
    let place = root.join(SOURCES).join(PACKAGES);
    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    fs::create_dir_all(&place)?;
    tool::output(Command::new("cp").arg("--recursive").arg(made.join(".")).arg(place))?;
    own(root)
}

/// All of it is the user's.
fn own(root: &Path) -> Result<()> {
    let mut own = Command::new("chroot");
    own.arg(root).args(["chown", "--recursive", "user:", "/home/user"]);
    tool::output(&mut own).map(drop)
}

fn git(lab: &Lab) -> Command {
    let mut git = Command::new("git");
    git.current_dir(&lab.workspace);
    git
}

fn take(root: &Path, step: &Step) -> Result<()> {
    match step {
        Step::Install(packages) => {
            let line = format!("sudo apt-get install --yes --quiet {packages}");
            type_in(root, &line, PLAIN, &[]).map(drop)
        }
        Step::Complete(typed, offered) => {
            let is_offered = |said: &str| offered.iter().all(|word| said.contains(word));
            let keys = format!("{typed}\t\t");
            let sits: [Keys<'_>; 2] =
                [(&|said| said.contains("$ "), &keys), (&is_offered, "\u{15}exit\n")];
            let said = type_in(root, typed, SHELL, &sits)?;
            ensure!(is_offered(&said), "`{typed}` is not completed by {offered:?}:\n{said}");
            Ok(())
        }
        Step::Type(line) => {
            let ends: [Keys<'_>; 1] = [(&|said| said.len() > DRAWN, "q")];
            let sits = if line.ends_with(" btop") { &ends[..] } else { &[] };
            let said = type_in(root, line, &form(line), sits)?;
            if line == TESTS { check_summary(&said) } else { Ok(()) }
        }
    }
}

/// How that line is typed.
fn form(line: &str) -> String {
    let form = if line.starts_with("cargo build --release --locked --offline") {
        VENDORED
    } else if line.starts_with("export LD_LIBRARY_PATH=") {
        THEN_OPEN
    } else if line.contains("rsmi-compat ") && !line.contains("simulate") && !line.contains("sudo")
    {
        ON_A_MACHINE
    } else {
        PLAIN
    };
    let before = if line.contains(AMDSMI) { HAS_AMDSMI } else { "" };
    if !line.ends_with(" btop") {
        return format!("{before}{form}");
    }
    format!("{before}script --quiet --return --command 'stty rows 50 cols 160; {form}' /dev/null")
}

/// The line, as the user types it in the sources, and keys after it; what was printed.
fn type_in(root: &Path, line: &str, form: &str, keys: &[Keys<'_>]) -> Result<String> {
    let (file, stdout) = stream("output")?;
    let mut command = Command::new("unshare");
    command.args(["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", ENTER, "sh"]);
    command.arg(root).args([line, form]).stderr(file.try_clone()?).stdout(stdout);
    command.stdin(if keys.is_empty() { Stdio::null() } else { Stdio::piped() });
    let mut child = command.spawn().context("unshare(1) cannot be run")?;
    if let Some(mut stdin) = child.stdin.take() {
        for (seen, keys) in keys {
            let start = Instant::now();
            while !seen(&shown(&file)?) && start.elapsed() < PATIENCE && child.try_wait()?.is_none()
            {
                thread::sleep(LOOK);
            }
            // A program that has ended takes none; how it ended is said below.
            let _ = stdin.write_all(keys.as_bytes());
        }
        // The end of its input would end it, too; and who does not end now does so never.
        let start = Instant::now();
        while child.try_wait()?.is_none() {
            if start.elapsed() > PATIENCE {
                child.kill()?;
            }
            thread::sleep(LOOK);
        }
    }
    let status = child.wait()?;
    let said = String::from_utf8_lossy(&contents(file)?).into_owned();
    if !status.success() {
        bail!("`{line}` failed ({status}):\n{}", said.trim_end());
    }
    Ok(said)
}

/// What was printed so far; who prints goes on where they are.
fn shown(file: &File) -> Result<String> {
    let mut bytes = vec![0; usize::try_from(file.metadata()?.len())?];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What was skipped is said at the end.
fn check_summary(said: &str) -> Result<()> {
    let last = said.lines().rfind(|line| !line.is_empty()).unwrap_or_default();
    let summary = SUMMARY.iter().any(|words| last.contains(words));
    ensure!(summary, "`{TESTS}` does not end with what was skipped, but with: {last}");
    // They stand there twice: when it happens and at the end.
    let skipped = said.lines().filter(|line| line.starts_with("SKIPPED "));
    skipped.collect::<BTreeSet<_>>().iter().for_each(|line| println!("  {line}"));
    Ok(())
}
