//! Keys and values of Kafka's internal topics, and control records.

use tablog_inspect::Preview;
use tablog_inspect::internal::{Decoded, Decoder, Tree, control_key, control_value};
use tablog_inspect::limits::PREVIEW_CHARS;

/// Takes a byte for the topic, one for the key's length, the key and the value.
pub fn internal_topics(data: &[u8]) {
    let Some((&[topic, key_length], rest)) = data.split_first_chunk::<2>() else { return };
    let (key, value) = rest.split_at(usize::from(key_length).min(rest.len()));
    let decoder = match topic % 5 {
        0 => Decoder::ConsumerOffsets,
        1 => Decoder::TransactionState,
        2 => Decoder::ShareGroupState,
        3 => Decoder::ClusterMetadata,
        _ => {
            check(&control_key(Some(key)), key);
            check(&control_value(Some(key), Some(value)), value);
            check(&control_value(None, Some(value)), value);
            return;
        }
    };
    check(&decoder.key(Some(key)), key);
    check(&decoder.value(Some(key), Some(value)), value);
    check(&decoder.value(None, Some(value)), value);
    check(&decoder.value(Some(key), None), &[]);
    drop(Preview::of(Some(value)));
}

fn check(decoded: &Decoded, bytes: &[u8]) {
    assert!(decoded.summary.chars().count() <= PREVIEW_CHARS * 12, "{}", decoded.summary);
    if let Some(error) = &decoded.error {
        assert!(error.position <= bytes.len() && !error.reason.is_empty(), "{error}");
    }
    if let Some(Tree::Bytes(rest)) = decoded.tree.get("undecoded") {
        assert!(bytes.ends_with(rest));
    }
    let json = decoded.tree.to_string();
    if let Err(error) = serde_json::from_str::<serde_json::Value>(&json) {
        panic!("{error}: {json}");
    }
}
