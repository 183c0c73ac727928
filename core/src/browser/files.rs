//! Files that a person opened or dropped, read slice by slice and never whole.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use bytes::Bytes;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File, MessageChannel, MessagePort};

use super::file_stream::FileStream;
use super::js;
use crate::limits::FILE_STREAMS_MAX;
use crate::segment::{ReadAt, ReadError};

/// A file's bytes wherever they are asked for.
#[derive(Clone, Debug)]
pub struct BlobFile {
    name: String,
    blob: Blob,
    /// The places at which it is gone through in order, the oldest first. One that is being read is taken out meanwhile.
    streams: Rc<RefCell<VecDeque<FileStream>>>,
}

impl BlobFile {
    /// Takes a file under the name that the person knows it by, with its folder where that is known.
    pub fn new(file: File) -> Self {
        let name = file.name();
        Self::named(name, file.into())
    }

    /// Takes a blob and gives it a name.
    pub fn named(name: impl Into<String>, blob: Blob) -> Self {
        Self { name: name.into(), blob, streams: Rc::default() }
    }

    /// Returns the browser's own handle of it.
    pub fn blob(&self) -> &Blob {
        &self.blob
    }

    /// Reads the file from its beginning to its end.
    pub fn chunks(&self, chunk_bytes: usize) -> BlobChunks {
        BlobChunks::new(self.clone(), chunk_bytes)
    }

    /// Keeps a place at which the file is gone through, unless that is its end.
    fn keep(&self, stream: FileStream) {
        let mut streams = self.streams.borrow_mut();
        if stream.position() < self.len_bytes() {
            streams.push_back(stream);
        }
        if streams.len() > FILE_STREAMS_MAX {
            streams.pop_front();
        }
    }

    async fn read_slice(&self, position: u64, bytes_len: usize) -> Result<Bytes, ReadError> {
        let length = u64::try_from(bytes_len).unwrap_or(u64::MAX);
        let slice = self
            .blob
            .slice_with_f64_and_f64(js::number(position), js::number(position.saturating_add(length)))
            .map_err(|error| self.error(position, &error))?;
        let buffer = JsFuture::from(slice.array_buffer()).await;
        let buffer = buffer.map_err(|error| self.error(position, &error))?;
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
        let found = self.streams.borrow().iter().position(|stream| stream.position() == position);
        let stream = found.and_then(|at| self.streams.borrow_mut().remove(at));
        // What failed on its way may well be there by now.
        if let Some(mut stream) = stream
            && let Ok(bytes) = stream.read(bytes_len).await
            && (bytes.len() == bytes_len || stream.position() >= self.len_bytes())
        {
            self.keep(stream);
            return Ok(bytes.into());
        }
        self.read_slice(position, bytes_len).await
    }

    fn read_on(&self, position: u64) {
        let is_there = self.streams.borrow().iter().any(|stream| stream.position() == position);
        if !is_there && let Some(stream) = FileStream::open(&self.blob, position) {
            self.keep(stream);
        }
    }

    fn rest(&self) {
        self.streams.borrow_mut().clear();
    }
}

/// Reads a file in order. While one chunk is worked on, the next is on its way.
#[derive(Debug)]
pub struct BlobChunks {
    file: BlobFile,
    chunk_bytes: usize,
    position: u64,
}

impl BlobChunks {
    fn new(file: BlobFile, chunk_bytes: usize) -> Self {
        Self { file, chunk_bytes: chunk_bytes.max(1), position: 0 }
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
        self.file.read_on(at);
        let chunk = self.file.read_at(at, wanted).await?;
        if chunk.len() != wanted {
            let cause = format!("{} bytes came where {wanted} were there before", chunk.len());
            return Err(ReadError { file: self.file.name.clone(), position_bytes: at, cause });
        }
        self.position = at.saturating_add(u64::try_from(wanted).unwrap_or(u64::MAX));
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

/// Frees a buffer at once. Left to the garbage collector, which does not see how large they are, buffers of a file's slices
/// pile up to some 200 MB; emptied with `transfer(0)` they make Chromium keep 1 GB.
fn let_go(buffer: &ArrayBuffer) {
    NOBODY.with(|nobody| {
        let Some(nobody) = nobody else { return };
        // A browser that refuses leaves it to its garbage collector.
        drop(nobody.post_message_with_transferable(&JsValue::NULL, &Array::of1(buffer)));
    });
}
