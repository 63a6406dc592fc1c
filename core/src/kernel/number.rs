//! Numbers in text, read as the C and C++ library read them for the legacy library.

use crate::log;
use crate::status::Result;
use crate::types::rsmi_status_t;

/// `isspace` of the C locale.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// What strtol and its kin see: the sign, the digits' value (None past 64 bits), and how many bytes
/// that took (0 where there is no digit).
struct Seen {
    negative: bool,
    magnitude: Option<u64>,
    length: usize,
}

fn look(text: &[u8], radix: u32) -> Seen {
    let mut at = text.iter().take_while(|byte| is_space(**byte)).count();
    let negative = text.get(at) == Some(&b'-');
    if matches!(text.get(at), Some(b'-' | b'+')) {
        at += 1;
    }
    let digit = |at: usize| text.get(at).and_then(|byte| char::from(*byte).to_digit(radix));
    if radix == 16
        && text.get(at) == Some(&b'0')
        && matches!(text.get(at + 1), Some(b'x' | b'X'))
        && digit(at + 2).is_some()
    {
        at += 2;
    }
    let first = at;
    let mut magnitude = Some(0u64);
    while let Some(digit) = digit(at) {
        magnitude =
            magnitude.and_then(|value| value.checked_mul(radix.into())?.checked_add(digit.into()));
        at += 1;
    }
    Seen { negative, magnitude, length: if at == first { 0 } else { at } }
}

/// `std::stoul`: a number with anything after it; without a digit, or past 64 bits, it throws.
pub(crate) fn unsigned(text: &[u8], radix: u32) -> Result<u64> {
    match look(text, radix) {
        Seen { length: 0, .. } | Seen { magnitude: None, .. } => Err(thrown(text)),
        Seen { negative: true, magnitude: Some(value), .. } => Ok(value.wrapping_neg()),
        Seen { magnitude: Some(value), .. } => Ok(value),
    }
}

/// `std::stoi`: as `unsigned`, for 32 bits with a sign.
pub(crate) fn int(text: &[u8]) -> Result<i32> {
    let seen = look(text, 10);
    let value = seen.magnitude.filter(|_| seen.length > 0).and_then(|value| {
        let value = i64::try_from(value).ok()?;
        i32::try_from(if seen.negative { -value } else { value }).ok()
    });
    value.ok_or_else(|| thrown(text))
}

/// `strtoul`: no digits are 0, too many are the largest value.
pub(crate) fn lenient(text: &[u8], radix: u32) -> u64 {
    let seen = look(text, radix);
    let value = seen.magnitude.unwrap_or(u64::MAX);
    if seen.negative && seen.magnitude.is_some() { value.wrapping_neg() } else { value }
}

/// A stream's `>>`: a word that begins with digits, None for any other; too many are the largest.
pub(crate) fn counted(word: &[u8]) -> Option<u64> {
    let seen = look(word, 10);
    (seen.length > 0 && !seen.negative).then(|| seen.magnitude.unwrap_or(u64::MAX))
}

/// Whether the whole text is one number, with a sign at most before it.
pub(crate) fn is_integer(text: &[u8]) -> bool {
    let starts = text.first().is_some_and(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+'));
    starts && look(text, 10).length == text.len()
}

fn thrown(text: &[u8]) -> rsmi_status_t {
    log::reason(|| format!("{} is no number", log::quoted(text)));
    rsmi_status_t::RSMI_STATUS_INTERNAL_EXCEPTION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_in_c() {
        assert_eq!(unsigned(b" 42x", 10), Ok(42));
        assert_eq!(unsigned(b"0x1fG", 16), Ok(0x1f));
        assert_eq!(unsigned(b"0xG", 16), Ok(0));
        assert_eq!(unsigned(b"-1", 10), Ok(u64::MAX));
        assert_eq!(unsigned(b"18446744073709551615", 10), Ok(u64::MAX));
        assert!(unsigned(b"18446744073709551616", 10).is_err());
        assert!(unsigned(b"n/a", 10).is_err() && unsigned(b"", 10).is_err());
        assert_eq!(int(b"-40000"), Ok(-40000));
        assert_eq!((int(b"2147483647"), int(b"-2147483648")), (Ok(i32::MAX), Ok(i32::MIN)));
        assert!(int(b"2147483648").is_err() && int(b"-").is_err());
        assert_eq!((lenient(b"", 16), lenient(b"ffffffffffffffffff", 16)), (0, u64::MAX));
    }

    #[test]
    fn an_integer_is_nothing_else() {
        for yes in [&b"0"[..], b"-5", b"+5", b"99999999999999999999"] {
            assert!(is_integer(yes), "{yes:?}");
        }
        for no in [&b""[..], b" 5", b"5 ", b"5.0", b"x"] {
            assert!(!is_integer(no), "{no:?}");
        }
    }
}
