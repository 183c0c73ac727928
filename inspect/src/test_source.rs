//! A source out of a list of batches, for this crate's tests.

use std::cell::{Cell, RefCell};

use bytes::Bytes;
use tablog_core::env::yield_now;
use tablog_core::ids::{Offset, PartitionId, Timestamp};
use tablog_core::record::{BatchBuilder, Record, RecordBatch};
use tablog_core::source::{Bounds, Damage, Fetched, Layout, Source, SourceError, Span, Zone};

/// One partition: zones of batches of records.
#[derive(Clone, Debug, Default)]
pub(crate) struct TestPartition {
    pub(crate) zones: Vec<Vec<RecordBatch>>,
    pub(crate) log_start: i64,
}

/// Partitions in memory. Counts what is asked of it; one offset may be damaged.
#[derive(Debug, Default)]
pub(crate) struct TestSource {
    pub(crate) partitions: RefCell<Vec<TestPartition>>,
    pub(crate) damaged: RefCell<Vec<(i32, i64)>>,
    /// Zones read, alone or together with others.
    pub(crate) fetches: Cell<usize>,
    /// Questions asked that read records.
    pub(crate) calls: Cell<usize>,
    /// Bytes that the last of these brought.
    pub(crate) bytes: Cell<usize>,
    /// Bytes that all of these brought.
    pub(crate) bytes_in_all: Cell<usize>,
    /// Partitions whose zones were asked for.
    pub(crate) laid_out: Cell<usize>,
    /// For how many turns the next answers to a layout are under way, the next one last.
    pub(crate) layout_turns: RefCell<Vec<usize>>,
    /// Whether zones tell their smallest timestamp; else the first record's, as a file's zones may.
    pub(crate) exact_min: Cell<bool>,
}

pub(crate) fn record(offset: i64, timestamp: i64) -> Record {
    Record {
        offset: Offset::new(offset),
        timestamp: Timestamp::from_millis(timestamp),
        key: None,
        value: Some(Bytes::from(format!("{offset}@{timestamp}"))),
        headers: Vec::new(),
    }
}

pub(crate) fn batch(records: &[(i64, i64)]) -> RecordBatch {
    let mut builder = BatchBuilder::at(Offset::new(records[0].0));
    for &(offset, timestamp) in records {
        builder.try_push_record(&record(offset, timestamp)).unwrap();
    }
    builder.build()
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    futures_executor::block_on(future)
}

impl TestPartition {
    /// Cuts records into batches and zones of these lengths, the last length repeated.
    pub(crate) fn new(records: &[(i64, i64)], per_batch: usize, per_zone: usize) -> Self {
        let batches: Vec<RecordBatch> = records.chunks(per_batch.max(1)).map(batch).collect();
        let zones = batches.chunks(per_zone.max(1)).map(<[_]>::to_vec).collect();
        Self { zones, log_start: records.first().map_or(0, |first| first.0) }
    }

    fn end(&self) -> i64 {
        self.zones.last().and_then(|z| z.last()).map_or(self.log_start, |b| b.next_offset().value())
    }
}

impl TestSource {
    pub(crate) fn new(partitions: Vec<TestPartition>) -> Self {
        Self { partitions: RefCell::new(partitions), ..Self::default() }
    }

    fn partition(&self, id: PartitionId) -> Result<TestPartition, SourceError> {
        let partitions = self.partitions.borrow();
        let unknown = SourceError::UnknownPartition {
            partition: id,
            partitions: i32::try_from(partitions.len()).unwrap(),
        };
        id.index().and_then(|index| partitions.get(index)).cloned().ok_or(unknown)
    }
}

impl TestSource {
    fn count(&self, fetched: &[Fetched]) {
        let bytes =
            fetched.iter().flat_map(|fetched| &fetched.batches).map(|batch| batch.bytes().len()).sum();
        self.calls.set(self.calls.get() + 1);
        self.fetches.set(self.fetches.get() + fetched.len());
        self.bytes.set(bytes);
        self.bytes_in_all.set(self.bytes_in_all.get() + bytes);
    }

