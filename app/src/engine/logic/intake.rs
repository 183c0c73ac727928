//! An import's bookkeeping: lines in, pieces of records out, and a tally that is exact whatever goes wrong.
//!
//! ```text
//! chunks ──► reader ──► checks ──► pieces of about 4 MiB ──► sent one after the other ──► tally
//!                       partition, size                      while one is sent, the next is read
//! ```
//! Pieces are sent strictly in order, each after the one before is acknowledged. A piece is one transaction as a rule, and then what
//! is stored is a beginning of the file, less the lines that were left out. Where a piece was split, over partitions and commits, and
//! was stored in part, the report names what is missing of it.

use bytes::Bytes;
use tablog_core::client::{ProducerRecord, SentAll};
use tablog_core::ids::PartitionId;
use tablog_core::log::InvalidBatch;
use tablog_core::portable::{Format, LinesReader, OnError as ReaderOnError, PlainOptions, PortableRecord};
use tablog_core::record::{BatchBuilder, NewRecord};
use tablog_core::sorting::sort_by_number;

use super::ranges::Ranges;
use super::unstored::LINES;
use super::words::{capitalized, counted, grouped};
use crate::engine::protocol::{FileFormat, ImportReport, ImportRequest, OnError, Partitioning};

/// Encoded bytes of a piece: half of what one commit takes, so that a piece is one transaction unless others' records stand before
/// it, or its last record is a large one.
const PIECE_BYTES: usize = 4 * 1024 * 1024;
/// Records read before others get a turn.
const RECORDS_PER_STEP: u32 = 64;
/// Problems that a report names.
const PROBLEMS_MAX: usize = 100;

/// What a topic takes.
#[derive(Clone, Copy, Debug)]
pub struct TopicLimits {
    /// Its partitions.
    pub partitions: i32,
    /// Bytes of one record, encoded alone.
    pub record_bytes_max: usize,
}

/// Records that go together, and the line of each.
#[derive(Debug, Default)]
pub struct Piece {
    /// The records.
    pub records: Vec<ProducerRecord>,
    lines: Vec<u64>,
    bytes: usize,
}

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// Go on; a good place to let others work.
    Again,
    /// Push another chunk, or say that there is none.
    NeedsChunk,
    /// Say what the topic takes: there is a first record for it.
    NeedsTopic,
    /// Send this.
    Piece(Piece),
    /// Nothing more comes.
    Ended,
}

/// Reads lines and keeps the books.
pub struct Intake {
    reader: LinesReader,
    partitioning: Partitioning,
    on_error: OnError,
    topic: Option<TopicLimits>,
    held: Option<PortableRecord>,
    /// The line after the last record's.
    next_line: u64,
    piece: Piece,
    is_finished: bool,
    tally: Tally,
}

/// What became of the lines.
#[derive(Debug, Default)]
struct Tally {
    acknowledged: u64,
    ranges: Ranges,
    /// Lines left out by the checks here; the reader counts its own.
    skipped: u64,
    problems: Vec<(u64, String)>,
    /// Why nothing more is read or sent, and what is not stored.
    stopped: Option<String>,
}

impl Tally {
    fn stop_at(&mut self, why: &str, line: u64) {
        self.stopped = Some(format!("{why}. {}", LINES.onwards(line)));
    }
}

impl TopicLimits {
    /// Says why the topic cannot take a record; `None` when it can.
    pub fn refuses(&self, record: &NewRecord, partition: Option<PartitionId>) -> Option<String> {
        let bytes = BatchBuilder::bytes_of_one(record);
        match partition {
            Some(partition) if !(0..self.partitions).contains(&partition.value()) => Some(format!(
                "the record is from partition {partition}, but the topic has {} only: partition by key, or take a topic with more",
                counted(self.partitions.unsigned_abs().into(), "partition")
            )),
            _ if bytes > self.record_bytes_max => {
                Some(InvalidBatch::RecordTooLarge { bytes, allowed: self.record_bytes_max }.to_string())
            }
            _ => None,
        }
    }
}

impl Piece {
    /// Returns its first line.
    pub fn first_line(&self) -> Option<u64> {
        self.lines.first().copied()
    }

    /// Takes the lines apart from the records, which go their own way.
    pub fn split(self) -> (Vec<ProducerRecord>, Vec<u64>) {
        (self.records, self.lines)
    }
}

impl Intake {
    /// Begins an import.
    pub fn new(request: &ImportRequest) -> Self {
        let format = request.format.map(|format| match format {
            FileFormat::JsonLines => Format::Tablog,
            FileFormat::Kcat => Format::Kcat,
            FileFormat::PlainJson | FileFormat::Log => Format::Plain,
        });
        let plain = PlainOptions {
            key_field: request.key_field.clone(),
            timestamp_field: request.timestamp_field.clone(),
        };
        let on_error = match request.on_error {
            OnError::Stop => ReaderOnError::Stop,
            OnError::Skip => ReaderOnError::Skip,
        };
        Self {
            reader: LinesReader::new(format, plain, on_error),
            partitioning: request.partitioning,
            on_error: request.on_error,
            topic: None,
            held: None,
            next_line: 1,
            piece: Piece::default(),
            is_finished: false,
            tally: Tally::default(),
        }
    }

