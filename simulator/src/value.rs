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
    fn what_is_not_an_address_is_refused() {
        for text in ["", "c1:00.0", "0000:c1:00", "0000:c1:20.0", "0000:c1:00.8", "0000:+1:00.0"] {
            assert!(text.parse::<PciAddress>().is_err(), "{text}");
        }
    }
}
