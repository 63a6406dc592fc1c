//! What goes wrong now: the described faults that a call meets, and what they do to its answer.

use crate::call::{self, Call};
use rsmi_simulator::Fault;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub struct Faults {
    faults: Vec<Counted>,
    loaded: Instant,
}

struct Counted {
    fault: Fault,
    /// Calls of its functions.
    calls: AtomicU64,
    /// How often it has happened.
    happened: AtomicU64,
}

/// Everything that is wrong with one call.
#[derive(Debug, Default)]
pub struct Effects {
    pub status: Option<u32>,
    pub answered: bool,
    pub takes: Duration,
    pub gone: Vec<usize>,
    overrun: usize,
    unterminated: bool,
    sentinels: bool,
    more: u32,
}

impl Faults {
    pub fn new(faults: Vec<Fault>) -> Self {
        let counted =
            |fault| Counted { fault, calls: AtomicU64::new(0), happened: AtomicU64::new(0) };
        Self { faults: faults.into_iter().map(counted).collect(), loaded: Instant::now() }
    }

    /// What a call of that function meets that begins now.
    pub fn now(&self, function: &str) -> Effects {
        let moment = self.loaded.elapsed().as_millis() as u64;
        let mut effects = Effects::default();
        for counted in &self.faults {
            if counted.fault.concerns(function) && counted.happens(moment) {
                effects.add(&counted.fault);
            }
        }
        effects
    }
}

impl Counted {
    fn happens(&self, moment: u64) -> bool {
        let Fault { from_call, every, times, from_ms, until_ms, .. } = self.fault;
        let call = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let due = moment >= from_ms
            && until_ms.is_none_or(|until| moment < until)
            && call >= from_call
            && (call - from_call) % every == 0;
        if !due {
            return false;
        }
        let before = self.happened.fetch_add(1, Ordering::Relaxed);
        times.is_none_or(|times| before < times)
    }
}

impl Effects {
    fn add(&mut self, fault: &Fault) {
        self.status = self.status.or(fault.status);
        self.answered |= fault.answered;
        self.takes += Duration::from_millis(fault.takes_ms);
        self.gone.extend(fault.gone);
        self.overrun = self.overrun.max(fault.overrun);
        self.unterminated |= fault.unterminated;
        self.sentinels |= fault.sentinels;
        self.more = self.more.max(fault.more);
    }

    /// Does to the answer what was described.
    pub fn spoil(&self, call: &Call) {
        for at in 0..call.kinds.len() {
            let Some(size) = call.size_of(at).filter(|_| call.number(at) != 0) else { continue };
            let address = call.number(at) as usize;
            let text = call.kinds[at] == "char *";
            let room = if text { room_of_text(call, at) } else { size };
            if self.sentinels && !text && !call.counts(at) {
                self.fill_numbers(call, at, address, size);
            }
            if self.unterminated {
                self.fill_texts(call, at, address, room);
            }
            if self.overrun > 0 {
                // A list ends behind the last item that there was room for.
                let end = if lists(call, at) { size * asked(call, at) } else { room };
                call::store(address + end, &vec![0x5A; self.overrun]);
            }
            if self.more > 0 && call.counts(at) {
                self.overfill(call, at);
            }
        }
    }

    /// Texts and pointers are no numbers: those of AMD's library are never wild.
    fn fill_numbers(&self, call: &Call, at: usize, address: usize, size: usize) {
        let structure = call.kinds[at].trim_end_matches(" *");
        let Some(layout) = call.release().layout(structure) else {
            return call::store(address, &vec![0xFF; size]);
        };
        for field in layout.fields {
            if !field.kind.starts_with("char[") && !field.kind.ends_with('*') {
                call::store(address + field.offset, &vec![0xFF; field.size]);
            }
        }
    }

    fn fill_texts(&self, call: &Call, at: usize, address: usize, room: usize) {
        if call.kinds[at] == "char *" {
            call::store(address, &vec![b'x'; room]);
        }
        let structure = call.kinds[at].trim_end_matches(" *");
        let fields = call.release().layout(structure).map_or(&[][..], |layout| layout.fields);
        for field in fields.iter().filter(|field| field.kind.starts_with("char[")) {
            call::store(address + field.offset, &vec![b'x'; field.size]);
        }
    }

    /// A list longer than its array: the items that are there, over and over.
    fn overfill(&self, call: &Call, at: usize) {
        let (Ok(count), Some(size)) = (call.get(at), call.size_of(at + 1)) else { return };
        let list = call.number(at + 1) as usize;
        let room = asked_before(call, count);
        let total = room + self.more;
        if list != 0 && count > 0 {
            // SAFETY: the items that have just been written there.
            let items = unsafe {
                std::slice::from_raw_parts(
                    std::ptr::with_exposed_provenance::<u8>(list),
                    size * count as usize,
                )
            }
            .to_vec();
            let written: Vec<u8> =
                items.iter().copied().cycle().take(size * total as usize).collect();
            call::store(list, &written);
        }
        call::store(call.number(at) as usize, &total.to_le_bytes());
    }
}

/// How many items the caller has room for, which the list's count said before it was answered.
fn asked_before(call: &Call, counted: u32) -> u32 {
    call.room.map_or(counted, |room| room.max(counted))
}

/// Whether a pointer argument leads to an array whose length the one before it counts.
fn lists(call: &Call, at: usize) -> bool {
    at > 0 && call.counts(at - 1)
}

fn asked(call: &Call, at: usize) -> usize {
    asked_before(call, call.get(at - 1).unwrap_or(0)) as usize
}

/// A text's room is the number beside it.
fn room_of_text(call: &Call, at: usize) -> usize {
    let neighbours = [at + 1, at.wrapping_sub(1)];
    let number = neighbours.iter().find_map(|near| match *call.kinds.get(*near)? {
        "uint32_t" | "size_t" => Some(call.number(*near) as usize),
        "uint32_t *" => call.room.map(|room| room as usize),
        _ => None,
    });
    number.unwrap_or(0)
}
