//! The content of JSON strings: found, resolved and written.

use std::borrow::Cow;

use crate::portable::json::{JsonCause, JsonError};

/// Counts the bytes in front that a JSON string holds as they are: no quote, no backslash, no control character.
pub(super) fn plain_bytes(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    // Mycroft's test for a byte below `limit`, eight at a time; the lowest byte found is exact.
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES.wrapping_mul(limit)) & !word & HIGHS;
    let same = |word: u64, byte: u8| below(word ^ ONES.wrapping_mul(u64::from(byte)), 1);

    let (words, tail) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = below(word, 0x20) | same(word, b'"') | same(word, b'\\');
        if found != 0 {
            let within = usize::try_from(found.trailing_zeros().div_euclid(8)).unwrap_or_default();
            return index.saturating_mul(8).saturating_add(within);
        }
    }
    let plain = tail.iter().take_while(|&&byte| byte >= 0x20 && byte != b'"' && byte != b'\\').count();
    words.len().saturating_mul(8).saturating_add(plain)
}

/// Counts the bytes of the escape in front, 2 or 6.
pub(super) fn escape_bytes(escape: &[u8]) -> Result<usize, JsonCause> {
    match escape.get(1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(2),
        Some(b'u') => code_unit(escape).map(|_| 6),
        Some(_) => Err(JsonCause::Escape),
        None => Err(JsonCause::End),
    }
}

/// Reads `\uXXXX`.
fn code_unit(escape: &[u8]) -> Result<u32, JsonCause> {
    let Some(hex) = escape.get(2..6) else {
        return Err(if escape.get(1) == Some(&b'u') { JsonCause::End } else { JsonCause::Escape });
    };
    hex.iter().try_fold(0_u32, |unit, &digit| {
        let digit = char::from(digit).to_digit(16).ok_or(JsonCause::Escape)?;
        Ok(unit.wrapping_shl(4) | digit)
    })
}

/// Resolves the escapes of a string's content, which is checked already. `at` is its place in the line.
pub(super) fn unescape(inner: &[u8], at: usize) -> Result<Cow<'_, [u8]>, JsonError> {
    let plain = plain_bytes(inner);
    if plain == inner.len() {
        return Ok(Cow::Borrowed(inner));
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    loop {
        let (plain, after) = rest.split_at(plain_bytes(rest).min(rest.len()));
        out.extend_from_slice(plain);
        if after.is_empty() {
            return Ok(Cow::Owned(out));
        }
        let position = at.saturating_add(inner.len().saturating_sub(after.len()));
        let used = resolve(after, &mut out).map_err(|cause| JsonError { at: position, cause })?;
        rest = after.get(used..).unwrap_or_default();
    }
}

/// Resolves the escape in front and counts its bytes, 12 for a surrogate pair.
fn resolve(escape: &[u8], out: &mut Vec<u8>) -> Result<usize, JsonCause> {
    let byte = match escape.get(1) {
        Some(b'b') => 0x08,
        Some(b'f') => 0x0C,
        Some(b'n') => b'\n',
        Some(b'r') => b'\r',
        Some(b't') => b'\t',
        Some(b'u') => return resolve_code_point(escape, out),
        Some(&byte) => byte,
        None => return Err(JsonCause::End),
    };
    out.push(byte);
    Ok(2)
}

fn resolve_code_point(escape: &[u8], out: &mut Vec<u8>) -> Result<usize, JsonCause> {
    let first = code_unit(escape)?;
    let (code_point, used) = match first {
        0xD800..=0xDBFF => {
            let next = escape.get(6..).filter(|next| next.starts_with(b"\\u"));
            let second = next.map(code_unit).transpose()?.filter(|unit| (0xDC00..=0xDFFF).contains(unit));
            let second = second.ok_or(JsonCause::LoneSurrogate)?;
            let pair = (first & 0x3FF).wrapping_shl(10) | (second & 0x3FF);
            (pair.wrapping_add(0x1_0000), 12)
        }
        _ => (first, 6),
    };
    let character = char::from_u32(code_point).ok_or(JsonCause::LoneSurrogate)?;
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    Ok(used)
}

/// Writes text as a JSON string. Escapes only what must be escaped, so that text stays readable.
pub(super) fn write_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    loop {
        let (plain, after) = rest.split_at(plain_bytes(rest).min(rest.len()));
        out.extend_from_slice(plain);
        let Some((&byte, after)) = after.split_first() else {
            break;
        };
        rest = after;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control => out.extend_from_slice(format!("\\u{control:04x}").as_bytes()),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn plain_bytes_stop_at_the_first_that_is_not(bytes in prop::collection::vec(0x1E_u8..0x24, 0..40), high in any::<Vec<u8>>()) {
            let bytes = [bytes, high].concat();
            let expected = bytes.iter().position(|&byte| byte < 0x20 || byte == b'"' || byte == b'\\');
            prop_assert_eq!(plain_bytes(&bytes), expected.unwrap_or(bytes.len()));
        }

        #[test]
        fn a_written_string_is_read_back_by_serde_json(text in any::<String>(), controls in "[\\x00-\\x1f\"\\\\]{0,9}") {
            let text = text + &controls;
            let mut out = Vec::new();
            write_string(&mut out, &text);
            prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }
}
