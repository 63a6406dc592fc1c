//! One call: its arguments by the C types that the release gives them, and where answers go.

use crate::faults::Effects;
use crate::world::World;
use rsmi_simulator_releases::{FUNCTIONS, Release, Struct};
use std::fmt;

/// The status that is returned in place of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed(pub u32);

pub type Answer<T = ()> = Result<T, Failed>;

pub struct Call<'a> {
    pub world: &'static World,
    pub function: usize,
    registers: &'a [u64],
    /// The C types; none if the release has no such function.
    pub kinds: &'static [&'static str],
    /// Cards that are away during this call, by their index.
    pub gone: &'a [usize],
    /// What the first counter that is passed in said before it was answered.
    pub room: Option<u32>,
}

impl<'a> Call<'a> {
    pub fn new(
        world: &'static World,
        function: usize,
        registers: &'a [u64],
        effects: &'a Effects,
    ) -> Self {
        let kinds = world.release.arguments(function).unwrap_or_default();
        let mut call = Self { world, function, registers, kinds, gone: &effects.gone, room: None };
        let counter = (0..kinds.len()).find(|at| call.counts(*at) || call.measures(*at));
        call.room = counter.and_then(|at| call.get(at).ok());
        call
    }

    pub fn name(&self) -> &'static str {
        FUNCTIONS[self.function].name
    }

    pub fn release(&self) -> &'static Release {
        self.world.release
    }

    /// An argument as the register has it, cut to what its type takes of that.
    pub fn number(&self, at: usize) -> u64 {
        let register = self.registers.get(at).copied().unwrap_or(0);
        match self.kinds.get(at).and_then(|kind| scalar(kind)) {
            Some(size @ 1..8) => register & ((1 << (size * 8)) - 1),
            _ => register,
        }
    }

    /// The address in a pointer argument, which must not be null.
    pub fn pointer(&self, at: usize) -> Answer<usize> {
        match self.number(at) as usize {
            0 => Err(self.failed("INVAL")),
            address => Ok(address),
        }
    }

    /// The status of that name in this release.
    pub fn failed(&self, name: &str) -> Failed {
        // What nobody has seen yet: a later release has other reasons to refuse.
        if self.release().name == rsmi_simulator_releases::FUTURE && name == "NOT_SUPPORTED" {
            return Failed(UNHEARD_OF);
        }
        let number =
            |beginning| self.release().number("amdsmi_status_t", &format!("{beginning}{name}"));
        let found = number("AMDSMI_STATUS_").or_else(|| number("AMDSMI_"));
        Failed(found.unwrap_or(u32::MAX.into()) as u32)
    }

    /// Writes a number through a pointer argument, as wide as C has it there.
    pub fn put(&self, at: usize, value: u64) -> Answer {
        let address = self.pointer(at)?;
        let kind = self.kinds.get(at).copied().unwrap_or_default();
        let size = kind.strip_suffix(" *").and_then(scalar).unwrap_or(0);
        assert!(size > 0, "{}: {kind} takes no number", self.name());
        store(address, &value.to_le_bytes()[..size]);
        Ok(())
    }

    /// Reads the number that a pointer argument leads to.
    pub fn get(&self, at: usize) -> Answer<u32> {
        let address = self.pointer(at)?;
        // SAFETY: the caller passes a counter in and out here.
        Ok(unsafe { std::ptr::with_exposed_provenance::<u32>(address).read_unaligned() })
    }

    /// Writes as much of a text as there is room for, and a NUL.
    pub fn put_text(&self, at: usize, room: usize, text: &str) -> Answer {
        let address = self.pointer(at)?;
        let Some(most) = room.checked_sub(1) else { return Err(self.failed("INVAL")) };
        let mut bytes = text.as_bytes()[..text.len().min(most)].to_vec();
        bytes.push(0);
        store(address, &bytes);
        Ok(())
    }

    /// A struct of this release of which nothing is written yet.
    pub fn record(&self, name: &'static str) -> Answer<Record> {
        let layout = self.release().layout(name).ok_or(self.failed("NOT_SUPPORTED"))?;
        Ok(Record { release: self.release(), name, layout, bytes: vec![None; layout.size] })
    }

    /// One that AMD's library empties before it fills it.
    pub fn empty(&self, name: &'static str) -> Answer<Record> {
        let mut record = self.record(name)?;
        record.bytes.fill(Some(0));
        Ok(record)
    }

    /// Writes the n-th struct of those that a pointer argument leads to; what was not filled is
    /// left alone.
    pub fn put_record(&self, at: usize, nth: usize, record: &Record) -> Answer {
        let address = self.pointer(at)? + nth * record.bytes.len();
        for (offset, byte) in record.bytes.iter().enumerate() {
            if let Some(byte) = byte {
                store(address + offset, &[*byte]);
            }
        }
        Ok(())
    }
}

