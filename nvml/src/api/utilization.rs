//! How busy a GPU is.

use crate::entry::{Out, get, get_both, put_list, with_gpu};
use crate::handle::Device;
use crate::house::Gpu;
use crate::status::{Result, Status, read};
use crate::types::{Value, nvmlSample_t, nvmlUtilization_t, value_type};
use rsmi_macros::guard;
use std::time::{SystemTime, UNIX_EPOCH};

/// How far back an answer looks, in µs: as often as the firmware counts.
const PERIOD: u32 = 1_000_000;

fn percent(value: u64) -> u32 {
    value.min(100) as u32
}

fn of_core(gpu: &Gpu<'_>) -> Result<u32> {
    read(gpu.busy()).map(|busy| percent(busy.into()))
}

fn of_memory(gpu: &Gpu<'_>) -> Result<u32> {
    read(gpu.memory_busy()).map(percent)
}

/// A GPU that does not tell how busy its memory is has 0 there: NVML has no other word for it.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetUtilizationRates(
    device: Device,
    utilization: Out<nvmlUtilization_t>,
) -> Status {
    get(device, utilization, |gpu| {
        Ok(nvmlUtilization_t { gpu: of_core(&gpu)?, memory: of_memory(&gpu).unwrap_or(0) })
    })
}

/// The mean of those engines that there are; None where there are none.
fn mean(engines: impl IntoIterator<Item = u16>) -> Option<u32> {
    let told = engines.into_iter().filter(|busy| *busy != u16::MAX);
    let (count, sum) = told.fold((0, 0), |(count, sum), busy| (count + 1, sum + u64::from(busy)));
    u64::checked_div(sum, count).map(percent)
}

/// Newer tables tell of the engines by partition, older ones of each, the oldest of all together.
fn video(gpu: &Gpu<'_>) -> Result<u32> {
    let partition = gpu.partition() as usize;
    let busy = gpu.metric(|metrics| {
        mean(metrics.vcn_activity)
            .or_else(|| mean(metrics.xcp_stats.get(partition)?.vcn_busy))
            .or_else(|| mean([metrics.average_mm_activity]))
    });
    read(busy)?.ok_or(Status::NOT_SUPPORTED)
}

fn jpeg(gpu: &Gpu<'_>) -> Result<u32> {
    let partition = gpu.partition() as usize;
    let busy = gpu.metric(|metrics| {
        mean(metrics.jpeg_activity).or_else(|| mean(metrics.xcp_stats.get(partition)?.jpeg_busy))
    });
    read(busy)?.ok_or(Status::NOT_SUPPORTED)
}

/// AMD's engines both encode and decode, and count as one.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetEncoderUtilization(
    device: Device,
    utilization: Out<u32>,
    period: Out<u32>,
) -> Status {
    get_both(device, (utilization, period), |gpu| Ok((video(&gpu)?, PERIOD)))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetDecoderUtilization(
    device: Device,
    utilization: Out<u32>,
    period: Out<u32>,
) -> Status {
    get_both(device, (utilization, period), |gpu| Ok((video(&gpu)?, PERIOD)))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetJpgUtilization(
    device: Device,
    utilization: Out<u32>,
    period: Out<u32>,
) -> Status {
    get_both(device, (utilization, period), |gpu| Ok((jpeg(&gpu)?, PERIOD)))
}

/// µs since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_micros() as u64)
}

/// One sample, of now: nobody keeps a history.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetSamples(
    device: Device,
    kind: u32,
    last_seen: u64,
    value_type: Out<u32>,
    count: Out<u32>,
    samples: Out<nvmlSample_t>,
) -> Status {
    with_gpu(device, |gpu| {
        value_type.given()?;
        count.given()?;
        let value = match kind {
            0 => read(gpu.power()).and_then(super::power::milli)?,
            1 => of_core(&gpu)?,
            2 => of_memory(&gpu)?,
            3 | 4 => video(&gpu)?,
            5 => super::clocks::current(&gpu, 0)?,
            6 => super::clocks::current(&gpu, 2)?,
            8 => jpeg(&gpu)?,
            7 | 9 => return Err(Status::NOT_SUPPORTED),
            _ => return Err(Status::INVALID_ARGUMENT),
        };
        let now = now();
        if last_seen >= now {
            return Err(Status::NOT_FOUND);
        }
        value_type.put(value_type::UNSIGNED_INT);
        let sample = nvmlSample_t { time_stamp: now, value: Value(value.into()) };
        // Without a list the client asks how many there are, and that is no failure here.
        if samples.is_null() {
            count.put(1);
            return Ok(());
        }
        put_list(count, samples, vec![sample])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_of_the_engines_that_there_are() {
        assert_eq!(mean([10, 21, u16::MAX]), Some(15));
        assert_eq!((mean([u16::MAX, u16::MAX]), mean([])), (None, None));
        assert_eq!((mean([250]), percent(117)), (Some(100), 100));
    }
}
