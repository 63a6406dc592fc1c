//! Compiles `clients/outputs.c` with each header, in each way, for each road.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::roads::{Build, Header, Link, Text};
use crate::compare::in_parallel;
use crate::compile::Compile;
use crate::kit;
use crate::lab::Lab;
use crate::tool;

/// Where the programs are inside.
pub const INSIDE: &str = "/outputs";

/// What outputs.c is linked to, all of it.
const NAMES: [&str; 11] = [
    "rsmi_init",
    "rsmi_shut_down",
    "rsmi_num_monitor_devices",
    "rsmi_dev_od_volt_info_get",
    "rsmi_event_notification_init",
    "rsmi_event_notification_mask_set",
    "rsmi_event_notification_stop",
    "rsmi_dev_guid_get",
    "rsmi_dev_partition_id_get",
    "rsmi_dev_memory_partition_capabilities_get",
    "rsmi_dev_market_name_get",
];

/// A program of ours; or, with a part, a plug-in of another one or what an archive is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    pub header: &'static Header,
    pub build: Build,
    pub link: Link,
    pub part: Option<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A library that another program opens.
    PlugIn,
    /// An executable with an archive in it that was compiled with that header.
    With(&'static Header),
}

impl Program {
    pub fn file(&self) -> String {
        let link = match self.link {
            Link::Soname(number) => format!("so{number}"),
            Link::Names(since) => format!("names{since}"),
            Link::Ours { directory, name } => format!("{}-{name}", directory.replace('/', "-")),
            Link::Word { name } => format!("word-{name}"),
            Link::PkgConfig => "pkg-config".into(),
            Link::PlugIn => "open".into(),
            Link::LookedUp => "looked-up".into(),
        };
        let part = match self.part {
            None => String::new(),
            Some(Part::PlugIn) => "-plug-in".into(),
            Some(Part::With(header)) => format!("-with-{}", header.name),
        };
        format!("{}-{}-{link}{part}", self.header.name, self.build.name)
    }

    /// The command inside.
    pub fn argv(&self) -> Vec<String> {
        let file = format!("{INSIDE}/{}", self.file());
        match self.link {
            Link::PlugIn => vec![format!("{INSIDE}/loader"), "--".into(), file],
            _ => vec![file],
        }
    }

    fn compile(&self, lab: &Lab) -> Result<()> {
        let source = lab.workspace.join("tests/lab/clients/outputs.c");
        let mut compile = with_header(lab, self.header, &self.build);
        compile = match self.link {
            Link::Names(since) => compile.arg(format!("-DNAMES={since}")),
            Link::LookedUp => compile.arg("-DLOOKED_UP"),
            Link::PlugIn => compile.args(["-shared", "-fPIC"]),
            _ => compile,
        };
        compile = match self.part {
            Some(Part::PlugIn) => compile.args([
                "-shared",
                "-fPIC",
                "-DNO_MAIN",
                "-DNO_INIT",
                "-DOUTPUTS=ask_outputs_of_plug_in",
            ]),
            Some(Part::With(_)) => compile.arg("-DARCHIVE=ask_outputs_of_archive"),
            None => compile,
        };
        compile = compile.arg(source).args(["-x", "none"]);
        if let Some(Part::With(header)) = self.part {
            compile = compile.arg(archive(lab, header, &self.build)?);
        }
        // Calls of our own header have a word of their own.
        let said = match self.part {
            Some(Part::With(header)) => header,
            _ => self.header,
        };
        let word = format!("lib/rsmi-compat/abi-{}", said.generation);
        match self.link {
            Link::Soname(number) => compile.arg(stub(lab, number)),
            Link::Names(_) => compile.arg(stub(lab, 1)),
            Link::Ours { directory, name } => {
                compile.arg("-L").arg(kit::file(lab, directory)).arg(format!("-l{name}"))
            }
            Link::Word { name } => {
                compile.arg("-L").arg(kit::file(lab, &word)).arg(format!("-l{name}"))
            }
            Link::PkgConfig => pkg_config(lab, said)?.into_iter().fold(compile, Compile::arg),
            Link::PlugIn | Link::LookedUp => compile,
        }
        .to(&place(lab).join(self.file()))
    }
}

