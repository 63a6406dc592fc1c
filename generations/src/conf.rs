//! /etc/rsmi-compat.conf, and the files beside it in /etc/rsmi-compat.conf.d: what a person or a
//! package says for every program of the machine.
//!
//! They are read as bytes, line by line. A line that is wrong is named, and the others count.
//! Whatever stands in a file's place, reading it neither waits nor fills memory.

use crate::{Open, POLICIES, Policy, RELEASES};
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

pub const PATH: &str = "/etc/rsmi-compat.conf";

/// Its files named `*.conf` are read after that one, in the order of their names.
pub const DIRECTORY: &str = "/etc/rsmi-compat.conf.d";

/// What `log` may say.
pub const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

/// What `log-format` may say.
pub const FORMATS: [&str; 2] = ["text", "json"];

/// A file that holds more is none of ours.
const MOST: u64 = 64 << 10;

/// A directory that holds more files is none of ours.
const MOST_FILES: usize = 256;

/// A setting, and the file that says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said<T> {
    pub value: T,
    pub file: PathBuf,
}

/// The settings; of lines with the same key the last one counts.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Conf {
    /// `abi = 6.0`: a person says which rocm_smi.h the machine's programs were compiled with.
    pub abi: Option<Said<Open>>,
    /// `abi-of-usr = 6.0`: the distribution says it of its own programs, which lie below /usr.
    pub abi_of_usr: Option<Said<Open>>,
    /// `amdsmi = /absolute/path`: the libamd_smi to use. It counts only in a file that root alone
    /// can write, since what is loaded from there runs in every program.
    pub amdsmi: Option<Said<PathBuf>>,
    /// `keep-files = 0`: no file is kept open between two calls.
    pub keep_files: Option<Said<bool>>,
    /// `log = warn`: what is logged, one of [`LEVELS`].
    pub log: Option<Said<String>>,
    /// `log-format = json`: how a line of the log is written, one of [`FORMATS`].
    pub log_format: Option<Said<String>>,
    /// `no-wake = 1`: a GPU that the kernel has suspended is not woken.
    pub no_wake: Option<Said<bool>>,
    /// `power-fallback = 1`: the current power stands in for an average that a card does not report.
    pub power_fallback: Option<Said<bool>>,
    /// `source = kernel`: which source is asked.
    pub source: Option<Said<Policy>>,
}

/// A key, what its value is, and how the value is taken; false of a value that is none.
type Key = (&'static str, fn(&mut Conf, &str, &Path) -> bool, &'static str);

const KEYS: [Key; 9] = [
    ("abi", |conf, text, file| put(&mut conf.abi, Open::parse(text), file), RELEASES),
    ("abi-of-usr", |conf, text, file| put(&mut conf.abi_of_usr, Open::parse(text), file), RELEASES),
    (AMDSMI, |conf, text, file| put(&mut conf.amdsmi, absolute(text), file), "an absolute path"),
    ("keep-files", |conf, text, file| put(&mut conf.keep_files, switch(text), file), "0 or 1"),
    (
        "log",
        |conf, text, file| put(&mut conf.log, level(text), file),
        "one of error, warn, info, debug, trace",
    ),
    (
        "log-format",
        |conf, text, file| put(&mut conf.log_format, format(text), file),
        "text or json",
    ),
    ("no-wake", |conf, text, file| put(&mut conf.no_wake, switch(text), file), "0 or 1"),
    (
        "power-fallback",
        |conf, text, file| put(&mut conf.power_fallback, switch(text), file),
        "0 or 1",
    ),
    ("source", |conf, text, file| put(&mut conf.source, Policy::parse(text), file), POLICIES),
];

/// The key that counts only in a file of root's.
const AMDSMI: &str = "amdsmi";

fn put<T>(place: &mut Option<Said<T>>, value: Option<T>, file: &Path) -> bool {
    let said = value.map(|value| Said { value, file: file.to_owned() });
    let is_one = said.is_some();
    *place = said.or(place.take());
    is_one
}

