//! What Kafka wrote, decoded by us and by Kafka's own tools: both must print the same, letter by letter.

mod bad_input;
mod corpus;

use std::collections::BTreeSet;

use super::{
    Decoded, Decoder, cluster_metadata, consumer_offsets, control, control_key, control_value, decoder_for,
    share_group_state, transaction_state,
};
use corpus::{Sample, logs, samples};

/// The fields of the decoded tree as one line of JSON.
fn json(decoded: &Decoded, place: &str) -> String {
    assert_eq!(decoded.error, None, "{place}: {decoded:?}");
    decoded.tree.to_string()
}

#[test]
fn every_record_of_kafkas_internal_logs_is_decoded_as_kafkas_tool_prints_it() {
    let (mut keys, mut values, mut tombstones, mut controls, mut markers) = (0, 0, 0, 0, 0);
    for record in logs() {
        let (place, key, value) = (&record.place, record.key.as_deref(), record.value.as_deref());
        let printed = record.printed.as_str();
        if record.is_control {
            let decoded = control_value(key, value);
            let ours = json(&decoded, place);
            // The tool prints the quorum's records whole, and of a transaction's marker its type and its epoch. It does not
            // print the marker's version, nor the key of any control record.
            let kind = control_key(key).summary;
            match (kind.as_str(), printed.split_once('{')) {
                ("COMMIT" | "ABORT", None) => {
                    let epoch = printed.strip_prefix(&format!("endTxnMarker: {kind} coordinatorEpoch: "));
                    let epoch = epoch.unwrap_or_else(|| panic!("{place}: {kind}, and Kafka says {printed}"));
                    assert_eq!(ours, format!(r#"{{"version":0,"coordinatorEpoch":{epoch}}}"#), "{place}");
                    markers += 1;
                }
                (_, Some((name, _))) => {
                    let name = name.trim_end_matches([' ', ':']);
                    assert_eq!(kind.replace('_', ""), name.to_uppercase(), "{place}");
                    assert_eq!(ours, printed[printed.find('{').unwrap()..], "{place}");
                    controls += 1;
                }
                _ => panic!("{place}: Kafka prints {printed}"),
            }
            continue;
        }
        let decoder = decoder_for(&record.topic).unwrap_or_else(|| panic!("{place}: no decoder"));
        let (printed_key, printed_value) = match printed.strip_prefix("key: ") {
            Some(rest) => rest.split_once(" payload: ").map(|(key, value)| (Some(key), value)).unwrap(),
            None => (None, printed.strip_prefix("payload: ").unwrap()),
        };
        assert_eq!(printed_key.is_some(), key.is_some(), "{place}");
        if let Some(printed_key) = printed_key {
            assert_eq!(json(&decoder.key(key), place), printed_key, "{place}");
            keys += 1;
        }
        let decoded = decoder.value(key, value);
        if printed_value == "<DELETE>" {
            assert_eq!(value, None, "{place}");
            assert!(decoded.summary.ends_with(" (tombstone)"), "{place}: {}", decoded.summary);
            tombstones += 1;
        } else {
            assert_eq!(json(&decoded, place), printed_value, "{place}");
            values += 1;
        }
    }
    // As many as the corpus has.
    assert_eq!((keys, values, tombstones, controls, markers), COUNTED);
}

/// Keys, values, tombstones, records of the quorum, and markers of transactions in `tests/golden`: `kafka-4.4.0/internal` and
/// `kafka-4.0.0/formatted`.
const COUNTED: (usize, usize, usize, usize, usize) = (78, 199, 15, 8, 4);

fn decode(sample: &Sample) -> (Option<Decoded>, Decoded) {
    let (key, value) = (sample.key.as_deref(), Some(sample.value.as_slice()));
    match decoder_for(&sample.topic) {
        Some(decoder) => (key.map(|key| decoder.key(Some(key))), decoder.value(key, value)),
        None => (Some(control_key(key)), control_value(key, value)),
    }
}

#[test]
fn every_kind_and_version_is_decoded_as_kafkas_classes_wrote_it() {
    let mut seen = BTreeSet::new();
    for sample in samples() {
        let (key, value) = decode(&sample);
        let place = format!("line {}: {}", sample.line, sample.value_json);
        if let (Some(key), Some(printed)) = (&key, &sample.key_json) {
            assert_eq!(json(key, &place), *printed, "{place}");
            seen.insert((key.name.unwrap(), 0));
        }
        let ours = json(&value, &place);
        // Kafka's converters give the number, its tool the name, which is what we print.
        let printed =
            sample.value_json.replace(r#""transactionStatus":0,"#, r#""transactionStatus":"Empty","#);
        if value.name == Some("ClientQuotaRecord") {
            // Java writes large fractions in another way.
            let [ours, printed]: [serde_json::Value; 2] =
                [&ours, &printed].map(|text| serde_json::from_str(text).unwrap());
            assert_eq!(ours, printed, "{place}");
        } else {
            assert_eq!(ours, printed, "{place}");
        }
        seen.insert((value.name.unwrap(), u8::try_from(value.version.unwrap()).unwrap()));
    }
    let missing: Vec<_> = all_messages().into_iter().filter(|message| !seen.contains(message)).collect();
    assert_eq!(missing, [], "Kafka's classes wrote none of these");
}

/// The names of all messages in the tables, with each of their versions.
fn all_messages() -> Vec<(&'static str, u8)> {
    let topics = [&consumer_offsets::TOPIC, &transaction_state::TOPIC, &share_group_state::TOPIC];
    let coordinators = topics.into_iter().flat_map(|topic| topic.records.iter().copied().flatten());
    let mut messages: Vec<_> = coordinators.flat_map(|record| [record.key, record.value]).collect();
    messages.extend(cluster_metadata::messages());
    messages.extend(control::messages());
    let versions = |message: super::Message| (0..=message.last_version).map(move |it| (message.name, it));
    messages.into_iter().flat_map(versions).collect()
}

#[test]
fn a_line_says_what_a_record_is_about() {
    let mut lines = BTreeSet::new();
    for record in logs() {
        let (key, value) = (record.key.as_deref(), record.value.as_deref());
        let decoded = match decoder_for(&record.topic).filter(|_| !record.is_control) {
            Some(decoder) => decoder.value(key, value),
            None => control_value(key, value),
        };
        lines.insert(decoded.summary);
    }
    let expected = [
        "broker 1 changes, epoch 11, fenced false",
        "client quota request_percentage = 12.5",
        "commit group classic: orders-0 @ 10",
        "commit group tool: orders-1 (tombstone)",
        "config of broker: min.insync.replicas = 1",
        "config of group share: share.auto.offset.reset = earliest",
        "config of topic orders: retention.ms = none",
        "consumer group consumer, member h18qW4z0SXqHRoU4IzWUsw: client golden at /127.0.0.1, subscribed to [orders]",
        "consumer group consumer, member h18qW4z0SXqHRoU4IzWUsw: current assignment, epoch 2, stable, topics 1",
        "consumer group consumer: target assignment, epoch 3",
        "group classic: generation 2, members 0",
        "leader is 1, voters 1",
        "partition FS9hPnGbSvCNDyVE_GrPEg-0 changes, leader -1, ISR []",
        "partition FS9hPnGbSvCNDyVE_GrPEg-2: leader 1, replicas [1], ISR [1]",
        "share group share: FS9hPnGbSvCNDyVE_GrPEg-0, update of snapshot 0, from offset 0, state batches 14",
        "snapshot ends",
        "topic orders, id FS9hPnGbSvCNDyVE_GrPEg",
        "transaction committed, coordinator epoch 0",
        "transaction payments: Empty, producer 1 epoch 0",
        "transaction payments: PrepareCommit, producer 1 epoch 1, topics 2",
    ];
    for line in expected {
        assert!(lines.contains(line), "{line} is none of {lines:#?}");
    }
}

#[test]
fn what_is_null_is_said_so() {
    let group = [0, 2, 0, 1, b'g'];
    let line = |key: Option<&[u8]>, value: Option<&[u8]>| Decoder::ConsumerOffsets.value(key, value).summary;
    assert_eq!(
        Decoder::ConsumerOffsets.key(None),
        Decoded { summary: "no key".into(), ..Decoded::default() }
    );
    assert_eq!(line(Some(&group), None), "group g (tombstone)");
    assert_eq!(line(None, None), "no key (tombstone)");
    assert_eq!(line(None, Some(&[0, 1, 5])), "no key, version 1: 1 byte");
    assert_eq!(Decoder::ClusterMetadata.value(None, None).summary, "no value");
    assert_eq!(control_value(Some(&[0, 0, 0, 1]), None).summary, "COMMIT, no value");
    assert_eq!(control_key(None).summary, "no key");
    let key = Decoder::ClusterMetadata.key(Some(&[1]));
    assert_eq!((key.error, key.tree.to_string()), (None, r#"{"undecoded":"AQ=="}"#.into()));
}

#[test]
fn only_kafkas_own_topics_have_a_decoder() {
    assert_eq!(decoder_for("__consumer_offsets"), Some(Decoder::ConsumerOffsets));
    assert_eq!(decoder_for("orders"), None);
    assert_eq!(decoder_for("__consumer_offsets-0"), None);
}
