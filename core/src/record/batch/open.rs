//! A batch with its records unpacked: what walks over records borrow from, since a compressed batch's own bytes hold none.

use bytes::Bytes;

use crate::limits::UNPACKED_BYTES_MAX;
use crate::record::Compression;
use crate::record::batch::{BatchError, BatchHeader, RecordViews, Records};

/// A batch's header and its records, uncompressed. Without a codec they share the batch's bytes.
#[derive(Clone, Debug)]
pub struct OpenBatch {
    header: BatchHeader,
    body: Bytes,
}

impl OpenBatch {
    pub(super) fn new(header: BatchHeader, body: &Bytes) -> Result<Self, BatchError> {
        // Compaction keeps the codec's number on a batch that it emptied, with nothing packed in it.
        let codec = if body.is_empty() { Compression::None } else { header.compression() };
        let body = codec
            .decompress(body, UNPACKED_BYTES_MAX)
            .map_err(|cause| BatchError::Compression { base_offset: header.base_offset, cause })?;
        Ok(Self { header, body })
    }

    /// Returns the batch's header, as it is stored.
    pub fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// Returns the records' bytes, back to back.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Walks the records; keys, values and headers share the bytes.
    ///
    /// # Errors
    /// While walking `Record`, or `Trailing` after the last one, and then no more.
    pub fn records(&self) -> Records {
        Records::new(&self.header, self.body.clone())
    }

    /// Walks the records as [`Self::records`] does, but borrows: for searching, where most records are looked at and left.
    ///
    /// # Errors
    /// As [`Self::records`].
    pub fn views(&self) -> RecordViews<'_> {
        RecordViews::new(&self.header, &self.body)
    }
}
