//! A file that comes out as it is.

use std::collections::VecDeque;

use crate::limits::FILE_COPY_BYTES;
use crate::segment::export::{ExportError, Piece};
use crate::segment::{ReadAt, wide};

/// A file that is being copied.
#[derive(Debug)]
pub(super) struct Copying<R> {
    path: String,
    file: R,
    /// How many bytes came so far; `None` before the name did.
    position: Option<u64>,
}

impl<R: ReadAt> Copying<R> {
    pub(super) fn new(path: String, file: R) -> Self {
        Self { path, file, position: None }
    }

    pub(super) fn into_file(self) -> (String, R) {
        (self.path, self.file)
    }

    /// Goes on by one window; tells whether that was the last.
    pub(super) async fn step(&mut self, out: &mut VecDeque<Piece>) -> Result<bool, ExportError> {
        let len_bytes = self.file.len_bytes();
        let Some(position) = self.position else {
            out.push_back(Piece::File(self.path.clone()));
            self.position = Some(0);
            return Ok(len_bytes == 0);
        };
        let left = crate::segment::narrow(len_bytes.saturating_sub(position));
        let wanted = left.min(FILE_COPY_BYTES);
        self.file.read_on(position);
        let bytes = self.file.read_at(position, wanted).await?;
        let found_bytes = position.saturating_add(wide(bytes.len()));
        if bytes.len() != wanted {
            let file = self.file.name().to_owned();
            return Err(ExportError::Changed { file, expected_bytes: len_bytes, found_bytes });
        }
        out.push_back(Piece::Bytes(bytes));
        self.position = Some(found_bytes);
        Ok(found_bytes >= len_bytes)
    }
}
