//! Cuts a stream of chunks into lines. A line within one chunk shares its bytes; one that goes over is put together.

use bytes::Bytes;

use crate::limits::LINE_BYTES_MAX;
use crate::portable::error::one_based;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// One line without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Counted from 1.
    pub number: u64,
    pub content: Content,
}

impl Line {
    /// Tells whether there is nothing in it.
    pub fn is_blank(&self) -> bool {
        // Quick for lines that are not: it looks at their first byte.
        matches!(&self.content, Content::Whole(bytes) if bytes.trim_ascii_start().is_empty())
    }

    /// Counts the bytes that are kept of it.
    pub fn bytes_len(&self) -> usize {
        match &self.content {
            Content::Whole(bytes) => bytes.len(),
            Content::TooLong { .. } => 0,
        }
    }
}

/// What there is of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Whole(Bytes),
    /// Longer than `LINE_BYTES_MAX`; not kept.
    TooLong {
        bytes: u64,
    },
}

/// Cuts chunks into lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    chunk: Bytes,
    /// The beginning of a line whose end has not come yet; holds no line end.
    begun: Vec<u8>,
    /// Bytes of that line, more than `begun` holds once it is too long.
    begun_bytes: usize,
    lines: u64,
    finished: bool,
}

impl Lines {
    /// Takes the next chunk.
    pub fn push(&mut self, chunk: Bytes) {
        if self.chunk.is_empty() {
            self.chunk = chunk;
        } else {
            // The caller did not take all lines out first: right, if slower.
            self.chunk = [self.chunk.as_ref(), chunk.as_ref()].concat().into();
        }
    }

    /// Says that no chunk comes any more: what is left is the last line.
    pub fn finish(&mut self) {
        self.finished = true;
    }

    /// Tells whether nothing comes any more.
    pub fn is_done(&self) -> bool {
        self.finished && self.chunk.is_empty() && self.begun_bytes == 0
    }

    /// Returns the next whole line; `None` until another chunk brings its end.
    #[inline]
    pub fn next_line(&mut self) -> Option<Line> {
        let Some(end) = memchr::memchr(b'\n', &self.chunk) else {
            let rest = std::mem::take(&mut self.chunk);
            self.begin(&rest);
            let last = self.finished && self.begun_bytes > 0;
            return last.then(|| self.complete(Bytes::new()));
        };
        let line = self.chunk.split_to(end);
        // The line's end itself.
        let _newline = self.chunk.split_to(1);
        Some(self.complete(line))
    }

    fn begin(&mut self, part: &[u8]) {
        self.begun_bytes = self.begun_bytes.saturating_add(part.len());
        if self.begun_bytes <= LINE_BYTES_MAX {
            self.begun.extend_from_slice(part);
        } else {
            self.begun = Vec::new();
        }
    }

    fn complete(&mut self, rest: Bytes) -> Line {
        self.lines = self.lines.saturating_add(1);
        let line = if self.begun_bytes == 0 {
            self.begun_bytes = rest.len();
            rest
        } else {
            self.begin(&rest);
            std::mem::take(&mut self.begun).into()
        };
        let bytes = std::mem::take(&mut self.begun_bytes);
        let content = if bytes > LINE_BYTES_MAX {
            Content::TooLong { bytes: one_based(bytes).saturating_sub(1) }
        } else {
            Content::Whole(self.trimmed(line))
        };
        Line { number: self.lines, content }
    }

    /// Takes off what belongs to the file and not to the line: a carriage return, and the mark in front of the first line.
    fn trimmed(&self, mut line: Bytes) -> Bytes {
        if line.last() == Some(&b'\r') {
            line.truncate(line.len().saturating_sub(1));
        }
        if self.lines == 1 && line.starts_with(BYTE_ORDER_MARK) {
            return line.slice(BYTE_ORDER_MARK.len()..);
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(chunks: &[&[u8]]) -> Vec<Line> {
        let mut lines = Lines::default();
        let mut all = Vec::new();
        for chunk in chunks {
            lines.push(Bytes::copy_from_slice(chunk));
            all.extend(std::iter::from_fn(|| lines.next_line()));
        }
        lines.finish();
        all.extend(std::iter::from_fn(|| lines.next_line()));
        assert!(lines.is_done());
        all
    }

    fn texts(lines: &[Line]) -> Vec<&str> {
        let text = |line: &'_ Line| match &line.content {
            Content::Whole(bytes) => bytes.clone(),
            Content::TooLong { .. } => panic!("too long"),
        };
        lines.iter().map(|line| std::str::from_utf8(Box::leak(Box::new(text(line)))).unwrap()).collect()
    }

    #[test]
    fn lines_end_as_they_do_on_every_system() {
        let lines = cut(&[b"\xEF\xBB\xBFa\r\n\nb\rc\n\xEF\xBB\xBFd\r"]);
        assert_eq!(texts(&lines), ["a", "", "b\rc", "\u{FEFF}d"]);
        assert_eq!(lines.iter().map(|line| line.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!(texts(&cut(&[b"a\n"])), ["a"]);
        assert_eq!(texts(&cut(&[b"", b""])), [""; 0]);
        assert_eq!(texts(&cut(&[b"\n"])), [""]);
    }

    #[test]
    fn a_line_over_the_limit_is_counted_and_not_kept() {
        let mut lines = Lines::default();
        let chunk = Bytes::from(vec![b'x'; 1024 * 1024]);
        for _ in 0..65 {
            lines.push(chunk.clone());
            assert_eq!(lines.next_line(), None);
            assert!(lines.begun.len() <= LINE_BYTES_MAX);
        }
        assert_eq!(lines.begun.capacity(), 0);
        lines.push(Bytes::from_static(b"y\nnext\n"));
        let bytes = 65 * 1024 * 1024 + 1;
        assert_eq!(lines.next_line(), Some(Line { number: 1, content: Content::TooLong { bytes } }));
        assert_eq!(texts(&[lines.next_line().unwrap()]), ["next"]);
    }

    #[test]
    fn a_line_in_one_chunk_is_not_copied() {
        let chunk = Bytes::from_static(b"first\nsecond\n");
        let mut lines = Lines::default();
        lines.push(chunk.clone());
        let Some(Line { content: Content::Whole(line), .. }) = lines.next_line() else { panic!("no line") };
        assert_eq!(line.as_ptr(), chunk.as_ptr());
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_the_chunks(
            text in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(0xEF), Just(0xBB), Just(0xBF), Just(b'a')], 0..40),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
            prop_assert_eq!(cut(&chunks), cut(&[&text]));
        }
    }
}
