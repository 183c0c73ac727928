//! Where an import's bytes come from: a file, a sample of this site, pasted text.

use bytes::Bytes;
use tablog_core::browser::{BlobChunks, BlobFile};
use tablog_core::segment::ReadAt;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Response, Url};

use super::Host;
use super::failures::failure;
use super::job::Job;
use crate::engine::protocol::{Failure, FailureKind, ImportFrom};
use crate::engine::wire;

/// Bytes read at once: large enough that reading costs little, small enough to hold two of them.
const CHUNK_BYTES: usize = 4 * 1024 * 1024;

/// Bytes in order, a chunk at a time.
pub struct Chunks {
    source: Source,
    /// Bytes in all.
    pub bytes_total: u64,
    /// Bytes handed out.
    pub bytes_read: u64,
}

enum Source {
    File(BlobChunks),
    Text(Bytes),
}

impl Chunks {
    fn of_file(file: &BlobFile) -> Self {
        Self { bytes_total: file.len_bytes(), bytes_read: 0, source: Source::File(file.chunks(CHUNK_BYTES)) }
    }

    fn of_text(text: String) -> Self {
        let text = Bytes::from(text);
        Self { bytes_total: wide(text.len()), bytes_read: 0, source: Source::Text(text) }
    }

    /// Returns the next chunk; `None` at the end.
    ///
    /// # Errors
    /// What reading reports.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        let chunk = match &mut self.source {
            Source::File(chunks) => chunks.next_chunk().await?,
            Source::Text(text) if text.is_empty() => None,
            Source::Text(text) => Some(text.split_to(CHUNK_BYTES.min(text.len()))),
        };
        self.bytes_read += chunk.as_ref().map_or(0, |chunk| wide(chunk.len()));
        Ok(chunk)
    }
}

impl Host {
    /// Gets hold of what is to be imported.
    pub async fn chunks(&self, job: &Job, from: &mut ImportFrom) -> Result<Chunks, Failure> {
        match from {
            ImportFrom::File => Ok(Chunks::of_file(&named(job.take_blob()?))),
            ImportFrom::Text(text) => Ok(Chunks::of_text(std::mem::take(text))),
            ImportFrom::Sample(path) => {
                Ok(Chunks::of_file(&BlobFile::named(path.clone(), self.fetch(path).await?)))
            }
        }
    }

    /// Fetches a file of this site.
    async fn fetch(&self, path: &str) -> Result<Blob, Failure> {
        let scope = self.port.scope();
        let here = scope.location().href();
        let address = Url::new_with_base(path, &here)
            .ok()
            .filter(|url| Url::new(&here).is_ok_and(|here| here.origin() == url.origin()));
        let Some(address) = address else {
            return Err(failure(FailureKind::Invalid, format!("{path} is not a file of this site")));
        };
        let lost = |cause: String| {
            failure(FailureKind::Io, format!("The sample {path} could not be loaded: {cause}"))
        };
        let response = JsFuture::from(scope.fetch_with_str(&address.href())).await;
        let response: Response =
            response.and_then(JsCast::dyn_into).map_err(|thrown| lost(wire::words(&thrown)))?;
        if !response.ok() {
            return Err(lost(format!("the server answered {}", response.status())));
        }
        let blob = response.blob().map_err(|thrown| lost(wire::words(&thrown)))?;
        JsFuture::from(blob).await.and_then(JsCast::dyn_into).map_err(|thrown| lost(wire::words(&thrown)))
    }
}

/// Takes a blob under the name it has; only errors tell it.
fn named(blob: Blob) -> BlobFile {
    match blob.dyn_into::<web_sys::File>() {
        Ok(file) => BlobFile::new(file),
        Err(blob) => BlobFile::named("the file", blob.unchecked_into()),
    }
}

fn wide(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
