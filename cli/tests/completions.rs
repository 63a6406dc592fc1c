//! `rsmi-compat completions`: each shell completes as it does for somebody who types.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use support::{Said, bare_rsmi_compat, scratch};
use tempfile::TempDir;

const ALL: &[&str] =
    &["audit", "completions", "doctor", "help", "link", "run", "simulate", "tree", "unlink"];

/// What was typed when the key was hit, and all that is offered then.
const CASES: &[(&str, &[&str])] = &[
    ("", ALL),
    ("--ver", &["--version"]),
    ("help ", ALL),
    ("completions ", &["bash", "elvish", "fish", "powershell", "zsh"]),
    ("completions z", &["zsh"]),
    ("run --a", &["--abi", "--amdsmi"]),
    ("run --abi ", &["5", "6.0", "6.2", "6.3", "6.4", "7.0"]),
    ("run --abi=6.", &["6.0", "6.2", "6.3", "6.4"]),
    ("run --abi 5 --p", &["--power-fallback", "--preload"]),
    ("run --amdsmi data-f", &["data-file"]),
    ("run --source ", &["amdsmi", "auto", "both", "kernel"]),
    ("run --source=a", &["amdsmi", "auto"]),
    ("tree --r", &["--rocm"]),
    ("simulate --l", &["--list", "--load"]),
    ("simulate --load ", &["burst", "idle", "static", "training"]),
    ("simulate --load=b", &["burst"]),
    ("simulate --machine mi2", &["mi210", "mi250x-4"]),
    ("simulate --machine of-m", &["of-mine.toml"]),
    ("simulate --release 10", &["10.0", "10.1"]),
    ("doctor --", &["--all", "--help", "--json", "--patience"]),
    ("audit --j", &["--json"]),
    ("audit data-f", &["data-file"]),
    ("audit data-file --j", &["--json"]),
    // A program is a command, and what is behind it its own.
    ("run rsmi-test-t", &["rsmi-test-tool"]),
    ("run -- rsmi-test-t", &["rsmi-test-tool"]),
    ("run --abi 5 --preload rsmi-test-t", &["rsmi-test-tool"]),
    ("run --abi=5 -- rsmi-test-t", &["rsmi-test-tool"]),
    ("simulate rsmi-test-t", &["rsmi-test-tool"]),
    ("simulate --machine mi210 -- rsmi-test-t", &["rsmi-test-tool"]),
    ("run rsmi-test-tool data-f", &["data-file"]),
    ("run -- rsmi-test-tool data-f", &["data-file"]),
    ("simulate --load burst -- rsmi-test-tool data-file of-m", &["of-mine.toml"]),
    ("run rsmi-test-tool --ab", &[]),
    ("run -- rsmi-test-tool --ab", &[]),
    // What is hidden stays so.
    ("doctor-", &[]),
    ("man", &[]),
    ("help man", &[]),
    ("simulate --ins", &[]),
];

/// A directory with a program and files to be found, and the script of a shell.
struct Place {
    directory: TempDir,
}

impl Place {
    fn new(shell: &str) -> Self {
        let place = Self { directory: scratch() };
        for directory in ["bin", "work"] {
            std::fs::create_dir(place.path(directory)).unwrap();
        }
        for program in ["bin/rsmi-test-tool", "bin/rsmi-compat"] {
            std::fs::write(place.path(program), "#!/bin/sh\n").unwrap();
            support::make_executable(&place.path(program));
        }
        for file in ["work/data-file", "work/of-mine.toml"] {
            std::fs::write(place.path(file), "").unwrap();
        }
        let command = Path::new(env!("CARGO_BIN_EXE_rsmi-compat"));
        let said = Said::of(bare_rsmi_compat(command).args(["completions", shell]));
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
        std::fs::write(place.path("_rsmi-compat"), said.out).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Types this into an interactive shell; what it wrote into the file `answers`.
    fn type_into(&self, shell: &str, input: &str) -> String {
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--command", shell, "/dev/null"]);
        self.surround(&mut script);
        script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = script.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        std::fs::read_to_string(self.path("answers")).unwrap_or_else(|error| {
            panic!("{error}: {shell}: {}", String::from_utf8_lossy(&output.stdout))
        })
    }

    fn surround(&self, command: &mut Command) {
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.path("bin").display());
        command.env("PATH", path).env("HOME", self.path("work")).env("TERM", "dumb");
        command.env("ANSWERS", self.path("answers")).env("LC_ALL", "C.UTF-8");
        command.env("SCRIPT", self.path("_rsmi-compat")).env("DIRECTORY", self.directory.path());
        command.current_dir(self.path("work"));
    }
}

