//! Which rocm_smi.h the client was compiled with: its layouts, numbers and manners go together.

mod metrics;

pub(crate) use metrics::Metrics;

use crate::config::Config;
use crate::door;
use crate::entry::{put, put_members};
use crate::kernel::dpm::Table;
use crate::log;
use crate::map;
use crate::types::{
    rsmi_compute_partition_type_t, rsmi_evt_notification_data_t, rsmi_evt_notification_type_t,
    rsmi_frequencies_t, rsmi_fw_block_t, rsmi_pcie_bandwidth_t,
};
use std::ffi::{CStr, OsStr, c_char};
use std::path::Path;

/// Named after the ROCm release in which the generation began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Generation {
    V5,
    V6_0,
    V6_2,
    V6_3,
    V6_4,
    V7_0,
}

impl Generation {
    pub(crate) const NEWEST: Self = Self::V7_0;

    /// Oldest first.
    pub(crate) const ALL: [Self; 6] =
        [Self::V5, Self::V6_0, Self::V6_2, Self::V6_3, Self::V6_4, Self::V7_0];

    /// The release's name, as RSMI_COMPAT_ABI has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::V5 => "5",
            Self::V6_0 => "6.0",
            Self::V6_2 => "6.2",
            Self::V6_3 => "6.3",
            Self::V6_4 => "6.4",
            Self::V7_0 => "7.0",
        }
    }

    /// What `rsmi_version_get` answers; clients choose struct layouts by it.
    pub(crate) fn version(self) -> (u32, u32, u32) {
        match self {
            Self::V5 => (5, 0, 0),
            Self::V6_0 => (7, 2, 0),
            Self::V6_2 => (7, 3, 0),
            Self::V6_3 => (7, 5, 0),
            Self::V6_4 => (7, 6, 0),
            Self::V7_0 => (7, 8, 0),
        }
    }

    /// Whether the client is of ROCm 7 or later, whose getters test pointers first.
    pub(crate) fn is_seven(self) -> bool {
        self >= Self::V7_0
    }

    /// Writes the levels of a clock as the client's header has them. That of ROCm 5 has one level
    /// fewer and no deep sleep; nothing was written beyond the levels then, nor where they could not
    /// be read.
    ///
    /// # Safety
    /// `out` is good for writing the struct of this generation.
    pub(crate) unsafe fn put_frequencies(self, out: *mut rsmi_frequencies_t, table: &Table) {
        if self == Self::V5 {
            // SAFETY: as this function demands.
            unsafe { put_frequencies_v5(out.cast(), table) };
        } else {
            // SAFETY: as this function demands.
            unsafe { put(out, table.levels.transfer_rate) };
        }
    }

    /// Writes the levels of the PCIe link as the client's header has them.
    ///
    /// # Safety
    /// `out` is good for writing the struct of this generation.
    pub(crate) unsafe fn put_bandwidth(self, out: *mut rsmi_pcie_bandwidth_t, table: &Table) {
        if self == Self::V5 {
            let out = out.cast::<BandwidthV5>();
            // SAFETY: as this function demands; both members lie in the struct.
            let (rates, lanes) = unsafe { (&raw mut (*out).transfer_rate, &raw mut (*out).lanes) };
            // SAFETY: as above.
            let count = unsafe { put_frequencies_v5(rates, table) };
            for (at, width) in table.levels.lanes.iter().enumerate().take(count) {
                // SAFETY: as above; there are no more levels than the struct holds.
                unsafe { put(lanes.cast::<u32>().add(at), *width) };
            }
        } else {
            // SAFETY: as this function demands.
            unsafe { put(out, table.levels) };
        }
    }

    /// The driver's word for a way to partition a card, None for a number that is none. What the
    /// numbers mean was shuffled with ROCm 6.2.
    pub(crate) fn compute_partition(
        self,
        number: rsmi_compute_partition_type_t,
    ) -> Option<&'static [u8]> {
        let mut words = map::COMPUTE_PARTITIONS;
        if self < Self::V6_2 {
            // The last was the first.
            words.rotate_right(1);
        }
        words.get((number.0 as usize).checked_sub(1)?).copied()
    }

    /// A firmware block by the client's number of it: ROCm 5 had none for the two of MES, so that
    /// those behind them were lower.
    pub(crate) fn firmware_block(self, number: rsmi_fw_block_t) -> Option<rsmi_fw_block_t> {
        const MES: u32 = rsmi_fw_block_t::RSMI_FW_BLOCK_MES.0;
        let shifted = self == Self::V5 && number.0 >= MES;
        let number = if shifted { number.0.checked_add(2)? } else { number.0 };
        (number <= rsmi_fw_block_t::RSMI_FW_BLOCK_LAST.0).then_some(rsmi_fw_block_t(number))
    }

    /// Writes the notification of this place in the client's array. Up to ROCm 6.3 a message has less
    /// room, and so each is shorter.
    ///
    /// # Safety
    /// `array` is good for writing the struct of this generation at `place`.
    pub(crate) unsafe fn put_notification(
        self,
        array: *mut rsmi_evt_notification_data_t,
        place: u32,
        dv_ind: u32,
        event: rsmi_evt_notification_type_t,
        message: &[u8],
    ) {
        let place = place as usize;
        if self < Self::V6_4 {
            let message = text(message);
            let array = array.cast::<NotificationV5>();
            // SAFETY: as this function demands.
            unsafe { put(array.add(place), NotificationV5 { dv_ind, event, message }) };
        } else {
            let message = text(message);
            // SAFETY: as this function demands.
            unsafe {
                put(array.add(place), rsmi_evt_notification_data_t { dv_ind, event, message });
            };
        }
    }

    /// A release's name: any 5.x is 5, 6.1 is 6.0, any 7.x is 7.0.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('.');
        let major: u32 = parts.next()?.parse().ok()?;
        let minor: Option<u32> = parts.next().map(str::parse).transpose().ok()?;
        if parts.any(|part| part.parse::<u32>().is_err()) {
            return None;
        }
        Some(match (major, minor) {
            (5, _) => Self::V5,
            (6, Some(0 | 1)) => Self::V6_0,
            (6, Some(2)) => Self::V6_2,
            (6, Some(3)) => Self::V6_3,
            (6, Some(4)) => Self::V6_4,
            (7, _) => Self::V7_0,
            _ => return None,
        })
    }
}

