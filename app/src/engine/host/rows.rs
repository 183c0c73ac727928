//! Records as the page's rows and details.

use tablog_core::ids::PartitionId;
use tablog_core::record::{Record, RecordBatch, TimestampType};
use tablog_inspect::preview::{Preview, PreviewKind, RowPreview};
use tablog_inspect::time_order::{Row, RowContent};

use crate::engine::logic::words::capitalized;
use crate::engine::protocol::{BatchView, Cell, CellKind, RowView};

/// Pictures a row of a view.
pub fn row_view(row: &Row) -> RowView {
    match &row.content {
        // The row's time is the record's own; in the order it may count as later.
        RowContent::Record { record, batch } => record_view(row.partition, record, batch),
        RowContent::Unreadable { cause } => RowView {
            partition: row.partition.value(),
            offset: row.offset.value(),
            timestamp: row.timestamp.millis(),
            key: cell(Preview::of(None)),
            value: cell(Preview::of(None)),
            headers: 0,
            is_control: false,
            problem: Some(capitalized(cause)),
            batch: None,
        },
    }
}

/// Pictures a record.
pub fn record_view(partition: PartitionId, record: &Record, batch: &RecordBatch) -> RowView {
    let preview = RowPreview::of(record);
    RowView {
        partition: partition.value(),
        offset: record.offset.value(),
        timestamp: record.timestamp.millis(),
        key: cell(preview.key),
        value: cell(preview.value),
        headers: u32::try_from(record.headers.len()).unwrap_or(u32::MAX),
        is_control: batch.is_control(),
        problem: None,
        batch: Some(batch_view(batch)),
    }
}

fn batch_view(batch: &RecordBatch) -> BatchView {
    let header = batch.header();
    BatchView {
        base_offset: batch.base_offset().value(),
        last_offset: batch.last_offset().value(),
        bytes: u32::try_from(batch.bytes().len()).unwrap_or(u32::MAX),
        codec: batch.compression().number(),
        is_log_append_time: batch.timestamp_type() == TimestampType::LogAppendTime,
        producer_id: header.producer_id,
        producer_epoch: header.producer_epoch,
        base_sequence: header.base_sequence,
        leader_epoch: header.partition_leader_epoch,
        crc: header.crc,
    }
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
pub fn batch_facts(batch: &RecordBatch) -> Vec<(String, String)> {
    let header = batch.header();
    let unset = |value: i64| if value < 0 { "none".to_owned() } else { value.to_string() };
    let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
    let facts = [
        ("Offsets", format!("{} to {}", batch.base_offset(), batch.last_offset())),
        ("Records", header.record_count.to_string()),
        ("Bytes", batch.bytes().len().to_string()),
        ("Compression", batch.compression().to_string()),
        ("Timestamp type", timestamp_type(batch.timestamp_type()).to_owned()),
        ("Base timestamp", header.base_timestamp.to_string()),
        ("Max timestamp", header.max_timestamp.to_string()),
        ("Producer id", unset(header.producer_id)),
        ("Producer epoch", unset(header.producer_epoch.into())),
        ("Base sequence", unset(header.base_sequence.into())),
        ("Leader epoch", unset(header.partition_leader_epoch.into())),
        ("Transactional", yes(batch.is_transactional())),
        ("Control", yes(batch.is_control())),
        ("CRC-32C", format!("{:08x}", header.crc)),
    ];
    facts.into_iter().map(|(label, text)| (label.to_owned(), text)).collect()
}
