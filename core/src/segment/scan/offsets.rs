//! Offsets that contradict each other: no checksum covers a batch's base offset, so which of two is wrong is found out from the
//! batches around them.

use super::{Head, Scan};
use crate::ids::Offset;
use crate::record::batch::BATCH_HEADER_BYTES;
use crate::segment::index::{Event, FoundBatch};
use crate::segment::{ReadAt, ReadError};
use crate::source::Damage;

impl Scan {
    /// Tells whether nothing but the file's name says where it begins: no batch that counts has been found so far.
    pub(super) fn knows_only_the_name(&self) -> bool {
        self.held.is_none() && self.expected.is_some() && self.expected == self.file_base
    }

    /// Tells whether a batch may come next: its offsets fit, or contradict nothing but the name, which anybody can change.
    pub(super) fn may_follow(&self, head: &Head) -> bool {
        self.knows_only_the_name() || self.head_fits(head)
    }

    pub(super) fn head_fits(&self, head: &Head) -> bool {
        self.fits(head.offset(), head.last_offset())
    }

    /// Tells whether offsets can follow: after the last one, and within reach of the file's first.
    pub(super) fn fits(&self, base_offset: Offset, last_offset: Offset) -> bool {
        let first = self.file_base.unwrap_or(base_offset);
        self.expected.is_none_or(|expected| base_offset >= expected) && is_within_reach(first, last_offset)
    }

    /// Handles a batch that overlaps the one before, or lies impossibly far ahead: one of the two base offsets is wrong.
    pub(super) async fn settle_offsets<R: ReadAt>(
        &mut self,
        file: &R,
        found: FoundBatch,
        events: &mut Vec<Event>,
    ) -> Result<(), ReadError> {
        if let Some(cause) = self.drop_held_if_damaged(file).await? {
            let end = found.position;
            self.open_damage(self.position, cause, events);
            self.position = end;
            return Ok(());
        }
        if self.knows_only_the_name() {
            return self.settle_name(file, found, events).await;
        }
        let base = found.header.base_offset;
        if let Some(held) = self.held.filter(|held| held.expected.is_none() || held.gap().is_some()) {
            let span = i64::from(held.header.last_offset_delta).saturating_add(1);
            let dense = held.expected.is_some_and(|expected| base == expected.advance(span));
            let next = self.bytes_at(file, found.end(), BATCH_HEADER_BYTES).await?;
            let next = Head::parse(&next).ok();
            let leads_on = next.is_some_and(|next| next.begins_at(found.header.next_offset()));
            // Between holes nothing leads on exactly, but two that agree on an order outvote the one before them.
            let is_outvoted = held.expected.is_none_or(|expected| base >= expected)
                && next.is_some_and(|next| {
                    next.offset() >= found.header.next_offset()
                        && next.last_offset() < held.header.base_offset
                });
            if dense || leads_on || is_outvoted {
                let cause = format!(
                    "the {} is {}, and the next {} begins at {base}",
                    offset_words(&held),
                    held.header.base_offset,
                    found.noun()
                );
                self.held = None;
                self.expected = held.expected;
                if held.expected.is_none() {
                    self.file_base = None;
                }
                self.open_damage(held.position, cause, events);
                return Ok(());
            }
        }
        let cause = match self.expected {
            Some(expected) if base < expected => {
                format!("the {} is {base}, and what lies before it ends at {expected}", offset_words(&found))
            }
            _ => format!("the {} is {base}, too far from the file's first", offset_words(&found)),
        };
        self.open_damage(found.position, cause, events);
        self.position = found.end();
        Ok(())
    }

    /// Handles a first batch that contradicts the file's name: the batch's base offset is wrong if the batch behind it agrees
    /// with the name, else the name is.
    async fn settle_name<R: ReadAt>(
        &mut self,
        file: &R,
        found: FoundBatch,
        events: &mut Vec<Event>,
    ) -> Result<(), ReadError> {
        let base = found.header.base_offset;
        let named = self.file_base.unwrap_or_default();
        let next = self.bytes_at(file, found.end(), BATCH_HEADER_BYTES).await?;
        let name_holds = Head::parse(&next)
            .is_ok_and(|next| self.head_fits(&next) && !next.begins_at(found.header.next_offset()));
        if name_holds {
            let cause = format!(
                "the {} is {base}, but by the file's name and what comes next it cannot be before {named} or far behind",
                offset_words(&found)
            );
            self.open_damage(found.position, cause, events);
            self.position = found.end();
            return Ok(());
        }
        if let Some(before) = &mut self.open_damage {
            // It was thought to begin at the offset that the name says.
            before.from = None;
        }
        (self.expected, self.file_base) = (None, None);
        self.accept(FoundBatch { expected: None, ..found }, events);
        let cause = format!(
            "the file's name says that it begins at offset {named}, and its first {} at {base}: the offsets shown are the \
             batches' own",
            found.noun()
        );
        let (partition, position_bytes) = (self.partition, found.position);
        events.push(Event::Damage(Damage { partition, from: None, to: None, position_bytes, cause }));
        Ok(())
    }
}

/// Tells whether an offset is as near to a file's first as the 32 bits of Kafka's index entries can say.
pub(in crate::segment) fn is_within_reach(first: Offset, last: Offset) -> bool {
    last.distance_from(first) <= i64::from(i32::MAX)
}

/// Names the number that says where it begins, for a person. No checksum covers it.
fn offset_words(found: &FoundBatch) -> &'static str {
    if found.is_message { "message's offset" } else { "batch's base offset" }
}
