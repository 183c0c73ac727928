//! Bytes as hex: offset, sixteen bytes, the same as ASCII. Every line is where arithmetic says, so nothing is laid out in advance.

use std::fmt::Write;

use bytes::Bytes;

use crate::limits::VIEW_WINDOW_LINES_MAX;
use crate::value::{Line, Span, SpanKind, ViewProgress, wide};

const BYTES_PER_LINE: usize = 16;

/// A value in hex.
#[derive(Clone, Debug)]
pub struct HexView {
    bytes: Bytes,
}

impl HexView {
    /// Starts a view.
    pub fn new(bytes: Bytes) -> Self {
        Self { bytes }
    }

    /// Tells how far the view is laid out: wholly.
    pub fn progress(&self) -> ViewProgress {
        let total = wide(self.bytes.len());
        let lines = wide(self.bytes.len().div_ceil(BYTES_PER_LINE));
        ViewProgress { bytes_done: total, bytes_total: total, lines, done: true, error: None }
    }

    /// Returns up to `count` lines from `first` on.
    pub fn window(&self, first: u64, count: usize) -> Vec<Line> {
        let start = usize::try_from(first).ok().and_then(|first| first.checked_mul(BYTES_PER_LINE));
        let rest = start.and_then(|start| self.bytes.get(start..)).unwrap_or_default();
        let lines = rest.chunks(BYTES_PER_LINE).take(count.min(VIEW_WINDOW_LINES_MAX));
        let numbered = lines.zip(first..).map(|(bytes, line)| Line {
            line,
            spans: spans(line, bytes),
            ..Line::default()
        });
        numbered.collect()
    }
}

fn spans(line: u64, bytes: &[u8]) -> Vec<Span> {
    let mut hex = String::with_capacity(BYTES_PER_LINE * 3);
    for (index, byte) in bytes.iter().enumerate() {
        // A wider space in the middle, as hexdump has it.
        let space = match index {
            0 => "",
            8 => "  ",
            _ => " ",
        };
        let written = write!(hex, "{space}{byte:02x}");
        debug_assert!(written.is_ok(), "writing to a String cannot fail");
    }
    let seen = |&byte: &u8| if byte.is_ascii_graphic() || byte == b' ' { char::from(byte) } else { '.' };
    vec![
        Span { kind: SpanKind::Position, text: format!("{:08x}", line * wide(BYTES_PER_LINE)) },
        Span { kind: SpanKind::Hex, text: hex },
        Span { kind: SpanKind::Ascii, text: bytes.iter().map(seen).collect() },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_bytes_a_line_with_their_offset() {
        let bytes: Vec<u8> = (0x2a..0x2a + 21).chain([0, 0xff]).collect();
        let view = HexView::new(bytes.into());
        assert_eq!(view.progress().lines, 2);
        let texts = |line: &Line| line.spans.iter().map(|span| span.text.clone()).collect::<Vec<_>>();
        let lines = view.window(0, 10);
        assert_eq!(
            texts(&lines[0]),
            ["00000000", "2a 2b 2c 2d 2e 2f 30 31  32 33 34 35 36 37 38 39", "*+,-./0123456789"]
        );
        assert_eq!(texts(&lines[1]), ["00000010", "3a 3b 3c 3d 3e 00 ff", ":;<=>.."]);
        assert_eq!(view.window(1, 1), lines[1..]);
        assert_eq!(view.window(2, 1), []);
        assert_eq!(view.window(u64::MAX, 1), []);
        assert_eq!(HexView::new(Bytes::new()).progress().lines, 0);
    }
}
