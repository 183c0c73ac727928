//! What can be wrong with a line, and where.

use std::fmt;

use crate::ids::TopicNameError;
use crate::limits::{HEADERS_MAX, LINE_BYTES_MAX};
use crate::portable::json::{JsonCause, JsonError};

/// Says which line cannot be read, where in it, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {problem}", position = Position(self))]
pub struct LineError {
    /// The line, counted from 1.
    pub line: u64,
    /// The place in the line, in characters (Unicode scalar values) from 1.
    pub column: u64,
    /// The same place in bytes of the line, from 1.
    pub column_bytes: u64,
    /// What is wrong.
    pub problem: LineProblem,
}

/// Says what is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineProblem {
    /// The line is longer than any that is read.
    #[error("the line is {bytes} bytes long; at most {LINE_BYTES_MAX} are read")]
    TooLong {
        /// Bytes of the line.
        bytes: u64,
    },
    /// The line is not text.
    #[error("the bytes from here on are no UTF-8 text")]
    NotUtf8,
    /// The file is text, in another encoding.
    #[error("the file is in UTF-16: save it as UTF-8")]
    Utf16,
    /// The line breaks JSON's grammar.
    #[error(transparent)]
    Json(#[from] JsonCause),
    /// A field has a value that does not go with it.
    #[error("the field \"{field}\" must be {expected}")]
    Field {
        /// The field's name.
        field: String,
        /// What is allowed.
        expected: &'static str,
    },
    /// A field is not known: leaving it out would lose it.
    #[error("the field \"{0}\" is not known to this format, and leaving it out would lose it")]
    UnknownField(String),
    /// A field comes twice, in one form or in two.
    #[error("the field \"{0}\" comes twice")]
    DuplicateField(String),
    /// A field is not there.
    #[error("the field \"{0}\" is missing{hint}", hint = missing_hint(.0))]
    MissingField(&'static str),
    /// The topic's name breaks a rule.
    #[error(transparent)]
    Topic(#[from] TopicNameError),
    /// There are more headers than a record may have.
    #[error("the record has more than {HEADERS_MAX} headers")]
    TooManyHeaders,
    /// kcat could not decode the field, so that nothing is there to import.
    #[error("kcat could not decode this record: {0}")]
    KcatFailed(String),
}

fn missing_hint(field: &str) -> &'static str {
    if field == "value" { ": write \"value\":null if a tombstone is meant" } else { "" }
}

/// Writes a place as people count.
struct Position<'a>(&'a LineError);

impl fmt::Display for Position<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LineError { line, column, column_bytes, .. } = self.0;
        write!(f, "line {line}, column {column}")?;
        if column == column_bytes { Ok(()) } else { write!(f, " (byte {column_bytes})") }
    }
}

/// A problem at a byte of the line, counted from 0; becomes a [`LineError`] once the line is at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Located {
    pub at: usize,
    pub problem: LineProblem,
}

impl Located {
    pub fn new(at: usize, problem: LineProblem) -> Self {
        Self { at, problem }
    }

    /// Counts the columns, which nobody does for lines that are right.
    pub fn in_line(self, number: u64, line: &[u8]) -> LineError {
        let before = line.get(..self.at).unwrap_or(line);
        let characters = String::from_utf8_lossy(before).chars().count();
        LineError {
            line: number,
            column: one_based(characters),
            column_bytes: one_based(self.at),
            problem: self.problem,
        }
    }
}

impl From<JsonError> for Located {
    fn from(error: JsonError) -> Self {
        Self { at: error.at, problem: error.cause.into() }
    }
}

pub(super) fn one_based(index: usize) -> u64 {
    u64::try_from(index).unwrap_or(u64::MAX).saturating_add(1)
}
