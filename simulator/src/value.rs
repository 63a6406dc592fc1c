//! The values of a description that have a form of their own, and the ranges of the others.
//!
//! What is out of range is refused while it is read, so that the error can name
//! the line; nobody after that has to check again.

use serde::de::{self, Deserialize, Deserializer};
use std::fmt;
use std::str::FromStr;

/// A PCI address, written `0000:c1:00.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PciAddress {
    pub domain: u32,
    pub bus: u8,
    pub device: u8,
    pub function: u8,
}

impl PciAddress {
    /// Bus, device and function as the kernel packs them.
    pub(crate) fn location(self) -> u32 {
        u32::from(self.bus) << 8 | u32::from(self.device) << 3 | u32::from(self.function)
    }
}

impl fmt::Display for PciAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { domain, bus, device, function } = self;
        write!(f, "{domain:04x}:{bus:02x}:{device:02x}.{function}")
    }
}

impl FromStr for PciAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = || -> Option<Self> {
            let (domain, rest) = text.split_once(':')?;
            let (bus, rest) = rest.split_once(':')?;
            let (device, function) = rest.split_once('.')?;
            let hex = |digits: &str, width: usize, max: u32| -> Option<u32> {
                let plain = digits.len() == width && digits.bytes().all(|b| b.is_ascii_hexdigit());
                let number = plain.then(|| u32::from_str_radix(digits, 16).ok())??;
                (number <= max).then_some(number)
            };
            Some(Self {
                domain: hex(domain, domain.len().clamp(4, 8), u32::MAX)?,
                bus: hex(bus, 2, 0xff)? as u8,
                device: hex(device, 2, 0x1f)? as u8,
                function: hex(function, 1, 7)? as u8,
            })
        };
        parts().ok_or_else(|| format!("`{text}` is not a PCI address like \"0000:c1:00.0\""))
    }
}

impl<'de> Deserialize<'de> for PciAddress {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

/// A 64-bit identifier, written in hexadecimal like the kernel does: TOML's
/// integers are signed and cannot hold it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hex64(pub u64);

impl<'de> Deserialize<'de> for Hex64 {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let digits = text.strip_prefix("0x").unwrap_or(&text);
        u64::from_str_radix(digits, 16).map(Self).map_err(|_| {
            de::Error::custom(format!("`{text}` is not a number of up to 16 hexadecimal digits"))
        })
    }
}

/// The name of one file or directory, as the kernel makes them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileName(String);

/// A file below a directory of the tree, by names alone: nothing leads out of the tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FilePath(String);

const LONGEST_NAME: usize = 64;
const LONGEST_PATH: usize = 255;

fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:+".contains(&byte);
    (1..=LONGEST_NAME).contains(&name.len())
        && name.bytes().all(plain)
        && name.bytes().any(|byte| byte != b'.')
}

impl FromStr for FileName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match is_name(text) {
            true => Ok(Self(text.into())),
            false => Err(format!(
                "`{text}` is no name of a file, allowed are up to {LONGEST_NAME} letters, digits and _ - . : +"
            )),
        }
    }
}

impl FromStr for FilePath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.len() <= LONGEST_PATH && text.split('/').all(is_name) {
            true => Ok(Self(text.into())),
            false => Err(format!(
                "`{text}` is no file below the device's directory, allowed are names of letters, digits \
                 and _ - . : + with a / between them, like \"power/runtime_status\""
            )),
        }
    }
}

macro_rules! texts {
    ($($name:ident),*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(de::Error::custom)
            }
        }

        impl std::ops::Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<std::path::Path> for $name {
            fn as_ref(&self) -> &std::path::Path {
                self.0.as_ref()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

texts! { FileName, FilePath }

/// The name of a release of libamd_smi.
pub(crate) fn release<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let name = String::deserialize(from)?;
    match rsmi_simulator_releases::Release::named(&name) {
        Ok(_) => Ok(Some(name)),
        Err(error) => Err(de::Error::custom(error)),
    }
}

fn bounded<'de, D, T>(from: D, low: T, high: T, unit: &str) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + PartialOrd + fmt::Display,
{
    let value = T::deserialize(from)?;
    if value < low || value > high {
        return Err(de::Error::custom(format!(
            "{value} is out of range, allowed is {low} to {high} {unit}"
        )));
    }
    Ok(Some(value))
}

/// A number that the description must have, in one of the ranges below.
macro_rules! needed {
    ($($name:ident: $range:ident;)*) => {$(
        pub(crate) fn $name<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
            $range(from).map(Option::unwrap_or_default)
        }
    )*};
}

needed! {
    sockets: socket_count;
    count: many;
}

macro_rules! ranges {
    ($($name:ident: $type:ty = $low:literal ..= $high:literal, $unit:literal;)*) => {$(
        pub(crate) fn $name<'de, D: Deserializer<'de>>(from: D) -> Result<Option<$type>, D::Error> {
            bounded(from, $low, $high, $unit)
        }
    )*};
}

ranges! {
    percent: u8 = 0..=100, "percent";
    celsius: f64 = -273.15..=150.0, "degrees Celsius";
    watts: f64 = 0.0..=3000.0, "watts";
    millivolts: u32 = 0..=2000, "millivolts";
    pwm: u8 = 0..=255, "of the fan's duty cycle";
    rpm: u32 = 0..=20000, "revolutions a minute";
    card_minor: u32 = 0..=1023, "(a DRM card minor)";
    render_minor: u32 = 128..=1023, "(a DRM render minor)";
    gpu_id: u32 = 1..=65535, "(a KFD gpu_id)";
    seconds: f64 = 1.0..=300.0, "seconds";
    numa: i32 = -1..=255, "(a NUMA node, -1 for none)";
    socket_count: u32 = 0..=64, "sockets";
    hwmon: u32 = 0..=65535, "(the number of a hwmon directory)";
    parts: u32 = 1..=64, "(parts of one card)";
    many: u32 = 0..=4096, "of them";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_printed_as_it_is_read() {
        for text in ["0000:c1:00.0", "0001:05:1f.7", "10000:e1:00.0"] {
            assert_eq!(text.parse::<PciAddress>().map(|a| a.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn a_name_leads_nowhere() {
        for path in ["power", "power/runtime_status", "a..b", "0000:03:00.0"] {
            assert_eq!(path.parse::<FilePath>().map(|path| path.to_string()), Ok(path.to_owned()));
        }
        let long = "x".repeat(LONGEST_NAME + 1);
        for path in
            ["", "/etc/passwd", "..", "../x", "x/../y", "x//y", "x/", ".", "a\nb", "é", &long]
        {
            assert!(path.parse::<FilePath>().is_err(), "{path:?}");
            assert!(path.parse::<FileName>().is_err(), "{path:?}");
        }
        assert!("power/control".parse::<FileName>().is_err());
        assert!("x/".repeat(128).strip_suffix('/').unwrap().parse::<FilePath>().is_ok());
        assert!("x/".repeat(129).strip_suffix('/').unwrap().parse::<FilePath>().is_err());
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        for text in ["", "c1:00.0", "0000:c1:00", "0000:c1:20.0", "0000:c1:00.8", "0000:+1:00.0"] {
            assert!(text.parse::<PciAddress>().is_err(), "{text}");
        }
    }
}
