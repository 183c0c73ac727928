//! Walking a log file from header to header, in steps, and finding the way again after damage.
//!
//! A batch's CRC covers neither its base offset nor its length nor its magic byte. So a batch is taken for good only once the
//! next one has been found where it should be, with an offset that fits: until then the scan holds it back.
//!
//! ```text
//!            ┌────────────────────────────── found a batch that fits ───────────────────────────┐
//!            ▼                                                                                   │
//!        Batches ── header impossible, or it reaches past the end ──► Search (from the next byte on)
//!            │                                                                                   │
//!            ├── nothing but zeros ahead ──► Zeros ── something else after all ──► Search        │
//!            ▼                                 ▼                                     ▼           │
//!          Done ◄──────────────────────────── end ◄─────────────────────────────── end           │
//! ```

mod head;
mod look;
mod search;

use bytes::Bytes;

use crate::ids::{Offset, PartitionId};
use crate::limits::{FILE_SNIFF_CHECKS_BYTES_MAX, FILE_WINDOW_BYTES};
use crate::record::batch::BATCH_HEADER_BYTES;
use crate::record::{BatchError, RecordBatch};
use crate::segment::index::{Event, FoundBatch};
use crate::segment::window::Window;
use crate::segment::{ReadAt, ReadError, narrow, wide};
use crate::source::Damage;

pub(super) use head::Head;

/// The scan's state between steps. Small: a step works on a copy, so that one that is dropped half way changes nothing.
#[derive(Clone, Debug)]
pub(super) struct Scan {
    partition: PartitionId,
    /// The first offset of the file: from its name, else from its first batch.
    file_base: Option<Offset>,
    len_bytes: u64,
    position: u64,
    mode: Mode,
    /// The offset that the next batch has, if nothing is missing.
    expected: Option<Offset>,
    /// The last batch found, not reported yet.
    held: Option<FoundBatch>,
    /// Whether the last batch found was a message of the old formats; `None` when there was none.
    after_message: Option<bool>,
    /// Damage whose end is not known yet.
    open_damage: Option<Damage>,
    window: Window,
    /// Bytes read, or checked in search of a batch, since the scan began.
    spent_bytes: u64,
    /// Bytes that may still be spent on checking what only looks like a batch.
    checks_bytes_left: u64,
}

#[derive(Clone, Debug)]
enum Mode {
    Batches,
    Zeros { from: u64 },
    Search { from: u64, at: u64, cause: String },
    Done,
}

impl Scan {
    pub(super) fn new(partition: PartitionId, file_base: Option<Offset>, len_bytes: u64) -> Self {
        Self {
            partition,
            file_base,
            len_bytes,
            position: 0,
            mode: Mode::Batches,
            expected: file_base,
            held: None,
            after_message: None,
            open_damage: None,
            window: Window::default(),
            spent_bytes: 0,
            checks_bytes_left: len_bytes.saturating_mul(crate::limits::FILE_RESYNC_CHECKS_MAX),
        }
    }

    /// Starts a scan that only wants to know whether there is a batch, and gives up sooner.
    pub(super) fn to_sniff(partition: PartitionId, file_base: Option<Offset>, len_bytes: u64) -> Self {
        let scan = Self::new(partition, file_base, len_bytes);
        Self { checks_bytes_left: scan.checks_bytes_left.min(FILE_SNIFF_CHECKS_BYTES_MAX), ..scan }
    }

