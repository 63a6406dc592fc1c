//! Overdrive: how far a card can be tuned.

use super::{Agreement, First, Question, Why, setter};
use crate::amdsmi;
use crate::amdsmi::Written;
use crate::amdsmi::abi::od_volt;
use crate::gpu::{Gpu, Regions};
use crate::layout::Member;
use crate::log;
use crate::told::Told;
use crate::types::{
    RSMI_NUM_VOLTAGE_CURVE_POINTS, rsmi_clk_type_t, rsmi_freq_ind_t, rsmi_od_vddc_point_t,
    rsmi_od_volt_curve_t, rsmi_od_volt_freq_data_t, rsmi_range_t,
};

/// Percent above the default of the graphics clock.
#[derive(Debug)]
pub(crate) struct OverdriveLevel;

impl Question<'_> for OverdriveLevel {
    type Value = u32;
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u32> {
        at.number(|s| s.amdsmi_get_gpu_overdrive_level)
    }

    fn kernel(&self, at: &Gpu) -> Told<u32> {
        at.overdrive_level().into()
    }

    super::equal!();
}

/// Percent above the default of the memory clock.
#[derive(Debug)]
pub(crate) struct MemoryOverdriveLevel;

impl Question<'_> for MemoryOverdriveLevel {
    type Value = u32;
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u32> {
        at.number(|s| s.amdsmi_get_gpu_mem_overdrive_level)
    }

    fn kernel(&self, at: &Gpu) -> Told<u32> {
        at.memory_overdrive_level().into()
    }

    super::equal!();
}

/// Sets the percent above the default of the graphics clock.
#[derive(Debug)]
pub(crate) struct SetOverdriveLevel {
    pub(crate) percent: u32,
}

impl Question<'_> for SetOverdriveLevel {
    type Value = ();
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<()> {
        at.set(|s| s.amdsmi_set_gpu_overdrive_level, |handle| (handle, self.percent))
    }

    fn kernel(&self, at: &Gpu) -> Told<()> {
        at.set_overdrive_level(self.percent).into()
    }

    setter!();
}

/// The ranges of the clocks in Hz and the voltages in mV.
#[derive(Debug)]
pub(crate) struct Overdrive;

