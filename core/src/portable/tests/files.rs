//! Files as people have them: formats told apart, keys and times taken out, and what is wrong said in full.

use super::*;
use crate::limits::{HEADERS_MAX, IMPORT_ERRORS_KEPT_MAX};

#[test]
fn formats_are_told_by_the_first_lines_with_a_reason() {
    let told = |text: &str| {
        let detected = detect(text.as_bytes());
        let mut reader = reader(None, OnError::Skip);
        reader.push(text.to_owned());
        reader.finish();
        while reader.next_record().is_some() {}
        assert_eq!(reader.detected(), Some(&detected));
        assert_eq!(reader.format(), Some(detected.format));
        (detected.format, detected.reason)
    };
    let kcat = r#"{"topic":"t","partition":0,"offset":0,"key":null,"payload":""}"#;
    assert_eq!(told(kcat).0, Format::Kcat);
    assert_eq!(
        told(&format!("\n\nnonsense\n{kcat}")).1,
        "line 4 has the fields that kcat -J prints: topic, partition, offset and payload"
    );
    let tablog = r#"{"partition":0,"offset":0,"timestamp":1,"value":"a"}"#;
    assert_eq!(
        told(tablog).1,
        "line 1 has the fields of Tablog's own export: partition, offset, timestamp and value"
    );
    // Somebody's measurements only look like it.
    for plain in [
        r#"{"timestamp":1,"value":2}"#,
        r#"{"partition":0,"offset":0,"timestamp":1,"value":"a","unit":"m"}"#,
        "[1]",
        "7",
    ] {
        assert_eq!(
            told(plain).1,
            "line 1 is JSON in no known envelope, so that each line is one record's value"
        );
    }
    assert_eq!(told("").1, "the file has no lines");
    assert_eq!(told(" \n").0, Format::Plain);
    assert_eq!(told("x").1, "its first line is no valid JSON, so that no envelope was seen");
    assert_eq!(
        told(&"x\n".repeat(20)).1,
        "its first 8 lines are no valid JSON, so that no envelope was seen"
    );
}

