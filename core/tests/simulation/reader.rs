//! What a tab reads: bounds, batches fetch by fetch, spans as a replay reads them, times.

use tablog_core::broker::DescribeTopicError;
use tablog_core::ids::PartitionId;
use tablog_core::source::{Source, SourceError, Span};

use super::client::{Client, SimBroker};
use super::disk::SimStorage;
use super::model::Floor;
use super::world::BEGIN_MS;
use crate::common::{millis, records, topic};

type SimSource = tablog_core::broker::TopicSource<SimStorage, std::rc::Rc<tablog_core::env::SimEnv>>;

/// Says that a look ended early, for a reason that is allowed.
struct GaveUp;

impl Client {
    pub async fn look(&self, name: &'static str, refresh: bool, bytes_max: usize, began: u32) {
        let floor = if refresh {
            let floor = self.world.model.borrow().floor();
            if let Err(error) = self.broker.refresh().await {
                return self.world.allow(&error);
            }
            Some(floor)
        } else {
            None
        };
        let Some(source) = self.source(name, floor.as_ref(), began).await else { return };
        for p in 0..source.partitions() {
            if self.look_at(&source, p, floor.as_ref(), bytes_max).await.is_err() {
                return;
            }
        }
    }

    async fn source(&self, name: &'static str, floor: Option<&Floor>, began: u32) -> Option<SimSource> {
        let broker: &SimBroker = &self.broker;
        match broker.source(&topic(name)).await {
            Ok(source) => {
                let id = source.topic_id().value();
                let was_gone = floor.is_some_and(|floor| floor.deleted.contains(&id));
                assert!(!was_gone, "client {} looked again and still sees a deleted topic", self.number);
                Some(source)
            }
            Err(DescribeTopicError::UnknownTopic(_)) => {
                self.must_be_gone(name, began);
                None
            }
            Err(DescribeTopicError::Storage(error)) => {
                self.world.allow(&error);
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Only a deleted topic is gone, and only a fault is an error.
    fn excuse(&self, source: &SimSource, error: &SourceError) -> GaveUp {
        match error {
            SourceError::UnknownTopic(_) => {
                let model = self.world.model.borrow();
                let topic = &model.topics[&source.topic_id().value()];
                assert!(topic.deleted_at.is_some(), "{} is said to be gone", topic.name);
            }
            SourceError::Storage(error) => self.world.allow(error),
            error => panic!("{error}"),
        }
        GaveUp
    }

    async fn look_at(
        &self,
        source: &SimSource,
        p: i32,
        floor: Option<&Floor>,
        bytes_max: usize,
    ) -> Result<(), GaveUp> {
        let (id, place) = (source.topic_id().value(), PartitionId::new(p));
        let bounds = source.bounds(place).await.map_err(|error| self.excuse(source, &error))?;
        let (start, end) = (bounds.log_start_offset, bounds.high_watermark);
        self.world.model.borrow_mut().seen(self.number, id, p, (start.value(), end.value()), floor);
        let mut next = start;
        loop {
            let fetched = match source.fetch(place, next, bytes_max).await {
                Ok(fetched) => fetched,
                // Deleted while this was read.
                Err(SourceError::OffsetOutOfRange { start, .. }) if start > next => {
                    assert!(
                        start.value() <= self.world.model.borrow().topics[&id].partitions[p as usize].start
                    );
                    next = start;
                    continue;
                }
                Err(error) => return Err(self.excuse(source, &error)),
            };
            assert_eq!(fetched.damage, [], "what is stored is whole");
            let read = records(&fetched, next);
            let offsets: Vec<i64> = read.iter().map(|record| record.offset.value()).collect();
            let log_start = self.world.model.borrow().topics[&id].partitions[p as usize].start;
            let mut due = next.value().max(log_start)..fetched.next_offset.value();
            assert!(offsets.is_sorted() && due.all(|at| offsets.contains(&at)), "what is read is dense");
            self.world.model.borrow().read(id, p, &read);
            if fetched.next_offset == next {
                break;
            }
            next = fetched.next_offset;
        }
        assert!(next >= end, "all up to {end} is read, not only {next}");
        self.look_up_time(source, p).await
    }

    /// What is found for a time is a record that is there, of that time or later.
    async fn look_up_time(&self, source: &SimSource, p: i32) -> Result<(), GaveUp> {
        let wanted = millis(BEGIN_MS + i64::from(self.world.trace.step()) * 2);
        let found = source.offset_for_timestamp(PartitionId::new(p), wanted).await;
        if let Some((at, time)) = found.map_err(|error| self.excuse(source, &error))? {
            let model = self.world.model.borrow();
            let log = &model.topics[&source.topic_id().value()].partitions[p as usize];
            let place = model.records[log.stored[at.value() as usize]].place.unwrap();
            assert!(time >= wanted && place.time == time.millis());
        }
        Ok(())
    }

    /// Reads all partitions as a replay does: their layout, then spans of several at once.
    pub async fn replay(&self, name: &'static str, began: u32) {
        let Some(source) = self.source(name, None, began).await else { return };
        if let Err(GaveUp) = self.read_spans(&source).await {
            self.heard("gave up".to_owned());
        }
    }

    async fn read_spans(&self, source: &SimSource) -> Result<(), GaveUp> {
        let id = source.topic_id().value();
        let wanted: Vec<_> = (0..source.partitions()).map(|p| (PartitionId::new(p), None)).collect();
        let layouts = source.layout(&wanted).await.map_err(|error| self.excuse(source, &error))?;
        let mut spans = Vec::new();
        for ((partition, _), layout) in wanted.iter().zip(&layouts) {
            let (start, end) = (layout.bounds.log_start_offset, layout.bounds.high_watermark);
            let seen = (start.value(), end.value());
            self.world.model.borrow_mut().seen(self.number, id, partition.value(), seen, None);
            let zones = layout.zones.as_deref().unwrap_or_default();
            let counted: i64 = zones.iter().map(|zone| i64::from(zone.records)).sum();
            assert_eq!(counted, end.distance_from(start), "zones count every record");
            if start < end {
                spans.push(Span { partition: *partition, from: start, last: end.advance(-1), bytes: 1 });
            }
        }
        let fetched = source.fetch_spans(&spans).await.map_err(|error| self.excuse(source, &error))?;
        for (span, fetched) in spans.iter().zip(fetched) {
            let p = span.partition.value();
            let start = self.world.model.borrow().topics[&id].partitions[p as usize].start;
            // What was deleted since the layout is named, and nothing else.
            let named = fetched.damage.iter().all(|damage| damage.to.is_some_and(|to| to.value() <= start));
            assert!(named, "only what was deleted is missing: {:?}", fetched.damage);
            let read = records(&fetched, span.from);
            self.world.model.borrow().read(id, p, &read);
            let first = fetched.damage.iter().filter_map(|damage| damage.to).max().unwrap_or(span.from);
            let last: Vec<i64> = read.iter().map(|record| record.offset.value()).collect();
            let due = first.value()..=span.last.value();
            assert!(due.clone().all(|at| last.contains(&at)), "{due:?} is due, {last:?} was read");
        }
        Ok(())
    }
}