/// `rsmi_frequencies_t` of ROCm 5.
#[repr(C)]
struct FrequenciesV5 {
    num_supported: u32,
    current: u32,
    frequency: [u64; 32],
}

/// `rsmi_pcie_bandwidth_t` of ROCm 5.
#[repr(C)]
struct BandwidthV5 {
    transfer_rate: FrequenciesV5,
    lanes: [u32; 32],
}

/// `rsmi_evt_notification_data_t` of ROCm 5 to 6.3.
#[repr(C)]
struct NotificationV5 {
    dv_ind: u32,
    event: rsmi_evt_notification_type_t,
    message: [c_char; 64],
}

put_members!(NotificationV5 { dv_ind, event, message });

/// As much of a text as fits with its NUL, and NULs behind it.
fn text<const N: usize>(text: &[u8]) -> [c_char; N] {
    let end = N.saturating_sub(1);
    std::array::from_fn(|at| {
        text.get(at).filter(|_| at < end).map_or(0, |byte| byte.cast_signed() as c_char)
    })
}

const _: () = {
    assert!(size_of::<NotificationV5>() == 72);
    assert!(size_of::<FrequenciesV5>() == 264);
    assert!(size_of::<BandwidthV5>() == 392);
};

/// Writes the levels that were read, and tells how many.
///
/// # Safety
/// `out` is good for writing the struct.
unsafe fn put_frequencies_v5(out: *mut FrequenciesV5, table: &Table) -> usize {
    const MOST: u32 = 32;
    if table.outcome.is_err() {
        return 0;
    }
    let levels = &table.levels.transfer_rate;
    let count = levels.num_supported.min(MOST);
    let current = if levels.current < count { levels.current } else { u32::MAX };
    // SAFETY: as this function demands; the members lie in the struct.
    let frequency = unsafe {
        put(&raw mut (*out).num_supported, count);
        put(&raw mut (*out).current, current);
        (&raw mut (*out).frequency).cast::<u64>()
    };
    for (at, level) in levels.frequency.iter().enumerate().take(count as usize) {
        // SAFETY: as above; there are no more levels than the struct holds.
        unsafe { put(frequency.add(at), *level) };
    }
    count as usize
}

