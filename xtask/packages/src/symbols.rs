//! Debian's list of what the library exports, with the version that each came with.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use object::read::elf::ElfFile64;
use object::{Endianness, Object as _, ObjectSymbol as _};

const FILE: &str = "packaging/debian/rsmi-compat.symbols";
const VERSION: &str = "RSMI_COMPAT_1";

/// Fails where the list, which is `text`, is not that of the library.
pub fn check(text: &str, library: &Path) -> Result<()> {
    let data = fs::read(library).with_context(|| library.display().to_string())?;
    let elf = ElfFile64::<Endianness>::parse(&*data)?;
    let defined = elf.dynamic_symbols().filter(|symbol| symbol.is_definition());
    let exported: BTreeSet<_> = defined.filter_map(|symbol| symbol.name().ok()).collect();
    let listed = listed(text);
    let missing: Vec<_> = exported.difference(&listed).copied().collect();
    ensure!(
        missing.is_empty(),
        "{FILE} lacks {}: add each with the version that it comes with",
        missing.join(", ")
    );
    let gone: Vec<_> = listed.difference(&exported).copied().collect();
    ensure!(gone.is_empty(), "{FILE} has {}, which the library does not export", gone.join(", "));
    Ok(())
}

/// The names of lines such as ` rsmi_init@RSMI_COMPAT_1 0.9.0`.
fn listed(text: &str) -> BTreeSet<&str> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(' '));
    let names = lines.filter_map(|line| line.split_once('@'));
    names.filter(|(_, rest)| rest.starts_with(VERSION)).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_list_that_is_not_the_librarys_stops_the_packing() {
        let place = tempfile::tempdir().unwrap();
        let (source, library) = (place.path().join("l.c"), place.path().join("l.so"));
        fs::write(&source, "int one(void) { return 1; }\nint two(void) { return 2; }\n").unwrap();
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-nostdlib", "-fPIC"]).arg(&source).arg("-o").arg(&library);
        assert!(cc.status().unwrap().success());
        let head = "l.so.1 l #MINVER#\n* Build-Depends-Package: l-dev\n";
        let [one, two, three] =
            ["one", "two", "three"].map(|name| format!(" {name}@RSMI_COMPAT_1 0.9.0\n"));
        check(&format!("{head}{one}{two}"), &library).unwrap();
        let error = check(&format!("{head}{one}"), &library).unwrap_err().to_string();
        assert!(error.contains("lacks two:"), "{error}");
        let error = check(&format!("{head}{one}{two}{three}"), &library).unwrap_err().to_string();
        assert!(error.contains("has three,"), "{error}");
    }
}
