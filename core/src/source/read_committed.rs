//! A source as a consumer with `isolation.level=read_committed` sees it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::ids::{Offset, PartitionId, Timestamp};
use crate::limits::READ_COMMITTED_SKIP_BYTES_MAX;
use crate::record::RecordBatch;
use crate::source::{
    BatchStatus, Bounds, Fetched, Source, SourceError, Span, Transactions, Zone, fetch_rest,
};

/// Shows of a source only what is committed: batches of aborted transactions, control batches and everything from the last stable
/// offset on are left out, of zones and bounds as well. The high watermark is the last stable offset, as in the answer of a
/// Kafka broker to such a consumer.
#[derive(Debug)]
pub struct ReadCommitted<S> {
    source: S,
    /// What is committed of the zone that the last stable offset lies in, by partition.
    cut_zones: RefCell<BTreeMap<PartitionId, CutZone>>,
}

/// A zone of which only what lies before the last stable offset is seen.
#[derive(Clone, Copy, Debug)]
struct CutZone {
    base_offset: Offset,
    last_stable_offset: Offset,
    seen: Option<Zone>,
}

impl<S: Source> ReadCommitted<S> {
    /// Wraps a source.
    pub fn new(source: S) -> Self {
        Self { source, cut_zones: RefCell::default() }
    }

    /// Returns the source, which shows everything.
    pub fn inner(&self) -> &S {
        &self.source
    }

    /// Returns a partition's bounds as they are, its last stable offset and its transactions.
    async fn stable(
        &self,
        partition: PartitionId,
    ) -> Result<(Bounds, Offset, Rc<Transactions>), SourceError> {
        // The transactions last: a batch that is indexed in between is then known to them, and not the other way round.
        let bounds = self.source.bounds(partition).await?;
        let transactions = self.source.transactions(partition).await?;
        let last_stable_offset = transactions.last_stable_offset(bounds.high_watermark);
        Ok((bounds, last_stable_offset, transactions))
    }

    async fn committed_zones(
        &self,
        partition: PartitionId,
        last_stable_offset: Offset,
        transactions: &Transactions,
    ) -> Result<Vec<Zone>, SourceError> {
        let mut committed = Vec::new();
        for zone in self.source.zones(partition).await? {
            if zone.base_offset >= last_stable_offset {
                break;
            }
            if zone.last_offset < last_stable_offset {
                committed.extend(transactions.committed_part(&zone));
            } else {
                committed.extend(self.cut_zone(partition, &zone, last_stable_offset, transactions).await?);
            }
        }
        Ok(committed)
    }

    /// Reads the zone that the last stable offset lies in: its sum alone does not tell what is before.
    async fn cut_zone(
        &self,
        partition: PartitionId,
        zone: &Zone,
        last_stable_offset: Offset,
        transactions: &Transactions,
    ) -> Result<Option<Zone>, SourceError> {
        let base_offset = zone.base_offset;
        let known = self.cut_zones.borrow().get(&partition).copied();
        let is_same =
            |cut: &CutZone| (cut.base_offset, cut.last_stable_offset) == (base_offset, last_stable_offset);
        if let Some(known) = known.filter(is_same) {
            return Ok(known.seen);
        }
        let last = last_stable_offset.advance(-1);
        let span = Span { partition, from: base_offset, last, bytes: zone.bytes };
        let nothing = Fetched { batches: Vec::new(), next_offset: base_offset, damage: Vec::new() };
        let fetched = fetch_rest(&self.source, &span, nothing).await?;
        let mut seen: Option<Zone> = None;
        for batch in fetched.batches.iter().filter(|batch| is_seen(batch, last_stable_offset, transactions)) {
            let own = sum_of(batch);
            match &mut seen {
                Some(seen) => seen.absorb(&own),
                None => seen = Some(own),
            }
        }
        let seen = seen.filter(|seen| seen.records > 0);
        let cut = CutZone { base_offset, last_stable_offset, seen };
        self.cut_zones.borrow_mut().insert(partition, cut);
        Ok(seen)
    }
}

impl<S: Source> Source for ReadCommitted<S> {
    fn partitions(&self) -> i32 {
        self.source.partitions()
    }

