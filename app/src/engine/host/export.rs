//! Exports: records as lines, written piece by piece into one blob.

use std::ops::Range;

use futures_util::future::join;
use js_sys::{Array, Uint8Array};
use tablog_core::ids::{Offset, PartitionId, TopicName};
use tablog_core::portable::{write_kcat, write_tablog};
use tablog_core::record::RecordBatch;
use tablog_core::source::{Bounds, Fetched, Isolated, Source, Transactions};
use wasm_bindgen::JsValue;
use web_sys::{Blob, BlobPropertyBag};

#[cfg(feature = "files")]
mod follow;

use super::Host;
use super::failures::failure;
use super::job::Job;
use super::sources::AnySource;
use crate::engine::logic::problems::Problems;
use crate::engine::logic::words::{capitalized, counted};
use crate::engine::protocol::{ExportFormat, ExportReport, ExportRequest, Failure, FailureKind, Progress};
use crate::engine::wire;

/// Bytes of one part of the file: then they leave the worker's memory.
const PART_BYTES: usize = 4 * 1024 * 1024;
/// Bytes read at once: a browser takes its time for each slice of a file, whatever its size.
const FETCH_BYTES: usize = 4 * 1024 * 1024;
/// Records written before others get a turn.
const RECORDS_PER_STEP: u64 = 64;

/// A file under way.
struct Writer {
    is_kcat: bool,
    topic: TopicName,
    buffer: Vec<u8>,
    /// The bytes of a part outside of the worker's own memory: the same ones for each, as fresh memory costs more than copying.
    staging: Uint8Array,
    parts: Array,
    report: ExportReport,
    problems: Problems,
    control_records: u64,
    uncommitted_records: u64,
    /// How much of a file was gone through, in bytes of bytes, while it is being indexed.
    gone_through: Option<(u64, u64)>,
}

impl Host {
    /// Writes a source as a file, partition by partition, each in the order of its offsets; or as a broker's data directory.
    pub async fn export(&self, job: &Job, request: &ExportRequest) -> Result<ExportReport, Failure> {
        let is_kcat = match request.format {
            #[cfg(feature = "files")]
            ExportFormat::DataDirectory(packing) => {
                return self.export_data_directory(job, request, packing).await;
            }
            #[cfg(not(feature = "files"))]
            ExportFormat::DataDirectory(_) => {
                let sentence = "This engine writes no data directories: reload the page";
                return Err(failure(FailureKind::Unsupported, sentence));
            }
            ExportFormat::JsonLines => false,
            ExportFormat::Kcat => true,
        };
        let any = Isolated::new(self.source(&request.source).await?, request.isolation);
        let mut writer = Writer::new(is_kcat, TopicName::parse(&self.topic_of(&request.source)?)?);
        #[cfg(feature = "files")]
        if let Some(lead) = self.lead(request)? {
            writer.follow(self, job, &any, &lead).await?;
            return writer.finish_with_damage(job, &any);
        }
        self.wait_for_index(job, any.inner()).await?;
        let mut bounds = Vec::new();
        let is_wanted = |partition: &PartitionId| {
            request.partitions.as_ref().is_none_or(|chosen| chosen.contains(&partition.value()))
        };
        for partition in (0..any.partitions()).map(PartitionId::new).filter(is_wanted) {
            let mut bounds_now = any.bounds(partition).await?;
            let from = request.from.map_or(bounds_now.log_start_offset, Offset::new);
            bounds_now.log_start_offset = bounds_now.log_start_offset.max(from);
            let to = request.to.map_or(bounds_now.high_watermark, Offset::new);
            bounds_now.high_watermark = bounds_now.high_watermark.min(to);
            bounds.push((partition, bounds_now));
        }
        // How many records a range of offsets holds is not known before they are read.
        let is_whole = request.from.is_none() && request.to.is_none();
        let records_total = is_whole.then(|| bounds.iter().map(|(_, bounds)| bounds.records).sum());
        for (partition, bounds) in bounds {
            writer.partition(job, &any, (partition, bounds), records_total).await?;
        }
        writer.finish_with_damage(job, &any)
    }
}

impl Writer {
    fn new(is_kcat: bool, topic: TopicName) -> Self {
        let ending = if is_kcat { "kcat.jsonl" } else { "jsonl" };
        let name = format!("{topic}.{ending}");
        Self {
            is_kcat,
            topic,
            buffer: Vec::new(),
            staging: Uint8Array::default(),
            parts: Array::new(),
            report: ExportReport { name, ..ExportReport::default() },
            problems: Problems::default(),
            control_records: 0,
            uncommitted_records: 0,
            gone_through: None,
        }
    }

    async fn partition(
        &mut self,
        job: &Job,
        source: &Isolated<AnySource>,
        (partition, bounds): (PartitionId, Bounds),
        records_total: Option<u64>,
    ) -> Result<(), Failure> {
        let transactions = source.transactions(partition).await?;
        // What is appended meanwhile is not part of this file.
        let end = bounds.high_watermark;
        let mut next = bounds.log_start_offset;
        let mut ahead =
            if next < end { Some(source.fetch(partition, next, FETCH_BYTES).await?) } else { None };
        while let Some(fetched) = ahead.take() {
            let from = std::mem::replace(&mut next, fetched.next_offset);
            let is_more = from < next && next < end;
            // While records are written, the next ones are on their way.
            let reading = async {
                if is_more { source.fetch(partition, next, FETCH_BYTES).await.map(Some) } else { Ok(None) }
            };
            let writing =
                self.fetched(job, source, (partition, &fetched), (from..end, &transactions), records_total);
            let (written, read) = join(writing, reading).await;
            written?;
            ahead = read?;
        }
        Ok(())
    }

