//! What the readers and writers promise: out and back identical, whatever the chunks.

mod files;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::ids::Timestamp;
use crate::record::{Header, Record};

/// A record as it lies in a topic.
#[derive(Clone, Debug)]
struct Stored {
    topic: TopicName,
    partition: PartitionId,
    timestamp_type: TimestampType,
    record: Record,
}

impl Stored {
    fn as_read(&self, line: u64) -> PortableRecord {
        let Record { offset, timestamp, key, value, headers } = self.record.clone();
        PortableRecord {
            line,
            topic: Some(self.topic.clone()),
            partition: Some(self.partition),
            offset: Some(offset),
            timestamp_type: Some(self.timestamp_type),
            record: NewRecord { timestamp: Some(timestamp), key, value, headers },
        }
    }

    fn write_tablog(&self, out: &mut Vec<u8>) {
        write_tablog(out, &self.topic, self.partition, self.timestamp_type, &self.record);
    }

    fn write_kcat(&self, out: &mut Vec<u8>) -> Result<(), NotForKcat> {
        write_kcat(out, &self.topic, self.partition, self.timestamp_type, &self.record)
    }
}

fn any_bytes() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        vec(any::<u8>(), 0..20).prop_map(Bytes::from),
        any::<String>().prop_map(Bytes::from),
        "[\\x00-\\x7f]{0,9}".prop_map(Bytes::from),
        Just(Bytes::from_static(b"null")),
    ]
}

fn any_stored() -> impl Strategy<Value = Stored> {
    let header = (any_bytes(), option::of(any_bytes())).prop_map(|(key, value)| Header { key, value });
    let content = (option::of(any_bytes()), option::of(any_bytes()), vec(header, 0..4));
    ("[a-c]{1,3}", any::<i32>(), any::<bool>(), any::<i64>(), any::<i64>(), content).prop_map(
        |(topic, partition, by_log, offset, millis, (key, value, headers))| {
            let (offset, timestamp) = (Offset::new(offset), Timestamp::from_millis(millis));
            Stored {
                topic: TopicName::parse(&topic).unwrap(),
                partition: PartitionId::new(partition),
                timestamp_type: if by_log { TimestampType::LogAppendTime } else { TimestampType::CreateTime },
                record: Record { offset, timestamp, key, value, headers },
            }
        },
    )
}

fn read_chunks(mut reader: LinesReader, chunks: &[&[u8]]) -> (Vec<PortableRecord>, Vec<LineError>) {
    let (mut records, mut errors) = (Vec::new(), Vec::new());
    let mut take = |reader: &mut LinesReader| {
        while let Some(result) = reader.next_record() {
            match result {
                Ok(record) => records.push(record),
                Err(error) => errors.push(error),
            }
        }
    };
    for chunk in chunks {
        reader.push(Bytes::copy_from_slice(chunk));
        take(&mut reader);
    }
    reader.finish();
    take(&mut reader);
    assert_eq!(reader.records(), u64::try_from(records.len()).unwrap());
    errors.extend(reader.rejected().first.clone());
    (records, errors)
}

fn reader(format: impl Into<Option<Format>>, on_error: OnError) -> LinesReader {
    LinesReader::new(format.into(), PlainOptions::default(), on_error)
}

/// Reads a whole file and gives its only error, or none.
fn read(format: Format, text: &[u8]) -> Result<Vec<PortableRecord>, LineError> {
    let (records, errors) = read_chunks(reader(format, OnError::Skip), &[text]);
    errors.into_iter().next().map_or(Ok(records), Err)
}

fn problem(format: Format, line: &str) -> String {
    read(format, line.as_bytes()).unwrap_err().to_string()
}

