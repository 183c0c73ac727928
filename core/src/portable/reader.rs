//! Reads records out of chunks of a file, whatever its format.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::ids::TopicName;
use crate::limits::{DETECT_BYTES_MAX, IMPORT_ERRORS_KEPT_MAX};
use crate::portable::detect::{Detected, examine, nothing_found};
use crate::portable::envelope::EnvelopeLine;
use crate::portable::error::{LineError, LineProblem, Located};
use crate::portable::lines::{Content, Line, Lines};
use crate::portable::{Format, PlainOptions, PortableRecord, kcat, plain, tablog};

/// What a line that cannot be read means for the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnError {
    /// Nothing after it is read.
    #[default]
    Stop,
    /// It is counted and left out.
    Skip,
}

/// The lines that could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rejected {
    /// How many there were.
    pub lines: u64,
    /// The first of them, at most [`IMPORT_ERRORS_KEPT_MAX`].
    pub first: Vec<LineError>,
}

/// Reads records as chunks come in. Values share the chunks' bytes where they can.
///
/// ```
/// use tablog_core::portable::{LinesReader, OnError, PlainOptions};
///
/// let mut reader = LinesReader::new(None, PlainOptions::default(), OnError::Skip);
/// let mut values = Vec::new();
/// for chunk in ["{\"n\":1}\n{\"n\"", ":2}\nwhat?\n{\"n\":3}"] {
///     reader.push(chunk);
///     while let Some(record) = reader.next_record() {
///         values.push(record?.record.value);
///     }
/// }
/// reader.finish();
/// while let Some(record) = reader.next_record() {
///     values.push(record?.record.value);
/// }
/// assert_eq!(values, [Some("{\"n\":1}".into()), Some("{\"n\":2}".into()), Some("{\"n\":3}".into())]);
/// assert_eq!(reader.rejected().first[0].to_string(), "line 3, column 1: a JSON value was expected here");
/// # Ok::<(), tablog_core::portable::LineError>(())
/// ```
#[derive(Debug)]
pub struct LinesReader {
    lines: Lines,
    format: Option<Format>,
    detected: Option<Detected>,
    /// Lines looked at to tell the format, not yet read; how many bytes they take, and how many of them count.
    waiting: VecDeque<Line>,
    waiting_bytes: usize,
    examined: usize,
    plain: PlainOptions,
    on_error: OnError,
    last_topic: Option<TopicName>,
    rejected: Rejected,
    records: u64,
    stopped: bool,
}

impl LinesReader {
    /// Starts reading a format, or the one that the first lines show.
    pub fn new(format: Option<Format>, plain: PlainOptions, on_error: OnError) -> Self {
        Self {
            lines: Lines::default(),
            format,
            detected: None,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            examined: 0,
            plain,
            on_error,
            last_topic: None,
            rejected: Rejected::default(),
            records: 0,
            stopped: false,
        }
    }

    /// Takes the file's next chunk. Take all its records out before the next one: [`Self::next_record`].
    pub fn push(&mut self, chunk: impl Into<Bytes>) {
        self.lines.push(chunk.into());
    }

    /// Says that the file ends here; its last line may lack a line end.
    pub fn finish(&mut self) {
        self.lines.finish();
    }

    /// Reads the next record; `None` when another chunk is needed, and at the end.
    ///
    /// # Errors
    /// With [`OnError::Stop`] says what is wrong with a line, once; then nothing comes any more. With [`OnError::Skip`] never.
    pub fn next_record(&mut self) -> Option<Result<PortableRecord, LineError>> {
        while !self.stopped {
            let line = self.next_line()?;
            match self.read(&line) {
                Ok(None) => {}
                Ok(Some(record)) => {
                    self.records = self.records.saturating_add(1);
                    return Some(Ok(record));
                }
                Err(error) => {
                    self.reject(error.clone());
                    if self.on_error == OnError::Stop {
                        self.stopped = true;
                        return Some(Err(error));
                    }
                }
            }
        }
        None
    }

    /// Returns the format, once it is told or found out.
    pub fn format(&self) -> Option<Format> {
        self.format
    }

    /// Returns the format that was found out, and why; `None` while it is not, and when it was told.
    pub fn detected(&self) -> Option<&Detected> {
        self.detected.as_ref()
    }

