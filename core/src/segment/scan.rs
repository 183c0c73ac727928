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
mod offsets;
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
pub(super) use offsets::is_within_reach;

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
        file.rest();
    }

    /// Returns the bytes of what the last step reported: most of them are there still.
    pub(super) async fn bytes_found<R: ReadAt>(
        &self,
        file: &R,
        position: u64,
        bytes_len: u64,
    ) -> Result<Bytes, ReadError> {
        match self.window.held(position, narrow(bytes_len)) {
            Some(held) => Ok(held),
            None => file.read_at(position, narrow(bytes_len)).await,
        }
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
