//! Records as the page's rows and details.

use tablog_core::record::RecordBatch;
use tablog_core::record::TimestampType;
use tablog_inspect::preview::{Preview, PreviewKind, RowPreview};
use tablog_inspect::time_order::{Row, RowContent};

use crate::engine::protocol::{Cell, CellKind, RowView};

/// Pictures a row of a view.
pub fn row_view(row: &Row) -> RowView {
    let place = (row.partition.value(), row.offset.value(), row.timestamp.millis());
    match &row.content {
        RowContent::Record { record, batch } => {
            let preview = RowPreview::of(record);
            RowView {
                partition: place.0,
                offset: place.1,
                timestamp: place.2,
                key: cell(preview.key),
                value: cell(preview.value),
                headers: u32::try_from(record.headers.len()).unwrap_or(u32::MAX),
                is_control: batch.is_control(),
                problem: None,
            }
        }
        RowContent::Unreadable { cause } => RowView {
            partition: place.0,
            offset: place.1,
            timestamp: place.2,
            key: cell(Preview::of(None)),
            value: cell(Preview::of(None)),
            headers: 0,
            is_control: false,
            problem: Some(cause.to_string()),
        },
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
