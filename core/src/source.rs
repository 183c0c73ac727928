//! The one idea of where records come from: a stored topic, a Kafka file read in place, later a remote cluster. Whoever
//! looks, searches, replays or exports knows only this.

mod in_order;
mod isolation;
mod read_committed;
mod transactions;

use std::fmt;
use std::rc::Rc;

use crate::ids::{Offset, PartitionId, Timestamp};
use crate::limits::SPAN_FETCH_BYTES_MAX;
use crate::record::RecordBatch;
use crate::storage::StorageError;

pub use in_order::InOrder;
pub use isolation::{Isolated, IsolationLevel};
pub use read_committed::ReadCommitted;
pub use transactions::{AbortedRange, BatchStatus, Transactions};

/// Sums up a run of neighbouring batches of one partition: enough to find a record by offset, by time or by rank
/// without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone {
    /// The first offset.
    pub base_offset: Offset,
    /// The last offset.
    pub last_offset: Offset,
    /// Records in the zone; fewer than its offsets when the log was compacted.
    pub records: u32,
    /// Bytes of the zone's batches.
    pub bytes: u64,
    /// The smallest record timestamp, as far as known without reading the records; else the first batch's base timestamp.
    pub min_timestamp: Timestamp,
    /// The largest record timestamp.
    pub max_timestamp: Timestamp,
}

impl Zone {
    /// Takes another zone's batches in. Times of a zone without records do not count.
    pub(crate) fn absorb(&mut self, other: &Self) {
        if self.records == 0 {
            (self.min_timestamp, self.max_timestamp) = (other.min_timestamp, other.max_timestamp);
        } else if other.records > 0 {
            self.min_timestamp = self.min_timestamp.min(other.min_timestamp);
            self.max_timestamp = self.max_timestamp.max(other.max_timestamp);
        }
        self.base_offset = self.base_offset.min(other.base_offset);
        self.last_offset = self.last_offset.max(other.last_offset);
        self.records = self.records.saturating_add(other.records);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// Where a partition begins and ends, and how much is in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The first offset that can be fetched.
    pub log_start_offset: Offset,
    /// The offset that the next record will get: everything before it is acknowledged.
    pub high_watermark: Offset,
    /// Records that can be fetched.
    pub records: u64,
    /// Bytes kept for them.
    pub bytes: u64,
    /// The largest timestamp; `None` when there are no records.
    pub max_timestamp: Option<Timestamp>,
}

/// Where a partition begins and ends, and its zones if they were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Where it begins and ends.
    pub bounds: Bounds,
    /// Its zones, as [`Source::zones`] tells them; `None` when the bounds are those that were known.
    pub zones: Option<Vec<Zone>>,
}

/// A run of a partition's offsets, to be read as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The partition.
    pub partition: PartitionId,
    /// The first offset.
    pub from: Offset,
    /// The last offset.
    pub last: Offset,
    /// Bytes that its zones count: a hint how much to read at once.
    pub bytes: u64,
}

/// A stretch of a partition that cannot be read, with its cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The partition.
    pub partition: PartitionId,
    /// The first offset that is missing, if known.
    pub from: Option<Offset>,
    /// The first offset that can be read again; `None` when nothing after it can.
    pub to: Option<Offset>,
    /// Where it lies: a byte position in the file or the row.
    pub position_bytes: u64,
    /// What is wrong, with the numbers in it.
    pub cause: String,
}

impl Damage {
    /// Says of offsets that were there when somebody looked that they were deleted since.
    pub(crate) fn deleted_meanwhile(partition: PartitionId, from: Offset, start: Offset) -> Self {
        let cause = format!("the records before offset {start} were deleted meanwhile");
        Self { partition, from: Some(from), to: Some(start), position_bytes: 0, cause }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "partition {}, ", self.partition)?;
        match (self.from, self.to) {
            (Some(from), Some(to)) if from == to => write!(f, "at offset {from}, which is there")?,
            (Some(from), Some(to)) => write!(f, "offsets {from} up to {to} (not included)")?,
            (Some(from), None) => write!(f, "from offset {from} to the end")?,
            (None, _) => write!(f, "offsets unknown")?,
        }
        write!(f, ", byte {}: {}", self.position_bytes, self.cause)
    }
}

/// What a fetch brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Whole batches in offset order, CRCs checked. The first may begin before the asked offset, as Kafka's fetch does.
    pub batches: Vec<RecordBatch>,
    /// Where to fetch from next. Equal to the asked offset only at the high watermark.
    pub next_offset: Offset,
    /// What was skipped because it cannot be read.
    pub damage: Vec<Damage>,
}

