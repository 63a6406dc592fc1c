//! A processor's files, and what libamd_smi makes of one that cannot be read.

use crate::call::{Answer, Call, Failed};
use crate::session::{self, Processor};
use rsmi_simulator::Machine;
use rsmi_simulator::metrics::{Reading, decode};
use std::sync::Arc;

/// The files that one question is answered from.
pub struct Files<'a> {
    pub call: &'a Call<'a>,
    pub processor: Processor,
    pub machine: Arc<Machine>,
}

impl<'a> Files<'a> {
    /// Of the processor whose handle is the first argument.
    pub fn of(call: &'a Call<'a>) -> Answer<Self> {
        let processor = session::processor(call, 0)?;
        Ok(Self { call, processor, machine: call.world.now() })
    }

    /// The same over the machine as it is, while the answers are lies.
    pub fn of_truth(call: &'a Call<'a>) -> Answer<Self> {
        let mut files = Self::of(call)?;
        if let Some(truth) = &call.world.truth {
            files.machine = Arc::clone(truth);
            // The lie has a socket more, whose node comes before those of the processors.
            files.processor.node -= 1;
            files.processor.cpu_nodes -= 1;
        }
        Ok(files)
    }

    /// A file's bytes.
    pub fn bytes(&self, name: &str) -> Answer<&[u8]> {
        let path = format!("{}/{name}", self.processor.device);
        self.machine.read(&path).map_err(|errno| self.errno(errno))
    }

    /// A file of the device's directory, without the end of its last line.
    pub fn text(&self, name: &str) -> Answer<&str> {
        self.anywhere(&format!("{}/{name}", self.processor.device))
    }

    /// A file of /sys.
    pub fn anywhere(&self, path: &str) -> Answer<&str> {
        let bytes = self.machine.read(path).map_err(|errno| self.errno(errno))?;
        Ok(std::str::from_utf8(bytes).unwrap_or_default().trim_end_matches('\n'))
    }

    pub fn list(&self, path: &str) -> Vec<String> {
        self.machine.list(path)
    }

    /// What the file begins with, as strtoul reads it.
    pub fn number(&self, name: &str) -> Answer<u64> {
        let text = self.text(name)?;
        if !text.trim_start().starts_with(|c: char| c.is_ascii_digit()) {
            let newer = self.call.release().at_least("7.0");
            return Err(self.call.failed(if newer { "INVAL" } else { "UNKNOWN_ERROR" }));
        }
        Ok(leading(text))
    }

    /// A property of the processor's node in KFD.
    pub fn property(&self, name: &str) -> Option<u64> {
        let nodes = "class/kfd/kfd/topology/nodes";
        let text = self.anywhere(&format!("{nodes}/{}/properties", self.processor.node)).ok()?;
        let mut lines = text.lines().filter_map(|line| line.split_once(' '));
        lines.find(|(key, _)| *key == name).map(|(_, value)| leading(value))
    }

    /// What the driver tells through libdrm.
    pub fn drm(&self, key: &str) -> Option<String> {
        let beginning = format!("{} {key} ", self.processor.render);
        let text = self.machine.drm_text();
        text.lines().find_map(|line| line.strip_prefix(&beginning)).map(str::to_owned)
    }

    /// The directory of the sensors, below the device's.
    pub fn hwmon(&self) -> Option<String> {
        let directory =
            self.list(&format!("{}/hwmon", self.processor.device)).into_iter().next()?;
        Some(format!("hwmon/{directory}"))
    }

    /// A sensor's file, which must hold a number.
    pub fn sensor(&self, name: &str) -> Answer<i64> {
        let directory = self.hwmon().ok_or(self.call.failed("NOT_SUPPORTED"))?;
        let unread = self.call.failed("UNEXPECTED_SIZE");
        let text = match self.text(&format!("{directory}/{name}")) {
            Err(failed) if failed != unread => return Err(failed),
            text => text.unwrap_or_default(),
        };
        text.trim().parse().map_err(|_| self.call.failed("UNEXPECTED_DATA"))
    }

    /// The member of `gpu_metrics` of that name; None where the firmware does not report it.
    pub fn metrics(&self) -> Answer<Vec<Reading>> {
        let path = format!("{}/gpu_metrics", self.processor.device);
        let unexpected = self.call.failed("UNEXPECTED_DATA");
        let bytes = match self.machine.read(&path) {
            Err(libc::ENOENT) if self.call.release().at_least("6.4.0") => {
                return Err(self.errno(libc::ENOENT));
            }
            bytes => bytes.map_err(|_| unexpected)?,
        };
        // Which versions a release knows: what came later is none to it.
        let newest = if self.call.release().at_least("6.3.0") { u8::MAX } else { 5 };
        let known = bytes.get(2).is_some_and(|format| *format == 1)
            && bytes.get(3).is_some_and(|content| *content <= newest);
        decode(bytes).filter(|_| known).ok_or(unexpected)
    }

    pub fn errno(&self, errno: i32) -> Failed {
        self.call.failed(match errno {
            libc::ENOENT | libc::EPERM => "NOT_SUPPORTED",
            libc::EACCES => "NO_PERM",
            libc::EIO => "UNEXPECTED_SIZE",
            libc::EISDIR => "FILE_ERROR",
            _ => "UNKNOWN_ERROR",
        })
    }
}

/// The number that a text begins with, in whichever base C would take it for.
pub fn leading(text: &str) -> u64 {
    let text = text.trim_start();
    let (digits, base) = text.strip_prefix("0x").map_or((text, 10), |digits| (digits, 16));
    let end = digits.find(|c: char| !c.is_digit(base)).unwrap_or(digits.len());
    u64::from_str_radix(&digits[..end], base).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_ends_where_it_is_none_any_more() {
        assert_eq!((leading("17\n"), leading(" 0x1f rest"), leading("x")), (17, 31, 0));
        assert_eq!(leading("16.0 GT/s PCIe"), 16);
    }
}
