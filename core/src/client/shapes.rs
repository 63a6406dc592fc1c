//! Clocks, links and notifications as the caller's header has them, and not a byte further.
//!
//! ROCm 6 put a member in front of rsmi_frequencies_t and made it longer; rsmi_pcie_bandwidth_t
//! begins with it. While a header of ROCm 5 and a later one are both open, the later layout is
//! written, cut at the end of the older one. ROCm 6.4 made a notification longer, and so a second
//! one has another place: while both are open, or the structs were written down by hand, a call
//! tells of one.

use super::{Client, cut_is_logged};
use crate::kernel::dpm::Table;
use crate::out::{Array, Out};
use crate::put::put;
use crate::types::{
    MAX_EVENT_NOTIFICATION_MSG_SIZE, RSMI_MAX_NUM_FREQUENCIES, rsmi_evt_notification_data_t,
    rsmi_evt_notification_type_t, rsmi_frequencies_t, rsmi_pcie_bandwidth_t,
};
use rsmi_generations::{Generation, LANES_IN_ALL, LEVELS_IN_ALL};
use std::ffi::c_char;
use std::mem::offset_of;

/// How many levels of a clock, and lanes of a link, lie inside both layouts.
const LEVELS_IN_BOTH: usize =
    (size_of::<FrequenciesV5>() - offset_of!(rsmi_frequencies_t, frequency)) / size_of::<u64>();
const LANES_IN_BOTH: usize =
    (size_of::<BandwidthV5>() - offset_of!(rsmi_pcie_bandwidth_t, lanes)) / size_of::<u32>();

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
    message: [c_char; Self::ROOM],
}

impl NotificationV5 {
    const ROOM: usize = 64;
}

const _: () = {
    assert!(
        offset_of!(NotificationV5, message) == offset_of!(rsmi_evt_notification_data_t, message)
    );
    assert!(size_of::<NotificationV5>() == 72);
    assert!(size_of::<FrequenciesV5>() == 264);
    assert!(size_of::<BandwidthV5>() == 392);
    assert!(LEVELS_IN_BOTH == LEVELS_IN_ALL && LANES_IN_BOTH == LANES_IN_ALL);
};

impl Client {
    /// Whether a header of ROCm 5 is open, and a later one whose layout is written.
    fn may_be_five(self) -> bool {
        self.open.has(Generation::V5) && self.speaks != Generation::V5
    }

    /// Writes the levels of a clock as the caller's header has them. That of ROCm 5 has one level
    /// fewer and no deep sleep; nothing was written beyond the levels then, nor where they could not
    /// be read.
    pub(crate) fn put_frequencies(self, out: Out<rsmi_frequencies_t>, table: &Table) {
        if out.is_null() {
            return;
        }
        let out = out.pointer();
        if self.speaks == Generation::V5 {
            // SAFETY: the client answers for the struct of its header.
            unsafe { put_frequencies_v5(out.cast(), table) };
            return;
        }
        let mut levels = table.levels.transfer_rate;
        if self.may_be_five() {
            cut_is_logged("rsmi_frequencies_t", size_of::<FrequenciesV5>());
            cut_levels(&mut levels, LEVELS_IN_BOTH);
            // SAFETY: the client answers for the struct of its header; both have these bytes.
            unsafe { put_levels(out, &levels, LEVELS_IN_BOTH) };
        } else {
            // SAFETY: the client answers for the struct of its header.
            unsafe { put_levels(out, &levels, RSMI_MAX_NUM_FREQUENCIES) };
        }
    }

    /// Writes the levels of the PCIe link as the caller's header has them.
    pub(crate) fn put_bandwidth(self, out: Out<rsmi_pcie_bandwidth_t>, table: &Table) {
        if out.is_null() {
            return;
        }
        let out = out.pointer();
        if self.speaks == Generation::V5 {
            let out = out.cast::<BandwidthV5>();
            // SAFETY: the client answers for the struct of its header; both members lie in the struct.
            let (rates, lanes) = unsafe { (&raw mut (*out).transfer_rate, &raw mut (*out).lanes) };
            // SAFETY: as above.
            let count = unsafe { put_frequencies_v5(rates, table) };
            for (at, width) in table.levels.lanes.iter().enumerate().take(count) {
                // SAFETY: as above; there are no more levels than the struct holds.
                unsafe { put(lanes.cast::<u32>().add(at), *width) };
            }
            return;
        }
        let mut levels = table.levels.transfer_rate;
        let mut lanes = RSMI_MAX_NUM_FREQUENCIES;
        if self.may_be_five() {
            cut_is_logged("rsmi_pcie_bandwidth_t", size_of::<BandwidthV5>());
            lanes = LANES_IN_BOTH;
            cut_levels(&mut levels, lanes);
        }
        // SAFETY: the client answers for the struct of its header; the members lie in the struct.
        let (rates, to) =
            unsafe { (&raw mut (*out).transfer_rate, (&raw mut (*out).lanes).cast::<u32>()) };
        // SAFETY: the levels lie inside the structs of all generations since 6.0, and inside that of
        // ROCm 5 too, which has its lanes behind them.
        unsafe { put_levels(rates, &levels, RSMI_MAX_NUM_FREQUENCIES) };
        for (at, width) in table.levels.lanes.iter().enumerate().take(lanes) {
            // SAFETY: as above; there are no more lanes than each open struct has.
            unsafe { put(to.add(at), *width) };
        }
    }