#[test]
fn keys_and_times_come_out_of_plain_events() {
    let options = PlainOptions { key_field: Some("id ü".into()), timestamp_field: Some("at".into()) };
    let read = |line: &str| {
        let (records, errors) = read_chunks(
            LinesReader::new(Some(Format::Plain), options.clone(), OnError::Skip),
            &[line.as_bytes()],
        );
        match errors.first() {
            Some(error) => Err(error.to_string()),
            None => Ok((records[0].record.key.clone(), records[0].record.timestamp.map(Timestamp::millis))),
        }
    };
    assert_eq!(read(r#"{"id ü":"a\nb","at":1700}"#), Ok((Some("a\nb".into()), Some(1_700))));
    assert_eq!(
        read(r#"{"id \u00fc": {"n": 1} ,"at":"1970-01-01T00:00:01Z"}"#),
        Ok((Some(r#"{"n": 1}"#.into()), Some(1_000)))
    );
    assert_eq!(read(r#"{"x":{"id ü":1,"at":"?"},"id ü":null,"at":null}"#), Ok((None, None)));
    assert_eq!(read(r#"{"id ü":1,"id ü":2}"#), Ok((Some("2".into()), None)));
    assert_eq!(read("[]"), Ok((None, None)));
    assert_eq!(
        read(r#"{"ü":0,"at":1.5}"#).unwrap_err(),
        "line 1, column 13 (byte 14): the field \"at\" must be a time: an integer of milliseconds since 1970, or a string such \
         as \"2026-11-23T08:15:30Z\""
    );
    assert!(read(r#"{"id ü":"\ud800"}"#).unwrap_err().contains("surrogate"));
}

#[test]
fn plain_lines_hold_all_that_json_allows() {
    let deep = "[".repeat(5_000) + &"]".repeat(5_000);
    for line in [r#""\ud800""#, &deep, "-0.0e-7", r#"{"a":1,"a":2}"#, "\"\u{2028}<script>\u{202E}\""] {
        let records = read(Format::Plain, line.as_bytes()).unwrap();
        assert_eq!(records[0].record.value.as_deref(), Some(line.as_bytes()));
    }
    let megabyte = format!("\"{}\"", "x".repeat(1_000_000));
    assert_eq!(read(Format::Plain, megabyte.as_bytes()).unwrap().len(), 1);
}

#[test]
fn values_by_hand_may_be_any_json_but_must_be_there() {
    let one = |line: &str| read(Format::Tablog, line.as_bytes()).unwrap().remove(0).record;
    assert_eq!(one(r#"{"value": {"a": [1, 2]} , "key": 7}"#).value, Some(r#"{"a": [1, 2]}"#.into()));
    assert_eq!(one(r#"{"value":null,"key":7}"#).key, Some("7".into()));
    assert_eq!(one(r#"{"value":null}"#), NewRecord::default());
    assert_eq!(
        problem(Format::Tablog, r#"{"key":"a"}"#),
        "line 1, column 1: the field \"value\" is missing: write \"value\":null if a tombstone is meant"
    );
}

#[test]
fn every_problem_says_where_and_what() {
    let cases = [
        ("{\"value\":\"ü\", \"value\":1}", "line 1, column 15 (byte 16): the field \"value\" comes twice"),
        (r#"{"value":"","value_base64":""}"#, "line 1, column 13: the field \"value_base64\" comes twice"),
        (
            r#"{"value":"","valeu":1}"#,
            "line 1, column 13: the field \"valeu\" is not known to this format, and leaving it out would lose it",
        ),
        (
            r#"{"partition":2147483648}"#,
            "line 1, column 14: the field \"partition\" must be a 32-bit integer",
        ),
        (r#"{"offset":1e3}"#, "line 1, column 11: the field \"offset\" must be a 64-bit integer"),
        (
            r#"{"timestamp":"now"}"#,
            "line 1, column 14: the field \"timestamp\" must be a 64-bit integer: milliseconds since 1970",
        ),
        (
            r#"{"timestamp_type":"x"}"#,
            "line 1, column 19: the field \"timestamp_type\" must be \"CreateTime\" or \"LogAppendTime\"",
        ),
        (
            r#"{"key_base64":"a"}"#,
            "line 1, column 15: the field \"key_base64\" must be a string of base64, with its padding",
        ),
        (
            r#"{"topic":"a b"}"#,
            "line 1, column 10: ' ' at position 2 is not allowed in a topic name: use letters a-z and A-Z, digits, '.', '_' and '-'",
        ),
        (r#"{"topic":1}"#, "line 1, column 10: the field \"topic\" must be a string"),
        (
            r#"{"headers":[["a"]]}"#,
            "line 1, column 13: the field \"headers\" must be a list of [name, value] pairs",
        ),
        (
            r#"{"headers":[["a",1]]}"#,
            "line 1, column 18: the field \"headers\" must be a string or {\"base64\":\"…\"}",
        ),
        (
            r#"{"headers":[[{"base64":"","x":1},null]]}"#,
            "line 1, column 14: the field \"headers\" must be a string or {\"base64\":\"…\"}",
        ),
        (r#"{"headers":{}}"#, "line 1, column 12: a list was expected here: [ … ]"),
        (
            r#"{"value":"\ud83d"}"#,
            "line 1, column 11: this escape names one half of a surrogate pair, which is no text: UTF-8 cannot hold it",
        ),
        ("\n\n[1]", "line 3, column 1: an object was expected here: { … }"),
        (r#"{"value":1"#, "line 1, column 11: the line ends before its JSON does"),
    ];
    for (line, expected) in cases {
        assert_eq!(problem(Format::Tablog, line), expected, "{line}");
    }
    assert_eq!(
        problem(Format::Kcat, r#"{"headers":["a"]}"#),
        "line 1, column 13: the field \"headers\" must be a list of names and values in turn, or lists of values by name"
    );
    let utf8 = read(Format::Plain, b"\"\xC3\xBC\xFF\"").unwrap_err();
    assert_eq!(utf8.to_string(), "line 1, column 3 (byte 4): the bytes from here on are no UTF-8 text");
    let utf16 = read(Format::Plain, b"\xFF\xFE{\0}\0").unwrap_err();
    assert_eq!(utf16.to_string(), "line 1, column 1: the file is in UTF-16: save it as UTF-8");
    let crowded = format!("{{\"value\":1,\"headers\":[{}]}}", vec!["[\"\",\"\"]"; HEADERS_MAX + 1].join(","));
    assert!(problem(Format::Tablog, &crowded).ends_with("the record has more than 100000 headers"));
    let long = vec![b' '; crate::limits::LINE_BYTES_MAX + 1];
    assert_eq!(
        read(Format::Plain, &long).unwrap_err().to_string(),
        "line 1, column 1: the line is 67108865 bytes long; at most 67108864 are read"
    );
}

#[test]
fn stopping_ends_at_the_first_problem_and_skipping_counts_them() {
    let text = "1\nx\n2\n".to_owned() + &"y\n".repeat(200) + "3";
    let (records, errors) = read_chunks(reader(Format::Plain, OnError::Stop), &[text.as_bytes()]);
    assert_eq!(records.len(), 1);
    assert_eq!(errors[0].line, 2);

    let mut skipping = reader(Format::Plain, OnError::Skip);
    skipping.push(text);
    skipping.finish();
    let lines: Vec<u64> =
        std::iter::from_fn(|| skipping.next_record()).map(|record| record.unwrap().line).collect();
    assert_eq!(lines, [1, 3, 204]);
    assert_eq!(skipping.rejected().lines, 201);
    assert_eq!(skipping.rejected().first.len(), IMPORT_ERRORS_KEPT_MAX);
}
