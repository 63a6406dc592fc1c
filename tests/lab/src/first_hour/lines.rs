//! The lines that the documents print for a shell, and who types each of them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// README's line that installs all that a build takes; the root is made with these packages.
const PREREQUISITES: &str = "sudo apt-get install cargo ";

/// What a user does on the machine.
pub enum Part {
    /// Types the blocks of a page, or those below one heading, without what is typed elsewhere.
    Page { file: &'static str, heading: &'static str },
    /// Types the one that begins so within sentences or a table.
    Within { file: &'static str, begin: &'static str },
    /// Has these packages, as a reader of what follows.
    Has(&'static str),
    /// Hits the key of completion, and is offered this.
    Completes { typed: &'static str, offered: &'static [&'static str] },
}
use Part::{Completes, Has, Page, Within};

/// In this order. The crates are vendored below "Build"; after that no line builds anything else.
pub const PARTS: [Part; 16] = [
    Page { file: "README.md", heading: "" },
    Within { file: "CONTRIBUTING.md", begin: "cargo build --workspace" },
    Within { file: "CONTRIBUTING.md", begin: "cargo xtask stage" },
    Has("bash-completion"),
    Completes { typed: "rsmi-compat run --a", offered: &["--abi", "--amdsmi"] },
    Has("btop python3"),
    Page { file: "docs/administrators.md", heading: "" },
    Page { file: "docs/troubleshooting.md", heading: "" },
    Has("cmake pkgconf"),
    Page { file: "docs/authors.md", heading: "" },
    Within { file: "docs/authors.md", begin: "make -C examples-c " },
    Page { file: "simulator/MACHINES.md", heading: "" },
    Within { file: "docs/administrators.md", begin: "sudo make uninstall " },
    Page { file: "docs/distributors.md", heading: "## Build" },
    Page { file: "docs/distributors.md", heading: "## Packages" },
    Completes { typed: "rsmi-compat simulate --lo", offered: &["--load"] },
];

/// Lines that are typed elsewhere, by how they begin and the file that does it.
const ELSEWHERE: [(&str, &str); 8] = [
    (PREREQUISITES, "tests/lab/src/first_hour/lines.rs"),
    ("module ", "tests/lab/install/module-both.sh"),
    ("docker run ", "tests/guides.rs"),
    ("cc -I /opt/rocm/include monitor.c ", "tests/lab/install/pkg-config.sh"),
    ("cargo cinstall ", "tests/lab/install/cinstall.sh"),
    ("cargo xtask package all", ".ci/run"),
    ("rsmi-compat run --nvml ", "tests/lab/src/nvml.rs"),
    ("sudo rpm -i ", "tests/lab/install/rpm.sh"),
];

/// Lines that nobody types; docs/testing.md says why.
const NOBODY: [&str; 6] = [
    "sudo systemctl ",
    "hipcc ",
    "rsmi-compat simulate --machine ./mine.toml -- rocm-smi",
    "cargo run -p rsmi-simulator-releases ",
    "RUSTFLAGS='--cfg lab_no_door ",
    "RSMI_LAB_LIBRARY=target/crippled/",
];

/// What the user does, in order.
pub enum Step {
    Type(String),
    Install(&'static str),
    Complete(&'static str, &'static [&'static str]),
}

/// Where the guide's lines look for packages.
pub const PACKAGES: &str = "target/package/";

impl Step {
    /// The packages that it names.
    pub fn packages(&self) -> impl Iterator<Item = &str> {
        self.text().split_whitespace().filter_map(|word| Some(word.split_once(PACKAGES)?.1))
    }

    pub fn text(&self) -> &str {
        match self {
            Self::Type(text) => text,
            Self::Install(text) | Self::Complete(text, _) => text,
        }
    }
}

/// The packages that README says a build takes.
pub fn packages(workspace: &Path) -> Result<Vec<String>> {
    let readme = read(workspace, "README.md")?;
    let packages = readme.lines().find_map(|line| line.strip_prefix(PREREQUISITES));
    let packages = packages.with_context(|| format!("README has no line `{PREREQUISITES}…`"))?;
    Ok(["cargo"].into_iter().chain(packages.split_whitespace()).map(str::to_owned).collect())
}

pub fn steps(workspace: &Path) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for part in PARTS {
        match part {
            Page { file, heading } => {
                let found = blocks(&read(workspace, file)?, heading);
                ensure!(!found.is_empty(), "{file} {heading} has no lines to type");
                steps.extend(found.into_iter().filter(|line| is_ours(line)).map(Step::Type));
            }
            Within { file, begin } => {
                let text = read(workspace, file)?;
                let line = text.split('`').find(|code| code.starts_with(begin));
                let line = line.with_context(|| format!("{file} has no `{begin}`"))?;
                steps.push(Step::Type(line.to_owned()));
            }
            Has(packages) => steps.push(Step::Install(packages)),
            Completes { typed, offered } => steps.push(Step::Complete(typed, offered)),
        }
    }
    Ok(steps)
}

fn read(workspace: &Path, file: &str) -> Result<String> {
    fs::read_to_string(workspace.join(file)).with_context(|| file.to_owned())
}

fn is_ours(line: &str) -> bool {
    let others = ELSEWHERE.iter().map(|(begin, _)| begin).chain(&NOBODY);
    !others.into_iter().any(|begin| line.starts_with(begin))
}

/// The lines of the shell's blocks below a heading, or of all.
fn blocks(text: &str, heading: &str) -> Vec<String> {
    let mut inside = heading.is_empty();
    let (mut shell, mut fence) = (false, false);
    let mut found = Vec::new();
    for line in text.replace("\\\n", " ").lines() {
        if line.starts_with("```") {
            fence = !fence;
            shell = fence && (line == "```sh" || line == "```sh run");
        } else if shell && inside && !line.is_empty() {
            found.push(line.to_owned());
        } else if !fence && !heading.is_empty() && line.starts_with("## ") {
            inside = line == heading;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn lines_are_those_of_the_shell_below_the_heading() {
        let text = "```sh\na\n```\n## One\n```sh\nb \\\n c\n\nd\n```\n```ini\n## Two\ne\n```\n\
                    ```sh run\nf\n```\n## Two\n```sh\ng\n```\n```shell\nh\n```\n";
        assert_eq!(blocks(text, "## One"), ["b   c", "d", "f"]);
        assert_eq!(blocks(text, ""), ["a", "b   c", "d", "f", "g"]);
    }

    fn pages(workspace: &Path) -> Vec<String> {
        let mut pages = Vec::new();
        for place in [".", "docs", "simulator"] {
            for entry in fs::read_dir(workspace.join(place)).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                if name.ends_with(".md") {
                    pages.push(format!("{place}/{name}"));
                }
            }
        }
        assert!(pages.len() >= 10, "{pages:?}");
        pages
    }

    /// A line that is printed is typed, or it is known who does not.
    #[test]
    fn each_printed_line_is_typed_by_somebody() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let typed = steps(&workspace).unwrap().into_iter().filter_map(|step| match step {
            Step::Type(line) => Some(line),
            _ => None,
        });
        let typed: BTreeSet<_> = typed.collect();
        let mut printed = BTreeSet::new();
        for page in pages(&workspace) {
            for line in blocks(&read(&workspace, &page).unwrap(), "") {
                let known = typed.contains(&line) || !is_ours(&line);
                assert!(known, "{page}: nobody types `{line}`");
                printed.insert(line);
            }
        }
        let is_printed = |begin: &str| printed.iter().any(|line| line.starts_with(begin));
        for (begin, file) in ELSEWHERE {
            assert!(is_printed(begin), "no page prints `{begin}` any more");
            let text = read(&workspace, file).unwrap();
            assert!(text.contains(begin.trim_end()), "{file} does not type `{begin}`");
        }
        let page = read(&workspace, "docs/testing.md").unwrap();
        for begin in NOBODY {
            assert!(is_printed(begin), "no page prints `{begin}` any more");
            let begin = begin.trim_end();
            let said = page.contains(&format!("| `{begin}"));
            assert!(said, "docs/testing.md does not say why nobody types `{begin}`");
        }
    }
}
