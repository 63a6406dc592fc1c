//! A client's walk over what a device supports: its functions, the variants of one, the sensors of one.

use crate::status::Result;
use crate::support::{Function, Functions};
use crate::types::rsmi_status_t;
use std::ffi::CStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where a walk stands, in the functions as they were when it began.
#[derive(Debug)]
pub(crate) struct Walk {
    functions: Arc<Functions>,
    over: Over,
    at: AtomicUsize,
}

/// What a walk goes over.
#[derive(Clone, Copy, Debug)]
enum Over {
    Functions,
    /// The variants of this function.
    Variants(usize),
    /// The sensors of this function's variant.
    Sensors(usize, usize),
}

/// What a walk shows where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    Name(&'static CStr),
    Id(u64),
}

const NO_DATA: rsmi_status_t = rsmi_status_t::RSMI_STATUS_NO_DATA;

impl Walk {
    pub(crate) fn over(functions: &Arc<Functions>) -> Result<Self> {
        if functions.list().is_empty() {
            return Err(NO_DATA);
        }
        Ok(Self::new(functions, Over::Functions))
    }

    fn new(functions: &Arc<Functions>, over: Over) -> Self {
        Self { functions: Arc::clone(functions), over, at: AtomicUsize::new(0) }
    }

    /// A walk over the variants of the function, or the sensors of the variant, where this one stands.
    pub(crate) fn inside(&self) -> Result<Self> {
        let at = self.at.load(Ordering::Relaxed);
        let over = match self.over {
            Over::Functions => Over::Variants(at),
            Over::Variants(function) => Over::Sensors(function, at),
            Over::Sensors(..) => return Err(rsmi_status_t::RSMI_STATUS_INVALID_ARGS),
        };
        let inside = Self::new(&self.functions, over);
        if inside.count() == 0 { Err(NO_DATA) } else { Ok(inside) }
    }

    /// Goes on; at the end it stays where it stands.
    pub(crate) fn advance(&self) -> Result {
        let next = |at: usize| (at + 1 < self.count()).then_some(at + 1);
        let moved = self.at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        moved.map(drop).map_err(|_| NO_DATA)
    }

    fn count(&self) -> usize {
        match self.over {
            Over::Functions => self.functions.list().len(),
            Over::Variants(function) => self.function(function).variants.len(),
            Over::Sensors(function, variant) => {
                self.function(function).variants[variant].sensors.len()
            }
        }
    }

    /// Where it stands, also after its end: there are clients that ask until they are answered.
    pub(crate) fn shown(&self) -> Shown {
        let at = self.at.load(Ordering::Relaxed);
        match self.over {
            Over::Functions => Shown::Name(self.function(at).name),
            Over::Variants(function) => Shown::Id(self.function(function).variants[at].id),
            Over::Sensors(function, variant) => {
                Shown::Id(self.function(function).variants[variant].sensors[at].id)
            }
        }
    }

    fn function(&self, at: usize) -> &Function {
        &self.functions.list()[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::hwmon::Hwmon;
    use crate::kernel::tests::Scratch;
    use crate::types::RSMI_DEFAULT_VARIANT;
    use rsmi_generations::Generation;

    fn functions() -> Arc<Functions> {
        let scratch = Scratch::new(
            "walk",
            &[
                ("hwmon/hwmon3/name", b"amdgpu\n"),
                ("hwmon/hwmon3/fan1_input", b"1000\n"),
                ("hwmon/hwmon3/fan2_input", b"1000\n"),
            ],
        );
        let hwmon = Hwmon::of(&scratch.0);
        Arc::new(Functions::of(Generation::V5, |file| file.contains("mem_info"), hwmon.as_ref()))
    }

    #[test]
    fn functions_variants_and_sensors_are_walked_over() {
        let walk = Walk::over(&functions()).unwrap();
        let mut seen = Vec::new();
        loop {
            let mut lines = vec![walk.shown()];
            if let Ok(variants) = walk.inside() {
                loop {
                    lines.push(variants.shown());
                    if let Ok(sensors) = variants.inside() {
                        assert_eq!(sensors.inside().err(), Some(INVALID_ARGS));
                        lines.push(sensors.shown());
                        while sensors.advance().is_ok() {
                            lines.push(sensors.shown());
                        }
                    }
                    if variants.advance().is_err() {
                        break;
                    }
                }
            }
            seen.push(lines);
            if walk.advance().is_err() {
                break;
            }
        }
        let find = |name| seen.iter().find(|lines| lines[0] == Shown::Name(name)).unwrap();
        assert_eq!(find(c"rsmi_dev_memory_total_get")[1..], [0, 1, 2].map(Shown::Id));
        let mut fans = find(c"rsmi_dev_fan_rpms_get")[1..].to_vec();
        fans[1..].sort_by_key(|shown| format!("{shown:?}"));
        assert_eq!(fans, [RSMI_DEFAULT_VARIANT, 0, 1].map(Shown::Id));
        assert_eq!(find(c"rsmi_dev_pci_id_get").len(), 1);
        assert!(seen.iter().map(|lines| format!("{:?}", lines[0])).is_sorted());
        assert_eq!(walk.advance(), Err(NO_DATA));
        assert_eq!(walk.shown(), seen.last().unwrap()[0]);
    }

    const INVALID_ARGS: rsmi_status_t = rsmi_status_t::RSMI_STATUS_INVALID_ARGS;
}
