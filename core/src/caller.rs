//! Who the caller of the call under way is, as `client` found out.

use rsmi_generations::{Generation, Open};
use std::cell::Cell;

/// A caller, as far as it matters what it was compiled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    /// The generations that proof has not closed; never none.
    pub(crate) open: Open,
    /// The one whose layout, numbers and words it gets; one of those that are open.
    pub(crate) speaks: Generation,
    /// Somebody else wrote its structs down by hand, as bindings do, and may have left some as they
    /// were before: rocm-smi 6.4.1 has the notification of ROCm 6.3 beside the other structs of 6.4.
    pub(crate) by_hand: bool,
}

impl Client {
    /// `hinted` counts as far as it names some that are open.
    pub(crate) fn new(open: Open, hinted: Open) -> Self {
        let open = if open.is_empty() { Open::ALL } else { open };
        let speaks = open.narrowed(hinted).newest().unwrap_or(Generation::NEWEST);
        Self { open, speaks, by_hand: false }
    }

    /// A caller that is certainly of this generation.
    pub(crate) fn of(generation: Generation) -> Self {
        Self { open: Open::only(generation), speaks: generation, by_hand: false }
    }
}

thread_local! {
    /// The caller of the call under way on this thread, packed; 0 outside a call.
    static CURRENT: Cell<u16> = const { Cell::new(0) };
}

/// Another caller, or with None nobody; returns who it was before.
pub(crate) fn set(caller: Option<Client>) -> Option<Client> {
    unpack(CURRENT.replace(caller.map_or(0, pack)))
}

/// The caller of the call under way; None outside a call.
pub(crate) fn current() -> Option<Client> {
    unpack(CURRENT.get())
}

/// The generation whose statuses the call under way gets.
pub(crate) fn speaks() -> Generation {
    current().map_or(Generation::NEWEST, |caller| caller.speaks)
}

pub(crate) fn pack(client: Client) -> u16 {
    let by_hand = if client.by_hand { BY_HAND } else { 0 };
    u16::from(client.open.bits()) << 8 | by_hand | client.speaks as u16
}

const BY_HAND: u16 = 0x80;

pub(crate) fn unpack(packed: u16) -> Option<Client> {
    let open = Open::from_bits((packed >> 8) as u8);
    let by_hand = packed & BY_HAND != 0;
    let speaks = Generation::ALL.get(usize::from(packed & 0x7f)).copied()?;
    open.has(speaks).then_some(Client { open, speaks, by_hand })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_packed_with_all_that_is_known_of_it() {
        for speaks in Generation::ALL {
            for by_hand in [false, true] {
                for open in [Open::ALL, Open::only(speaks)] {
                    let client = Client { open, speaks, by_hand };
                    assert_eq!(unpack(pack(client)), Some(client));
                }
            }
        }
        assert_eq!(unpack(0), None);
        let other =
            Client { open: Open::only(Generation::V5), speaks: Generation::V7_0, by_hand: false };
        assert_eq!(unpack(pack(other)), None, "it speaks what is not open");
    }

    #[test]
    fn a_caller_is_there_until_another_is() {
        assert_eq!((current(), speaks()), (None, Generation::NEWEST));
        let five = Client::of(Generation::V5);
        assert_eq!(set(Some(five)), None);
        assert_eq!((current(), speaks()), (Some(five), Generation::V5));
        assert_eq!(set(None), Some(five));
        assert_eq!(current(), None);
    }

    #[test]
    fn a_hint_picks_among_what_is_open() {
        let later = Open::only(Generation::V6_4).or(Open::only(Generation::V7_0));
        let old = Open::only(Generation::V5);
        assert_eq!(Client::new(later, Open::only(Generation::V6_4)).speaks, Generation::V6_4);
        assert_eq!(
            Client::new(later, old).speaks,
            Generation::V7_0,
            "the newest of those that are"
        );
        let nothing = Client::new(Open::from_bits(0), old);
        assert_eq!((nothing.open, nothing.speaks), (Open::ALL, Generation::V5));
    }
}
