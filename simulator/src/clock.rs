//! The time of a simulated machine, the same for every process that asks.
//!
//! It is counted from the start of the host, so that two processes agree
//! without knowing of each other, or from the moment that `RSMI_SIM_EPOCH`
//! names on the same clock (the first number of `/proc/uptime`).
//! `RSMI_SIM_TIME` makes it stand still.

use crate::load::Error;
use rustix::time::{ClockId, clock_gettime};
use std::env;
use std::time::Duration;

/// When the machine's time began, in seconds since the host was started.
pub const EPOCH: &str = "RSMI_SIM_EPOCH";
/// The machine's time itself, in seconds: it does not pass.
pub const TIME: &str = "RSMI_SIM_TIME";

/// Values move in steps of this length, so that whoever looks at nearly the same time sees the same.
pub const TICK: Duration = Duration::from_millis(100);

/// Ten years, more than any machine is up.
const MOST_SECONDS: f64 = 3.2e8;

/// Tells how long a simulated machine has been running.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Clock {
    /// Began when the host had been up for so long.
    Since(Duration),
    /// Stands still.
    Fixed(Duration),
}

impl Clock {
    /// The clock that this process and its children are told to use.
    ///
    /// # Errors
    /// A variable of the environment is not a number of seconds.
    pub fn from_env() -> Result<Self, Error> {
        match (seconds(TIME)?, seconds(EPOCH)?) {
            (Some(time), _) => Ok(Self::Fixed(time)),
            (None, epoch) => Ok(Self::Since(epoch.unwrap_or_default())),
        }
    }

    /// Begins now.
    #[must_use]
    pub fn start() -> Self {
        Self::Since(uptime())
    }

    /// What to put into the environment of a process that shall see the same time.
    #[must_use]
    pub fn variable(self) -> (&'static str, String) {
        let (name, time) = match self {
            Self::Since(epoch) => (EPOCH, epoch),
            Self::Fixed(time) => (TIME, time),
        };
        (name, format!("{}.{:09}", time.as_secs(), time.subsec_nanos()))
    }

    /// The machine's time.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        match self {
            Self::Since(epoch) => uptime().saturating_sub(epoch),
            Self::Fixed(time) => time,
        }
    }
}

fn uptime() -> Duration {
    let now = clock_gettime(ClockId::Boottime);
    // The kernel counts from 0 upwards and keeps the rest below a second.
    Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec as u32)
}

fn seconds(name: &'static str) -> Result<Option<Duration>, Error> {
    let Some(text) = env::var_os(name) else { return Ok(None) };
    let text = text.to_string_lossy();
    let number = text.parse().ok().filter(|seconds| (0.0..=MOST_SECONDS).contains(seconds));
    match number {
        Some(_) => Ok(Some(exact(&text))),
        None => Err(Error::Environment {
            name,
            value: text.into_owned(),
            allowed: format!("seconds, 0 to {MOST_SECONDS}"),
        }),
    }
}

/// As it is written, to the nanosecond: binary fractions would move a time that ends on a tick.
fn exact(text: &str) -> Duration {
    let plain = text.split_once('.').and_then(|(whole, part)| {
        let nanos = part.len() <= 9 && part.bytes().all(|digit| digit.is_ascii_digit());
        let nanos = nanos.then(|| format!("{part:0<9}").parse().ok())??;
        Some(Duration::new(whole.parse().ok()?, nanos))
    });
    plain.unwrap_or_else(|| Duration::from_secs_f64(text.parse().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_and_read_to_the_nanosecond() {
        let epoch = Duration::new(12345, 60_000_007);
        let (name, value) = Clock::Since(epoch).variable();
        assert_eq!((name, value.as_str()), (EPOCH, "12345.060000007"));
        assert_eq!(exact(&value), epoch);
        assert_eq!(exact("45.3"), Duration::from_millis(45_300));
        assert_eq!(exact("45"), Duration::from_secs(45));
    }

    #[test]
    fn time_passes_unless_it_is_fixed() {
        let clock = Clock::start();
        let first = clock.elapsed();
        std::thread::sleep(Duration::from_millis(2));
        assert!(clock.elapsed() > first);
        assert!(first < Duration::from_secs(5));
        let fixed = Clock::Fixed(Duration::from_secs(9));
        assert_eq!(fixed.elapsed(), Duration::from_secs(9));
    }
}
