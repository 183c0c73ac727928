//! Looking at what a header promises: reading the batch or message itself, as far as that is worth it.

use super::{Head, Scan};
use crate::ids::Timestamp;
use crate::limits::FILE_VERIFY_BYTES_MAX;
use crate::record::batch::BATCH_HEADER_BYTES;
use crate::record::{BatchError, BatchHeader, Compression, ControlRecordType, RecordBatch, TimestampType};
use crate::segment::index::FoundBatch;
use crate::segment::{ReadAt, ReadError, wide};

impl Scan {
    /// Looks at what begins at the scan's position. A batch that is large is not read. A message always is: what it holds, and so
    /// the offsets, are seen only within.
    pub(super) async fn look<R: ReadAt>(
        &mut self,
        file: &R,
        head: &Head,
    ) -> Result<Result<FoundBatch, BatchError>, ReadError> {
        let position = self.position;
        let whole = match head {
            Head::Batch(header) if header.batch_bytes() > FILE_VERIFY_BYTES_MAX => None,
            _ => {
                let body = self.bytes_at(file, position, head.bytes()).await?;
                let parsed = RecordBatch::parse_any(body, position);
                match parsed.and_then(|batch| batch.verify_crc().map(|()| batch)) {
                    Ok(batch) => Some(batch),
                    Err(error) => return Ok(Err(error)),
                }
            }
        };
        let header = match (head, &whole) {
            (_, Some(batch)) => *batch.header(),
            (Head::Batch(header), None) => *header,
            (Head::Message(_), None) => return Ok(Err(BatchError::Magic { magic: 0 })),
        };
        let codec = whole.as_ref().and_then(RecordBatch::origin).map(|origin| origin.header().compression());
        Ok(Ok(FoundBatch {
            position,
            bytes: wide(head.bytes()),
            header,
            is_message: head.is_message(),
            compression: codec.unwrap_or(header.compression()),
            control: whole.as_ref().and_then(ControlRecordType::of),
            min_timestamp: min_timestamp(&header, whole.as_ref()),
            verified: whole.is_some(),
            expected: self.expected,
            after_damage: self.open_damage.is_some(),
        }))
    }

    /// Parses what begins at a place. Of a message 18 bytes say too little to be believed, so it is looked at as a whole.
    pub(super) async fn sound_head<R: ReadAt>(
        &mut self,
        file: &R,
        position: u64,
    ) -> Result<Option<Head>, ReadError> {
        let head = self.bytes_at(file, position, BATCH_HEADER_BYTES).await?;
        let Ok(head) = Head::parse(&head) else { return Ok(None) };
        if !head.is_message() {
            return Ok(Some(head));
        }
        if position.saturating_add(wide(head.bytes())) > self.len_bytes {
            return Ok(None);
        }
        let body = self.bytes_at(file, position, head.bytes()).await?;
        Ok(RecordBatch::parse_any(body, position).is_ok().then_some(head))
    }
}

/// Returns the smallest time in a batch. Where the records cannot be looked at, a lower bound of the first one's.
fn min_timestamp(header: &BatchHeader, batch: Option<&RecordBatch>) -> Timestamp {
    if header.timestamp_type() == TimestampType::LogAppendTime {
        return header.max_timestamp;
    }
    let smallest = batch
        .filter(|_| header.compression() == Compression::None)
        .and_then(|batch| batch.open().ok())
        .and_then(|open| open.views().flatten().map(|view| view.timestamp).min());
    smallest.unwrap_or(match header.delete_horizon() {
        None => header.base_timestamp.min(header.max_timestamp),
        Some(_) => Timestamp::NONE,
    })
}
