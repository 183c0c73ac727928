//! What is common to the files beside a `.log`: how they are refused, and how numbers and lines are taken out of them.
//!
//! Every reader here works on bytes that are in memory, makes no more of them than they hold, and names the place of what it
//! refuses. Every writer gives the bytes that Apache Kafka would write.

pub mod checkpoint;
pub mod leader_epochs;
pub mod meta_properties;
pub mod offset_checkpoint;
pub mod offset_index;
pub mod partition_metadata;
pub mod producer_snapshot;
mod properties;
pub mod quorum_state;
pub mod time_index;
pub mod transaction_index;

use crate::ids::Offset;

pub use leader_epochs::{LeaderEpochs, StartOfEpoch};
pub use meta_properties::MetaProperties;
pub use offset_checkpoint::{OffsetCheckpoint, PartitionOffset};
pub use offset_index::{OffsetIndex, OffsetIndexEntry};
pub use partition_metadata::PartitionMetadata;
pub use producer_snapshot::{ProducerEntry, ProducerSnapshot};
pub use quorum_state::{QuorumState, QuorumStateFile};
pub use time_index::{TimeIndex, TimeIndexEntry};
pub use transaction_index::{AbortedTransaction, TransactionIndex};

/// Says why a file cannot be what its name says, or why something cannot be written to one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}, byte {position_bytes}: {cause}")]
pub struct FormatError {
    /// The file's name.
    pub file: String,
    /// Where the part begins that cannot be right.
    pub position_bytes: u64,
    /// What is wrong, with the numbers in it.
    pub cause: String,
}

impl FormatError {
    pub(super) fn new(file: &str, position_bytes: u64, cause: impl Into<String>) -> Self {
        Self { file: file.to_owned(), position_bytes, cause: cause.into() }
    }
}

/// Takes a big-endian number, as every binary file of Kafka holds them, off the front of `bytes`.
pub(super) fn take_i16(bytes: &mut &[u8]) -> Option<i16> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(i16::from_be_bytes(*number))
}

pub(super) fn take_i32(bytes: &mut &[u8]) -> Option<i32> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(i32::from_be_bytes(*number))
}

pub(super) fn take_i64(bytes: &mut &[u8]) -> Option<i64> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(i64::from_be_bytes(*number))
}

/// Adds what an index stores relative to its base offset; refuses what is before it, or beyond the largest offset there is.
fn offset_from(base_offset: Offset, relative: i32) -> Result<Offset, String> {
    let offset = base_offset.value().checked_add(relative.into());
    match offset.filter(|_| relative >= 0) {
        Some(offset) => Ok(Offset::new(offset)),
        None if relative < 0 => Err(format!(
            "the entry's offset is {}, before the base offset {base_offset}",
            base_offset.advance(relative.into())
        )),
        None => Err(format!(
            "the entry's offset is {relative} after the base offset {base_offset}, which is beyond the largest there is"
        )),
    }
}

/// One line of a text file, without its end.
#[derive(Clone, Copy, Debug)]
struct Line<'a> {
    /// Counted from 1.
    number: u64,
    position_bytes: u64,
    text: &'a str,
}

impl Line<'_> {
    fn refuse(&self, file: &str, cause: &str) -> FormatError {
        // A line of a damaged file may be endless.
        let shown: String = self.text.chars().take(80).collect();
        let cause = format!("line {} {cause}: {shown:?}", self.number);
        FormatError::new(file, self.position_bytes, cause)
    }
}

/// Takes a text file apart; `\n` and `\r\n` end a line.
fn lines<'a>(file: &str, bytes: &'a [u8]) -> Result<Vec<Line<'a>>, FormatError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = super::wide(error.valid_up_to());
        FormatError::new(file, at, "the bytes from here on are no UTF-8 text")
    })?;
    let mut position_bytes = 0;
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let text = line.strip_suffix('\n').unwrap_or(line);
        let text = text.strip_suffix('\r').unwrap_or(text);
        lines.push(Line { number, position_bytes, text });
        position_bytes += super::wide(line.len());
    }
    Ok(lines)
}

#[cfg(test)]
pub(super) mod test_bytes {
    //! Bytes that Apache Kafka 4.4.0 wrote, as `xxd -p` prints them.

    pub(in crate::segment) fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        digits.chunks(2).map(byte).collect()
    }

    /// Cuts a file at every byte, and flips every bit of it, and hands each to `look`, which must not panic.
    pub(in crate::segment) fn cut_and_flip(bytes: &[u8], mut look: impl FnMut(&[u8])) {
        for cut in 0..bytes.len() {
            look(&bytes[..cut]);
        }
        let mut flipped = bytes.to_vec();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                flipped[at] ^= 1 << bit;
                look(&flipped);
                flipped[at] ^= 1 << bit;
            }
        }
    }
}
