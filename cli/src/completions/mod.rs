//! `rsmi-compat completions`: what a shell offers behind the command's words, read off the command line itself.

mod bash;
mod fish;
mod zsh;

use anyhow::Result;
use clap::builder::ValueHint;
use clap::{Arg, Args, Command};
use clap_complete::Shell;
use rsmi_generations::Generation;
use rsmi_simulator::Machine;
use rsmi_simulator_releases::RELEASES;
use std::process::ExitCode;

/// Print the completions of a shell
#[derive(Args)]
#[command(after_help = "Exit status: 0, or 2 for wrong usage.\n\n\
    A package installs the completions of bash, zsh and fish.\n\n\
    Without a package:\n  \
    bash  source <(rsmi-compat completions bash)\n  \
    zsh   rsmi-compat completions zsh > DIRECTORY/_rsmi-compat, a directory of $fpath\n  \
    fish  rsmi-compat completions fish > ~/.config/fish/completions/rsmi-compat.fish")]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub fn run(&self, command: Command) -> Result<ExitCode> {
        let mut command = visible(&command);
        let text = match self.shell {
            Shell::Bash => bash::script(&Words::of(&mut command)),
            Shell::Zsh => zsh::script(&Words::of(&mut command)),
            Shell::Fish => fish::script(&Words::of(&mut command)),
            shell => {
                let mut text = Vec::new();
                clap_complete::generate(shell, &mut command, "rsmi-compat", &mut text);
                String::from_utf8(text)?
            }
        };
        crate::out::print(&text);
        Ok(ExitCode::SUCCESS)
    }
}

/// The same command without what is hidden: no shell's script heeds that by itself.
fn visible(command: &Command) -> Command {
    let about = command.get_about().cloned().unwrap_or_default();
    let subcommands = command.get_subcommands().filter(|it| !it.is_hide_set());
    let copy = match command.get_version() {
        Some(version) => Command::new(command.get_name().to_owned()).version(version.to_owned()),
        None => Command::new(command.get_name().to_owned()),
    };
    copy.about(about)
        .args(command.get_arguments().filter(|it| !it.is_hide_set()).cloned())
        .subcommands(subcommands.map(visible))
}

/// What may stand on the command line.
struct Words {
    options: Vec<Choice>,
    commands: Vec<Subcommand>,
}

struct Subcommand {
    name: String,
    about: String,
    options: Vec<Choice>,
    rest: Value,
}

struct Choice {
    /// As `-v` and `--verbose`.
    names: Vec<String>,
    about: String,
    value: Option<Value>,
}

/// What stands behind an option, or is no option.
enum Value {
    /// Nothing that could be offered.
    Free,
    Files,
    OneOf(Vec<String>),
    OneOfOrFile(Vec<String>),
    /// A program and what it takes.
    Program,
}

impl Words {
    fn of(command: &mut Command) -> Self {
        command.build();
        let mut commands: Vec<_> = command.get_subcommands().map(Subcommand::of).collect();
        let names: Vec<_> = commands.iter().map(|it| it.name.clone()).collect();
        for help in commands.iter_mut().filter(|it| it.name == "help") {
            help.rest = Value::OneOf(names.clone());
        }
        Self { options: options(command), commands }
    }
}

impl Subcommand {
    fn of(command: &Command) -> Self {
        Self {
            name: command.get_name().to_owned(),
            about: about(command.get_about()),
            options: options(command),
            rest: command.get_positionals().next().map_or(Value::Free, Value::of),
        }
    }

    /// The names of its options that take a value.
    fn valued(&self) -> impl Iterator<Item = &str> {
        let valued = self.options.iter().filter(|it| it.value.is_some());
        valued.flat_map(|it| &it.names).map(String::as_str)
    }
}

fn options(command: &Command) -> Vec<Choice> {
    let options = command.get_arguments().filter(|it| !it.is_positional());
    options
        .map(|argument| Choice {
            names: (argument.get_short().map(|it| format!("-{it}")).into_iter())
                .chain(argument.get_long().map(|it| format!("--{it}")))
                .collect(),
            about: about(argument.get_help()),
            value: takes_a_word(argument).then(|| Value::of(argument)),
        })
        .collect()
}

/// Whether what stands behind the option is its value; not where it needs none, and has it behind `=`.
fn takes_a_word(argument: &Arg) -> bool {
    let needs_none = argument.get_num_args().is_some_and(|count| count.min_values() == 0);
    argument.get_action().takes_values() && !needs_none
}

/// In one line.
fn about(text: Option<&clap::builder::StyledStr>) -> String {
    text.map(ToString::to_string).unwrap_or_default().replace('\n', " ")
}

impl Value {
    fn of(argument: &Arg) -> Self {
        let owned = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect();
        // These take more than can be listed, and these are what people mean.
        match argument.get_id().as_str() {
            "abi" => return Self::OneOf(owned(&Generation::ALL.map(Generation::name))),
            "machine" => return Self::OneOfOrFile(Machine::names().map(str::to_owned).collect()),
            "release" => {
                return Self::OneOf(RELEASES.iter().map(|it| it.name.to_owned()).collect());
            }
            _ => {}
        }
        let values = argument.get_possible_values();
        if !values.is_empty() {
            return Self::OneOf(values.iter().map(|it| it.get_name().to_owned()).collect());
        }
        if argument.is_trailing_var_arg_set() {
            return Self::Program;
        }
        match argument.get_value_hint() {
            ValueHint::AnyPath | ValueHint::FilePath => Self::Files,
            _ => Self::Free,
        }
    }
}
