//! One line about a record, out of a pattern and its fields: `commit group {group}: {topic}-{partition}`. `{members#}` is the
//! number of elements of a list; `<, leader {leader}>` is left out where the field is absent, null or empty.

use std::fmt::Write;

use crate::internal::tree::Tree;
use crate::internal::{DecodeError, Decoded};
use crate::limits::PREVIEW_CHARS;
use crate::text::push_visible;

/// Fills a pattern with fields.
pub(super) fn fill(pattern: &str, fields: &Tree) -> String {
    let mut line = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('<') {
        push_pattern(&mut line, before, fields);
        let (optional, behind) = after.split_once('>').unwrap_or((after, ""));
        if holes(optional).all(|hole| says_something(fields, hole)) {
            push_pattern(&mut line, optional, fields);
        }
        rest = behind;
    }
    push_pattern(&mut line, rest, fields);
    line
}

fn holes(pattern: &str) -> impl Iterator<Item = &str> {
    pattern.split('{').skip(1).filter_map(|piece| piece.split_once('}')).map(|(hole, _)| hole)
}

fn says_something(fields: &Tree, hole: &str) -> bool {
    match fields.get(hole.trim_end_matches('#')) {
        None | Some(Tree::Null) => false,
        Some(Tree::Text(text)) => !text.is_empty(),
        Some(_) => true,
    }
}

fn push_pattern(line: &mut String, pattern: &str, fields: &Tree) {
    for piece in pattern.split_inclusive('}') {
        let (text, hole) = match piece.split_once('{') {
            Some((text, hole)) => (text, hole.strip_suffix('}')),
            None => (piece, None),
        };
        line.push_str(text);
        if let Some(hole) = hole {
            push_field(line, hole, fields);
        }
    }
}

/// Ends a line: what is invisible is written out, what is too long is cut, and damage is named in front.
pub(super) fn finish(line: &str, error: Option<&DecodeError>) -> String {
    let mut out = String::new();
    let damage = error.map(|error| format!("damaged ({error}): ")).unwrap_or_default();
    for (count, c) in damage.chars().chain(line.chars()).enumerate() {
        if count + 1 == PREVIEW_CHARS {
            out.push('…');
            break;
        }
        push_visible(&mut out, c);
    }
    out
}

/// Sums up a record that was read to its end, or as far as it could be.
pub(super) fn of(decoded: Decoded, line: &str) -> Decoded {
    Decoded { summary: finish(line, decoded.error.as_ref()), ..decoded }
}

fn push_field(line: &mut String, hole: &str, fields: &Tree) {
    let counted = hole.strip_suffix('#');
    match (fields.get(counted.unwrap_or(hole)), counted) {
        (Some(Tree::List(elements)), Some(_)) => push(line, elements.len()),
        (Some(Tree::Int(number)), _) => match name_of(hole, *number) {
            Some(name) => line.push_str(name),
            None => push(line, number),
        },
        (Some(tree), _) => push_value(line, tree),
        (None, _) => line.push_str("none"),
    }
}

fn push_value(line: &mut String, tree: &Tree) {
    match tree {
        Tree::Null => line.push_str("none"),
        Tree::Bool(flag) => push(line, flag),
        Tree::Int(number) => push(line, number),
        Tree::Float(number) => push(line, number),
        Tree::Text(text) => line.extend(text.chars().take(PREVIEW_CHARS)),
        Tree::Bytes(bytes) => push(line, format_args!("{} bytes", bytes.len())),
        Tree::Fields(fields) => push(line, format_args!("{} fields", fields.len())),
        Tree::List(elements) => {
            line.push('[');
            for (index, element) in elements.iter().take(PREVIEW_CHARS).enumerate() {
                line.push_str(if index == 0 { "" } else { ", " });
                push_value(line, element);
            }
            line.push(']');
        }
    }
}

fn push(line: &mut String, value: impl std::fmt::Display) {
    let written = write!(line, "{value}");
    debug_assert!(written.is_ok(), "writing to a String cannot fail");
}

/// Names that Kafka has for numbers: `ConfigResource.Type`, `BrokerRegistrationFencingChange`, and the `MemberState` of groups.
fn name_of(field: &str, number: i64) -> Option<&'static str> {
    Some(match (field, number) {
        ("resourceType", 2) => "topic",
        ("resourceType", 4) => "broker",
        ("resourceType", 8) => "broker logger",
        ("resourceType", 16) => "client metrics",
        ("resourceType", 32) => "group",
        ("fenced", -1) => "false",
        ("fenced", 1) => "true",
        ("state", 0) => "stable",
        ("state", 1) => "unrevoked",
        ("state", 2) => "unreleased",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_takes_fields_counts_and_names() {
        let tree = Tree::Fields(vec![
            ("name", Tree::text("a\u{202e}b")),
            ("list", Tree::List(vec![Tree::Int(1), Tree::Int(2)])),
            ("resourceType", Tree::Int(4)),
            ("null", Tree::Null),
        ]);
        let line = fill("{resourceType} {name}: {list#} of {list}, {null}, {absent}!", &tree);
        let optional =
            fill("a<, name {name}, {list#}><, null {null}><, absent {absent}> z<, open {list}", &tree);
        assert_eq!(finish(&optional, None), "a, name a\\u202eb, 2 z, open [1, 2]");
        assert_eq!(finish(&line, None), "broker a\\u202eb: 2 of [1, 2], none, none!");
    }

    #[test]
    fn a_line_is_cut_and_tells_of_damage_first() {
        let error = DecodeError { field: "leader".into(), position: 7, reason: "it is null".into() };
        assert_eq!(finish("group g", Some(&error)), "damaged (leader, at byte 7: it is null): group g");
        let long = finish(&"ab".repeat(PREVIEW_CHARS), None);
        assert_eq!(long.chars().count(), PREVIEW_CHARS);
        assert!(long.ends_with("ba…"), "{long}");
        assert_eq!(finish(&"é".repeat(PREVIEW_CHARS - 1), None).chars().count(), PREVIEW_CHARS - 1);
    }
}