fn absolute(text: &str) -> Option<PathBuf> {
    Some(PathBuf::from(text)).filter(|path| path.is_absolute())
}

fn level(text: &str) -> Option<String> {
    LEVELS.contains(&text).then(|| text.to_owned())
}

fn format(text: &str) -> Option<String> {
    FORMATS.contains(&text).then(|| text.to_owned())
}

fn switch(text: &str) -> Option<bool> {
    match text {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    }
}

impl Conf {
    /// The machine's settings, and what is wrong with them: "/etc/rsmi-compat.conf:3: …".
    pub fn of_machine() -> (Self, Vec<String>) {
        Self::read(Path::new(PATH), Path::new(DIRECTORY))
    }

    pub fn read(file: &Path, directory: &Path) -> (Self, Vec<String>) {
        let (mut conf, mut wrong) = (Self::default(), Vec::new());
        conf.add(file, &mut wrong);
        match files(directory) {
            Ok(files) => files.iter().for_each(|file| conf.add(file, &mut wrong)),
            Err(why) => wrong.extend(why.map(|why| format!("{}: {why}", directory.display()))),
        }
        (conf, wrong)
    }

    fn add(&mut self, file: &Path, wrong: &mut Vec<String>) {
        match content(file) {
            Ok((content, is_roots)) => wrong.extend(self.parse(&content, file, is_roots)),
            Err(why) => wrong.extend(why.map(|why| format!("{}: {why}", file.display()))),
        }
    }

    /// Takes the lines of one file, and returns what is wrong with them.
    pub fn parse(&mut self, content: &[u8], file: &Path, is_roots: bool) -> Vec<String> {
        let mut wrong = Vec::new();
        for (number, line) in (1..).zip(content.split(|byte| *byte == b'\n')) {
            let line = line.split(|byte| *byte == b'#').next().unwrap_or_default().trim_ascii();
            if line.is_empty() {
                continue;
            }
            if let Err(why) = self.take(line, file, is_roots) {
                let place = format!("{}:{number}", file.display());
                wrong.push(format!("{place}: {} is ignored: {why}", line.escape_ascii()));
            }
        }
        wrong
    }

    fn take(&mut self, line: &[u8], file: &Path, is_roots: bool) -> Result<(), String> {
        let line = std::str::from_utf8(line).map_err(|_| "it is not UTF-8")?;
        let (key, value) = line.split_once('=').ok_or("it is not key = value")?;
        let (key, value) = (key.trim(), value.trim());
        let Some((_, take, values)) = KEYS.iter().find(|(known, ..)| *known == key) else {
            return Err(format!("the keys are {}", KEYS.map(|(key, ..)| key).join(", ")));
        };
        if key == AMDSMI && !is_roots {
            return Err("it counts only in a file of root's that nobody else can write".into());
        }
        if take(self, value, file) { Ok(()) } else { Err(format!("the value is {values}")) }
    }

    /// Each line that counts, as it would stand in a file, and the file that says it.
    pub fn lines(&self) -> Vec<Said<String>> {
        fn line<T>(
            key: &str,
            said: &Option<Said<T>>,
            text: impl Fn(&T) -> String,
        ) -> Option<Said<String>> {
            let said = said.as_ref()?;
            Some(Said { value: format!("{key} = {}", text(&said.value)), file: said.file.clone() })
        }
        let lines = [
            line("abi", &self.abi, Open::to_string),
            line("abi-of-usr", &self.abi_of_usr, Open::to_string),
            line(AMDSMI, &self.amdsmi, |path| path.display().to_string()),
            line("keep-files", &self.keep_files, |on| u8::from(*on).to_string()),
            line("log", &self.log, String::clone),
            line("log-format", &self.log_format, String::clone),
            line("no-wake", &self.no_wake, |on| u8::from(*on).to_string()),
            line("power-fallback", &self.power_fallback, |on| u8::from(*on).to_string()),
            line("source", &self.source, Policy::to_string),
        ];
        lines.into_iter().flatten().collect()
    }
}

