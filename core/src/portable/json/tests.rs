//! The scanner against serde_json, and the grammar's corners.

use proptest::prelude::*;

use super::*;

fn check(line: &[u8]) -> Result<Kind, JsonError> {
    let mut scanner = Scanner::new(line);
    let value = scanner.value()?;
    scanner.end()?;
    Ok(value.kind)
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        any::<String>().prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(6, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_serde_json_writes_is_json(json in any_json(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_vec_pretty(&json) } else { serde_json::to_vec(&json) }.unwrap();
        prop_assert!(check(&text).is_ok());
    }

    #[test]
    fn a_damaged_line_is_judged_as_serde_json_judges_it(
        json in any_json(), at in any::<prop::sample::Index>(), with in "[ -~]{0,2}", drop in 0..3_usize,
    ) {
        let mut text = serde_json::to_string(&json).unwrap().into_bytes();
        let at = at.index(text.len());
        let end = (at + drop).min(text.len());
        text.splice(at..end, with.bytes());
        // Bytes cut out of a character's middle are no matter of the grammar.
        prop_assume!(std::str::from_utf8(&text).is_ok());
        let expected = serde_json::from_slice::<serde::de::IgnoredAny>(&text).is_ok();
        prop_assert_eq!(check(&text).is_ok(), expected, "{}", String::from_utf8_lossy(&text));
    }

    #[test]
    fn any_bytes_are_scanned_without_panic(line in any::<Vec<u8>>()) {
        if let Err(error) = check(&line) {
            prop_assert!(error.at <= line.len());
        }
    }

    #[test]
    fn a_strings_content_is_the_one_that_serde_json_reads(text in any::<String>(), ascii in any::<bool>()) {
        let mut json = serde_json::to_string(&text).unwrap();
        if ascii {
            let units = |c: char| c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04X}")).collect::<String>();
            json = format!("\"{}\"", text.chars().map(units).collect::<String>());
        }
        let value = Scanner::new(json.as_bytes()).value().unwrap();
        let content = value.text().unwrap().unwrap();
        prop_assert_eq!(content.as_ref(), text.as_bytes());
    }
}

#[test]
fn the_grammars_corners_are_kept() {
    for good in [
        "0",
        "-0",
        "1.5e+3",
        " [ ] ",
        "{}",
        "[1,[2,{\"a\":[]}]]",
        "\"\\ud800\"",
        "\"\u{7f}\"",
        "1E400",
        "\t1\r",
    ] {
        assert!(check(good.as_bytes()).is_ok(), "{good}");
    }
    let bad: [(&str, usize, JsonCause); 22] = [
        ("", 0, JsonCause::End),
        ("  ", 2, JsonCause::End),
        ("nul", 0, JsonCause::Value),
        ("nulll", 4, JsonCause::More),
        ("01", 0, JsonCause::Number),
        ("-", 0, JsonCause::Number),
        ("1.", 0, JsonCause::Number),
        ("1e", 0, JsonCause::Number),
        (".5", 0, JsonCause::Value),
        ("+1", 0, JsonCause::Value),
        ("[1,]", 3, JsonCause::Value),
        ("[1 2]", 3, JsonCause::CommaOr(']')),
        ("[1", 2, JsonCause::End),
        ("{\"a\":1,}", 7, JsonCause::Name),
        ("{\"a\" 1}", 5, JsonCause::Colon),
        ("{a:1}", 1, JsonCause::Name),
        ("{,}", 1, JsonCause::Name),
        ("[,]", 1, JsonCause::Value),
        ("\"a", 2, JsonCause::End),
        ("\"a\tb\"", 2, JsonCause::Control),
        ("\"\\x\"", 1, JsonCause::Escape),
        ("{} {}", 3, JsonCause::More),
    ];
    for (line, at, cause) in bad {
        assert_eq!(check(line.as_bytes()), Err(JsonError { at, cause }), "{line}");
    }
}

#[test]
fn depth_costs_neither_stack_nor_time() {
    for depth in [1, 63, 64, 65, 128, 129, 1_000_000] {
        let line = [vec![b'['; depth], vec![b']'; depth]].concat();
        assert_eq!(check(&line), Ok(Kind::Array), "{depth}");
        assert_eq!(check(&line[..line.len() - 1]).unwrap_err().cause, JsonCause::End);
        let objects = ["{\"a\":".repeat(depth), "1".into(), "}".repeat(depth)].concat();
        assert_eq!(check(objects.as_bytes()), Ok(Kind::Object), "{depth}");
        let mixed = ["[{\"a\":".repeat(depth), "1".into(), "}]".repeat(depth)].concat();
        assert_eq!(check(mixed.as_bytes()), Ok(Kind::Array), "{depth}");
        let crossed = ["[{\"a\":".repeat(depth), "1".into(), "]}".repeat(depth)].concat();
        assert!(check(crossed.as_bytes()).is_err(), "{depth}");
    }
}

#[test]
fn integers_are_exact_and_nothing_else_passes_for_one() {
    let integer = |text: &str| Scanner::new(text.as_bytes()).value().unwrap().integer();
    assert_eq!(integer("9223372036854775807"), Some(i64::MAX));
    assert_eq!(integer("-9223372036854775808"), Some(i64::MIN));
    assert_eq!(integer("9223372036854775808"), None);
    assert_eq!(integer("1.0"), None);
    assert_eq!(integer("1e3"), None);
    assert_eq!(integer("\"1\""), None);
}

#[test]
fn half_a_surrogate_pair_is_json_but_no_text() {
    for half in ["\\ud800", "\\udc00", "\\ud800\\ud800", "\\ud800x", "ab\\udfff\\ud800"] {
        let json = format!("\"{half}\"");
        let value = Scanner::new(json.as_bytes()).value().unwrap();
        let error = value.text().unwrap_err();
        assert_eq!(error.cause, JsonCause::LoneSurrogate);
        assert_eq!(error.at, json.find('\\').unwrap(), "{half}");
    }
}
