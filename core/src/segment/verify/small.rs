//! Files that are read whole.

use std::rc::Rc;

use bytes::Bytes;

use super::finding::{Check, Findings};
use super::place::Place;
use crate::limits::SMALL_FILE_BYTES_MAX;
use crate::segment::folder::DataFile;
use crate::segment::{ReadAt, narrow, wide};

/// Reads a small file whole; what is too large, or cannot be read, is reported.
pub(super) async fn read_small<R: ReadAt>(
    file: &DataFile,
    open: &[Rc<R>],
    place: &Place,
    findings: &mut Findings,
) -> Option<Bytes> {
    let Some(reader) = open.get(file.index) else {
        findings.push(place.finding(Check::Unreadable, "the file was not handed over"));
        return None;
    };
    let len_bytes = reader.len_bytes();
    if len_bytes > SMALL_FILE_BYTES_MAX {
        let what = format!("the file is {len_bytes} bytes; at most {SMALL_FILE_BYTES_MAX} are read");
        findings.push(place.finding(Check::Unreadable, what));
        return None;
    }
    match reader.read_at(0, narrow(len_bytes)).await {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            findings.push(place.finding(Check::Unreadable, error.cause));
            None
        }
    }
}

/// Tells of a text file that may have been cut off, though what is left can be read. Kafka ends each of its lines, and writes
/// `lines_min` of them at least; only a file that is still to be written is empty.
pub(super) fn check_text_end(bytes: &[u8], lines_min: usize, place: &Place, findings: &mut Findings) {
    let lines = bytes.iter().filter(|&&byte| byte == b'\n').count();
    let what = match bytes.last() {
        None => return,
        Some(b'\n') if lines >= lines_min => return,
        Some(b'\n') => format!("the file ends after {lines} of its first {lines_min} lines"),
        Some(_) => format!("the file ends within line {}, which has no end", lines.saturating_add(1)),
    };
    findings.push(place.finding(Check::TextCutOff, what).at(wide(bytes.len())));
}
