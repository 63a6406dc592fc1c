//! Calls that may have come through another object than the one to which they return.
//!
//! A function that ends with a call of ours jumps to us (a tail call): we return to who called *it*,
//! and the struct may be of its header. So what is proven of an object counts for a call only if its
//! own code calls us, which the instruction in front of the return address shows. Of any other call
//! we write no further than the headers of all objects go that are linked to us.

use super::{Client, MARKED_CALL};
use crate::config::Config;
use crate::door;
use crate::object::{self, Dynamic, Reference};
use rsmi_generations::{self as generations, Open};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The caller, with all that is open for who may have called through it.
pub(super) fn widened(client: Client, address: usize) -> Client {
    // Of who is not known everything is open already; what a person says is said of everybody.
    let is_settled = client.open == Open::ALL || address == MARKED_CALL;
    if is_settled || Config::get().abi.is_some() || is_known_direct(address) {
        return client;
    }
    Client { open: client.open.or(open_of_others(address)), ..client }
}

/// The places of direct calls that were seen, so that each is looked at once; a new object may have
/// taken the place of one that was unloaded.
static DIRECT: [AtomicUsize; 64] = [const { AtomicUsize::new(0) }; 64];

fn is_known_direct(address: usize) -> bool {
    const ADDRESS_BITS: u32 = 48;
    let unloaded = super::callers::loads().1 as usize;
    let place = address ^ unloaded.wrapping_shl(ADDRESS_BITS);
    let slot = &DIRECT[address % DIRECT.len()];
    if slot.load(Ordering::Relaxed) == place {
        return true;
    }
    let is_direct = is_direct(address);
    if is_direct {
        slot.store(place, Ordering::Relaxed);
    }
    is_direct
}

/// Whether the instruction in front of this address calls a function of ours, without a way round.
fn is_direct(address: usize) -> bool {
    let Some(own) = door::own_code() else { return false };
    let mut is_direct = false;
    door::each_object(|info| {
        let is_here = has_code(info, address);
        is_direct = is_here && calls_us(info, address as u64, own);
        !is_here
    });
    is_direct
}

fn has_code(info: &libc::dl_phdr_info, address: usize) -> bool {
    door::code_of(info).is_some_and(|(start, end)| (start..end).contains(&address))
}

/// `call stub`, where the stub jumps by an entry of the loader's; or `call *entry`, where that is one
/// of the loader's or holds the address of a function of ours.
#[cfg(target_arch = "x86_64")]
fn calls_us(info: &libc::dl_phdr_info, address: u64, own: (usize, usize)) -> bool {
    if let Some([0xe8, distance @ ..]) = code::<5>(info, address.wrapping_sub(5)) {
        let target = address.wrapping_add_signed(i32::from_le_bytes(distance).into());
        return entry_of_stub(info, target).is_some_and(|entry| is_of_ours(info, entry));
    }
    if let Some([0xff, 0x15, distance @ ..]) = code::<6>(info, address.wrapping_sub(6)) {
        let entry = address.wrapping_add_signed(i32::from_le_bytes(distance).into());
        return is_of_ours(info, entry) || holds_code_of(own, info, entry);
    }
    false
}

#[cfg(not(target_arch = "x86_64"))]
fn calls_us(_: &libc::dl_phdr_info, _: u64, _: (usize, usize)) -> bool {
    false
}

/// Where the linker's stub finds the address to which it jumps: `endbr64` and a prefix may stand in
/// front of `jmp *entry`.
#[cfg(target_arch = "x86_64")]
fn entry_of_stub(info: &libc::dl_phdr_info, mut at: u64) -> Option<u64> {
    if code::<4>(info, at)? == [0xf3, 0x0f, 0x1e, 0xfa] {
        at += 4;
    }
    if code::<1>(info, at)? == [0xf2] {
        at += 1;
    }
    let [0xff, 0x25, distance @ ..] = code::<6>(info, at)? else { return None };
    Some((at + 6).wrapping_add_signed(i32::from_le_bytes(distance).into()))
}

/// Bytes of an object, where they are loaded.
#[cfg(target_arch = "x86_64")]
fn code<const N: usize>(info: &libc::dl_phdr_info, at: u64) -> Option<[u8; N]> {
    let start = at.checked_sub(info.dlpi_addr)?;
    // SAFETY: they are loaded, readable, and the object stays while the loader shows it.
    object::is_readable(info, start, N as u64).then(|| unsafe { *(at as *const [u8; N]) })
}

/// Whether the loader writes, or has written, the address of a function of rocm_smi.h there.
#[cfg(target_arch = "x86_64")]
fn is_of_ours(info: &libc::dl_phdr_info, entry: u64) -> bool {
    let name = Dynamic::of(info).and_then(|dynamic| dynamic.symbol_at(entry));
    name.is_some_and(|name| name.to_bytes().starts_with(b"rsmi_"))
}

#[cfg(target_arch = "x86_64")]
fn holds_code_of(own: (usize, usize), info: &libc::dl_phdr_info, entry: u64) -> bool {
    let address = code::<8>(info, entry).map(usize::from_ne_bytes);
    address.is_some_and(|address| (own.0..own.1).contains(&address))
}

/// What is open for any other object that is linked to a function whose bytes or numbers differ.
fn open_of_others(address: usize) -> Open {
    // The lowest byte is the answer; above it, whose it is, and of when.
    static LAST: AtomicU64 = AtomicU64::new(0);
    const ANSWERED: u64 = 0x80;
    let mut base = 0;
    door::each_object(|info| {
        let is_here = has_code(info, address);
        base = if is_here { info.dlpi_addr } else { base };
        !is_here
    });
    let (loaded, unloaded) = super::callers::loads();
    let key = [base, loaded, unloaded]
        .iter()
        .fold(0_u64, |key, part| (key ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29))
        & !0xff;
    let last = LAST.load(Ordering::Relaxed);
    if last & !0xff == key && last & ANSWERED != 0 {
        return Open::from_bits(last as u8);
    }
    let mut open = Open::from_bits(0);
    // Nothing is allocated under the loader's lock.
    door::each_object(|info| {
        if !has_code(info, address) {
            open = open.or(open_if_linked(info));
        }
        true
    });
    LAST.store(key | ANSWERED | u64::from(open.bits()), Ordering::Relaxed);
    open
}

/// What an object says itself that is linked to such a function; nothing of one that is not.
fn open_if_linked(info: &libc::dl_phdr_info) -> Open {
    let Some(dynamic) = Dynamic::of(info) else { return Open::from_bits(0) };
    let (mut is_linked, mut imports) = (false, Open::ALL);
    dynamic.each_symbol_referred_to(|Reference { name, is_weak, is_own }| {
        let Ok(name) = name.to_str() else { return };
        if is_own || !name.starts_with("rsmi_") {
            return;
        }
        is_linked |= generations::MARKED.contains(&name);
        if !is_weak {
            imports = imports.narrowed(generations::of_function(name));
        }
    });
    if !is_linked {
        return Open::from_bits(0);
    }
    let mut said = None::<Open>;
    object::each_note(info, |name, kind, content| {
        if let (generations::NOTE_NAME, generations::NOTE_OF_LINKING, &[bits]) =
            (name, kind, content)
        {
            said =
                Some(said.map_or(Open::from_bits(bits), |before| before.or(Open::from_bits(bits))));
        }
    });
    let needed =
        dynamic.needed().filter_map(|name| generations::of_linked_library(name.to_bytes()));
    let proof = said.into_iter().chain(needed).chain([imports]);
    proof.fold(Open::ALL, Open::narrowed)
}
