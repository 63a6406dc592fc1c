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