    fn read(&self, id: PartitionId, from: Offset, bytes_max: usize) -> Result<Fetched, SourceError> {
        let partition = self.partition(id)?;
        let (start, end) = (Offset::new(partition.log_start), Offset::new(partition.end()));
        if from < start || from > end {
            return Err(SourceError::OffsetOutOfRange { offset: from, start, end });
        }
        let mut fetched = Fetched { batches: Vec::new(), next_offset: from, damage: Vec::new() };
        let mut bytes = 0;
        for batch in partition.zones.into_iter().flatten().filter(|batch| batch.last_offset() >= from) {
            if bytes > 0 && bytes + batch.bytes().len() > bytes_max {
                break;
            }
            bytes += batch.bytes().len();
            fetched.next_offset = batch.next_offset();
            if self.damaged.borrow().contains(&(id.value(), batch.base_offset().value())) {
                fetched.damage.push(Damage {
                    partition: id,
                    from: Some(batch.base_offset()),
                    to: Some(batch.next_offset()),
                    position_bytes: 0,
                    cause: "a flipped bit".to_owned(),
                });
            } else {
                fetched.batches.push(batch);
            }
        }
        Ok(fetched)
    }
}

impl Source for TestSource {
    fn partitions(&self) -> i32 {
        i32::try_from(self.partitions.borrow().len()).unwrap()
    }

    async fn bounds(&self, id: PartitionId) -> Result<Bounds, SourceError> {
        let partition = self.partition(id)?;
        Ok(Bounds {
            log_start_offset: Offset::new(partition.log_start),
            high_watermark: Offset::new(partition.end()),
            records: 0,
            bytes: 0,
            max_timestamp: None,
        })
    }

    async fn zones(&self, id: PartitionId) -> Result<Vec<Zone>, SourceError> {
        self.laid_out.set(self.laid_out.get() + 1);
        let zones = self.partition(id)?.zones;
        let zone = |batches: &Vec<RecordBatch>| Zone {
            base_offset: batches[0].base_offset(),
            last_offset: batches[batches.len() - 1].last_offset(),
            records: batches.iter().map(|b| u32::try_from(b.header().record_count).unwrap()).sum(),
            bytes: batches.iter().map(|b| b.bytes().len() as u64).sum(),
            min_timestamp: if self.exact_min.get() {
                let views = batches.iter().flat_map(|batch| batch.records().unwrap());
                views.map(|view| view.unwrap().timestamp).min().unwrap()
            } else {
                batches[0].header().base_timestamp
            },
            max_timestamp: batches.iter().map(|b| b.header().max_timestamp).max().unwrap(),
        };
        Ok(zones.iter().map(zone).collect())
    }

    async fn fetch(&self, id: PartitionId, from: Offset, bytes_max: usize) -> Result<Fetched, SourceError> {
        let fetched = self.read(id, from, bytes_max)?;
        self.count(std::slice::from_ref(&fetched));
        Ok(fetched)
    }

    async fn layout(&self, known: &[(PartitionId, Option<Bounds>)]) -> Result<Vec<Layout>, SourceError> {
        let mut layouts = Vec::new();
        for &(id, known) in known {
            let bounds = self.bounds(id).await?;
            let zones = if known == Some(bounds) { None } else { Some(self.zones(id).await?) };
            layouts.push(Layout { bounds, zones });
        }
        let turns = self.layout_turns.borrow_mut().pop().unwrap_or(0);
        for _ in 0..turns {
            yield_now().await;
        }
        Ok(layouts)
    }

    async fn fetch_spans(&self, spans: &[Span]) -> Result<Vec<Fetched>, SourceError> {
        yield_now().await;
        let mut all = Vec::new();
        for span in spans {
            let mut fetched = Fetched { batches: Vec::new(), next_offset: span.from, damage: Vec::new() };
            while fetched.next_offset <= span.last {
                let more =
                    self.read(span.partition, fetched.next_offset, usize::try_from(span.bytes).unwrap())?;
                fetched.batches.extend(more.batches.into_iter().filter(|b| b.base_offset() <= span.last));
                fetched.damage.extend(more.damage);
                fetched.next_offset = more.next_offset;
            }
            all.push(fetched);
        }
        self.count(&all);
        Ok(all)
    }

    async fn offset_for_timestamp(
        &self,
        _: PartitionId,
        _: Timestamp,
    ) -> Result<Option<(Offset, Timestamp)>, SourceError> {
        Ok(None)
    }
}
