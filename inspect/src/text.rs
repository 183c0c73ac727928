//! Making text safe to look at: what cannot be seen, or would reorder its surroundings, is written out.

use std::fmt::Write;

/// Tells whether a character would be invisible or would change how its neighbours are laid out: controls, bidirectional
/// marks and overrides (Unicode UAX #9), line and paragraph separators, zero-width spaces and tag characters. The joiners
/// U+200C and U+200D stay, since Persian and emoji need them.
pub fn needs_escape(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Appends `c`, or its escape (`\u202e`, `\u{e0001}`) if it [needs one](needs_escape).
pub fn push_visible(out: &mut String, c: char) {
    if !needs_escape(c) {
        out.push(c);
        return;
    }
    let code = u32::from(c);
    let written = if code <= 0xffff { write!(out, "\\u{code:04x}") } else { write!(out, "\\u{{{code:x}}}") };
    debug_assert!(written.is_ok(), "writing to a String cannot fail");
}

/// Appends all of `text`, escaped where needed.
pub fn push_visible_str(out: &mut String, text: &str) {
    // Nearly all text needs no escape: one check, one copy.
    if text.is_ascii() && !text.bytes().any(|b| b.is_ascii_control()) {
        out.push_str(text);
        return;
    }
    for c in text.chars() {
        push_visible(out, c);
    }
}

/// Reads one character at the start of `bytes`: the character and its length in bytes. A sequence that is no UTF-8 gives U+FFFD
/// once for each maximal broken piece, as the WHATWG Encoding standard does; `None` at the end.
pub fn next_char(bytes: &[u8]) -> Option<(char, usize)> {
    let first = *bytes.first()?;
    if first < 0x80 {
        return Some((char::from(first), 1));
    }
    let chunk = bytes.get(..4).unwrap_or(bytes).utf8_chunks().next()?;
    match chunk.valid().chars().next() {
        Some(c) => Some((c, c.len_utf8())),
        None => Some((char::REPLACEMENT_CHARACTER, chunk.invalid().len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_that_reorder_text_are_written_out() {
        let mut out = String::new();
        push_visible_str(&mut out, "a\u{202e}b\u{7}c\u{e0041}é👩\u{200d}🚀");
        assert_eq!(out, "a\\u202eb\\u0007c\\u{e0041}é👩\u{200d}🚀");
    }

    #[test]
    fn broken_utf8_reads_as_the_standard_library_reads_it() {
        let samples: [&[u8]; 6] =
            [b"plain", "größe €🚀".as_bytes(), b"\xff\xfe", b"a\xe2\x82b", b"\xf0\x9f\x9a", b"\xed\xa0\x80z"];
        for bytes in samples {
            let mut rest = bytes;
            let mut out = String::new();
            while let Some((c, length)) = next_char(rest) {
                out.push(c);
                rest = &rest[length..];
            }
            assert_eq!(out, String::from_utf8_lossy(bytes), "{bytes:x?}");
        }
    }
}
