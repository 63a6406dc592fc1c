//! The names that librocm_smi64 goes by, and NVML's library.

/// What follows `librocm_smi64.so` in a file's name: nothing, or `.1`, `.7.8`, `.7.3.60204`. None
/// for any other file.
pub(crate) fn version(file: &[u8]) -> Option<&[u8]> {
    behind(b"librocm_smi64.so", file)
}

/// Whether a file is called as NVML's library is: libnvidia-ml.so, or with a version behind that.
pub(crate) fn is_nvml(file: &[u8]) -> bool {
    behind(b"libnvidia-ml.so", file).is_some()
}

fn behind<'f>(stem: &[u8], file: &'f [u8]) -> Option<&'f [u8]> {
    let version = file.strip_prefix(stem)?;
    let mut parts = version.split(|byte| *byte == b'.');
    // Before the first dot there is nothing.
    let starts = parts.next().is_some_and(<[u8]>::is_empty);
    let numbers = parts.all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit));
    (starts && numbers).then_some(version)
}

/// The first number of a version; one that does not fit is just large.
pub(crate) fn major(version: &[u8]) -> Option<u32> {
    let first = version.split(|byte| *byte == b'.').nth(1)?;
    Some(first.iter().fold(0_u32, |number, digit| {
        number.saturating_mul(10).saturating_add(u32::from(digit.saturating_sub(b'0')))
    }))
}

/// `.7`, and not `.7.8`.
pub(crate) fn is_major_alone(version: &[u8]) -> bool {
    version.iter().filter(|byte| **byte == b'.').count() == 1
}
