//! Reading an index entry by entry, a window at a time, beside the log that it is of.

use std::rc::Rc;

use bytes::{Buf, Bytes};

use crate::limits::VERIFY_INDEX_WINDOW_ENTRIES;
use crate::segment::format::offset_index::{OFFSET_INDEX_ENTRY_BYTES, OffsetIndexEntry, OffsetIndexWalk};
use crate::segment::format::time_index::{TIME_INDEX_ENTRY_BYTES, TimeIndexEntry, TimeIndexWalk};
use crate::segment::format::transaction_index::{
    ABORTED_TRANSACTION_BYTES, AbortedTransaction, TransactionIndexWalk,
};
use crate::segment::{ReadAt, ReadError};

/// The one thing in which the three indexes differ here: how an entry's bytes are read.
pub(super) trait Walk {
    /// An entry.
    type Entry: Copy + std::fmt::Debug;
    /// Bytes of an entry.
    const BYTES: usize;
    /// Tells where the next entry lies.
    fn position_bytes(&self) -> u64;
    /// Takes the next entry's bytes.
    fn take(&mut self, chunk: &[u8]) -> Result<[Option<Self::Entry>; 2], String>;
}

impl Walk for OffsetIndexWalk {
    type Entry = OffsetIndexEntry;
    const BYTES: usize = OFFSET_INDEX_ENTRY_BYTES;

    fn position_bytes(&self) -> u64 {
        self.position_bytes()
    }

    fn take(&mut self, chunk: &[u8]) -> Result<[Option<Self::Entry>; 2], String> {
        Ok([self.next(chunk)?, None])
    }
}

impl Walk for TimeIndexWalk {
    type Entry = TimeIndexEntry;
    const BYTES: usize = TIME_INDEX_ENTRY_BYTES;

    fn position_bytes(&self) -> u64 {
        self.position_bytes()
    }

    fn take(&mut self, chunk: &[u8]) -> Result<[Option<Self::Entry>; 2], String> {
        self.next(chunk)
    }
}

impl Walk for TransactionIndexWalk {
    type Entry = AbortedTransaction;
    const BYTES: usize = ABORTED_TRANSACTION_BYTES;

    fn position_bytes(&self) -> u64 {
        self.position_bytes()
    }

    fn take(&mut self, chunk: &[u8]) -> Result<[Option<Self::Entry>; 2], String> {
        Ok([Some(self.next(chunk)?), None])
    }
}

/// What comes next in an index.
#[derive(Clone, Debug)]
pub(super) enum Next<E> {
    /// An entry, and where it lies.
    Entry(u64, E),
    /// An entry that cannot be right.
    Bad(u64, String),
    /// Nothing more.
    End,
}

/// Hands over an index's entries one after the other.
#[derive(Debug)]
pub(super) struct Cursor<R, W: Walk> {
    file: Rc<R>,
    walk: W,
    window: Bytes,
    /// Entries that were read and not asked for yet, the first one last.
    read: Vec<(u64, W::Entry)>,
    peeked: Option<Next<W::Entry>>,
}

impl<R: ReadAt, W: Walk> Cursor<R, W> {
    pub(super) fn new(file: Rc<R>, walk: W) -> Self {
        Self { file, walk, window: Bytes::new(), read: Vec::new(), peeked: None }
    }

    /// Tells what comes next, and again the same until it is taken.
    pub(super) async fn peek(&mut self) -> Result<Next<W::Entry>, ReadError> {
        if let Some(peeked) = &self.peeked {
            return Ok(peeked.clone());
        }
        let next = self.read_next().await?;
        self.peeked = Some(next.clone());
        Ok(next)
    }

    /// Goes on behind what was peeked at.
    pub(super) fn take(&mut self) {
        if !matches!(self.peeked, Some(Next::End)) {
            self.peeked = None;
        }
    }

    async fn read_next(&mut self) -> Result<Next<W::Entry>, ReadError> {
        loop {
            if let Some((at, entry)) = self.read.pop() {
                return Ok(Next::Entry(at, entry));
            }
            if self.window.is_empty() {
                let position = self.walk.position_bytes();
                let bytes_len = VERIFY_INDEX_WINDOW_ENTRIES.saturating_mul(W::BYTES);
                self.window = self.file.read_at(position, bytes_len).await?;
            }
            if self.window.is_empty() {
                return Ok(Next::End);
            }
            let at = self.walk.position_bytes();
            let chunk = self.window.slice(..W::BYTES.min(self.window.len()));
            self.window.advance(chunk.len());
            match self.walk.take(&chunk) {
                Err(cause) => return Ok(Next::Bad(at, cause)),
                Ok([Some(first), Some(second)]) => {
                    // The first was held back until the second told that it counts.
                    let before = at.saturating_sub(crate::segment::wide(W::BYTES));
                    self.read.extend([(at, second), (before, first)]);
                }
                Ok(one) => self.read.extend(one.into_iter().flatten().map(|entry| (at, entry))),
            }
        }
    }
}
