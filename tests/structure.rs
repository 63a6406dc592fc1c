//! The modules of src stand in layers, and a file of it can be read in one sitting.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// From the bottom to the top. A module uses those below its own layer, and none beside it.
const LAYERS: &[&[&str]] = &[
    // What depends on nothing of ours.
    &[
        "caller",
        "cancel",
        "environment",
        "facts",
        "handles",
        "layout",
        "log",
        "object",
        "put",
        "reserve",
        "spare",
    ],
    &["config", "door", "types"],
    &["map", "notification", "out", "status"],
    // The kernel's files, and what an answer may be.
    &["kernel", "told"],
    // libamd_smi, and who calls.
    &["amdsmi", "client", "fuzzing", "support"],
    &["gpu", "walk"],
    &["hip", "runtime"],
    // Each question with its two answers, and who of the two is asked.
    &["question"],
    &["ask"],
    // The C boundary.
    &["entry"],
    &["api", "face"],
];

const MOST_LINES: usize = 500;

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("core/src")
}

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("it is there") {
        let path = entry.expect("it is there").path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The files of src with their modules and texts.
fn sources() -> Vec<(PathBuf, String, String)> {
    let mut found = Vec::new();
    files(&src(), &mut found);
    let source = |path: PathBuf| {
        let inside = path.strip_prefix(src()).expect("it is below").to_owned();
        let top = inside.components().next().expect("it has a name");
        let module = Path::new(top.as_os_str()).with_extension("").display().to_string();
        let text = fs::read_to_string(&path).expect("it is text");
        (inside, module, text)
    };
    found.into_iter().map(source).filter(|(_, module, _)| module != "lib").collect()
}

/// The modules that a text names behind `crate::`, but for its comments and its tests.
fn used(text: &str) -> BTreeSet<String> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let code: Vec<_> =
        text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    let behind = code.split("crate::").skip(1);
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let mut names = BTreeSet::new();
    for text in behind {
        match text.strip_prefix('{') {
            // `use crate::{a, b::c};`
            Some(group) => {
                let group = group.split(';').next().unwrap_or_default();
                names.extend(group.split(',').map(|name| word(name.trim())));
            }
            None => {
                names.insert(word(text));
            }
        }
    }
    names
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

#[test]
fn a_module_uses_only_what_is_below_it() {
    let sources = sources();
    assert!(sources.len() > 100, "only {} files were found", sources.len());
    let mut wrong = Vec::new();
    let mut edges = 0;
    for (path, module, text) in &sources {
        // A file of tests alone may use what its module may not.
        if path.ends_with("tests.rs") {
            continue;
        }
        let own = layer(module).unwrap_or_else(|| panic!("no layer has {module}"));
        for name in used(text).iter().filter(|name| *name != module) {
            let Some(other) = layer(name) else { continue };
            edges += 1;
            if other >= own {
                wrong.push(format!("{}: {module} uses {name}", path.display()));
            }
        }
    }
    assert!(edges > 300, "only {edges} uses were found");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_layer_has_no_module_that_is_gone() {
    let there: BTreeSet<_> = sources().into_iter().map(|(_, module, _)| module).collect();
    let named: BTreeSet<_> = LAYERS.concat().into_iter().map(str::to_owned).collect();
    assert_eq!(named, there);
}

#[test]
fn no_file_is_longer_than_one_reads_in_a_sitting() {
    let lines = |text: &str| text.lines().count();
    let long: Vec<_> = sources()
        .into_iter()
        .filter(|(_, _, text)| lines(text) > MOST_LINES)
        .map(|(path, _, text)| format!("{}: {} lines", path.display(), lines(&text)))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn a_use_is_seen_in_every_form() {
    let text = "use crate::a::B;\nuse crate::{c, d::E};\n// crate::f\n    $crate::g::h!(1);\n\
                #[cfg(test)]\nmod tests {\n    use crate::i;\n}\n";
    assert_eq!(used(text).into_iter().collect::<Vec<_>>(), ["a", "c", "d", "g"]);
}
