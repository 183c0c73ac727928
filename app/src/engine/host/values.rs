//! One record at a time: its details, its key and value by lines. Values are laid out in slices, so that a large one holds nobody up.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;
use tablog_core::ids::{Offset, PartitionId, TopicId};
use tablog_core::record::{Record, RecordBatch};
use tablog_core::source::Source;
use tablog_inspect::internal::{Decoded, Decoder, decoder_for};
use tablog_inspect::preview::Preview;
use tablog_inspect::value::{self, ValueView, ViewKind, ViewProgress};

use super::Host;
use super::failures::failure;
use super::job::Job;
use super::pace::now_ms;
use super::rows::{batch_facts, cell, decoded, record_view, timestamp_type};
use super::sources::AnySource;
use crate::engine::logic::recent::Recent;
use crate::engine::logic::words::capitalized;
use crate::engine::protocol::{
    Failure, FailureKind, Form, HEADERS_SHOWN_MAX, LINES_MAX, Line, Lines, Part, RecordDetails, RecordRef,
    Span, SpanKind,
};

/// Bytes laid out at once: well below a slice of time.
const STEP_BYTES: usize = 64 * 1024;
/// Bytes of a key or value that are read to tell whether it is JSON; beyond them its beginning must do.
const JSON_CHECK_BYTES: u64 = 1024 * 1024;
/// Milliseconds that a request goes on laying out once it has its lines, to tell how many there are in all.
const COUNT_ON_MS: f64 = 30.0;

/// The records that were looked at last.
#[derive(Default)]
pub struct Opened {
    records: RefCell<Recent<RecordKey, Rc<OpenRecord>>>,
}

/// Names one record for good: a topic that was deleted and made again has other records at the same offsets.
type RecordKey = (RecordRef, Option<TopicId>);

/// What was looked at of one record, by part and form.
type Views = BTreeMap<(Part, Form), Rc<RefCell<ValueView>>>;

/// A record with its views.
struct OpenRecord {
    name: RecordRef,
    record: Record,
    batch: RecordBatch,
    decoder: Option<Decoder>,
    views: RefCell<Views>,
}

impl Opened {
    /// Forgets what belongs to sources that are gone.
    pub fn clear(&self) {
        self.records.borrow_mut().clear();
    }
}

impl OpenRecord {
    fn bytes(&self, part: Part) -> Option<&Bytes> {
        match part {
            Part::Key => self.record.key.as_ref(),
            Part::Value => self.record.value.as_ref(),
            Part::Header(index) => {
                let header = self.record.headers.get(usize::try_from(index).ok()?)?;
                header.value.as_ref()
            }
        }
    }

    fn decoded(&self, part: Part) -> Option<Decoded> {
        decoded(self.decoder, &self.batch, &self.record, part)
    }

    fn view(&self, part: Part, form: Form) -> Rc<RefCell<ValueView>> {
        let make = || {
            let bytes = || self.bytes(part).cloned().unwrap_or_default();
            let (kind, bytes) = match form {
                Form::Json => (ViewKind::Json, bytes()),
                Form::Text => (ViewKind::Text, bytes()),
                Form::Hex => (ViewKind::Hex, bytes()),
                Form::Fields => {
                    let fields = self.decoded(part).map_or_else(String::new, |it| it.tree.to_string());
                    (ViewKind::Json, Bytes::from(fields))
                }
            };
            Rc::new(RefCell::new(ValueView::new(kind, bytes)))
        };
        Rc::clone(self.views.borrow_mut().entry((part, form)).or_insert_with(make))
    }
}

impl Host {
    /// Reads what there is to know of one record.
    pub async fn record(&self, job: &Job, name: RecordRef) -> Result<RecordDetails, Failure> {
        let open = self.open_record(name).await?;
        let partition = PartitionId::new(open.name.partition);
        let transactions = self.source(&open.name.source).await?.transactions(partition).await?;
        let row = record_view(partition, &open.record, &open.batch, Some(&transactions), open.decoder);
        let batch = batch_facts(&open.batch, row.transaction);
        Ok(RecordDetails {
            row,
            timestamp_type: timestamp_type(open.batch.timestamp_type()).to_owned(),
            headers: open
                .record
                .headers
                .iter()
                .take(HEADERS_SHOWN_MAX)
                .map(|header| {
                    (cell(Preview::of(Some(&header.key))), cell(Preview::of(header.value.as_deref())))
                })
                .collect(),
            key_is_json: is_json(job, &open, Part::Key).await?,
            value_is_json: is_json(job, &open, Part::Value).await?,
            batch,
        })
    }

