//! `lab install`: each way of installing, into a clean root, where clients are built and run.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::cleanroot::{self, NEW, OLD, Recipe, WITH_LMOD};
use crate::lab::Lab;
use crate::namespace::Run;
use crate::tool;

const MACHINE: &str = "mi300x-2";
const PATIENCE: Duration = Duration::from_secs(120);

/// A script of tests/lab/install, whether an ordinary user runs it, and where.
const CASES: [(&str, bool, &Recipe); 12] = [
    ("make", false, &NEW),
    ("make-home", true, &NEW),
    ("pkg-config", false, &NEW),
    ("cmake", false, &NEW),
    ("module", false, &NEW),
    ("lmod", false, &WITH_LMOD),
    ("deb", false, &NEW),
    ("system", false, &NEW),
    ("rpm", false, &NEW),
    ("tar", true, &NEW),
    ("container", false, &NEW),
    ("old-glibc", true, &OLD),
];

/// Those of them that look at no package.
const WITHOUT_PACKAGES: [&str; 6] = ["make", "make-home", "pkg-config", "cmake", "module", "lmod"];

/// The cases that run `make` itself.
fn is_make(case: &str) -> bool {
    case.starts_with("make")
}

#[derive(Args)]
pub struct Install {
    /// Only this case; it can be given several times
    #[arg(long, value_parser = CASES.map(|(name, _, _)| name))]
    case: Vec<String>,
    /// Packages that are made already; otherwise they are made
    #[arg(long, value_name = "DIR")]
    packages: Option<PathBuf>,
}

impl Install {
    pub fn run(&self, lab: &Lab) -> Result<()> {
        let wanted = |name: &str| self.case.is_empty() || self.case.iter().any(|case| case == name);
        let place = lab.cache.join("install");
        if place.exists() {
            fs::remove_dir_all(&place)?;
        }
        let destdir = place.join("destdir");
        let packages = match &self.packages {
            Some(made) => made.canonicalize().with_context(|| made.display().to_string())?,
            None => place.join("packages"),
        };
        let mut failed = Vec::new();
        let mut report = |name: &str, start: Instant, result: Result<()>| {
            let seconds = start.elapsed().as_secs_f64();
            match result {
                Ok(()) => println!("ok      {name} ({seconds:.1} s)"),
                Err(error) => {
                    println!("FAILED  {name}: {error:#}");
                    failed.push(name.to_owned());
                }
            }
        };
        fs::create_dir_all(&packages)?;
        // They take most of the time.
        let looked_at = |name| wanted(name) && !WITHOUT_PACKAGES.contains(&name);
        if self.packages.is_none() && CASES.iter().any(|(name, ..)| looked_at(name)) {
            let start = Instant::now();
            tool::output(tool::xtask(lab).args(["package", "all", "--output"]).arg(&packages))?;
            println!("packages in {:.1} s", start.elapsed().as_secs_f64());
        }
        for (prefix, libdir) in [
            ("/usr/local", "lib"),
            ("/opt/multiarch", "lib/x86_64-linux-gnu"),
            ("/opt/rsmi-compat", "lib64"),
        ] {
            make(lab, "install", &destdir, &[("PREFIX", prefix), ("LIBDIR", libdir)])?;
        }
        if self.case.is_empty() {
            let start = Instant::now();
            report("uninstall", start, uninstall(lab, &place.join("uninstall")));
        }
        for (name, user, recipe) in CASES.into_iter().filter(|(name, _, _)| wanted(name)) {
            let mut run = Run::new(MACHINE, ["/bin/sh", &format!("/lab/install/{name}.sh")]);
            run.user = user;
            run.root = Some(cleanroot::get(lab, recipe)?);
            run.binds = vec![
                (lab.workspace.join("tests/lab/install"), "/lab/install".into()),
                (lab.workspace.join("packaging"), "/lab/packaging".into()),
                (lab.workspace.join("docs"), "/lab/docs".into()),
                (packages.clone(), "/lab/packages".into()),
                (destdir.clone(), "/lab/destdir".into()),
            ];
            if is_make(name) {
                run.show_sources(lab);
            }
            let start = Instant::now();
            let result = run.timeout(PATIENCE).output(lab).and_then(|outcome| {
                ensure!(!outcome.timed_out, "the time was up");
                ensure!(outcome.success(), "{}", outcome.errors().trim());
                Ok(())
            });
            report(name, start, result);
        }
        ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
        Ok(())
    }
}

impl Run {
    /// The sources where they are outside, with what `make` built; nobody has cargo there.
    fn show_sources(&mut self, lab: &Lab) {
        let target = env::var_os("CARGO_TARGET_DIR").map(|target| lab.workspace.join(target));
        for place in [&lab.workspace].into_iter().chain(&target) {
            self.binds.push((place.clone(), place.clone()));
        }
        let shown = |path: &Path| path.display().to_string();
        self.env.push(("SOURCES".into(), shown(&lab.workspace)));
        self.env.extend(target.map(|target| ("CARGO_TARGET_DIR".into(), shown(&target))));
    }
}

/// Nothing is left of two installations over each other, and nothing of others' is lost.
fn uninstall(lab: &Lab, place: &Path) -> Result<()> {
    let others = place.join("opt/site/lib/pkgconfig");
    fs::create_dir_all(&others)?;
    fs::write(others.join("theirs.pc"), "theirs")?;
    let before = listing(place)?;
    for libdir in ["lib/x86_64-linux-gnu", "lib"] {
        make(lab, "install", place, &[("PREFIX", "/opt/site"), ("LIBDIR", libdir)])?;
    }
    let installed = listing(place)?;
    let triplet = installed.iter().find(|path| path.to_string_lossy().contains("linux-gnu"));
    ensure!(triplet.is_none(), "the earlier installation left {triplet:?}");
    ensure!(installed.len() > before.len() + 30, "little was installed: {installed:?}");
    make(lab, "uninstall", place, &[("PREFIX", "/opt/site")])?;
    let after = listing(place)?;
    ensure!(after == before, "other than before: {:?}", after.symmetric_difference(&before));
    let again = make(lab, "uninstall", place, &[("PREFIX", "/opt/site")]);
    ensure!(again.is_err(), "there was nothing to uninstall, and nobody said so");
    let fresh = place.join("fresh");
    // Whatever root's umask is.
    let mut private = Command::new("sh");
    private.current_dir(&lab.workspace).args([
        "-c",
        "umask 077 && exec make --silent \"$@\"",
        "sh",
    ]);
    private.args(["install".into(), format!("DESTDIR={}", fresh.display()), "PREFIX=/usr".into()]);
    tool::output(&mut private)?;
    for path in listing(&fresh)? {
        let mode = fs::symlink_metadata(&path)?.permissions().mode();
        ensure!(mode & 0o444 == 0o444, "{} is not for everybody: {mode:o}", path.display());
    }
    // Down to the directory that was there.
    make(lab, "uninstall", &fresh, &[("PREFIX", "/usr")])?;
    ensure!(!fresh.exists(), "{:?} is left", listing(&fresh)?);
    Ok(())
}

fn listing(place: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut directories = vec![place.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                directories.push(entry.path());
            }
            found.insert(entry.path());
        }
    }
    Ok(found)
}

fn make(lab: &Lab, target: &str, destdir: &Path, variables: &[(&str, &str)]) -> Result<()> {
    let mut make = Command::new("make");
    make.current_dir(&lab.workspace).args(["--silent", target]);
    make.arg(format!("DESTDIR={}", destdir.display()));
    make.args(variables.iter().map(|(name, value)| format!("{name}={value}")));
    tool::output(&mut make).map(drop)
}
