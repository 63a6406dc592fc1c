//! Which rocm_smi.h a client is taken for that finds everything by dlsym and has no mark: by the names
//! it uses, what else is in its process, and what the machine says. It shows in the version that it
//! is told, and in how far two structs are written: where the header is proven, as the real library of
//! that generation writes them, else as far as all of them go.

use std::fs::File;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::{PROGRAMS, place};
use crate::compare::in_parallel;
use crate::compile::Compile;
use crate::fetch;
use crate::kit;
use crate::lab::{Lab, Library};
use crate::namespace::Run;
use crate::tool;

/// 5.2.3 cannot read the gpu_metrics of newer accelerators, and ends the program over them.
const MACHINE: &str = "navi31";

const PATIENCE: Duration = Duration::from_secs(20);

/// A generation, what it shows, and the real library to which that is compared. 5.2.3 as Debian
/// built it does not know its own version; AMD's says 5.0.
const SHOWN: [(&str, &str, &str); 4] = [
    ("5", "version 5.0, frequencies 32 bytes (0), metrics 96 bytes (0)", "5.2.3"),
    ("6.0", "version 7.2, frequencies 280 bytes (0), metrics 424 bytes (0)", "6.1.2"),
    ("6.4", "version 7.6, frequencies 280 bytes (0), metrics 2368 bytes (0)", "6.4.1"),
    ("7.0", "version 7.8, frequencies 280 bytes (0), metrics 4544 bytes (0)", "7.2.4"),
];

/// Of whom nothing is proven, by the generation whose words it gets.
const SHOWN_OPEN: [(&str, &str); 4] = [
    ("5", "version 5.0, frequencies 32 bytes (0), metrics 96 bytes (0)"),
    ("6.0", "version 7.2, frequencies 264 bytes (0), metrics 96 bytes (0)"),
    ("6.4", "version 7.6, frequencies 264 bytes (0), metrics 96 bytes (0)"),
    ("7.0", "version 7.8, frequencies 264 bytes (0), metrics 96 bytes (0)"),
];

/// What a client does, and whom it is taken for then.
struct Case {
    /// Where the program lies.
    program: &'static str,
    opens: &'static [&'static str],
    env: &'static [(&'static str, &'static str)],
    conf: Conf,
    taken_for: Taken,
    /// What the log says.
    log: &'static str,
}

