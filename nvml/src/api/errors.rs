//! Errors of the memory, and pages that are used no more.

use crate::entry::{Out, get, get_both, put_list, with_gpu};
use crate::handle::Device;
use crate::house::{Gpu, rsmi};
use crate::status::{Result, Status, read};
use rsmi::rsmi_gpu_block_t as Block;
use rsmi::{rsmi_error_count_t, rsmi_memory_page_status_t, rsmi_retired_page_record_t};
use rsmi_macros::guard;

/// Which of two: nvmlMemoryErrorType_t.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Corrected,
    Uncorrected,
}

impl Kind {
    fn of(number: u32) -> Result<Self> {
        match number {
            0 => Ok(Self::Corrected),
            1 => Ok(Self::Uncorrected),
            _ => Err(Status::INVALID_ARGUMENT),
        }
    }

    fn pick(self, count: &rsmi_error_count_t) -> u64 {
        match self {
            Self::Corrected => count.correctable_err,
            Self::Uncorrected => count.uncorrectable_err,
        }
    }
}

/// Since the driver was loaded; what was before, nobody has counted.
fn since_loaded(counter: u32) -> Result {
    match counter {
        0 => Ok(()),
        1 => Err(Status::NOT_SUPPORTED),
        _ => Err(Status::INVALID_ARGUMENT),
    }
}

pub(crate) fn is_on(gpu: &Gpu<'_>) -> Result<bool> {
    Ok(read(gpu.guarded_blocks())? & Block::RSMI_GPU_BLOCK_UMC.0 != 0)
}

/// Of all blocks that count.
pub(crate) fn total(gpu: &Gpu<'_>, kind: Kind) -> Result<u64> {
    let bits = Block::RSMI_GPU_BLOCK_FIRST.0.trailing_zeros()
        ..=Block::RSMI_GPU_BLOCK_LAST.0.trailing_zeros();
    let counts = bits.filter_map(|bit| gpu.errors(rsmi::rsmi_gpu_block_t(1 << bit)).ok());
    let sum = counts.map(|count| kind.pick(&count)).reduce(u64::saturating_add);
    sum.ok_or(Status::NOT_SUPPORTED)
}

pub(crate) fn of_memory(gpu: &Gpu<'_>, kind: Kind) -> Result<u64> {
    read(gpu.errors(Block::RSMI_GPU_BLOCK_UMC)).map(|count| kind.pick(&count))
}

/// It is what it will be: amdgpu reads it when it is loaded.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetEccMode(
    device: Device,
    current: Out<u32>,
    pending: Out<u32>,
) -> Status {
    get_both(device, (current, pending), |gpu| is_on(&gpu).map(|on| (on.into(), on.into())))
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetTotalEccErrors(
    device: Device,
    kind: u32,
    counter: u32,
    count: Out<u64>,
) -> Status {
    get(device, count, |gpu| {
        let kind = Kind::of(kind)?;
        since_loaded(counter)?;
        total(&gpu, kind)
    })
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetMemoryErrorCounter(
    device: Device,
    kind: u32,
    counter: u32,
    place: u32,
    count: Out<u64>,
) -> Status {
    /// nvmlMemoryLocation_t: the memory itself, and how many places have a name.
    const MEMORY: u32 = 2;
    const PLACES: u32 = 8;
    get(device, count, |gpu| {
        let kind = Kind::of(kind)?;
        since_loaded(counter)?;
        match place {
            MEMORY => of_memory(&gpu, kind),
            0..PLACES => Err(Status::NOT_SUPPORTED),
            _ => Err(Status::INVALID_ARGUMENT),
        }
    })
}

/// amdgpu retires pages for errors that it could not correct.
pub(crate) fn retired(gpu: &Gpu<'_>) -> Result<Vec<u64>> {
    let pages = read(gpu.bad_pages())?;
    Ok(pages.iter().filter(|page| !is_pending(page)).map(|page| page.page_address).collect())
}

fn is_pending(page: &rsmi_retired_page_record_t) -> bool {
    page.status == rsmi_memory_page_status_t::RSMI_MEM_PAGE_STATUS_PENDING
}

pub(crate) fn any_is_pending(gpu: &Gpu<'_>) -> Result<bool> {
    Ok(read(gpu.bad_pages())?.iter().any(is_pending))
}

/// Those of that cause.
fn retired_for(gpu: &Gpu<'_>, cause: u32) -> Result<Vec<u64>> {
    match cause {
        0 => read(gpu.bad_pages()).map(|_| Vec::new()),
        1 => retired(gpu),
        _ => Err(Status::INVALID_ARGUMENT),
    }
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetRetiredPages(
    device: Device,
    cause: u32,
    count: Out<u32>,
    addresses: Out<u64>,
) -> Status {
    with_gpu(device, |gpu| {
        count.given()?;
        put_list(count, addresses, retired_for(&gpu, cause)?)
    })
}

/// amdgpu does not tell when: where there are pages, there is no time for them.
#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetRetiredPages_v2(
    device: Device,
    cause: u32,
    count: Out<u32>,
    addresses: Out<u64>,
    times: Out<u64>,
) -> Status {
    with_gpu(device, |gpu| {
        count.given()?;
        let pages = retired_for(&gpu, cause)?;
        let unknown = vec![0; pages.len()];
        let room = count.read()?;
        put_list(count, addresses, pages)?;
        count.put(room);
        put_list(count, times, unknown)
    })
}

#[guard]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetRetiredPagesPendingStatus(
    device: Device,
    is_pending: Out<u32>,
) -> Status {
    get(device, is_pending, |gpu| any_is_pending(&gpu).map(u32::from))
}
