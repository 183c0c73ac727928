//! Short previews of keys and values for a grid's rows. A preview looks at the first bytes only, however large the value.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use tablog_core::record::Record;

use crate::limits::{PREVIEW_BYTES, PREVIEW_CHARS};
use crate::text::{next_char, push_visible};

/// What a key or a value looks like, judged by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PreviewKind {
    /// There is no value. As a record's value: a tombstone.
    Null,
    /// A value of zero bytes.
    Empty,
    /// UTF-8, perhaps with a few broken places.
    Text,
    /// Text that begins as a JSON object or array does.
    Json,
    /// Anything else; the preview is in hex.
    Bytes,
}

/// A short, harmless picture of one key or value: one line, nothing invisible in it, nothing that reorders text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// What it looks like.
    pub kind: PreviewKind,
    /// At most [`PREVIEW_CHARS`] characters, escapes counted as one; empty for `Null` and `Empty`.
    pub text: String,
    /// Bytes of the whole key or value.
    pub bytes_len: u64,
    /// Whether there is more than `text` shows.
    pub cut: bool,
}

/// The previews of one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowPreview {
    /// The key's.
    pub key: Preview,
    /// The value's; `Null` is a tombstone.
    pub value: Preview,
}

impl RowPreview {
    /// Pictures a record. Takes time by the preview's length, not by the value's.
    pub fn of(record: &Record) -> Self {
        Self { key: Preview::of(record.key.as_deref()), value: Preview::of(record.value.as_deref()) }
    }
}

impl Preview {
    /// Pictures one key or value; `None` is null.
    pub fn of(bytes: Option<&[u8]>) -> Self {
        let bare = |kind| Self { kind, text: String::new(), bytes_len: 0, cut: false };
        match bytes {
            None => bare(PreviewKind::Null),
            Some([]) => bare(PreviewKind::Empty),
            Some(bytes) if !looks_like_text(bytes) => hex_preview(bytes),
            Some(bytes) => text_preview(bytes),
        }
    }
}