    /// Tells whether a batch was found that is not reported yet: the one that the next one must bear out.
    pub(super) fn holds_one_back(&self) -> bool {
        self.held.is_some()
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.mode, Mode::Done)
    }

    /// Lets go of the bytes read last; they are read again if the scan goes on.
    pub(super) fn release_window<R: ReadAt>(&mut self, file: &R) {
        self.window = Window::default();
        file.read_ahead(0, 0);
    }

    /// Returns the bytes of what the last step reported: most of them are there still.
    pub(super) async fn bytes_found<R: ReadAt>(
        &self,
        file: &R,
        position: u64,
        bytes_len: u64,
    ) -> Result<Bytes, ReadError> {
        let (held, bytes_len) = (self.window.held_from(position), narrow(bytes_len));
        if held.len() >= bytes_len {
            return Ok(held.slice(..bytes_len));
        }
        file.read_at(position, bytes_len).await
    }

    /// Tells how far the scan has come.
    pub(super) fn position(&self) -> u64 {
        match self.mode {
            Mode::Search { at, .. } => at.min(self.len_bytes),
            _ => self.position.min(self.len_bytes),
        }
    }

    /// Goes on to the end of the window's bytes, and reports what was found. The next window is read already then.
    pub(super) async fn step<R: ReadAt>(&mut self, file: &R) -> Result<Vec<Event>, ReadError> {
        let mut events = Vec::new();
        let spent_before = self.spent_bytes;
        while !self.is_done() && self.spent_bytes.saturating_sub(spent_before) <= wide(FILE_WINDOW_BYTES) {
            match self.mode.clone() {
                Mode::Batches => self.next_batch(file, &mut events).await?,
                Mode::Zeros { from } => self.skip_zeros(file, from, &mut events).await?,
                Mode::Search { from, at, cause } => self.search(file, from, at, cause, &mut events).await?,
                Mode::Done => {}
            }
        }
        Ok(events)
    }

    async fn next_batch<R: ReadAt>(&mut self, file: &R, events: &mut Vec<Event>) -> Result<(), ReadError> {
        let position = self.position;
        if position >= self.len_bytes {
            self.finish(events);
            return Ok(());
        }
        let head = self.bytes_at(file, position, BATCH_HEADER_BYTES).await?;
        let head = match Head::parse(&head) {
            Ok(head) => head,
            Err(error) => {
                let cause = match error {
                    BatchError::Truncated { .. } => {
                        format!("the file ends {} bytes into a batch's header", head.len())
                    }
                    error => error.to_string(),
                };
                return self.stumble(file, cause, events).await;
            }
        };
        if position.saturating_add(wide(head.bytes())) > self.len_bytes {
            let cause = format!(
                "the {} at offset {} is cut off: it takes {} bytes, and the file ends after {}",
                head.kind(),
                head.offset(),
                head.bytes(),
                self.len_bytes.saturating_sub(position)
            );
            return self.stumble(file, cause, events).await;
        }
        let found = match self.look(file, &head).await? {
            Ok(found) => found,
            Err(error) => return self.reject(file, &head, error.to_string(), events).await,
        };
        if !self.fits(found.header.base_offset, found.header.last_offset()) {
            return self.settle_offsets(file, found, events).await;
        }
        self.accept(found, events);
        Ok(())
    }

    /// Takes a batch: the one held back is good, and damage before it has an end.
    fn accept(&mut self, found: FoundBatch, events: &mut Vec<Event>) {
        events.extend(self.held.replace(found).map(Event::Batch));
        self.close_damage(Some(found.header.base_offset), events);
        self.file_base = self.file_base.or(Some(found.header.base_offset));
        self.expected = Some(found.header.next_offset());
        self.after_message = Some(found.is_message);
        self.position = found.end();
    }

    fn finish(&mut self, events: &mut Vec<Event>) {
        events.extend(self.held.take().map(Event::Batch));
        self.close_damage(None, events);
        events.push(Event::Done);
        self.mode = Mode::Done;
    }

    /// Tells whether nothing but the file's name says where it begins: no batch that counts has been found so far.
    fn knows_only_the_name(&self) -> bool {
        self.held.is_none() && self.expected.is_some() && self.expected == self.file_base
    }

    /// Tells whether a batch may come next: its offsets fit, or contradict nothing but the name, which anybody can change.
    fn may_follow(&self, head: &Head) -> bool {
        self.knows_only_the_name() || self.head_fits(head)
    }

    fn head_fits(&self, head: &Head) -> bool {
        self.fits(head.offset(), head.last_offset())
    }

    /// Tells whether offsets can follow: after the last one, and within reach of the file's first.
    fn fits(&self, base_offset: Offset, last_offset: Offset) -> bool {
        let first = self.file_base.unwrap_or(base_offset);
        self.expected.is_none_or(|expected| base_offset >= expected) && is_within_reach(first, last_offset)
    }

    /// Handles a batch whose bytes are not the ones written: skips it when its length still leads to the next one.
    async fn reject<R: ReadAt>(
        &mut self,
        file: &R,
        head: &Head,
        cause: String,
        events: &mut Vec<Event>,
    ) -> Result<(), ReadError> {
        let end = self.position.saturating_add(wide(head.bytes()));
        let next = self.sound_head(file, end).await?.filter(|next| self.may_follow(next));
        let after = head.last_offset().next();
        // A wrong length may well lead to the beginning of a later batch, or to the file's end, past some that are whole.
        if !next.is_some_and(|next| next.begins_at(after)) {
            return self.stumble(file, cause, events).await;
        }
        self.open_damage(self.position, cause, events);
        self.position = end;
        if next.is_some_and(|next| self.head_fits(&next) && next.begins_at(after)) {
            // Two headers agree on where the damaged batch ends.
            self.expected = Some(after);
        }
        Ok(())
    }

    /// Handles a place where no batch can begin: finds out whether the batch before led astray, then looks ahead.
    async fn stumble<R: ReadAt>(
        &mut self,
        file: &R,
        cause: String,
        events: &mut Vec<Event>,
    ) -> Result<(), ReadError> {
        if let Some(cause) = self.drop_held_if_damaged(file).await? {
            let from = self.position;
            self.mode = Mode::Search { from, at: from.saturating_add(1), cause };
            return Ok(());
        }
        let from = self.position;
        let head = self.bytes_at(file, from, BATCH_HEADER_BYTES).await?;
        self.mode = if head.iter().all(|&byte| byte == 0) {
            Mode::Zeros { from }
        } else {
            Mode::Search { from, at: from.saturating_add(1), cause }
        };
        // The batch before is good: what follows is not.
        events.extend(self.held.take().map(Event::Batch));
        Ok(())
    }

    /// Handles a batch that overlaps the one before, or lies impossibly far ahead: one of the two base offsets is wrong.
    async fn settle_offsets<R: ReadAt>(
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

    /// Checks the CRC of the batch held back, if nobody has yet. A damaged one is dropped, the scan goes back to where it
    /// begins, and what is wrong with it is returned.
    async fn drop_held_if_damaged<R: ReadAt>(&mut self, file: &R) -> Result<Option<String>, ReadError> {
        let Some(held) = self.held.filter(|held| !held.verified) else { return Ok(None) };
        let body = file.read_at(held.position, held.header.batch_bytes()).await?;
        self.spent_bytes = self.spent_bytes.saturating_add(wide(body.len()));
        match RecordBatch::parse(body).and_then(|batch| batch.verify_crc()) {
            Ok(()) => {
                self.held = Some(FoundBatch { verified: true, ..held });
                Ok(None)
            }
            Err(error) => {
                self.held = None;
                self.expected = held.expected;
                self.position = held.position;
                Ok(Some(error.to_string()))
            }
        }
    }

    async fn skip_zeros<R: ReadAt>(
        &mut self,
        file: &R,
        from: u64,
        events: &mut Vec<Event>,
    ) -> Result<(), ReadError> {
        let bytes = self.bytes_at(file, self.position, FILE_WINDOW_BYTES).await?;
        if bytes.is_empty() {
            events.push(Event::Zeros { from });
            self.finish(events);
            return Ok(());
        }
        match bytes.iter().position(|&byte| byte != 0) {
            None => self.position = self.position.saturating_add(wide(bytes.len())),
            Some(zeros) => {
                let found = self.position.saturating_add(wide(zeros));
                let cause = "zeros in the middle of the log".to_owned();
                // A batch's first bytes may be zeros too: those of a small base offset and length.
                let at = found.saturating_sub(wide(BATCH_HEADER_BYTES)).max(from.saturating_add(1));
                self.position = from;
                self.mode = Mode::Search { from, at, cause };
            }
        }
        Ok(())
    }

    fn open_damage(&mut self, position_bytes: u64, cause: String, events: &mut Vec<Event>) {
        if let Some(before) = self.open_damage.as_mut().filter(|before| before.from == self.expected) {
            // Nothing between the two places tells an offset: which is missing where is not known.
            before.from = None;
        }
        let to = self.open_damage.as_ref().and_then(|before| before.from).and(self.expected);
        self.close_damage(to, events);
        let (partition, from) = (self.partition, self.expected);
        self.open_damage = Some(Damage { partition, from, to: None, position_bytes, cause });
    }

    fn close_damage(&mut self, to: Option<Offset>, events: &mut Vec<Event>) {
        events.extend(self.open_damage.take().map(|damage| Event::Damage(Damage { to, ..damage })));
    }

    /// Returns up to `bytes_len` bytes at a position, from the window if it has them. Fewer at the file's end.
    async fn bytes_at<R: ReadAt>(
        &mut self,
        file: &R,
        position: u64,
        bytes_len: usize,
    ) -> Result<Bytes, ReadError> {
        let bytes_len = bytes_len.min(narrow(self.len_bytes.saturating_sub(position)));
        let (got, spent_bytes) = self.window.bytes_at(file, position, bytes_len).await?;
        self.spent_bytes = self.spent_bytes.saturating_add(spent_bytes);
        if got.len() < bytes_len {
            // The file has become shorter since it was opened.
            self.len_bytes = position.saturating_add(wide(got.len()));
        }
        Ok(got)
    }
}

/// Tells whether an offset is as near to a file's first as the 32 bits of Kafka's index entries can say.
pub(super) fn is_within_reach(first: Offset, last: Offset) -> bool {
    last.distance_from(first) <= i64::from(i32::MAX)
}

/// Names the number that says where it begins, for a person. No checksum covers it.
fn offset_words(found: &FoundBatch) -> &'static str {
    if found.is_message { "message's offset" } else { "batch's base offset" }
}