    /// Returns the lines that could not be read so far.
    pub fn rejected(&self) -> &Rejected {
        &self.rejected
    }

    /// Counts the records read so far.
    pub fn records(&self) -> u64 {
        self.records
    }

    fn next_line(&mut self) -> Option<Line> {
        if self.format.is_none() {
            let detected = self.settle()?;
            self.format = Some(detected.format);
            self.detected = Some(detected);
        }
        self.waiting.pop_front().or_else(|| self.lines.next_line())
    }

    /// Holds lines back until one of them shows the format.
    fn settle(&mut self) -> Option<Detected> {
        while let Some(line) = self.lines.next_line() {
            // A blank line says nothing and gives no record: a file of nothing else must not fill the memory.
            if line.is_blank() {
                continue;
            }
            let detected = examine(&line, &mut self.examined);
            self.waiting_bytes = self.waiting_bytes.saturating_add(line.bytes_len());
            self.waiting.push_back(line);
            if detected.is_some() {
                return detected;
            }
            if self.waiting_bytes > DETECT_BYTES_MAX {
                return Some(nothing_found(self.examined));
            }
        }
        self.lines.is_done().then(|| nothing_found(self.examined))
    }

    fn reject(&mut self, error: LineError) {
        self.rejected.lines = self.rejected.lines.saturating_add(1);
        if self.rejected.first.len() < IMPORT_ERRORS_KEPT_MAX {
            self.rejected.first.push(error);
        }
    }

    /// Reads one line; `None` for a blank one.
    fn read(&mut self, line: &Line) -> Result<Option<PortableRecord>, LineError> {
        let number = line.number;
        let bytes = match &line.content {
            Content::Whole(bytes) => bytes,
            Content::TooLong { bytes } => {
                let problem = LineProblem::TooLong { bytes: *bytes };
                return Err(Located::new(0, problem).in_line(number, &[]));
            }
        };
        if line.is_blank() {
            return Ok(None);
        }
        let envelope = EnvelopeLine { number, bytes, last_topic: &mut self.last_topic };
        let read = encoding(number, bytes, self.format).and_then(|()| match self.format {
            Some(Format::Tablog) => tablog::read(envelope),
            Some(Format::Kcat) => kcat::read(envelope),
            Some(Format::Plain) | None => plain::read(&envelope, &self.plain),
        });
        read.map(Some).map_err(|problem| problem.in_line(number, bytes))
    }
}

/// Checks that the line is text in the right encoding; of kcat's only the structure is.
fn encoding(number: u64, line: &[u8], format: Option<Format>) -> Result<(), Located> {
    if number == 1 && (line.starts_with(b"\xFF\xFE") || line.starts_with(b"\xFE\xFF")) {
        return Err(Located::new(0, LineProblem::Utf16));
    }
    match std::str::from_utf8(line) {
        Err(error) if format != Some(Format::Kcat) => {
            Err(Located::new(error.valid_up_to(), LineProblem::NotUtf8))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader() -> LinesReader {
        LinesReader::new(None, PlainOptions::default(), OnError::Skip)
    }

    #[test]
    fn blank_lines_before_the_first_record_are_not_kept() {
        // Each of them waited until the format was known: a file of line ends took sixty times its size.
        let mut reader = reader();
        reader.push("\n".repeat(1024 * 1024));
        assert!(reader.next_record().is_none());
        assert_eq!(reader.waiting.len(), 0);
        reader.push(" \r\nwhat?\n{\"n\":1}\n");
        assert!(reader.next_record().is_some_and(|record| record.is_ok()));
        assert_eq!(
            reader.rejected().first[0].to_string(),
            "line 1048578, column 1: a JSON value was expected here"
        );
    }

    #[test]
    fn lines_that_do_not_show_the_format_are_kept_up_to_a_limit() {
        let mut reader = reader();
        let line = Bytes::from([b"x".repeat(DETECT_BYTES_MAX / 2), b"\n".to_vec()].concat());
        reader.push(line.clone());
        assert!(reader.next_record().is_none());
        assert_eq!((reader.format(), reader.waiting.len()), (None, 1));
        reader.push(line.clone());
        reader.push(line);
        assert!(reader.next_record().is_none());
        assert_eq!(reader.format(), Some(Format::Plain));
        assert_eq!(reader.rejected().lines, 3);
    }
}
