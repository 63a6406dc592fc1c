//! The completions of fish.

use super::{Choice, Value, Words};
use std::fmt::Write as _;

/// What is the same whatever the words are.
const FRAME: &str = r#"# fish completion for rsmi-compat

# The command's word, and behind it the program's words as far as there are any; status 0 if the
# cursor is where options of ours may stand.
function __rsmi_compat_words
    set -l words (commandline -opc)
    set -e words[1]
    set -l command
    while set -q words[1]
        set -l word $words[1]
        set -e words[1]
        if test -z "$command"
            string match -q -- '-*' $word; or set command $word
        else if test "$word" = --
            printf '%s\n' $command $words
            return 1
        else if string match -q -- '-*' $word
            contains -- "$command $word" @VALUED@
            and set -e words[1]
        else if contains -- $command @PROGRAM@
            printf '%s\n' $command $word $words
            return 1
        end
    end
    printf '%s\n' $command
end

# The cursor is at an option or an argument of this command.
function __rsmi_compat_at -a command
    set -l words (__rsmi_compat_words)
    and test "$words" = "$command"
end

# The cursor is at what is no option.
function __rsmi_compat_behind -a command
    set -l words (__rsmi_compat_words)
    test "$words[1]" = "$command"
end

# Programs and, behind one, what it takes itself.
function __rsmi_compat_program
    set -l words (__rsmi_compat_words)
    set -e words[1]
    set -l now (commandline -ct)
    # An option here is one of ours.
    if not set -q words[1]; and string match -q -- '-*' "$now"
        return
    end
    set -l line (string escape -- $words) $now
    # With a space, so that it is not empty, nor taken for an option.
    complete -C " $line"
end

complete -c rsmi-compat -f
"#;

pub(super) fn script(words: &Words) -> String {
    let mut text = String::new();
    let top = "__rsmi_compat_at ''";
    options(&mut text, top, &words.options);
    for command in &words.commands {
        let _ = writeln!(
            text,
            "complete -c rsmi-compat -n \"{top}\" -a {} -d {}",
            command.name,
            quoted(&command.about)
        );
    }
    for command in &words.commands {
        options(&mut text, &format!("__rsmi_compat_at {}", command.name), &command.options);
        let offer = offer(&command.rest);
        if !offer.is_empty() {
            let at = format!("__rsmi_compat_behind {}", command.name);
            let _ = writeln!(text, "complete -c rsmi-compat -n \"{at}\"{offer}");
        }
    }
    let valued = words.commands.iter().flat_map(|command| {
        command.valued().map(|option| quoted(&format!("{} {option}", command.name)))
    });
    let program = words.commands.iter().filter(|it| matches!(it.rest, Value::Program));
    let program = program.map(|it| it.name.as_str());
    FRAME
        .replace("@VALUED@", &valued.collect::<Vec<_>>().join(" "))
        .replace("@PROGRAM@", &program.collect::<Vec<_>>().join(" "))
        + &text
}

fn options(text: &mut String, at: &str, options: &[Choice]) {
    for option in options {
        let _ = write!(text, "complete -c rsmi-compat -n \"{at}\"");
        for name in &option.names {
            let _ = match name.strip_prefix("--") {
                Some(long) => write!(text, " -l {long}"),
                None => write!(text, " -s {}", name.trim_start_matches('-')),
            };
        }
        let _ = write!(text, " -d {}", quoted(&option.about));
        if let Some(value) = &option.value {
            *text += " -r";
            *text += &offer(value);
        }
        text.push('\n');
    }
}

fn offer(value: &Value) -> String {
    let list = |words: &[String]| quoted(&words.join(" "));
    match value {
        Value::Free => String::new(),
        Value::Files => " -F".into(),
        Value::OneOf(words) => format!(" -f -a {}", list(words)),
        Value::OneOfOrFile(words) => format!(" -F -a {}", list(words)),
        Value::Program => " -f -a '(__rsmi_compat_program)'".into(),
    }
}

/// Within single quotes.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}
