//! Exports: records as lines, written piece by piece into one blob.

use js_sys::{Array, Uint8Array};
use tablog_core::ids::{Offset, PartitionId, TopicName};
use tablog_core::portable::{write_kcat, write_tablog};
use tablog_core::record::RecordBatch;
use tablog_core::source::{Bounds, Source};
use wasm_bindgen::JsValue;
use web_sys::{Blob, BlobPropertyBag};

use super::Host;
use super::failures::failure;
use super::job::Job;
use super::sources::AnySource;
use crate::engine::logic::problems::Problems;
use crate::engine::logic::words::{capitalized, counted};
use crate::engine::protocol::{ExportFormat, ExportReport, Failure, FailureKind, Progress, SourceRef};
use crate::engine::wire;

/// Bytes of one part of the file: then they leave the worker's memory.
const PART_BYTES: usize = 4 * 1024 * 1024;
/// Bytes read at once.
const FETCH_BYTES: usize = 1024 * 1024;
/// Records written before others get a turn.
const RECORDS_PER_STEP: u64 = 64;

/// A file under way.
struct Writer {
    format: ExportFormat,
    topic: TopicName,
    buffer: Vec<u8>,
    parts: Array,
    report: ExportReport,
    problems: Problems,
    control_records: u64,
}

impl Host {
    /// Writes a source as a file, partition by partition, each in the order of its offsets.
    pub async fn export(
        &self,
        job: &Job,
        source: &SourceRef,
        format: ExportFormat,
    ) -> Result<ExportReport, Failure> {
        let any = self.source(source).await?;
        self.wait_for_index(job, &any).await?;
        let mut writer = Writer::new(format, self.name_of(source)?);
        let mut bounds = Vec::new();
        for partition in (0..any.partitions()).map(PartitionId::new) {
            bounds.push((partition, any.bounds(partition).await?));
        }
        let records_total: u64 = bounds.iter().map(|(_, bounds)| bounds.records).sum();
        for (partition, bounds) in bounds {
            writer.partition(job, &any, (partition, bounds), records_total).await?;
        }
        let damage = any.damage();
        writer.problems.put_damage_first(damage.sentences, damage.count);
        writer.finish(job)
    }

    fn name_of(&self, source: &SourceRef) -> Result<TopicName, Failure> {
        Ok(match source {
            SourceRef::Topic(name) => TopicName::parse(name)?,
            SourceRef::File(file) => {
                let open = self.files.find(*file)?;
                TopicName::parse(&open.log.topic())?
            }
        })
    }
}

impl Writer {
    fn new(format: ExportFormat, topic: TopicName) -> Self {
        let ending = match format {
            ExportFormat::JsonLines => "jsonl",
            ExportFormat::Kcat => "kcat.jsonl",
        };
        let name = format!("{topic}.{ending}");
        Self {
            format,
            topic,
            buffer: Vec::new(),
            parts: Array::new(),
            report: ExportReport { name, records: 0, bytes: 0, problems: Vec::new(), problem_count: 0 },
            problems: Problems::default(),
            control_records: 0,
        }
    }

    async fn partition(
        &mut self,
        job: &Job,
        source: &AnySource,
        (partition, bounds): (PartitionId, Bounds),
        records_total: u64,
    ) -> Result<(), Failure> {
        let mut next = bounds.log_start_offset;
        // What is appended meanwhile is not part of this file.
        while next < bounds.high_watermark {
            let fetched = source.fetch(partition, next, FETCH_BYTES).await?;
            // A file keeps the list itself, with what no fetch comes by.
            if matches!(source, AnySource::Topic(_)) {
                for damage in &fetched.damage {
                    self.problems.push(capitalized(&damage.to_string()));
                }
            }
            for batch in &fetched.batches {
                self.batch(job, partition, batch, next..bounds.high_watermark).await?;
                job.progress(Progress {
                    records: self.report.records,
                    bytes: self.report.bytes,
                    bytes_total: None,
                    records_total: Some(records_total),
                });
            }
            if fetched.next_offset <= next {
                break;
            }
            next = fetched.next_offset;
        }
        Ok(())
    }

    async fn batch(
        &mut self,
        job: &Job,
        partition: PartitionId,
        batch: &RecordBatch,
        offsets: std::ops::Range<Offset>,
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
            let written = match self.format {
                ExportFormat::JsonLines => {
                    write_tablog(&mut self.buffer, &self.topic, partition, batch.timestamp_type(), &record);
                    Ok(())
                }
                ExportFormat::Kcat => {
                    write_kcat(&mut self.buffer, &self.topic, partition, batch.timestamp_type(), &record)
                }
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
        let bytes = Uint8Array::from(self.buffer.as_slice());
        self.report.bytes += u64::from(bytes.length());
        self.buffer.clear();
        let part =
            Blob::new_with_u8_array_sequence(&Array::of1(&bytes)).map_err(|thrown| no_blob(&thrown))?;
        self.parts.push(&part);
        Ok(())
    }

    fn finish(mut self, job: &Job) -> Result<ExportReport, Failure> {
        self.close_part()?;
        if self.control_records > 0 {
            let left_out = counted(self.control_records, "control record");
            self.problems
                .push(format!("{left_out} (marks of transactions, which no consumer sees) left out"));
        }
        let options = BlobPropertyBag::new();
        options.set_type("application/x-ndjson");
        let file = Blob::new_with_blob_sequence_and_options(&self.parts, &options);
        job.attach(file.map_err(|thrown| no_blob(&thrown))?);
        let (problems, problem_count) = self.problems.finish();
        Ok(ExportReport { problems, problem_count, ..self.report })
    }
}

fn no_blob(thrown: &JsValue) -> Failure {
    failure(FailureKind::Io, format!("The browser could not make a file of it: {}", wire::words(thrown)))
}