    async fn bounds(&self, partition: PartitionId) -> Result<Bounds, SourceError> {
        let (bounds, last_stable_offset, transactions) = self.stable(partition).await?;
        let zones = self.committed_zones(partition, last_stable_offset, &transactions).await?;
        let with_records = zones.iter().filter(|zone| zone.records > 0);
        Ok(Bounds {
            log_start_offset: bounds.log_start_offset.min(last_stable_offset),
            high_watermark: last_stable_offset,
            records: zones.iter().map(|zone| u64::from(zone.records)).sum(),
            bytes: zones.iter().map(|zone| zone.bytes).sum(),
            max_timestamp: with_records.map(|zone| zone.max_timestamp).max(),
        })
    }

    async fn zones(&self, partition: PartitionId) -> Result<Vec<Zone>, SourceError> {
        let (_, last_stable_offset, transactions) = self.stable(partition).await?;
        self.committed_zones(partition, last_stable_offset, &transactions).await
    }

    /// Reads as [`Source::fetch`] says, but may come back without a batch, only further on, when there is much that is not
    /// committed.
    async fn fetch(
        &self,
        partition: PartitionId,
        from: Offset,
        bytes_max: usize,
    ) -> Result<Fetched, SourceError> {
        let (bounds, end, transactions) = self.stable(partition).await?;
        if from > end {
            let start = bounds.log_start_offset;
            return Err(SourceError::OffsetOutOfRange { offset: from, start, end });
        }
        let mut fetched = Fetched { batches: Vec::new(), next_offset: from, damage: Vec::new() };
        if from == end && from >= bounds.log_start_offset {
            return Ok(fetched);
        }
        let mut skipped_bytes = 0_usize;
        loop {
            let asked = fetched.next_offset;
            let more = self.source.fetch(partition, asked, bytes_max).await?;
            skipped_bytes =
                more.batches.iter().fold(skipped_bytes, |sum, batch| sum.saturating_add(batch.bytes().len()));
            fetched.next_offset = more.next_offset.min(end);
            fetched.damage.extend(more.damage);
            fetched
                .batches
                .extend(more.batches.into_iter().filter(|batch| is_seen(batch, end, &transactions)));
            let is_over = fetched.next_offset >= end || fetched.next_offset <= asked;
            if is_over || !fetched.batches.is_empty() || skipped_bytes >= READ_COMMITTED_SKIP_BYTES_MAX {
                return Ok(fetched);
            }
        }
    }

    /// Finds the first committed record whose timestamp is at least `timestamp`. Kafka's `ListOffsets` looks at aborted records
    /// as well: what a consumer then gets is the same, since it passes over them.
    async fn offset_for_timestamp(
        &self,
        partition: PartitionId,
        timestamp: Timestamp,
    ) -> Result<Option<(Offset, Timestamp)>, SourceError> {
        let (_, end, transactions) = self.stable(partition).await?;
        for zone in self.committed_zones(partition, end, &transactions).await? {
            if zone.records == 0 || zone.max_timestamp < timestamp {
                continue;
            }
            let span = Span { partition, from: zone.base_offset, last: zone.last_offset, bytes: zone.bytes };
            for batch in self.fetch_spans(&[span]).await?.into_iter().flat_map(|fetched| fetched.batches) {
                if let Some(found) = first_at(&batch, timestamp) {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    async fn transactions(&self, partition: PartitionId) -> Result<Rc<Transactions>, SourceError> {
        self.source.transactions(partition).await
    }
}

fn is_seen(batch: &RecordBatch, last_stable_offset: Offset, transactions: &Transactions) -> bool {
    batch.base_offset() < last_stable_offset && transactions.status_of(batch) == BatchStatus::Data
}

/// Sums up one batch, as an index does.
fn sum_of(batch: &RecordBatch) -> Zone {
    let header = batch.header();
    let times = || batch.open().ok()?.views().flatten().map(|view| view.timestamp).min();
    Zone {
        base_offset: header.base_offset,
        last_offset: header.last_offset(),
        records: u32::try_from(header.record_count).unwrap_or(0),
        bytes: u64::try_from(batch.stored_bytes()).unwrap_or(u64::MAX),
        min_timestamp: times().unwrap_or(header.base_timestamp.min(header.max_timestamp)),
        max_timestamp: header.max_timestamp,
    }
}

fn first_at(batch: &RecordBatch, timestamp: Timestamp) -> Option<(Offset, Timestamp)> {
    let header = batch.header();
    if header.record_count == 0 || header.max_timestamp < timestamp {
        return None;
    }
    let Ok(open) = batch.open() else {
        // What cannot be unpacked: its first offset is the closest that can be told.
        return Some((batch.base_offset(), header.max_timestamp));
    };
    let found = open.views().flatten().find(|view| view.timestamp >= timestamp);
    found.map(|view| (view.offset, view.timestamp))
}
