//! JSON laid out as a tree, line by line, without being parsed into one: numbers, names, their order and their doubles stay as
//! they were written. Memory goes by the number of lines between two checkpoints, not by the value.

mod cursor;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::limits::{
    FOLD_LOOK_AHEAD_LINES, VIEW_CHECKPOINT_BYTES, VIEW_CHECKPOINT_LINES, VIEW_WINDOW_LINES_MAX,
};
use crate::value::{Line, ViewProgress, wide};
use cursor::{Cursor, Fault};

/// Says where a text stops being JSON (RFC 8259), and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsonError {
    /// The line in the value as it was written, counted from 1.
    pub line: u64,
    /// The character in that line, counted from 1.
    pub column: u64,
    /// What was expected, and what is there.
    pub message: String,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for JsonError {}

/// A value as JSON.
#[derive(Clone, Debug)]
pub struct JsonView {
    bytes: Bytes,
    cursor: Cursor,
    lines: u64,
    error: Option<JsonError>,
    /// Places from which lines can be read, by line.
    checkpoints: Vec<(u64, Cursor)>,
    /// The lines that opened what is not closed yet.
    open: Vec<u64>,
    /// Where long objects and arrays close, by the line that opens them; short ones are found by looking ahead.
    long: BTreeMap<u64, u64>,
}

impl JsonView {
    /// Starts a view.
    pub fn new(bytes: Bytes) -> Self {
        Self {
            cursor: Cursor::new(&bytes),
            bytes,
            lines: 0,
            error: None,
            checkpoints: Vec::new(),
            open: Vec::new(),
            long: BTreeMap::new(),
        }
    }

    /// Lays out about `bytes_max` more bytes, and at least one line.
    pub fn step(&mut self, bytes_max: usize) -> ViewProgress {
        let until = self.cursor.at().saturating_add(bytes_max.max(1));
        while self.error.is_none() && self.cursor.at() < until {
            self.keep_checkpoint();
            match self.cursor.next_line(&self.bytes, None) {
                Ok(None) => break,
                Ok(Some(shape)) => {
                    if shape.opens {
                        self.open.push(self.lines);
                    }
                    if let Some(opened) = shape.closes.then(|| self.open.pop()).flatten()
                        && self.lines - opened > FOLD_LOOK_AHEAD_LINES
                    {
                        self.long.insert(opened, self.lines);
                    }
                    self.lines += 1;
                }
                Err(fault) => self.error = Some(self.locate(&fault)),
            }
        }
        self.progress()
    }

    /// Tells how far the view is laid out.
    pub fn progress(&self) -> ViewProgress {
        ViewProgress {
            bytes_done: wide(self.cursor.at()),
            bytes_total: wide(self.bytes.len()),
            lines: self.lines,
            done: self.error.is_some() || self.cursor.is_at_end(),
            error: self.error.clone(),
        }
    }

    /// Returns up to `count` lines from `first` on, of those laid out.
    pub fn window(&self, first: u64, count: usize) -> Vec<Line> {
        let after = self.checkpoints.partition_point(|(line, _)| *line <= first);
        let Some((mut line, mut cursor)) =
            after.checked_sub(1).and_then(|at| self.checkpoints.get(at).cloned())
        else {
            return Vec::new();
        };
        let end = first.saturating_add(wide(count.min(VIEW_WINDOW_LINES_MAX))).min(self.lines);
        let mut lines: Vec<Line> = Vec::new();
        // What was opened and is not closed yet: the index of its line, if that is in the window.
        let mut open: Vec<Option<usize>> = Vec::new();
        let mut searched = 0;
        while line < self.lines && first < end {
            if line >= end && (searched == FOLD_LOOK_AHEAD_LINES || !open.iter().any(Option::is_some)) {
                break;
            }
            searched += u64::from(line >= end);
            let shown = (first..end).contains(&line);
            let mut spans = Vec::new();
            let Ok(Some(shape)) = cursor.next_line(&self.bytes, shown.then_some(&mut spans)) else { break };
            if let Some(opened) =
                shape.closes.then(|| open.pop()).flatten().flatten().and_then(|at| lines.get_mut(at))
            {
                opened.closes_at = Some(line);
            }
            if shape.opens {
                open.push(shown.then_some(lines.len()));
            }
            if shown {
                let (depth, continuation, opens) = (shape.depth, shape.continuation, shape.opens);
                let closes_at = self.long.get(&line).copied();
                lines.push(Line { line, depth, continuation, opens, closes_at, spans });
            }
            line += 1;
        }
        lines
    }

    fn keep_checkpoint(&mut self) {
        let due = self.checkpoints.last().is_none_or(|(line, cursor)| {
            self.lines - line >= VIEW_CHECKPOINT_LINES
                || self.cursor.at() - cursor.at() >= VIEW_CHECKPOINT_BYTES
        });
        if due {
            self.checkpoints.push((self.lines, self.cursor.clone()));
        }
    }

    fn locate(&self, fault: &Fault) -> JsonError {
        let before = self.bytes.get(..fault.at).unwrap_or(&self.bytes);
        let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let column = String::from_utf8_lossy(before.get(line_start..).unwrap_or_default()).chars().count();
        let line = before.iter().filter(|&&byte| byte == b'\n').count();
        JsonError { line: wide(line) + 1, column: wide(column) + 1, message: fault.message.clone() }
    }
}
