//! From the text of a description to a checked [`Description`], or to an error that says where to look.

use crate::description::{Description, Gpu};
use crate::fault;
use rustix::fs::OFlags;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use toml::{Table, Value};

/// Bytes of a description.
const LONGEST: u64 = 1 << 20;

/// Cards and partitions, four times what a large machine has: each is linked to every other.
const MOST_DEVICES: u32 = 512;

/// What is wrong with a description, in one line.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{file}: {source}")]
    Read { file: String, source: io::Error },
    #[error("{file}:{line}: {key}: {what}")]
    Value { file: String, line: usize, key: String, what: String },
    #[error("{file}: {what}")]
    Machine { file: String, what: String },
    #[error("no machine is called `{name}`; there are {known}")]
    Unknown { name: String, known: String },
    #[error("{name} is `{value}`, allowed is {allowed}")]
    Environment { name: &'static str, value: String, allowed: String },
    #[error("cannot write the tree: {0}")]
    Write(#[from] io::Error),
}

/// Reads a machine; `file` is what errors call it, `chips` are those that it may name.
pub(crate) fn load(file: &str, text: &str, chips: &[(&str, &str)]) -> Result<Description, Error> {
    let mut machine: Description = parse(file, text)?;
    let raw: Table = parse(file, text)?;
    let own = raw.get("chip").and_then(Value::as_table);
    let raw_gpus = raw.get("gpu").and_then(Value::as_array);
    for (index, raw_gpu) in raw_gpus.into_iter().flatten().enumerate() {
        let Some(name) = machine.gpu[index].chip.clone() else { continue };
        let mut merged = chip(&name, own, chips)?.map_err(|what| {
            let what = format!("gpu {index}: {what}");
            Error::Machine { file: file.into(), what }
        })?;
        merge(&mut merged, raw_gpu);
        // Both were read by themselves above, so this only fails where the two do not fit.
        machine.gpu[index] = merged.try_into().map_err(|error: toml::de::Error| {
            let what = format!("gpu {index} does not fit its chip {name}: {}", error.message());
            Error::Machine { file: file.into(), what }
        })?;
    }
    check(&machine)
        .and_then(|()| fault::check(&machine.fault))
        .map_err(|what| Error::Machine { file: file.into(), what })?;
    Ok(machine)
}

/// The text of a description, which is a plain file of at most [`LONGEST`] bytes.
pub(crate) fn text(path: &Path) -> io::Result<String> {
    let wrong = |what: String| Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    // A FIFO that nobody writes is opened at once, and then refused.
    let flags = OFlags::NONBLOCK.bits() as i32;
    let mut file = fs::OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return wrong("a description is a plain file".into());
    }
    let mut text = String::new();
    file.by_ref().take(LONGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST {
        return wrong(format!("a description has at most {LONGEST} bytes"));
    }
    Ok(text)
}

/// All keys of a chip, those of the chip that it is like included; or what is wrong with its name.
fn chip(
    name: &str,
    own: Option<&Table>,
    chips: &[(&str, &str)],
) -> Result<Result<Value, String>, Error> {
    let found = match own.and_then(|own| own.get(name)) {
        Some(chip) => Some(chip.clone()),
        None => built_in(name, chips)?,
    };
    let Some(mut chip) = found else {
        let own = own.into_iter().flat_map(|own| own.keys().map(String::as_str));
        let known: Vec<_> = chips.iter().map(|(name, _)| *name).chain(own).collect();
        return Ok(Err(format!("there is no chip `{name}`; there are {}", known.join(", "))));
    };
    if let Some(like) = chip.as_table_mut().and_then(|keys| keys.remove("chip")) {
        let like = like.as_str().unwrap_or_default();
        if chips.iter().all(|(built_in, _)| *built_in != like) {
            return Ok(Err(format!("chip `{name}` is like `{like}`, which is no built-in chip")));
        }
        // A chip of one's own is like a built-in one, be it of the same name.
        match self::chip(like, None, chips)? {
            Ok(mut base) => {
                merge(&mut base, &chip);
                chip = base;
            }
            wrong => return Ok(wrong),
        }
    }
    Ok(Ok(chip))
}

fn built_in(name: &str, chips: &[(&str, &str)]) -> Result<Option<Value>, Error> {
    let Some((name, text)) = chips.iter().find(|(chip, _)| *chip == name) else {
        return Ok(None);
    };
    let file = format!("chips/{name}.toml");
    parse::<Gpu>(&file, text)?;
    parse(&file, text).map(|table| Some(Value::Table(table)))
}

/// Lays `over` on `base`; tables key by key, everything else as a whole.
fn merge(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Table(base), Value::Table(over)) => {
            for (key, value) in over {
                match base.get_mut(key) {
                    Some(old) => merge(old, value),
                    None => drop(base.insert(key.clone(), value.clone())),
                }
            }
        }
        (base, over) => *base = over.clone(),
    }
}