    /// Takes the next chunk.
    pub fn push(&mut self, chunk: Bytes) {
        self.reader.push(chunk);
    }

    /// Says that there is no other chunk.
    pub fn finish(&mut self) {
        self.reader.finish();
        self.is_finished = true;
    }

    /// Says what the topic takes.
    pub fn set_topic(&mut self, topic: TopicLimits) {
        self.topic = Some(topic);
    }

    /// Returns how many records are acknowledged.
    pub fn acknowledged(&self) -> u64 {
        self.tally.acknowledged
    }

    /// Tells whether all lines were read, and none was found that holds something.
    pub fn is_empty(&self) -> bool {
        self.reader.records() == 0 && self.reader.rejected().lines == 0 && !self.is_stopped()
    }

    /// Reads on.
    pub fn step(&mut self) -> Step {
        for _ in 0..RECORDS_PER_STEP {
            if self.tally.stopped.is_some() {
                return self.last_piece();
            }
            let record = match self.held.take() {
                Some(record) => record,
                None => match self.reader.next_record() {
                    Some(Ok(record)) => record,
                    Some(Err(error)) => {
                        self.tally.stop_at(&capitalized(&error.to_string()), error.line);
                        continue;
                    }
                    None if self.is_finished => return self.last_piece(),
                    None => return Step::NeedsChunk,
                },
            };
            let Some(topic) = self.topic else {
                self.held = Some(record);
                return Step::NeedsTopic;
            };
            self.next_line = record.line.saturating_add(1);
            self.take(record, topic);
            if self.piece.bytes >= PIECE_BYTES {
                return Step::Piece(std::mem::take(&mut self.piece));
            }
        }
        Step::Again
    }

    fn last_piece(&mut self) -> Step {
        if self.piece.records.is_empty() { Step::Ended } else { Step::Piece(std::mem::take(&mut self.piece)) }
    }

    /// Puts a record into the piece, unless the topic cannot take it.
    fn take(&mut self, read: PortableRecord, topic: TopicLimits) {
        let bytes = BatchBuilder::bytes_of_one(&read.record);
        let partition = read.partition.filter(|_| self.partitioning == Partitioning::Same);
        let Some(problem) = topic.refuses(&read.record, partition) else {
            self.piece.records.push(ProducerRecord { partition, record: read.record });
            self.piece.lines.push(read.line);
            self.piece.bytes = self.piece.bytes.saturating_add(bytes);
            return;
        };
        let sentence = format!("Line {}: {problem}", grouped(read.line));
        match self.on_error {
            OnError::Stop => self.tally.stop_at(&sentence, read.line),
            OnError::Skip => {
                self.tally.skipped = self.tally.skipped.saturating_add(1);
                if self.tally.problems.len() < PROBLEMS_MAX {
                    self.tally.problems.push((read.line, sentence));
                }
            }
        }
    }

    /// Books what became of a piece; returns whether to go on.
    pub fn settle(&mut self, lines: &[u64], sent: &SentAll) -> bool {
        self.tally.acknowledged = self.tally.acknowledged.saturating_add(sent.records());
        self.tally.ranges.add(sent);
        let Some(why) = LINES.why_unstored(lines, sent) else { return true };
        self.tally.stopped = Some(why);
        self.piece = Piece::default();
        false
    }

    /// Ends the import here: nothing from `line` on is stored.
    pub fn stop(&mut self, why: &str, line: u64) {
        self.tally.stop_at(why, line);
        self.piece = Piece::default();
    }

    /// Tells whether the import has ended before its end.
    pub fn is_stopped(&self) -> bool {
        self.tally.stopped.is_some()
    }

    /// Returns the first line that is in no piece handed out so far.
    pub fn first_waiting_line(&self) -> u64 {
        self.piece.first_line().unwrap_or(self.next_line)
    }

    /// Closes the books.
    pub fn report(self, bytes_read: u64, elapsed_ms: u64, topic: String) -> ImportReport {
        let rejected = self.reader.rejected();
        let mut problems = self.tally.problems;
        // The line that stopped the import is told there.
        if self.on_error == OnError::Skip {
            problems.extend(rejected.first.iter().map(|error| (error.line, capitalized(&error.to_string()))));
        }
        sort_by_number(&mut problems, |(line, _)| *line);
        problems.truncate(PROBLEMS_MAX);
        // The line that stopped the import was not left out: it is where the rest begins.
        let left_out = match self.on_error {
            OnError::Stop => 0,
            OnError::Skip => rejected.lines,
        };
        let (ranges, ranges_more) = self.tally.ranges.finish();
        ImportReport {
            topic,
            records: self.tally.acknowledged,
            bytes: bytes_read,
            skipped: self.tally.skipped.saturating_add(left_out),
            problems: problems.into_iter().map(|(_, sentence)| sentence).collect(),
            stopped: self.tally.stopped,
            elapsed_ms,
            ranges,
            ranges_more,
        }
    }
}

#[cfg(test)]
mod tests;