/// Says why a source cannot answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// There is no such partition.
    #[error("there is no partition {partition}: the topic has {partitions}")]
    UnknownPartition {
        /// The partition asked for.
        partition: PartitionId,
        /// How many there are.
        partitions: i32,
    },
    /// The topic is gone: it was deleted, perhaps by another tab.
    #[error("the topic \"{0}\" does not exist any more")]
    UnknownTopic(String),
    /// The offset lies outside the partition.
    #[error("offset {offset} is out of range: the partition holds {start} up to {end} (not included)")]
    OffsetOutOfRange {
        /// The offset asked for.
        offset: Offset,
        /// The log start offset.
        start: Offset,
        /// The high watermark.
        end: Offset,
    },
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A file could not be read.
    #[error("{file} cannot be read at byte {position_bytes}: {cause}")]
    File {
        /// The file's name.
        file: String,
        /// Where reading failed.
        position_bytes: u64,
        /// The platform's words.
        cause: String,
    },
}

/// Answers the questions that everything above asks of one topic's records.
#[allow(async_fn_in_trait, reason = "one thread everywhere: no Send bound is wanted")]
pub trait Source {
    /// Counts the partitions, numbered from 0.
    fn partitions(&self) -> i32;

    /// Tells where a partition begins and ends, now.
    ///
    /// # Errors
    /// `UnknownPartition`, `UnknownTopic`, or what storage or the file reports.
    async fn bounds(&self, partition: PartitionId) -> Result<Bounds, SourceError>;

    /// Returns the partition's zones in offset order, without gaps in what can be read. What is appended to a topic makes zones
    /// of its own; a file's last zone may grow while the file is being indexed.
    ///
    /// # Errors
    /// As [`Source::bounds`].
    async fn zones(&self, partition: PartitionId) -> Result<Vec<Zone>, SourceError>;

    /// Reads whole batches from the one that holds `from` on, up to about `bytes_max` bytes but at least one batch.
    ///
    /// # Errors
    /// `OffsetOutOfRange` before the log start or after the high watermark, and as [`Source::bounds`].
    async fn fetch(
        &self,
        partition: PartitionId,
        from: Offset,
        bytes_max: usize,
    ) -> Result<Fetched, SourceError>;

    /// Lays out many partitions, in their order. Zones come only of those whose bounds differ from what is known of them:
    /// while a partition's bounds are the same, so are its zones.
    ///
    /// # Errors
    /// As [`Source::bounds`].
    async fn layout(&self, known: &[(PartitionId, Option<Bounds>)]) -> Result<Vec<Layout>, SourceError> {
        let mut layouts = Vec::with_capacity(known.len());
        for (partition, known) in known {
            let bounds = self.bounds(*partition).await?;
            let is_known = *known == Some(bounds);
            let zones = if is_known { None } else { Some(self.zones(*partition).await?) };
            layouts.push(Layout { bounds, zones });
        }
        Ok(layouts)
    }

    /// Reads many spans, in their order: the whole batches that reach into each. What lies before the log start by now is
    /// damage and no error; what lies after the high watermark is left out.
    ///
    /// # Errors
    /// As [`Source::bounds`].
    async fn fetch_spans(&self, spans: &[Span]) -> Result<Vec<Fetched>, SourceError> {
        let mut fetched = Vec::with_capacity(spans.len());
        for span in spans {
            let nothing = Fetched { batches: Vec::new(), next_offset: span.from, damage: Vec::new() };
            fetched.push(fetch_rest(self, span, nothing).await?);
        }
        Ok(fetched)
    }

    /// Finds the first record whose timestamp is at least `timestamp`, as Kafka's `ListOffsets` does; `None` when there is none.
    ///
    /// # Errors
    /// As [`Source::bounds`].
    async fn offset_for_timestamp(
        &self,
        partition: PartitionId,
        timestamp: Timestamp,
    ) -> Result<Option<(Offset, Timestamp)>, SourceError>;

    /// Tells which transactions a partition holds: aborted ones, and those that are open, as far as is known by now. A source
    /// that takes no transactional batches has none. What wraps another source must hand its answer on.
    ///
    /// # Errors
    /// As [`Source::bounds`].
    async fn transactions(&self, partition: PartitionId) -> Result<Rc<Transactions>, SourceError> {
        self.bounds(partition).await.map(|_| Rc::default())
    }
}

/// Reads what is missing of a span, fetch by fetch.
pub(crate) async fn fetch_rest<S: Source + ?Sized>(
    source: &S,
    span: &Span,
    mut fetched: Fetched,
) -> Result<Fetched, SourceError> {
    let bytes_max = usize::try_from(span.bytes).unwrap_or(usize::MAX).clamp(1, SPAN_FETCH_BYTES_MAX);
    while fetched.next_offset <= span.last {
        let from = fetched.next_offset;
        match source.fetch(span.partition, from, bytes_max).await {
            Ok(more) => {
                fetched.batches.extend(more.batches);
                fetched.damage.extend(more.damage);
                if more.next_offset <= from {
                    break;
                }
                fetched.next_offset = more.next_offset;
            }
            Err(SourceError::OffsetOutOfRange { start, .. }) if start > from => {
                fetched.damage.push(Damage::deleted_meanwhile(span.partition, from, start));
                fetched.next_offset = start;
            }
            Err(SourceError::OffsetOutOfRange { .. }) => break,
            Err(error) => return Err(error),
        }
    }
    fetched.batches.retain(|batch| batch.base_offset() <= span.last && batch.last_offset() >= span.from);
    Ok(fetched)
}
