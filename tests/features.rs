//! A library built with `--all-features` is the library of the default ones: whoever packages or
//! checks it so gets one that works.

use std::fs;
use std::path::{Path, PathBuf};

/// The features of Cargo.toml, and of what they consist.
fn features() -> Vec<(&'static str, &'static str)> {
    let manifest = include_str!("../Cargo.toml");
    let lines = manifest.lines().skip_while(|line| *line != "[features]").skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    lines.filter_map(|line| line.split_once(" = ")).collect()
}

/// Where the library is made to differ: its sources and what runs before they are compiled.
fn sources() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = vec![root.join("build.rs")];
    let mut directories =
        ["src", "core/src", "macros/src"].map(|sources| root.join(sources)).to_vec();
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("it is a directory") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() { directories.push(path) } else { found.push(path) }
        }
    }
    found
}

#[test]
fn nothing_but_the_default_features_makes_a_difference() {
    let features = features();
    let (_, default) = features.iter().find(|(name, _)| *name == "default").expect("some are on");
    assert!(features.iter().any(|(name, _)| *name == "symbol-version"), "{features:?}");
    let mut asked = 0;
    for source in sources() {
        let text = fs::read_to_string(&source).expect("it is text");
        for part in text.split("feature = \"").skip(1) {
            let name = part.split('"').next().unwrap_or_default();
            assert!(default.contains(&format!("\"{name}\"")), "{}: {name}", source.display());
            asked += 1;
        }
        for part in text.split("CARGO_FEATURE_").skip(1) {
            let end = part.find(|c: char| !c.is_ascii_uppercase() && c != '_');
            let name = part[..end.unwrap_or(part.len())].to_lowercase().replace('_', "-");
            assert!(default.contains(&format!("\"{name}\"")), "{}: {name}", source.display());
            asked += 1;
        }
    }
    assert!(asked > 1, "where is symbol-version?");
}

#[test]
fn distributors_read_of_every_feature() {
    let guide = include_str!("../docs/distributors.md");
    for (name, _) in features().into_iter().filter(|(name, _)| *name != "default") {
        assert!(guide.contains(&format!("\n| `{name}` |")), "docs/distributors.md lacks {name}");
    }
}
