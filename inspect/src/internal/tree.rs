//! What a decoded key or value looks like: fields in the order in which Kafka declares and prints them.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

/// A decoded piece. As JSON ([`fmt::Display`], [`Serialize`]) it is written as Kafka's own `…JsonConverter` classes write it:
/// bytes in base64, uuids as 22 letters, absent tagged fields left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Tree {
    /// Null: of a nullable field, or no key or value at all.
    #[default]
    Null,
    /// A flag.
    Bool(bool),
    /// A number of any width.
    Int(i64),
    /// A fraction. In JSON, one that is not finite is a string.
    Float(f64),
    /// Text, a uuid, or the name of a number.
    Text(String),
    /// Bytes whose meaning is not Kafka's, or not known.
    Bytes(Vec<u8>),
    /// Elements in their order.
    List(Vec<Tree>),
    /// Fields by name, in their order.
    Fields(Vec<(&'static str, Tree)>),
}

impl Tree {
    /// Returns a field by its name; `None` where there is none.
    pub fn get(&self, name: &str) -> Option<&Tree> {
        let Self::Fields(fields) = self else { return None };
        fields.iter().find(|field| field.0 == name).map(|field| &field.1)
    }

    /// As [`Tree::get`], to change it.
    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Tree> {
        let Self::Fields(fields) = self else { return None };
        fields.iter_mut().find(|field| field.0 == name).map(|field| &mut field.1)
    }

    /// Makes a text.
    pub(super) fn text(text: impl fmt::Display) -> Self {
        Self::Text(text.to_string())
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(flag) => serializer.serialize_bool(*flag),
            Self::Int(number) => serializer.serialize_i64(*number),
            Self::Float(number) if number.is_finite() => serializer.serialize_f64(*number),
            Self::Float(number) => serializer.collect_str(number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Bytes(bytes) => serializer.serialize_str(&STANDARD.encode(bytes)),
            Self::List(elements) => {
                let mut list = serializer.serialize_seq(Some(elements.len()))?;
                elements.iter().try_for_each(|element| list.serialize_element(element))?;
                list.end()
            }
            Self::Fields(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                fields.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
                map.end()
            }
        }
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_order_and_every_kind_has_its_json() {
        let tree = Tree::Fields(vec![
            ("z", Tree::List(vec![Tree::Int(i64::MIN), Tree::Bool(true), Tree::Null])),
            ("a", Tree::Bytes(vec![0xff, 0])),
            ("text", Tree::text("a\"\n")),
            ("one", Tree::Float(1.0)),
            ("none", Tree::Float(f64::NAN)),
        ]);
        assert_eq!(
            tree.to_string(),
            r#"{"z":[-9223372036854775808,true,null],"a":"/wA=","text":"a\"\n","one":1.0,"none":"NaN"}"#
        );
        assert_eq!(tree.get("one"), Some(&Tree::Float(1.0)));
        assert_eq!(tree.get("two"), None);
        assert_eq!(Tree::Null.get("one"), None);
    }
}
