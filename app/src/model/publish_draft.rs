//! A record that is being written: what the form holds, and the record it makes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::clock;
use crate::engine::protocol::{PublishHeader, PublishRecord};

/// How a typed key becomes bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyForm {
    /// As UTF-8.
    #[default]
    Text,
    /// Two hexadecimal digits a byte; blanks are for the eye.
    Hex,
    /// Base64 with `+` and `/`.
    Base64,
}

impl KeyForm {
    /// Returns its name in the form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Hex => "hex",
            Self::Base64 => "base64",
        }
    }

    /// Finds it by that name; text when there is none.
    pub fn parse(name: &str) -> Self {
        [Self::Hex, Self::Base64].into_iter().find(|form| form.as_str() == name).unwrap_or(Self::Text)
    }
}

/// One header, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderDraft {
    /// Its name.
    pub name: String,
    /// Its value; `None` is null.
    pub value: Option<String>,
}

/// A record, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublishDraft {
    /// The key; `None` is null.
    pub key: Option<String>,
    /// How the key becomes bytes.
    pub key_form: KeyForm,
    /// The value; `None` is null, a tombstone.
    pub value: Option<String>,
    /// The headers in order.
    pub headers: Vec<HeaderDraft>,
    /// The partition; `None` lets the key choose.
    pub partition: Option<i32>,
    /// The time; `None` is now.
    pub time: Option<String>,
}

impl PublishDraft {
    /// Makes the record.
    ///
    /// # Errors
    /// Says which field cannot be used, and why.
    pub fn record(&self) -> Result<PublishRecord, String> {
        let header = |header: &HeaderDraft| PublishHeader {
            key: header.name.clone(),
            value: header.value.clone().map(String::into_bytes),
        };
        Ok(PublishRecord {
            key: self.key.as_deref().map(|key| key_bytes(key, self.key_form)).transpose()?,
            value: self.value.clone().map(String::into_bytes),
            headers: self.headers.iter().map(header).collect(),
            partition: self.partition,
            timestamp: self.time.as_deref().map(clock::parse).transpose()?,
        })
    }
}

/// Turns a typed key into bytes.
///
/// # Errors
/// Says where it is no hexadecimal or base64.
pub fn key_bytes(text: &str, form: KeyForm) -> Result<Vec<u8>, String> {
    match form {
        KeyForm::Text => Ok(text.as_bytes().to_vec()),
        KeyForm::Hex => hex_bytes(text),
        KeyForm::Base64 => STANDARD
            .decode(text.trim())
            .map_err(|error| format!("This is no base64: {}", error.to_string().to_lowercase())),
    }
}

fn hex_bytes(text: &str) -> Result<Vec<u8>, String> {
    let mut digits = Vec::new();
    for (index, character) in text.chars().enumerate().filter(|(_, character)| !character.is_whitespace()) {
        let digit = character.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        digits.push(
            digit
                .ok_or_else(|| format!("{character:?} at position {} is no hexadecimal digit", index + 1))?,
        );
    }
    if digits.len() % 2 != 0 {
        return Err(format!("Two digits make a byte, and there are {}", digits.len()));
    }
    Ok(digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_and_empty_stay_different() {
        let empty =
            PublishDraft { key: Some(String::new()), value: Some(String::new()), ..PublishDraft::default() };
        let record = empty.record().unwrap();
        assert_eq!((record.key, record.value), (Some(Vec::new()), Some(Vec::new())));
        let null = PublishDraft::default().record().unwrap();
        assert_eq!((null.key, null.value), (None, None));
    }

    #[test]
    fn a_value_goes_as_it_was_typed_json_or_not() {
        let typed = " {\"a\": 1,}\n\u{202e}";
        let draft = PublishDraft { value: Some(typed.into()), ..PublishDraft::default() };
        assert_eq!(draft.record().unwrap().value.unwrap(), typed.as_bytes());
    }

    #[test]
    fn headers_keep_their_order_their_duplicates_and_their_nulls() {
        let header =
            |name: &str, value: Option<&str>| HeaderDraft { name: name.into(), value: value.map(Into::into) };
        let headers = vec![header("b", Some("1")), header("a", None), header("b", Some("2"))];
        let record = PublishDraft { headers, ..PublishDraft::default() }.record().unwrap();
        let found: Vec<_> = record.headers.iter().map(|it| (it.key.as_str(), it.value.as_deref())).collect();
        assert_eq!(found, [("b", Some(&b"1"[..])), ("a", None), ("b", Some(&b"2"[..]))]);
    }

    #[test]
    fn binary_keys_can_be_typed() {
        assert_eq!(key_bytes("00 ff\tA0", KeyForm::Hex), Ok(vec![0, 255, 160]));
        assert_eq!(key_bytes("AP+g", KeyForm::Base64), Ok(vec![0, 255, 160]));
        assert_eq!(key_bytes("", KeyForm::Hex), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_hexadecimal_or_base64_is_named() {
        assert_eq!(key_bytes("0x", KeyForm::Hex), Err("'x' at position 2 is no hexadecimal digit".into()));
        assert_eq!(key_bytes("abc", KeyForm::Hex), Err("Two digits make a byte, and there are 3".into()));
        assert!(key_bytes("a*", KeyForm::Base64).unwrap_err().starts_with("This is no base64"));
    }

    #[test]
    fn a_time_that_is_none_is_refused_before_anything_is_published() {
        let draft = PublishDraft { time: Some("soon".into()), ..PublishDraft::default() };
        assert!(draft.record().unwrap_err().contains("soon"));
        let draft = PublishDraft { time: Some("1970-01-01 00:00:01".into()), ..PublishDraft::default() };
        assert_eq!(draft.record().unwrap().timestamp, Some(1_000));
    }
}
