//! A zip archive that is written as it comes: stored, never deflated, and never sought in (PKWARE's APPNOTE.TXT 6.3.10).
//!
//! ```text
//! ┌──────────────┬───────┬────────────┬───┬───────────────────┬──────────────────────┬─────┐
//! │ local header │ bytes │ descriptor │ … │ central directory │ zip64's end, if      │ end │
//! │ name         │       │ CRC, sizes │   │ an entry a file   │ 32 or 16 bits do not │     │
//! └──────────────┴───────┴────────────┴───┴───────────────────┤ do                   ├─────┘
//!                                                             └──────────────────────┘
//! ```
//! A file's CRC and length are known only after its bytes, so they stand in a descriptor behind them, and once more in the
//! central directory, from which every common program reads. The archive may be of any length and hold any number of files; one
//! file is at most 4 GiB less a byte, twice what a segment of Kafka's can have.

use flate2::Crc;

use crate::ids::Timestamp;
use crate::portable::time::date_of;

const LOCAL_HEADER: u32 = 0x0403_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
const CENTRAL_HEADER: u32 = 0x0201_4b50;
const ZIP64_END: u32 = 0x0606_4b50;
const ZIP64_LOCATOR: u32 = 0x0706_4b50;
const END: u32 = 0x0605_4b50;
/// What a reader must know: 2.0 for folders, 4.5 for zip64.
const VERSION: u16 = 20;
const VERSION_ZIP64: u16 = 45;
/// A descriptor follows (bit 3), and the name is UTF-8 (bit 11).
const FLAGS: u16 = 1 << 3 | 1 << 11;

/// Says why a file cannot stand in an archive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ZipError {
    /// The name is too long for its field.
    #[error("a file's name has {bytes} bytes, and at most 65,535 fit into a zip: it begins with {start:?}")]
    NameTooLong {
        /// Its length.
        bytes: usize,
        /// Its first characters.
        start: String,
    },
    /// The file is too long for its descriptor.
    #[error("{name} is longer than the 4,294,967,295 bytes that a file in a streamed zip can have")]
    FileTooLong {
        /// The file's name.
        name: String,
    },
    /// Bytes came before any file's name.
    #[error("bytes were given for a zip before the name of their file")]
    NoFile,
}

/// Writes an archive: what it appends to `out` goes to the archive at once, in the order of the calls. A file's own bytes go
/// there too, right after the call that takes note of them: they need not be copied.
///
/// ```
/// use tablog_core::ids::Timestamp;
/// use tablog_core::portable::ZipWriter;
///
/// let (mut zip, mut archive) = (ZipWriter::new(Timestamp::from_millis(0)), Vec::new());
/// zip.begin_file("orders-0/partition.metadata", &mut archive)?;
/// for bytes in [&b"version: 0\n"[..], b"topic_id: aJtYSiKfQ1W98uHYTAK1Gg"] {
///     zip.note_bytes(bytes)?;
///     archive.extend_from_slice(bytes);
/// }
/// zip.finish(&mut archive);
/// assert!(archive.starts_with(b"PK\x03\x04"));
/// # Ok::<(), tablog_core::portable::ZipError>(())
/// ```
#[derive(Debug)]
pub struct ZipWriter {
    /// Bytes of the archive so far.
    position: u64,
    /// When the files were made, as MS-DOS counts: time, then date.
    made: [u16; 2],
    current: Option<Entry>,
    entries: u64,
    directory: Vec<u8>,
}

/// The file that is being written.
#[derive(Debug)]
struct Entry {
    name: String,
    name_bytes: u16,
    position: u64,
    bytes: u32,
    crc: Crc,
}

impl ZipWriter {
    /// Begins an archive of nothing. `made` is the time that its files get, in UTC and to two seconds.
    pub fn new(made: Timestamp) -> Self {
        Self { position: 0, made: dos_time(made), current: None, entries: 0, directory: Vec::new() }
    }

