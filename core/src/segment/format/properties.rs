//! Java's properties text (`java.util.Properties.load`), as far as it takes to read any of them: comments, the three separators,
//! escapes and continued lines.

use crate::segment::format::{FormatError, lines};

/// One key with its value, and where its line begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Property {
    pub(super) position_bytes: u64,
    pub(super) key: String,
    pub(super) value: String,
}

/// Reads a properties file; a key may be there twice, and the last one counts.
pub(super) fn parse(file: &str, bytes: &[u8]) -> Result<Vec<Property>, FormatError> {
    let mut properties = Vec::new();
    let mut open: Option<(u64, String)> = None;
    for line in lines(file, bytes)? {
        let text = line.text.trim_start_matches([' ', '\t', '\x0c']);
        let (position_bytes, mut whole) = match open.take() {
            Some(begun) => begun,
            None if text.is_empty() || text.starts_with(['#', '!']) => continue,
            None => (line.position_bytes, String::new()),
        };
        whole.push_str(text);
        let backslashes = text.len().saturating_sub(text.trim_end_matches('\\').len());
        if backslashes % 2 == 1 {
            whole.pop();
            open = Some((position_bytes, whole));
            continue;
        }
        properties.push(property(file, position_bytes, &whole)?);
    }
    if let Some((position_bytes, whole)) = open {
        properties.push(property(file, position_bytes, &whole)?);
    }
    Ok(properties)
}

fn property(file: &str, position_bytes: u64, line: &str) -> Result<Property, FormatError> {
    let mut escaped = false;
    let end = line.char_indices().find(|&(_, c)| {
        let ends = !escaped && matches!(c, '=' | ':' | ' ' | '\t' | '\x0c');
        escaped = c == '\\' && !escaped;
        ends
    });
    let (key, rest) = line.split_at_checked(end.map_or(line.len(), |(at, _)| at)).unwrap_or((line, ""));
    let blanks = [' ', '\t', '\x0c'];
    let rest = rest.trim_start_matches(blanks);
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start_matches(blanks);
    let plain = |text: &str| {
        unescape(text).ok_or_else(|| {
            FormatError::new(file, position_bytes, "an escape \\u is not followed by four hexadecimal digits")
        })
    };
    Ok(Property { position_bytes, key: plain(key)?, value: plain(value)? })
}

fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('f') => out.push('\x0c'),
            Some('u') => {
                let digits: String = chars.by_ref().take(4).collect();
                let unit = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 4)?;
                out.push(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    Some(out)
}

/// Writes a key or a value so that it reads back as it is.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\x0c' => out.push_str("\\f"),
            ' ' if at > 0 => out.push(' '),
            ' ' | '=' | ':' | '#' | '!' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        parse("f", text.as_bytes()).unwrap().into_iter().map(|p| (p.key, p.value)).collect()
    }

    #[test]
    fn the_ways_to_write_a_property_mean_the_same() {
        let text = "# a comment\n  ! another\n\na=1\n b : 2\nc 3\nd\\:e=\\u00e4\\tx \\\n   y\nlast=z\\";
        let expected = [("a", "1"), ("b", "2"), ("c", "3"), ("d:e", "ä\tx y"), ("last", "z")];
        assert_eq!(pairs(text), expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
        assert!(parse("f", b"a=\\u12").unwrap_err().cause.contains("four hexadecimal digits"));
    }

    proptest! {
        #[test]
        fn any_value_comes_back(value in any::<String>()) {
            let text = format!("key={}\n", escape(&value));
            prop_assert_eq!(pairs(&text), [("key".to_owned(), value)]);
        }

        #[test]
        fn any_text_never_panics(text in "[a=: \\\\\nu0-9#!é]{0,60}") {
            // Nothing but the absence of a panic is promised of what is no properties file.
            let read = parse("f", text.as_bytes());
            prop_assert!(read.is_ok() || text.contains("\\u"));
        }
    }
}
