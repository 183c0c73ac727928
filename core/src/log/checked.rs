//! Which batches may be appended: what Kafka's `LogValidator` checks of a producer's batch.

use crate::config::CompressionType;
use crate::ids::Timestamp;
use crate::record::{BatchError, BuiltBatch, RecordBatch, TimestampType};

/// A batch that may be appended, and the times of its records.
#[derive(Clone, Debug)]
pub struct CheckedBatch {
    batch: RecordBatch,
    min_timestamp: Timestamp,
    max_timestamp: Timestamp,
}

/// Says why a batch may not be appended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidBatch {
    /// A single record is larger than the topic allows.
    #[error("record is {} bytes, topic allows {} (max.message.bytes)", grouped(*.bytes), grouped(*.allowed))]
    RecordTooLarge {
        /// Bytes of the record in a batch of its own.
        bytes: usize,
        /// The topic's `max.message.bytes`.
        allowed: usize,
    },
    /// A batch of several records is larger than the topic allows.
    #[error(
        "batch of {records} records is {} bytes, topic allows {} (max.message.bytes)", grouped(*.bytes), grouped(*.allowed)
    )]
    BatchTooLarge {
        /// Bytes of the batch.
        bytes: usize,
        /// Records in it.
        records: i32,
        /// The topic's `max.message.bytes`.
        allowed: usize,
    },
    /// The batch holds no record.
    #[error("the batch holds no record")]
    Empty,
    /// The records' offsets leave gaps; only a log that was compacted has those.
    #[error("the batch counts {records} records over {offsets} offsets; a producer leaves no gaps")]
    Gaps {
        /// Records in the batch.
        records: i32,
        /// Offsets it spans.
        offsets: i64,
    },
    /// Control batches are written by brokers only.
    #[error("the batch holds a control record, which producers may not write")]
    Control,
    /// Transactions and idempotence are not kept yet, and promising them would be wrong.
    #[error(
        "the batch belongs to producer id {producer_id}; idempotent and transactional producers are not supported yet"
    )]
    ProducerState {
        /// The producer id in the batch.
        producer_id: i64,
    },
    /// The log's time is the log's to give.
    #[error("the batch says that its times are the log's (LogAppendTime), which producers may not say")]
    LogAppendTime,
    /// A record cannot be put into a batch.
    #[error("the record cannot be stored: {0}")]
    Unencodable(BatchError),
    /// The bytes are not what they should be.
    #[error(transparent)]
    Corrupt(#[from] BatchError),
}

impl CheckedBatch {
    /// Checks what Kafka's `LogValidator` checks of a producer's batch, reads the records' times, sets the header's largest time
    /// right where it is wrong, and packs the records anew where the topic's `compression.type` asks for another codec.
    /// `bytes_max` is the topic's `max.message.bytes`: it holds before and after that. The batch's base offset does not matter.
    ///
    /// # Errors
    /// Names the first rule that the batch breaks.
    pub fn check(
        batch: RecordBatch,
        bytes_max: usize,
        compression_type: CompressionType,
    ) -> Result<Self, InvalidBatch> {
        check_header(&batch, bytes_max)?;
        batch.verify_crc()?;
        let (mut min, mut max) = (i64::MAX, i64::MIN);
        let open = batch.open()?;
        for record in open.views() {
            let millis = record?.timestamp.millis();
            (min, max) = (min.min(millis), max.max(millis));
        }
        let codec = compression_type.codec_for(batch.compression());
        let batch = if codec == batch.compression() { batch } else { batch.repacked(codec, open.body())? };
        size_within(batch.bytes().len(), batch.header().record_count, bytes_max)?;
        let (min_timestamp, max_timestamp) = (Timestamp::from_millis(min), Timestamp::from_millis(max));
        // Whoever looks for a time believes the header: so it must tell the truth, as in Kafka's `LogValidator`.
        let batch = if batch.header().max_timestamp == max_timestamp {
            batch
        } else {
            batch.with_max_timestamp(max_timestamp)
        };
        Ok(Self { batch, min_timestamp, max_timestamp })
    }

