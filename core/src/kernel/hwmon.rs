//! A card's hwmon directory: temperatures, fans and power, in hwmon's own units.

use super::short::Short;
use super::{Dir, number};
use crate::log;
use crate::map::{self, TEMPERATURE_LABELS, VOLTAGE_LABELS};
use crate::status::Result;
use crate::types::{rsmi_status_t, rsmi_temperature_type_t, rsmi_voltage_type_t};

/// The drivers whose hwmon directory is a GPU's.
const DRIVERS: [&[u8]; 2] = [b"amdgpu", b"radeon"];

#[derive(Debug)]
pub(crate) struct Hwmon {
    dir: Dir,
    /// Each labelled temperature's type and the number in its files' names.
    temperatures: Vec<(rsmi_temperature_type_t, u32)>,
    /// The same of the voltages.
    voltages: Vec<(rsmi_voltage_type_t, u32)>,
}

impl Hwmon {
    /// The hwmon directory of a device.
    pub(crate) fn of(device: &Dir) -> Option<Self> {
        let root = device.join("hwmon");
        let names = root.names().ok()?;
        let dir = names
            .iter()
            .filter(|name| !name.starts_with('.'))
            .map(|name| root.join(name))
            .find(|dir| dir.word("name").is_ok_and(|name| DRIVERS.contains(&&*name)))?
            .settled_once();
        let temperatures = (1..=7)
            .filter_map(|file| {
                let label = text(&dir, &format!("temp{file}_label")).ok()?;
                let (_, kind) = TEMPERATURE_LABELS.iter().find(|(name, _)| *name == label)?;
                Some((*kind, file))
            })
            .collect();
        // The kernel numbers them vddgfx, vddnb, vddboard; the second has no name in rsmi.
        let voltages = [0, 2]
            .into_iter()
            .filter_map(|file| {
                let label = text(&dir, &format!("in{file}_label")).ok()?;
                Some((map::find(VOLTAGE_LABELS, &&*label)?, file))
            })
            .collect();
        Some(Self { dir, temperatures, voltages })
    }

    /// Whether the directory is still the one that was found.
    pub(crate) fn is_there(&self) -> bool {
        self.dir.is_there()
    }

    /// The number in the file names of a temperature, None where the card has none of that type.
    pub(crate) fn temperature_file(&self, kind: rsmi_temperature_type_t) -> Option<u32> {
        // A label that stands twice means its last place.
        self.temperatures.iter().rev().find(|(listed, _)| *listed == kind).map(|(_, file)| *file)
    }

    /// The number in the file names of a voltage, None where the card has none of that type.
    pub(crate) fn voltage_file(&self, kind: rsmi_voltage_type_t) -> Option<u32> {
        self.voltages.iter().rev().find(|(listed, _)| *listed == kind).map(|(_, file)| *file)
    }

    /// Whether a file has this text; `#` in the name stands for the sensor.
    pub(crate) fn says(&self, name: &str, sensor: u32, what: &[u8]) -> Result<bool> {
        look(&self.dir, &file_of(name, sensor)?, |text| Ok(text == what))
    }

    pub(crate) fn write(&self, name: &str, sensor: u32, value: u64) -> Result {
        self.dir.write(&file_of(name, sensor)?, value.to_string())
    }

    /// A file's value, 32 bits with a sign.
    pub(crate) fn signed(&self, name: &str, sensor: u32) -> Result<i64> {
        self.integer(name, sensor, |text| number::int(text).map(i64::from))
    }

    pub(crate) fn unsigned(&self, name: &str, sensor: u32) -> Result<u64> {
        self.integer(name, sensor, |text| number::unsigned(text, 10))
    }