proptest! {
    #[test]
    fn tablogs_lines_lose_nothing(all in vec(any_stored(), 1..6), told in any::<bool>()) {
        let mut out = Vec::new();
        all.iter().for_each(|stored| stored.write_tablog(&mut out));
        prop_assert!(std::str::from_utf8(&out).unwrap().lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
        let expected: Vec<_> = (1..).zip(&all).map(|(line, stored)| stored.as_read(line)).collect();
        let format = told.then_some(Format::Tablog);
        let (read, errors) = read_chunks(reader(format, OnError::Stop), &[&out]);
        prop_assert_eq!(errors, vec![]);
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn kcats_lines_lose_nothing_or_are_refused(all in vec(any_stored(), 1..6)) {
        let mut out = Vec::new();
        let mut written = Vec::new();
        for stored in &all {
            let before = out.len();
            match stored.write_kcat(&mut out) {
                Ok(()) => written.push(stored),
                Err(refused) => {
                    prop_assert_eq!(out.len(), before);
                    prop_assert_eq!(refused.offset, stored.record.offset);
                }
            }
        }
        prop_assert!(std::str::from_utf8(&out).unwrap().lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
        let expected: Vec<_> = (1..).zip(written).map(|(line, stored)| stored.as_read(line)).collect();
        prop_assert_eq!(read(Format::Kcat, &out).unwrap(), expected);
    }

    #[test]
    fn chunks_make_no_difference(
        all in vec(any_stored(), 0..5),
        broken in option::of(0..5_usize),
        cuts in vec(any::<prop::sample::Index>(), 0..5),
        windows in any::<bool>(),
        told in option::of(prop_oneof![Just(Format::Tablog), Just(Format::Kcat), Just(Format::Plain)]),
        stop in any::<bool>(),
    ) {
        let mut out = b"\xEF\xBB\xBF".to_vec();
        for (index, stored) in all.iter().enumerate() {
            if broken == Some(index) {
                out.extend_from_slice(b"{\"\xC3\xBC\":nonsense}\n\n");
            }
            stored.write_tablog(&mut out);
            if windows {
                out.insert(out.len() - 1, b'\r');
            }
        }
        let on_error = if stop { OnError::Stop } else { OnError::Skip };
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(out.len())).collect();
        cuts.extend([0, out.len()]);
        cuts.sort_unstable();
        let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &out[pair[0]..pair[1]]).collect();
        let whole = read_chunks(reader(told, on_error), &[&out]);
        prop_assert_eq!(read_chunks(reader(told, on_error), &chunks), whole.clone());
        let bytes: Vec<&[u8]> = out.chunks(1).collect();
        prop_assert_eq!(read_chunks(reader(told, on_error), &bytes), whole);
    }

    #[test]
    fn any_bytes_are_read_without_panic(
        text in vec(prop_oneof![any::<u8>(), Just(b'\n'), Just(b'{'), Just(b'"'), Just(b'}')], 0..80),
        told in option::of(prop_oneof![Just(Format::Tablog), Just(Format::Kcat), Just(Format::Plain)]),
    ) {
        let (_, errors) = read_chunks(reader(told, OnError::Skip), &[&text]);
        for error in errors {
            prop_assert!(error.column <= error.column_bytes);
        }
    }

    #[test]
    fn plain_lines_are_kept_byte_for_byte(lines in vec(any::<String>(), 0..6)) {
        let lines: Vec<String> = lines.iter().map(|text| format!(" {} ", serde_json::to_string(text).unwrap())).collect();
        let read = read(Format::Plain, lines.join("\n").as_bytes()).unwrap();
        let values: Vec<_> = read.into_iter().map(|record| record.record.value.unwrap()).collect();
        prop_assert_eq!(values, lines);
    }
}

#[test]
fn the_lines_look_as_they_are_documented() {
    let header = |value| Header { key: "trace".into(), value };
    let mut stored = Stored {
        topic: TopicName::parse("orders").unwrap(),
        partition: PartitionId::new(0),
        timestamp_type: TimestampType::CreateTime,
        record: Record {
            offset: Offset::new(41),
            timestamp: Timestamp::from_millis(1_700_000_000_123),
            key: Some("o-7".into()),
            value: Some(r#"{"total":12}"#.into()),
            headers: vec![header(Some("a1".into())), header(None)],
        },
    };
    let mut out = Vec::new();
    stored.write_tablog(&mut out);
    let kcat_at = out.len();
    stored.write_kcat(&mut out).unwrap();
    assert_eq!(
        std::str::from_utf8(&out[..kcat_at]).unwrap(),
        concat!(
            r#"{"topic":"orders","partition":0,"offset":41,"timestamp":1700000000123,"timestamp_type":"CreateTime","#,
            r#""key":"o-7","value":"{\"total\":12}","headers":[["trace","a1"],["trace",null]]}"#,
            "\n"
        )
    );
    assert_eq!(
        std::str::from_utf8(&out[kcat_at..]).unwrap(),
        concat!(
            r#"{"topic":"orders","partition":0,"offset":41,"tstype":"create","ts":1700000000123,"broker":-1,"#,
            r#""headers":["trace","a1","trace",null],"key":"o-7","payload":"{\"total\":12}"}"#,
            "\n"
        )
    );
    stored.record.key = Some(Bytes::from_static(&[0xFF, 0x00]));
    stored.record.value = None;
    stored.record.headers =
        vec![Header { key: Bytes::from_static(&[0xFF]), value: Some(Bytes::from_static(&[0xFE])) }];
    out.clear();
    stored.write_tablog(&mut out);
    assert!(out.ends_with(
        b"\"key_base64\":\"/wA=\",\"value\":null,\"headers\":[[{\"base64\":\"/w==\"},{\"base64\":\"/g==\"}]]}\n"
    ));
    assert_eq!(
        stored.write_kcat(&mut out).unwrap_err().to_string(),
        "the record at partition 0, offset 41 cannot be written for kcat: its key is no UTF-8 text, and kcat's envelope \
         has no place for other bytes"
    );
}

#[test]
fn what_kcat_itself_printed_is_read_exactly() {
    // kcat 1.7.1 with librdkafka 2.0.2: bytes that are no text, control characters, empty and null.
    let printed = b"{\"topic\":\"t\",\"partition\":0,\"offset\":1,\"tstype\":\"create\",\"ts\":1795404420492,\"broker\":1,\
        \"headers\":[\"a\",\"1\",\"b\",\"\",\"n\",null,\"a\",\"\xc3\xbc\",\"x\",\"\xff\"],\"key\":\"bin\",\
        \"payload\":\"\xff\xfe\\u0001\\u001F\x7f\\\"\\\\/\\n\\t\\b\\f\\r\"}\n\
        {\"topic\":\"t2\",\"partition\":0,\"offset\":0,\"tstype\":\"create\",\"ts\":1795404401196,\"broker\":1,\
        \"key\":null,\"payload\":null}\n";
    let (records, errors) = read_chunks(reader(None, OnError::Stop), &[printed]);
    assert_eq!(errors, []);
    let first = &records[0].record;
    assert_eq!(first.value, Some(Bytes::from_static(b"\xff\xfe\x01\x1f\x7f\"\\/\n\t\x08\x0c\r")));
    let headers: Vec<_> =
        first.headers.iter().map(|header| (&header.key[..], header.value.as_deref())).collect();
    let expected: [(&[u8], Option<&[u8]>); 5] = [
        (b"a", Some(b"1")),
        (b"b", Some(b"")),
        (b"n", None),
        (b"a", Some("ü".as_bytes())),
        (b"x", Some(b"\xff")),
    ];
    assert_eq!(headers, expected);
    assert_eq!(first.timestamp, Some(Timestamp::from_millis(1_795_404_420_492)));
    assert_eq!((&records[1].record.key, &records[1].record.value), (&None, &None));
    assert_eq!(records[1].topic.as_ref().unwrap().as_str(), "t2");
}

#[test]
fn kcats_other_forms_are_read() {
    let one = |line: &str| read(Format::Kcat, line.as_bytes()).unwrap().remove(0).record;
    let by_name = one(r#"{"headers":{"a":["1",null],"b":[]},"payload":""}"#);
    assert_eq!(by_name.headers.len(), 2);
    assert_eq!(by_name.timestamp, None);
    assert_eq!(one(r#"{"tstype":"unknown","ts":0,"payload":""}"#).timestamp, None);
    assert_eq!(one(r#"{"payload":{"a": 1},"value_schema_id":7}"#).value, Some(r#"{"a": 1}"#.into()));
    assert_eq!(
        problem(Format::Kcat, r#"{"payload":null,"payload_error":"no schema"}"#),
        "line 1, column 33: kcat could not decode this record: no schema"
    );
}
