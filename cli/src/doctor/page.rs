//! What `doctor` prints for people.

use super::access::Driver;
use super::ask_inside::About;
use super::log::Answer;
use super::report::{FunctionReport, Problem, Report, Severity};
use super::sources::{Disagreement, Sources};
use crate::out::println;
use crate::style::{BAD, GOOD, HEAD, WARN, WEAK};
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use std::collections::BTreeSet;

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(NOTHING).set_header(header);
    table
}

fn or_none(text: Option<&str>) -> String {
    text.unwrap_or("-").to_owned()
}

fn indented(table: &Table) {
    for line in table.to_string().lines() {
        println!("  {}", line.trim_end());
    }
}

impl Report {
    pub fn print(&self, all: bool) {
        self.print_system();
        self.print_libraries();
        self.print_devices();
        self.print_functions(all);
        self.print_sources(all);
        self.print_problems();
    }

    fn print_system(&self) {
        let Driver { loaded, version, kernel, kfd_gpus, .. } = &self.driver;
        println!("{HEAD}System{HEAD:#}");
        let version = version.as_deref().unwrap_or("of the kernel");
        let driver =
            if *loaded { format!("loaded, version {version}") } else { "not loaded".into() };
        println!("  {:<12} {driver}", "amdgpu");
        println!("  {:<12} {kernel}", "kernel");
        let gpus = kfd_gpus.map_or("no topology".to_owned(), |gpus| format!("{gpus} GPUs"));
        println!("  {:<12} {gpus}", "KFD");
        let groups: Vec<_> = self.user.groups.iter().map(String::as_str).collect();
        println!("  {:<12} {} (groups {})", "user", self.user.user, groups.join(", "));
        for (state, files) in self.files_by_state() {
            const MOST: usize = 4;
            let more = files.len().saturating_sub(MOST);
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            let files: Vec<_> = files.into_iter().take(MOST).collect();
            println!("  {:<12} {state}: {}{more}", "devices", files.join(", "));
        }
        for said in &self.settings.says {
            println!("  {:<12} {} says {}", "settings", said.file.display(), said.line);
        }
        for (name, value) in &self.environment {
            println!("  {WEAK}{name}={value}{WEAK:#}");
        }
    }

    /// What may be done with the device files, those alike together.
    fn files_by_state(&self) -> Vec<(String, Vec<String>)> {
        let mut states: Vec<(String, Vec<String>)> = Vec::new();
        for file in &self.files {
            let state = match (file.exists, file.usable) {
                (false, _) => "not there".to_owned(),
                (true, true) => format!("{GOOD}usable{GOOD:#}"),
                (true, false) => {
                    let group = or_none(file.group.as_deref());
                    let mode = or_none(file.mode.as_deref());
                    format!("{BAD}no access{BAD:#} (group {group}, mode {mode})")
                }
            };
            let path = file.path.display().to_string();
            match states.iter_mut().find(|(there, _)| *there == state) {
                Some((_, files)) => files.push(path),
                None => states.push((state, vec![path])),
            }
        }
        states
    }

    fn print_libraries(&self) {
        println!("\n{HEAD}Libraries{HEAD:#}");
        let About { version, amdsmi, amdsmi_release, generation, generation_because } = &self.about;
        let version = or_none(version.as_deref());
        println!("  {:<16} {} ({version})", "librsmi_compat", self.library.display());
        let release = or_none(amdsmi_release.as_deref());
        match amdsmi {
            Some(path) => println!("  {:<16} {} (ROCm {release})", "libamd_smi", path.display()),
            None => println!("  {:<16} none in use: the kernel's files answer", "libamd_smi"),
        }
        let others = self.libraries.libamd_smi.iter();
        for found in others.filter(|found| Some(&found.path) != amdsmi.as_ref()) {
            println!(
                "  {:<16} {WEAK}there: {} ({}){WEAK:#}",
                "",
                found.path.display(),
                found.place
            );
        }
        for found in &self.libraries.librocm_smi64 {
            println!("  {:<16} {} (AMD's; {})", "librocm_smi64", found.path.display(), found.place);
        }
        let ours: Vec<_> = self.libraries.drop_in.iter().map(|found| found.name()).collect();
        if let Some(first) = self.libraries.drop_in.first() {
            let directory = first.path.parent().unwrap_or(&first.path).display();
            println!("  {:<16} ours: {} in {directory}", "librocm_smi64", ours.join(", "));
        }
        if !self.nvml_tools.is_empty() {
            let tools = self.nvml_tools.join(", ");
            println!("  {:<16} for {tools}: rsmi-compat run --nvml -- PROGRAM", "NVML");
        }
        let because = or_none(generation_because.as_deref());
        println!("  {:<16} {} ({because})", "generation", or_none(generation.as_deref()));
    }