    fn integer<T>(
        &self,
        name: &str,
        sensor: u32,
        convert: impl FnOnce(&[u8]) -> Result<T>,
    ) -> Result<T> {
        look(&self.dir, &file_of(name, sensor)?, |text| {
            if number::is_integer(text) {
                return convert(text);
            }
            log::reason(|| format!("{name} says {}, which is no number", log::quoted(text)));
            Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA)
        })
    }

    /// What the temperature of this number is by its label, None for a label that rsmi does not know.
    pub(crate) fn temperature_of(&self, file: u32) -> Option<rsmi_temperature_type_t> {
        self.temperatures.iter().find(|(_, listed)| *listed == file).map(|(kind, _)| *kind)
    }

    /// What the voltage of this number is by its label, None for a label that rsmi does not know.
    pub(crate) fn voltage_of(&self, file: u32) -> Option<rsmi_voltage_type_t> {
        let label = text(&self.dir, &file_of("in#_label", file).ok()?).ok()?;
        map::find(VOLTAGE_LABELS, &&*label)
    }

    /// The names of all files, in the order in which the kernel lists them.
    pub(crate) fn files(&self) -> Vec<String> {
        self.dir.names().unwrap_or_default()
    }
}

fn file_of(name: &str, sensor: u32) -> Result<Short> {
    // The kernel numbers sensors with one digit; the legacy library can name no others.
    if sensor > 9 {
        log::reason(|| "there is no sensor of that number".into());
        return Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED);
    }
    Ok(match name.split_once('#') {
        Some((before, after)) => Short::of(format_args!("{before}{sensor}{after}")),
        None => Short::of(format_args!("{name}")),
    })
}

/// All of a file but its line ends.
fn text(dir: &Dir, name: &str) -> Result<Vec<u8>> {
    look(dir, name, |text| Ok(text.to_vec()))
}

/// Looks at all of a file but its line ends.
fn look<T>(dir: &Dir, name: &str, look: impl FnOnce(&[u8]) -> Result<T>) -> Result<T> {
    dir.look_at_text(name, |text| {
        // There is hardly ever another than the last one.
        let line = text.strip_suffix(b"\n").unwrap_or(text);
        if line.contains(&b'\n') {
            return look(&line.iter().copied().filter(|byte| *byte != b'\n').collect::<Vec<_>>());
        }
        look(line)
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::Scratch;
    use super::*;

    #[test]
    fn sensors_are_found_by_label_and_read_by_number() {
        let scratch = Scratch::new(
            "hwmon",
            &[
                ("hwmon/hwmon3/name", b"amdgpu\n"),
                ("hwmon/hwmon3/temp1_label", b"edge\n"),
                ("hwmon/hwmon3/temp2_label", b"junction\n"),
                ("hwmon/hwmon3/temp3_label", b"unheard of\n"),
                ("hwmon/hwmon3/temp2_input", b"-45678\n"),
                ("hwmon/hwmon3/fan1_input", b"n/a\n"),
                ("hwmon/hwmon3/power1_average", b"4294967296000000\n"),
                ("hwmon/hwmon3/power9_average", b"7\n"),
            ],
        );
        let hwmon = Hwmon::of(&scratch.0).unwrap();
        let junction = rsmi_temperature_type_t::RSMI_TEMP_TYPE_JUNCTION;
        assert_eq!(hwmon.temperature_file(junction), Some(2));
        assert_eq!(hwmon.temperature_file(rsmi_temperature_type_t::RSMI_TEMP_TYPE_MEMORY), None);
        assert_eq!(hwmon.signed("temp#_input", 2), Ok(-45678));
        assert_eq!(hwmon.unsigned("power#_average", 1), Ok(4_294_967_296_000_000));
        assert_eq!(hwmon.signed("fan#_input", 1), Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA));
        assert_eq!(hwmon.unsigned("power#_average", 9), Ok(7), "the last that has a name");
        for absent in [0, 2, 10, u32::MAX] {
            let answer = hwmon.unsigned("power#_average", absent);
            assert_eq!(answer, Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED), "{absent}");
        }
    }

    #[test]
    fn another_drivers_directory_is_not_ours() {
        let scratch = Scratch::new("nvme", &[("hwmon/hwmon0/name", b"nvme\n")]);
        assert!(Hwmon::of(&scratch.0).is_none());
    }
}
