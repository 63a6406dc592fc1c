//! What answers, without the numbers that differ from one machine to the next.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

/// One thing that an answer was taken from, or written to. The order is that of the page.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    AmdSmi(String),
    Reads(String),
    Writes(String),
    Kept(String),
    Other(String),
}

/// What the log's words stand for; the first that fits is taken, `$1` being what it found.
const WORDS: [(&str, &str); 3] = [
    (r"^libdrm_amdgpu on .*$", "libdrm_amdgpu"),
    (r"^KFD's events.*$", "KFD's events"),
    (r"^the perf event .*$", "perf_event_open"),
];

/// Numbers in paths: of devices, sensors, nodes, processes.
const PATHS: [(&str, &str); 11] = [
    (r"^/sys/class/drm/renderD\d+/device/hwmon/hwmon\d+/", "hwmon/"),
    (r"^hwmon/([a-z]+)\d+", "hwmon/$1*"),
    (r"^/sys/class/drm/(?:renderD|card)\d+/device/", "device/"),
    (r"^/sys/class/kfd/kfd/topology/nodes/\d+/", "kfd/nodes/*/"),
    (r"^/sys/class/kfd/kfd/proc", "kfd/proc"),
    (r"^(kfd/.*)/\d+", "$1/*"),
    (r"^(kfd/.*/(?:vram|sdma|stats))_\d+", "${1}_*"),
    (r"^/sys/bus/event_source/devices/(\w+?)_\d+/", "event_source/${1}_*/"),
    (r"^/sys/bus/event_source/devices$", "event_source"),
    (r"^(event_source/.*/(?:events|format)/).*$", "$1*"),
    (r"^/sys/kernel/debug/dri/\d+/", "debug/dri/*/"),
];

/// Patterns are tried until none of them changes anything: a path has several numbers.
fn general(path: &str) -> String {
    static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| compiled(&PATHS));
    let mut path = path.to_owned();
    loop {
        let before = path.clone();
        for (pattern, instead) in PATTERNS.iter() {
            path = pattern.replace(&path, *instead).into_owned();
        }
        if path == before {
            return path.trim_start_matches("/sys/").to_owned();
        }
    }
}

fn compiled(patterns: &[(&str, &'static str)]) -> Vec<(Regex, &'static str)> {
    let compile = |pattern| Regex::new(pattern).expect("a constant pattern");
    patterns.iter().map(|(pattern, instead)| (compile(pattern), *instead)).collect()
}

impl Source {
    pub fn is_amdsmi(&self) -> bool {
        matches!(self, Source::AmdSmi(_))
    }

    /// As the log has it.
    pub fn read(text: &str) -> Source {
        static WORDS_OF_THE_LOG: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| compiled(&WORDS));
        if let Some(what) = text.strip_suffix(" (kept)") {
            return Source::Kept(what.to_owned());
        }
        if let Some((_, path)) = text.split_once("\" written to ") {
            return Source::Writes(general(path));
        }
        if text.starts_with("amdsmi_") {
            return Source::AmdSmi(text.to_owned());
        }
        if text.starts_with('/') {
            return Source::Reads(general(text));
        }
        let word = WORDS_OF_THE_LOG.iter().find(|(pattern, _)| pattern.is_match(text));
        Source::Other(word.map_or(text, |(_, word)| word).to_owned())
    }
}

/// The cell of a function: what answers it, in the order of the kinds.
pub fn cell(sources: &BTreeSet<Source>) -> String {
    if sources.is_empty() {
        return "own state".to_owned();
    }
    let mut parts = Vec::new();
    let mut files: [(&str, Vec<&str>); 3] = [("", vec![]), ("writes ", vec![]), ("kept: ", vec![])];
    let mut others = Vec::new();
    for source in sources {
        match source {
            Source::AmdSmi(name) => parts.push(format!("`{name}`")),
            Source::Reads(path) => files[0].1.push(path),
            Source::Writes(path) => files[1].1.push(path),
            Source::Kept(what) => files[2].1.push(what),
            Source::Other(what) => others.push(format!("`{what}`")),
        }
    }
    for (how, paths) in files {
        let paths = by_directory(&paths).join(", ");
        if !paths.is_empty() {
            parts.push(format!("{how}{paths}"));
        }
    }
    parts.extend(others);
    parts.join(", ")
}

/// `a/x`, and `a/{x,y}` where there are several.
fn by_directory(paths: &[&str]) -> Vec<String> {
    let mut directories: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for path in paths {
        let (directory, file) = path.rsplit_once('/').unwrap_or(("", path));
        directories.entry(directory).or_default().push(file);
    }
    let written = |(directory, files): (&str, Vec<&str>)| match (directory, files.as_slice()) {
        ("", files) => files.iter().map(|file| format!("`{file}`")).collect::<Vec<_>>().join(", "),
        (directory, [file]) => format!("`{directory}/{file}`"),
        (directory, files) => format!("`{directory}/{{{}}}`", files.join(",")),
    };
    directories.into_iter().map(written).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_one_machine_go() {
        let cases = [
            ("/sys/class/drm/renderD128/device/hwmon/hwmon3/temp2_input", "hwmon/temp*_input"),
            ("/sys/class/drm/renderD136/device/gpu_metrics", "device/gpu_metrics"),
            (
                "/sys/class/kfd/kfd/topology/nodes/3/io_links/0/properties",
                "kfd/nodes/*/io_links/*/properties",
            ),
            ("/sys/class/kfd/kfd/proc", "kfd/proc"),
            (
                "/sys/class/kfd/kfd/proc/77/stats_51140/cu_occupancy",
                "kfd/proc/*/stats_*/cu_occupancy",
            ),
            ("/sys/class/kfd/kfd/proc/77/queues/4/gpuid", "kfd/proc/*/queues/*/gpuid"),
            (
                "/sys/bus/event_source/devices/amdgpu_df_2/events/cake0",
                "event_source/amdgpu_df_*/events/*",
            ),
            ("/sys/module/amdgpu/version", "module/amdgpu/version"),
        ];
        for (path, expected) in cases {
            assert_eq!(Source::read(path), Source::Reads(expected.to_owned()));
        }
        let written = Source::read("\"s 0, 5\\n\" written to /sys/class/drm/renderD9/device/x");
        assert_eq!(written, Source::Writes("device/x".to_owned()));
        let kept = Source::read("device/vendor (kept)");
        assert_eq!(kept, Source::Kept("device/vendor".to_owned()));
        assert_eq!(Source::read("KFD's events of GPU 7"), Source::Other("KFD's events".to_owned()));
    }

    #[test]
    fn a_cell_has_amdsmi_first_and_files_by_directory() {
        let sources = ["device/a (kept)", "/sys/d/y", "/sys/d/x", "/sys/e", "amdsmi_f"];
        let sources = sources.map(Source::read).into();
        assert_eq!(cell(&sources), "`amdsmi_f`, `e`, `d/{x,y}`, kept: `device/a`");
        assert_eq!(cell(&BTreeSet::new()), "own state");
    }
}