#[derive(Clone, Copy, Debug)]
enum Taken {
    /// For a client of that generation, and for nothing else.
    Proven(&'static str),
    /// For any, and it gets the words of that generation.
    Likely(&'static str),
}

/// What is in the place of /etc/rsmi-compat.conf.
#[derive(Clone, Copy, Debug)]
enum Conf {
    None,
    Text(&'static [u8]),
    /// In a file of the directory beside it.
    Beside(&'static [u8]),
    Fifo,
    /// A file without an end.
    Zeros,
    Directory,
    Huge,
}

use Taken::{Likely, Proven};

const OURS: &str = "/migrate/generation";
const OF_USR: &str = "/usr/bin/generation";
const OF_USR_LOCAL: &str = "/usr/local/bin/generation";

const CASE: Case = Case {
    program: OURS,
    opens: &[],
    env: &[],
    conf: Conf::None,
    taken_for: Likely("7.0"),
    log: "",
};

const OLD: &[&str] = &["librocm_smi64.so.1"];
const HIP_5: &[(&str, &str)] = &[("LD_PRELOAD", "/migrate/libamdhip64.so.5")];
const HIP_6: &[(&str, &str)] = &[("LD_PRELOAD", "/migrate/libamdhip64.so.6")];
const HIP_7: &[(&str, &str)] = &[("LD_PRELOAD", "/migrate/libamdhip64.so.7")];

/// With that text in the conf.
const fn conf(text: &'static [u8], taken_for: Taken) -> Case {
    Case { opens: OLD, conf: Conf::Text(text), taken_for, ..CASE }
}

/// With something odd in the conf's place, which counts for nothing.
const fn odd(conf: Conf, log: &'static str) -> Case {
    Case { opens: OLD, conf, log, ..CASE }
}

const CASES: [Case; 36] = [
    Case { opens: &["librocm_smi64.so"], ..CASE },
    Case { opens: OLD, ..CASE },
    Case { opens: &["librocm_smi64.so.1.0"], ..CASE },
    Case { opens: &["librsmi_compat.so.1"], ..CASE },
    // The name that was opened is a hint, since who tries them all opens one that is not its own.
    Case { opens: &["librocm_smi64.so.5"], taken_for: Likely("5"), ..CASE },
    Case { opens: &["librocm_smi64.so.6"], taken_for: Likely("6.0"), ..CASE },
    Case { opens: &["librocm_smi64.so.7"], ..CASE },
    Case { opens: &["librocm_smi64.so.7.8"], ..CASE },
    // Of several, the oldest.
    Case { opens: &["librocm_smi64.so.6", "librocm_smi64.so.5"], taken_for: Likely("5"), ..CASE },
    Case { opens: &["librocm_smi64.so.1", "librocm_smi64.so.6"], taken_for: Likely("6.0"), ..CASE },
    // So is HIP, a better one.
    Case { opens: OLD, env: HIP_5, taken_for: Likely("5"), ..CASE },
    Case { opens: OLD, env: HIP_6, taken_for: Likely("6.4"), ..CASE },
    Case { opens: OLD, env: HIP_7, ..CASE },
    Case { opens: &["librocm_smi64.so.6"], env: HIP_5, taken_for: Likely("5"), ..CASE },
    // What a person says of the machine is proof, whatever was opened.
    conf(b"abi = 6.4\n", Proven("6.4")),
    conf(b"abi = 5\n", Proven("5")),
    Case { opens: &["librocm_smi64.so.7"], ..conf(b"abi = 5\n", Proven("5")) },
    Case { opens: &["librsmi_compat.so.1"], ..conf(b"abi = 5\n", Proven("5")) },
    Case { opens: &["librocm_smi64.so.5"], ..conf(b"abi = 6.4\n", Proven("6.4")) },
    Case { program: OF_USR, ..conf(b"abi = 6.1\n", Proven("6.0")) },
    Case { program: OF_USR_LOCAL, ..conf(b"abi = 6.1\n", Proven("6.0")) },
    // What a package says is a hint, for what packages bring.
    conf(b"abi-of-usr = 5\n", Likely("7.0")),
    Case { program: OF_USR, ..conf(b"abi-of-usr = 5\n", Likely("5")) },
    Case { program: OF_USR, ..conf(b"abi-of-usr = 6.4\n", Likely("6.4")) },
    Case { program: OF_USR_LOCAL, ..conf(b"abi-of-usr = 5\n", Likely("7.0")) },
    Case { program: OF_USR, ..conf(b"abi-of-usr = 5\nabi = 6.4\n", Proven("6.4")) },
    // It is read as bytes, and a line that is wrong costs no other.
    conf(b"# f\xfcr ROCm 5\nabi = 5\n", Proven("5")),
    Case {
        log: "/etc/rsmi-compat.conf:2: colour = red is ignored",
        ..conf(b"abi = 6.4\ncolour = red\n", Proven("6.4"))
    },
    Case {
        log: "/etc/rsmi-compat.conf:1: abi = \\xff is ignored",
        ..conf(b"abi = \xff\nabi = 6.4\n", Proven("6.4"))
    },
    Case {
        opens: OLD,
        conf: Conf::Beside(b"abi = 5\ncolour = red\n"),
        taken_for: Proven("5"),
        log: "/etc/rsmi-compat.conf.d/site.conf:2: colour = red is ignored",
        ..CASE
    },
    odd(Conf::Fifo, "/etc/rsmi-compat.conf: it is no regular file"),
    odd(Conf::Zeros, "/etc/rsmi-compat.conf: it is no regular file"),
    odd(Conf::Directory, "/etc/rsmi-compat.conf: it is no regular file"),
    odd(Conf::Huge, "/etc/rsmi-compat.conf: it has more than"),
    // Who says it of the program has the last word.
    Case {
        opens: &["librocm_smi64.so.5"],
        env: &[("RSMI_COMPAT_ABI", "6.4")],
        ..conf(b"abi = 6.0\n", Proven("6.4"))
    },
    Case {
        env: &[("RSMI_COMPAT_ABI", "six")],
        log: "RSMI_COMPAT_ABI=six is ignored",
        opens: OLD,
        ..CASE
    },
];

pub fn run(lab: &Lab) -> Result<()> {
    for (_, shown, release) in SHOWN {
        let library = format!("/lab/rsmi/{release}/librocm_smi64.so");
        let mut run = Run::new(MACHINE, [format!("{PROGRAMS}/generation"), library]);
        run.binds.push((place(lab), PROGRAMS.into()));
        let said = said(lab, &run)?.replace("version 1.0", "version 5.0");
        ensure!(said == shown, "librocm_smi64 {release} shows {said}, not {shown}");
    }
    let amdsmi = fetch::releases(lab, Library::AmdSmi);
    let all: Vec<_> =
        CASES.iter().flat_map(|case| amdsmi.iter().map(move |amdsmi| (case, *amdsmi))).collect();
    let wrong = in_parallel(&all, |(case, amdsmi)| judge(lab, case, amdsmi))?;
    let wrong: Vec<_> = wrong.into_iter().flatten().collect();
    for reason in &wrong {
        println!("{reason}");
    }
    println!("{} of {} clients taken for what they are", all.len() - wrong.len(), all.len());
    ensure!(wrong.is_empty(), "{} clients are taken for others", wrong.len());
    Ok(())
}

/// Whom it was taken for, if that is wrong.
fn judge(lab: &Lab, case: &Case, amdsmi: &str) -> Result<Option<String>> {
    let argv = [case.program].into_iter().chain(case.opens.iter().copied());
    let search = format!("{}:{}/lib", kit::DROP_IN, kit::PREFIX);
    let mut run = kit::install(lab, Run::new(MACHINE, argv))?
        .env("RSMI_COMPAT_AMDSMI", kit::amdsmi(amdsmi))
        .env("RSMI_COMPAT_LOG", "warn")
        .env("LD_LIBRARY_PATH", search)
        .timeout(PATIENCE);
    for (name, value) in case.env {
        run = run.env(name, *value);
    }
    run.binds.push((place(lab), PROGRAMS.into()));
    run.binds.push((place(lab).join("generation"), case.program.into()));
    let made = tempfile::tempdir()?;
    if let Some(conf) = case.conf.make(&made.path().join("conf"))? {
        run.binds.push((conf, case.conf.place().into()));
    }
    let outcome = run.output(lab)?;
    let Case { program, opens, env, conf, taken_for, log } = case;
    let who = format!("{program} {opens:?} {env:?} {conf:?}, amdsmi {amdsmi}");
    if !outcome.success() {
        let how = if outcome.timed_out { "hangs" } else { "fails" };
        return Ok(Some(format!("{who}: it {how}: {}", outcome.errors().trim())));
    }
    let expected = match taken_for {
        Proven(generation) => {
            SHOWN.iter().find(|shown| shown.0 == *generation).map(|shown| shown.1)
        }
        Likely(generation) => {
            SHOWN_OPEN.iter().find(|shown| shown.0 == *generation).map(|shown| shown.1)
        }
    };
    let (said, logged) = (outcome.text().trim().to_owned(), outcome.errors());
    Ok(if expected != Some(&said) {
        Some(format!("{who}: {said}, which is not {taken_for:?}"))
    } else if !logged.contains(log) {
        Some(format!("{who}: the log does not say {log:?}: {logged}"))
    } else {
        None
    })
}

impl Conf {
    fn place(self) -> &'static str {
        match self {
            Conf::Beside(_) => "/etc/rsmi-compat.conf.d",
            _ => "/etc/rsmi-compat.conf",
        }
    }

    /// Makes it at that path; returns what is bound into its place.
    fn make(self, path: &std::path::Path) -> Result<Option<PathBuf>> {
        const HUGE: u64 = 100 << 20;
        match self {
            Conf::None => return Ok(None),
            Conf::Text(text) => std::fs::write(path, text)?,
            Conf::Beside(text) => {
                std::fs::create_dir(path)?;
                std::fs::write(path.join("site.conf"), text)?;
            }
            Conf::Fifo => {
                tool::output(Command::new("mkfifo").arg(path))?;
            }
            Conf::Zeros => return Ok(Some("/dev/zero".into())),
            Conf::Directory => std::fs::create_dir(path)?,
            Conf::Huge => File::create(path)?.set_len(HUGE)?,
        }
        Ok(Some(path.to_owned()))
    }
}

fn said(lab: &Lab, run: &Run) -> Result<String> {
    let outcome = run.output(lab)?;
    ensure!(outcome.success(), "{:?}: {}", run.argv, outcome.errors().trim());
    Ok(outcome.text().trim().to_owned())
}

/// Libraries with the SONAMEs of HIP, and nothing else of it.
pub fn build(lab: &Lab) -> Result<()> {
    for number in [5, 6, 7] {
        let name = format!("libamdhip64.so.{number}");
        Compile::new(lab)
            .args(["-shared", "-fPIC", "-x", "c", "/dev/null"])
            .arg(format!("-Wl,-soname,{name}"))
            .to(&place(lab).join(name))?;
    }
    Ok(())
}
