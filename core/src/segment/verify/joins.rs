//! The indexes of a segment beside its batches: both are walked from front to back, so that neither is held in memory.

use std::rc::Rc;

use super::cursor::{Cursor, Next, Walk};
use super::finding::{Check, Finding, Findings};
use super::place::Place;
use crate::ids::{Offset, Timestamp};
use crate::record::BatchHeader;
use crate::segment::ReadAt;
use crate::segment::format::offset_index::OffsetIndexWalk;
use crate::segment::format::time_index::TimeIndexWalk;
use crate::segment::format::transaction_index::{AbortedTransaction, TransactionIndexWalk};
use crate::segment::index::FoundBatch;

/// An index that is walked beside the log.
#[derive(Debug)]
struct Joined<R, W: Walk> {
    cursor: Option<Cursor<R, W>>,
    place: Place,
}

impl<R: ReadAt, W: Walk> Joined<R, W> {
    fn new(file: Option<Rc<R>>, place: &Place, walk: W) -> Self {
        let place = Place {
            file: file.as_ref().map_or(String::new(), |file| file.name().to_owned()),
            ..place.clone()
        };
        Self { cursor: file.map(|file| Cursor::new(file, walk)), place }
    }

    /// Tells the next entry. Entries that cannot be right are reported and passed over.
    async fn peek(&mut self, findings: &mut Findings) -> Option<(u64, W::Entry)> {
        loop {
            let cursor = self.cursor.as_mut()?;
            match cursor.peek().await {
                Ok(Next::Entry(at, entry)) => return Some((at, entry)),
                Ok(Next::Bad(at, cause)) => {
                    cursor.take();
                    findings.push(self.place.finding(Check::IndexDamaged, cause).at(at));
                }
                Ok(Next::End) => return None,
                Err(error) => {
                    findings
                        .push(self.place.finding(Check::Unreadable, error.cause).at(error.position_bytes));
                    self.cursor = None;
                }
            }
        }
    }

    fn take(&mut self) {
        if let Some(cursor) = &mut self.cursor {
            cursor.take();
        }
    }

    fn wrong(&self, check: Check, at: u64, offset: Offset, what: String) -> Finding {
        self.place.finding(check, what).at(at).offset(offset)
    }
}

/// The `.index` beside the log.
#[derive(Debug)]
pub(super) struct OffsetJoin<R> {
    joined: Joined<R, OffsetIndexWalk>,
    /// The last entry's offset so far.
    largest: Option<Offset>,
    /// An entry whose offset must be held by a batch that is still to come.
    named: Option<(u64, Offset)>,
}

impl<R: ReadAt> OffsetJoin<R> {
    pub(super) fn new(file: Option<Rc<R>>, place: &Place, base_offset: Offset) -> Self {
        Self {
            joined: Joined::new(file, place, OffsetIndexWalk::new(base_offset)),
            largest: None,
            named: None,
        }
    }

    /// Takes a batch, with the last offset before it. `from` is where damage begins that lies right before it.
    pub(super) async fn batch(
        &mut self,
        found: &FoundBatch,
        before: Option<Offset>,
        damaged_from: Option<u64>,
        findings: &mut Findings,
    ) {
        let (position, noun) = (found.position, found.noun());
        self.named = self.named.filter(|_| damaged_from.is_none());
        self.hold(found, findings);
        while let Some((at, entry)) = self.joined.peek(findings).await {
            let pointed = u64::from(entry.position_bytes);
            if pointed > position {
                return;
            }
            self.joined.take();
            self.largest = Some(entry.offset);
            if pointed < position {
                if damaged_from.is_none_or(|from| pointed < from) {
                    let what = format!(
                        "the entry for offset {} points to byte {pointed} of the log, where no {noun} begins",
                        entry.offset
                    );
                    findings.push(self.joined.wrong(Check::OffsetIndexMismatch, at, entry.offset, what));
                }
                continue;
            }
            if before.is_some_and(|before| before >= entry.offset) {
                let what = format!(
                    "the entry says that offset {} lies at byte {pointed} of the log or behind it, but the {noun} there \
                     begins at offset {}",
                    entry.offset, found.header.base_offset
                );
                findings.push(self.joined.wrong(Check::OffsetIndexMismatch, at, entry.offset, what));
                continue;
            }
            self.named = Some((at, entry.offset));
            self.hold(found, findings);
        }
    }