    /// How many notifications one call may write.
    pub(crate) fn notifications(self, room: u32) -> u32 {
        if self.by_hand || self.open.straddles(Generation::V6_4) { room.min(1) } else { room }
    }

    /// Writes the notification of this place in the client's array. Up to ROCm 6.3 a message has less
    /// room, and so each is shorter.
    pub(crate) fn put_notification(
        self,
        array: Array<rsmi_evt_notification_data_t>,
        place: u32,
        dv_ind: u32,
        event: rsmi_evt_notification_type_t,
        message: &[u8],
    ) {
        // Where the structs differ, the first place is the only one.
        if place >= self.notifications(array.room()) {
            return;
        }
        let (size, room) = match self.by_hand || self.open.oldest() < Some(Generation::V6_4) {
            true => (size_of::<NotificationV5>(), NotificationV5::ROOM),
            false => (size_of::<rsmi_evt_notification_data_t>(), MAX_EVENT_NOTIFICATION_MSG_SIZE),
        };
        let out = array.pointer().cast::<u8>().wrapping_add(place as usize * size);
        let text = &message[..message.len().min(room - 1)];
        // Since ROCm 7 there are NULs up to the last byte; before, what was there stayed.
        let of_seven = !self.by_hand && self.open.oldest().is_some_and(Generation::is_seven);
        let end = (text.len() + 1).max(if of_seven { room - 1 } else { 0 });
        let bytes = text.iter().copied().chain(std::iter::repeat(0)).take(end);
        // SAFETY: the client answers for the structs of its header, and `place` is one of them: both structs begin with these, and have room behind them.
        unsafe {
            put(out.cast::<u32>(), dv_ind);
            put(out.add(offset_of!(NotificationV5, event)).cast(), event);
            let message = out.add(offset_of!(NotificationV5, message));
            bytes.enumerate().for_each(|(at, byte)| put(message.add(at), byte));
        }
    }
}

/// Says no more levels than there is room for. In place of the current one, if it is cut off, stands
/// the nearest: clients look the frequency up by it.
fn cut_levels(levels: &mut rsmi_frequencies_t, most: usize) {
    let is_level = levels.current < levels.num_supported;
    levels.num_supported = levels.num_supported.min(most as u32);
    if is_level && levels.current >= levels.num_supported {
        levels.current = nearest(levels, levels.num_supported);
    }
}

/// Of the first levels that which is the least away from the current one.
fn nearest(levels: &rsmi_frequencies_t, first: u32) -> u32 {
    let Some(now) = levels.frequency.get(levels.current as usize) else { return u32::MAX };
    let first = levels.frequency.iter().take(first as usize).enumerate();
    let nearest = first.min_by_key(|(_, frequency)| frequency.abs_diff(*now));
    nearest.map_or(u32::MAX, |(at, _)| at as u32)
}

/// Writes a clock's levels, `most` of them at most, and no padding.
///
/// # Safety
/// `out` is good for writing the members up to that level.
unsafe fn put_levels(out: *mut rsmi_frequencies_t, levels: &rsmi_frequencies_t, most: usize) {
    // SAFETY: as this function demands.
    let to = unsafe {
        put(&raw mut (*out).has_deep_sleep, levels.has_deep_sleep);
        put(&raw mut (*out).num_supported, levels.num_supported);
        put(&raw mut (*out).current, levels.current);
        (&raw mut (*out).frequency).cast::<u64>()
    };
    for (at, level) in levels.frequency.iter().enumerate().take(most) {
        // SAFETY: as above.
        unsafe { put(to.add(at), *level) };
    }
}

/// Writes the levels that were read, and returns how many.
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
    let current = if levels.current < count { levels.current } else { nearest(levels, count) };
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

#[cfg(test)]
mod tests {
    use super::*;
    use rsmi_generations::Open;

