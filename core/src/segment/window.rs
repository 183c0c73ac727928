//! The bytes of a file that are looked at. Gone through in order, a file comes piece by piece, and the next one is on its way meanwhile.
//!
//! ```text
//! file    │      before      │      window      │      behind      │   on its way
//!                                     position ─┼─►                 a batch may begin in the one and end in the other
//! ```

use bytes::Bytes;

use crate::limits::FILE_WINDOW_BYTES;
use crate::segment::{ReadAt, ReadError, narrow, wide};

/// Neighbouring pieces of a file, up to four.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    /// What comes right before `bytes`, in order. A step of a scan goes through two pieces, and what it reports may begin in the
    /// one before: a batch counts only once the next one was found.
    before: [Bytes; 2],
    start: u64,
    bytes: Bytes,
    /// What follows `bytes`, once the scan has come to the end of them.
    behind: Bytes,
}

impl Window {
    /// Returns what is there from `position` on, up to the end of the piece that it lies in.
    pub(super) fn held_from(&self, position: u64) -> Bytes {
        let (start, piece) =
            if position < self.end() { (self.start, &self.bytes) } else { (self.end(), &self.behind) };
        let skip = position.checked_sub(start).map_or(usize::MAX, narrow);
        piece.slice(skip.min(piece.len())..)
    }

    /// Returns `bytes_len` bytes from `position` on if they are still there, in one piece or in two.
    pub(super) fn held(&self, position: u64, bytes_len: usize) -> Option<Bytes> {
        let [first, second] = &self.before;
        let second_start = self.start.saturating_sub(wide(second.len()));
        let first_start = second_start.saturating_sub(wide(first.len()));
        let before = [(first_start, first), (second_start, second)];
        let pieces = before.into_iter().chain([(self.start, &self.bytes), (self.end(), &self.behind)]);
        let ends_after = |(start, piece): &(u64, &Bytes)| start.saturating_add(wide(piece.len())) > position;
        let mut from_there = pieces.skip_while(|piece| !ends_after(piece));
        let (start, piece) = from_there.next()?;
        let here = piece.slice(narrow(position.checked_sub(start)?)..);
        let Some(missing) = bytes_len.checked_sub(here.len()).filter(|missing| *missing > 0) else {
            return Some(here.slice(..bytes_len));
        };
        let (_, next) = from_there.next()?;
        Some([&here, next.get(..missing)?].concat().into())
    }

    fn end(&self) -> u64 {
        self.start.saturating_add(wide(self.bytes.len()))
    }

    /// Returns `bytes_len` bytes, fewer if the file ends before, and how many were read for that: at least 1 for each piece.
    pub(super) async fn bytes_at<R: ReadAt>(
        &mut self,
        file: &R,
        position: u64,
        bytes_len: usize,
    ) -> Result<(Bytes, u64), ReadError> {
        self.move_on_to(position);
        let is_next = !self.bytes.is_empty() && (self.start..=self.end()).contains(&position);
        if !is_next || bytes_len > FILE_WINDOW_BYTES {
            return self.jump(file, position, bytes_len).await;
        }
        let mut spent_bytes = 0;
        if self.behind.is_empty() && position.saturating_add(wide(bytes_len)) > self.end() {
            file.read_on(self.end());
            self.behind = file.read_at(self.end(), FILE_WINDOW_BYTES).await?;
            spent_bytes = wide(self.behind.len()).max(1);
            self.move_on_to(position);
        }
        let here = self.bytes.slice(narrow(position.saturating_sub(self.start)).min(self.bytes.len())..);
        let got = match bytes_len.checked_sub(here.len()) {
            None | Some(0) => here.slice(..bytes_len),
            Some(missing) => [here, self.behind.slice(..missing.min(self.behind.len()))].concat().into(),
        };
        Ok((got, spent_bytes))
    }

    /// Goes on to the piece that a position lies in, and lets go of what is further back than the two before it.
    fn move_on_to(&mut self, position: u64) {
        if position >= self.end() && !self.behind.is_empty() {
            let (start, bytes) = (self.end(), std::mem::take(&mut self.behind));
            let [_, second] = std::mem::take(&mut self.before);
            let before = [second, std::mem::take(&mut self.bytes)];
            *self = Self { before, start, bytes, behind: Bytes::new() };
        }
    }

    /// Reads at a place that is not next in turn.
    async fn jump<R: ReadAt>(
        &mut self,
        file: &R,
        position: u64,
        bytes_len: usize,
    ) -> Result<(Bytes, u64), ReadError> {
        let bytes = file.read_at(position, bytes_len.max(FILE_WINDOW_BYTES)).await?;
        let (got, spent_bytes) = (bytes.slice(..bytes_len.min(bytes.len())), wide(bytes.len()).max(1));
        *self = Self { before: Default::default(), start: position, bytes, behind: Bytes::new() };
        Ok((got, spent_bytes))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use futures_executor::block_on;
    use proptest::prelude::*;

    use super::*;
    use crate::segment::MemoryFile;

    const FILE_BYTES: usize = 3 * FILE_WINDOW_BYTES + 12_345;

    /// The same bytes for all: millions of them take their time.
    static FILE: LazyLock<Bytes> = LazyLock::new(|| {
        let any = |at: usize| at.wrapping_mul(0x9E37_79B9).to_be_bytes()[5];
        (0..FILE_BYTES).map(any).collect::<Vec<u8>>().into()
    });

    fn file() -> MemoryFile {
        MemoryFile::new("any.log", FILE.clone())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn a_window_hands_over_the_files_own_bytes_wherever_one_looks(
            looks in prop::collection::vec((0..6_u8, 0..FILE_BYTES + 100, 0..700_000_usize), 1..40),
        ) {
            let (file, bytes) = (file(), FILE.clone());
            let mut window = Window::default();
            let mut position = 0;
            for (way, place, bytes_len) in looks {
                // Mostly onwards from where the last look ended, now and then a step back or somewhere else.
                position = match way {
                    0 => place,
                    1 => position - position.min(place % 1_000),
                    _ => position,
                };
                let (got, spent) = block_on(window.bytes_at(&file, wide(position), bytes_len)).unwrap();
                let from = position.min(FILE_BYTES);
                let to = (position + bytes_len).min(FILE_BYTES);
                prop_assert!(got == bytes[from..to], "{bytes_len} bytes from {position}");
                prop_assert!(spent <= wide(FILE_WINDOW_BYTES));
                let held = window.held_from(wide(from));
                prop_assert!(held == bytes[from..from + held.len()]);
                // What was looked at is there still, and what is there is the file's own.
                prop_assert!(got.is_empty() || window.held(wide(from), got.len()) == Some(got));
                let back = from.saturating_sub(place % FILE_WINDOW_BYTES);
                if let Some(held) = window.held(wide(back), bytes_len) {
                    prop_assert!(held == bytes[back..back + bytes_len]);
                }
                position = to;
            }
        }
    }

    #[test]
    fn in_order_each_byte_is_read_once() {
        let file = file();
        let (mut window, mut position, mut spent) = (Window::default(), 0, 0);
        while position < FILE_BYTES {
            let bytes_len = 16_001.min(FILE_BYTES - position);
            let (got, read) = block_on(window.bytes_at(&file, wide(position), bytes_len)).unwrap();
            (position, spent) = (position + got.len(), spent + read);
            // The last one but one, too: in two pieces now and then.
            let before = position.saturating_sub(2 * 16_001);
            assert!(window.held(wide(before), 16_001).unwrap() == FILE[before..before + 16_001]);
        }
        assert_eq!(spent, wide(FILE_BYTES));
    }
}