    fn print_devices(&self) {
        println!("\n{HEAD}Devices{HEAD:#}");
        if self.devices.is_empty() {
            println!("  none");
            return;
        }
        let mut table = table(&["rsmi", "PCI address", "HIP", "unique id", "render node", "name"]);
        for device in &self.devices {
            table.add_row([
                device.index.to_string(),
                or_none(device.pci.as_deref()),
                device.hip.map_or("-".into(), |hip| hip.to_string()),
                or_none(device.unique_id.as_deref()),
                device.render_minor.map_or("-".into(), |minor| format!("renderD{minor}")),
                or_none(device.name.as_deref()),
            ]);
        }
        indented(&table);
    }

    fn print_functions(&self, all: bool) {
        if self.functions.is_empty() {
            return;
        }
        println!("\n{HEAD}Functions{HEAD:#}");
        if self.functions_of_the_kernel {
            println!("  {WARN}the kernel alone was asked, see the error below{WARN:#}");
        }
        for (head, Rows { answered, asked, shown }) in self.functions_by_answer(all) {
            println!("  {HEAD}{head}{HEAD:#}: {answered} of {asked} answered");
            let mut table = table(&["function", "answer", "from, or why not"]);
            table.add_rows(&shown);
            if !shown.is_empty() {
                indented(&table);
            }
        }
        let not_asked = self.not_asked.len();
        println!(
            "  {WEAK}{not_asked} functions that change or start something are not asked{WEAK:#}"
        );
        if !all {
            println!("  {WEAK}--all prints what is answered, and by what{WEAK:#}");
        }
    }

    fn print_sources(&self, all: bool) {
        println!("\n{HEAD}Sources{HEAD:#}: {}", self.sources.in_one_line());
        for (first, others) in self.sources.disagreements_of_a_kind(all) {
            println!("  {}", first.in_one_line(all, &others));
        }
        if !all && !self.sources.disagreements.is_empty() {
            println!("  {WEAK}--all prints each of them, and the values to their end{WEAK:#}");
        }
    }

    /// Devices that answer alike are told of together; the machine comes last.
    fn functions_by_answer(&self, all: bool) -> Vec<(String, Rows)> {
        let mut groups: Vec<(Vec<String>, Rows)> = Vec::new();
        for device in &self.devices {
            let rows = self.rows(Some(device.index), all);
            let index = device.index.to_string();
            match groups.iter_mut().find(|(_, there)| *there == rows) {
                Some((indices, _)) => indices.push(index),
                None => groups.push((vec![index], rows)),
            }
        }
        let name = |indices: Vec<String>| match indices.as_slice() {
            [index] => format!("device {index}"),
            several => format!("devices {}", several.join(", ")),
        };
        let devices = groups.into_iter().map(|(indices, rows)| (name(indices), rows));
        devices.chain([("machine".to_owned(), self.rows(None, all))]).collect()
    }

    fn rows(&self, device: Option<u32>, all: bool) -> Rows {
        let mut rows = Rows::default();
        for function in self.functions.iter().filter(|function| function.device == device) {
            rows.asked += 1;
            rows.answered += usize::from(function.answer.answered);
            if all || !function.answer.answered {
                rows.shown.push(function.cells());
            }
        }
        rows
    }

    fn print_problems(&self) {
        println!();
        if self.problems.is_empty() {
            println!("{GOOD}Nothing is wrong.{GOOD:#}");
        }
        for Problem { severity, what, todo } in &self.problems {
            match severity {
                Severity::Error => println!("{BAD}error:{BAD:#} {what}"),
                Severity::Warning => println!("{WARN}warning:{WARN:#} {what}"),
            }
            println!("  {todo}");
        }
    }
}

impl Sources {
    /// For bug reports.
    pub fn in_one_line(&self) -> String {
        if let Some(why) = &self.not_compared {
            return format!("not compared: {why}");
        }
        let Self { answers, agree, disagree, only_kernel, only_amdsmi, .. } = self;
        let Some(path) = &self.libamd_smi else {
            return format!("{answers} answers, all of the kernel; no libamd_smi is in use");
        };
        let release = or_none(self.release.as_deref());
        format!(
            "{answers} answers, {agree} agree, {disagree} disagree, {only_kernel} only the kernel, \
             {only_amdsmi} only AMD SMI; libamd_smi {release} at {}",
            path.display()
        )
    }

    /// Those of one function about one question together, the first with the devices of the others.
    fn disagreements_of_a_kind(&self, all: bool) -> Vec<(&Disagreement, Vec<u32>)> {
        let mut kinds: Vec<(&Disagreement, Vec<u32>)> = Vec::new();
        for one in &self.disagreements {
            let alike = |(first, _): &&mut (&Disagreement, _)| {
                first.key.function == one.key.function && first.question == one.question
            };
            match kinds.iter_mut().find(alike).filter(|_| !all) {
                Some((_, others)) => others.extend(one.key.device),
                None => kinds.push((one, Vec::new())),
            }
        }
        for (first, others) in &mut kinds {
            others.dedup();
            others.retain(|other| Some(*other) != first.key.device);
        }
        kinds
    }
}

