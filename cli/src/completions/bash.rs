//! The completions of bash.

use super::{Choice, Subcommand, Value, Words};
use std::fmt::Write as _;

/// What is the same whatever the words are.
const FRAME: &str = r#"# bash completion for rsmi-compat

_rsmi_compat() {
    local cur=$2 prev=$3 options= valued= rest= program= values= word i
    COMPREPLY=()
    # Readline takes --option=value for three words.
    if [[ $cur == "=" ]]; then
        cur=
    elif [[ $prev == "=" ]]; then
        prev=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    if ((COMP_CWORD == 1)); then
        case $cur in
            -*) _rsmi_compat_words '@OPTIONS@' ;;
            *) _rsmi_compat_words '@TOP@' ;;
        esac
        return
    fi
    case ${COMP_WORDS[1]} in
@COMMANDS@
        *) return ;;
    esac
    for ((i = 2; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case $word in
            --) program=$((i + 1)) && break ;;
            =) ((i++)) ;;
            -*) [[ " $valued " == *" $word "* && ${COMP_WORDS[i + 1]} != "=" ]] && ((i++)) ;;
            *) [[ $rest == program ]] && program=$i && break ;;
        esac
    done
    if [[ -z $program ]]; then
        if [[ " $valued " == *" $prev "* ]]; then
            case "${COMP_WORDS[1]} $prev" in
@VALUES@
            esac
            return
        fi
        if [[ $cur == -* ]]; then
            _rsmi_compat_words "$options"
            return
        fi
        program=$COMP_CWORD
    fi
    case $rest in
        program) _rsmi_compat_program "$program" ;;
        files) _rsmi_compat_files ;;
        *) _rsmi_compat_words "$rest" ;;
    esac
}

# Offers these words and nothing else.
_rsmi_compat_words() {
    compopt +o default +o bashdefault
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

# Offers these words and files.
_rsmi_compat_files() {
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -W "${1-}" -- "$cur"; compgen -f -- "$cur")
}

# Offers programs and, behind one, what it takes itself.
_rsmi_compat_program() {
    if declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$1"
    elif declare -F _command_offset >/dev/null; then
        _command_offset "$1"
    elif (($1 == COMP_CWORD)); then
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -c -- "$cur"; compgen -d -- "$cur")
    else
        _rsmi_compat_files
    fi
}

complete -F _rsmi_compat -o bashdefault -o default rsmi-compat
"#;

pub(super) fn script(words: &Words) -> String {
    let (mut commands, mut values) = (String::new(), String::new());
    for command in &words.commands {
        let Subcommand { name, rest, .. } = command;
        let valued = command.valued().collect::<Vec<_>>().join(" ");
        let rest = match rest {
            Value::Free => String::new(),
            Value::Files => "files".into(),
            Value::Program => "program".into(),
            Value::OneOf(words) | Value::OneOfOrFile(words) => words.join(" "),
        };
        let options = names(&command.options);
        let _ = writeln!(
            commands,
            "        {name}) options='{options}' valued='{valued}' rest='{rest}' ;;"
        );
        for Choice { names, value, .. } in &command.options {
            let Some(value) = value else { continue };
            let offer = match value {
                Value::OneOf(words) => format!("_rsmi_compat_words '{}'", words.join(" ")),
                Value::OneOfOrFile(words) => format!("_rsmi_compat_files '{}'", words.join(" ")),
                Value::Files | Value::Program => "_rsmi_compat_files".into(),
                Value::Free => "_rsmi_compat_words ''".into(),
            };
            let cases: Vec<_> = names.iter().map(|option| format!("'{name} {option}'")).collect();
            let _ = writeln!(values, "                {}) {offer} ;;", cases.join(" | "));
        }
    }
    let top = words.commands.iter().map(|it| it.name.as_str());
    FRAME
        .replace("@OPTIONS@", &names(&words.options))
        .replace("@TOP@", &top.collect::<Vec<_>>().join(" "))
        .replace("@COMMANDS@", commands.trim_end())
        .replace("@VALUES@", values.trim_end())
}

fn names(options: &[Choice]) -> String {
    options.iter().flat_map(|it| &it.names).cloned().collect::<Vec<_>>().join(" ")
}
