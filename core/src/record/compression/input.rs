//! Compressed data as they are read: taken from the front, with the place for errors to name.

use crate::record::{Compression, CompressionError};

/// What is left of a codec's data.
#[derive(Clone, Debug)]
pub(super) struct Input<'a> {
    codec: Compression,
    bytes_in_all: usize,
    /// The bytes that were not taken yet.
    pub(super) rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub(super) fn new(codec: Compression, data: &'a [u8]) -> Self {
        Self { codec, bytes_in_all: data.len(), rest: data }
    }

    /// Tells how many bytes were taken.
    pub(super) fn position(&self) -> usize {
        self.bytes_in_all.saturating_sub(self.rest.len())
    }

    /// Takes some bytes. `what` is named if they are not there.
    pub(super) fn take(&mut self, bytes: usize, what: &str) -> Result<&'a [u8], CompressionError> {
        let (taken, rest) = self.rest.split_at_checked(bytes).ok_or_else(|| {
            self.damaged(format!("{what} needs {bytes} bytes, and {} are left", self.rest.len()))
        })?;
        self.rest = rest;
        Ok(taken)
    }

    /// Takes as many bytes as a number has.
    pub(super) fn take_array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], CompressionError> {
        let taken = self.take(N, what)?;
        // As many bytes were taken as the array has room for.
        Ok(taken.first_chunk().copied().unwrap_or([0; N]))
    }

    /// Says what is wrong here.
    pub(super) fn damaged(&self, cause: impl Into<String>) -> CompressionError {
        CompressionError::Damaged { codec: self.codec, position: self.position(), cause: cause.into() }
    }

    /// Makes sure that nothing is left.
    pub(super) fn end(&self) -> Result<(), CompressionError> {
        match self.rest.len() {
            0 => Ok(()),
            bytes => Err(CompressionError::Trailing { codec: self.codec, position: self.position(), bytes }),
        }
    }

    /// Makes sure that no more came out than may.
    pub(super) fn within(&self, bytes: usize, bytes_max: usize) -> Result<(), CompressionError> {
        if bytes <= bytes_max {
            return Ok(());
        }
        Err(CompressionError::TooLarge { codec: self.codec, bytes_max })
    }
}
