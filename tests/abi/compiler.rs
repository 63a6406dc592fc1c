//! Shows C and C++ to the compilers of this machine, in every standard that they know.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

/// A language, its compilers and its standards.
type Language = (&'static str, &'static [&'static str], &'static [&'static str]);

const LANGUAGES: [Language; 2] = [
    ("c", &["gcc", "clang"], &["c99", "gnu99", "c11", "c17", "c2x", "c23", "c2y"]),
    (
        "c++",
        &["g++", "clang++"],
        &["c++11", "gnu++11", "c++14", "c++17", "c++20", "c++23", "c++26"],
    ),
];

/// A compiler of C++ may be there without its library.
const PROBE: &str = "#ifdef __cplusplus\n#include <cstdint>\n#endif\n";

/// A compiler and a standard that it knows.
pub struct Dialect {
    compiler: &'static str,
    language: &'static str,
    standard: &'static str,
}

/// Every dialect of this machine, those of C at least.
pub fn dialects() -> Vec<Dialect> {
    let mut found = Vec::new();
    for (language, compilers, standards) in LANGUAGES {
        for &compiler in compilers {
            for &standard in standards {
                let dialect = Dialect { compiler, language, standard };
                if dialect.run(&[], PROBE).is_some_and(|output| output.status.success()) {
                    found.push(dialect);
                }
            }
        }
        if !found.iter().any(|dialect| dialect.language == language) {
            let all = compilers.join(" or ");
            // One of C has linked this test.
            assert!(language != "c", "no compiler of C here: install {all}");
            needs::skip(&format!("no compiler of {language} here ({all}): only C is compiled"));
        }
    }
    found
}

impl Dialect {
    /// Fails the test, with the compiler's words, unless the text compiles without a warning.
    #[track_caller]
    pub fn check(&self, more: &[&str], source: &str) {
        let mut arguments = vec!["-Wall", "-Wextra", "-Werror", "-pedantic-errors"];
        arguments.extend(more);
        arguments.extend(["-I", concat!(env!("CARGO_MANIFEST_DIR"), "/include")]);
        let output = self.run(&arguments, source).expect("it was there a moment ago");
        let Dialect { compiler, standard, .. } = self;
        assert!(
            output.status.success(),
            "{compiler} -std={standard} {}:\n{}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// None if there is no such compiler.
    fn run(&self, arguments: &[&str], source: &str) -> Option<Output> {
        let mut child = Command::new(self.compiler)
            .arg(format!("-std={}", self.standard))
            .args(arguments)
            .args(["-fsyntax-only", "-x", self.language, "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .ok()?;
        // A compiler that does not know the standard ends without reading: its status tells.
        let _ = child.stdin.take().expect("it is piped").write_all(source.as_bytes());
        Some(child.wait_with_output().expect("a child that was started ends"))
    }
}
