//! A file's bytes in order, as the browser streams them: through one buffer that goes back and forth, so that nothing is left to
//! the garbage collector, and with what comes next on its way meanwhile.

use js_sys::{ArrayBuffer, Function, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, ReadableStreamByobReader, ReadableStreamGetReaderOptions, ReadableStreamReaderMode};

use super::js;
use crate::limits::FILE_STREAM_BUFFER_BYTES;

/// A place at which a file is gone through.
#[derive(Debug)]
pub(super) struct FileStream {
    position: u64,
    reader: ReadableStreamByobReader,
    /// The browser has it while it reads.
    buffer: Option<ArrayBuffer>,
}

impl FileStream {
    /// Starts at a position; `None` in a browser that does not stream files into a buffer of ours.
    pub(super) fn open(blob: &Blob, position: u64) -> Option<Self> {
        let rest = blob.slice_with_f64(js::number(position)).ok()?;
        let options = ReadableStreamGetReaderOptions::new();
        options.set_mode(ReadableStreamReaderMode::Byob);
        let stream = rest.stream();
        // Called by its name, since it throws in such a browser.
        let get_reader: Function = Reflect::get(&stream, &"getReader".into()).ok()?.dyn_into().ok()?;
        let reader = get_reader.call1(&stream, &options).ok()?.unchecked_into();
        Some(Self { position, reader, buffer: None })
    }

    /// Returns the position of the next byte.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Reads so many bytes, fewer where the file ends.
    pub(super) async fn read(&mut self, bytes_len: usize) -> Result<Vec<u8>, JsValue> {
        let mut bytes = vec![0; bytes_len];
        let mut filled = 0_usize;
        while let Some(free) = bytes.get_mut(filled..).filter(|free| !free.is_empty()) {
            let buffer = self.buffer.take().unwrap_or_else(|| ArrayBuffer::new(FILE_STREAM_BUFFER_BYTES));
            let wanted = u32::try_from(free.len()).unwrap_or(u32::MAX).min(buffer.byte_length());
            let view = Uint8Array::new_with_byte_offset_and_length(&buffer, 0, wanted);
            let read = JsFuture::from(self.reader.read_with_array_buffer_view(&view)).await?;
            // Without a view the stream was given up.
            let Ok(view) = Reflect::get(&read, &"value".into())?.dyn_into::<Uint8Array>() else { break };
            let got = usize::try_from(view.length()).unwrap_or(usize::MAX).min(free.len());
            if let Some(free) = free.get_mut(..got) {
                view.copy_to(free);
            }
            self.buffer = Some(view.buffer());
            if got == 0 {
                break;
            }
            filled = filled.saturating_add(got);
        }
        bytes.truncate(filled);
        self.position = self.position.saturating_add(u64::try_from(filled).unwrap_or(u64::MAX));
        Ok(bytes)
    }
}

impl Drop for FileStream {
    fn drop(&mut self) {
        let cancelled = JsFuture::from(self.reader.cancel());
        // That a stream which failed cannot be given up is no news.
        spawn_local(async move { drop(cancelled.await) });
    }
}