/// The files of the directory in the order of their names; or what is wrong with it, which is
/// nothing where there is none.
fn files(directory: &Path) -> Result<Vec<PathBuf>, Option<String>> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(None),
        Err(error) => return Err(Some(format!("it cannot be read: {error}"))),
    };
    let is_conf = |name: &OsString| Path::new(name).extension().is_some_and(|end| end == "conf");
    let names = entries.filter_map(|entry| Some(entry.ok()?.file_name()));
    let mut names: Vec<_> = names.filter(is_conf).take(MOST_FILES + 1).collect();
    if names.len() > MOST_FILES {
        return Err(Some(format!("it has more than {MOST_FILES} files")));
    }
    names.sort();
    Ok(names.into_iter().map(|name| directory.join(name)).collect())
}

/// What the file holds, and whether root alone can write it; or what is wrong with it, which is
/// nothing where there is none.
fn content(file: &Path) -> Result<(Vec<u8>, bool), Option<String>> {
    match open(file, MOST + 1) {
        Ok(Some((content, _))) if content.len() as u64 > MOST => {
            Err(Some(format!("it has more than {MOST} bytes")))
        }
        Ok(Some((content, about))) => Ok((content, about.uid() == 0 && about.mode() & 0o022 == 0)),
        Ok(None) => Err(Some("it is no regular file".into())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(None),
        Err(error) => Err(Some(format!("it cannot be read: {error}"))),
    }
}

/// The first bytes of a file, so many at most; None of what is no regular file.
pub(crate) fn start(file: &Path, most: u64) -> std::io::Result<Option<Vec<u8>>> {
    Ok(open(file, most)?.map(|(content, _)| content))
}

fn open(file: &Path, most: u64) -> std::io::Result<Option<(Vec<u8>, std::fs::Metadata)>> {
    // Opening a pipe would wait for a writer.
    let mut options = std::fs::OpenOptions::new();
    let file = options.read(true).custom_flags(libc::O_NONBLOCK).open(file)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Ok(None);
    }
    let mut content = Vec::new();
    file.take(most).read_to_end(&mut content)?;
    Ok(Some((content, about)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Generation::{V5, V6_0, V7_0};

    const FILE: &str = "/etc/x";

    fn parse(text: &[u8]) -> (Conf, Vec<String>) {
        let mut conf = Conf::default();
        let wrong = conf.parse(text, Path::new(FILE), true);
        (conf, wrong)
    }

    fn said<T>(value: T) -> Option<Said<T>> {
        Some(Said { value, file: FILE.into() })
    }

    #[test]
    fn lines_that_are_wrong_are_named_and_the_others_count() {
        let text = b"# b\xe4r\nabi = 5 # ours\n\xff = 1\nabi\nabi-of-usr=six\n color = red\n\n\
                     amdsmi = libamd_smi.so\nlog = loud\npower-fallback = yes\nsource = drm";
        let (conf, wrong) = parse(text);
        assert_eq!(conf, Conf { abi: said(Open::only(V5)), ..Conf::default() });
        let at: Vec<_> = wrong.iter().map(|line| line.split(' ').next().unwrap()).collect();
        let expected = [3, 4, 5, 6, 8, 9, 10, 11].map(|line| format!("{FILE}:{line}:"));
        assert_eq!(at, expected, "{wrong:?}");
    }

    #[test]
    fn the_last_line_of_a_key_counts() {
        let (conf, wrong) = parse(b"abi = 5\r\nabi = 6.1\nabi = x\nabi-of-usr = 10.1");
        let abi = (said(Open::only(V6_0)), said(Open::only(V7_0)));
        assert_eq!(((conf.abi, conf.abi_of_usr), wrong.len()), (abi, 1));
    }

    #[test]
    fn the_example_says_nothing_and_each_of_its_lines_could() {
        let example = include_str!("../../packaging/rsmi-compat.conf.example");
        assert_eq!(parse(example.as_bytes()), (Conf::default(), Vec::new()));
        let lines: Vec<_> = example.lines().filter_map(|line| line.strip_prefix('#')).collect();
        // What is prose has a space behind the #.
        let lines: Vec<_> =
            lines.into_iter().filter(|line| line.starts_with(char::is_alphabetic)).collect();
        let keys: Vec<_> = lines.iter().map(|line| line.split(' ').next().unwrap()).collect();
        assert_eq!(keys, KEYS.map(|(key, ..)| key));
        for line in &lines {
            let (conf, wrong) = parse(line.as_bytes());
            assert_eq!(wrong, Vec::<String>::new());
            let lines: Vec<_> = conf.lines().into_iter().map(|said| said.value).collect();
            assert_eq!(lines, [*line]);
        }
    }

    #[test]
    fn a_library_is_named_by_root_alone() {
        let mut conf = Conf::default();
        let wrong = conf.parse(b"amdsmi = /x\nlog = warn", Path::new(FILE), false);
        assert_eq!((conf.amdsmi, conf.log), (None, said("warn".to_owned())));
        assert!(wrong.len() == 1 && wrong[0].contains("root"), "{wrong:?}");
        assert_eq!(parse(b"amdsmi = /x").0.amdsmi, said("/x".into()));
    }

    #[test]
    fn root_alone_means_that_nobody_else_can_write_it() {
        use std::os::unix::fs::{PermissionsExt, chown};
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("conf");
        std::fs::write(&file, "").unwrap();
        let is_roots = |mode: u32| {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            content(&file).unwrap().1
        };
        let root = directory.path().metadata().unwrap().uid() == 0;
        assert_eq!(is_roots(0o644), root);
        for mode in [0o664, 0o646, 0o666] {
            assert!(!is_roots(mode), "{mode:o}");
        }
        if root {
            chown(&file, Some(1), None).unwrap();
            assert!(!is_roots(0o644));
        }
    }

    #[test]
    fn the_directory_is_read_after_the_file_by_name() {
        let place = tempfile::tempdir().unwrap();
        let (file, directory) = (place.path().join("conf"), place.path().join("conf.d"));
        std::fs::write(&file, "abi = 5\nlog = warn").unwrap();
        std::fs::create_dir(&directory).unwrap();
        let add = |name: &str, text: &str| std::fs::write(directory.join(name), text).unwrap();
        add("20-b.conf", "abi = 6.4");
        add("10-a.conf", "abi = 6.0\npower-fallback = 1\nx");
        add("30-c.conf~", "abi = 7.0");
        let (conf, wrong) = Conf::read(&file, &directory);
        let lines = conf.lines();
        let lines: Vec<_> = lines.iter().map(|said| said.value.as_str()).collect();
        assert_eq!(lines, ["abi = 6.4", "log = warn", "power-fallback = 1"]);
        assert_eq!(conf.abi.unwrap().file, directory.join("20-b.conf"));
        let expected = format!("{}:3: ", directory.join("10-a.conf").display());
        assert!(wrong.len() == 1 && wrong[0].starts_with(&expected), "{wrong:?}");
    }

    #[test]
    fn what_is_no_file_neither_waits_nor_fills_memory() {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("missing");
        assert_eq!(Conf::read(&missing, &missing), (Conf::default(), Vec::new()));
        let pipe = directory.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let large = directory.path().join("large");
        std::fs::write(&large, vec![b'#'; MOST as usize + 1]).unwrap();
        for odd in [&pipe, Path::new("/dev/zero"), directory.path(), &large] {
            let (conf, wrong) = Conf::read(odd, &missing);
            assert_eq!((conf, wrong.len()), (Conf::default(), 1), "{}", odd.display());
        }
        // In the directory's place too, and with too much in it.
        let many = directory.path().join("many");
        std::fs::create_dir(&many).unwrap();
        (0..=MOST_FILES).for_each(|n| std::fs::write(many.join(format!("{n}.conf")), "x").unwrap());
        for odd in [&pipe, Path::new("/dev/zero"), &large, &many] {
            let (conf, wrong) = Conf::read(&missing, odd);
            assert_eq!((conf, wrong.len()), (Conf::default(), 1), "{}", odd.display());
        }
    }
}
