//! Random access to a file's bytes: the one thing that differs between a browser's `File`, a disk and a test.

use bytes::Bytes;

/// Says why a slice of a file could not be read, in the platform's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file} cannot be read at byte {position_bytes}: {cause}")]
pub struct ReadError {
    /// The file's name.
    pub file: String,
    /// Where the slice begins.
    pub position_bytes: u64,
    /// The platform's words.
    pub cause: String,
}

/// Hands over slices of one file. A file that shrinks or is replaced while it is open gives errors or short slices, never a panic.
#[allow(async_fn_in_trait, reason = "one thread everywhere: no Send bound is wanted")]
pub trait ReadAt {
    /// Returns the file's name, with its folder where that is known: `orders-0/00000000000000000042.log`.
    fn name(&self) -> &str;

    /// Returns the file's length in bytes, as of opening it.
    fn len_bytes(&self) -> u64;

    /// Reads `bytes_len` bytes from `position` on; fewer only where the file ends, none at or after its end.
    ///
    /// # Errors
    /// The platform's words, with the file's name and the position.
    async fn read_at(&self, position: u64, bytes_len: usize) -> Result<Bytes, ReadError>;

    /// Tells that the file is gone through in order from `position` on, so that what comes next can be on its way while something is
    /// worked on.
    fn read_on(&self, _position: u64) {}

    /// Tells that nobody goes through the file in order any more, or not for a while.
    fn rest(&self) {}
}

impl<R: ReadAt + ?Sized> ReadAt for std::rc::Rc<R> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn len_bytes(&self) -> u64 {
        (**self).len_bytes()
    }

    async fn read_at(&self, position: u64, bytes_len: usize) -> Result<Bytes, ReadError> {
        (**self).read_at(position, bytes_len).await
    }

    fn read_on(&self, position: u64) {
        (**self).read_on(position);
    }

    fn rest(&self) {
        (**self).rest();
    }
}

/// A file that is in memory already.
#[derive(Clone, Debug)]
pub struct MemoryFile {
    name: String,
    bytes: Bytes,
}

impl MemoryFile {
    /// Names `bytes`.
    pub fn new(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }
}

impl ReadAt for MemoryFile {
    fn name(&self) -> &str {
        &self.name
    }

    fn len_bytes(&self) -> u64 {
        u64::try_from(self.bytes.len()).unwrap_or(u64::MAX)
    }

    async fn read_at(&self, position: u64, bytes_len: usize) -> Result<Bytes, ReadError> {
        let from = usize::try_from(position).unwrap_or(usize::MAX).min(self.bytes.len());
        let to = from.saturating_add(bytes_len).min(self.bytes.len());
        Ok(self.bytes.slice(from..to))
    }
}

/// A file on disk, for native tools and tests.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Debug)]
pub struct DiskFile {
    name: String,
    file: std::fs::File,
    len_bytes: u64,
}

#[cfg(not(target_arch = "wasm32"))]
impl DiskFile {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// The system's words, with the path.
    pub fn open(path: &std::path::Path) -> Result<Self, ReadError> {
        let name = path.display().to_string();
        let failed = |e: std::io::Error| ReadError {
            file: path.display().to_string(),
            position_bytes: 0,
            cause: e.to_string(),
        };
        let file = std::fs::File::open(path).map_err(failed)?;
        let len_bytes = file.metadata().map_err(failed)?.len();
        Ok(Self { name, file, len_bytes })
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl ReadAt for DiskFile {
    fn name(&self) -> &str {
        &self.name
    }

    fn len_bytes(&self) -> u64 {
        self.len_bytes
    }

    async fn read_at(&self, position: u64, bytes_len: usize) -> Result<Bytes, ReadError> {
        use std::io::{Read, Seek, SeekFrom};

        let failed = |e: std::io::Error| ReadError {
            file: self.name.clone(),
            position_bytes: position,
            cause: e.to_string(),
        };
        let mut file = &self.file;
        file.seek(SeekFrom::Start(position)).map_err(failed)?;
        let mut bytes = Vec::new();
        let limit = u64::try_from(bytes_len).unwrap_or(u64::MAX);
        file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
        Ok(bytes.into())
    }
}

#[cfg(test)]
mod tests {
    use futures_executor::block_on;

    use super::*;

    fn slices_stop_where_the_file_stops(file: &impl ReadAt) {
        assert_eq!(file.len_bytes(), 10);
        assert_eq!(block_on(file.read_at(2, 3)).unwrap(), Bytes::from_static(b"234"));
        assert_eq!(block_on(file.read_at(8, 100)).unwrap(), Bytes::from_static(b"89"));
        assert!(block_on(file.read_at(10, 1)).unwrap().is_empty());
        assert!(block_on(file.read_at(u64::from(u32::MAX), 1)).unwrap().is_empty());
    }

    #[test]
    fn a_file_in_memory_hands_over_slices() {
        slices_stop_where_the_file_stops(&MemoryFile::new("digits", &b"0123456789"[..]));
    }

    #[test]
    #[cfg(not(target_arch = "wasm32"))]
    fn a_file_on_disk_hands_over_slices() {
        let path = std::env::temp_dir().join(format!("tablog-read-at-{}", std::process::id()));
        std::fs::write(&path, b"0123456789").unwrap();
        slices_stop_where_the_file_stops(&DiskFile::open(&path).unwrap());
        std::fs::remove_file(&path).unwrap();
        let missing = DiskFile::open(&path).unwrap_err();
        assert!(missing.to_string().contains("tablog-read-at-"), "{missing}");
    }
}
