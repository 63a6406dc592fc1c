//! What a client is told of a line of KFD's: the event, and a message in the words of its generation.

use crate::types::rsmi_evt_notification_type_t as Event;
use rsmi_generations::Generation;

/// The event of a line and the message about it; None for what is no event.
pub(crate) fn read(line: &[u8], generation: Generation) -> Option<(Event, Vec<u8>)> {
    let mut scan = Scan(line);
    let event = Event(u32::try_from(scan.hex()?).ok()?);
    scan.spaces();
    let rest = scan.0;
    let message = if generation >= Generation::V6_4 {
        // What does not look as KFD writes it today is shown as it is.
        message(event, rest, generation.is_seven()).unwrap_or_else(|| rest.to_vec())
    } else {
        scan.word().to_vec()
    };
    Some((event, message))
}

/// The message of ROCm 6.4, which 7 worded a little differently.
fn message(event: Event, line: &[u8], seven: bool) -> Option<Vec<u8>> {
    let mut scan = Scan(line);
    let mut text = Text::default();
    match event {
        Event::RSMI_EVT_NOTIF_NONE => text.0.extend_from_slice(b"Event type None received"),
        Event::RSMI_EVT_NOTIF_VMFAULT => {
            text.decimal(if seven { "PID" } else { "pid" }, scan.hex()?);
            scan.after(b":")?;
            text.word("task name", scan.word());
        }
        Event::RSMI_EVT_NOTIF_THERMAL_THROTTLE => {
            text.hex("bitmask", scan.hex()?);
            scan.after(b":")?;
            text.hex("counter", scan.hex()?);
        }
        Event::RSMI_EVT_NOTIF_GPU_PRE_RESET => {
            text.decimal("reset sequence number", scan.hex()?);
            scan.spaces();
            text.word("reset cause", scan.0);
        }
        Event::RSMI_EVT_NOTIF_GPU_POST_RESET => {
            let label = if seven { "reset sequence number" } else { "  reset sequence number" };
            text.decimal(label, scan.hex()?);
        }
        Event::RSMI_EVT_NOTIF_EVENT_MIGRATE_START | Event::RSMI_EVT_NOTIF_EVENT_MIGRATE_END => {
            text.when_and_who(&mut scan, if seven { "nd" } else { "ns" })?;
            text.address_and_size(&mut scan, "start")?;
            text.hex("from", scan.hex()?);
            scan.after(b"->")?;
            text.hex("to", scan.hex()?);
            let end = event == Event::RSMI_EVT_NOTIF_EVENT_MIGRATE_END;
            if !end {
                text.hex("prefetch_loc", scan.hex()?);
                scan.after(b":")?;
                text.hex("preferred_loc", scan.hex()?);
            }
            text.signed("migrate_trigger", scan.decimal()?);
            if end {
                text.signed("error_code", scan.decimal()?);
            }
        }
        Event::RSMI_EVT_NOTIF_EVENT_PAGE_FAULT_START
        | Event::RSMI_EVT_NOTIF_EVENT_PAGE_FAULT_END => {
            text.when_and_who(&mut scan, "ns")?;
            scan.after(b"@")?;
            text.hex("addr", scan.hex()?);
            scan.after(b"(")?;
            text.hex("node", scan.hex()?);
            scan.after(b")")?;
            let start = event == Event::RSMI_EVT_NOTIF_EVENT_PAGE_FAULT_START;
            text.word(if start { "rw" } else { "migrate_udpate" }, scan.letter()?);
        }
        Event::RSMI_EVT_NOTIF_EVENT_QUEUE_EVICTION => {
            text.when_and_who(&mut scan, "ns")?;
            text.hex("node", scan.hex()?);
            text.signed("evict_trigger", scan.decimal()?);
        }
        Event::RSMI_EVT_NOTIF_EVENT_QUEUE_RESTORE => {
            text.when_and_who(&mut scan, "ns")?;
            text.hex("node", scan.hex()?);
            text.word("rescheduled", scan.letter()?);
        }
        Event::RSMI_EVT_NOTIF_EVENT_UNMAP_FROM_GPU => {
            text.when_and_who(&mut scan, "ns")?;
            text.address_and_size(&mut scan, "addr")?;
            text.hex("node", scan.hex()?);
            text.signed("unmap_trigger", scan.decimal()?);
        }
        _ => text.0.extend_from_slice(b"Unknown event received"),
    }
    Some(text.0)
}

/// A message in the making: labels and values, two spaces between one pair and the next.
#[derive(Default)]
struct Text(Vec<u8>);

impl Text {
    fn word(&mut self, label: &str, value: &[u8]) {
        if !self.0.is_empty() {
            self.0.extend_from_slice(b"  ");
        }
        self.0.extend_from_slice(label.as_bytes());
        self.0.extend_from_slice(b": ");
        self.0.extend_from_slice(value);
    }

    fn hex(&mut self, label: &str, value: u64) {
        self.word(label, format!("{value:#x}").as_bytes());
    }

    fn decimal(&mut self, label: &str, value: u64) {
        self.word(label, value.to_string().as_bytes());
    }

    fn signed(&mut self, label: &str, value: i64) {
        self.word(label, value.to_string().as_bytes());
    }

