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

#[cfg(target_arch = "x86_64")]
#[cfg(test)]
mod tests {
    use super::*;
    use rsmi_generations::Generation;
    use std::cell::UnsafeCell;

    /// Instructions, and a place that holds an address; in the data of the test, which is readable.
    struct Code(UnsafeCell<[u8; 64]>);

    // SAFETY: one test uses each.
    unsafe impl Sync for Code {}

    impl Code {
        const fn new() -> Self {
            Self(UnsafeCell::new([0; 64]))
        }

        fn address(&self) -> u64 {
            self.0.get() as u64
        }

        fn put(&self, at: usize, bytes: &[u8]) {
            // SAFETY: nobody else uses it.
            unsafe { (&mut *self.0.get())[at..at + bytes.len()].copy_from_slice(bytes) };
        }

        /// An instruction with the distance from its end to another place.
        fn instruction(&self, at: usize, code: &[u8], to: usize) -> u64 {
            let end = at + code.len() + 4;
            self.put(at, code);
            self.put(at + code.len(), &(to as i32 - end as i32).to_le_bytes());
            self.address() + end as u64
        }
    }

    /// Asks about the object that this test is.
    fn here<T>(ask: impl Fn(&libc::dl_phdr_info) -> T) -> T {
        let mut told = None;
        door::each_object(|info| {
            told = has_code(info, is_direct as *const () as usize).then(|| ask(info));
            told.is_none()
        });
        told.expect("the test is an object")
    }

    #[test]
    fn a_call_by_an_entry_that_holds_our_address_is_one_of_ours() {
        static CODE: Code = Code::new();
        let own = door::own_code().expect("the test has code");
        let behind = CODE.instruction(8, &[0xff, 0x15], 32);
        let calls = |address: usize| {
            CODE.put(32, &address.to_ne_bytes());
            here(|info| calls_us(info, behind, own))
        };
        assert!(calls(own.0) && calls(own.1 - 1));
        assert!(!calls(own.1) && !calls(own.0 - 1));
        CODE.put(32, &own.0.to_ne_bytes());
        assert!(!here(|info| calls_us(info, behind + 1, own)), "no call stands in front of it");
        CODE.put(8, &[0xff, 0x25]);
        assert!(!here(|info| calls_us(info, behind, own)), "a jump is no call");
    }

    #[test]
    fn a_stub_jumps_by_an_entry() {
        static CODE: Code = Code::new();
        let entry = CODE.address() + 48;
        let of = |at: usize| here(|info| entry_of_stub(info, CODE.address() + at as u64));
        CODE.instruction(0, &[0xff, 0x25], 48);
        assert_eq!(of(0), Some(entry));
        CODE.instruction(8, &[0xf2, 0xff, 0x25], 48);
        assert_eq!(of(8), Some(entry), "with a prefix");
        CODE.instruction(20, &[0xf3, 0x0f, 0x1e, 0xfa, 0xff, 0x25], 48);
        assert_eq!(of(20), Some(entry), "behind endbr64");
        CODE.instruction(32, &[0xf3, 0x0f, 0x1e, 0xfa, 0xf2, 0xff, 0x25], 48);
        assert_eq!(of(32), Some(entry), "behind both");
        assert_eq!((of(1), of(48)), (None, None), "no jump");
        // A call of the stub is one of ours only if the loader writes our function's address there.
        let own = door::own_code().expect("the test has code");
        let behind = CODE.instruction(50, &[0xe8], 0);
        assert!(!here(|info| calls_us(info, behind, own)));
    }

    #[test]
    fn nothing_is_read_of_what_is_not_the_objects() {
        static CODE: Code = Code::new();
        CODE.put(0, &[1, 2, 3, 4]);
        assert_eq!(here(|info| code::<4>(info, CODE.address())), Some([1, 2, 3, 4]));
        assert_eq!(here(|info| code::<4>(info, info.dlpi_addr.wrapping_sub(1))), None);
        let outside = Box::new(7_u64);
        assert_eq!(here(|info| code::<4>(info, std::ptr::from_ref(&*outside) as u64)), None);
        assert!(!here(|info| is_of_ours(info, CODE.address())));
    }

    #[test]
    fn who_may_have_called_through_an_object_is_open_too() {
        let address = is_direct as *const () as usize;
        // Nothing here is linked to a function of ours.
        let none = Open::from_bits(0);
        assert_eq!((open_of_others(address), open_of_others(address)), (none, none), "and is kept");
        assert_eq!(here(open_if_linked), none);
        assert!(!is_direct(address) && !is_known_direct(address));
        let client = Client::of(Generation::V6_3);
        assert_eq!((widened(client, address), widened(client, MARKED_CALL)), (client, client));
    }
}
