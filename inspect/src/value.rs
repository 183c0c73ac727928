//! Looking at one key or value as lines, a window at a time: a value of 10 MB never reaches the page whole.
//!
//! A view first finds out how many lines there are, in bounded steps between which a worker can answer others; windows of the
//! lines found so far can be had at any time.

mod hex;
pub mod json;
mod text;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::preview::{looks_like_json, looks_like_text};

pub use hex::HexView;
pub use json::{JsonError, JsonView};
pub use text::TextView;

/// The three ways to look at bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ViewKind {
    /// JSON laid out as a tree.
    Json,
    /// Text as it is, line by line.
    Text,
    /// Sixteen bytes a line.
    Hex,
}

impl ViewKind {
    /// Chooses the way that suits the bytes, by their beginning.
    pub fn of(bytes: &[u8]) -> Self {
        match bytes {
            _ if !looks_like_text(bytes) => Self::Hex,
            _ if looks_like_json(bytes) => Self::Json,
            _ => Self::Text,
        }
    }
}

/// What a piece of a line is, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SpanKind {
    /// The name of a JSON member, with its quotes.
    Key,
    /// A JSON string, with its quotes.
    String,
    /// A JSON number, letter by letter as it was written.
    Number,
    /// `true` or `false`.
    Bool,
    /// `null`.
    Null,
    /// Brackets, braces, colons and commas.
    Punctuation,
    /// Plain text.
    Text,
    /// An offset within the value, in hex.
    Position,
    /// Bytes in hex.
    Hex,
    /// Bytes as ASCII, a dot for what is none.
    Ascii,
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// What it is.
    pub kind: SpanKind,
    /// Its text; what could not be seen is escaped.
    pub text: String,
}

/// One line of a view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its number, counted from 0, as if nothing were folded.
    pub line: u64,
    /// How deep it is nested.
    pub depth: u16,
    /// Whether it goes on with the line before, which would have been too long.
    pub continuation: bool,
    /// Whether it opens an object or array that can be folded.
    pub opens: bool,
    /// The line that closes what this line opens; `None` while it has not been reached yet.
    pub closes_at: Option<u64>,
    /// Its pieces, in order.
    pub spans: Vec<Span>,
}

/// How far a view is laid out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewProgress {
    /// Bytes laid out.
    pub bytes_done: u64,
    /// Bytes of the value.
    pub bytes_total: u64,
    /// Lines found so far.
    pub lines: u64,
    /// Whether all is laid out, or laying out ended with an error.
    pub done: bool,
    /// Why the value is no JSON. The lines before stand.
    pub error: Option<JsonError>,
}

/// One view of one value.
#[derive(Clone, Debug)]
pub enum ValueView {
    /// As JSON.
    Json(JsonView),
    /// As text.
    Text(TextView),
    /// As hex.
    Hex(HexView),
}

impl ValueView {
    /// Starts a view. Nothing is read yet, and the bytes are shared, not copied.
    pub fn new(kind: ViewKind, bytes: Bytes) -> Self {
        match kind {
            ViewKind::Json => Self::Json(JsonView::new(bytes)),
            ViewKind::Text => Self::Text(TextView::new(bytes)),
            ViewKind::Hex => Self::Hex(HexView::new(bytes)),
        }
    }

    /// Lays out about `bytes_max` more bytes.
    pub fn step(&mut self, bytes_max: usize) -> ViewProgress {
        match self {
            Self::Json(view) => view.step(bytes_max),
            Self::Text(view) => view.step(bytes_max),
            Self::Hex(view) => view.progress(),
        }
    }

    /// Tells how far the view is laid out.
    pub fn progress(&self) -> ViewProgress {
        match self {
            Self::Json(view) => view.progress(),
            Self::Text(view) => view.progress(),
            Self::Hex(view) => view.progress(),
        }
    }

    /// Returns up to `count` lines from `first` on, of those laid out so far; at most
    /// [`crate::limits::VIEW_WINDOW_LINES_MAX`].
    pub fn window(&self, first: u64, count: usize) -> Vec<Line> {
        match self {
            Self::Json(view) => view.window(first, count),
            Self::Text(view) => view.window(first, count),
            Self::Hex(view) => view.window(first, count),
        }
    }
}

/// Widens a length: `usize` has at most 64 bits on every platform there is.
fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Finds where a piece of at most `chars_max` characters ends, never inside a character. O(the piece).
fn piece_end(bytes: &[u8], from: usize, to: usize, chars_max: usize) -> usize {
    let mut end = from;
    // A piece with no more bytes than it may have characters fits in any case.
    if to - from <= chars_max {
        return to;
    }
    for _ in 0..chars_max {
        let Some((_, length)) = bytes.get(end..to).and_then(crate::text::next_char) else { break };
        end += length;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_view_follows_the_bytes() {
        assert_eq!(ViewKind::of(b"{\"a\":1}"), ViewKind::Json);
        assert_eq!(ViewKind::of(b"hello"), ViewKind::Text);
        assert_eq!(ViewKind::of(b"\0\0\0\x01\x02"), ViewKind::Hex);
        assert_eq!(ViewKind::of(b""), ViewKind::Text);
    }

    #[test]
    fn pieces_never_end_inside_a_character() {
        let bytes = "aß€🚀".as_bytes();
        let ends: Vec<usize> = (0..5).map(|chars| piece_end(bytes, 0, bytes.len(), chars)).collect();
        assert_eq!(ends, [0, 1, 3, 6, 10]);
        assert_eq!(piece_end(b"abc", 1, 3, 1_000), 3);
    }
}
