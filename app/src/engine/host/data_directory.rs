//! Exports as a broker's data directory: partition folders as a broker has them, one by one or in a zip.
//!
//! Files that were opened in place and are wanted whole are handed on as they are, byte for byte and without being copied; all
//! else is made anew of its batches (`tablog_core::segment::export`).

use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use tablog_core::browser::{BlobFile, BrowserEnv};
use tablog_core::env::Env;
use tablog_core::ids::{Offset, PartitionId, TopicId, TopicName, TopicPartition};
use tablog_core::portable::{ZipError, ZipWriter};
use tablog_core::segment::ReadAt;
use tablog_core::segment::export::{Export, ExportOptions, OffsetRange, Piece, random_topic_id};
use tablog_core::source::Source;
use web_sys::Blob;

use super::Host;
use super::export::{blob_of_parts, no_blob};
use super::failures::failure;
use super::job::Job;
use super::open_log::OpenLog;
use super::sources::AnySource;
use crate::engine::logic::problems::Problems;
use crate::engine::logic::words::capitalized;
use crate::engine::protocol::{
    ExportReport, ExportRequest, Failure, FailureKind, Packing, Progress, SourceRef,
};

/// Bytes of one part of a file: then they leave the worker's memory.
const PART_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of a file that are read at once for the zip's checksum.
const READ_BYTES: usize = 1024 * 1024;

impl Host {
    /// Exports a source as a broker's data directory.
    pub async fn export_data_directory(
        &self,
        job: &Job,
        request: &ExportRequest,
        packing: Packing,
    ) -> Result<ExportReport, Failure> {
        if matches!(request.source, SourceRef::Topic(_)) {
            self.ensure_topics_are_shared()?;
        }
        let any = self.source(&request.source).await?;
        let topic = TopicName::parse(&self.topic_of(&request.source)?)?;
        let range = OffsetRange { from: request.from.map(Offset::new), to: request.to.map(Offset::new) };
        let is_whole = range == OffsetRange::default();
        let is_wanted = |partition: PartitionId| {
            request.partitions.as_ref().is_none_or(|chosen| chosen.contains(&partition.value()))
        };
        let mut export: Export<AnySource, BlobFile> = Export::new(ExportOptions::default());
        let mut bytes_total = 0;
        match &any {
            AnySource::File(file) if is_whole && matches!(file.log, OpenLog::Topic { .. }) => {
                file.log.copy_partitions(&mut export, is_wanted).await?;
            }
            _ => {
                self.wait_for_index(job, &any).await?;
                let id = self.topic_id_of(&any).await?;
                let source = Rc::new(any.clone());
                for partition in (0..any.partitions()).map(PartitionId::new).filter(|it| is_wanted(*it)) {
                    let bounds = any.bounds(partition).await?;
                    // A folder that is not among the files. A topic's empty partition is there all the same.
                    if bounds.bytes == 0 && matches!(any, AnySource::File(_)) {
                        continue;
                    }
                    bytes_total += bounds.bytes;
                    let partition = TopicPartition { topic: topic.clone(), partition };
                    export.make_partition(Rc::clone(&source), partition, id, range);
                }
            }
        }
        let copies = export.take_copies();
        bytes_total += copies.iter().map(|(_, file)| file.len_bytes()).sum::<u64>();
        let mut archive = Archive::new(packing, BrowserEnv.now());
        let tell = |archive: &Archive| {
            let bytes_total = is_whole.then_some(bytes_total);
            job.progress(Progress { bytes: archive.bytes, bytes_total, ..Progress::default() });
        };
        for (path, file) in copies {
            archive.copy(job, path, &file, tell).await?;
        }
        while let Some(piece) = job.unless_stopped(export.next()).await?.map_err(export_failure)? {
            match piece {
                Piece::File(path) => archive.begin(path)?,
                Piece::Bytes(bytes) => archive.put(&bytes)?,
            }
            tell(&archive);
            job.breathe().await?;
        }
        if archive.files == 0 {
            return Err(failure(
                FailureKind::Invalid,
                "None of the chosen partitions is there to be exported",
            ));
        }
        let mut problems = Problems::default();
        let summary = export.summary();
        let sentences = summary.damage.iter().map(|(_, damage)| capitalized(&damage.to_string())).collect();
        problems.put_damage_first(sentences, summary.damaged_places);
        archive.finish(job, &topic, problems)
    }

