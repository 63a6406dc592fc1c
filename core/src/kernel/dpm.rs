//! The pp_dpm_* tables: a level a line, `1: 1300Mhz *`, `S: 19Mhz`, or `2: 8.0GT/s, x16 619Mhz *`.

use crate::log;
use crate::status::Result;
use crate::types::{
    RSMI_MAX_NUM_FREQUENCIES, rsmi_frequencies_t, rsmi_pcie_bandwidth_t, rsmi_status_t,
};
use smallvec::SmallVec;

const MOST: usize = RSMI_MAX_NUM_FREQUENCIES;

/// A table as far as it could be read, and how that ended.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) levels: rsmi_pcie_bandwidth_t,
    pub(crate) outcome: Result,
    /// The driver's numbers of the levels; that of deep sleep is none that can be chosen.
    numbers: SmallVec<[u32; 36]>,
    /// Every line is a level, and none of them, as far as there is room, is the current one.
    unmarked: bool,
    /// Every line is a level.
    whole: bool,
}

impl Table {
    /// No table: what the client gets beside the status is all zeros.
    pub(crate) fn failed(status: rsmi_status_t) -> Self {
        Self::of(EMPTY, Err(status))
    }

    /// Levels that no file tells, of which none can be chosen.
    pub(crate) fn of(levels: rsmi_pcie_bandwidth_t, outcome: Result) -> Self {
        Self { levels, outcome, numbers: SmallVec::new(), unmarked: false, whole: false }
    }

    pub(crate) fn read<'line>(lines: impl Iterator<Item = &'line str> + Clone) -> Self {
        let mut table = Self::of(EMPTY, Ok(()));
        table.outcome = table.fill(lines);
        table
    }

    fn fill<'line>(&mut self, lines: impl Iterator<Item = &'line str> + Clone) -> Result {
        self.numbers = lines.clone().filter_map(number).collect();
        let rates = &mut self.levels.transfer_rate;
        let lines = lines.take(MOST);
        rates.num_supported = lines.clone().count() as u32;
        // What the original has there while it reads, and leaves there when a line stops it.
        rates.current = MOST as u32 + 1;
        rates.has_deep_sleep = lines.clone().next().is_some_and(|line| line.starts_with('S'));
        let mut current = None;
        for (at, line) in lines.enumerate() {
            let level = Level::read(line)?;
            rates.frequency[at] = level.frequency;
            if let Some(lanes) = level.lanes {
                self.levels.lanes[at] = lanes;
            }
            if level.current && current.is_none() {
                current = Some(at as u32);
                rates.current = at as u32;
            }
        }
        self.whole = true;
        if current.is_none() {
            log::reason(|| "no level is marked as the current one".into());
            rates.current = u32::MAX;
            self.unmarked = true;
            return Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA);
        }
        Ok(())
    }

    /// The driver marks no level while the clock or the link is between two of them.
    pub(crate) fn is_unmarked(&self) -> bool {
        self.unmarked
    }

    /// Every line is a level, one of them is the current one, and they rise, as the oldest readers
    /// expect.
    pub(crate) fn is_plain(&self) -> bool {
        let rates = &self.levels.transfer_rate;
        let there = &rates.frequency[..MOST.min(rates.num_supported as usize)];
        self.whole && !self.unmarked && self.outcome.is_ok() && there.is_sorted()
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    /// Takes the level for the current one whose frequency and lanes are the least away.
    pub(crate) fn mark_nearest<K: Ord>(&mut self, distance: impl Fn(u64, u32) -> K) {
        let rates = &self.levels.transfer_rate;
        let levels = rates.frequency.iter().zip(&self.levels.lanes);
        let levels = levels.take(rates.num_supported as usize).enumerate();
        let nearest = levels.min_by_key(|(_, (frequency, lanes))| distance(**frequency, **lanes));
        if let Some((at, _)) = nearest {
            self.levels.transfer_rate.current = at as u32;
            (self.unmarked, self.outcome) = (false, Ok(()));
        }
    }

    /// The numbers of the levels whose bits are set, as the driver reads them; INVALID_ARGS where
    /// the table has none of them.
    pub(crate) fn chosen(&self, mask: u64) -> Result<String> {
        let asked = |number: &&u32| **number < u64::BITS && mask >> **number & 1 == 1;
        let chosen: String =
            self.numbers.iter().filter(asked).map(|number| format!("{number} ")).collect();
        if chosen.is_empty() {
            let levels = log::list(&self.numbers);
            log::reason(|| format!("the levels are {levels}, and bit n is level n"));
            return Err(rsmi_status_t::RSMI_STATUS_INVALID_ARGS);
        }
        Ok(chosen)
    }
}

/// The number that a line begins with.
fn number(line: &str) -> Option<u32> {
    let line = line.trim_start();
    let digits = line.find(|c: char| !c.is_ascii_digit()).unwrap_or(line.len());
    line[..digits].parse().ok()
}

pub(crate) const EMPTY: rsmi_pcie_bandwidth_t = rsmi_pcie_bandwidth_t {
    transfer_rate: rsmi_frequencies_t {
        has_deep_sleep: false,
        num_supported: 0,
        current: 0,
        frequency: [0; MOST],
    },
    lanes: [0; MOST],
};

pub(crate) struct Level {
    /// Hz, or transfers a second.
    pub(crate) frequency: u64,
    lanes: Option<u32>,
    current: bool,
}