/// A status that no release has.
const UNHEARD_OF: u32 = 4711;

impl fmt::Display for Call<'_> {
    /// As the log has it: pointers only as there or not, what they lead to where it is passed in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.name())?;
        for (at, kind) in self.kinds.iter().enumerate() {
            if at > 0 {
                f.write_str(", ")?;
            }
            let value = self.number(at);
            match *kind {
                kind if is_handle(kind) => f.write_str(&crate::session::name(self, value))?,
                kind if !kind.ends_with('*') => write!(f, "{value}")?,
                _ if value == 0 => f.write_str("NULL")?,
                "uint32_t *" if self.counts(at) => write!(f, "[{}]", self.get(at).unwrap_or(0))?,
                _ => f.write_str("out")?,
            }
        }
        f.write_str(")")
    }
}

impl Call<'_> {
    /// Whether a pointer argument leads to the length of the array behind the next one.
    pub fn counts(&self, at: usize) -> bool {
        const LISTS: [&str; 7] = [
            "amdsmi_get_socket_handles",
            "amdsmi_get_processor_handles",
            "amdsmi_get_cpu_handles",
            "amdsmi_get_nic_processor_handles",
            "amdsmi_get_gpu_process_list",
            "amdsmi_get_gpu_bad_page_info",
            "amdsmi_get_gpu_memory_reserved_pages",
        ];
        LISTS.contains(&self.name())
            && self.kinds.get(at) == Some(&"uint32_t *")
            && self.kinds.get(at + 1).is_some_and(|next| next.ends_with('*'))
    }

    /// Whether a pointer argument leads to the length of the text behind the next one.
    fn measures(&self, at: usize) -> bool {
        self.kinds.get(at) == Some(&"uint32_t *") && self.kinds.get(at + 1) == Some(&"char *")
    }

    /// How many bytes there are behind a pointer argument, as far as its type tells.
    pub fn size_of(&self, at: usize) -> Option<usize> {
        let inner = self.kinds.get(at)?.strip_suffix('*')?.trim_end();
        if inner.ends_with('*') || is_handle(inner) {
            return Some(8);
        }
        scalar(inner).or_else(|| self.release().layout(inner).map(|layout| layout.size))
    }
}

/// A struct of one release, filled by the names of its members.
pub struct Record {
    release: &'static Release,
    name: &'static str,
    layout: &'static Struct,
    bytes: Vec<Option<u8>>,
}

impl Record {
    /// A number; where the release has no such member, nothing.
    pub fn number(&mut self, member: &str, value: u64) -> &mut Self {
        self.at(member, 0, value)
    }

    /// A number, or all bits set where there is none.
    pub fn maybe(&mut self, member: &str, value: Option<u64>) -> &mut Self {
        self.number(member, value.unwrap_or(u64::MAX))
    }

    /// An element of an array of numbers.
    pub fn at(&mut self, member: &str, index: usize, value: u64) -> &mut Self {
        let Some(field) = self.field(member) else { return self };
        let size = element(field.kind).unwrap_or(field.size).min(8);
        if (index + 1) * size <= field.size {
            self.fill(field.offset + index * size, &value.to_le_bytes()[..size]);
        }
        self
    }

    /// A number of an inner struct that is an element of an array, so many bytes further on.
    pub fn inner(&mut self, member: &str, further: usize, value: u64) -> &mut Self {
        if let Some(field) = self.field(member) {
            self.fill(field.offset + further, &value.to_le_bytes()[..field.size]);
        }
        self
    }

    /// An element of an array that is a member of an inner struct of that type.
    pub fn inner_array(
        &mut self,
        member: &str,
        of: &str,
        array: &str,
        index: usize,
        value: u64,
    ) -> &mut Self {
        let inner = self.release.layout(of);
        let found = inner.and_then(|inner| inner.fields.iter().find(|field| field.name == array));
        if let (Some(outer), Some(field)) = (self.field(member), found) {
            let size = element(field.kind).unwrap_or(field.size).min(8);
            if (index + 1) * size <= field.size {
                self.fill(outer.offset + field.offset + index * size, &value.to_le_bytes()[..size]);
            }
        }
        self
    }

    /// Every byte of a member.
    pub fn each(&mut self, member: &str, byte: u8) -> &mut Self {
        if let Some(field) = self.field(member) {
            self.fill(field.offset, &vec![byte; field.size]);
        }
        self
    }