fn with_header<'a>(lab: &'a Lab, header: &Header, build: &Build) -> Compile<'a> {
    let mut compile = if build.cxx { Compile::cxx(lab) } else { Compile::new(lab) };
    compile = build.flags.iter().fold(compile, |compile, flag| compile.arg(*flag));
    compile = match header.text {
        Text::Amd => {
            let include = lab.library(crate::lab::Library::Rsmi, header.name).join("include");
            compile.include(include).include(lab.drm_headers())
        }
        Text::Between(number) => compile.arg(format!("-DBETWEEN={number}")),
        Text::Ours => compile.include(lab.workspace.join("include")),
    };
    // ROCm 5.2 had no setter of partitions yet.
    if header.name.starts_with("5.") { compile } else { compile.arg("-DCAN_PARTITION") }
}

/// What pkg-config says of our library and that header.
fn pkg_config(lab: &Lab, header: &Header) -> Result<Vec<String>> {
    let mut command = Command::new("pkg-config");
    command
        .env("PKG_CONFIG_PATH", kit::file(lab, "lib/pkgconfig"))
        .arg(format!("--define-variable=abi={}", header.generation))
        .args(["--libs", "rsmi_compat"]);
    Ok(tool::output(&mut command)?.split_whitespace().map(str::to_owned).collect())
}

pub fn place(lab: &Lab) -> PathBuf {
    lab.cache.join("outputs")
}

/// A library with that number in its name and every function, which do nothing.
fn stub(lab: &Lab, number: u32) -> PathBuf {
    place(lab).join(format!("librocm_smi64.so.{number}"))
}

fn archive(lab: &Lab, header: &Header, build: &Build) -> Result<PathBuf> {
    let file = |ending| place(lab).join(format!("archive-{}-{}.{ending}", header.name, build.name));
    with_header(lab, header, build)
        .args(["-c", "-DNO_MAIN", "-DOUTPUTS=ask_outputs_of_archive"])
        .arg(lab.workspace.join("tests/lab/clients/outputs.c"))
        .to(&file("o"))?;
    let archive = file("a");
    // An archive that is there is added to.
    let _ = std::fs::remove_file(&archive);
    tool::output(Command::new("gcc-ar").arg("rc").arg(&archive).arg(file("o")))?;
    Ok(archive)
}

/// Compiles those that are not there yet; returns how many there are.
pub fn build(lab: &Lab, programs: Vec<Program>) -> Result<usize> {
    let _lock = lab.lock()?;
    let one_of_each: BTreeMap<_, _> =
        programs.into_iter().map(|program| (program.file(), program)).collect();
    let programs: Vec<_> = one_of_each.into_values().collect();
    helpers(lab)?;
    in_parallel(&programs, |program| program.compile(lab).with_context(|| program.file()))?;
    Ok(programs.len())
}

/// The stubs, and what the programs are run with.
fn helpers(lab: &Lab) -> Result<()> {
    let tests = lab.workspace.join("tests/lab");
    let marked = rsmi_generations::MARKED;
    let names = NAMES.iter().chain(&marked).map(|name| (*name).to_owned());
    let names = names.chain(marked.iter().map(|name| format!("rsmi_compat_7_0_{name}")));
    let text: String =
        names.map(|name| format!("void {name}(void);\nvoid {name}(void) {{}}\n")).collect();
    let source = place(lab).join("stub.c");
    tool::replace_file(&source, text)?;
    for number in [1, 5, 6, 7] {
        let soname = format!("-Wl,-soname,librocm_smi64.so.{number}");
        Compile::new(lab)
            .args(["-shared", "-fPIC"])
            .arg(soname)
            .arg(&source)
            .to(&stub(lab, number))?;
    }
    Compile::new(lab)
        .args(["-shared", "-fPIC"])
        .arg(tests.join("kfd_double.c"))
        .to(&place(lab).join("kfd_double.so"))?;
    Compile::new(lab).arg(tests.join("clients/loader.c")).to(&place(lab).join("loader"))
}
