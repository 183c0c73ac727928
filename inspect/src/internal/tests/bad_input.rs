//! What is damaged, unknown or made to do harm.

use super::super::{Decoded, Decoder, Tree, control_key, control_value, decoder_for};
use super::corpus::{Sample, logs, samples};
use crate::limits::{DECODED_NODES_MAX, PREVIEW_CHARS};

fn decode(sample: &Sample, key: Option<&[u8]>, value: &[u8]) -> (Decoded, Decoded) {
    match decoder_for(&sample.topic) {
        Some(decoder) => (decoder.key(key), decoder.value(key, Some(value))),
        None => (control_key(key), control_value(key, Some(value))),
    }
}

/// All samples, and the records of the logs as such.
fn all() -> Vec<Sample> {
    let from_logs = logs().into_iter().zip(1..).filter_map(|(record, line)| {
        let topic = if record.is_control { "control".to_owned() } else { record.topic };
        let (key_json, value_json) = (None, record.printed);
        Some(Sample { line, topic, key: record.key, key_json, value: record.value?, value_json })
    });
    from_logs.chain(samples()).collect()
}

fn assert_sound(decoded: &Decoded, bytes: &[u8], place: &str) {
    assert!(decoded.summary.chars().count() <= PREVIEW_CHARS * 12, "{place}: {}", decoded.summary);
    if let Some(error) = &decoded.error {
        assert!(error.position <= bytes.len(), "{place}: {error}");
        assert!(!error.reason.is_empty(), "{place}");
    }
    if let Some(Tree::Bytes(rest)) = decoded.tree.get("undecoded") {
        assert!(bytes.ends_with(rest), "{place}: {decoded:?}");
    }
}

#[test]
fn a_record_that_is_cut_off_anywhere_says_so() {
    for sample in all() {
        for length in 0..sample.value.len() {
            let place = format!("{} cut at {length}", sample.value_json);
            let cut = &sample.value[..length];
            let (_, decoded) = decode(&sample, sample.key.as_deref(), cut);
            assert!(decoded.error.is_some(), "{place}: {decoded:?}");
            assert!(decoded.summary.starts_with("damaged"), "{place}: {}", decoded.summary);
            assert_sound(&decoded, cut, &place);
        }
        let Some(key) = &sample.key else { continue };
        for length in 0..key.len() {
            let cut = &key[..length];
            let (decoded, value) = decode(&sample, Some(cut), &sample.value);
            assert!(decoded.error.is_some(), "key of {} cut at {length}: {decoded:?}", sample.value_json);
            assert_sound(&decoded, cut, &sample.value_json);
            assert_sound(&value, &sample.value, &sample.value_json);
        }
    }
}

#[test]
fn any_byte_may_have_any_value() {
    for sample in all() {
        let mut value = sample.value.clone();
        for position in 0..value.len() {
            for flip in [0x01, 0x80, 0xff] {
                value[position] ^= flip;
                let place = format!("{} with byte {position} ^ {flip}", sample.value_json);
                assert_sound(&decode(&sample, sample.key.as_deref(), &value).1, &value, &place);
                value[position] ^= flip;
            }
        }
        let Some(mut key) = sample.key.clone() else { continue };
        for position in 0..key.len() {
            for flip in [0x01, 0x80, 0xff] {
                key[position] ^= flip;
                let (decoded, value) = decode(&sample, Some(&key), &sample.value);
                assert_sound(&decoded, &key, &sample.value_json);
                assert_sound(&value, &sample.value, &sample.value_json);
                key[position] ^= flip;
            }
        }
    }
}

