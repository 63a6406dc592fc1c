//! Which rocm_smi.h a client is taken for, by the names it uses and what else is in its process:
//! the version that it is told, and the size of two structs, as the real library of that
//! generation has them.

use anyhow::{Result, ensure};

use super::{PROGRAMS, place};
use crate::compare::in_parallel;
use crate::compile::Compile;
use crate::fetch;
use crate::kit;
use crate::lab::{Lab, Library};
use crate::namespace::Run;

/// 5.2.3 cannot read the gpu_metrics of newer accelerators, and ends the program over them.
const MACHINE: &str = "navi31";

/// A generation, what it shows, and the real library to which that is compared. 5.2.3 as Debian
/// built it does not know its own version; AMD's says 5.0.
const SHOWN: [(&str, &str, &str); 4] = [
    ("5", "version 5.0, frequencies 32 bytes (0), metrics 96 bytes (0)", "5.2.3"),
    ("6.0", "version 7.2, frequencies 280 bytes (0), metrics 424 bytes (0)", "6.1.2"),
    ("6.4", "version 7.6, frequencies 280 bytes (0), metrics 2368 bytes (0)", "6.4.1"),
    ("7.0", "version 7.8, frequencies 280 bytes (0), metrics 4544 bytes (0)", "7.2.4"),
];

/// What a client does, and whom it is taken for then.
struct Case {
    opens: &'static [&'static str],
    env: &'static [(&'static str, &'static str)],
    /// What is in /etc/rsmi-compat.conf.
    conf: Option<&'static str>,
    generation: &'static str,
}

const CASE: Case = Case { opens: &[], env: &[], conf: None, generation: "7.0" };

const HIP_5: &[(&str, &str)] = &[("LD_PRELOAD", "/migrate/libamdhip64.so.5")];
const HIP_6: &[(&str, &str)] = &[("LD_PRELOAD", "/migrate/libamdhip64.so.6")];
const HIP_7: &[(&str, &str)] = &[("LD_PRELOAD", "/migrate/libamdhip64.so.7")];

const CASES: [Case; 21] = [
    Case { opens: &["librocm_smi64.so"], ..CASE },
    Case { opens: &["librocm_smi64.so.1"], ..CASE },
    Case { opens: &["librocm_smi64.so.1.0"], ..CASE },
    Case { opens: &["librocm_smi64.so.2"], ..CASE },
    Case { opens: &["librocm_smi64.so.5"], generation: "5", ..CASE },
    Case { opens: &["librocm_smi64.so.6"], generation: "6.0", ..CASE },
    Case { opens: &["librocm_smi64.so.7"], ..CASE },
    Case { opens: &["librocm_smi64.so.7.8"], ..CASE },
    Case { opens: &["librsmi_compat.so.1"], ..CASE },
    // Of several, the oldest.
    Case { opens: &["librocm_smi64.so.6", "librocm_smi64.so.5"], generation: "5", ..CASE },
    Case { opens: &["librocm_smi64.so.1", "librocm_smi64.so.6"], generation: "6.0", ..CASE },
    // HIP tells where the name does not.
    Case { opens: &["librocm_smi64.so.1"], env: HIP_5, generation: "5", ..CASE },
    Case { opens: &["librocm_smi64.so.1"], env: HIP_6, generation: "6.0", ..CASE },
    Case { opens: &["librocm_smi64.so.1"], env: HIP_7, ..CASE },
    Case { opens: &["librocm_smi64.so.6"], env: HIP_5, generation: "6.0", ..CASE },
    // What the system was built with, for old names only.
    Case { opens: &["librocm_smi64.so.1"], conf: Some("abi = 6.4\n"), generation: "6.4", ..CASE },
    Case { opens: &["librocm_smi64.so.1"], conf: Some("abi = 5\n"), generation: "5", ..CASE },
    Case { opens: &["librocm_smi64.so.7"], conf: Some("abi = 5\n"), generation: "6.0", ..CASE },
    Case { opens: &["librsmi_compat.so.1"], conf: Some("abi = 5\n"), ..CASE },
    Case { opens: &["librocm_smi64.so.5"], conf: Some("abi = 6.4\n"), generation: "5", ..CASE },
    // Who says it has the last word.
    Case {
        opens: &["librocm_smi64.so.5"],
        env: &[("RSMI_COMPAT_ABI", "6.4")],
        conf: Some("abi = 6.0\n"),
        generation: "6.4",
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
    let program = format!("{PROGRAMS}/generation");
    let argv = [program.as_str()].into_iter().chain(case.opens.iter().copied());
    let search = format!("{}:{}/lib", kit::DROP_IN, kit::PREFIX);
    let mut run = kit::install(lab, Run::new(MACHINE, argv))?
        .env("RSMI_COMPAT_AMDSMI", kit::amdsmi(amdsmi))
        .env("LD_LIBRARY_PATH", search);
    for (name, value) in case.env {
        run = run.env(name, *value);
    }
    run.binds.push((place(lab), PROGRAMS.into()));
    let conf = tempfile::NamedTempFile::new()?;
    if let Some(text) = case.conf {
        std::fs::write(&conf, text)?;
        run.binds.push((conf.path().to_owned(), "/etc/rsmi-compat.conf".into()));
    }
    let said = said(lab, &run)?;
    let expected = SHOWN.iter().find(|(name, ..)| *name == case.generation);
    let right = expected.is_some_and(|(_, shown, _)| *shown == said);
    let Case { opens, env, conf, generation } = case;
    let told = || {
        format!("{opens:?} {env:?} {conf:?}, amdsmi {amdsmi}: {said}, which is not {generation}")
    };
    Ok((!right).then(told))
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
