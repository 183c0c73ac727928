//! The bytes of a file that are looked at. Gone through in order, a file comes piece by piece, and the next one is on its way meanwhile.
//!
//! ```text
//! file    │      window      │      behind      │   on its way
//!                  position ─┼─►                 a batch may begin in the one and end in the other
//! ```

use bytes::Bytes;

use crate::limits::FILE_WINDOW_BYTES;
use crate::segment::{ReadAt, ReadError, narrow, wide};

/// Two neighbouring pieces of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
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

    /// Lets go of the piece before the one that a position lies in.
    fn move_on_to(&mut self, position: u64) {
        if position >= self.end() && !self.behind.is_empty() {
            let (start, bytes) = (self.end(), std::mem::take(&mut self.behind));
            *self = Self { start, bytes, behind: Bytes::new() };
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
        *self = Self { start: position, bytes, behind: Bytes::new() };
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
        }
        assert_eq!(spent, wide(FILE_BYTES));
    }
}