    /// A text and its NUL, cut to its room; what is behind it is left alone.
    pub fn text(&mut self, member: &str, text: &str) -> &mut Self {
        if let Some(field) = self.field(member) {
            let mut bytes = text.as_bytes()[..text.len().min(field.size - 1)].to_vec();
            bytes.push(0);
            self.fill(field.offset, &bytes);
        }
        self
    }

    /// Bytes as they are.
    pub fn raw(&mut self, member: &str, bytes: &[u8]) -> &mut Self {
        if let Some(field) = self.field(member) {
            self.fill(field.offset, &bytes[..bytes.len().min(field.size)]);
        }
        self
    }

    /// A text with NULs to the end of its room, but for the last byte of it.
    pub fn all_but_last(&mut self, member: &str, text: &str) -> &mut Self {
        if let Some(field) = self.field(member) {
            let mut bytes = text.as_bytes().to_vec();
            bytes.resize(field.size - 1, 0);
            self.fill(field.offset, &bytes);
        }
        self
    }

    /// A text with NULs to the end of its room.
    pub fn padded(&mut self, member: &str, text: &str) -> &mut Self {
        self.each(member, 0).text(member, text)
    }

    pub fn has(&self, member: &str) -> bool {
        self.field(member).is_some()
    }

    /// Whether any release has such a member: the kernel may know more of them.
    pub fn knows(&self, member: &str) -> bool {
        Release::anywhere(self.name, member)
    }

    /// Every number that is not an inner struct's is "not available".
    pub fn absent_all(&mut self) -> &mut Self {
        let outer = |name: &str| !name.contains('.') && !name.contains("[]");
        for field in self.layout.fields.iter().filter(|field| outer(field.name)) {
            if element(field.kind).or(scalar(field.kind)).is_some() && !field.kind.ends_with('*') {
                self.fill(field.offset, &vec![0xFF; field.size]);
            }
        }
        self
    }

    /// Where a member is, and its size.
    pub fn place(&self, member: &str) -> Option<(usize, usize)> {
        self.field(member).map(|field| (field.offset, field.size))
    }

    fn fill(&mut self, at: usize, bytes: &[u8]) {
        for (place, byte) in self.bytes[at..at + bytes.len()].iter_mut().zip(bytes) {
            *place = Some(*byte);
        }
    }

    fn field(&self, member: &str) -> Option<&'static rsmi_simulator_releases::Field> {
        let found = self.layout.fields.iter().find(|field| field.name == member);
        debug_assert!(
            found.is_some() || Release::anywhere(self.name, member),
            "no release has {}.{member}",
            self.name
        );
        found
    }
}

/// The size of what C passes in a register; enumerations are unsigned int, but for two.
pub fn scalar(kind: &str) -> Option<usize> {
    match kind {
        "_Bool" | "uint8_t" | "char" | "int8_t" => Some(1),
        "uint16_t" | "int16_t" => Some(2),
        "uint32_t" | "int32_t" | "int" | "float" | "amdsmi_process_handle_t" => Some(4),
        "uint64_t"
        | "int64_t"
        | "size_t"
        | "amdsmi_gpu_block_t"
        | "amdsmi_bdf_t"
        | "amdsmi_event_handle_t"
        | "amdsmi_power_profile_preset_masks_t" => Some(8),
        kind if is_handle(kind) || kind.ends_with('*') => Some(8),
        kind if kind.ends_with("_type_t")
            || kind.ends_with("_status_t")
            || kind.ends_with("_level_t")
            || kind.ends_with("_metric_t")
            || kind.ends_with("_state_t")
            || kind.ends_with("_mode_t")
            || kind.ends_with("_format_t")
            || kind.ends_with("_scope_t")
            || kind.ends_with("_group_t")
            || kind.ends_with("_command_t")
            || kind.ends_with("_ind_t") =>
        {
            Some(4)
        }
        _ => None,
    }
}

pub fn is_handle(kind: &str) -> bool {
    kind.ends_with("_handle") || kind == "amdsmi_func_id_iter_handle_t"
}

/// The size of an element, for an array of numbers.
fn element(kind: &str) -> Option<usize> {
    scalar(kind.split_once('[').map_or(kind, |(inner, _)| inner))
}

/// Writes where a caller wants an answer.
pub fn store(address: usize, bytes: &[u8]) {
    let to = std::ptr::with_exposed_provenance_mut::<u8>(address);
    // SAFETY: the caller has room for what the function answers with in this release.
    unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
}