impl Level {
    pub(crate) fn read(line: &str) -> Result<Self> {
        let unexpected = |what: &str| {
            log::reason(|| format!("{what} in {line:?}"));
            rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA
        };
        let mut rest = line.trim_start();
        if let Some(after) = rest.strip_prefix('S') {
            rest = after;
        } else {
            let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            if digits.len() == rest.len() {
                return Err(unexpected("no level number"));
            }
            rest = digits;
        }
        // The colon, with blanks behind it or none.
        rest = rest.trim_start();
        rest = rest
            .strip_prefix(':')
            .unwrap_or_else(|| rest.split_once(char::is_whitespace).map_or("", |(_, after)| after));
        rest = rest.trim_start();
        let end = rest
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+')))
            .unwrap_or(rest.len());
        let (number, rest) = rest.split_at(end);
        let value: f32 = number.parse().map_err(|_| unexpected("no frequency"))?;
        let mut words = rest.split_whitespace();
        let unit = words.next().unwrap_or("");
        if value < 0.0 {
            log::reason(|| format!("a negative frequency in {line:?}"));
            return Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_SIZE);
        }
        let multiplier = multiplier(unit).ok_or_else(|| unexpected("an unknown unit"))?;
        let lanes = match words.next().and_then(|word| word.strip_prefix('x')) {
            None => None,
            Some("") => {
                log::reason(|| format!("no number of lanes in {line:?}"));
                return Err(rsmi_status_t::RSMI_STATUS_NO_DATA);
            }
            Some(lanes) => Some(super::number::int(lanes.as_bytes())? as u32),
        };
        Ok(Self {
            frequency: (f64::from(value) * multiplier) as u64,
            lanes,
            current: line.contains('*'),
        })
    }
}

/// What a unit stands for: of frequencies in Hz, of voltages in mV.
pub(crate) fn multiplier(unit: &str) -> Option<f64> {
    Some(match unit.as_bytes().first()? {
        b'G' => 1e9,
        b'M' => 1e6,
        b'K' | b'V' => 1e3,
        b'T' | b'H' | b'm' => 1.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        Table::read(text.lines())
    }

    #[test]
    fn clocks_and_links_are_read() {
        let clocks = table("S: 19Mhz *\n0: 500Mhz\n1: 2133Mhz");
        assert_eq!(clocks.outcome, Ok(()));
        let rates = clocks.levels.transfer_rate;
        assert!(rates.has_deep_sleep);
        assert_eq!((rates.num_supported, rates.current), (3, 0));
        assert_eq!(rates.frequency[..4], [19_000_000, 500_000_000, 2_133_000_000, 0]);
        let link = table("0: 2.5GT/s, x1 619Mhz\n1: 16.0GT/s, x16 619Mhz *");
        assert_eq!(link.levels.transfer_rate.frequency[..2], [2_500_000_000, 16_000_000_000]);
        assert_eq!((link.levels.lanes[1], link.levels.transfer_rate.current), (16, 1));
    }

    #[test]
    fn trouble_has_the_originals_status() {
        let unexpected = Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_DATA);
        let none = table("0: 500Mhz\n1: 800Mhz");
        assert_eq!(none.outcome, unexpected);
        assert_eq!(none.levels.transfer_rate.current, u32::MAX);
        let broken = table("0: 500Mhz *\n1: 500Foo");
        let rates = broken.levels.transfer_rate;
        assert_eq!(
            (broken.outcome, rates.num_supported, rates.frequency[0]),
            (unexpected, 2, 500_000_000)
        );
        assert_eq!(table("0: 500Foo *").levels.transfer_rate.current, 34, "more than there may be");
        assert_eq!(table("0: 500Foo *").outcome, unexpected);
        assert_eq!(table("what is this *").outcome, unexpected);
        assert_eq!(table("0: 8.0GT/s, x *").outcome, Err(rsmi_status_t::RSMI_STATUS_NO_DATA));
        assert_eq!(table("0: -5Mhz *").outcome, Err(rsmi_status_t::RSMI_STATUS_UNEXPECTED_SIZE));
    }

    #[test]
    fn levels_are_chosen_by_the_files_numbers() {
        let deep = table("S: 19Mhz *\n1: 500Mhz\n2:2133Mhz");
        assert_eq!(deep.outcome, Ok(()));
        assert_eq!(deep.chosen(0b110).as_deref(), Ok("1 2 "));
        assert_eq!(deep.chosen(u64::MAX).as_deref(), Ok("1 2 "));
        for none in [0, 1, 1 << 63] {
            assert_eq!(deep.chosen(none), Err(rsmi_status_t::RSMI_STATUS_INVALID_ARGS), "{none}");
        }
        let many: String = (0..70).map(|at| format!("{at}: {}Mhz\n", 100 + at)).collect();
        assert_eq!(table(&many).chosen(1 << 40).as_deref(), Ok("40 "));
    }

    #[test]
    fn without_a_star_the_nearest_level_is_the_current_one() {
        let mut clocks = table("0: 500Mhz\n1: 900Mhz\n2: 1300Mhz");
        assert!(clocks.is_unmarked() && clocks.is_whole());
        clocks.mark_nearest(|frequency, _| frequency.abs_diff(1_090_000_000));
        assert_eq!((clocks.outcome, clocks.levels.transfer_rate.current), (Ok(()), 1));
        let broken = table("0: 500Foo");
        assert!(!broken.is_unmarked() && !broken.is_whole());
        let mut none = Table::failed(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED);
        none.mark_nearest(|frequency, _| frequency);
        assert_eq!(none.outcome, Err(rsmi_status_t::RSMI_STATUS_NOT_SUPPORTED));
    }

    #[test]
    fn more_levels_than_the_struct_holds_are_cut() {
        let text: String = (0..40)
            .map(|at| format!("{at}: {}Mhz {}\n", 100 + at, if at == 5 { "*" } else { "" }))
            .collect();
        let cut = table(&text);
        assert_eq!(cut.outcome, Ok(()));
        assert_eq!(cut.levels.transfer_rate.num_supported, MOST as u32);
        assert_eq!(cut.levels.transfer_rate.current, 5);
    }
}
