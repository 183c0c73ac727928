//! Records as the page's rows and details.

use tablog_core::ids::PartitionId;
use tablog_core::record::{Compression, Origin, Record, RecordBatch, TimestampType};
use tablog_core::source::{BatchStatus, Transactions};
use tablog_inspect::internal::{Decoded, Decoder, control_key, control_value};
use tablog_inspect::preview::{Preview, PreviewKind};
use tablog_inspect::time_order::{Row, RowContent};

use crate::engine::logic::markers::marker_words;
use crate::engine::logic::words::capitalized;
use crate::engine::protocol::{BatchView, Cell, CellKind, Part, RowView, Transaction};

/// The format of record batches; older ones are messages (`org.apache.kafka.common.record.RecordBatch`).
const CURRENT_MAGIC: u8 = 2;

/// Pictures a row of a view; `transactions` are those of its partition.
pub fn row_view(row: &Row, transactions: Option<&Transactions>, decoder: Option<Decoder>) -> RowView {
    match &row.content {
        // The row's time is the record's own; in the order it may count as later.
        RowContent::Record { record, batch } => {
            record_view(row.partition, record, batch, transactions, decoder)
        }
        RowContent::Unreadable { cause } => RowView {
            partition: row.partition.value(),
            offset: row.offset.value(),
            timestamp: row.timestamp.millis(),
            key: cell(Preview::of(None)),
            value: cell(Preview::of(None)),
            headers: 0,
            marker: None,
            problem: Some(capitalized(cause)),
            batch: None,
            transaction: Transaction::None,
        },
    }
}

/// Pictures a record; `transactions` are those of its partition.
pub fn record_view(
    partition: PartitionId,
    record: &Record,
    batch: &RecordBatch,
    transactions: Option<&Transactions>,
    decoder: Option<Decoder>,
) -> RowView {
    let part = |part: Part, bytes: Option<&[u8]>| match decoded(decoder, batch, record, part) {
        Some(decoded) if bytes.is_some_and(|bytes| !bytes.is_empty()) => Cell {
            kind: CellKind::Fields,
            text: decoded.summary,
            bytes: bytes.map_or(0, |bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
            is_cut: false,
        },
        _ => cell(Preview::of(bytes)),
    };
    RowView {
        partition: partition.value(),
        offset: record.offset.value(),
        timestamp: record.timestamp.millis(),
        key: part(Part::Key, record.key.as_deref()),
        value: part(Part::Value, record.value.as_deref()),
        headers: u32::try_from(record.headers.len()).unwrap_or(u32::MAX),
        marker: batch.is_control().then(|| {
            let header = batch.header();
            marker_words(record.key.as_deref(), header.producer_id, header.producer_epoch)
        }),
        problem: None,
        batch: Some(batch_view(batch)),
        transaction: transaction(batch, transactions),
    }
}

/// Tells how a batch's transaction ended.
pub fn transaction(batch: &RecordBatch, transactions: Option<&Transactions>) -> Transaction {
    if !batch.is_transactional() {
        return Transaction::None;
    }
    match transactions.map(|transactions| transactions.status_of(batch)) {
        Some(BatchStatus::Aborted) => Transaction::Aborted,
        Some(BatchStatus::Open) => Transaction::Open,
        Some(BatchStatus::Data) => Transaction::Committed,
        Some(BatchStatus::Control(_)) | None => Transaction::None,
    }
}

/// Decodes a record's key or value, if it is one that Kafka itself writes. The engine that opens no files leaves it as it is.
pub fn decoded(
    decoder: Option<Decoder>,
    batch: &RecordBatch,
    record: &Record,
    part: Part,
) -> Option<Decoded> {
    if cfg!(not(feature = "files")) {
        return None;
    }
    let (key, value) = (record.key.as_deref(), record.value.as_deref());
    match (part, batch.is_control()) {
        (Part::Key, true) => Some(control_key(key)),
        (Part::Value, true) => Some(control_value(key, value)),
        (Part::Key, false) => decoder.map(|decoder| decoder.key(key)),
        (Part::Value, false) => decoder.map(|decoder| decoder.value(key, value)),
        (Part::Header(_), _) => None,
    }
}

fn batch_view(batch: &RecordBatch) -> BatchView {
    let header = batch.header();
    BatchView {
        base_offset: batch.base_offset().value(),
        last_offset: batch.last_offset().value(),
        bytes: u32::try_from(batch.stored_bytes()).unwrap_or(u32::MAX),
        magic: magic(batch),
        codec: compression(batch).number(),
        is_log_append_time: batch.timestamp_type() == TimestampType::LogAppendTime,
        producer_id: header.producer_id,
        producer_epoch: header.producer_epoch,
        base_sequence: header.base_sequence,
        leader_epoch: header.partition_leader_epoch,
        crc: crc(batch),
    }
}

/// Returns the format in which a batch is stored: old files hold messages, which are read as batches.
fn magic(batch: &RecordBatch) -> u8 {
    batch.origin().map_or(CURRENT_MAGIC, Origin::magic)
}

fn compression(batch: &RecordBatch) -> Compression {
    batch.origin().map_or(batch.compression(), |origin| origin.header().compression())
}

fn crc(batch: &RecordBatch) -> u32 {
    batch.origin().map_or(batch.header().crc, |origin| origin.header().crc)
}

/// Hands a preview over to the page.
pub fn cell(preview: Preview) -> Cell {
    Cell {
        kind: match preview.kind {
            PreviewKind::Null => CellKind::Null,
            PreviewKind::Empty => CellKind::Empty,
            PreviewKind::Text => CellKind::Text,
            PreviewKind::Json => CellKind::Json,
            PreviewKind::Bytes => CellKind::Binary,
        },
        text: preview.text,
        bytes: preview.bytes_len,
        is_cut: preview.cut,
    }
}

/// Writes a timestamp type as Kafka does.
pub fn timestamp_type(kind: TimestampType) -> &'static str {
    match kind {
        TimestampType::CreateTime => "CreateTime",
        TimestampType::LogAppendTime => "LogAppendTime",
    }
}

