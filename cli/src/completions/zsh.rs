//! The completions of zsh.

use super::{Choice, Value, Words};
use std::fmt::Write as _;

/// What is the same whatever the words are.
const FRAME: &str = r#"#compdef rsmi-compat

_rsmi-compat() {
    local curcontext=$curcontext state line ret=1
    local -a words_of_ours
    local -A opt_args
    _arguments -C -s \
@TOP@
        '1:command:->command' \
        '*::argument:->argument' && ret=0
    case $state in
        command)
            words_of_ours=(
@COMMANDS@
            )
            _describe -t commands 'rsmi-compat command' words_of_ours && ret=0
            ;;
        argument)
            curcontext=${curcontext%:*:*}:rsmi-compat-$line[1]:
            case $line[1] in
@ARGUMENTS@
            esac
            ;;
    esac
    return ret
}

# Programs and, behind one, what it takes itself.
_rsmi-compat_program() {
    if [[ $words[1] == -- ]]; then
        shift words
        ((CURRENT--))
    fi
    if ((CURRENT == 1)); then
        _command_names -e
    else
        _normal
    fi
}

# Machines, and files that describe one.
_rsmi-compat_words_or_files() {
    local ret=1
    compadd -- "$@" && ret=0
    _files && ret=0
    return ret
}

if [[ $funcstack[1] == _rsmi-compat ]]; then
    _rsmi-compat "$@"
else
    compdef _rsmi-compat rsmi-compat
fi
"#;

pub(super) fn script(words: &Words) -> String {
    let (mut commands, mut arguments) = (String::new(), String::new());
    for command in &words.commands {
        let about = quoted(&command.about, &[':']);
        let _ = writeln!(commands, "                '{}:{about}'", command.name);
        let _ = writeln!(arguments, "                {})", command.name);
        // Behind a program all options are its own.
        let own = if matches!(command.rest, Value::Program) { " -A '-*'" } else { "" };
        let _ = writeln!(arguments, "                    _arguments -s -S{own} \\");
        arguments += &options(&command.options, 24);
        let rest = match &command.rest {
            Value::Program => "*::program:_rsmi-compat_program".into(),
            Value::Files => format!("*:file:{}", action(&command.rest)),
            rest => format!("1:word:{}", action(rest)),
        };
        let _ = writeln!(arguments, "                        '{rest}' && ret=0");
        let _ = writeln!(arguments, "                    ;;");
    }
    FRAME
        .replace("@TOP@", options(&words.options, 8).trim_end())
        .replace("@COMMANDS@", commands.trim_end())
        .replace("@ARGUMENTS@", arguments.trim_end())
}

fn options(options: &[Choice], indent: usize) -> String {
    let mut text = String::new();
    for option in options {
        let about = quoted(&option.about, &['[', ']']);
        for name in &option.names {
            let value = option.value.as_ref().map(|value| format!(":value:{}", action(value)));
            let sign = if value.is_some() && name.starts_with("--") { "=" } else { "" };
            let value = value.unwrap_or_default();
            let others = match name.as_str() {
                "-h" | "--help" | "-V" | "--version" => "- *".into(),
                _ => option.names.join(" "),
            };
            let _ = writeln!(text, "{:indent$}'({others}){name}{sign}[{about}]{value}' \\", "");
        }
    }
    text
}

fn action(value: &Value) -> String {
    match value {
        Value::Free => " ".into(),
        Value::Files => "_files".into(),
        Value::OneOf(words) => format!("({})", words.join(" ")),
        Value::OneOfOrFile(words) => {
            format!("{{_rsmi-compat_words_or_files {}}}", words.join(" "))
        }
        Value::Program => "_rsmi-compat_program".into(),
    }
}

/// Within single quotes, with these signs not taken for zsh's own.
fn quoted(text: &str, signs: &[char]) -> String {
    let mut quoted = String::new();
    for sign in text.chars() {
        match sign {
            '\'' => quoted += r"'\''",
            sign => {
                if sign == '\\' || signs.contains(&sign) {
                    quoted.push('\\');
                }
                quoted.push(sign);
            }
        }
    }
    quoted
}
