//! A client's walk over what a device supports: its functions, the variants of one, the sensors of one.

use crate::status::Result;
use crate::support::{Function, Functions};
use crate::types::rsmi_status_t;
use std::ffi::CStr;
use std::sync::Arc;

/// Where a walk stands, in the functions as they were when it began.
#[derive(Clone, Debug)]
pub(crate) struct Walk {
    functions: Arc<Functions>,
    at: Place,
}

/// The last number is the one that moves.
#[derive(Clone, Copy, Debug)]
enum Place {
    Function(usize),
    Variant(usize, usize),
    Sensor(usize, usize, usize),
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
        Ok(Self { functions: Arc::clone(functions), at: Place::Function(0) })
    }

    /// A walk over the variants of the function, or the sensors of the variant, where this one stands.
    pub(crate) fn inside(&self) -> Result<Self> {
        let (at, count) = match self.at {
            Place::Function(function) => {
                (Place::Variant(function, 0), self.function(function).variants.len())
            }
            Place::Variant(function, variant) => {
                let sensors = &self.function(function).variants[variant].sensors;
                (Place::Sensor(function, variant, 0), sensors.len())
            }
            Place::Sensor(..) => return Err(rsmi_status_t::RSMI_STATUS_INVALID_ARGS),
        };
        if count == 0 { Err(NO_DATA) } else { Ok(Self { at, ..self.clone() }) }
    }

    /// Goes on; at the end it stays where it stands.
    pub(crate) fn advance(&mut self) -> Result {
        let (next, there) = match self.at {
            Place::Function(function) => {
                let next = function + 1;
                (Place::Function(next), next < self.functions.list().len())
            }
            Place::Variant(function, variant) => {
                let next = variant + 1;
                (Place::Variant(function, next), next < self.function(function).variants.len())
            }
            Place::Sensor(function, variant, sensor) => {
                let sensors = &self.function(function).variants[variant].sensors;
                let next = sensor + 1;
                (Place::Sensor(function, variant, next), next < sensors.len())
            }
        };
        if !there {
            return Err(NO_DATA);
        }
        self.at = next;
        Ok(())
    }

    /// Where it stands, also after its end: there are clients that ask until they are answered.
    pub(crate) fn shown(&self) -> Shown {
        match self.at {
            Place::Function(function) => Shown::Name(self.function(function).name),
            Place::Variant(function, variant) => {
                Shown::Id(self.function(function).variants[variant].id)
            }
            Place::Sensor(function, variant, sensor) => {
                Shown::Id(self.function(function).variants[variant].sensors[sensor].id)
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
        let mut walk = Walk::over(&functions()).unwrap();
        let mut seen = Vec::new();
        loop {
            let mut lines = vec![walk.shown()];
            if let Ok(mut variants) = walk.inside() {
                loop {
                    lines.push(variants.shown());
                    if let Ok(mut sensors) = variants.inside() {
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
