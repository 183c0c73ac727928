//! The text that Kafka's checkpoint files share (`org.apache.kafka.server.common.CheckpointFile`).
//!
//! ```text
//! 0            the version
//! 2            how many lines follow
//! orders 0 17  one entry a line, its fields apart by one space: see who uses this
//! orders 1 4
//! ```
//! A file that ends after the version, or before it, is one of no entries: a broker makes it empty, and fills it later.

use crate::segment::format::{FormatError, Line, lines};

/// The only version there is. Persisted.
const VERSION: i32 = 0;
/// The lines that Kafka always writes: the version, and how many follow.
pub(in crate::segment) const CHECKPOINT_LINES_MIN: usize = 2;

/// Reads a checkpoint file, each line by `entry`, which gives its fields or says what is wrong with them.
pub(super) fn parse<T>(
    file: &str,
    bytes: &[u8],
    entry: impl Fn(&[&str]) -> Result<T, String>,
) -> Result<Vec<T>, FormatError> {
    let lines = lines(file, bytes)?;
    let [version, count, rest @ ..] = &lines[..] else {
        return match lines.first() {
            None => Ok(Vec::new()),
            Some(version) => check_version(file, version).map(|()| Vec::new()),
        };
    };
    check_version(file, version)?;
    let expected: usize =
        count.text.parse().map_err(|_| count.refuse(file, "should say how many entries follow, and says"))?;
    let mut entries = Vec::with_capacity(rest.len());
    for line in rest {
        let fields: Vec<&str> = line.text.split_ascii_whitespace().collect();
        entries.push(entry(&fields).map_err(|cause| line.refuse(file, &cause))?);
    }
    if entries.len() != expected {
        return Err(
            count.refuse(file, &format!("counts other entries than the {} that follow", entries.len()))
        );
    }
    Ok(entries)
}

fn check_version(file: &str, line: &Line<'_>) -> Result<(), FormatError> {
    match line.text.parse() {
        Ok(VERSION) => Ok(()),
        Ok::<i32, _>(_) => Err(line.refuse(file, "has a version that is not known; only 0 is")),
        Err(_) => Err(line.refuse(file, "should be the version, and is")),
    }
}

/// Writes a checkpoint file, one of `entries` a line.
pub(super) fn encode(entries: impl ExactSizeIterator<Item = String>) -> Vec<u8> {
    let mut out = format!("{VERSION}\n{}\n", entries.len());
    for entry in entries {
        out.push_str(&entry);
        out.push('\n');
    }
    out.into_bytes()
}

/// Reads one field of a line.
pub(super) fn number<N: std::str::FromStr>(field: &str, what: &str) -> Result<N, String> {
    field.parse().map_err(|_| format!("has a {what} that is no number that fits"))
}
