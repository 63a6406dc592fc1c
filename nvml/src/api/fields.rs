//! Values by number: each entry of a client's list has a status of its own.

use super::{clocks, errors, power, sensors};
use crate::entry::{Out, with_gpu};
use crate::handle::Device;
use crate::house::Gpu;
use crate::status::{Result, Status, read};
use crate::types::value_type::{UNSIGNED_INT, UNSIGNED_LONG_LONG};
use crate::types::{Value, nvmlFieldValue_t};
use rsmi_macros::guard;

/// The numbers of nvml.h that end; those that follow are no fields.
const FIELDS: u32 = 310;

/// Which part a client asks about: the GPU is 0, and the only one whose power is told.
const OF_GPU: u32 = 0;

/// The type of a field and its value.
type Answer = Result<(u32, u64)>;

fn field(gpu: &Gpu<'_>, id: u32, scope: u32) -> Answer {
    use errors::Kind::{Corrected, Uncorrected};
    let small = |value: Result<u32>| value.map(|value| (UNSIGNED_INT, value.into()));
    let large = |value: Result<u64>| value.map(|value| (UNSIGNED_LONG_LONG, value));
    let of_gpu = |value: &dyn Fn() -> Result<u32>| match scope {
        OF_GPU => small(value()),
        _ => Err(Status::NOT_SUPPORTED),
    };
    match id {
        1 | 2 => small(errors::is_on(gpu).map(u32::from)),
        3 => large(errors::total(gpu, Corrected)),
        4 => large(errors::total(gpu, Uncorrected)),
        11 => large(errors::of_memory(gpu, Corrected)),
        12 => large(errors::of_memory(gpu, Uncorrected)),
        30 => small(errors::retired(gpu).map(|pages| pages.len() as u32)),
        31 => small(errors::any_is_pending(gpu).map(u32::from)),
        82 => small(sensors::of_memory(gpu).map(|degrees| degrees.max(0) as u32)),
        83 => large(read(gpu.energy()).map(|energy| energy / 1000)),
        91 => small(Ok(gpu.peers().len() as u32)),
        94 => small(clocks::replays(gpu)),
        185 => of_gpu(&|| read(gpu.average_power()).and_then(power::milli)),
        186 => of_gpu(&|| read(gpu.current_power()).and_then(power::milli)),
        187 => of_gpu(&|| power::limits(gpu).map(|(lowest, _)| lowest)),
        188 => of_gpu(&|| power::limits(gpu).map(|(_, highest)| highest)),
        189 => of_gpu(&|| power::default_limit(gpu)),
        190 | 192 => of_gpu(&|| power::limit(gpu)),
        1..FIELDS => Err(Status::NOT_SUPPORTED),
        _ => Err(Status::INVALID_ARGUMENT),
    }
}

/// The call succeeds, whatever becomes of its entries.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetFieldValues(
    device: Device,
    count: i32,
    values: Out<nvmlFieldValue_t>,
) -> Status {
    with_gpu(device, |gpu| {
        values.given()?;
        let count = usize::try_from(count).ok().filter(|count| *count > 0);
        for at in 0..count.ok_or(Status::INVALID_ARGUMENT)? {
            let entry = values.nth(at);
            let asked = entry.read()?;
            let begun = super::utilization::now();
            let answer = field(&gpu, asked.field_id, asked.scope_id);
            let now = super::utilization::now();
            let (value_type, value) = answer.unwrap_or((asked.value_type, asked.value.0));
            entry.put(nvmlFieldValue_t {
                timestamp: now as i64,
                latency_usec: now.saturating_sub(begun) as i64,
                value_type,
                status: answer.err().unwrap_or(Status::SUCCESS),
                value: Value(value),
                ..asked
            });
        }
        Ok(())
    })
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceClearFieldValues(
    device: Device,
    count: i32,
    values: Out<nvmlFieldValue_t>,
) -> Status {
    let _ = (count, values);
    with_gpu(device, |_| Err(Status::NOT_SUPPORTED))
}