/// The generation, and what said so.
pub(crate) struct Decision {
    pub(crate) generation: Generation,
    pub(crate) evidence: String,
}

/// Looks at the environment, the process and the system, in this order; the first that says
/// something decides.
pub(crate) fn decide(config: &Config) -> Decision {
    decide_by(config.abi.as_deref(), &loaded(), || {
        std::fs::read_to_string(SYSTEM_DEFAULT).unwrap_or_default()
    })
}

/// What the distribution's own programs were built with.
const SYSTEM_DEFAULT: &str = "/etc/rsmi-compat.conf";

/// What the process has loaded that bears on the question.
#[derive(Debug, Default, PartialEq, Eq)]
struct Loaded {
    /// File names under which the process has us, when it knows us by a legacy one.
    legacy: Vec<String>,
    /// libamdhip64's file name.
    hip: Option<String>,
}

fn decide_by(abi: Option<&OsStr>, loaded: &Loaded, system: impl FnOnce() -> String) -> Decision {
    let decision = |generation, evidence| Decision { generation, evidence };
    if let Some(abi) = abi {
        if let Some(generation) = abi.to_str().and_then(Generation::parse) {
            return decision(generation, format!("RSMI_COMPAT_ABI={}", abi.display()));
        }
        log::warn(|| {
            let names = Generation::ALL.map(Generation::name).join(", ");
            format!("RSMI_COMPAT_ABI={} is ignored: it is one of {names}", abi.display())
        });
    }
    let numbered = [(".so.5", Generation::V5), (".so.6", Generation::V6_0)];
    for (ending, generation) in numbered {
        if let Some(name) = loaded.legacy.iter().find(|name| name.ends_with(ending)) {
            return decision(generation, format!("{name} is in the process"));
        }
    }
    if let Some(name) = &loaded.hip {
        let generations =
            [(".so.5", Generation::V5), (".so.6", Generation::V6_0), (".so.7", Generation::V7_0)];
        for (part, generation) in generations {
            if name.ends_with(part) || name.contains(&format!("{part}.")) {
                return decision(generation, format!("{name} is in the process"));
            }
        }
    }
    if !loaded.legacy.is_empty()
        && let Some(generation) = system_default(&system())
    {
        let seven = loaded.legacy.iter().any(|name| name.contains(".so.7"));
        let generation = if seven { generation.max(Generation::V6_0) } else { generation };
        return decision(generation, format!("{SYSTEM_DEFAULT} says so"));
    }
    decision(Generation::NEWEST, "nothing says otherwise".into())
}

/// The line `abi = 6.0` of the system's configuration.
fn system_default(text: &str) -> Option<Generation> {
    let value = text.lines().find_map(|line| {
        let (key, value) = line.split('#').next()?.split_once('=')?;
        (key.trim() == "abi").then(|| value.trim().to_owned())
    })?;
    let generation = Generation::parse(&value);
    if generation.is_none() {
        log::warn(|| format!("{SYSTEM_DEFAULT}: abi = {value} is ignored: no such release"));
    }
    generation
}