/// Lists the facts of a batch: label and text.
pub fn batch_facts(batch: &RecordBatch, transaction: Transaction) -> Vec<(String, String)> {
    let header = batch.header();
    // Messages of the old formats have a CRC-32 of the common polynomial.
    let (format, checksum) = match magic(batch) {
        CURRENT_MAGIC => ("record batch, magic 2".to_owned(), "CRC-32C"),
        old => (format!("message, magic {old}"), "CRC-32"),
    };
    let unset = |value: i64| if value < 0 { "none".to_owned() } else { value.to_string() };
    let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
    let facts = [
        ("Offsets", format!("{} to {}", batch.base_offset(), batch.last_offset())),
        ("Records", header.record_count.to_string()),
        ("Bytes", batch.stored_bytes().to_string()),
        ("Format", format),
        ("Compression", compression(batch).to_string()),
        ("Timestamp type", timestamp_type(batch.timestamp_type()).to_owned()),
        ("Base timestamp", header.base_timestamp.to_string()),
        ("Max timestamp", header.max_timestamp.to_string()),
        ("Producer id", unset(header.producer_id)),
        ("Producer epoch", unset(header.producer_epoch.into())),
        ("Base sequence", unset(header.base_sequence.into())),
        ("Leader epoch", unset(header.partition_leader_epoch.into())),
        ("Transactional", yes(batch.is_transactional())),
        ("Transaction", transaction.as_str().to_owned()),
        ("Control", yes(batch.is_control())),
        (checksum, format!("{:08x}", crc(batch))),
    ];
    facts.into_iter().map(|(label, text)| (label.to_owned(), text)).collect()
}