    /// As [`Self::check`], of a batch that was made here: what its builder knows is not read again.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn check_built(
        built: BuiltBatch,
        bytes_max: usize,
        compression_type: CompressionType,
    ) -> Result<Self, InvalidBatch> {
        let (times, batch) = (built.times(), built.into_batch());
        match times {
            Some((min_timestamp, max_timestamp))
                if compression_type.codec_for(batch.compression()) == batch.compression()
                    && batch.header().max_timestamp == max_timestamp =>
            {
                check_header(&batch, bytes_max)?;
                Ok(Self { batch, min_timestamp, max_timestamp })
            }
            _ => Self::check(batch, bytes_max, compression_type),
        }
    }

    /// Counts the bytes that the batch takes in the log.
    pub fn bytes_len(&self) -> usize {
        self.batch.bytes().len()
    }

    /// Checks the size again: `bytes_max` may have become smaller since.
    ///
    /// # Errors
    /// `RecordTooLarge`, or `BatchTooLarge`.
    pub fn fits(&self, bytes_max: usize) -> Result<(), InvalidBatch> {
        size_within(self.bytes_len(), self.batch.header().record_count, bytes_max)
    }

    /// Returns the batch.
    pub(super) fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// Returns the least and the largest timestamp of its records.
    pub(super) fn times(&self) -> (Timestamp, Timestamp) {
        (self.min_timestamp, self.max_timestamp)
    }

    /// Gives every record the log's time, if there is one.
    pub(super) fn stamped(&self, log_append_time: Option<Timestamp>) -> Self {
        match log_append_time {
            None => self.clone(),
            Some(now) => Self {
                batch: self.batch.clone().with_log_append_time(now),
                min_timestamp: now,
                max_timestamp: now,
            },
        }
    }
}

/// Checks what a batch says of itself before its records.
fn check_header(batch: &RecordBatch, bytes_max: usize) -> Result<(), InvalidBatch> {
    let header = batch.header();
    let records = header.record_count;
    size_within(batch.bytes().len(), records, bytes_max)?;
    if header.is_control() {
        return Err(InvalidBatch::Control);
    }
    if header.producer_id >= 0 || header.is_transactional() {
        return Err(InvalidBatch::ProducerState { producer_id: header.producer_id });
    }
    if records <= 0 {
        return Err(InvalidBatch::Empty);
    }
    let offsets = i64::from(header.last_offset_delta).saturating_add(1);
    if i64::from(records) != offsets {
        return Err(InvalidBatch::Gaps { records, offsets });
    }
    if header.timestamp_type() == TimestampType::LogAppendTime {
        return Err(InvalidBatch::LogAppendTime);
    }
    Ok(())
}

fn size_within(bytes: usize, records: i32, allowed: usize) -> Result<(), InvalidBatch> {
    match records {
        _ if bytes <= allowed => Ok(()),
        1 => Err(InvalidBatch::RecordTooLarge { bytes, allowed }),
        _ => Err(InvalidBatch::BatchTooLarge { bytes, records, allowed }),
    }
}

/// Writes a number with its thousands apart: 1,048,588.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len().saturating_mul(2));
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && digits.len().saturating_sub(index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::record::{BatchBuilder, Compression, NewRecord};

    /// What a builder knows must be what whoever looks finds.
    #[test]
    fn a_batch_that_was_built_here_is_judged_as_one_that_came_from_elsewhere() {
        let with = |mut builder: BatchBuilder, times: &[i64]| {
            for &time in times {
                let record = NewRecord {
                    value: Some(Bytes::from_static(b"same, same, same")),
                    ..NewRecord::default()
                };
                builder.try_push(&record, Timestamp::from_millis(time)).unwrap();
            }
            builder
        };
        let builders = [
            with(BatchBuilder::new(), &[]),
            with(BatchBuilder::new(), &[7]),
            with(BatchBuilder::new(), &[9, -3, 5]),
            with(BatchBuilder::new().control(), &[1]),
            with(BatchBuilder::new().transactional(), &[1]),
            with(BatchBuilder::new().producer(5, 0, 0), &[1]),
            with(BatchBuilder::new().log_append_time(Timestamp::from_millis(4)), &[1]),
            with(BatchBuilder::new(), &[3; 40]),
        ];
        let told = |checked: Result<CheckedBatch, InvalidBatch>| {
            checked.map(|it| (it.batch, it.min_timestamp, it.max_timestamp))
        };
        for builder in builders {
            for codec in [Compression::None, Compression::Lz4] {
                for topic in [CompressionType::Producer, CompressionType::Topic(Compression::Zstd)] {
                    let built = builder.clone().finish(codec).unwrap();
                    let elsewhere = told(CheckedBatch::check(built.batch().clone(), 600, topic));
                    assert_eq!(told(CheckedBatch::check_built(built, 600, topic)), elsewhere);
                }
            }
        }
    }

    #[test]
    fn numbers_are_written_with_their_thousands_apart() {
        assert_eq!([0, 999, 1_000, 1_048_588].map(grouped), ["0", "999", "1,000", "1,048,588"]);
    }
}
