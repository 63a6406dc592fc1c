//! The objects of the process that have called, by their code's addresses, and what each is.
//!
//! A call looks its caller up in a small table, without a lock. Only an object that calls for the
//! first time is looked at (dl_iterate_phdr, its dynamic section, its notes). An entry is guarded by
//! a count that is odd while it is being written, so a reader never sees half of one, and a child of
//! a fork that came in between only does without the entry.

use super::evidence::{self, Facts};
use super::{Client, Finding, MARKED_CALL, hints};
use crate::caller::{pack, unpack};
use crate::config::Config;
use crate::{door, log};
use parking_lot::Mutex;
use rsmi_generations::conf::Said;
use rsmi_generations::{Generation, Open};
use std::sync::atomic::{AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};

struct Entry {
    /// Odd while it is being written.
    count: AtomicU32,
    start: AtomicUsize,
    end: AtomicUsize,
    /// Packed; 0 where the entry is free.
    client: AtomicU16,
    /// How many objects had been unloaded when it was looked at.
    unloaded: AtomicU64,
}

impl Entry {
    const fn free() -> Self {
        Self {
            count: AtomicU32::new(0),
            start: AtomicUsize::new(0),
            end: AtomicUsize::new(0),
            client: AtomicU16::new(0),
            unloaded: AtomicU64::new(0),
        }
    }

    fn read(&self, address: usize) -> Option<(Client, u64)> {
        let count = self.count.load(Ordering::Acquire);
        let range = self.start.load(Ordering::Relaxed)..self.end.load(Ordering::Relaxed);
        let client = self.client.load(Ordering::Relaxed);
        let unloaded = self.unloaded.load(Ordering::Relaxed);
        fence(Ordering::Acquire);
        if count & 1 != 0 || self.count.load(Ordering::Relaxed) != count {
            return None;
        }
        if range.contains(&address) { Some((unpack(client)?, unloaded)) } else { None }
    }

    /// For who holds `WRITING`.
    fn write(&self, start: usize, end: usize, client: u16, unloaded: u64) {
        // It may be odd already: a fork's child keeps what another thread had half written.
        let odd = self.count.load(Ordering::Relaxed) | 1;
        self.count.store(odd, Ordering::Relaxed);
        fence(Ordering::Release);
        self.start.store(start, Ordering::Relaxed);
        self.end.store(end, Ordering::Relaxed);
        self.client.store(client, Ordering::Relaxed);
        self.unloaded.store(unloaded, Ordering::Relaxed);
        self.count.store(odd.wrapping_add(1), Ordering::Release);
    }
}

/// More objects than these call in no process that we know of; then the oldest entry makes room.
const ENTRIES: usize = 32;

static TABLE: [Entry; ENTRIES] = [const { Entry::free() }; ENTRIES];

/// Which entry is written next. Whoever cannot have this at once does without an entry.
static WRITING: Mutex<usize> = Mutex::new(0);

/// Code that belongs to no object has this place in the table.
const NOWHERE: usize = 0;

/// Who calls from this address.
pub(super) fn client_at(address: usize) -> Client {
    if address == MARKED_CALL {
        return Client::of(Generation::NEWEST);
    }
    known(address).map_or_else(|| look(address), |(client, _)| client)
}

/// As `client_at`, of the object that is at this address now.
pub(super) fn client_now_at(address: usize) -> Client {
    if address == MARKED_CALL {
        return Client::of(Generation::NEWEST);
    }
    match known(address) {
        Some((client, unloaded)) if unloaded == loads().1 => client,
        _ => look(address),
    }
}

fn known(address: usize) -> Option<(Client, u64)> {
    TABLE.iter().find_map(|entry| entry.read(address))
}

/// How many objects were loaded and unloaded so far.
pub(super) fn loads() -> (u64, u64) {
    let mut counts = (0, 0);
    door::each_object(|info| {
        counts = (info.dlpi_adds, info.dlpi_subs);
        false
    });
    counts
}

#[cold]
fn look(address: usize) -> Client {
    let (_, unloaded) = loads();
    let facts = Facts::at(address);
    let finding = judge(&facts);
    log::info(|| {
        let who = facts.name();
        let speaks = finding.client.speaks;
        format!("calls from {who} are answered as ROCm {speaks} did: {}", finding.text())
    });
    let range = facts.range.clone().unwrap_or(address..address + 1);
    if let Some(mut next) = WRITING.try_lock() {
        let same = |entry: &&Entry| {
            entry.start.load(Ordering::Relaxed) == range.start
                && entry.client.load(Ordering::Relaxed) != 0
        };
        let entry = TABLE.iter().find(same).unwrap_or_else(|| {
            *next = (*next + 1) % ENTRIES;
            &TABLE[*next]
        });
        // What is not mapped to an object is asked about at each address anew, but for the one
        // that stands for "not known".
        if facts.range.is_some() || address == NOWHERE {
            entry.write(range.start, range.end, pack(finding.client), unloaded);
        }
    }
    finding.client
}

