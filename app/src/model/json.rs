//! Tells whether a text is JSON, and if not, where it breaks. It never changes the text.

use serde::de::IgnoredAny;

/// What a text is, seen as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonCheck {
    /// Nothing but white space: there is nothing to say.
    Blank,
    /// One JSON value.
    Valid,
    /// Not JSON.
    Broken(Break),
    /// Longer than [`CHECKED_BYTES_MAX`]: not looked at.
    TooLong,
}

/// Where and why a text stops being JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters from 1.
    pub column: usize,
    /// Why, without a place.
    pub reason: String,
}

/// Longer texts are not checked: the page would stand still meanwhile.
pub const CHECKED_BYTES_MAX: usize = 1024 * 1024;

/// Texts up to here are checked at every key; longer ones after a pause.
pub const CHECKED_AT_ONCE_BYTES: usize = 64 * 1024;

/// Checks a text.
pub fn check(text: &str) -> JsonCheck {
    if text.len() > CHECKED_BYTES_MAX {
        return JsonCheck::TooLong;
    }
    if text.trim().is_empty() {
        return JsonCheck::Blank;
    }
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => JsonCheck::Valid,
        Err(error) => JsonCheck::Broken(place(text, &error)),
    }
}

impl std::fmt::Display for Break {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.reason)
    }
}

fn place(text: &str, error: &serde_json::Error) -> Break {
    let line = error.line().max(1);
    // The parser counts bytes; people count characters.
    let before = text.split('\n').nth(line - 1).unwrap_or_default().as_bytes();
    let before = before.get(..error.column().saturating_sub(1)).unwrap_or(before);
    let column = before.iter().filter(|byte| (**byte & 0xC0) != 0x80).count() + 1;
    let whole = error.to_string();
    let reason = whole.rsplit_once(" at line ").map_or(whole.as_str(), |(reason, _)| reason);
    Break { line, column, reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str) -> String {
        match check(text) {
            JsonCheck::Broken(place) => place.to_string(),
            other => panic!("{text} is {other:?}"),
        }
    }

    #[test]
    fn any_json_value_is_json() {
        for text in ["{}", " [1, 2.50] ", "\"a\"", "null", "-0.1e5", "{\"a\": {\"b\": [true, false]}}\n"] {
            assert_eq!(check(text), JsonCheck::Valid, "{text}");
        }
    }

    #[test]
    fn json_is_json_however_deep_it_nests() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(check(&deep), JsonCheck::Valid);
    }

    #[test]
    fn blank_text_is_neither_right_nor_wrong() {
        assert_eq!(check(" \n\t"), JsonCheck::Blank);
    }

    #[test]
    fn a_break_is_named_by_line_and_column() {
        assert_eq!(broken("{\n  \"a\": 1,\n}"), "line 3, column 1: key must be a string");
        assert_eq!(broken("hello"), "line 1, column 1: expected value");
        assert!(broken("{\"a\"").starts_with("line 1, column 4: EOF"));
    }

    #[test]
    fn columns_count_characters_not_bytes() {
        assert_eq!(broken("[\"äöü\" x"), "line 1, column 8: expected `,` or `]`");
    }

    #[test]
    fn what_is_too_long_is_left_alone() {
        assert_eq!(check(&"1".repeat(CHECKED_BYTES_MAX + 1)), JsonCheck::TooLong);
    }
}
