//! Reading across segments.

use std::rc::Rc;

use super::{Opened, PartitionLog, room_left};
use crate::ids::{Offset, Timestamp};
use crate::segment::ReadAt;
use crate::source::{Damage, Fetched, Source as _, SourceError};

impl<R: ReadAt> PartitionLog<R> {
    /// Reads whole batches as [`Source::fetch`](crate::source::Source::fetch) does, of one segment at a time.
    ///
    /// # Errors
    /// As there.
    pub async fn fetch(&self, from: Offset, bytes_max: usize) -> Result<Fetched, SourceError> {
        let bounds = self.bounds();
        let (start, end) = (bounds.log_start_offset, bounds.high_watermark);
        if from < start || from > end {
            return Err(SourceError::OffsetOutOfRange { offset: from, start, end });
        }
        let mut fetched = Fetched { batches: Vec::new(), next_offset: from, damage: Vec::new() };
        let mut at = self.first_that_reaches(from);
        while fetched.batches.is_empty() {
            let Some((place, segment)) = self.next_with_batches(at) else {
                fetched.damage.extend(self.damage_of_the_empty(at, usize::MAX));
                fetched.next_offset = end;
                break;
            };
            let Some(own) = segment.bounds() else { break };
            if fetched.next_offset <= own.log_start_offset {
                // What lies between the segments is told with the batches after it.
                fetched.damage.extend(self.damage_of_the_empty(at, place));
                fetched.damage.extend(segment.before());
                fetched.next_offset = own.log_start_offset;
            }
            let Some(log) = &segment.log else { break };
            let room = room_left(&fetched.batches, bytes_max);
            let more = log.fetch(self.partition, fetched.next_offset, room).await?;
            fetched.damage.extend(more.damage.into_iter().map(|damage| segment.named(damage)));
            fetched.batches.extend(more.batches);
            fetched.next_offset = more.next_offset.max(fetched.next_offset);
            at = place.saturating_add(1);
            if fetched.next_offset < own.high_watermark {
                break;
            }
            fetched.damage.extend(segment.after.borrow().iter().cloned());
            if self.next_with_batches(at).is_none() {
                fetched.damage.extend(self.damage_of_the_empty(at, usize::MAX));
                fetched.next_offset = end;
                break;
            }
        }
        Ok(fetched)
    }

    /// Finds the first record whose timestamp is at least `timestamp`; `None` when there is none so far.
    ///
    /// # Errors
    /// As [`Source::offset_for_timestamp`](crate::source::Source::offset_for_timestamp).
    pub async fn offset_for_timestamp(
        &self,
        timestamp: Timestamp,
    ) -> Result<Option<(Offset, Timestamp)>, SourceError> {
        let mut at = 0;
        while let Some((place, segment)) = self.next_with_batches(at) {
            at = place.saturating_add(1);
            let is_earlier = segment.bounds().is_none_or(|own| own.max_timestamp < Some(timestamp));
            if let Some(log) = segment.log.as_ref().filter(|_| !is_earlier)
                && let Some(found) = log.offset_for_timestamp(self.partition, timestamp).await?
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Finds the place of the first segment that holds an offset, or what comes after it. Segments of nothing that come right
    /// before it are passed over with it, so that their damage is told.
    fn first_that_reaches(&self, from: Offset) -> usize {
        let opened = self.opened.borrow();
        let reaches = |segment: &Rc<Opened<R>>| segment.end().is_some_and(|end| end > from);
        let place = opened.iter().position(reaches).unwrap_or(opened.len());
        let before = opened.get(..place).unwrap_or_default();
        before.iter().rposition(|segment| segment.end().is_some()).map_or(0, |last| last.saturating_add(1))
    }

    fn next_with_batches(&self, at: usize) -> Option<(usize, Rc<Opened<R>>)> {
        let opened = self.opened.borrow();
        let mut rest = opened.iter().enumerate().skip(at);
        rest.find(|(_, segment)| segment.end().is_some()).map(|(place, segment)| (place, Rc::clone(segment)))
    }

    /// Returns what is wrong with the segments from one place to another of which no batch can be shown.
    fn damage_of_the_empty(&self, from: usize, to: usize) -> Vec<Damage> {
        let opened = self.opened.borrow();
        let empty = opened.iter().take(to).skip(from).filter(|segment| segment.end().is_none());
        empty.flat_map(|segment| segment.damage()).collect()
    }
}