    /// Reads lines of a record's key or value.
    pub async fn lines(
        &self,
        job: &Job,
        name: RecordRef,
        (part, form): (Part, Form),
        first_line: u64,
        count: u32,
    ) -> Result<Lines, Failure> {
        let open = self.open_record(name).await?;
        let view = open.view(part, form);
        let count = count.min(LINES_MAX);
        let end = first_line.saturating_add(count.into());
        let began_ms = now_ms();
        let progress =
            lay_out(job, &view, |progress| progress.lines >= end && now_ms() - began_ms >= COUNT_ON_MS)
                .await?;
        let lines = match progress.error {
            None => view.borrow().window(first_line, usize::try_from(count).unwrap_or(usize::MAX)),
            Some(_) => Vec::new(),
        };
        let cause = match (progress.error, form) {
            (Some(error), _) => Some(error.to_string()),
            // What stands before the damage is shown all the same.
            (None, Form::Fields) => open.decoded(part).and_then(|it| it.error).map(|error| error.to_string()),
            (None, _) => None,
        };
        let problem = cause.map(|cause| capitalized(&cause));
        Ok(Lines {
            first_line,
            lines_total: progress.lines,
            is_complete: progress.done,
            lines: lines.into_iter().map(line).collect(),
            problem,
        })
    }

    /// Reads a record's key or value whole.
    pub async fn bytes(&self, name: RecordRef, part: Part) -> Result<Option<Vec<u8>>, Failure> {
        Ok(self.open_record(name).await?.bytes(part).map(|bytes| bytes.to_vec()))
    }

    async fn open_record(&self, name: RecordRef) -> Result<Rc<OpenRecord>, Failure> {
        // First of all, because it tells that a topic is gone, or is another one by now.
        let source = self.source(&name.source).await?;
        let key = (name.clone(), incarnation(&source));
        if let Some(open) = self.opened.records.borrow().find(&key) {
            return Ok(Rc::clone(open));
        }
        let decoder = decoder_for(&self.topic_of(&name.source)?);
        let (partition, offset) = (PartitionId::new(name.partition), Offset::new(name.offset));
        let fetched = source.fetch(partition, offset, 1).await?;
        let holds = |batch: &&RecordBatch| batch.base_offset() <= offset && offset <= batch.last_offset();
        let gone = || {
            let cause = fetched.damage.first().map_or_else(
                || format!("there is no record at offset {offset} of partition {partition} any more"),
                ToString::to_string,
            );
            failure(FailureKind::NotFound, capitalized(&cause))
        };
        let batch = fetched.batches.iter().find(holds).ok_or_else(gone)?;
        let unreadable = |error: tablog_core::record::BatchError| {
            failure(FailureKind::Unsupported, capitalized(&error.to_string()))
        };
        for record in batch.records().map_err(unreadable)? {
            let record = record.map_err(unreadable)?;
            if record.offset == offset {
                let batch = batch.clone();
                let open = Rc::new(OpenRecord { name, record, batch, decoder, views: RefCell::default() });
                self.opened.records.borrow_mut().keep(key, Rc::clone(&open));
                return Ok(open);
            }
        }
        Err(gone())
    }
}

fn incarnation(source: &AnySource) -> Option<TopicId> {
    match source {
        AnySource::Topic(topic) => Some(topic.topic_id()),
        // A file's number is never given again.
        AnySource::File(_) => None,
    }
}

/// Lays a view out until it is enough, or whole.
async fn lay_out(
    job: &Job,
    view: &RefCell<ValueView>,
    is_enough: impl Fn(&ViewProgress) -> bool,
) -> Result<ViewProgress, Failure> {
    loop {
        let progress = view.borrow_mut().step(STEP_BYTES);
        if progress.done || is_enough(&progress) {
            return Ok(progress);
        }
        job.breathe().await?;
    }
}

async fn is_json(job: &Job, open: &OpenRecord, part: Part) -> Result<bool, Failure> {
    let Some(bytes) = open.bytes(part).filter(|bytes| !bytes.is_empty()) else { return Ok(false) };
    // Bytes that are no text would be laid out as a tree in vain.
    if !tablog_inspect::preview::looks_like_text(bytes) {
        return Ok(false);
    }
    let view = open.view(part, Form::Json);
    let progress = lay_out(job, &view, |progress| progress.bytes_done >= JSON_CHECK_BYTES).await?;
    Ok(progress.error.is_none())
}

fn line(line: value::Line) -> Line {
    let span = |span: value::Span| Span { kind: span_kind(span.kind), text: span.text };
    Line { depth: line.depth, spans: line.spans.into_iter().map(span).collect(), fold_to: line.closes_at }
}

fn span_kind(kind: value::SpanKind) -> SpanKind {
    match kind {
        value::SpanKind::Punctuation => SpanKind::Punctuation,
        value::SpanKind::Key => SpanKind::Key,
        value::SpanKind::String | value::SpanKind::Ascii => SpanKind::String,
        value::SpanKind::Number => SpanKind::Number,
        value::SpanKind::Bool => SpanKind::Bool,
        value::SpanKind::Null => SpanKind::Null,
        value::SpanKind::Text | value::SpanKind::Hex => SpanKind::Text,
        value::SpanKind::Position => SpanKind::Address,
    }
}
