//! Bytes as text, line by line. Lines that are too long go on in continuations; broken UTF-8 and invisible characters are made
//! visible.

use bytes::Bytes;

use crate::limits::{VIEW_CHECKPOINT_LINES, VIEW_LINE_CHARS, VIEW_WINDOW_LINES_MAX};
use crate::text::{next_char, push_visible, push_visible_str};
use crate::value::{Line, Span, SpanKind, ViewProgress, piece_end, wide};

/// A value as text.
#[derive(Clone, Debug)]
pub struct TextView {
    bytes: Bytes,
    next: Place,
    lines: u64,
    /// Where every [`VIEW_CHECKPOINT_LINES`]th line begins.
    checkpoints: Vec<Place>,
}

/// The beginning of a line.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    at: usize,
    continuation: bool,
}

/// The longest end of a line.
const LINE_END: &[u8] = b"\r\n";
/// The most bytes that a character takes.
const UTF8_BYTES_MAX: usize = 4;

impl TextView {
    /// Starts a view.
    pub fn new(bytes: Bytes) -> Self {
        Self { bytes, next: Place::default(), lines: 0, checkpoints: Vec::new() }
    }

    /// Lays out about `bytes_max` more bytes.
    pub fn step(&mut self, bytes_max: usize) -> ViewProgress {
        let until = self.next.at.saturating_add(bytes_max);
        while self.next.at < until {
            let place = self.next;
            let Some((_, next)) = self.line_at(place) else { break };
            if self.lines.is_multiple_of(VIEW_CHECKPOINT_LINES) {
                self.checkpoints.push(place);
            }
            self.lines += 1;
            self.next = next;
        }
        self.progress()
    }

    /// Tells how far the view is laid out.
    pub fn progress(&self) -> ViewProgress {
        ViewProgress {
            bytes_done: wide(self.next.at),
            bytes_total: wide(self.bytes.len()),
            lines: self.lines,
            done: self.next.at >= self.bytes.len(),
            error: None,
        }
    }

    /// Returns up to `count` lines from `first` on, of those laid out.
    pub fn window(&self, first: u64, count: usize) -> Vec<Line> {
        let checkpoint = usize::try_from(first / VIEW_CHECKPOINT_LINES).unwrap_or(usize::MAX);
        let Some(&start) = self.checkpoints.get(checkpoint) else { return Vec::new() };
        let end = first.saturating_add(wide(count.min(VIEW_WINDOW_LINES_MAX))).min(self.lines);
        let mut place = start;
        let mut lines = Vec::new();
        for line in first - first % VIEW_CHECKPOINT_LINES..end {
            let Some((to, next)) = self.line_at(place) else { break };
            if line >= first {
                let bytes = self.bytes.get(place.at..to).unwrap_or_default();
                let spans = vec![Span { kind: SpanKind::Text, text: visible(bytes) }];
                lines.push(Line { line, continuation: place.continuation, spans, ..Line::default() });
            }
            place = next;
        }
        lines
    }

    /// Finds where the text of the line at a place ends, and the place of the next one; `None` at the end. Looks no further than
    /// a line can reach, however long the text goes on without a line feed.
    fn line_at(&self, place: Place) -> Option<(usize, Place)> {
        let rest = self.bytes.get(place.at..).filter(|rest| !rest.is_empty())?;
        let reach = rest.get(..VIEW_LINE_CHARS * UTF8_BYTES_MAX + LINE_END.len()).unwrap_or(rest);
        let line_feed = reach.iter().position(|&byte| byte == b'\n');
        let text = reach.get(..line_feed.unwrap_or(reach.len())).unwrap_or(reach);
        let text = text.strip_suffix(b"\r").filter(|_| line_feed.is_some()).unwrap_or(text);
        let end = place.at + piece_end(text, 0, text.len(), VIEW_LINE_CHARS);
        let next = match line_feed {
            Some(line_feed) if end == place.at + text.len() => {
                Place { at: place.at + line_feed + 1, continuation: false }
            }
            _ => Place { at: end, continuation: true },
        };
        Some((end, next))
    }
}

fn visible(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.contains('\t')
    {
        push_visible_str(&mut out, text);
        return out;
    }
    let mut rest = bytes;
    while let Some((c, length)) = next_char(rest) {
        if c == '\t' {
            out.push(c)
        } else {
            push_visible(&mut out, c)
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn laid_out(bytes: impl Into<Bytes>, step: usize) -> TextView {
        let mut view = TextView::new(bytes.into());
        while !view.step(step).done {}
        view
    }

    fn texts(lines: &[Line]) -> Vec<(bool, &str)> {
        lines.iter().map(|line| (line.continuation, line.spans[0].text.as_str())).collect()
    }

    #[test]
    fn lines_end_at_line_feeds_with_or_without_a_carriage_return() {
        let view = laid_out("a\r\n\n\tb\u{202e}\rc\r\nlast\r", 1);
        let lines = view.window(0, 10);
        assert_eq!(
            texts(&lines),
            [(false, "a"), (false, ""), (false, "\tb\\u202e\\u000dc"), (false, "last\\u000d")]
        );
        assert_eq!(laid_out("", 1).progress().lines, 0);
        assert_eq!(laid_out("\n", 1).progress().lines, 1);
    }

    #[test]
    fn a_megabyte_on_one_line_goes_on_in_continuations() {
        let view = laid_out("€".repeat(400_000), 4_096);
        assert_eq!(view.progress().lines, 400);
        let lines = view.window(199, 2);
        assert_eq!(texts(&lines), [(true, "€".repeat(1_000).as_str()), (true, "€".repeat(1_000).as_str())]);
        assert!(!view.window(0, 1)[0].continuation);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_lines_are_the_text(
            text in "((\\PC{0,20}|\n|\r\n){0,20}|é{900,2100}){0,12}",
            step in 1_usize..5_000,
            first in 0_u64..300,
            count in 0_usize..100,
        ) {
            let view = laid_out(text.clone(), step);
            let all = view.window(0, usize::MAX);
            prop_assert_eq!(all.len() as u64, view.progress().lines);
            let mut joined = String::new();
            for (index, line) in all.iter().enumerate() {
                prop_assert!(line.spans[0].text.chars().count() <= VIEW_LINE_CHARS * 9);
                if index > 0 && !line.continuation {
                    joined.push('\n');
                }
                joined.push_str(&line.spans[0].text);
            }
            let mut expected = String::new();
            let lines: Vec<&str> = text.lines().collect();
            for (index, line) in lines.iter().enumerate() {
                if index > 0 {
                    expected.push('\n');
                }
                line.chars().for_each(|c| push_visible(&mut expected, c));
            }
            prop_assert_eq!(joined, expected);
            let from = (first as usize).min(all.len());
            let to = (from + count).min(all.len());
            prop_assert_eq!(view.window(first, count), &all[from..to]);
        }
    }
}
