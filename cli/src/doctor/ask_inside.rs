//! The process that calls the library: a libamd_smi that ends it, or never returns, takes nobody
//! else along. It tells what it does line by line; the library's own log goes to stderr.

use super::calls::{self, Argument, Function, Shape};
use crate::out::eprintln;
use anyhow::{Context, Result};
use clap::Args;
use libloading::os::unix::Library;
use rustix::process::{Resource, Rlimit};
use serde::{Deserialize, Serialize};
use std::ffi::{CStr, c_char, c_void};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Call every function that only reads
#[derive(Args)]
pub struct Ask {
    library: PathBuf,
    /// Functions to leave out
    #[arg(long)]
    skip: Vec<String>,
    /// Write to stderr, behind the library's line of each call, what the call wrote
    #[arg(long)]
    values: bool,
}

/// Starts the line of what a call wrote.
pub const VALUES: &str = "rsmi-compat doctor: ";

/// What the process tells.
#[derive(Debug, Serialize, Deserialize)]
pub enum Told {
    /// Before rsmi_init.
    Starting,
    Init {
        status: u32,
        devices: u32,
    },
    Library(About),
    Device(Device),
    /// The call that comes next; the device's index, if it is about one.
    Calling {
        function: String,
        device: Option<u32>,
    },
    Done,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct About {
    pub version: Option<String>,
    pub amdsmi: Option<PathBuf>,
    pub amdsmi_release: Option<String>,
    pub generation: Option<String>,
    pub generation_because: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Device {
    pub index: u32,
    pub name: Option<String>,
    pub pci: Option<String>,
    pub hip: Option<u32>,
    pub unique_id: Option<String>,
    pub render_minor: Option<u32>,
}

/// More than any function writes.
const ROOM: usize = 64 << 10;
const ROOMS: usize = 4;
const LENGTH: u64 = 256;
const ELEMENTS: u32 = 64;
/// As many other devices are asked about for each, the next ones: a link to one more is alike.
const OTHERS: u32 = 15;

/// How an argument is passed.
trait Passed {
    fn of(argument: u64) -> Self;
}

impl Passed for u32 {
    fn of(argument: u64) -> Self {
        argument as Self
    }
}

impl Passed for u64 {
    fn of(argument: u64) -> Self {
        argument
    }
}

impl Passed for *mut c_void {
    fn of(argument: u64) -> Self {
        std::ptr::with_exposed_provenance_mut(argument as usize)
    }
}

/// Calls a function whose arguments are passed in one of these ways; None where it is missing.
macro_rules! call {
    ($library:expr, $name:expr, $passed:expr, $arguments:expr;
     $($ways:literal ($($kind:ty),*))+) => {{
        let mut arguments = $arguments.iter().copied();
        match $passed {
            $($ways => {
                type Function = unsafe extern "C" fn($($kind),*) -> u32;
                // SAFETY: this is how the header declares the function.
                let function = unsafe { $library.get::<Function>($name.as_bytes()) }.ok()?;
                // SAFETY: pointers are to ROOM bytes, more than any function writes.
                Some(unsafe { function($(<$kind>::of(arguments.next().unwrap_or(0))),*) })
            })+
            other => unreachable!("no function of the header is passed {other}"),
        }
    }};
}

type Pointer = *mut c_void;

struct Caller {
    library: Library,
    rooms: Vec<Vec<u64>>,
}

impl Ask {
    pub fn run(&self) -> Result<ExitCode> {
        // Where a libamd_smi ends the process, it is said; nobody asked for a core file.
        let none = Rlimit { current: Some(0), maximum: Some(0) };
        let _ = rustix::process::setrlimit(Resource::Core, none);
        // SAFETY: the library is ours; its constructors do nothing.
        let library = unsafe { Library::new(&self.library) }
            .with_context(|| self.library.display().to_string())?;
        let rooms = vec![vec![0; ROOM / size_of::<u64>()]; ROOMS];
        let mut caller = Caller { library, rooms };
        tell(&Told::Starting)?;
        let status = caller.call("rsmi_init", "U", &[0]).context("rsmi_init is missing")?;
        let devices =
            if status == 0 { caller.number("rsmi_num_monitor_devices", None) } else { None };
        let devices = devices.unwrap_or(0);
        tell(&Told::Init { status, devices })?;
        tell(&Told::Library(caller.about()))?;
        for index in 0..devices {
            let device = caller.device(index);
            tell(&Told::Device(device))?;
        }
        if status == 0 {
            for function in calls::functions() {
                self.ask(&mut caller, &function, devices)?;
            }
            // By now libamd_smi is open, if there is one.
            tell(&Told::Library(caller.about()))?;
            caller.call("rsmi_shut_down", "", &[]);
        }
        tell(&Told::Done)?;
        Ok(ExitCode::SUCCESS)
    }

    fn ask(&self, caller: &mut Caller, function: &Function, devices: u32) -> Result<()> {
        let about: Vec<_> =
            if function.of_device() { (0..devices).map(Some).collect() } else { vec![None] };
        for device in about {
            let name = function.name.to_owned();
            if self.skip.contains(&name) || self.values && !function.of_both() {
                continue;
            }
            tell(&Told::Calling { function: name, device })?;
            for numbers in variants(&function.arguments, device.unwrap_or(0), devices) {
                let values = caller.ask(function, &numbers);
                if self.values {
                    // libamd_smi may have left a line of its own unfinished.
                    eprintln!("\n{VALUES}{}", serde_json::to_string(&values)?);
                }
            }
        }
        Ok(())
    }
}

/// One line, at once: the next call may be the last.
fn tell(told: &Told) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string(told)?)?;
    out.flush()?;
    Ok(())
}

