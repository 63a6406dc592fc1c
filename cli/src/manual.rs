//! `rsmi-compat man DIR`: the manual pages, for whoever installs the command.

use anyhow::{Context, Result};
use clap::{Arg, Args, Command};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// When the pages last changed in what they say; rsmi_compat(7) bears it too.
const DATE: &str = "2026-11-27";

#[derive(Args)]
pub struct Man {
    /// Where the pages go; the directory must exist
    directory: PathBuf,
}

impl Man {
    pub fn run(&self, command: Command) -> Result<ExitCode> {
        let mut command = command.disable_help_subcommand(true);
        command.build();
        let shown: Vec<_> = command.get_subcommands().filter(|it| !it.is_hide_set()).collect();
        for page in [&command].into_iter().chain(shown.iter().copied()) {
            let path = self.directory.join(format!("{}.1", title(page)));
            std::fs::write(&path, render(page, &command, &shown))
                .with_context(|| format!("cannot write manual pages to {}", path.display()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What a page says beyond the command line's own help.
struct More {
    page: &'static str,
    environment: &'static [(&'static str, &'static str)],
    files: &'static [(&'static str, &'static str)],
    examples: &'static [(&'static str, &'static str)],
}

const OF_THE_LIBRARY: (&str, &str) = (
    "RSMI_COMPAT_ABI, RSMI_COMPAT_AMDSMI, RSMI_COMPAT_LOG, RSMI_COMPAT_SOURCE",
    "Settings of the library; see rsmi_compat(7).",
);
const DROP_IN: (&str, &str) = (
    "PREFIX/lib/rsmi-compat/",
    "librocm_smi64 under every name that it ever had, which is our library. On Debian it is below PREFIX/lib/x86_64-linux-gnu/.",
);
const NVML: (&str, &str) =
    ("PREFIX/lib/rsmi-compat/nvml/", "What --nvml gives to a program as libnvidia-ml.so.1.");
const SETTINGS: (&str, &str) =
    ("/etc/rsmi-compat.conf", "The settings of this machine's programs; see rsmi_compat(7).");
const LINKS: (&str, &str) = (
    "/opt/rocm/lib/",
    "Where the library of ROCm was, and where programs look for it by this path.",
);
const STAND_IN: (&str, &str) =
    ("PREFIX/lib/rsmi-compat/simulator/", "The stand-in for libamd_smi.");

const MORE: [More; 9] = [
    More {
        page: "rsmi-compat",
        environment: &[OF_THE_LIBRARY],
        files: &[DROP_IN, STAND_IN, SETTINGS],
        examples: &[
            ("See what is there, and what is wrong:", "rsmi-compat doctor"),
            ("Run a program that was built for librocm_smi64:", "rsmi-compat run -- btop"),
            ("Run it on eight GPUs that are not there:", "rsmi-compat simulate -- btop"),
        ],
    },
    More {
        page: "run",
        environment: &[],
        files: &[DROP_IN, NVML, SETTINGS],
        examples: &[
            ("A program that was built for librocm_smi64:", "rsmi-compat run -- btop"),
            ("One that knows only NVML:", "rsmi-compat run --nvml -- nvitop"),
            (
                "One that looks for the functions in the process:",
                "rsmi-compat run --preload -- python3 monitor.py",
            ),
            (
                "With a libamd_smi that is not where it is looked for:",
                "rsmi-compat run --amdsmi /opt/rocm-7.2.0/lib/libamd_smi.so -- btop",
            ),
        ],
    },
    More {
        page: "audit",
        environment: &[(
            "LD_LIBRARY_PATH",
            "Where the libraries that a file needs are looked for, as by the dynamic loader.",
        )],
        files: &[],
        examples: &[
            ("What a program wants, and the line to run it:", "rsmi-compat audit /usr/bin/btop"),
            (
                "The same of several files, for a program:",
                "rsmi-compat audit --json *.so > audit.json",
            ),
        ],
    },
    More {
        page: "doctor",
        environment: &[OF_THE_LIBRARY, ("ROCM_PATH", "Where ROCm is installed.")],
        files: &[
            ("/dev/kfd, /dev/dri/", "The device files, and whether this user may use them."),
            ("/sys/class/drm/, /sys/class/kfd/", "The cards, and KFD's topology."),
            SETTINGS,
        ],
        examples: &[
            ("What is wrong:", "rsmi-compat doctor"),
            ("Everything, for a bug report:", "rsmi-compat doctor --json > report.json"),
        ],
    },
    More {
        page: "simulate",
        environment: &[("SHELL", "The shell that is run where no program is named.")],
        files: &[STAND_IN],
        examples: &[
            ("The machines that there are:", "rsmi-compat simulate --list"),
            ("A shell on one of them:", "rsmi-compat simulate --machine mi300x-2"),
            (
                "A monitor on four MI250X whose load comes and goes:",
                "rsmi-compat simulate --machine mi250x-4 --load burst -- btop",
            ),
            (
                "A machine that you described, with the libamd_smi of ROCm 6.4:",
                "rsmi-compat simulate --machine ./machine.toml --release 6.4.2 -- rsmi-compat doctor",
            ),
        ],
    },
    More {
        page: "link",
        environment: &[],
        files: &[LINKS, DROP_IN],
        examples: &[
            ("For all programs of this machine:", "rsmi-compat link"),
            (
                "For those of an image, from outside:",
                "/srv/image/usr/bin/rsmi-compat link --root /srv/image",
            ),
        ],
    },
    More {
        page: "unlink",
        environment: &[],
        files: &[LINKS],
        examples: &[("Before the library is removed:", "rsmi-compat unlink")],
    },
    More {
        page: "tree",
        environment: &[],
        files: &[],
        examples: &[
            ("For a program that takes its ROCm by a variable:", "rsmi-compat tree ~/rocm"),
            (
                "With the ROCm of another place:",
                "rsmi-compat tree --rocm /opt/rocm-10.1.0 /srv/rocm",
            ),
        ],
    },
    More {
        page: "completions",
        environment: &[],
        files: &[],
        examples: &[
            ("For this session of bash:", "source <(rsmi-compat completions bash)"),
            (
                "For all sessions of fish:",
                "rsmi-compat completions fish > ~/.config/fish/completions/rsmi-compat.fish",
            ),
        ],
    },
];

fn title(page: &Command) -> String {
    page.get_display_name().unwrap_or(page.get_name()).to_owned()
}

fn render(page: &Command, top: &Command, commands: &[&Command]) -> String {
    let name = title(page);
    let version = top.get_version().unwrap_or_default();
    let mut text = format!(
        ".\\\" Made by `rsmi-compat man`.\n.TH {} 1 {DATE} \"rsmi-compat {version}\" \"rsmi-compat manual\"\n",
        name.to_uppercase()
    );
    let about = page.get_about().map(ToString::to_string).unwrap_or_default();
    section(&mut text, "NAME");
    let _ = writeln!(text, "{} \\- {}", escaped(&name), escaped(&about));
    section(&mut text, "SYNOPSIS");
    synopsis(&mut text, page);
    section(&mut text, "DESCRIPTION");
    let long = page.get_long_about().map(ToString::to_string).unwrap_or(format!("{about}."));
    // The first paragraph is in NAME.
    let long = long.strip_prefix(&format!("{about}\n\n")).map_or(long.clone(), str::to_owned);
    let (mut exits, mut environment, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    let after = page.get_after_help().map(ToString::to_string).unwrap_or_default();
    for paragraph in after.split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
        if let Some(said) = paragraph.strip_prefix("Exit status: ") {
            exits.push(sentence(said));
        } else if let Some(said) = paragraph.strip_prefix("Environment: ") {
            environment.push(sentence(said));
        } else if !paragraph.contains("\n  ") {
            // Lines that are set off are examples, which have a place of their own.
            notes.push(paragraph);
        }
    }
    paragraphs(&mut text, long.split("\n\n").chain(notes));
    if page.get_name() == top.get_name() {
        section(&mut text, "COMMANDS");
        for command in commands {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            let page = format!("See {}(1).", title(command));
            item(&mut text, &bold(command.get_name()), &format!("{about}. {page}"));
        }
    }
    section(&mut text, "OPTIONS");
    let shown = || page.get_arguments().filter(|argument| !argument.is_hide_set());
    for argument in shown() {
        option(&mut text, argument);
    }
    if !exits.is_empty() {
        section(&mut text, "EXIT STATUS");
        paragraphs(&mut text, exits.iter().map(String::as_str));
    }
    let more = MORE.iter().find(|more| more.page == page.get_name());
    let set: Vec<_> = shown().filter_map(|it| Some((it.get_env()?.to_str()?, it))).collect();
    let also = more.map_or(&[][..], |more| more.environment);
    if !environment.is_empty() || !set.is_empty() || !also.is_empty() {
        section(&mut text, "ENVIRONMENT");
        paragraphs(&mut text, environment.iter().map(String::as_str));
        for (variable, argument) in set {
            let option = argument.get_long().unwrap_or_default();
            item(
                &mut text,
                &bold(variable),
                &format!("Stands for --{option} where that is not given."),
            );
        }
        for (variable, what) in also {
            item(&mut text, &bold(variable), what);
        }
    }
    if let Some(More { files, examples, .. }) = more {
        if !files.is_empty() {
            section(&mut text, "FILES");
        }
        for (file, what) in *files {
            item(&mut text, &italic(file), what);
        }
        section(&mut text, "EXAMPLES");
        for (at, (what, line)) in examples.iter().enumerate() {
            text += if at == 0 { "" } else { ".PP\n" };
            let _ = writeln!(text, "{}\n.PP\n.RS 4\n.nf\n{}\n.fi\n.RE", filled(what), bold(line));
        }
    }
    section(&mut text, "SEE ALSO");
    let pages = [top].into_iter().chain(commands.iter().copied()).map(title);
    let pages =
        pages.filter(|other| *other != name).map(|other| format!(".BR {} (1)", escaped(&other)));
    let _ = writeln!(text, "{},\n.BR rsmi_compat (7)", pages.collect::<Vec<_>>().join(",\n"));
    text
}

fn section(text: &mut String, name: &str) {
    let _ = writeln!(text, ".SH {name}");
}

fn synopsis(text: &mut String, page: &Command) {
    let name = page.get_bin_name().unwrap_or(page.get_name());
    let mut line = bold(name);
    if page.has_subcommands() {
        line += &format!(" {} [{}]", italic("COMMAND"), italic("ARGUMENT ..."));
    } else {
        let options = page.get_arguments().filter(|it| !it.is_positional() && !it.is_hide_set());
        for option in options.filter(|option| option.get_id() != "help") {
            line += &format!("\n[{}]", names(option, "|"));
        }
        for argument in page.get_positionals() {
            let many = argument.get_num_args().is_some_and(|count| count.max_values() > 1);
            let word = italic(&value(argument)) + if many { " ..." } else { "" };
            line += &if argument.is_required_set() {
                format!("\n{word}")
            } else {
                format!("\n[{word}]")
            };
        }
    }
    let _ = writeln!(text, "{line}");
}

fn names(argument: &Arg, between: &str) -> String {
    let short = argument.get_short().map(|short| bold(&format!("-{short}")));
    let long = argument.get_long().map(|long| bold(&format!("--{long}")));
    let names = short.into_iter().chain(long).collect::<Vec<_>>().join(between);
    let needs_none = argument.get_num_args().is_some_and(|count| count.min_values() == 0);
    match argument.get_action().takes_values() {
        true if needs_none => format!("{names}[={}]", italic(&value(argument))),
        true => format!("{names} {}", italic(&value(argument))),
        false => names,
    }
}

fn value(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    names.first().map_or_else(|| argument.get_id().as_str().to_uppercase(), ToString::to_string)
}

fn option(text: &mut String, argument: &Arg) {
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    // What --help says of itself is about the terminal's short form.
    let help = if help.starts_with("Print help") { "Print help".to_owned() } else { help };
    let mut said = sentence(&help);
    let values = argument.get_possible_values();
    if argument.get_action().takes_values() && !values.is_empty() {
        let values: Vec<_> = values.iter().map(clap::builder::PossibleValue::get_name).collect();
        said += &format!(" One of {}.", values.join(", "));
    }
    if let ([default], true) = (argument.get_default_values(), argument.get_action().takes_values())
    {
        said += &format!(" The default is {}.", default.to_string_lossy());
    }
    let head = match argument.is_positional() {
        true => italic(&value(argument)),
        false => names(argument, ", "),
    };
    item(text, &head, &said);
}

fn item(text: &mut String, head: &str, said: &str) {
    let _ = writeln!(text, ".TP\n{head}\n{}", filled(said));
}

fn paragraphs<'a>(text: &mut String, paragraphs: impl Iterator<Item = &'a str>) {
    for (at, paragraph) in paragraphs.enumerate() {
        *text += if at == 0 { "" } else { ".PP\n" };
        let _ = writeln!(text, "{}", filled(&sentence(paragraph)));
    }
}

/// With a capital letter in front, unless that is a name, and a full stop behind.
fn sentence(said: &str) -> String {
    let first = said.split([' ', '.', ',']).next().unwrap_or_default();
    let plain = first.chars().all(|letter| letter.is_ascii_lowercase());
    let mut letters = said.chars();
    let first = letters.next().filter(|_| plain).map(|letter| letter.to_ascii_uppercase());
    let said =
        first.map_or_else(|| said.to_owned(), |first| format!("{first}{}", letters.as_str()));
    let end = if said.ends_with(['.', ':']) { "" } else { "." };
    format!("{}{end}", said.trim_end())
}

/// A line for each sentence, as pages of the manual are written, and none too long.
fn filled(said: &str) -> String {
    const LONGEST: usize = 78;
    let mut lines = vec![String::new()];
    for word in said.split_whitespace() {
        let word = escaped(word);
        let line = lines.last().map_or("", String::as_str);
        let full = line.len() + word.len() >= LONGEST;
        if full || line.ends_with(['.', ':', '?']) {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            *line += if line.is_empty() { "" } else { " " };
            *line += &word;
        }
    }
    lines.join("\n")
}

fn bold(text: &str) -> String {
    format!("\\fB{}\\fR", escaped(text))
}

fn italic(text: &str) -> String {
    format!("\\fI{}\\fR", escaped(text))
}

/// Signs that are the page's own, as those of the text.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
    let text = text.replace('`', "\\(ga").replace('~', "\\(ti").replace('^', "\\(ha");
    if text.starts_with('.') { format!("\\&{text}") } else { text }
}