    /// An entry names the last offset of what was appended at its position, which compaction keeps, too; brokers before 0.10.1
    /// named the first. Either is within a batch, that one or a later one.
    fn hold(&mut self, found: &FoundBatch, findings: &mut Findings) {
        let Some((at, offset)) = self.named.filter(|(_, offset)| *offset <= found.header.last_offset())
        else {
            return;
        };
        self.named = None;
        if offset < found.header.base_offset {
            let noun = found.noun();
            let what = format!(
                "the entry names offset {offset}, which no {noun} holds: the next {noun} begins at offset {}",
                found.header.base_offset
            );
            findings.push(self.joined.wrong(Check::OffsetIndexMismatch, at, offset, what));
        }
    }

    /// Takes the log's end: where its last batch ends, and its last offset.
    pub(super) async fn end(
        &mut self,
        end: u64,
        last: Option<Offset>,
        damaged_from: Option<u64>,
        noun: &str,
        findings: &mut Findings,
    ) {
        while let Some((at, entry)) = self.joined.peek(findings).await {
            self.joined.take();
            let pointed = u64::from(entry.position_bytes);
            if damaged_from.is_none_or(|from| pointed < from) {
                let what = format!(
                    "the entry for offset {} points to byte {pointed}, and the log's last {noun} ends at byte {end}",
                    entry.offset
                );
                findings.push(self.joined.wrong(Check::OffsetIndexMismatch, at, entry.offset, what));
            }
        }
        if let Some(offset) = self.largest.filter(|&offset| damaged_from.is_none() && Some(offset) > last) {
            let last = last.map_or("none".to_owned(), |last| last.to_string());
            let what =
                format!("the last entry is for offset {offset}, and the segment's last offset is {last}");
            findings.push(self.joined.place.finding(Check::OffsetIndexMismatch, what).offset(offset));
        }
    }
}

/// The `.timeindex` beside the log.
#[derive(Debug)]
pub(super) struct TimeJoin<R> {
    joined: Joined<R, TimeIndexWalk>,
    /// The largest timestamp so far.
    largest: Timestamp,
}

impl<R: ReadAt> TimeJoin<R> {
    pub(super) fn new(file: Option<Rc<R>>, place: &Place, base_offset: Offset) -> Self {
        let len_bytes = file.as_ref().map_or(0, |file| file.len_bytes());
        let joined = Joined::new(file, place, TimeIndexWalk::new(base_offset, len_bytes));
        Self { joined, largest: Timestamp::NONE }
    }

    /// Takes a batch, with the time that the broker went by. `noun` names what it is.
    pub(super) async fn batch(
        &mut self,
        header: &BatchHeader,
        noun: &str,
        is_uncertain: bool,
        looks_compacted: bool,
        findings: &mut Findings,
    ) {
        while let Some((at, entry)) = self.joined.peek(findings).await {
            if entry.offset > header.last_offset() {
                break;
            }
            self.joined.take();
            let what = if entry.offset < header.base_offset {
                let is_gone = is_uncertain || looks_compacted;
                (!is_gone).then(|| format!("the entry names offset {}, which no {noun} holds", entry.offset))
            } else if self.largest > entry.timestamp {
                Some(format!(
                    "the entry says that nothing up to offset {} is later than {}, but an earlier {noun} has the time {}",
                    entry.offset, entry.timestamp, self.largest
                ))
            } else if header.max_timestamp == Timestamp::NONE && entry.timestamp != Timestamp::NONE {
                Some(format!(
                    "the entry gives the time {} for offset {}, and what lies there has no time, as messages of the format v0",
                    entry.timestamp, entry.offset
                ))
            } else if header.max_timestamp != entry.timestamp {
                Some(format!(
                    "the entry gives the time {} for offset {}, and the largest time of the {noun} there is {}",
                    entry.timestamp, entry.offset, header.max_timestamp
                ))
            } else {
                None
            };
            if let Some(what) = what {
                findings.push(self.joined.wrong(Check::TimeIndexMismatch, at, entry.offset, what));
            }
        }
        if header.record_count > 0 {
            self.largest = self.largest.max(header.max_timestamp);
        }
    }