/// Every combination of the numbers that a function takes; pointers come later.
fn variants(arguments: &[Argument], device: u32, devices: u32) -> Vec<Vec<u64>> {
    let mut lists = vec![Vec::new()];
    for argument in arguments {
        let values: Vec<u64> = match argument {
            Argument::Device => vec![device.into()],
            Argument::Other => {
                let others = 1..devices.min(OTHERS + 1);
                others.map(|other| ((device + other) % devices).into()).collect()
            }
            Argument::Values(values) => values.to_vec(),
            Argument::Pid => vec![std::process::id().into()],
            Argument::Length => vec![LENGTH],
            Argument::Room(_) | Argument::Count => vec![0],
        };
        let longer = |list: &Vec<u64>| {
            let with = |value: &u64| list.iter().chain([value]).copied().collect::<Vec<_>>();
            values.iter().map(with).collect::<Vec<_>>()
        };
        lists = lists.iter().flat_map(longer).collect();
    }
    lists
}

impl Caller {
    fn call(&self, name: &str, passed: &str, arguments: &[u64]) -> Option<u32> {
        call!(self.library, name, passed, arguments;
            "" ()
            "U" (u64)
            "p" (Pointer)
            "pU" (Pointer, u64)
            "pp" (Pointer, Pointer)
            "u" (u32)
            "up" (u32, Pointer)
            "upU" (u32, Pointer, u64)
            "upp" (u32, Pointer, Pointer)
            "uppp" (u32, Pointer, Pointer, Pointer)
            "upu" (u32, Pointer, u32)
            "upup" (u32, Pointer, u32, Pointer)
            "uu" (u32, u32)
            "uUp" (u32, u64, Pointer)
            "uup" (u32, u32, Pointer)
            "uupp" (u32, u32, Pointer, Pointer)
            "uuup" (u32, u32, u32, Pointer)
        )
    }

    fn room(&mut self, index: usize) -> u64 {
        self.rooms.get_mut(index).map_or(0, |room| room.as_mut_ptr().expose_provenance() as u64)
    }

    /// What it writes, if it succeeds.
    fn ask(&mut self, function: &Function, numbers: &[u64]) -> Vec<String> {
        let mut arguments = numbers.to_vec();
        let mut shapes = Vec::new();
        for (argument, kind) in arguments.iter_mut().zip(&function.arguments) {
            let shape = match kind {
                Argument::Room(shape) => *shape,
                Argument::Count => Shape::Number(size_of::<u32>(), false),
                _ => continue,
            };
            if let Some(room) = self.rooms.get_mut(shapes.len()) {
                room.fill(0);
                if *kind == Argument::Count {
                    room[0] = ELEMENTS.into();
                }
            }
            *argument = self.room(shapes.len());
            shapes.push(shape);
        }
        if self.call(function.name, &function.passed, &arguments) != Some(0) {
            return Vec::new();
        }
        self.rooms.iter().zip(shapes).map(|(room, shape)| value(room, shape)).collect()
    }

    /// What a function writes that takes a device, if one is given, and a pointer, with so many bytes
    /// for a text.
    fn answer(&mut self, name: &str, device: Option<u32>, len: Option<u64>) -> Option<&[u64]> {
        self.rooms.first_mut()?.fill(0);
        let room = Some(self.room(0));
        let passed = match (device, len) {
            (None, None) => "p",
            (None, Some(_)) => "pU",
            (Some(_), None) => "up",
            (Some(_), Some(_)) => "upU",
        };
        let arguments = [device.map(u64::from), room, len];
        let arguments: Vec<_> = arguments.into_iter().flatten().collect();
        let status = self.call(name, passed, &arguments)?;
        (status == 0).then(|| self.rooms.first().map(Vec::as_slice))?
    }

