//! The bytes of a file that are looked at. Gone through in order, a file comes in large pieces, and the next one is on its way meanwhile.
//!
//! ```text
//! file    │      window      │      behind      │   read ahead
//!                  position ─┼─►                 a batch may begin in the one and end in the other
//! ```

use bytes::Bytes;

use crate::limits::{FILE_AHEAD_BYTES, FILE_WINDOW_BYTES};
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
        if !is_next || bytes_len > FILE_AHEAD_BYTES {
            return self.jump(file, position, bytes_len).await;
        }
        let mut spent_bytes = 0;
        if self.behind.is_empty() && position.saturating_add(wide(bytes_len)) > self.end() {
            self.behind = file.read_at(self.end(), FILE_AHEAD_BYTES).await?;
            spent_bytes = wide(self.behind.len()).max(1);
            file.read_ahead(self.end().saturating_add(wide(self.behind.len())), FILE_AHEAD_BYTES);
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
