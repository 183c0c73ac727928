//! Finding the next batch after damage: byte by byte, by what a header may say, and by the CRC.

use bytes::Bytes;

use super::{Head, Mode, Scan};
use crate::limits::FILE_WINDOW_BYTES;
use crate::record::RecordBatch;
use crate::record::batch::BATCH_HEADER_BYTES;
use crate::record::legacy::MESSAGE_HEADER_BYTES;
use crate::segment::index::Event;
use crate::segment::{ReadAt, ReadError, wide};

/// Where the magic byte lies, in every format.
const MAGIC_AT: usize = 16;

impl Scan {
    /// Searches one window from `at` on for a batch that fits, after damage that begins at `from`.
    pub(super) async fn search<R: ReadAt>(
        &mut self,
        file: &R,
        from: u64,
        at: u64,
        cause: String,
        events: &mut Vec<Event>,
    ) -> Result<(), ReadError> {
        let bytes = self.window_from(file, at).await?;
        let is_last = at.saturating_add(wide(bytes.len())) >= self.len_bytes;
        // A message's header is shorter than a batch's: at the file's end there may still be one.
        let header_bytes = if is_last { MESSAGE_HEADER_BYTES } else { BATCH_HEADER_BYTES };
        // In a log of batches nearly anything looks like an old message, and the checks would be spent on it.
        let magic_min = if self.after_message == Some(false) { 2 } else { 0 };
        for skip in 0..bytes.len().saturating_sub(header_bytes).saturating_add(1) {
            let head = bytes.get(skip..).unwrap_or_default();
            if head.get(MAGIC_AT).is_none_or(|magic| !(magic_min..=2).contains(magic)) {
                continue;
            }
            let candidate = at.saturating_add(wide(skip));
            let Some(header) = Head::parse(head).ok().filter(|header| self.may_follow(header)) else {
                continue;
            };
            if self.is_batch(file, candidate, &header).await? {
                let cause = format!("{cause}; readable again from byte {candidate} on");
                self.found_again(from, candidate, cause, events);
            } else {
                // Checking may have cost as much as many windows: whether there is time for more is the step's to say.
                self.mode = Mode::Search { from, at: candidate.saturating_add(1), cause };
            }
            return Ok(());
        }
        let last = at.saturating_add(wide(bytes.len()));
        if is_last || bytes.len() < BATCH_HEADER_BYTES {
            self.open_damage(from, cause, events);
            self.finish(events);
        } else {
            // The next window begins with the bytes that were too few for a header.
            let at = last.saturating_sub(wide(BATCH_HEADER_BYTES)).saturating_add(1);
            self.mode = Mode::Search { from, at, cause };
        }
        Ok(())
    }

    /// Returns what the window has from `at` on, or the next window when that is not enough for a header.
    async fn window_from<R: ReadAt>(&mut self, file: &R, at: u64) -> Result<Bytes, ReadError> {
        let held = self.window.held_from(at);
        if held.len() >= BATCH_HEADER_BYTES {
            return Ok(held);
        }
        self.bytes_at(file, at, FILE_WINDOW_BYTES).await
    }

    fn found_again(&mut self, from: u64, candidate: u64, cause: String, events: &mut Vec<Event>) {
        self.open_damage(from, cause, events);
        self.position = candidate;
        self.mode = Mode::Batches;
    }

    /// Checks the CRC of what looks like a batch.
    async fn is_batch<R: ReadAt>(
        &mut self,
        file: &R,
        position: u64,
        header: &Head,
    ) -> Result<bool, ReadError> {
        let bytes = wide(header.bytes());
        if position.saturating_add(bytes) > self.len_bytes || bytes > self.checks_bytes_left {
            return Ok(false);
        }
        self.checks_bytes_left = self.checks_bytes_left.saturating_sub(bytes);
        self.spent_bytes = self.spent_bytes.saturating_add(bytes);
        let held = self.window.held_from(position);
        let body = if held.len() >= header.bytes() {
            held.slice(..header.bytes())
        } else {
            file.read_at(position, header.bytes()).await?
        };
        Ok(RecordBatch::parse_any(body, position).is_ok_and(|batch| batch.verify_crc().is_ok()))
    }
}