impl Disagreement {
    /// More signs of a value are printed on demand.
    const MOST: usize = 60;

    fn is_long(&self) -> bool {
        [&self.amdsmi, &self.kernel].iter().any(|value| value.chars().count() > Self::MOST)
    }

    fn in_one_line(&self, all: bool, others: &[u32]) -> String {
        // Where both are long, what they begin with alike is left out.
        let skip = if self.is_long() && !all { same_start(&self.amdsmi, &self.kernel) } else { 0 };
        let value = |value: &str| match all {
            true => value.to_owned(),
            false => cut(value, skip, Self::MOST),
        };
        let device = self.key.device.map(|index| format!(", device {index}")).unwrap_or_default();
        let others = match others {
            [] => String::new(),
            [one] => format!("; device {one} too"),
            several => {
                let several: Vec<_> = several.iter().map(u32::to_string).collect();
                format!("; devices {} too", several.join(", "))
            }
        };
        let Self { key, question, amdsmi, kernel } = self;
        let (function, amdsmi, kernel) = (&key.function, value(amdsmi), value(kernel));
        format!("{function}{device}: {question}: AMD SMI {amdsmi}, kernel {kernel}{others}")
    }
}

/// As many signs both texts begin with, but for some that show the place.
fn same_start(one: &str, other: &str) -> usize {
    const SHOWN: usize = 20;
    let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    same.saturating_sub(SHOWN)
}

/// `most` signs of a text, from a place on.
fn cut(text: &str, skip: usize, most: usize) -> String {
    let shown: String = text.chars().skip(skip).take(most).collect();
    let before = if skip > 0 { "…" } else { "" };
    let behind = if text.chars().count() > skip + most { "…" } else { "" };
    format!("{before}{shown}{behind}")
}

/// The table of functions of one device.
#[derive(Default, PartialEq, Eq)]
struct Rows {
    answered: usize,
    asked: usize,
    shown: Vec<[String; 3]>,
}

impl FunctionReport {
    fn cells(&self) -> [String; 3] {
        let Answer { answered, asked, succeeded, from, statuses, because } = &self.answer;
        let list = |set: &BTreeSet<String>| {
            let short: BTreeSet<_> = set.iter().map(|text| short(text)).collect();
            short.into_iter().collect::<Vec<_>>().join(", ")
        };
        let (answer, why) = if *answered {
            let fully = succeeded == asked || *succeeded == 0;
            let answer = if fully { "yes".into() } else { format!("{succeeded} of {asked}") };
            (answer, if from.is_empty() { "own state".into() } else { list(from) })
        } else {
            (list(statuses).replace("RSMI_STATUS_", ""), list(because))
        };
        [self.function.clone(), answer, why]
    }
}

/// Without what is different for each device, and without what a table has no room for.
fn short(text: &str) -> String {
    let mut text = text.replace("No such file or directory (os error 2)", "no such file");
    for (start, instead) in
        [("/sys/class/drm/renderD", "device"), ("/dev/dri/renderD", "render node")]
    {
        if let Some((before, rest)) = text.split_once(start) {
            let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            let rest = rest.strip_prefix("/device").unwrap_or(rest);
            text = format!("{before}{instead}{rest}");
        }
    }
    if let Some((before, rest)) = text.split_once("/hwmon/hwmon") {
        let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        text = format!("{before}/hwmon{rest}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{cut, same_start, short};

    #[test]
    fn of_long_values_the_place_is_shown_where_they_differ() {
        let [one, other] = [7, 8].map(|end| format!("{}{end} and more", "ä".repeat(30)));
        let skip = same_start(&one, &other);
        assert_eq!(skip, 10);
        assert_eq!(cut(&one, skip, 22), format!("…{}7 …", "ä".repeat(20)));
        assert_eq!(cut("ab", 0, 2), "ab");
        assert_eq!(same_start("ab", "ac"), 0);
    }

    #[test]
    fn devices_are_told_of_alike() {
        let file = "/sys/class/drm/renderD136/device/hwmon/hwmon4/fan1_input";
        assert_eq!(short(file), "device/hwmon/fan1_input");
        let why = format!("{file}: No such file or directory (os error 2)");
        assert_eq!(short(&why), "device/hwmon/fan1_input: no such file");
        assert_eq!(short("/dev/dri/renderD9: not opened"), "render node: not opened");
        assert_eq!(short("amdsmi_get_gpu_memory_usage"), "amdsmi_get_gpu_memory_usage");
    }
}
