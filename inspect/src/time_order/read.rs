//! Reading zones, many with one question to the source, and keeping what may be asked for again.

use std::rc::Rc;

use tablog_core::ids::{PartitionId, Timestamp};
use tablog_core::source::{Fetched, Source, SourceError, Span, Zone};

use super::load::{self, LoadedZone};
use super::zones::ZoneBounds;
use super::{TimeOrder, ZoneKey};
use crate::limits::{ZONE_BYTES_READ_AT_ONCE_MAX, ZONES_READ_AT_ONCE_MAX};

/// A zone and the partition it is of.
pub(super) type Wanted = (PartitionId, ZoneBounds);

impl<S: Source> TimeOrder<S> {
    /// Returns a zone with its batches, read if need be.
    pub(super) async fn loaded(
        &self,
        id: PartitionId,
        bounds: &ZoneBounds,
    ) -> Result<Rc<LoadedZone>, SourceError> {
        let loaded = self.load_all(&[(id, *bounds)]).await?;
        Ok(loaded.into_iter().next().unwrap_or_default())
    }

    /// Returns zones with their batches, in their order; those that are not in memory are read with one question. Holds all of
    /// them: for many, see [`rounds`].
    pub(super) async fn load_all(&self, wanted: &[Wanted]) -> Result<Vec<Rc<LoadedZone>>, SourceError> {
        let mut loaded = Vec::with_capacity(wanted.len());
        let (mut spans, mut missing) = (Vec::new(), Vec::new());
        for (at, (id, bounds)) in wanted.iter().enumerate() {
            let known = self.batches.borrow_mut().get(&ZoneKey::of(*id, &bounds.zone));
            if known.is_none() {
                let (rest, shorter) = match self.shorter(*id, &bounds.zone) {
                    Some((rest, shorter)) => (rest, Some(shorter)),
                    None => (bounds.zone, None),
                };
                spans.push(span(*id, &rest));
                missing.push((at, rest, shorter));
            }
            loaded.push(known.unwrap_or_default());
        }
        if spans.is_empty() {
            return Ok(loaded);
        }
        let fetched = self.fetch(&spans).await?;
        for ((at, rest, shorter), fetched) in missing.into_iter().zip(fetched) {
            let read = LoadedZone::new(&rest, fetched);
            let read = Rc::new(match shorter {
                Some(shorter) => shorter.followed_by(read),
                None => read,
            });
            if let (Some((id, bounds)), Some(slot)) = (wanted.get(at), loaded.get_mut(at)) {
                self.keep(*id, bounds, &read);
                *slot = read;
            }
        }
        Ok(loaded)
    }

    /// Returns zones' running maxima, in their order, read if need be.
    pub(super) async fn times_of_all(&self, wanted: &[Wanted]) -> Result<Vec<Rc<[i64]>>, SourceError> {
        let mut found: Vec<Option<Rc<[i64]>>> = Vec::with_capacity(wanted.len());
        let (mut unread, mut places) = (Vec::new(), Vec::new());
        for (at, (id, bounds)) in wanted.iter().enumerate() {
            let known = self.times.borrow_mut().get(&ZoneKey::of(*id, &bounds.zone));
            if known.is_none() {
                unread.push((*id, *bounds));
                places.push(at);
            }
            found.push(known);
        }
        let mut places = places.into_iter();
        for round in rounds(&unread) {
            for (read, at) in self.load_all(round).await?.into_iter().zip(places.by_ref()) {
                if let Some(slot) = found.get_mut(at) {
                    *slot = Some(read.running_max.clone());
                }
            }
        }
        Ok(found.into_iter().map(Option::unwrap_or_default).collect())
    }

    pub(super) fn is_in_memory(&self, id: PartitionId, bounds: &ZoneBounds) -> bool {
        self.batches.borrow().peek(&ZoneKey::of(id, &bounds.zone)).is_some()
    }

    /// Narrows a zone to the records that are left in it from its base offset on: their count and their times.
    pub(super) async fn clip(&self, id: PartitionId, zone: &mut Zone) -> Result<(), SourceError> {
        let (mut records, mut min, mut max) = (0, None, None);
        let fetched = self.fetch(&[span(id, zone)]).await?;
        for batch in fetched.into_iter().flat_map(|fetched| fetched.batches) {
            records += load::records_within(&batch, zone);
            let Ok(open) = batch.open() else {
                max = max.max(Some(batch.header().max_timestamp));
                continue;
            };
            for view in open.views().flatten().filter(|view| load::is_within(view.offset, zone)) {
                min = Some(min.map_or(view.timestamp, |min: Timestamp| min.min(view.timestamp)));
                max = max.max(Some(view.timestamp));
            }
        }
        zone.records = u32::try_from(records).unwrap_or(u32::MAX);
        zone.max_timestamp = max.unwrap_or(zone.max_timestamp);
        zone.min_timestamp = min.unwrap_or(zone.min_timestamp);
        Ok(())
    }

    async fn fetch(&self, spans: &[Span]) -> Result<Vec<Fetched>, SourceError> {
        let fetched = self.source.fetch_spans(spans).await?;
        assert_eq!(fetched.len(), spans.len(), "a source answers for each span");
        Ok(fetched)
    }

    fn keep(&self, id: PartitionId, bounds: &ZoneBounds, loaded: &Rc<LoadedZone>) {
        let key = ZoneKey::of(id, &bounds.zone);
        self.tails.borrow_mut().insert((id, bounds.zone.base_offset), key, 1);
        self.times.borrow_mut().insert(key, loaded.running_max.clone(), loaded.rows());
        self.batches.borrow_mut().insert(key, loaded.clone(), loaded.bytes);
    }

    /// Finds what was read of a zone before it grew: what is left to read, and what is known.
    fn shorter(&self, id: PartitionId, zone: &Zone) -> Option<(Zone, Rc<LoadedZone>)> {
        let key = self.tails.borrow_mut().get(&(id, zone.base_offset))?;
        let known = self.batches.borrow_mut().get(&key)?;
        let grew = key.last_offset < zone.last_offset && key.records < zone.records;
        let rest = Zone {
            base_offset: key.last_offset.next(),
            records: zone.records.checked_sub(key.records)?,
            bytes: zone.bytes.saturating_sub(u64::try_from(known.bytes).ok()?),
            ..*zone
        };
        grew.then_some((rest, known))
    }
}

/// Ranks zones, those with the most records first, and at last those of which that is not known.
pub(super) fn most_first(records: Option<u32>) -> u64 {
    records.map_or(u64::MAX, |records| u64::from(u32::MAX - records))
}

/// Splits zones into as many as are read at once and held together.
pub(super) fn rounds(mut wanted: &[Wanted]) -> impl Iterator<Item = &[Wanted]> {
    std::iter::from_fn(move || {
        let mut bytes = 0_u64;
        let fits = |(_, bounds): &&Wanted| {
            let before = bytes;
            bytes = bytes.saturating_add(bounds.zone.bytes);
            before == 0 || bytes <= ZONE_BYTES_READ_AT_ONCE_MAX
        };
        let count = wanted.iter().take(ZONES_READ_AT_ONCE_MAX).take_while(fits).count();
        let (round, rest) = wanted.split_at(count);
        wanted = rest;
        (!round.is_empty()).then_some(round)
    })
}

fn span(partition: PartitionId, zone: &Zone) -> Span {
    Span { partition, from: zone.base_offset, last: zone.last_offset, bytes: zone.bytes }
}
