//! Files of lines: Tablog's own, kcat's, and plain JSON.

use bytes::Bytes;
use tablog_core::ids::{Offset, PartitionId, Timestamp, TopicName};
use tablog_core::portable::{
    Format, LinesReader, OnError, PlainOptions, PortableRecord, detect, write_kcat, write_tablog,
};
use tablog_core::record::{Record, TimestampType};

/// Takes a byte for the chunks' length, one for the format, and the file.
pub fn json_lines(data: &[u8]) {
    let Some((&[chunk, format], file)) = data.split_first_chunk::<2>() else { return };
    let format = match format % 4 {
        0 => None,
        1 => Some(Format::Tablog),
        2 => Some(Format::Kcat),
        _ => Some(Format::Plain),
    };
    if file.len() < 4_096 {
        drop(detect(file));
    }
    let records = read(format, file, usize::from(chunk).max(1));
    assert_eq!(records, read(format, file, file.len().max(1)), "chunks make no difference");
    for record in records {
        comes_back(record);
    }
}

fn read(format: Option<Format>, file: &[u8], chunk_bytes: usize) -> Vec<PortableRecord> {
    let plain = PlainOptions { key_field: Some("key".into()), timestamp_field: Some("at".into()) };
    let mut reader = LinesReader::new(format, plain, OnError::Skip);
    let mut records = Vec::new();
    for chunk in file.chunks(chunk_bytes) {
        reader.push(Bytes::copy_from_slice(chunk));
        while let Some(record) = reader.next_record() {
            records.push(record.unwrap());
        }
    }
    reader.finish();
    while let Some(record) = reader.next_record() {
        records.push(record.unwrap());
    }
    let lines = u64::try_from(file.split(|&byte| byte == b'\n').count()).unwrap();
    assert!(reader.records() + reader.rejected().lines <= lines);
    assert_eq!(reader.records(), u64::try_from(records.len()).unwrap());
    for error in &reader.rejected().first {
        assert!(error.line >= 1 && error.line <= lines, "{error}");
    }
    records
}

/// Writes a record in the formats that we write, and reads it again.
fn comes_back(read_before: PortableRecord) {
    let PortableRecord { topic, partition, offset, timestamp_type, record, .. } = read_before;
    let topic = topic.unwrap_or_else(|| TopicName::parse("t").unwrap());
    let partition = partition.unwrap_or(PartitionId::new(0));
    let by = timestamp_type.unwrap_or(TimestampType::CreateTime);
    let record = Record {
        offset: offset.unwrap_or(Offset::ZERO),
        timestamp: record.timestamp.unwrap_or(Timestamp::from_millis(7)),
        key: record.key,
        value: record.value,
        headers: record.headers,
    };
    let mut own = Vec::new();
    write_tablog(&mut own, &topic, partition, by, &record);
    let mut written = vec![(Format::Tablog, own)];
    let mut kcat = Vec::new();
    if write_kcat(&mut kcat, &topic, partition, by, &record).is_ok() {
        written.push((Format::Kcat, kcat));
    }
    for (format, line) in written {
        let again = read(Some(format), &line, line.len());
        let [again] = &again[..] else { panic!("{format:?}: {}", String::from_utf8_lossy(&line)) };
        assert_eq!(again.topic.as_ref(), Some(&topic));
        assert_eq!((again.partition, again.offset), (Some(partition), Some(record.offset)));
        assert_eq!(again.timestamp_type, Some(by));
        let back = again.record.clone();
        // kcat has no place for a time before 1970.
        if format == Format::Tablog {
            assert_eq!(back.timestamp, Some(record.timestamp));
        }
        assert_eq!((&back.key, &back.value, &back.headers), (&record.key, &record.value, &record.headers));
    }
}
