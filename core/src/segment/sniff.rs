//! Telling by a file's first bytes what it is, when it is no log.

use crate::record::BatchHeader;

/// What a file's first bytes say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sniffed {
    /// A record batch v2 begins here.
    Log,
    /// A message set of magic 0 or 1.
    OldFormat { magic: u8 },
    /// Nothing but zeros, as a file that was only preallocated.
    Zeros,
    /// Something else that is known by name.
    Other(&'static str),
    /// Nothing known: perhaps a log with a damaged beginning.
    Unknown,
}

/// First bytes that are known, and what they are the first bytes of.
const SIGNATURES: [(&[u8], &str); 17] = [
    (b"\x1f\x8b", "a gzip file: unpack it first"),
    (b"PK\x03\x04", "a zip archive: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstd file: unpack it first"),
    (b"\x04\x22\x4d\x18", "an lz4 file: unpack it first"),
    (b"\x82SNAPPY\0", "a snappy file"),
    (b"BZh", "a bzip2 file: unpack it first"),
    (b"\xfd7zXZ\0", "an xz file: unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive: unpack it first"),
    (b"Obj\x01", "an Avro file"),
    (b"PAR1", "a Parquet file"),
    (b"ORC", "an ORC file"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x7fELF", "a program (ELF)"),
    (b"\x89MCAP0", "an MCAP recording"),
];

/// Judges a file by its first bytes; a hundred or so are enough.
pub(super) fn sniff(head: &[u8]) -> Sniffed {
    if BatchHeader::parse(head).is_ok() {
        return Sniffed::Log;
    }
    if let Some((_, what)) = SIGNATURES.iter().find(|(signature, _)| head.starts_with(signature)) {
        return Sniffed::Other(what);
    }
    if head.iter().all(|&byte| byte == 0) {
        return Sniffed::Zeros;
    }
    if let Some(magic) = old_magic(head) {
        return Sniffed::OldFormat { magic };
    }
    match text(head) {
        Some(what) => Sniffed::Other(what),
        None => Sniffed::Unknown,
    }
}

/// Tells whether a message of magic 0 or 1 begins here: offset, size, CRC, magic, attributes with one of four codecs
/// (`org.apache.kafka.common.record.LegacyRecord`).
fn old_magic(head: &[u8]) -> Option<u8> {
    let (offset, rest) = head.split_first_chunk::<8>()?;
    let (size, rest) = rest.split_first_chunk::<4>()?;
    let (_crc, rest) = rest.split_first_chunk::<4>()?;
    let (&magic, rest) = rest.split_first()?;
    let (&attributes, _) = rest.split_first()?;
    let size = i32::from_be_bytes(*size);
    let plausible =
        i64::from_be_bytes(*offset) >= 0 && size >= 14 && attributes & 0x07 <= 3 && attributes & 0xf0 == 0;
    (plausible && magic <= 1).then_some(magic)
}

fn text(head: &[u8]) -> Option<&'static str> {
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The last character may be cut off.
        Err(error) if error.valid_up_to().saturating_add(4) > head.len() => {
            std::str::from_utf8(head.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    if valid.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        return None;
    }
    match valid.trim_start_matches('\u{feff}').trim_start().chars().next() {
        Some('{' | '[') => Some("JSON text: open it as JSON Lines"),
        Some('<') => Some("XML or HTML text"),
        _ => Some("plain text"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_kinds_are_named() {
        let what = |head: &[u8]| match sniff(head) {
            Sniffed::Other(what) => what,
            other => panic!("{other:?}"),
        };
        assert!(what(b"\x1f\x8b\x08\x00").starts_with("a gzip file"));
        assert!(what(b"{\"offset\":1}\n").starts_with("JSON"));
        assert!(what("\u{feff}[1, 2]".as_bytes()).starts_with("JSON"));
        assert_eq!(what("größ".as_bytes()), "plain text");
        assert_eq!(what(&"größe".as_bytes()[..4]), "plain text");
        assert_eq!(what(b"<html>"), "XML or HTML text");
        assert_eq!(sniff(&[0; 90]), Sniffed::Zeros);
        assert_eq!(sniff(b"\x01\x02\x03\x04"), Sniffed::Unknown);
    }

    #[test]
    fn message_sets_of_old_kafkas_are_named_by_their_magic() {
        let message = |magic: u8| {
            let mut head = 5_i64.to_be_bytes().to_vec();
            head.extend_from_slice(&30_i32.to_be_bytes());
            head.extend_from_slice(&[0xde, 0xad, 0xbe, 0xef, magic, 0]);
            head.extend_from_slice(&[0; 24]);
            head
        };
        assert_eq!(sniff(&message(0)), Sniffed::OldFormat { magic: 0 });
        assert_eq!(sniff(&message(1)), Sniffed::OldFormat { magic: 1 });
        assert_eq!(sniff(&message(3)), Sniffed::Unknown);
    }
}
