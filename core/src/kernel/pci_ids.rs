//! Names of vendors, devices and subsystems out of pci.ids.

use super::number;
use std::path::Path;

/// Where distributions keep the list.
const FILES: [&str; 4] = [
    "/usr/share/misc/pci.ids",
    "/usr/share/hwdata/pci.ids",
    "/usr/share/pci.ids",
    "/var/lib/pciutils/pci.ids",
];

/// What a name is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Vendor { vendor: u16 },
    Device { vendor: u16, device: u16 },
    Subsystem { vendor: u16, device: u16, subvendor: u16, subdevice: u16 },
}

/// A name, or the hexadecimal id that stands in for it as in the original.
pub(crate) fn name(wanted: Wanted) -> Vec<u8> {
    for file in FILES {
        let Ok(text) = std::fs::read(Path::new(file)) else { continue };
        match look_up(&text, wanted) {
            Found::Name(name) => return name,
            Found::OnlyTheVendor(id) => return format!("{id:#x}").into_bytes(),
            Found::Nothing => {}
        }
    }
    let (Wanted::Vendor { vendor }
    | Wanted::Device { vendor, .. }
    | Wanted::Subsystem { vendor, .. }) = wanted;
    format!("{vendor:#x}").into_bytes()
}

#[derive(Debug, PartialEq, Eq)]
enum Found {
    Name(Vec<u8>),
    /// The vendor is listed without what was asked for; the id that stands in.
    OnlyTheVendor(u16),
    Nothing,
}

/// The format: `vvvv  name`, below it `\tdddd  name`, below that `\t\tssss dddd  name`.
fn look_up(text: &[u8], wanted: Wanted) -> Found {
    let (Wanted::Vendor { vendor }
    | Wanted::Device { vendor, .. }
    | Wanted::Subsystem { vendor, .. }) = wanted;
    let mut in_vendor = false;
    let mut in_device = false;
    for line in text.split(|byte| *byte == b'\n') {
        match (line, wanted) {
            ([] | [b'#', ..], _) => {}
            ([b'\t', b'\t', rest @ ..], Wanted::Subsystem { subvendor, subdevice, .. }) => {
                let wanted = Some(rest).filter(|_| in_vendor && in_device);
                let wanted = wanted.and_then(|rest| after(rest, subvendor));
                if let Some(name) = wanted.and_then(|rest| after(rest, subdevice)) {
                    return Found::Name(name.to_vec());
                }
            }
            ([b'\t', b'\t', ..], _) => {}
            ([b'\t', rest @ ..], Wanted::Device { device, .. }) if in_vendor => {
                if let Some(name) = after(rest, device) {
                    return Found::Name(name.to_vec());
                }
            }
            ([b'\t', rest @ ..], Wanted::Subsystem { device, .. }) if in_vendor => {
                // The original forgets that the device it matched is over; a subsystem of a later
                // device of the vendor then names this one. So do we: same answers.
                in_device |= after(rest, device).is_some();
            }
            ([b'\t', ..], _) => {}
            (_, Wanted::Device { device: id, .. } | Wanted::Subsystem { subdevice: id, .. })
                if in_vendor =>
            {
                return Found::OnlyTheVendor(id);
            }
            (line, _) => {
                if let Some(name) = after(line, vendor) {
                    if let Wanted::Vendor { .. } = wanted {
                        return Found::Name(name.to_vec());
                    }
                    in_vendor = true;
                }
            }
        }
    }
    Found::Nothing
}

/// What stands behind the line's first word, where that is the id.
fn after(line: &[u8], id: u16) -> Option<&[u8]> {
    let start = line.iter().position(|byte| !number::is_space(*byte))?;
    let line = &line[start..];
    let end = line.iter().position(|byte| number::is_space(*byte))?;
    let (word, rest) = line.split_at(end);
    if number::unsigned(word, 16) != Ok(id.into()) {
        return None;
    }
    let name = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t'))?;
    Some(&rest[name..])
}

/// Every kind of look-up in any list.
#[cfg(fuzzing)]
pub(crate) fn look_up_all(text: &[u8]) {
    let (vendor, device) = (0x1002, 0x74a1);
    look_up(text, Wanted::Vendor { vendor });
    look_up(text, Wanted::Device { vendor, device });
    let subsystem = Wanted::Subsystem { vendor, device, subvendor: vendor, subdevice: device };
    look_up(text, subsystem);
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &[u8] = b"# a list\n\
        1000  Other\n\t74a1  Not this one\n\
        1002  Advanced Micro Devices, Inc. [AMD/ATI]\n\
        \t73bf  Navi 21\n\t\t1da2 e438  Sapphire\n\
        \t74a1  Aqua Vanjaram [Instinct MI300X]\n\t\t1002 74a1  MI300X OAM\n\
        1003  Next\n\t9999  Late\n";

    #[test]
    fn names_are_found_below_their_vendor() {
        let found = |wanted| look_up(LIST, wanted);
        let name = |text: &str| Found::Name(text.as_bytes().to_vec());
        assert_eq!(
            found(Wanted::Vendor { vendor: 0x1002 }),
            name("Advanced Micro Devices, Inc. [AMD/ATI]")
        );
        let device = |device| found(Wanted::Device { vendor: 0x1002, device });
        assert_eq!(device(0x74a1), name("Aqua Vanjaram [Instinct MI300X]"));
        assert_eq!(device(0x9999), Found::OnlyTheVendor(0x9999));
        let subsystem = |device, subvendor, subdevice| {
            found(Wanted::Subsystem { vendor: 0x1002, device, subvendor, subdevice })
        };
        assert_eq!(subsystem(0x74a1, 0x1002, 0x74a1), name("MI300X OAM"));
        assert_eq!(subsystem(0x74a1, 0x1da2, 0xe438), Found::OnlyTheVendor(0xe438));
        assert_eq!(found(Wanted::Vendor { vendor: 0x2222 }), Found::Nothing);
    }
}
