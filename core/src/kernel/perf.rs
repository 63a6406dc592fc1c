//! A counter of the kernel's perf_event interface, described by the files of its unit.

use super::descriptor::Descriptor;
use super::file::errno;
use super::{Dir, number};
use crate::log;
use crate::status::{self, Result};
use crate::types::{rsmi_counter_value_t, rsmi_status_t};
use once_cell::race::OnceBox;
use std::os::fd::{FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};

/// The first form of `perf_event_attr`, which every kernel takes.
#[repr(C)]
#[derive(Default)]
struct Attributes {
    kind: u32,
    size: u32,
    config: u64,
    sample_period: u64,
    sample_type: u64,
    read_format: u64,
    flags: u64,
    wakeup_events: u32,
    breakpoint_type: u32,
    breakpoint_address: u64,
}

const _: () = assert!(size_of::<Attributes>() == 64);

const SAMPLE_IDENTIFIER: u64 = 1 << 16;
const FORMAT_TIMES: u64 = 1 | 2;
const DISABLED: u64 = 1;
const INHERIT: u64 = 2;
const NO_GROUP: libc::c_ulong = 1;
const CLOSE_ON_EXEC: libc::c_ulong = 8;
const ENABLE: libc::c_ulong = 0x2400;
const DISABLE: libc::c_ulong = 0x2401;

/// More than the hardware counts to: a reading that went wrong.
const OVERFLOW: u64 = 1 << 48;

/// One event of one unit. The kernel is told of it when it is first started.
pub(crate) struct Counter {
    unit: Dir,
    event: &'static str,
    opened: OnceBox<Descriptor>,
    last: AtomicU64,
}

impl Counter {
    pub(crate) fn new(unit: Dir, event: &'static str) -> Self {
        Self { unit, event, opened: OnceBox::new(), last: AtomicU64::new(0) }
    }

    pub(crate) fn start(&self) -> Result {
        self.opened.get_or_try_init(|| self.open().map(Box::new))?;
        self.control(ENABLE)
    }

    pub(crate) fn stop(&self) -> Result {
        self.control(DISABLE)
    }

    /// What was counted since the last reading, and the times since the start.
    pub(crate) fn read(&self) -> Result<rsmi_counter_value_t> {
        let value = self.read_once()?;
        if value.value < OVERFLOW { Ok(value) } else { self.read_once() }
    }

    fn read_once(&self) -> Result<rsmi_counter_value_t> {
        self.tell();
        let mut read = [0u64; 3];
        let opened = self.opened.get().and_then(|opened| opened.get().ok());
        let count = opened.map_or(-1, |opened| {
            // SAFETY: the buffer is as long as we say; read writes no more.
            unsafe { libc::read(opened, read.as_mut_ptr().cast(), size_of_val(&read)) }
        });
        if usize::try_from(count) != Ok(size_of_val(&read)) {
            log::reason(|| "the counter cannot be read: was it started?".into());
            return Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_SIZE);
        }
        let [counted, time_enabled, time_running] = read;
        let value = counted.wrapping_sub(self.last.swap(counted, Ordering::Relaxed));
        Ok(rsmi_counter_value_t { value, time_enabled, time_running })
    }

    fn tell(&self) {
        log::source(|| format!("the perf event {} of {}", self.event, self.unit.path().display()));
    }

    fn control(&self, request: libc::c_ulong) -> Result {
        let Some(opened) = self.opened.get() else {
            log::reason(|| "the counter was never started".into());
            return Err(status::from_errno(libc::EBADF));
        };
        self.tell();
        let opened = opened.get().map_err(status::from_errno)?;
        // SAFETY: these requests take a number, and 0 means this counter alone.
        match unsafe { libc::ioctl(opened, request, 0) } {
            -1 => Err(failed("the counter")),
            _ => Ok(()),
        }
    }

    fn open(&self) -> Result<Descriptor> {
        let config = self.config()?;
        let kind = number::lenient(&self.unit.word("type")?, 10) as u32;
        let attributes = Attributes {
            kind,
            size: size_of::<Attributes>() as u32,
            config,
            sample_type: SAMPLE_IDENTIFIER,
            read_format: FORMAT_TIMES,
            flags: DISABLED | INHERIT,
            ..Attributes::default()
        };
        let (every_process, first_cpu, no_leader) = (-1, 0, -1);
        // SAFETY: the struct is as long as it says, and lives through the call.
        let fd = unsafe {
            libc::syscall(
                libc::SYS_perf_event_open,
                &raw const attributes,
                every_process,
                first_cpu,
                no_leader,
                NO_GROUP | CLOSE_ON_EXEC,
            )
        };
        if fd < 0 {
            return Err(failed("perf_event_open"));
        }
        // SAFETY: the kernel has just given us this descriptor.
        Ok(Descriptor::new(unsafe { OwnedFd::from_raw_fd(fd as i32) }))
    }

    /// `events/NAME` says `event=0x7,umask=0x2`, and `format/event` which bits that is.
    fn config(&self) -> Result<u64> {
        let terms = self.unit.join("events").line(self.event)?;
        let mut config = 0;
        for term in terms.split(|byte| *byte == b',') {
            let mut parts = term.splitn(2, |byte| *byte == b'=');
            let field = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
            let value = number::lenient(parts.next().unwrap_or_default(), 16);
            let bits = self.unit.join("format").line(&field)?;
            config |= value.checked_shl(first_bit(&bits)?).unwrap_or(0);
        }
        Ok(config)
    }
}

/// `config:8-15` begins at bit 8.
fn first_bit(bits: &[u8]) -> Result<u32> {
    let text = String::from_utf8_lossy(bits);
    let range = text.split_once(':').map_or("", |(_, range)| range);
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let last = last.split(',').next().unwrap_or(last);
    let valid = |text: &str| text.trim().parse::<u8>().ok();
    match (valid(first), valid(last)) {
        (Some(first), Some(last)) if first <= last => Ok(first.into()),
        _ => {
            log::reason(|| format!("{text:?} names no bits"));
            Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_SIZE)
        }
    }
}

fn failed(what: &str) -> rsmi_status_t {
    let errno = errno();
    log::reason(|| format!("{what}: {}", std::io::Error::from_raw_os_error(errno)));
    status::from_errno(errno)
}

#[cfg(test)]
mod tests {
    use super::super::tests::Scratch;
    use super::*;

    #[test]
    fn an_event_is_put_together_from_its_fields() {
        let scratch = Scratch::new(
            "perf",
            &[
                ("events/out", b"event=0x7,instance=0x46,umask=0x2\n"),
                ("events/odd", b"event=0x7,missing=1\n"),
                ("events/bad", b"bad=1\n"),
                ("format/event", b"config:0-7,32-35\n"),
                ("format/instance", b"config:8-15\n"),
                ("format/umask", b"config:16-23\n"),
                ("format/bad", b"config:9-3\n"),
            ],
        );
        let config = |event| Counter::new(scratch.0.clone(), event).config();
        assert_eq!(config("out"), Ok(0x02_46_07));
        assert_eq!(config("odd"), Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED));
        assert_eq!(config("bad"), Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_SIZE));
        assert_eq!(config("absent"), Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED));
    }

    #[test]
    fn a_counter_that_was_never_started_cannot_be_stopped_or_read() {
        let counter = Counter::new(Dir::new("/nonexistent"), "out");
        assert_eq!(counter.stop(), Err(rsmi_status_t::RSMI_STATUS_FILE_ERROR));
        assert_eq!(counter.read(), Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_SIZE));
        assert_eq!(counter.start(), Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED));
    }
}