    /// Begins a file, with `/` between folders and name, and ends the one before.
    ///
    /// # Errors
    /// `NameTooLong`.
    pub fn begin_file(&mut self, name: &str, out: &mut Vec<u8>) -> Result<(), ZipError> {
        let start = || name.chars().take(80).collect();
        let name_bytes = u16::try_from(name.len())
            .map_err(|_| ZipError::NameTooLong { bytes: name.len(), start: start() })?;
        self.end_file(out);
        let entry =
            Entry { name: name.to_owned(), name_bytes, position: self.position, bytes: 0, crc: Crc::new() };
        let from = out.len();
        put_u32(out, LOCAL_HEADER);
        put_u16s(out, [VERSION, FLAGS, 0]);
        put_u16s(out, self.made);
        // CRC and both sizes: in the descriptor.
        [0, 0, 0].into_iter().for_each(|number| put_u32(out, number));
        put_u16s(out, [name_bytes, 0]);
        out.extend_from_slice(name.as_bytes());
        self.count(out, from);
        self.current = Some(entry);
        Ok(())
    }

    /// Takes note of the file's next bytes, which the caller puts into the archive next.
    ///
    /// # Errors
    /// `FileTooLong`, `NoFile`; the archive cannot be finished then.
    pub fn note_bytes(&mut self, bytes: &[u8]) -> Result<(), ZipError> {
        let entry = self.current.as_mut().ok_or(ZipError::NoFile)?;
        let sum = u32::try_from(bytes.len()).ok().and_then(|more| entry.bytes.checked_add(more));
        // The largest number would say that zip64 tells the size.
        let sum = sum.filter(|&sum| sum < u32::MAX);
        entry.bytes = sum.ok_or_else(|| ZipError::FileTooLong { name: entry.name.clone() })?;
        entry.crc.update(bytes);
        self.position = self.position.saturating_add(wide(bytes.len()));
        Ok(())
    }

    /// Ends the archive.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        self.end_file(out);
        let (directory_at, directory_bytes) = (self.position, wide(self.directory.len()));
        out.append(&mut self.directory);
        let entries_16 = u16::try_from(self.entries).unwrap_or(u16::MAX);
        let bytes_32 = u32::try_from(directory_bytes).unwrap_or(u32::MAX);
        let at_32 = u32::try_from(directory_at).unwrap_or(u32::MAX);
        if entries_16 == u16::MAX || bytes_32 == u32::MAX || at_32 == u32::MAX {
            let zip64_at = directory_at.saturating_add(directory_bytes);
            put_u32(out, ZIP64_END);
            // Bytes of this record after this number.
            put_u64(out, 44);
            put_u16s(out, [VERSION_ZIP64, VERSION_ZIP64]);
            // This disk, and the one where the directory begins.
            [0, 0].into_iter().for_each(|number| put_u32(out, number));
            let numbers = [self.entries, self.entries, directory_bytes, directory_at];
            numbers.into_iter().for_each(|number| put_u64(out, number));
            put_u32(out, ZIP64_LOCATOR);
            put_u32(out, 0);
            put_u64(out, zip64_at);
            // Disks in all.
            put_u32(out, 1);
        }
        put_u32(out, END);
        put_u16s(out, [0, 0, entries_16, entries_16]);
        put_u32(out, bytes_32);
        put_u32(out, at_32);
        // No comment.
        put_u16s(out, [0]);
    }

    fn end_file(&mut self, out: &mut Vec<u8>) {
        let Some(Entry { name, name_bytes, position, bytes, crc }) = self.current.take() else { return };
        let from = out.len();
        [DESCRIPTOR, crc.sum(), bytes, bytes].into_iter().for_each(|number| put_u32(out, number));
        self.count(out, from);
        self.entries = self.entries.saturating_add(1);

        let position_32 = u32::try_from(position).unwrap_or(u32::MAX);
        let is_far = position_32 == u32::MAX;
        let version = if is_far { VERSION_ZIP64 } else { VERSION };
        let directory = &mut self.directory;
        put_u32(directory, CENTRAL_HEADER);
        put_u16s(directory, [version, version, FLAGS, 0]);
        put_u16s(directory, self.made);
        [crc.sum(), bytes, bytes].into_iter().for_each(|number| put_u32(directory, number));
        // The name, the extra field, no comment, the first disk, no attributes.
        put_u16s(directory, [name_bytes, if is_far { 12 } else { 0 }, 0, 0, 0]);
        put_u32(directory, 0);
        put_u32(directory, position_32);
        directory.extend_from_slice(name.as_bytes());
        if is_far {
            // The extra field of zip64: only what does not fit above.
            put_u16s(directory, [1, 8]);
            put_u64(directory, position);
        }
    }

    fn count(&mut self, out: &[u8], from: usize) {
        self.position = self.position.saturating_add(wide(out.len().saturating_sub(from)));
    }
}

fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn put_u16s<const N: usize>(out: &mut Vec<u8>, numbers: [u16; N]) {
    numbers.into_iter().for_each(|number| out.extend_from_slice(&number.to_le_bytes()));
}

fn put_u32(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn put_u64(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&number.to_le_bytes());
}

/// Draws a moment as MS-DOS does: `hhhhhmmmmmmsssss` (seconds by two), `yyyyyyymmmmddddd` (years from 1980). What lies outside of
/// 1980 to 2107 becomes the nearest that does not.
fn dos_time(time: Timestamp) -> [u16; 2] {
    const FIRST: i64 = 315_532_800_000;
    const LAST: i64 = 4_354_819_199_000;
    let millis = time.millis().clamp(FIRST, LAST);
    let (year, month, day) = date_of(Timestamp::from_millis(millis));
    let seconds = millis.div_euclid(1_000).rem_euclid(86_400);
    let (hour, minute, second) =
        (seconds.div_euclid(3_600), seconds.div_euclid(60).rem_euclid(60), seconds.rem_euclid(60));
    let clock = (hour << 11) | (minute << 5) | second.div_euclid(2);
    let date = (year.saturating_sub(1980) << 9) | (month << 5) | day;
    [clock, date].map(|number| u16::try_from(number).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn u16_at(bytes: &[u8], at: usize) -> u16 {
        u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap())
    }

    fn u32_at(bytes: &[u8], at: usize) -> u32 {
        u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
    }

    fn u64_at(bytes: &[u8], at: usize) -> u64 {
        u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
    }

    fn archive(zip: &mut ZipWriter, files: &[(&str, &[&[u8]])]) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, pieces) in files {
            zip.begin_file(name, &mut out).unwrap();
            for piece in *pieces {
                zip.note_bytes(piece).unwrap();
                out.extend_from_slice(piece);
            }
        }
        out
    }

    /// Reads the archive as programs do: from its end by way of the central directory.
    fn entries(archive: &[u8]) -> Vec<(String, u32, u32, u64)> {
        let end = archive.len() - 22;
        assert_eq!(u32_at(archive, end), END);
        let (mut at, count) = (u32_at(archive, end + 16) as usize, u16_at(archive, end + 10));
        let mut found = Vec::new();
        for _ in 0..count {
            assert_eq!(u32_at(archive, at), CENTRAL_HEADER);
            let (name_bytes, extra) =
                (usize::from(u16_at(archive, at + 28)), usize::from(u16_at(archive, at + 30)));
            let name = String::from_utf8(archive[at + 46..at + 46 + name_bytes].to_vec()).unwrap();
            let position = match u32_at(archive, at + 42) {
                u32::MAX => u64_at(archive, at + 46 + name_bytes + 4),
                near => near.into(),
            };
            found.push((name, u32_at(archive, at + 16), u32_at(archive, at + 24), position));
            at += 46 + name_bytes + extra;
        }
        found
    }

    #[test]
    fn files_stand_where_the_directory_says_with_their_crc_and_length() {
        let mut zip = ZipWriter::new(Timestamp::from_millis(1_700_000_000_000));
        let mut out =
            archive(&mut zip, &[("a-0/1.log", &[b"1234", b"56789"]), ("größe", &[]), ("c", &[b"x"])]);
        zip.finish(&mut out);
        let found = entries(&out);
        let names: Vec<&str> = found.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(names, ["a-0/1.log", "größe", "c"]);
        // The check value of CRC-32 is that of these nine digits.
        assert_eq!((found[0].1, found[0].2), (0xcbf4_3926, 9));
        assert_eq!((found[1].1, found[1].2), (0, 0));
        let sizes = [9, 0, 1];
        for ((name, crc, bytes, position), size) in found.iter().zip(sizes) {
            let at = usize::try_from(*position).unwrap();
            assert_eq!(u32_at(&out, at), LOCAL_HEADER, "{name}");
            let behind = at + 30 + name.len() + size;
            let descriptor = [0, 4, 8, 12].map(|skip| u32_at(&out, behind + skip));
            assert_eq!(descriptor, [DESCRIPTOR, *crc, *bytes, *bytes], "{name}");
        }
        assert_eq!(&out[30 + 9..30 + 9 + 9], b"123456789");
    }

    #[test]
    fn beyond_four_gibibytes_zip64_says_where() {
        let mut zip = ZipWriter::new(Timestamp::from_millis(0));
        zip.position = 1 << 32;
        let mut out = archive(&mut zip, &[("far", &[b"x"])]);
        // The descriptor comes when the file ends.
        let written = out.len() as u64 + 16;
        zip.finish(&mut out);
        let end = out.len() - 22;
        assert_eq!((u16_at(&out, end + 10), u32_at(&out, end + 16)), (1, u32::MAX));
        let locator = end - 20;
        assert_eq!(u32_at(&out, locator), ZIP64_LOCATOR);
        let zip64 = usize::try_from(u64_at(&out, locator + 8) - (1 << 32)).unwrap();
        assert_eq!((u32_at(&out, zip64), u64_at(&out, zip64 + 32)), (ZIP64_END, 1));
        let directory = u64_at(&out, zip64 + 48);
        assert_eq!(directory, (1 << 32) + written);
        let entry = usize::try_from(directory - (1 << 32)).unwrap();
        assert_eq!(u32_at(&out, entry + 42), u32::MAX);
        assert_eq!(u64_at(&out, entry + 46 + 3 + 4), 1 << 32);
    }

    #[test]
    fn more_files_than_sixteen_bits_count_are_counted_by_zip64() {
        let mut zip = ZipWriter::new(Timestamp::from_millis(0));
        let mut out = archive(&mut zip, &vec![("f", &[][..]); 65_535]);
        zip.finish(&mut out);
        let end = out.len() - 22;
        assert_eq!(u16_at(&out, end + 10), u16::MAX);
        let zip64 = usize::try_from(u64_at(&out, end - 20 + 8)).unwrap();
        assert_eq!(u64_at(&out, zip64 + 32), 65_535);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut zip = ZipWriter::new(Timestamp::from_millis(0));
        assert_eq!(zip.note_bytes(b"x"), Err(ZipError::NoFile));
        let mut out = Vec::new();
        let long = "x".repeat(65_536);
        assert!(matches!(
            zip.begin_file(&long, &mut out),
            Err(ZipError::NameTooLong { bytes: 65_536, start }) if start.len() == 80
        ));
        zip.begin_file("long", &mut out).unwrap();
        zip.current.as_mut().unwrap().bytes = u32::MAX - 2;
        assert_eq!(zip.note_bytes(b"x"), Ok(()));
        assert_eq!(zip.note_bytes(b"x"), Err(ZipError::FileTooLong { name: "long".to_owned() }));
    }

    #[test]
    fn times_are_those_of_ms_dos() {
        // 2023-11-14 22:13:20 UTC.
        let [clock, date] = dos_time(Timestamp::from_millis(1_700_000_000_000));
        assert_eq!((clock >> 11, (clock >> 5) & 63, (clock & 31) * 2), (22, 13, 20));
        assert_eq!(((date >> 9) + 1980, (date >> 5) & 15, date & 31), (2023, 11, 14));
        assert_eq!(dos_time(Timestamp::from_millis(-1)), [0, (1 << 5) | 1]);
        assert_eq!(dos_time(Timestamp::from_millis(i64::MAX))[1] >> 9, 127);
    }
}
