//! /etc/rsmi-compat.conf: what a person or a package says for every program of the machine.
//!
//! It is read as bytes, line by line. A line that is wrong is named, and the others count. Whatever stands in the file's place, reading it neither waits nor fills memory.

use crate::{Open, RELEASES};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

pub const PATH: &str = "/etc/rsmi-compat.conf";

/// A file that holds more is none of ours.
const MOST: u64 = 64 << 10;

/// The settings; of lines with the same key the last one counts.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Conf {
    /// `abi = 6.0`: a person says which rocm_smi.h the machine's programs were compiled with.
    pub abi: Option<Open>,
    /// `abi-of-usr = 6.0`: the distribution says it of its own programs, which lie below /usr.
    pub abi_of_usr: Option<Open>,
}

impl Conf {
    /// The settings of a file, and what is wrong with it: ":3: …", or ": …" of all of it.
    pub fn read(file: &Path) -> (Self, Vec<String>) {
        match content(file) {
            Ok(content) => Self::parse(&content),
            Err(wrong) => (Self::default(), wrong.into_iter().collect()),
        }
    }

    pub fn parse(content: &[u8]) -> (Self, Vec<String>) {
        let mut conf = Self::default();
        let mut wrong = Vec::new();
        for (number, line) in (1..).zip(content.split(|byte| *byte == b'\n')) {
            let line = line.split(|byte| *byte == b'#').next().unwrap_or_default().trim_ascii();
            if line.is_empty() {
                continue;
            }
            if let Err(why) = conf.take(line) {
                wrong.push(format!(":{number}: {} is ignored: {why}", line.escape_ascii()));
            }
        }
        (conf, wrong)
    }

    fn take(&mut self, line: &[u8]) -> Result<(), String> {
        let line = std::str::from_utf8(line).map_err(|_| "it is not UTF-8")?;
        let (key, value) = line.split_once('=').ok_or("it is not key = value")?;
        let place = match key.trim() {
            "abi" => &mut self.abi,
            "abi-of-usr" => &mut self.abi_of_usr,
            _ => return Err("the keys are abi and abi-of-usr".into()),
        };
        let open = Open::parse(value.trim()).ok_or_else(|| format!("the value is {RELEASES}"))?;
        *place = Some(open);
        Ok(())
    }
}

/// What the file holds; or what is wrong with it, which is nothing where there is none.
fn content(file: &Path) -> Result<Vec<u8>, Option<String>> {
    match start(file, MOST + 1) {
        Ok(Some(content)) if content.len() as u64 > MOST => {
            Err(Some(format!(": it has more than {MOST} bytes")))
        }
        Ok(Some(content)) => Ok(content),
        Ok(None) => Err(Some(": it is no regular file".into())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(None),
        Err(error) => Err(Some(format!(": it cannot be read: {error}"))),
    }
}

/// The first bytes of a file, so many at most; None of what is no regular file.
pub(crate) fn start(file: &Path, most: u64) -> std::io::Result<Option<Vec<u8>>> {
    // Opening a pipe would wait for a writer.
    let mut options = std::fs::OpenOptions::new();
    let file = options.read(true).custom_flags(libc::O_NONBLOCK).open(file)?;
    if !file.metadata()?.is_file() {
        return Ok(None);
    }
    let mut content = Vec::new();
    file.take(most).read_to_end(&mut content)?;
    Ok(Some(content))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Generation::{V5, V6_0, V7_0};

    #[test]
    fn lines_that_are_wrong_are_named_and_the_others_count() {
        let text = b"# b\xe4r\nabi = 5 # ours\n\xff = 1\nabi\nabi-of-usr=six\n color = red\n\n";
        let (conf, wrong) = Conf::parse(text);
        assert_eq!(conf, Conf { abi: Some(Open::only(V5)), abi_of_usr: None });
        let at: Vec<_> = wrong.iter().map(|line| line.split(' ').next().unwrap()).collect();
        assert_eq!(at, [":3:", ":4:", ":5:", ":6:"], "{wrong:?}");
    }

    #[test]
    fn the_last_line_of_a_key_counts() {
        let (conf, wrong) = Conf::parse(b"abi = 5\r\nabi = 6.1\nabi-of-usr = 10.1");
        let expected = Conf { abi: Some(Open::only(V6_0)), abi_of_usr: Some(Open::only(V7_0)) };
        assert_eq!((conf, wrong), (expected, Vec::new()));
    }

    #[test]
    fn the_example_says_nothing_and_each_of_its_lines_could() {
        let example = include_str!("../../packaging/rsmi-compat.conf.example");
        assert_eq!(Conf::parse(example.as_bytes()), (Conf::default(), Vec::new()));
        let lines: Vec<_> = example.lines().filter_map(|line| line.strip_prefix('#')).collect();
        // What is prose has a space behind the #.
        let lines: Vec<_> = lines.into_iter().filter(|line| line.starts_with('a')).collect();
        assert_eq!(lines.len(), 2);
        for line in &lines {
            let (conf, wrong) = Conf::parse(line.as_bytes());
            assert_eq!(wrong, Vec::<String>::new());
            assert_ne!(conf, Conf::default(), "{line}");
        }
        let (conf, wrong) = Conf::parse(lines.join("\n").as_bytes());
        assert_eq!((conf.abi.is_some(), conf.abi_of_usr.is_some(), wrong.len()), (true, true, 0));
    }

    #[test]
    fn what_is_no_file_neither_waits_nor_fills_memory() {
        let directory = tempfile::tempdir().unwrap();
        let of = |path: &Path| Conf::read(path);
        assert_eq!(of(&directory.path().join("missing")), (Conf::default(), Vec::new()));
        let pipe = directory.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let large = directory.path().join("large");
        std::fs::write(&large, vec![b'#'; MOST as usize + 1]).unwrap();
        for odd in [&pipe, Path::new("/dev/zero"), directory.path(), &large] {
            let (conf, wrong) = of(odd);
            assert_eq!((conf, wrong.len()), (Conf::default(), 1), "{}", odd.display());
        }
    }
}