    /// How many bytes of a client's buffer `write` changed at most: up to the last one.
    fn reach(write: impl FnOnce(*mut u8)) -> usize {
        let mut buffer = vec![0xA5_u8; 1024];
        write(buffer.as_mut_ptr());
        buffer.iter().rposition(|byte| *byte != 0xA5).map_or(0, |last| last + 1)
    }

    /// More levels than any struct holds, of which the last that all structs of ROCm 6 and later hold
    /// is the current one.
    fn table() -> Table {
        let star = |at| if at == RSMI_MAX_NUM_FREQUENCIES - 1 { " *" } else { "" };
        let line = |at| format!("{at}: {}Mhz x16{}", at + 1, star(at));
        let lines: Vec<String> = (0..40).map(line).collect();
        let table = Table::read(lines.iter().map(String::as_str));
        assert_eq!(table.outcome, Ok(()));
        table
    }

    /// Every set of generations, with each of them as the one that is likely.
    fn clients() -> impl Iterator<Item = Client> {
        (1..=Open::ALL.bits()).flat_map(|bits| {
            let open = Open::from_bits(bits);
            open.iter().flat_map(move |speaks| {
                [false, true].map(|by_hand| Client { open, speaks, by_hand })
            })
        })
    }

    #[test]
    fn not_a_byte_past_the_structs_of_all_that_are_open() {
        let table = table();
        for client in clients() {
            let (five, later) = (client.open.has(Generation::V5), client.speaks != Generation::V5);
            // SAFETY: the buffer is larger than any generation's struct.
            let rates =
                reach(|out| client.put_frequencies(unsafe { Out::new(out.cast()) }, &table));
            assert_eq!(rates, if five { 264 } else { 280 }, "{client:?}");
            // SAFETY: as above.
            let link = reach(|out| client.put_bandwidth(unsafe { Out::new(out.cast()) }, &table));
            let whole = if later { 412 } else { 392 };
            assert_eq!(link, if five { 392 } else { whole }, "{client:?}");
            let told = |place| {
                reach(|out| {
                    let message = [b'm'; 500];
                    let event = rsmi_evt_notification_type_t::RSMI_EVT_NOTIF_VMFAULT;
                    // SAFETY: as above, for two of them.
                    let array = unsafe { Array::new(out.cast(), 2) };
                    client.put_notification(array, place, 1, event, &message);
                })
            };
            let old = client.by_hand || client.open.oldest() < Some(Generation::V6_4);
            assert_eq!(told(0), if old { 72 } else { 104 }, "{client:?}");
            if client.notifications(5) > 1 {
                assert_eq!(told(1), 2 * told(0), "{client:?}");
                assert!(client.open.newest() < Some(Generation::V6_4) || !old, "{client:?}");
            }
        }
    }

    #[test]
    fn only_clients_of_seven_get_nuls_behind_a_text() {
        let told = |client: Client| {
            let event = rsmi_evt_notification_type_t::RSMI_EVT_NOTIF_VMFAULT;
            reach(|out| {
                // SAFETY: the buffer is larger than any generation's struct.
                let array = unsafe { Array::new(out.cast(), 1) };
                client.put_notification(array, 0, 1, event, b"text");
            })
        };
        assert_eq!(told(Client::of(Generation::V7_0)), 103);
        for generation in [Generation::V5, Generation::V6_3, Generation::V6_4] {
            assert_eq!(told(Client::of(generation)), 8 + 5, "{generation}");
        }
        assert_eq!(told(Client::new(Open::ALL, Open::ALL)), 8 + 5);
    }

    #[test]
    fn a_cut_list_says_no_more_than_it_holds_and_the_current_level_is_in_it() {
        let client = Client::new(Open::ALL, Open::ALL);
        let mut out = std::mem::MaybeUninit::<rsmi_pcie_bandwidth_t>::zeroed();
        // SAFETY: the buffer is the struct.
        client.put_bandwidth(unsafe { Out::new(out.as_mut_ptr()) }, &table());
        // SAFETY: zeroed, and of integers alone.
        let out = unsafe { out.assume_init() };
        assert_eq!(out.transfer_rate.num_supported as usize, LANES_IN_BOTH);
        assert_eq!(out.transfer_rate.current, out.transfer_rate.num_supported - 1);
        assert_eq!((out.lanes[LANES_IN_BOTH - 1], out.lanes[LANES_IN_BOTH]), (16, 0));

        let mut five = std::mem::MaybeUninit::<FrequenciesV5>::zeroed();
        let client = Client::of(Generation::V5);
        // SAFETY: the buffer is the struct of that client.
        client.put_frequencies(unsafe { Out::new(five.as_mut_ptr().cast()) }, &table());
        // SAFETY: zeroed, and of integers alone.
        let five = unsafe { five.assume_init() };
        assert_eq!((five.num_supported, five.current), (32, 31));
    }
}
