//! The workbench of the cases: builds clients, runs them, and asks the real libraries.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::cases::{Client, Link, UNLINKED};
use crate::compile::Compile;
use crate::fetch;
use crate::lab::{Lab, Library};
use crate::namespace::{Outcome, Run};

/// Where ours and the clients are inside.
const OURS: &str = "/interpose/ours";
const CLIENTS: &str = "/interpose/clients";

const PATIENCE: Duration = Duration::from_secs(180);

/// A real library as the lab has it.
#[derive(Clone)]
pub struct Real {
    pub release: &'static str,
    library: Library,
    /// The file that the loader knows by the library's SONAME.
    file: String,
}

impl Real {
    /// Every release of it in the lab, the oldest first.
    pub fn all(lab: &Lab, library: Library) -> Result<Vec<Real>> {
        let releases = fetch::releases(lab, library).into_iter();
        releases
            .map(|release| {
                let place = lab.library(library, release);
                let file = by_soname(&place, library.file())?;
                Ok(Real { release, library, file })
            })
            .collect()
    }

    /// Its directory inside.
    fn place(&self) -> String {
        format!("/lab/{}/{}", self.library.name(), self.release)
    }

    fn path(&self) -> String {
        format!("{}/{}", self.place(), self.file)
    }

    fn host(&self, lab: &Lab) -> PathBuf {
        lab.library(self.library, self.release).join(&self.file)
    }
}

/// `name.N`, of the names that a library has in its directory.
fn by_soname(place: &Path, name: &str) -> Result<String> {
    for entry in fs::read_dir(place)? {
        let file = entry?.file_name().to_string_lossy().into_owned();
        let number = file.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
        if number.is_some_and(|number| number.parse::<u32>().is_ok()) {
            return Ok(file);
        }
    }
    bail!("there is no {name}.N in {}", place.display())
}

/// All that the cases with one libamd_smi share.
pub struct Bench<'a> {
    lab: &'a Lab,
    ours: PathBuf,
    original: Real,
    amdsmi: Real,
    /// What ours is told to ask.
    pub source: &'static str,
    clients: PathBuf,
    built: HashSet<&'static str>,
    references: HashMap<(&'static str, &'static str), Reference>,
}

/// What a real library says on a machine.
#[derive(Clone)]
pub struct Reference {
    pub values: String,
    pub stderr: String,
}

impl<'a> Bench<'a> {
    pub fn set_up(lab: &'a Lab, ours: PathBuf, original: Real, amdsmi: Real) -> Result<Bench<'a>> {
        let clients = lab.cache.join("interpose").join(amdsmi.release);
        fs::create_dir_all(&clients)
            .with_context(|| format!("cannot make {}", clients.display()))?;
        let (built, references) = (HashSet::new(), HashMap::new());
        Ok(Bench { lab, ours, original, amdsmi, source: "auto", clients, built, references })
    }

    /// A step with the libraries' names in place of `{ours}`, `{original}` and `{amdsmi}`.
    pub fn fill_in(&self, text: &str) -> String {
        text.replace("{ours}", &format!("{OURS}/librsmi_compat.so.1"))
            .replace("{original}", &self.original.path())
            .replace("{amdsmi}", &self.amdsmi.path())
    }

    /// What the real library alone answers on a machine.
    pub fn reference(&mut self, library: Library, machine: &'static str) -> Result<Reference> {
        if let Some(known) = self.references.get(&(library.name(), machine)) {
            return Ok(known.clone());
        }
        let (api, path) = match library {
            Library::Rsmi => ("rsmi", self.original.path()),
            Library::AmdSmi => ("amdsmi", self.amdsmi.path()),
        };
        let steps = [format!("load=local,{path}"), "init".into(), "values".into()];
        let arguments = steps.map(|step| format!("{api}.{step}"));
        let outcome = self.run(&UNLINKED, machine, &[], &arguments)?;
        let (text, stderr) = (outcome.text(), outcome.errors());
        let values = text.lines().find_map(|line| line.strip_prefix(&format!("{api}.values: ")));
        let Some(values) = values else {
            bail!("{path} says nothing on {machine}: {text}{stderr}")
        };
        let reference = Reference { values: values.to_owned(), stderr };
        self.references.insert((library.name(), machine), reference.clone());
        Ok(reference)
    }

    pub fn run(
        &mut self,
        client: &Client,
        machine: &str,
        env: &[(&str, &str)],
        arguments: &[String],
    ) -> Result<Outcome> {
        if self.built.insert(client.name) {
            self.build(client)?;
        }
        let program = format!("{CLIENTS}/{}", client.name);
        let mut run = Run::new(machine, [program].iter().chain(arguments)).timeout(PATIENCE);
        run.binds = vec![
            (self.ours.clone(), Path::new(OURS).join("librsmi_compat.so.1")),
            (self.clients.clone(), CLIENTS.into()),
        ];
        run = run.env("RSMI_COMPAT_AMDSMI", self.amdsmi.path());
        run = run.env("RSMI_COMPAT_SOURCE", self.source);
        for (name, value) in env {
            run.env.retain(|(known, _)| known != name);
            if !value.is_empty() {
                run = run.env(name, self.fill_in(value));
            }
        }
        run.output(self.lab)
    }

    fn build(&self, client: &Client) -> Result<()> {
        let mut libraries = Vec::new();
        let mut defines = Vec::new();
        for link in client.links {
            let (define, library) = match link {
                Link::Ours => ("-DLINK_RSMI", self.ours.clone()),
                Link::Original => ("-DLINK_RSMI", self.original.host(self.lab)),
                Link::AmdSmi => ("-DLINK_AMDSMI", self.amdsmi.host(self.lab)),
            };
            defines.push(define);
            libraries.push(library);
        }
        let source = |name: &str| self.lab.workspace.join("tests/lab/clients").join(name);
        let mut compile = self.compile(client, &defines);
        let mut sources = client.sources;
        if let ([main, others @ ..], true) = (sources, client.plug_in) {
            let name = format!("lib{}.so", client.name);
            let plug_in = self.compile(client, &defines).arg("-shared").arg("-fPIC");
            let plug_in = plug_in.arg(format!("-Wl,-soname,{name}"));
            let file = self.clients.join(name);
            others.iter().fold(plug_in, |plug_in, name| plug_in.arg(source(name))).to(&file)?;
            libraries.push(file);
            sources = std::slice::from_ref(main);
        }
        for name in sources {
            compile = compile.arg(source(name));
        }
        // A library counts by its place in the process, whether it is needed or not.
        compile = compile.arg("-Wl,--no-as-needed");
        for library in libraries {
            compile = compile.arg(library);
        }
        let search = [OURS, CLIENTS, &self.amdsmi.place(), &self.original.place()].join(":");
        compile.arg(format!("-Wl,-rpath,{search}")).to(&self.clients.join(client.name))
    }

    fn compile(&self, client: &Client, defines: &[&str]) -> Compile<'a> {
        let compile = Compile::new(self.lab).arg("-std=gnu11").arg("-pthread");
        client.flags.iter().chain(defines).fold(compile, |compile, flag| compile.arg(*flag))
    }
}