/// For shells with a line editor of its own: `all` is the key that puts all that is offered into
/// the line, which then becomes the arguments of a function that writes it down.
fn typed(all: &str) -> String {
    const ANSWER: &str =
        "answer() { echo \"[$1]\"; shift 2; for word; do echo \"$word\"; done; } >>$ANSWERS\n";
    let mut input = ANSWER.to_owned();
    for (number, (line, _)) in CASES.iter().enumerate() {
        let _ = writeln!(input, "rsmi-compat {line}{all}\u{1}answer {number} \u{5}");
    }
    input + "exit\n"
}

/// By its number, what each case was answered.
fn answers(text: &str) -> BTreeMap<usize, BTreeSet<String>> {
    let mut answers = BTreeMap::new();
    let mut now = &mut BTreeSet::new();
    for line in text.lines() {
        match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            Some(number) => now = answers.entry(number.parse().unwrap()).or_default(),
            None => {
                now.extend(line.split('=').filter(|word| !word.is_empty()).map(str::to_owned));
            }
        }
    }
    answers
}

/// Every case, all wrong ones at once; the words that were typed before the one in question do not
/// count, nor does that one itself where nothing is offered.
#[track_caller]
fn check(shell: &str, text: &str) {
    let answers = answers(text);
    let mut wrong = String::new();
    for (number, (line, expected)) in CASES.iter().enumerate() {
        let mut answer = answers.get(&number).cloned().unwrap_or_default();
        let words = line.split([' ', '=']).filter(|word| !expected.contains(word));
        words.for_each(|word| {
            answer.remove(word);
        });
        if answer != expected.iter().map(|&word| word.to_owned()).collect() {
            let _ = writeln!(wrong, "{shell}: {line:?} gives {answer:?}, not {expected:?}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn bash_completes() {
    if needs::programs(&["bash", "script"]) {
        let place = Place::new("bash");
        let input = "source $SCRIPT\n".to_owned() + &typed("\u{1b}*");
        let text = place.type_into("bash --norc --noprofile -i", &input);
        check("bash", &text);
    }
}

#[test]
fn bash_completes_with_what_distributions_add() {
    const ADDED: &str = "/usr/share/bash-completion/bash_completion";
    if !Path::new(ADDED).exists() {
        needs::skip("bash-completion is not installed");
    } else if needs::programs(&["bash", "script"]) {
        let place = Place::new("bash");
        let input = format!("source {ADDED}\nsource $SCRIPT\n") + &typed("\u{1b}*");
        let text = place.type_into("bash --norc --noprofile -i", &input);
        check("bash", &text);
    }
}

#[test]
fn zsh_completes() {
    if needs::programs(&["zsh", "script"]) {
        let place = Place::new("zsh");
        let set_up = "bindkey -e; PS1=; setopt no_beep\n\
                      fpath=($DIRECTORY $fpath); autoload -Uz compinit; compinit -u -D\n\
                      zle -C all-matches complete-word _generic; bindkey '^X^A' all-matches\n\
                      zstyle ':completion:all-matches:*' insert yes\n\
                      zstyle ':completion:all-matches::::' completer _all_matches _complete\n";
        let text = place.type_into("zsh -f -i", &(set_up.to_owned() + &typed("\u{18}\u{1}")));
        check("zsh", &text);
    }
}

#[test]
fn fish_completes() {
    if needs::program("fish") {
        let place = Place::new("fish");
        let mut script = "source $SCRIPT\n".to_owned();
        for (number, (line, _)) in CASES.iter().enumerate() {
            let _ = writeln!(script, "echo '[{number}]'; complete -C 'rsmi-compat {line}'");
        }
        let mut fish = Command::new("fish");
        place.surround(fish.args(["--no-config", "--command", &script]));
        let said = Said::of(&mut fish);
        assert_eq!(said.err, "");
        // Behind a tab it says what the word means.
        let words = said.out.lines().map(|line| line.split('\t').next().unwrap_or_default());
        check("fish", &words.collect::<Vec<_>>().join("\n"));
    }
}
