//! How fast the codecs are: `cargo run --release -p tablog-core --example speed`. Each figure is the best of five runs.
#![allow(clippy::unwrap_used, reason = "an example ends at the first error")]

use std::hint::black_box;
use std::time::Instant;

use bytes::Bytes;
use tablog_core::ids::{Offset, PartitionId, Timestamp, TopicName};
use tablog_core::limits::BATCH_BYTES_TARGET;
use tablog_core::portable::{Format, LinesReader, OnError, PlainOptions, write_kcat, write_tablog};
use tablog_core::record::{BatchBuilder, NewRecord, Record, RecordBatch, TimestampType};

const RECORDS: usize = 1_000_000;
const VALUE_BYTES: usize = 200;
const CHUNK_BYTES: usize = 256 * 1024;

fn main() {
    let records = events();
    let batches = encode(&records);
    let row: Vec<u8> = batches.iter().flat_map(|batch| batch.bytes().iter().copied()).collect();
    let row = Bytes::from(row);
    let bytes = row.len();

    measure("encode records into 16 KiB batches, with CRC", bytes, || encode(&records).len());
    measure("parse the batches of a row", bytes, || RecordBatch::parse_all(row.clone()).unwrap().len());
    measure("verify CRCs", bytes, || batches.iter().filter(|batch| batch.verify_crc().is_ok()).count());
    measure("walk records, sharing bytes", bytes, || {
        batches.iter().map(|batch| batch.records().unwrap().map(Result::unwrap).count()).sum()
    });
    measure("walk record views", bytes, || {
        batches.iter().map(|batch| batch.open().unwrap().views().map(Result::unwrap).count()).sum()
    });

    let topic = TopicName::parse("events").unwrap();
    let partition = PartitionId::new(0);
    let stored: Vec<Record> =
        batches.iter().flat_map(|batch| batch.records().unwrap().map(Result::unwrap)).collect();
    let write = |tablog: bool| {
        let mut out = Vec::new();
        for record in &stored {
            if tablog {
                write_tablog(&mut out, &topic, partition, TimestampType::CreateTime, record);
            } else {
                write_kcat(&mut out, &topic, partition, TimestampType::CreateTime, record).unwrap();
            }
        }
        out
    };
    let plain: Vec<u8> =
        stored.iter().flat_map(|record| [record.value.as_deref().unwrap(), b"\n"].concat()).collect();
    let (tablog, kcat) = (write(true), write(false));
    measure("write Tablog's lines", tablog.len(), || write(true).len());
    measure("write kcat's lines", kcat.len(), || write(false).len());
    read("read plain JSON lines", Format::Plain, PlainOptions::default(), plain.clone());
    let fields = PlainOptions { key_field: Some("id".into()), timestamp_field: Some("at".into()) };
    read("read plain JSON lines, key and time taken out", Format::Plain, fields, plain);
    read("read Tablog's lines", Format::Tablog, PlainOptions::default(), tablog);
    read("read kcat's lines", Format::Kcat, PlainOptions::default(), kcat);
}

/// JSON events of just 200 bytes, no two alike.
fn events() -> Vec<NewRecord> {
    let event = |index: usize| {
        let start = format!("{{\"id\":\"order-{index}\",\"at\":{},\"note\":\"", 1_700_000_000_000 + index);
        let value =
            format!("{start}{}\"}}", "lorem ipsum ".repeat(20).split_at(VALUE_BYTES - start.len() - 2).0);
        NewRecord { value: Some(value.into()), ..NewRecord::default() }
    };
    (0..RECORDS).map(event).collect()
}

fn encode(records: &[NewRecord]) -> Vec<RecordBatch> {
    let now = Timestamp::from_millis(1_700_000_000_000);
    let mut batches = Vec::new();
    let mut next = Offset::ZERO;
    let mut builder = BatchBuilder::at(next);
    for record in records {
        if builder.record_count() > 0 && builder.bytes_len_with(record, now) > BATCH_BYTES_TARGET {
            let batch = std::mem::take(&mut builder).build().with_base_offset(next);
            next = batch.next_offset();
            batches.push(batch);
        }
        builder.try_push(record, now).unwrap();
    }
    batches.push(builder.build().with_base_offset(next));
    batches
}

fn read(name: &str, format: Format, options: PlainOptions, text: Vec<u8>) {
    let text = Bytes::from(text);
    measure(name, text.len(), || {
        let mut reader = LinesReader::new(Some(format), options.clone(), OnError::Stop);
        let mut records = 0;
        let mut rest = text.clone();
        while !rest.is_empty() {
            reader.push(rest.split_to(CHUNK_BYTES.min(rest.len())));
            while let Some(record) = reader.next_record() {
                black_box(record.unwrap());
                records += 1;
            }
        }
        reader.finish();
        records
    });
}

#[allow(clippy::cast_precision_loss, reason = "figures to look at")]
fn measure(name: &str, bytes: usize, mut run: impl FnMut() -> usize) {
    let seconds = (0..5)
        .map(|_| {
            let start = Instant::now();
            black_box(run());
            start.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min);
    let megabytes = bytes as f64 / 1e6;
    println!("{name:50} {:8.0} MB/s {:8.2} M records/s", megabytes / seconds, RECORDS as f64 / seconds / 1e6);
}