    /// The time and the process: `12345 -678`.
    fn when_and_who(&mut self, scan: &mut Scan<'_>, label: &str) -> Option<()> {
        self.signed(label, scan.decimal()?);
        scan.after(b"-")?;
        self.signed("pid", scan.decimal()?);
        Some(())
    }

    /// A range of pages: `@7f0000(200)`.
    fn address_and_size(&mut self, scan: &mut Scan<'_>, label: &str) -> Option<()> {
        scan.after(b"@")?;
        self.hex(label, scan.hex()?);
        scan.after(b"(")?;
        self.hex("size", scan.hex()?);
        scan.after(b")")
    }
}

/// What of a line is left to be read. Spaces before a number or a mark do not count.
struct Scan<'line>(&'line [u8]);

impl<'line> Scan<'line> {
    fn spaces(&mut self) {
        self.0 = self.0.trim_ascii_start();
    }

    fn after(&mut self, mark: &[u8]) -> Option<()> {
        self.spaces();
        self.0 = self.0.strip_prefix(mark)?;
        Some(())
    }

    fn take(&mut self, belongs: impl Fn(u8) -> bool) -> &'line [u8] {
        let end = self.0.iter().position(|byte| !belongs(*byte)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }

    fn hex(&mut self) -> Option<u64> {
        self.spaces();
        let digits = self.take(|byte| byte.is_ascii_hexdigit());
        u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    }

    fn decimal(&mut self) -> Option<i64> {
        self.spaces();
        let digits = self.take(|byte| byte.is_ascii_digit() || byte == b'-');
        std::str::from_utf8(digits).ok()?.parse().ok()
    }

    fn word(&mut self) -> &'line [u8] {
        self.spaces();
        self.take(|byte| !byte.is_ascii_whitespace())
    }

    fn letter(&mut self) -> Option<&'line [u8]> {
        self.spaces();
        self.0.get(..1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str, generation: Generation) -> Option<(u32, String)> {
        let (event, message) = read(line.as_bytes(), generation)?;
        Some((event.0, String::from_utf8(message).unwrap()))
    }

    #[test]
    fn older_clients_get_the_first_word() {
        for generation in [Generation::V5, Generation::V6_0, Generation::V6_3] {
            let fault = Some((1, "4711:Web".to_owned()));
            assert_eq!(told("1 4711:Web Content", generation), fault);
            assert_eq!(told("5 x", generation), Some((5, "x".to_owned())));
        }
    }

    #[test]
    fn newer_clients_get_labels() {
        let lines = [
            ("0 x", "Event type None received"),
            ("1 1267:python", "pid: 4711  task name: python"),
            ("2 1f:a0", "bitmask: 0x1f  counter: 0xa0"),
            ("3 b job hang", "reset sequence number: 11  reset cause: job hang"),
            ("4 b ", "  reset sequence number: 11"),
            (
                "5 99 -70 @7f1234567(200) 0->1a2b 0:1a2b 1",
                "ns: 99  pid: 70  start: 0x7f1234567  size: 0x200  from: 0x0  to: 0x1a2b  \
                 prefetch_loc: 0x0  preferred_loc: 0x1a2b  migrate_trigger: 1",
            ),
            (
                "6 99 -70 @7f(200) 0->1a2b 1 -12",
                "ns: 99  pid: 70  start: 0x7f  size: 0x200  from: 0x0  to: 0x1a2b  \
                 migrate_trigger: 1  error_code: -12",
            ),
            ("7 99 -70 @7f(1a) W", "ns: 99  pid: 70  addr: 0x7f  node: 0x1a  rw: W"),
            ("8 99 -70 @7f(1a) M", "ns: 99  pid: 70  addr: 0x7f  node: 0x1a  migrate_udpate: M"),
            ("9 99 -70 1a 3", "ns: 99  pid: 70  node: 0x1a  evict_trigger: 3"),
            ("a 99 -70 1a R", "ns: 99  pid: 70  node: 0x1a  rescheduled: R"),
            (
                "b 99 -70 @7f(2) 1a 1",
                "ns: 99  pid: 70  addr: 0x7f  size: 0x2  node: 0x1a  unmap_trigger: 1",
            ),
            ("c 99", "Unknown event received"),
        ];
        for (at, (line, message)) in lines.iter().enumerate() {
            let expected = Some((at as u32, (*message).to_owned()));
            assert_eq!(told(line, Generation::V6_4), expected, "{line}");
        }
    }

    #[test]
    fn seven_words_some_of_them_anew() {
        let told = |line| told(line, Generation::V7_0).map(|(_, message)| message);
        assert_eq!(told("1 a:b").as_deref(), Some("PID: 10  task name: b"));
        assert_eq!(told("4 b").as_deref(), Some("reset sequence number: 11"));
        assert!(told("6 99 -70 @7f(200) 0->1 1 0").is_some_and(|text| text.starts_with("nd: 99")));
    }

    #[test]
    fn what_is_not_as_it_should_be_is_shown_as_it_is() {
        assert_eq!(told("2 once upon", Generation::V7_0), Some((2, "once upon".to_owned())));
        assert_eq!(told("", Generation::V7_0), None);
        assert_eq!(told("zzz", Generation::V7_0), None);
    }
}
