//! What is installed to be read, under the same paths as in the sources, so that links lead there too.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};
use pulldown_cmark::{Event, Options, Parser, Tag};

use crate::layout::sorted;

/// Files, and directories with the files in them.
const READ: [&str; 13] = [
    "CHANGELOG.md",
    "LICENSE",
    "MATRIX.md",
    "MIGRATION.md",
    "README.md",
    "docs",
    "examples-c",
    "simulator/MACHINES.md",
    "tests/abi/compat-symbols.txt",
    "tests/abi/symbols.txt",
    "tests/lab/client-differences.toml",
    "tests/lab/differences.toml",
    "tests/lab/state-differences.toml",
];

/// Each file with the path that it gets. Of a page those links are taken away that would lead to
/// what is in the sources alone.
pub fn all(root: &Path, scratch: &Path) -> Result<Vec<(PathBuf, PathBuf)>> {
    let mut names = BTreeSet::new();
    for name in READ.map(PathBuf::from) {
        if !root.join(&name).is_dir() {
            names.insert(name);
            continue;
        }
        for file in sorted(&root.join(&name))?.iter().filter(|path| path.is_file()) {
            names.insert(name.join(file.file_name().expect("it was listed")));
        }
    }
    let mut files = Vec::new();
    for name in &names {
        let mut source = root.join(name);
        if name.extension().is_some_and(|ending| ending == "md") {
            let text = fs::read_to_string(&source)
                .with_context(|| format!("cannot read {}", source.display()))?;
            source = scratch.join("documents").join(name);
            fs::create_dir_all(source.parent().expect("it is below scratch"))?;
            fs::write(&source, without_dead_links(&text, name, &names))?;
        }
        files.push((source, name.clone()));
    }
    Ok(files)
}

/// The page `name`, in which a link to none of `there` is its text alone.
fn without_dead_links(text: &str, name: &Path, there: &BTreeSet<PathBuf>) -> String {
    let mut alive = String::new();
    let mut copied = 0;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        let Event::Start(Tag::Link { dest_url, .. }) = event else { continue };
        let file = dest_url.split('#').next().unwrap_or_default();
        if file.is_empty() || file.contains("://") || there.contains(&beside(name, file)) {
            continue;
        }
        let link = &text[range.clone()];
        let words = link.strip_prefix('[').and_then(|link| Some(link.rsplit_once("](")?.0));
        alive += &text[copied..range.start];
        alive += words.unwrap_or(link);
        copied = range.end;
    }
    alive + &text[copied..]
}

/// What a page means by a path.
fn beside(page: &Path, path: &str) -> PathBuf {
    let mut found = page.parent().unwrap_or(Path::new("")).to_owned();
    for part in Path::new(path).components() {
        match part {
            Component::ParentDir => {
                found.pop();
            }
            part => found.push(part),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_would_be_dead_is_its_text() {
        let there = BTreeSet::from(["README.md", "docs/a.md"].map(PathBuf::from));
        let text = "[a](a.md#x) [r](../README.md), [b `c`](../src/b.rs) [u](https://x/y) [h](#h)\n\
                    `[code](no.md)` ![p](../docs/a.md)\n";
        let expected = "[a](a.md#x) [r](../README.md), b `c` [u](https://x/y) [h](#h)\n\
                        `[code](no.md)` ![p](../docs/a.md)\n";
        assert_eq!(without_dead_links(text, Path::new("docs/b.md"), &there), expected);
    }
}