    pub(super) async fn end(&mut self, last: Option<Offset>, is_uncertain: bool, findings: &mut Findings) {
        while let Some((at, entry)) = self.joined.peek(findings).await {
            self.joined.take();
            if !is_uncertain {
                let last = last.map_or("none".to_owned(), |last| last.to_string());
                let what = format!(
                    "the entry names offset {}, and the segment's last offset is {last}",
                    entry.offset
                );
                findings.push(self.joined.wrong(Check::TimeIndexMismatch, at, entry.offset, what));
            }
        }
    }
}

/// The `.txnindex` beside the markers in the log.
#[derive(Debug)]
pub(super) struct TransactionJoin<R> {
    joined: Joined<R, TransactionIndexWalk>,
    is_there: bool,
}

/// What the log says of an abort marker.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeenMarker {
    pub(super) producer_id: i64,
    pub(super) offset: Offset,
    /// The transaction that it ends; `None` when its beginning was not seen.
    pub(super) aborted: Option<AbortedTransaction>,
    /// Whether everything that came before is known.
    pub(super) is_complete: bool,
    /// The first offset of the log that was walked.
    pub(super) walked_from: Offset,
}

impl<R: ReadAt> TransactionJoin<R> {
    pub(super) fn new(file: Option<Rc<R>>, place: &Place, base_offset: Offset) -> Self {
        let is_there = file.is_some();
        Self { joined: Joined::new(file, place, TransactionIndexWalk::new(base_offset)), is_there }
    }

    /// Takes an abort marker of the log. `is_lenient` where damage or compaction may have taken what the index speaks of.
    pub(super) async fn marker(&mut self, seen: &SeenMarker, is_lenient: bool, findings: &mut Findings) {
        self.pass(seen.offset, is_lenient, findings).await;
        let found = self.joined.peek(findings).await.filter(|(_, entry)| entry.last_offset == seen.offset);
        let Some((at, entry)) = found else {
            if let Some(aborted) = seen.aborted.filter(|_| !is_lenient) {
                let missing =
                    if self.is_there { "has no entry" } else { "is missing, and should have an entry" };
                let what = format!(
                    "the index {missing} for the transaction of producer {} from offset {} to its abort marker at {}",
                    aborted.producer_id, aborted.first_offset, aborted.last_offset
                );
                findings.push(
                    self.joined.place.finding(Check::TransactionIndexMismatch, what).offset(seen.offset),
                );
            }
            return;
        };
        self.joined.take();
        let is_explained = match seen.aborted {
            Some(aborted) if seen.is_complete => entry == aborted,
            Some(aborted) => {
                (entry.producer_id, entry.first_offset) == (aborted.producer_id, aborted.first_offset)
                    || (entry.producer_id == aborted.producer_id && entry.first_offset < seen.walked_from)
            }
            None => entry.producer_id == seen.producer_id && entry.first_offset < seen.walked_from,
        };
        // Whatever is missing, a marker ends a transaction of its own producer.
        if !is_explained && (!is_lenient || entry.producer_id != seen.producer_id) {
            let log = seen.aborted.map_or("begins no transaction before it".to_owned(), |aborted| {
                format!(
                    "says producer {}, from offset {}, last stable offset {}",
                    aborted.producer_id, aborted.first_offset, aborted.last_stable_offset
                )
            });
            let what = format!(
                "for the abort marker at offset {} the entry says producer {}, from offset {}, last stable offset {}; the \
                 log {log}",
                seen.offset, entry.producer_id, entry.first_offset, entry.last_stable_offset
            );
            findings.push(self.joined.wrong(Check::TransactionIndexMismatch, at, seen.offset, what));
        }
    }

    /// Takes the segment's end.
    pub(super) async fn end(&mut self, is_lenient: bool, findings: &mut Findings) {
        self.pass(Offset::new(i64::MAX), is_lenient, findings).await;
    }

    /// Passes over entries whose markers should have come before an offset.
    async fn pass(&mut self, up_to: Offset, is_lenient: bool, findings: &mut Findings) {
        while let Some((at, entry)) = self.joined.peek(findings).await.filter(|(_, e)| e.last_offset < up_to)
        {
            self.joined.take();
            if !is_lenient {
                let what = format!(
                    "the entry says that the transaction of producer {} from offset {} was aborted by a marker at offset \
                     {}, where the log has none",
                    entry.producer_id, entry.first_offset, entry.last_offset
                );
                findings.push(self.joined.wrong(
                    Check::TransactionIndexMismatch,
                    at,
                    entry.last_offset,
                    what,
                ));
            }
        }
    }
}
