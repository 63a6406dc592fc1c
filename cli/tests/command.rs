//! The command as a whole: help, version, completions, manual pages.

mod support;

use std::path::Path;
use support::{Said, bare_rsmi_compat, scratch};

fn said(arguments: &[&str]) -> Said {
    Said::of(bare_rsmi_compat(Path::new(env!("CARGO_BIN_EXE_rsmi-compat"))).args(arguments))
}

#[test]
fn help_and_version() {
    let help = said(&["--help"]);
    assert_eq!(help.code, Some(0));
    for command in ["run", "audit", "doctor", "simulate", "completions", "Exit status"] {
        assert!(help.out.contains(command), "{command}");
    }
    for hidden in ["doctor-ask", "  man"] {
        assert!(!help.out.contains(hidden), "{hidden}");
    }
    let version = said(&["--version"]);
    assert_eq!(version.out, format!("rsmi-compat {}\n", env!("CARGO_PKG_VERSION")));
    for command in ["run", "audit", "doctor", "simulate"] {
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
        for word in ["audit", "doctor", "power-fallback", "patience"] {
            assert!(said.out.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn manual_pages_are_written_for_every_command() {
    let directory = scratch();
    let path = directory.path().to_str().unwrap();
    assert_eq!(said(&["man", path]).code, Some(0));
    for page in ["", "-run", "-audit", "-doctor", "-simulate", "-completions"] {
        let page = directory.path().join(format!("rsmi-compat{page}.1"));
        let text = std::fs::read_to_string(&page).unwrap();
        assert!(text.contains(".TH rsmi-compat"), "{}", page.display());
    }
    let hidden = ["rsmi-compat-man.1", "rsmi-compat-doctor-ask.1"];
    assert!(hidden.iter().all(|page| !directory.path().join(page).exists()));
    said(&["man", "/no/such/directory"]).refuses(2, &["/no/such/directory"]);
}