    fn number(&mut self, name: &str, device: Option<u32>) -> Option<u32> {
        Some(*self.answer(name, device, None)?.first()? as u32)
    }

    fn text(&mut self, name: &str, device: Option<u32>) -> Option<String> {
        let room = self.answer(name, device, Some(LENGTH))?;
        // SAFETY: the room was zero before, and longer than the length that was told.
        let text = unsafe { CStr::from_ptr(room.as_ptr().cast::<c_char>()) };
        Some(text.to_string_lossy().into_owned())
    }

    fn about(&mut self) -> About {
        let version = self.answer("rsmi_compat_version_get", None, None).map(|room| {
            let [first, second, ..] = room else { return String::new() };
            format!("{}.{}.{}", *first as u32, first >> 32, *second as u32)
        });
        About {
            version,
            amdsmi: self.text("rsmi_compat_amdsmi_path_get", None).map(PathBuf::from),
            amdsmi_release: self.text("rsmi_compat_amdsmi_release_get", None),
            generation: self.text("rsmi_compat_generation_get", None),
            generation_because: self.text("rsmi_compat_generation_evidence_get", None),
        }
    }

    fn device(&mut self, index: u32) -> Device {
        let device = Some(index);
        let unique_id = self.answer("rsmi_compat_dev_unique_id_get", device, None);
        let unique_id = unique_id.and_then(|room| room.first()).map(|id| format!("GPU-{id:016x}"));
        Device {
            index,
            name: self.text("rsmi_dev_name_get", device),
            pci: self.text("rsmi_compat_dev_pci_bus_id_get", device),
            hip: self.number("rsmi_compat_dev_hip_device_get", device),
            unique_id,
            render_minor: self.number("rsmi_dev_drm_render_minor_get", device),
        }
    }
}

/// What was written into a room, as text.
fn value(room: &[u64], shape: Shape) -> String {
    let used = room.iter().rposition(|word| *word != 0).map_or(0, |last| last + 1);
    let bytes: Vec<u8> = room.iter().take(used).flat_map(|word| word.to_ne_bytes()).collect();
    let first = room.first().copied().unwrap_or_default();
    match shape {
        Shape::Number(size, signed) => {
            let above = (8 - size.clamp(1, 8)) * 8;
            // The room is the machine's, whose low bytes come first.
            let low = first << above;
            if signed { (low as i64 >> above).to_string() } else { (low >> above).to_string() }
        }
        Shape::Text => {
            let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
            String::from_utf8_lossy(text).into_owned()
        }
        Shape::Bytes => {
            let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            bytes.iter().take(end).map(|byte| format!("{byte:02x}")).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Argument::*;

    #[test]
    fn a_value_is_told_by_its_shape() {
        let room = [0xffff_fffe_1234_80fe, 1];
        assert_eq!(value(&room, Shape::Number(1, false)), "254");
        assert_eq!(value(&room, Shape::Number(2, true)), "-32514");
        assert_eq!(value(&room, Shape::Number(4, false)), 0x1234_80fe.to_string());
        assert_eq!(value(&room, Shape::Number(8, true)), (room[0] as i64).to_string());
        assert_eq!(value(&room, Shape::Bytes), "fe803412feffffff01");
        assert_eq!(value(&[0], Shape::Bytes), "");
        assert_eq!(value(&[u64::from_ne_bytes(*b"MI300X\0x")], Shape::Text), "MI300X");
    }

    #[test]
    fn of_many_devices_the_next_are_asked_about() {
        let others = variants(&[Device, Other], 126, 128);
        assert_eq!(others.len(), 15);
        assert_eq!(
            (&others[0], &others[1], &others[14]),
            (&vec![126, 127], &vec![126, 0], &vec![126, 13])
        );
    }

    #[test]
    fn every_combination_is_asked() {
        let values = Values(&[7, 8]);
        let room = Room(Shape::Bytes);
        assert_eq!(variants(&[Device, values, room], 3, 4), [[3, 7, 0], [3, 8, 0]]);
        assert_eq!(variants(&[Device, Other], 1, 3), [[1, 2], [1, 0]]);
        assert!(variants(&[Device, Other], 0, 1).is_empty());
        assert_eq!(variants(&[], 0, 1), [[0_u64; 0]]);
    }
}
