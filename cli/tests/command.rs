//! The command as a whole: help, version, completions, manual pages.

mod support;

use std::path::Path;
use std::process::Command;
use support::{Said, bare_rsmi_compat, scratch};

fn said(arguments: &[&str]) -> Said {
    Said::of(bare_rsmi_compat(Path::new(env!("CARGO_BIN_EXE_rsmi-compat"))).args(arguments))
}

#[test]
fn help_and_version() {
    let help = said(&["--help"]);
    assert_eq!(help.code, Some(0));
    for command in
        ["run", "audit", "doctor", "simulate", "link", "unlink", "completions", "Exit status"]
    {
        assert!(help.out.contains(command), "{command}");
    }
    for hidden in ["doctor-ask", "  man"] {
        assert!(!help.out.contains(hidden), "{hidden}");
    }
    let version = said(&["--version"]);
    assert_eq!(version.out, format!("rsmi-compat {}\n", env!("CARGO_PKG_VERSION")));
    for command in ["run", "audit", "doctor", "simulate", "link", "unlink"] {
        let help = said(&[command, "--help"]);
        assert_eq!(help.code, Some(0), "{command}");
        assert!(help.out.contains("Exit status"), "{command}");
    }
    for wrong in [&[][..], &["no-such-command"], &["completions", "no-such-shell"]] {
        let said = said(wrong);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{wrong:?}");
    }
}

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = said(&["completions", shell]);
        assert_eq!(said.code, Some(0));
        for word in ["audit", "doctor", "power-fallback", "source", "patience"] {
            assert!(said.out.contains(word), "{shell}: {word}");
        }
    }
}

const PAGES: [&str; 9] =
    ["", "-run", "-audit", "-doctor", "-simulate", "-link", "-unlink", "-tree", "-completions"];

#[test]
fn manual_pages_are_written_for_every_command() {
    let directory = scratch();
    let path = directory.path().to_str().unwrap();
    assert_eq!(said(&["man", path]).code, Some(0));
    let written = std::fs::read_dir(path).unwrap().count();
    assert_eq!(written, PAGES.len(), "hidden commands have none");
    for page in PAGES {
        let text = std::fs::read_to_string(format!("{path}/rsmi-compat{page}.1")).unwrap();
        let name = format!("RSMI-COMPAT{}", page.to_uppercase());
        let version = env!("CARGO_PKG_VERSION");
        let footer = format!("\"rsmi-compat {version}\" \"rsmi-compat manual\"");
        let head = text.lines().nth(1).unwrap();
        assert_eq!(head, format!(".TH {name} 1 {} {footer}", date()));
        let sections = text.lines().filter_map(|line| line.strip_prefix(".SH "));
        let may_lack = ["COMMANDS", "ENVIRONMENT", "FILES"];
        let sections: Vec<_> = sections.filter(|section| !may_lack.contains(section)).collect();
        let all = "NAME, SYNOPSIS, DESCRIPTION, OPTIONS, EXIT STATUS, EXAMPLES, SEE ALSO";
        assert_eq!(sections.join(", "), all, "{page}");
        // Every option of the command's help has its place.
        let command = page.strip_prefix('-');
        let help = said(&command.into_iter().chain(["--help"]).collect::<Vec<_>>());
        let words = help.out.split(|letter: char| letter.is_whitespace() || letter == ',');
        for option in words.filter(|word| word.starts_with("--") && word.len() > 2) {
            let option = option.split(['[', '=']).next().unwrap_or_default();
            let option = option.trim_end_matches(['.', ':', ';']).replace('-', "\\-");
            assert!(text.contains(&option), "{page}: {option}");
        }
    }
    said(&["man", "/no/such/directory"]).refuses(2, &["/no/such/directory"]);
}

/// That of rsmi_compat(7), as the other pages have it.
fn date() -> &'static str {
    let head = OF_THE_LIBRARY.lines().find(|line| line.starts_with(".TH ")).unwrap();
    head.split(' ').nth(3).unwrap()
}

const OF_THE_LIBRARY: &str = include_str!("../../packaging/man/rsmi_compat.7");

#[test]
fn the_page_of_the_library_is_of_this_version() {
    let version = env!("CARGO_PKG_VERSION");
    let footer = format!(" \"rsmi-compat {version}\" \"rsmi-compat manual\"\n");
    assert!(OF_THE_LIBRARY.contains(&footer));
    let sections = OF_THE_LIBRARY.lines().filter_map(|line| line.strip_prefix(".SH "));
    let all = "NAME, DESCRIPTION, ENVIRONMENT, FILES, EXAMPLES, SEE ALSO";
    assert_eq!(sections.collect::<Vec<_>>().join(", "), all);
}

/// mandoc's matters of style are no faults; there are hardly any.
#[test]
fn manual_pages_are_without_fault() {
    if !needs::program("mandoc") {
        return;
    }
    let directory = scratch();
    assert_eq!(said(&["man", directory.path().to_str().unwrap()]).code, Some(0));
    let mut pages: Vec<_> =
        PAGES.map(|page| directory.path().join(format!("rsmi-compat{page}.1"))).into();
    pages.push(support::workspace().join("packaging/man/rsmi_compat.7"));
    for page in pages {
        let lint = Said::of(Command::new("mandoc").args(["-Tlint", "-W", "warning"]).arg(&page));
        assert_eq!((lint.code, lint.out.as_str()), (Some(0), ""), "{}", lint.err);
    }
}