    /// Writes what was read at once, as far as it lies within the wanted offsets.
    async fn fetched(
        &mut self,
        job: &Job,
        source: &Isolated<AnySource>,
        (partition, fetched): (PartitionId, &Fetched),
        (offsets, transactions): (Range<Offset>, &Transactions),
        records_total: Option<u64>,
    ) -> Result<(), Failure> {
        // A file keeps the list itself, with what no fetch comes by.
        if matches!(source.inner(), AnySource::Topic(_)) {
            for damage in &fetched.damage {
                self.problems.push(capitalized(&damage.to_string()));
            }
        }
        for batch in &fetched.batches {
            let written_before = self.report.records;
            self.batch(job, partition, batch, offsets.clone()).await?;
            if transactions.status_of(batch).is_uncommitted() {
                self.uncommitted_records += self.report.records - written_before;
            }
            self.tell(job, records_total);
        }
        Ok(())
    }

    /// Reports how far it is.
    fn tell(&self, job: &Job, records_total: Option<u64>) {
        let (bytes, bytes_total) = match self.gone_through {
            Some((done, total)) => (done, Some(total)),
            None => (self.report.bytes, None),
        };
        job.progress(Progress { records: self.report.records, bytes, bytes_total, records_total });
    }

    async fn batch(
        &mut self,
        job: &Job,
        partition: PartitionId,
        batch: &RecordBatch,
        offsets: Range<Offset>,
    ) -> Result<(), Failure> {
        if batch.is_control() {
            self.control_records += u64::from(batch.header().record_count.unsigned_abs());
            return Ok(());
        }
        let place =
            || format!("Partition {partition}, offsets {} to {}", batch.base_offset(), batch.last_offset());
        let records = match batch.records() {
            Ok(records) => records,
            Err(error) => {
                self.problems.push(format!("{}: {error}", place()));
                return Ok(());
            }
        };
        for record in records {
            let record = match record {
                Ok(record) if offsets.contains(&record.offset) => record,
                Ok(_) => continue,
                Err(error) => {
                    self.problems.push(format!("{}: {error}", place()));
                    return Ok(());
                }
            };
            let before = self.buffer.len();
            let timestamp_type = batch.timestamp_type();
            let written = if self.is_kcat {
                write_kcat(&mut self.buffer, &self.topic, partition, timestamp_type, &record)
            } else {
                write_tablog(&mut self.buffer, &self.topic, partition, timestamp_type, &record);
                Ok(())
            };
            // The line end is not part of the line.
            self.problems.check_line(self.buffer.len().saturating_sub(before + 1), partition, record.offset);
            match written {
                Ok(()) => self.report.records += 1,
                Err(loss) => self.problems.push(capitalized(&loss.to_string())),
            }
            if self.buffer.len() >= PART_BYTES {
                self.close_part()?;
            }
            if self.report.records.is_multiple_of(RECORDS_PER_STEP) {
                job.breathe().await?;
            }
        }
        Ok(())
    }

    fn close_part(&mut self) -> Result<(), Failure> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let length = u32::try_from(self.buffer.len()).unwrap_or(u32::MAX);
        if self.staging.length() < length {
            self.staging = Uint8Array::new_with_length(length);
        }
        let bytes = self.staging.subarray(0, length);
        bytes.copy_from(&self.buffer);
        self.report.bytes += u64::from(length);
        self.buffer.clear();
        let part =
            Blob::new_with_u8_array_sequence(&Array::of1(&bytes)).map_err(|thrown| no_blob(&thrown))?;
        self.parts.push(&part);
        Ok(())
    }

    fn finish_with_damage(
        mut self,
        job: &Job,
        source: &Isolated<AnySource>,
    ) -> Result<ExportReport, Failure> {
        let damage = source.inner().damage();
        self.problems.put_damage_first(damage.sentences, damage.count);
        self.close_part()?;
        if self.control_records > 0 {
            let left_out = counted(self.control_records, "control record");
            self.problems
                .push(format!("{left_out} (marks of transactions, which no consumer sees) left out"));
        }
        if self.uncommitted_records > 0 {
            let written = counted(self.uncommitted_records, "record");
            self.problems.push(format!(
                "{written} of aborted or open transactions written: with read_committed, none of them is"
            ));
        }
        job.attach(blob_of_parts(&self.parts, "application/x-ndjson")?);
        let (problems, problem_count) = self.problems.finish();
        Ok(ExportReport { problems, problem_count, ..self.report })
    }
}

/// Makes one file of parts.
pub fn blob_of_parts(parts: &Array, kind: &str) -> Result<Blob, Failure> {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    Blob::new_with_blob_sequence_and_options(parts, &options).map_err(|thrown| no_blob(&thrown))
}

/// Says that the browser refused to make a file.
pub fn no_blob(thrown: &JsValue) -> Failure {
    failure(FailureKind::Io, format!("The browser could not make a file of it: {}", wire::words(thrown)))
}