#[test]
fn what_kafka_4_4_does_not_know_is_shown_as_bytes_with_its_numbers_and_is_no_error() {
    let decoder = Decoder::ConsumerOffsets;
    let key = decoder.key(Some(&[0, 99, 1, 2]));
    assert_eq!((key.error, key.tree.to_string()), (None, r#"{"type":"99","undecoded":"AQI="}"#.into()));
    assert_eq!(key.summary, "unknown type 99: 2 bytes");
    let value = decoder.value(Some(&[0, 99, 1, 2]), Some(&[0, 7, 3]));
    assert_eq!((value.error, value.tree.to_string()), (None, r#"{"version":"7","undecoded":"Aw=="}"#.into()));
    assert_eq!(value.summary, "unknown type 99: 2 bytes, version 7: 1 byte");

    let group = [0, 2, 0, 1, b'g'];
    let value = decoder.value(Some(&group), Some(&[0, 5, 3]));
    assert_eq!((value.error, value.name, value.version), (None, Some("GroupMetadataValue"), Some(5)));
    assert_eq!(value.tree.to_string(), r#"{"version":"5","undecoded":"Aw=="}"#);
    assert_eq!(value.summary, "group g, unknown version 5: 1 byte");
    assert_eq!(decoder.value(Some(&group), Some(&[0xff, 0xff, 3])).version, Some(-1));

    let decoder = Decoder::ClusterMetadata;
    let cases: [(&[u8], &str); 3] = [
        (&[2, 2, 0], r#"{"frameVersion":2,"undecoded":"AgA="}"#),
        (&[1, 0xc8, 1, 3, 9], r#"{"type":"200","version":3,"undecoded":"CQ=="}"#),
        (&[1, 2, 9, 9], r#"{"type":"TOPIC_RECORD","version":9,"undecoded":"CQ=="}"#),
    ];
    for (bytes, json) in cases {
        let value = decoder.value(None, Some(bytes));
        assert_eq!((value.error, value.tree.to_string()), (None, json.into()));
    }
    let (key, value) = ([0, 0, 0, 9], [0, 0, 5]);
    assert_eq!(control_key(Some(&key)).tree.to_string(), r#"{"version":0,"type":"9"}"#);
    let value = control_value(Some(&key), Some(&value));
    assert_eq!((value.error, value.tree.to_string()), (None, r#"{"version":0,"undecoded":"BQ=="}"#.into()));
}

#[test]
fn damage_names_the_field_and_the_byte_and_keeps_what_is_in_front_of_it() {
    let decoder = Decoder::ConsumerOffsets;
    let key = [&[0, 1, 0, 1, b'g', 0, 6][..], b"orders", &[0, 0, 0, 3]].concat();
    assert_eq!(decoder.key(Some(&key)).summary, "commit group g: orders-3");
    let damaged = decoder.key(Some(&key[..10]));
    let error = damaged.error.map(|error| error.to_string());
    assert_eq!(error.as_deref(), Some("topic, at byte 5: 6 bytes are announced, 3 bytes are left"));
    assert_eq!(damaged.tree.to_string(), r#"{"type":"1","data":{"group":"g"},"undecoded":"AAZvcmQ="}"#);

    let longer = [key.as_slice(), &[1, 2]].concat();
    let error = decoder.key(Some(&longer)).error.map(|error| error.to_string());
    assert_eq!(error.as_deref(), Some("at byte 17: 2 bytes follow where nothing should"));

    let mut no_text = key.clone();
    no_text[8] = 0xff;
    let error = decoder.key(Some(&no_text)).error.map(|error| error.to_string());
    assert_eq!(error.as_deref(), Some("topic, at byte 8: the text is not UTF-8"));
    let mut null = key;
    null[2..4].copy_from_slice(&[0xff, 0xff]);
    let error = decoder.key(Some(&null)).error.map(|error| error.to_string());
    assert_eq!(error.as_deref(), Some("group, at byte 2: it is null, which it must not be"));
}

#[test]
fn damage_within_what_a_member_brought_is_found_in_the_value() {
    let group = samples().into_iter().find(|sample| {
        sample.value_json.contains(r#""protocolType":"consumer""#)
            && sample.value_json.contains(r#"rackId":"#)
    });
    let group = group.unwrap();
    let decoder = Decoder::ConsumerOffsets;
    let whole = decoder.value(group.key.as_deref(), Some(&group.value));
    assert_eq!(whole.error, None);
    let found = (0..group.value.len()).filter_map(|position| {
        let mut value = group.value.clone();
        value[position] ^= 0x80;
        let error = decoder.value(group.key.as_deref(), Some(&value)).error?;
        // A digit in the names of topics.
        let is_meant = error.field.starts_with("members[0].subscription.topics")
            && group.value[position].is_ascii_digit();
        is_meant.then_some((position, error.position))
    });
    let found: Vec<_> = found.collect();
    assert!(found.len() >= 10, "{found:?}");
    assert!(found.iter().all(|(position, named)| position == named), "{found:?}");
}

#[test]
fn tagged_fields_that_are_not_known_are_kept() {
    // A topic record whose one tagged field has tag 77 and three bytes.
    let bytes = [&[1, 2, 0, 2, b't'][..], &[0; 16], &[1, 77, 3, 7, 8, 9]].concat();
    let value = Decoder::ClusterMetadata.value(None, Some(&bytes));
    assert_eq!(value.error, None);
    assert!(value.tree.to_string().ends_with(r#","unknownTaggedFields":[{"tag":77,"bytes":"BwgJ"}]}}"#));
    let too_long = [&bytes[..bytes.len() - 4], &[4, 7, 8, 9]].concat();
    let error = Decoder::ClusterMetadata.value(None, Some(&too_long)).error.map(|error| error.to_string());
    assert_eq!(error.as_deref(), Some("tagged field 77, at byte 24: 4 bytes are announced, 3 are left"));
}

#[test]
fn numbers_that_promise_more_than_there_is_cost_nothing() {
    let key = [0, 2, 0, 1, b'g'];
    // A group of version 0 that says it has two billion members.
    let bytes = [&[0; 8][..], &[0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff]].concat();
    let error = Decoder::ConsumerOffsets.value(Some(&key), Some(&bytes)).error.unwrap();
    assert_eq!(error.reason, "2147483647 elements are announced, 0 bytes are left");
    let cases = [
        (&[0xff, 0xff, 0xff, 0xff, 0x0f][..], "4294967294 bytes are announced, 0 bytes are left"),
        (&[0xff; 6], "the number has more than 32 bits"),
        (&[0xff, 0xff, 0xff, 0xff, 0x10], "the number has more than 32 bits"),
    ];
    for (varint, reason) in cases {
        let bytes = [&[1, 2, 0][..], varint].concat();
        let error = Decoder::ClusterMetadata.value(None, Some(&bytes)).error.unwrap();
        assert_eq!((error.field.as_str(), error.position, error.reason.as_str()), ("name", 3, reason));
    }
}

#[test]
fn more_elements_than_the_limit_are_not_decoded() {
    let elements = DECODED_NODES_MAX + 10;
    let mut bytes = vec![1, 3, 0, 0, 0, 0, 1];
    bytes.extend([0; 16]);
    let mut length = elements + 1;
    while length >= 0x80 {
        bytes.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    bytes.push(u8::try_from(length).unwrap());
    bytes.resize(bytes.len() + 4 * elements + 100, 0);
    let decoded = Decoder::ClusterMetadata.value(None, Some(&bytes));
    let error = decoded.error.unwrap();
    assert_eq!(error.reason, format!("more than {DECODED_NODES_MAX} fields and elements are not decoded"));
    assert!(error.field.starts_with("replicas["), "{}", error.field);
    let Some(Tree::List(replicas)) = decoded.tree.get("data").and_then(|data| data.get("replicas")) else {
        panic!("no replicas")
    };
    assert_eq!(replicas.len() + 2, DECODED_NODES_MAX);
}

#[test]
fn what_members_bring_counts_towards_the_same_limit() {
    // Two consumers of a group of version 0, each with topics enough for the limit alone.
    let topics = DECODED_NODES_MAX * 3 / 4;
    let mut subscription = vec![0, 0];
    subscription.extend(u32::try_from(topics).unwrap().to_be_bytes());
    subscription.resize(subscription.len() + 2 * topics, 0);
    subscription.extend([0xff; 4]);
    let mut member = vec![0; 10];
    member.extend(u32::try_from(subscription.len()).unwrap().to_be_bytes());
    member.extend(&subscription);
    member.extend([0; 4]);
    let head = [&[0, 0, 0, 8][..], b"consumer", &[0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 2]].concat();
    let group = [head, member.clone(), member].concat();
    let decoded = Decoder::ConsumerOffsets.value(Some(&[0, 2, 0, 1, b'g']), Some(&group));
    let error = decoded.error.unwrap();
    assert!(error.field.starts_with("members[1].subscription.topics["), "{error}");
    assert_eq!(error.reason, format!("more than {DECODED_NODES_MAX} fields and elements are not decoded"));
}