    /// Returns the id that the topic's folders are to have: the one that it has, or a new one.
    async fn topic_id_of(&self, any: &AnySource) -> Result<TopicId, Failure> {
        let known = match any {
            AnySource::Topic(topic) => Some(topic.topic_id()),
            AnySource::File(file) => file.log.topic_id().await?,
        };
        Ok(known.unwrap_or_else(|| random_topic_id(&BrowserEnv)))
    }
}

/// Files on their way out: each by itself, or all in one zip.
struct Archive {
    zip: Option<ZipWriter>,
    buffer: Vec<u8>,
    /// Of the file under way, or of the zip.
    parts: Array,
    /// The files that are done, and the path of the one under way.
    done: Vec<(String, Blob)>,
    path: Option<String>,
    files: u64,
    bytes: u64,
}

impl Archive {
    fn new(packing: Packing, now: tablog_core::ids::Timestamp) -> Self {
        Self {
            zip: (packing == Packing::Zip).then(|| ZipWriter::new(now)),
            buffer: Vec::new(),
            parts: Array::new(),
            done: Vec::new(),
            path: None,
            files: 0,
            bytes: 0,
        }
    }

    /// Begins a file; the one before is whole.
    fn begin(&mut self, path: String) -> Result<(), Failure> {
        self.files += 1;
        match &mut self.zip {
            Some(zip) => zip.begin_file(&path, &mut self.buffer).map_err(zip_failure),
            None => {
                self.end_file()?;
                self.path = Some(path);
                Ok(())
            }
        }
    }

    /// Adds bytes to the file.
    fn put(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.note(bytes)?;
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PART_BYTES { self.close_part() } else { Ok(()) }
    }

    /// Adds a file as it is.
    async fn copy(
        &mut self,
        job: &Job,
        path: String,
        file: &BlobFile,
        tell: impl Fn(&Self),
    ) -> Result<(), Failure> {
        self.begin(path)?;
        self.close_part()?;
        if self.zip.is_some() {
            // A zip tells each file's checksum.
            let mut chunks = file.chunks(READ_BYTES);
            while let Some(bytes) = chunks.next_chunk().await? {
                self.note(&bytes)?;
                tell(self);
                job.breathe().await?;
            }
        } else {
            self.bytes += file.len_bytes();
            tell(self);
        }
        self.parts.push(file.blob());
        Ok(())
    }

    fn note(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.zip.as_mut().map_or(Ok(()), |zip| zip.note_bytes(bytes).map_err(zip_failure))
    }

    fn close_part(&mut self) -> Result<(), Failure> {
        if !self.buffer.is_empty() {
            let bytes = Uint8Array::from(self.buffer.as_slice());
            self.buffer.clear();
            let part =
                Blob::new_with_u8_array_sequence(&Array::of1(&bytes)).map_err(|thrown| no_blob(&thrown))?;
            self.parts.push(&part);
        }
        Ok(())
    }

    fn end_file(&mut self) -> Result<(), Failure> {
        self.close_part()?;
        let parts = std::mem::replace(&mut self.parts, Array::new());
        if let Some(path) = self.path.take() {
            self.done.push((path, blob_of_parts(&parts, "application/octet-stream")?));
        }
        Ok(())
    }

    fn finish(mut self, job: &Job, topic: &TopicName, problems: Problems) -> Result<ExportReport, Failure> {
        let mut paths = Vec::new();
        if let Some(zip) = self.zip.take() {
            zip.finish(&mut self.buffer);
            self.close_part()?;
            job.attach(blob_of_parts(&self.parts, "application/zip")?);
        } else {
            self.end_file()?;
            for (path, file) in self.done {
                paths.push(path);
                job.attach(file);
            }
        }
        let (problems, problem_count) = problems.finish();
        let name = format!("{topic}.zip");
        Ok(ExportReport {
            name,
            records: 0,
            files: self.files,
            paths,
            bytes: self.bytes,
            problems,
            problem_count,
        })
    }
}

fn export_failure(error: tablog_core::segment::export::ExportError) -> Failure {
    failure(FailureKind::Io, capitalized(&error.to_string()))
}

fn zip_failure(error: ZipError) -> Failure {
    failure(FailureKind::Unsupported, capitalized(&error.to_string()))
}