impl Question<'_> for Overdrive {
    type Value = rsmi_od_volt_freq_data_t;
    const FIRST: First =
        First::Kernel(Why::Differs("6.1.2 reports other limits, and none of the memory clock"));

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Self::Value> {
        at.ask(
            |s| s.amdsmi_get_gpu_od_volt_info,
            |handle, room| (handle, room.record(0)),
            |written| {
                let range = |member| range(written, member);
                let mut curve = rsmi_od_volt_curve_t {
                    vc_points: [rsmi_od_vddc_point_t { frequency: 0, voltage: 0 };
                        RSMI_NUM_VOLTAGE_CURVE_POINTS],
                };
                for (nth, point) in curve.vc_points.iter_mut().enumerate() {
                    let number = |at| written.raw(&od_volt::curve, 2 * nth + at).unwrap_or(0);
                    (point.frequency, point.voltage) = (number(0), number(1));
                }
                Some(rsmi_od_volt_freq_data_t {
                    curr_sclk_range: range(&od_volt::curr_sclk_range)?,
                    curr_mclk_range: range(&od_volt::curr_mclk_range).unwrap_or(UNKNOWN),
                    sclk_freq_limits: range(&od_volt::sclk_freq_limits).unwrap_or(NONE),
                    mclk_freq_limits: range(&od_volt::mclk_freq_limits).unwrap_or(NONE),
                    curve,
                    num_regions: written.raw(&od_volt::num_regions, 0).unwrap_or(0) as u32,
                })
            },
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<Self::Value> {
        at.overdrive().into()
    }

    fn hazard(&self, at: &Gpu) -> Option<String> {
        super::unread(self, at)
    }

    // What the table does not have, each of the two has another word for.
    const AGREE: Agreement<Self::Value> =
        Agreement::new("equal in the graphics clock's range", |amdsmi, kernel| {
            let same = |one: rsmi_range_t, other: rsmi_range_t| {
                [0, u64::MAX].contains(&other.upper_bound) || one == other
            };
            same(amdsmi.curr_sclk_range, kernel.curr_sclk_range)
        });
}

/// What the table does not have.
const UNKNOWN: rsmi_range_t = rsmi_range_t { lower_bound: u64::MAX, upper_bound: u64::MAX };
const NONE: rsmi_range_t = rsmi_range_t { lower_bound: 0, upper_bound: 0 };

fn range(written: &Written, member: &'static Member<amdsmi::Release>) -> Option<rsmi_range_t> {
    let (lower_bound, upper_bound) = (written.raw(member, 0)?, written.raw(member, 1)?);
    Some(rsmi_range_t { lower_bound, upper_bound })
}

/// The regions of the voltage curve, at most so many.
#[derive(Debug)]
pub(crate) struct OverdriveRegions {
    pub(crate) most: u32,
}

impl Question<'_> for OverdriveRegions {
    type Value = Regions;
    const FIRST: First = First::Kernel(Why::Differs(
        "6.1.2 reports regions, which the original does since ROCm 6 no longer",
    ));

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Regions> {
        const REGIONS: usize = 8;
        const REGION: usize = 32;
        // More than any curve has.
        let most = self.most.min(64);
        at.ask(
            |s| s.amdsmi_get_gpu_od_volt_curve_regions,
            |handle, room| (handle, room.put(0, most), room.bytes(REGIONS, most as usize * REGION)),
            |written| {
                let count = written.number::<u32>(0)?.min(most);
                let range = |at| {
                    let (lower_bound, upper_bound) = (written.number(at)?, written.number(at + 8)?);
                    Some(rsmi_range_t { lower_bound, upper_bound })
                };
                let region = |nth: u32| {
                    let at = REGIONS + nth as usize * REGION;
                    crate::gpu::Region { frequency: range(at), voltage: range(at + 16) }
                };
                Some(Regions { count, told: (0..count).map(region).collect() })
            },
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<Regions> {
        at.overdrive_regions(self.most).into()
    }

    fn hazard(&self, at: &Gpu) -> Option<String> {
        (!at.has_voltage_curve()).then(|| "the table has no voltage curve, as it expects".into())
    }

    const AGREE: Agreement<Regions> =
        Agreement::new("equal, where the kernel has any", |amdsmi, kernel| {
            kernel.count == 0 || amdsmi == kernel
        });
}

/// Sets one end of a clock's range, in MHz.
#[derive(Debug)]
pub(crate) struct SetOverdriveClock {
    pub(crate) kind: rsmi_clk_type_t,
    pub(crate) end: rsmi_freq_ind_t,
    pub(crate) value: u64,
}

impl Question<'_> for SetOverdriveClock {
    type Value = ();
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<()> {
        // It ends the process over another clock.
        if !crate::map::OVERDRIVE_CLOCKS.contains(&self.kind) {
            log::reason(|| "the clock has no range".into());
            return Told::Unknown;
        }
        at.set(
            |s| s.amdsmi_set_gpu_od_clk_info,
            |handle| (handle, self.end.0, self.value, self.kind.0),
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<()> {
        at.set_clock_limit(self.kind, self.end, self.value).into()
    }

    setter!();
}

/// Sets a point of the voltage curve: MHz and mV.
#[derive(Debug)]
pub(crate) struct SetVoltagePoint {
    pub(crate) point: u32,
    pub(crate) clock: u64,
    pub(crate) voltage: u64,
}

impl Question<'_> for SetVoltagePoint {
    type Value = ();
    const FIRST: First = First::Amdsmi;

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<()> {
        at.set(
            |s| s.amdsmi_set_gpu_od_volt_info,
            |handle| (handle, self.point, self.clock, self.voltage),
        )
    }

    fn kernel(&self, at: &Gpu) -> Told<()> {
        at.set_voltage_point(self.point, self.clock, self.voltage).into()
    }

    setter!();
}