fn loaded() -> Loaded {
    let own = door::own_base();
    let mut found = Loaded::default();
    door::each_object(|info| {
        if info.dlpi_name.is_null() {
            return true;
        }
        // SAFETY: the loader's name of an object is NUL-terminated.
        let path = unsafe { CStr::from_ptr(info.dlpi_name) };
        let path = path.to_string_lossy();
        let name = Path::new(&*path).file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("libamdhip64.so") {
            found.hip = Some(name.into_owned());
        } else if name.starts_with("librocm_smi64.so")
            && (info.dlpi_addr as usize == own || needs_us(info))
        {
            found.legacy.push(name.into_owned());
        }
        true
    });
    found
}

/// Whether an object's DT_NEEDED names this library: the real librocm_smi64 may be there too.
fn needs_us(info: &libc::dl_phdr_info) -> bool {
    const DT_NULL: u64 = 0;
    const DT_NEEDED: u64 = 1;
    const DT_STRTAB: u64 = 5;
    // SAFETY: the loader gives as many program headers as it says.
    let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) };
    let Some(dynamic) = headers.iter().find(|header| header.p_type == libc::PT_DYNAMIC) else {
        return false;
    };
    let entry = |at: usize| {
        let address = (info.dlpi_addr + dynamic.p_vaddr) as *const [u64; 2];
        // SAFETY: the dynamic section of a loaded object ends with DT_NULL, where we stop.
        unsafe { *address.add(at) }
    };
    let entries = || (0..).map(entry).take_while(|[tag, _]| *tag != DT_NULL);
    let Some([_, strings]) = entries().find(|[tag, _]| *tag == DT_STRTAB) else { return false };
    // glibc has relocated the address; an offset would be below the object.
    let strings = if strings < info.dlpi_addr { strings + info.dlpi_addr } else { strings };
    entries().filter(|[tag, _]| *tag == DT_NEEDED).any(|[_, offset]| {
        // SAFETY: DT_NEEDED is an offset into the object's string table of NUL-terminated names.
        let name = unsafe { CStr::from_ptr((strings + offset) as *const c_char) };
        name.to_bytes().starts_with(b"librsmi_compat.so")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(abi: Option<&str>, legacy: &[&str], hip: Option<&str>, system: &str) -> Generation {
        let loaded = Loaded {
            legacy: legacy.iter().map(|name| (*name).to_owned()).collect(),
            hip: hip.map(str::to_owned),
        };
        decide_by(abi.map(OsStr::new), &loaded, || system.to_owned()).generation
    }

    #[test]
    fn the_environment_comes_first() {
        let six = by(Some("6.1"), &["librocm_smi64.so.5"], None, "abi = 5");
        assert_eq!(six, Generation::V6_0);
        assert_eq!(by(Some("5.7.1"), &[], None, ""), Generation::V5);
        assert_eq!(by(Some("7.2"), &[], None, ""), Generation::V7_0);
        for nonsense in ["6", "8.0", "six", "6.5", "6.4x", ""] {
            assert_eq!(by(Some(nonsense), &["librocm_smi64.so.6"], None, ""), Generation::V6_0);
        }
    }

    /// How many bytes of a client's buffer `write` changed at most: up to the last one.
    fn reach(write: impl FnOnce(*mut u8)) -> usize {
        let mut buffer = vec![0xA5_u8; 1024];
        write(buffer.as_mut_ptr());
        buffer.iter().rposition(|byte| *byte != 0xA5).map_or(0, |last| last + 1)
    }

    #[test]
    fn not_a_byte_past_the_clients_structs() {
        let lines: Vec<String> = (0..40).map(|at| format!("{at}: {}Mhz x16 *", at + 1)).collect();
        let table = Table::read(&lines);
        assert_eq!(table.outcome, Ok(()));
        for generation in Generation::ALL {
            let old = generation == Generation::V5;
            // SAFETY: the buffer is larger than any generation's struct.
            let rates = reach(|out| unsafe { generation.put_frequencies(out.cast(), &table) });
            assert_eq!(rates, if old { 264 } else { 280 }, "{generation:?}");
            // SAFETY: as above.
            let link = reach(|out| unsafe { generation.put_bandwidth(out.cast(), &table) });
            // The newer struct ends with padding.
            let full = if old { 392..=392 } else { 412..=416 };
            assert!(full.contains(&link), "{generation:?}: {link}");
            let told = |place| {
                reach(|out| {
                    let message = [b'm'; 500];
                    let event = rsmi_evt_notification_type_t::RSMI_EVT_NOTIF_VMFAULT;
                    // SAFETY: as above, for two of them.
                    unsafe { generation.put_notification(out.cast(), place, 1, event, &message) };
                })
            };
            let record = if generation < Generation::V6_4 { 72 } else { 104 };
            assert_eq!((told(0), told(1)), (record, 2 * record), "{generation:?}");
        }
    }

    #[test]
    fn then_the_oldest_name_then_hip() {
        let both = &["librocm_smi64.so.6", "librocm_smi64.so.5"];
        assert_eq!(by(None, both, Some("libamdhip64.so.7"), ""), Generation::V5);
        let one = &["librocm_smi64.so.1"];
        assert_eq!(by(None, one, Some("libamdhip64.so.6.1.2"), "abi = 5"), Generation::V6_0);
        assert_eq!(by(None, one, Some("libamdhip64.so.5"), ""), Generation::V5);
        assert_eq!(by(None, one, Some("libamdhip64.so.8"), "abi = 5"), Generation::V5);
    }

    #[test]
    fn one_number_means_another_partition_to_another_client() {
        let word = |generation: Generation, number| {
            generation.compute_partition(rsmi_compute_partition_type_t(number))
        };
        assert_eq!(word(Generation::V5, 2), Some(&b"SPX"[..]));
        assert_eq!(word(Generation::V6_0, 2), Some(&b"SPX"[..]));
        assert_eq!(word(Generation::V6_0, 1), Some(&b"CPX"[..]));
        assert_eq!(word(Generation::V6_2, 1), Some(&b"SPX"[..]));
        assert_eq!(word(Generation::V7_0, 2), Some(&b"DPX"[..]));
        for generation in Generation::ALL {
            for number in [0, 6, u32::MAX] {
                assert_eq!(word(generation, number), None, "{generation:?} {number}");
            }
        }
    }

    #[test]
    fn five_has_no_numbers_for_mes() {
        let block = |generation: Generation, number| {
            generation.firmware_block(rsmi_fw_block_t(number)).map(|block| block.0)
        };
        assert_eq!(block(Generation::V5, 6), Some(6));
        assert_eq!(block(Generation::V5, 7), Some(rsmi_fw_block_t::RSMI_FW_BLOCK_PFP.0));
        assert_eq!(block(Generation::V5, 20), Some(rsmi_fw_block_t::RSMI_FW_BLOCK_VCN.0));
        assert_eq!(block(Generation::V6_0, 7), Some(rsmi_fw_block_t::RSMI_FW_BLOCK_MES.0));
        for none in [21, 22, u32::MAX] {
            assert_eq!(block(Generation::V5, none), None, "{none}");
        }
        assert_eq!((block(Generation::V7_0, 22), block(Generation::V7_0, 23)), (Some(22), None));
    }

    #[test]
    fn the_system_speaks_for_legacy_names_only() {
        assert_eq!(by(None, &[], None, "abi = 5"), Generation::V7_0);
        let system = "# bookworm\nabi = 5 # 5.2.3\n";
        assert_eq!(by(None, &["librocm_smi64.so.1"], None, system), Generation::V5);
        assert_eq!(by(None, &["librocm_smi64.so.7"], None, system), Generation::V6_0);
        assert_eq!(by(None, &["librocm_smi64.so.1"], None, "abi = 9"), Generation::V7_0);
    }
}