/// What is found out about who calls from this address.
pub(super) fn find_out(address: usize) -> Finding {
    if address == MARKED_CALL {
        let because = vec!["the call has the name that our header gives it".to_owned()];
        return Finding { client: Client::of(Generation::NEWEST), because };
    }
    judge(&Facts::at(address))
}

/// In a fork's child nobody else is writing, whoever was in the parent.
pub(super) fn in_child() {
    if WRITING.is_locked() {
        // SAFETY: the child has this one thread, which does not hold it: it forks, and does not write.
        unsafe { WRITING.force_unlock() };
    }
}

/// When objects were loaded or unloaded since the last time, all callers are looked at anew.
pub(super) fn look_again() {
    static SEEN: AtomicU64 = AtomicU64::new(0);
    let (loaded, unloaded) = loads();
    let sum = loaded.wrapping_add(unloaded);
    if SEEN.swap(sum, Ordering::Relaxed) == sum {
        return;
    }
    if let Some(_writing) = WRITING.try_lock() {
        clear();
    }
}

/// All callers are looked at anew, for what is known now and was not before.
pub(super) fn forget() {
    // It is held while an entry is written, and no longer.
    let _writing = WRITING.lock();
    clear();
}

/// For who holds `WRITING`.
fn clear() {
    for entry in &TABLE {
        entry.write(0, 0, 0, 0);
    }
}

/// What is said in the environment counts, and nothing else; then what the object says of itself,
/// and last the line that a person wrote for this machine.
fn judge(facts: &Facts) -> Finding {
    let config = Config::get();
    let mut because = Vec::new();
    if let Some((open, text)) = &config.abi {
        because.push(text.clone());
        return Finding { client: Client::new(*open, Open::ALL), because };
    }
    let mut open = Open::ALL;
    let mut proof = |fits: Open, says: String| {
        let narrower = open.narrowed(fits);
        if narrower != open {
            open = narrower;
            because.push(says);
        } else if open.and(fits).is_empty() {
            log::warn(|| format!("{says}, which does not fit what else is known; left out"));
        }
    };
    for (fits, says) in evidence::of(facts, config) {
        proof(fits, says);
    }
    if let Some(Said { value, file }) = &config.conf.abi {
        proof(*value, format!("{} says abi = {value}", file.display()));
    }
    let mut hinted = Open::ALL;
    if open.one().is_none() && !facts.marked {
        if let Some((hint, says)) = hints::first(facts, open) {
            hinted = hint;
            because.push(says);
        }
    }
    // What `run` has read in the object itself, a compiler wrote.
    let is_read = || config.proven(evidence::own_file(facts).as_slice()).is_some();
    let by_hand = facts.is_silent() && !is_read();
    let client = Client { by_hand, ..Client::new(open, hinted) };
    Finding { client, because }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_found_by_the_addresses_that_it_covers() {
        let entry = Entry::free();
        let client = Client::of(Generation::V6_3);
        assert_eq!(entry.read(0), None);
        entry.write(0x1000, 0x2000, pack(client), 3);
        assert_eq!(entry.read(0x1000), Some((client, 3)));
        assert_eq!((entry.read(0xfff), entry.read(0x2000)), (None, None));
        // Somebody is writing it, and may never end.
        entry.count.fetch_add(1, Ordering::Relaxed);
        assert_eq!(entry.read(0x1000), None);
        entry.write(0x3000, 0x4000, pack(client), 4);
        assert_eq!((entry.read(0x1000), entry.read(0x3fff)), (None, Some((client, 4))));
    }

    #[test]
    fn this_program_is_a_caller_that_says_nothing() {
        let here = this_program_is_a_caller_that_says_nothing as *const () as usize;
        let facts = Facts::at(here);
        assert!(facts.range.as_ref().is_some_and(|range| range.contains(&here)));
        assert_eq!(facts.imports, Open::ALL);
        assert_eq!(client_now_at(here), client_at(here));
        assert!(known(here).is_some());
    }

    #[test]
    fn what_is_proven_closes_generations_and_says_so() {
        let mut facts = Facts::nothing();
        let nothing = judge(&facts);
        assert_eq!((nothing.client.open, nothing.client.by_hand), (Open::ALL, true));
        facts.read_import(c"rsmi_init", false);
        facts.read_import(c"rsmi_dev_guid_get", false);
        let finding = judge(&facts);
        assert_eq!(finding.client.open, Open::since(Generation::V6_0));
        assert!(!finding.because.is_empty() && !finding.client.by_hand, "{finding:?}");
        assert!(finding.text().starts_with("6.0,6.2,6.3,6.4,7.0 are open: "), "{}", finding.text());
    }

    #[test]
    fn in_a_child_nobody_is_writing() {
        std::mem::forget(WRITING.lock());
        in_child();
        assert!(WRITING.try_lock_for(std::time::Duration::from_secs(9)).is_some());
        in_child();
        forget();
        let (loaded, unloaded) = loads();
        assert!(loaded > 1 && unloaded < loaded);
    }

    #[test]
    fn a_marked_call_is_of_our_header() {
        assert_eq!(client_at(MARKED_CALL), Client::of(Generation::NEWEST));
        assert!(find_out(MARKED_CALL).text().contains("our header"));
    }
}
