//! Several headers in one process: archives compiled with AMD's inside programs compiled with ours,
//! and plug-ins of other generations than the program that opens them.

use anyhow::{Context, Result};
use rsmi_generations::Open;

use super::programs::{self, INSIDE, Part, Program};
use super::roads::{BUILDS, Build, Header, Link, Standing};
use super::{DOUBLE, Place, References, Tally, heard, over_ours};
use crate::compare::in_parallel;
use crate::kit::DROP_IN;
use crate::lab::Lab;
use crate::namespace::Run;

/// What the roads of these are called.
pub const NAME: &str = "several headers in one process";

/// 5.2.3 survives its gpu_metrics.
pub const MACHINE: &str = "navi31";

/// How programs with an archive are built.
const BUILDS_WITH_ARCHIVE: [&str; 3] = ["c", "c-lto", "cxx"];
const HEADERS_OF_ARCHIVES: [&str; 3] = ["5.2.3", "6.1.2", "6.4.1"];

/// One process, and what each of its parts is.
struct Mix {
    name: String,
    programs: Vec<Program>,
    argv: Vec<String>,
    env: Vec<(&'static str, String)>,
    parts: Vec<(&'static str, &'static Header, Standing)>,
    /// Parts that were loaded in the same place, one after the other.
    in_one_place: Option<[&'static str; 2]>,
}

pub fn run(
    lab: &Lab,
    amdsmi: &'static str,
    references: &References,
    tally: &mut Tally,
) -> Result<()> {
    let mixes = mixes().context("a header or build is missing")?;
    programs::build(lab, mixes.iter().flat_map(|mix| mix.programs.iter().copied()).collect())?;
    let said = in_parallel(&mixes, |mix| {
        let mut run = over_ours(lab, Run::new(MACHINE, mix.argv.iter().cloned()), amdsmi)?;
        for (name, value) in &mix.env {
            run = run.env(name, value.clone());
        }
        heard(&run.env("LD_PRELOAD", DOUBLE).output(lab)?).with_context(|| mix.name.clone())
    })?;
    for (mix, answers) in mixes.iter().zip(&said) {
        for (part, header, standing) in &mix.parts {
            let name = format!("{part} of {}", mix.name);
            let place = Place { name, machine: MACHINE, amdsmi, header, references };
            tally.add(&place, *standing, answers, part);
        }
        if let Some(parts) = mix.in_one_place {
            let [one, other] = parts.map(|part| answers.get(&format!("{part}/place")));
            tally.check(one.is_some() && one == other, "not loaded in one place", &mix.name);
        }
    }
    println!("{} processes with several headers in them", mixes.len());
    Ok(())
}

fn mixes() -> Option<Vec<Mix>> {
    let build = |name: &str| BUILDS.iter().find(|build| build.name == name).copied();
    let mut mixes = Vec::new();
    for header in HEADERS_OF_ARCHIVES {
        for name in BUILDS_WITH_ARCHIVE {
            mixes.extend(with_archive(Header::named(header)?, build(name)?)?);
        }
    }
    mixes.extend(plug_ins()?);
    Some(mixes)
}

/// A program of ours with an archive of AMD's, with and without a word for the archive.
fn with_archive(header: &'static Header, build: Build) -> Option<[Mix; 2]> {
    let ours = Header::named("ours")?;
    let plain = Link::Ours { directory: "lib", name: "rsmi_compat" };
    let word = Link::Word { name: "rsmi_compat" };
    let mix = |link, standing| {
        let program = Program { header: ours, build, link, part: Some(Part::With(header)) };
        Mix {
            name: program.file(),
            programs: vec![program],
            argv: program.argv(),
            env: vec![("LD_LIBRARY_PATH", "/opt/rsmi-compat/lib".into())],
            parts: vec![
                ("own", ours, Standing::only(ours.generation)),
                ("archive", header, standing),
            ],
            in_one_place: None,
        }
    };
    let known = Standing::only(header.generation);
    Some([mix(plain, Standing::of(Open::ALL)), mix(word, known)])
}

/// Programs that open objects of other generations, one after the other.
fn plug_ins() -> Option<[Mix; 3]> {
    let build = BUILDS[0];
    let program = |header, number, part| {
        Some(Program { header: Header::named(header)?, build, link: Link::Soname(number), part })
    };
    let plug_in = |header, number| program(header, number, Some(Part::PlugIn));
    let own = program("6.4.1", 7, None)?;
    let (five, six, unknown) = (plug_in("5.2.3", 5)?, plug_in("6.1.2", 6)?, plug_in("5.2.3", 1)?);
    let mix = |name: &str, plug_ins: &[(&'static str, Program, Standing)]| {
        let path = |program: &Program| format!("{INSIDE}/{}", program.file());
        let named = plug_ins.iter().map(|(name, program, _)| format!("{name}={}", path(program)));
        let since_6_0 = Standing::of(Open::since(rsmi_generations::Generation::V6_0));
        let parts =
            plug_ins.iter().map(|(name, program, standing)| (*name, program.header, *standing));
        Mix {
            name: name.into(),
            programs: plug_ins.iter().map(|(_, program, _)| *program).chain([own]).collect(),
            argv: own.argv().into_iter().chain(named).collect(),
            env: vec![("LD_LIBRARY_PATH", DROP_IN.into())],
            parts: [("own", own.header, since_6_0)].into_iter().chain(parts).collect(),
            in_one_place: None,
        }
    };
    let of = |program: &Program| Standing::only(program.header.generation);
    let one = mix("a plug-in of ROCm 5", &[("five", five, of(&five))]);
    let in_one_place = Some(["five", "six"]);
    let two = mix(
        "two plug-ins, one in the other's place",
        &[("five", five, of(&five)), ("six", six, of(&six))],
    );
    let mut told =
        mix("a plug-in that RSMI_COMPAT_ABI_OF names", &[("told", unknown, of(&unknown))]);
    told.env.push(("RSMI_COMPAT_ABI_OF", format!("5={INSIDE}/{}", unknown.file())));
    Some([one, Mix { in_one_place, ..two }, told])
}