pub(crate) fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Error> {
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = text[..start].matches('\n').count();
        let words = text.lines().nth(line).unwrap_or_default();
        let what = error.message().trim().replace('\n', " ");
        Error::Value { file: file.into(), line: line + 1, key: key_of(words), what }
    })
}

/// The key that a line of TOML sets, or the table that it opens.
fn key_of(line: &str) -> String {
    let key = line.split_once('=').map_or(line, |(key, _)| key);
    key.split('#').next().unwrap_or(key).trim().to_owned()
}

/// What no single key can be blamed for.
fn check(machine: &Description) -> Result<(), String> {
    let mut addresses = BTreeSet::new();
    for (index, gpu) in machine.gpu.iter().enumerate() {
        let who = format!("gpu {index}");
        let pci = gpu.pci.ok_or(format!("{who}: `pci` is missing, like pci = \"0000:c1:00.0\""))?;
        if !addresses.insert(pci) {
            return Err(format!("{who}: another card has the address {pci}"));
        }
        if gpu.device.is_none() {
            return Err(format!("{who}: `device` is missing, like device = 0x74a1, or a `chip`"));
        }
        let shown = machine.kfd && gpu.kfd.as_ref().is_some_and(|kfd| !kfd.hidden);
        if shown && gpu.kfd.as_ref().is_some_and(|kfd| kfd.gfx_target_version.is_none()) {
            return Err(format!("{who}: `kfd.gfx_target_version` is missing, like 90402"));
        }
        for (file, mode) in &gpu.mode {
            u32::from_str_radix(mode, 8).ok().filter(|mode| *mode <= 0o777).ok_or(format!(
                "{who}: mode of `{file}` is `{mode}`, allowed is octal like \"0400\""
            ))?;
        }
        for (name, clock) in gpu.clocks() {
            if clock.levels.is_empty() {
                return Err(format!("{who}: `clock.{name}` has no levels"));
            }
        }
        let pcie = gpu.pcie.as_ref();
        let levels = pcie.and_then(|pcie| pcie.levels.as_ref()).map_or(0, Vec::len);
        if pcie.and_then(|pcie| pcie.level).is_some_and(|level| level >= levels) {
            return Err(format!("{who}: `pcie.level` must be less than the number of levels"));
        }
    }
    let devices = machine.gpu.iter().map(Gpu::drm_nodes).fold(0, u32::saturating_add);
    if devices > MOST_DEVICES {
        return Err(format!("{devices} cards and partitions, allowed are {MOST_DEVICES}"));
    }
    for other in &machine.other {
        if !addresses.insert(other.pci) {
            return Err(format!("other: another card has the address {}", other.pci));
        }
    }
    for process in &machine.process {
        for on in &process.on {
            let gpu = machine.gpu.get(on.gpu);
            if gpu.is_none_or(|gpu| on.partition >= gpu.partitions() as usize) {
                return Err(format!(
                    "process {}: there is no gpu {} with a partition {}",
                    process.pid, on.gpu, on.partition
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "about = 'x'\n[cpu]\nnodes = 1\ncores = 8\nmemory = 1\n";
    const CHIPS: &[(&str, &str)] =
        &[("big", "device = 1\npower.cap = 300.0\npower.label = 'PPT'\n")];

    fn error(rest: &str) -> String {
        match load("m.toml", &format!("{GOOD}{rest}"), CHIPS) {
            Ok(_) => panic!("accepted: {rest}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_bad_key_is_told_with_file_line_key_and_what_is_allowed() {
        let text = error("[[gpu]]\nchip = 'big'\npower.cpa = 3.0\n");
        assert!(text.starts_with("m.toml:8: power.cpa: unknown field `cpa`"), "{text}");
        assert!(text.contains("`cap_default`"), "{text}");
        let text = error("[[gpu]]\ngpu_busy_percent = 101 # too much\n");
        let expected =
            "m.toml:7: gpu_busy_percent: 101 is out of range, allowed is 0 to 100 percent";
        assert_eq!(text, expected);
        let text = error("[[gpu]]\npci = 'c1:00.0'\n");
        assert!(text.starts_with("m.toml:7: pci: `c1:00.0` is not a PCI address like"), "{text}");
        let text = error("[[gpu]]\nunique_id = 5\n");
        assert!(text.starts_with("m.toml:7: unique_id: invalid type: integer `5`"), "{text}");
        let text = error("[[gpu]\n");
        assert!(text.starts_with("m.toml:6: [[gpu]"), "{text}");
    }

    #[test]
    fn nothing_leads_out_of_the_tree() {
        let card = "[[gpu]]\nchip = 'big'\npci = '0000:c1:00.0'\n";
        for key in [
            "files.\"/etc/passwd\" = ''",
            "files.\"../x\" = ''",
            "absent = ['../../x']",
            "read_error = ['/x']",
            "mode.\"a/../../x\" = '0400'",
            "ras.blocks.\"../x\" = {}",
            "firmware.\"a/b\" = 1",
            "drm.connectors = ['../x']",
        ] {
            let text = error(&format!("{card}{key}\n"));
            assert!(text.starts_with("m.toml:9: "), "{key}: {text}");
            assert!(text.contains(", allowed are "), "{key}: {text}");
        }
        let text =
            error("[[other]]\npci = '0000:c1:00.0'\nvendor = 1\ndevice = 1\ndriver = '../x'\n");
        assert!(text.starts_with("m.toml:10: driver: `../x` is no name of a file"), "{text}");
    }

    #[test]
    fn counts_are_bounded() {
        let text = error("[[gpu]]\nkfd.xcc = 4000000000\n");
        let expected =
            "m.toml:7: kfd.xcc: 4000000000 is out of range, allowed is 1 to 64 parts of one card";
        assert_eq!(text.replace("(parts of one card)", "parts of one card"), expected);
        let wrong = GOOD.replace("nodes = 1", "nodes = 70000");
        let Err(text) = load("m.toml", &wrong, CHIPS) else { panic!("accepted") };
        let expected = "m.toml:3: nodes: 70000 is out of range, allowed is 0 to 64 sockets";
        assert_eq!(text.to_string(), expected);
        let card = |at: u32| {
            format!(
                "[[gpu]]\nchip = 'big'\npci = '{at:04x}:c1:00.0'\nkfd.xcc = 64\n\
                 kfd.hidden = true\npartition.compute = 'CPX'\n"
            )
        };
        let cards: String = (0..9).map(card).collect();
        assert_eq!(error(&cards), "m.toml: 576 cards and partitions, allowed are 512");
        let cards: String = (0..8).map(card).collect();
        load("m.toml", &format!("{GOOD}{cards}"), CHIPS).expect("a good machine");
    }

    #[test]
    fn a_description_is_a_plain_file_that_ends() {
        let dir = tempfile::tempdir().expect("a directory");
        let fifo = dir.path().join("fifo.toml");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, mode).expect("a FIFO");
        for path in [fifo.as_path(), Path::new("/dev/zero"), dir.path()] {
            let error = text(path).expect_err("no plain file").to_string();
            assert!(error.contains("plain file"), "{}: {error}", path.display());
        }
        let long = dir.path().join("long.toml");
        fs::write(&long, "#".repeat(LONGEST as usize + 1)).expect("written");
        assert!(text(&long).expect_err("too long").to_string().contains("1048576 bytes"));
        fs::write(&long, "#".repeat(LONGEST as usize)).expect("written");
        assert_eq!(text(&long).expect("a text").len() as u64, LONGEST);
    }

    #[test]
    fn what_is_missing_or_doubled_is_told_with_its_card() {
        assert_eq!(
            error("[[gpu]]\ndevice = 1\n"),
            "m.toml: gpu 0: `pci` is missing, like pci = \"0000:c1:00.0\""
        );
        let card = "[[gpu]]\npci = '0000:c1:00.0'\nchip = 'big'\n";
        let twice = error(&format!("{card}{card}"));
        assert_eq!(twice, "m.toml: gpu 1: another card has the address 0000:c1:00.0");
        let unknown = error("[[gpu]]\npci = '0000:c1:00.0'\nchip = 'huge'\n");
        assert!(unknown.starts_with("m.toml: gpu 0: there is no chip `huge`; there are big"));
    }

    #[test]
    fn a_card_overrides_its_chip_key_by_key() {
        let text =
            format!("{GOOD}[[gpu]]\nchip = 'big'\npci = '0000:c1:00.0'\npower.cap = 250.0\n");
        let machine = load("m.toml", &text, CHIPS).expect("a good machine");
        let power = machine.gpu[0].power.as_ref().expect("power");
        assert_eq!((power.cap, power.label.as_deref()), (Some(250.0), Some("PPT")));
        assert_eq!(machine.gpu[0].device, Some(1));
    }

    #[test]
    fn a_chip_that_is_like_another_says_only_what_differs() {
        let own = "[chip.bigger]\nchip = 'big'\npower.cap = 400.0\n";
        let card = "[[gpu]]\nchip = 'bigger'\npci = '0000:c1:00.0'\n";
        let machine = load("m.toml", &format!("{GOOD}{own}{card}"), CHIPS).expect("a good machine");
        let power = machine.gpu[0].power.as_ref().expect("power");
        assert_eq!((power.cap, power.label.as_deref()), (Some(400.0), Some("PPT")));
        for like in ["bigger", "huge"] {
            let text = error(&format!("{}{card}", own.replace("'big'", &format!("'{like}'"))));
            let expected =
                format!("m.toml: gpu 0: chip `bigger` is like `{like}`, which is no built-in chip");
            assert_eq!(text, expected);
        }
    }
}
