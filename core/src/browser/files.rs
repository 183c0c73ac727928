//! Files that a person opened or dropped, read slice by slice and never whole.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use bytes::Bytes;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File, MessageChannel, MessagePort};

use super::js;
use crate::limits::FILE_AHEAD_PIECES;
use crate::segment::{ReadAt, ReadError};

/// Largest whole number that JavaScript's numbers hold exactly; no file is that long.
const SAFE_INTEGER_MAX: u64 = (1 << 53) - 1;

/// A file's bytes wherever they are asked for.
#[derive(Clone, Debug)]
pub struct BlobFile {
    name: String,
    blob: Blob,
    ahead: Rc<RefCell<VecDeque<Ahead>>>,
}

/// A slice that is on its way before it was asked for.
#[derive(Debug)]
struct Ahead {
    position: u64,
    bytes_len: usize,
    reading: JsFuture,
}

impl BlobFile {
    /// Takes a file under the name that the person knows it by, with its folder where that is known.
    pub fn new(file: File) -> Self {
        let name = file.name();
        Self::named(name, file.into())
    }

    /// Takes a blob and gives it a name.
    pub fn named(name: impl Into<String>, blob: Blob) -> Self {
        Self { name: name.into(), blob, ahead: Rc::default() }
    }

    /// Returns the browser's own handle of it.
    pub fn blob(&self) -> &Blob {
        &self.blob
    }

    /// Reads the file from its beginning to its end.
    pub fn chunks(&self, chunk_bytes: usize) -> BlobChunks {
        BlobChunks::new(self.clone(), chunk_bytes)
    }

    fn start_reading(&self, position: u64, bytes_len: usize) -> Result<JsFuture, ReadError> {
        let length = u64::try_from(bytes_len).unwrap_or(u64::MAX);
        let slice =
            self.blob.slice_with_f64_and_f64(number(position), number(position.saturating_add(length)));
        let slice = slice.map_err(|error| self.error(position, &error))?;
        Ok(JsFuture::from(slice.array_buffer()))
    }

    async fn finish_reading(&self, position: u64, reading: JsFuture) -> Result<Bytes, ReadError> {
        let buffer = reading.await.map_err(|error| self.error(position, &error))?;
        let buffer: ArrayBuffer = buffer.dyn_into().map_err(|found| self.error(position, &found))?;
        let bytes = Uint8Array::new(&buffer).to_vec();
        let_go(&buffer);
        Ok(bytes.into())
    }

    fn error(&self, position_bytes: u64, error: &JsValue) -> ReadError {
        let (name, message) = js::words(error);
        ReadError { file: self.name.clone(), position_bytes, cause: format!("{name}: {message}") }
    }
}

impl ReadAt for BlobFile {
    fn name(&self) -> &str {
        &self.name
    }

    fn len_bytes(&self) -> u64 {
        js::whole(self.blob.size())
    }

    async fn read_at(&self, position: u64, bytes_len: usize) -> Result<Bytes, ReadError> {
        let is_it = |ahead: &Ahead| (ahead.position, ahead.bytes_len) == (position, bytes_len);
        let found = self.ahead.borrow().iter().position(is_it);
        let ahead = found.and_then(|at| self.ahead.borrow_mut().drain(..=at).next_back());
        // What failed while nobody asked for it may well be there by now.
        if let Some(ahead) = ahead
            && let Ok(bytes) = self.finish_reading(position, ahead.reading).await
        {
            return Ok(bytes);
        }
        let reading = self.start_reading(position, bytes_len)?;
        self.finish_reading(position, reading).await
    }

    fn read_ahead(&self, position: u64, bytes_len: usize) {
        let mut ahead = self.ahead.borrow_mut();
        if bytes_len == 0 {
            ahead.clear();
        }
        let is_there = |ahead: &Ahead| (ahead.position, ahead.bytes_len) == (position, bytes_len);
        if bytes_len == 0 || position >= self.len_bytes() || ahead.iter().any(is_there) {
            return;
        }
        // What goes wrong shows when the slice is asked for.
        if let Ok(reading) = self.start_reading(position, bytes_len) {
            ahead.push_back(Ahead { position, bytes_len, reading });
        }
        if ahead.len() > FILE_AHEAD_PIECES {
            ahead.pop_front();
        }
    }
}

/// Reads a file in order. While one chunk is worked on, the next is on its way.
#[derive(Debug)]
pub struct BlobChunks {
    file: BlobFile,
    chunk_bytes: usize,
    position: u64,
    /// A read that is on its way, and the position it is for.
    ahead: Option<(u64, JsFuture)>,
}

impl BlobChunks {
    fn new(file: BlobFile, chunk_bytes: usize) -> Self {
        Self { file, chunk_bytes: chunk_bytes.max(1), position: 0, ahead: None }
    }

    /// Returns the position of the next chunk: how many bytes were handed out.
    pub fn position_bytes(&self) -> u64 {
        self.position
    }

    /// Returns the next chunk: all of the asked size but the last; `None` at the end of the file.
    ///
    /// # Errors
    /// The platform's words, with the file's name and the position. A file that got shorter since it was opened is an error too.
    pub async fn next_chunk(&mut self) -> Result<Option<Bytes>, ReadError> {
        let rest = self.file.len_bytes().saturating_sub(self.position);
        let wanted = usize::try_from(rest).unwrap_or(usize::MAX).min(self.chunk_bytes);
        if wanted == 0 {
            return Ok(None);
        }
        let at = self.position;
        // After an error, or when a caller gave up half way, what is on its way is for another position.
        let reading = match self.ahead.take().filter(|(position, _)| *position == at) {
            Some((_, reading)) => reading,
            None => self.file.start_reading(at, self.chunk_bytes)?,
        };
        let next = at.saturating_add(u64::try_from(wanted).unwrap_or(u64::MAX));
        if next < self.file.len_bytes() {
            self.ahead = Some((next, self.file.start_reading(next, self.chunk_bytes)?));
        }
        let chunk = self.file.finish_reading(at, reading).await?;
        if chunk.len() != wanted {
            let cause = format!("{} bytes came where {wanted} were there before", chunk.len());
            return Err(ReadError { file: self.file.name.clone(), position_bytes: at, cause });
        }
        self.position = next;
        Ok(Some(chunk))
    }
}

thread_local! {
    /// One end of a channel whose other end is closed: whatever is handed over there is gone.
    static NOBODY: Option<MessagePort> = MessageChannel::new().ok().map(|channel| {
        channel.port2().close();
        channel.port1()
    });
}

/// Frees a buffer at once. Left to the garbage collector, which does not see how large they are, buffers of a file that is gone through
/// pile up to some 200 MB; emptied with `transfer(0)` they make Chromium keep 1 GB.
fn let_go(buffer: &ArrayBuffer) {
    NOBODY.with(|nobody| {
        let Some(nobody) = nobody else { return };
        // A browser that refuses leaves it to its garbage collector.
        drop(nobody.post_message_with_transferable(&JsValue::NULL, &Array::of1(buffer)));
    });
}

#[allow(
    clippy::cast_precision_loss,
    reason = "bounded by the largest whole number that a double holds exactly"
)]
fn number(position: u64) -> f64 {
    position.min(SAFE_INTEGER_MAX) as f64
}
