//! Crossing the border: plain objects out, errors with a name, Kafka's words in.

use std::fmt::{Debug, Display};

use js_sys::{Error, Object, Reflect};
use tablog_core::broker::Acks;
use tablog_core::ids::{Offset, PartitionId, TopicName, TopicPartition};
use tablog_core::record::Compression;
use wasm_bindgen::prelude::*;

/// Makes a plain object.
pub fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        // A plain object takes any field.
        Reflect::set(&object, &(*name).into(), value).ok();
    }
    object.into()
}

/// Makes what a promise is rejected with: an `Error` that has the name of the innermost case, such as `QuotaExceeded`.
pub fn rejection(error: impl Display + Debug) -> JsValue {
    let case = format!("{error:?}");
    let case = case.strip_prefix("Storage(").unwrap_or(&case);
    let name: String = case.chars().take_while(char::is_ascii_alphanumeric).collect();
    let thrown = Error::new(&error.to_string());
    thrown.set_name(&name);
    thrown.into()
}

/// Reads a number of an options object.
pub fn number(options: &JsValue, name: &str) -> Result<u32, JsValue> {
    let value = Reflect::get(options, &name.into())?.as_f64();
    value
        .map(|value| value as u32)
        .ok_or_else(|| Error::new(&format!("there is no number `{name}` in the options")).into())
}

/// Parses a topic and puts a partition to it.
pub fn partition(topic: &str, partition: i32) -> Result<TopicPartition, JsValue> {
    Ok(TopicPartition { topic: name(topic)?, partition: PartitionId::new(partition) })
}

/// Parses a topic's name.
pub fn name(topic: &str) -> Result<TopicName, JsValue> {
    TopicName::parse(topic).map_err(rejection)
}

/// Parses Kafka's `acks`.
pub fn acks(word: &str) -> Result<Acks, JsValue> {
    match word {
        "0" => Ok(Acks::None),
        "1" => Ok(Acks::Leader),
        "all" => Ok(Acks::All),
        _ => Err(Error::new(&format!("acks is 0, 1 or all, not `{word}`")).into()),
    }
}

/// Writes Kafka's `acks`.
pub fn word_of(acks: Acks) -> &'static str {
    match acks {
        Acks::None => "0",
        Acks::Leader => "1",
        Acks::All => "all",
    }
}

/// Parses Kafka's `compression.type`.
pub fn codec(word: &str) -> Result<Compression, JsValue> {
    Compression::parse(word).ok_or_else(|| Error::new(&format!("there is no codec `{word}`")).into())
}

/// Gives an offset to JavaScript.
pub fn from_offset(offset: Offset) -> JsValue {
    (offset.value() as f64).into()
}