/// Tells whether bytes read as text: UTF-8 with no NUL and few broken or control characters, judged by the first
/// [`PREVIEW_BYTES`] bytes.
pub fn looks_like_text(bytes: &[u8]) -> bool {
    let head = bytes.get(..PREVIEW_BYTES).unwrap_or(bytes);
    let (mut rest, mut characters, mut strange) = (head, 0_usize, 0_usize);
    while let Some((c, length)) = next_char(rest) {
        // A character that the cut tore apart is not the text's fault.
        let torn = c == char::REPLACEMENT_CHARACTER && length == rest.len() && head.len() < bytes.len();
        if c == '\0' {
            return false;
        }
        characters += 1;
        if !torn && (c == char::REPLACEMENT_CHARACTER || (c.is_control() && !c.is_whitespace())) {
            strange += 1;
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    strange * 4 <= characters
}

/// Tells whether bytes begin as a JSON object or array does. Looks at the first [`PREVIEW_BYTES`] bytes; the rest may still be wrong.
pub fn looks_like_json(bytes: &[u8]) -> bool {
    let head = bytes.get(..PREVIEW_BYTES).unwrap_or(bytes);
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let mut tokens = head.iter().copied().filter(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
    match (tokens.next(), tokens.next()) {
        (Some(b'{'), Some(b'"' | b'}')) => true,
        (Some(b'['), Some(b'"' | b'{' | b'[' | b']' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n')) => true,
        // White space fills all that may be looked at.
        (Some(b'{' | b'['), None) => bytes.len() > head.len(),
        _ => false,
    }
}

fn text_preview(bytes: &[u8]) -> Preview {
    let head = bytes.get(..PREVIEW_BYTES).unwrap_or(bytes);
    let (mut text, mut shown, mut rest) = (String::new(), 0, head);
    while let Some((c, length)) = next_char(rest) {
        let torn = c == char::REPLACEMENT_CHARACTER && length == rest.len() && head.len() < bytes.len();
        if shown == PREVIEW_CHARS || torn {
            break;
        }
        let white = rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).count();
        let run = rest.get(..white).unwrap_or_default();
        if run.iter().any(|b| *b != b' ') {
            // Line breaks and the indentation after them fold to one space: a row is one line.
            text.push(' ');
            rest = rest.get(white..).unwrap_or_default();
        } else {
            push_visible(&mut text, c);
            rest = rest.get(length..).unwrap_or_default();
        }
        shown += 1;
    }
    let kind = if looks_like_json(bytes) { PreviewKind::Json } else { PreviewKind::Text };
    Preview { kind, text, bytes_len: length_of(bytes), cut: !rest.is_empty() || head.len() < bytes.len() }
}

fn hex_preview(bytes: &[u8]) -> Preview {
    // Two digits and a space: a third of the characters.
    let shown = bytes.get(..PREVIEW_CHARS / 3).unwrap_or(bytes);
    let mut text = String::with_capacity(PREVIEW_CHARS);
    for (index, byte) in shown.iter().enumerate() {
        let space = if index == 0 { "" } else { " " };
        let written = write!(text, "{space}{byte:02x}");
        debug_assert!(written.is_ok(), "writing to a String cannot fail");
    }
    Preview { kind: PreviewKind::Bytes, text, bytes_len: length_of(bytes), cut: shown.len() < bytes.len() }
}

fn length_of(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(bytes: &[u8]) -> Preview {
        Preview::of(Some(bytes))
    }

    #[test]
    fn null_empty_and_the_word_null_are_three_things() {
        assert_eq!(Preview::of(None).kind, PreviewKind::Null);
        assert_eq!(of(b"").kind, PreviewKind::Empty);
        assert_eq!((of(b"null").kind, of(b"null").text.as_str()), (PreviewKind::Text, "null"));
    }

    #[test]
    fn a_row_is_one_line_and_nothing_in_it_is_invisible() {
        let preview = of("{\n  \"a\": 1,\r\n\t\"b\":  \"\u{202e}x\u{7}\"}".as_bytes());
        assert_eq!(preview.kind, PreviewKind::Json);
        assert_eq!(preview.text, "{ \"a\": 1, \"b\":  \"\\u202ex\\u0007\"}");
        assert!(!preview.cut);
        assert_eq!(of(b"<script>alert(1)</script>").text, "<script>alert(1)</script>");
    }

    #[test]
    fn a_lone_surrogate_shows_as_replacement_characters_within_text() {
        let preview = of(b"before \xed\xa0\xbd after");
        assert_eq!(preview.kind, PreviewKind::Text);
        assert_eq!(preview.text, "before \u{fffd}\u{fffd}\u{fffd} after");
    }

    #[test]
    fn numbers_in_binary_and_framed_messages_show_in_hex() {
        for bytes in
            [&[0, 0, 0, 0, 0, 0, 0, 42][..], &[0xff], &[1, 2, 3, 4], b"\0\0\0\0\x07hello world, this is Avro"]
        {
            assert_eq!(of(bytes).kind, PreviewKind::Bytes, "{bytes:x?}");
        }
        assert_eq!(of(&[0, 0xab]).text, "00 ab");
        let large = of(&[0; 1_000]);
        assert_eq!((large.bytes_len, large.cut, large.text.len()), (1_000, true, 66 * 3 - 1));
    }

    #[test]
    fn json_is_told_by_its_first_two_tokens() {
        for yes in ["{}", " { \"a\"", "[1,2", "[ -1", "[[", "\u{feff}{\"a\":1}", "[null]", "[]"] {
            assert!(looks_like_json(yes.as_bytes()), "{yes}");
        }
        for no in ["", "{", "{a:1}", "[a]", "[INFO] started", "42", "\"text\"", "{{template}}"] {
            assert!(!looks_like_json(no.as_bytes()), "{no}");
        }
    }

    #[test]
    fn a_character_at_the_cut_stays_whole() {
        for lead in 0..4 {
            let value = "x".repeat(lead) + &"🚀".repeat(1_000);
            let preview = of(value.as_bytes());
            assert_eq!(preview.text.chars().count(), PREVIEW_CHARS);
            assert!(preview.cut && !preview.text.contains(char::REPLACEMENT_CHARACTER));
            // The same where the bytes looked at end first: folded white space counts little, but is read.
            let spaced = "x".repeat(lead) + &"\n\n\n\n\n\n🚀".repeat(300);
            let preview = of(spaced.as_bytes());
            assert!(preview.cut && !preview.text.contains(char::REPLACEMENT_CHARACTER), "{}", preview.text);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_have_a_short_preview_without_control_characters(
            bytes in proptest::collection::vec(any::<u8>(), 0..2_000)
        ) {
            let preview = of(&bytes);
            prop_assert!(!preview.text.chars().any(crate::text::needs_escape));
            // An escape is up to nine characters long.
            prop_assert!(preview.text.chars().count() <= PREVIEW_CHARS * 9);
            prop_assert_eq!(preview.bytes_len, bytes.len() as u64);
        }

        #[test]
        fn short_plain_text_shows_whole(text in "[a-zA-Z0-9äß€🚀{}\\[\\]:,]{1,200}") {
            let preview = of(text.as_bytes());
            prop_assert_eq!(&preview.text, &text);
            prop_assert!(!preview.cut);
        }
    }
}
