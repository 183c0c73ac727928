use proptest::prelude::*;

use super::*;
use crate::limits::VIEW_LINE_CHARS;
use crate::value::SpanKind;

fn laid_out(text: &str, step: usize) -> JsonView {
    let mut view = JsonView::new(Bytes::copy_from_slice(text.as_bytes()));
    while !view.step(step).done {}
    view
}

/// Draws the lines as a page would.
fn drawn(lines: &[Line]) -> Vec<String> {
    let text = |line: &Line| line.spans.iter().map(|span| span.text.as_str()).collect::<String>();
    lines.iter().map(|line| format!("{}{}", "  ".repeat(line.depth as usize), text(line))).collect()
}

fn error(text: &str) -> String {
    laid_out(text, 1).progress().error.map_or_else(String::new, |error| error.to_string())
}

#[test]
fn numbers_names_doubles_and_order_stay_as_they_were_written() {
    let text = "\u{feff} {\"b\":12345678901234567890.10,\"a\" : 1.0,\"a\":1, \"e\":[ ],\"o\":{},\n\"l\":[true,false,\
                null,-0e+9,\"\\u00e9\\\"ü\u{202e}\"], \"\":{\"x\":[[1]]}} ";
    let view = laid_out(text, 1);
    let expected = r#"{
  "b": 12345678901234567890.10,
  "a": 1.0,
  "a": 1,
  "e": [],
  "o": {},
  "l": [
    true,
    false,
    null,
    -0e+9,
    "\u00e9\"ü\u202e"
  ],
  "": {
    "x": [
      [
        1
      ]
    ]
  }
}"#;
    let lines = view.window(0, 100);
    assert_eq!(drawn(&lines).join("\n"), expected);
    let folds: Vec<(u64, Option<u64>)> =
        lines.iter().filter(|line| line.opens).map(|line| (line.line, line.closes_at)).collect();
    let closed = |a, b| (a, Some(b));
    assert_eq!(folds, [closed(0, 20), closed(6, 12), closed(13, 19), closed(14, 18), closed(15, 17)]);
    let kinds: Vec<SpanKind> = lines[2].spans.iter().map(|span| span.kind).collect();
    use SpanKind::{Key, Number, Punctuation};
    assert_eq!(kinds, [Key, Punctuation, Number, Punctuation]);
}

#[test]
fn errors_name_the_line_the_column_and_what_is_there() {
    assert_eq!(error("{\"a\":1,\n  \"ü\": x}"), "line 2, column 8: expected a value, but there is \"x\"");
    assert_eq!(error("{\"a\":1,}"), "line 1, column 8: expected a name in double quotes, but there is \"}\"");
    assert_eq!(error("[1 2]"), "line 1, column 4: expected \",\" or \"]\", but there is \"2\"");
    assert_eq!(error("{\"a\" 1}"), "line 1, column 6: expected a colon, but there is \"1\"");
    assert_eq!(error("[1"), "line 1, column 3: expected \",\" or \"]\", but the text ends");
    assert_eq!(error(""), "line 1, column 1: expected a value, but the text ends");
    assert_eq!(error("1 1"), "line 1, column 3: expected the end, but there is \"1\"");
    assert_eq!(error("\"a"), "line 1, column 3: expected the end of a string, but the text ends");
    assert_eq!(error("[01]"), "line 1, column 3: expected \",\" or \"]\", but there is \"1\"");
    assert_eq!(error("-"), "line 1, column 2: expected a digit");
    assert_eq!(error("[1.]"), "line 1, column 4: expected a digit");
    assert_eq!(error("\"\\x\""), "line 1, column 2: there is no such escape in a string");
    assert_eq!(error("\"\\u12g4\""), "line 1, column 2: there is no such escape in a string");
    assert!(error("\"a\nb\"").contains("control character"));
    assert!(error(&"[".repeat(2_000)).contains("nested more than 1000 deep"));
    let mut view = JsonView::new(Bytes::from_static(b"[\"ok\", \"\xff\"]"));
    while !view.step(1).done {}
    assert_eq!(view.progress().error.unwrap().to_string(), "line 1, column 9: the text is not UTF-8 here");
    // The lines before the error stand.
    assert_eq!(drawn(&view.window(0, 9)), ["[", "  \"ok\","]);
}

#[test]
fn a_long_string_goes_on_in_continuations_and_escapes_stay_whole() {
    let long = "x".repeat(VIEW_LINE_CHARS - 2) + &"\\u0041".repeat(2_001);
    let view = laid_out(&format!("{{\"k\": \"{long}\", \"n\": 1}}"), 100);
    let lines = view.window(0, 100);
    let continued: Vec<bool> = lines.iter().map(|line| line.continuation).collect();
    assert_eq!(continued, [false, false, true, true, true, false, false]);
    let of_kind = |kind| -> String {
        let spans = lines.iter().flat_map(|line| &line.spans).filter(|span| span.kind == kind);
        spans.map(|span| span.text.as_str()).collect()
    };
    assert_eq!(of_kind(SpanKind::String), format!("\"{long}\""));
    for span in lines.iter().flat_map(|line| &line.spans) {
        assert!(span.text.matches("\\u").count() == span.text.matches("\\u0041").count(), "{}", span.text);
    }
    // A key as long is no different.
    let view = laid_out(&format!("{{\"{long}\":[1]}}"), 100);
    assert!(view.progress().error.is_none());
    let last = view.window(view.progress().lines - 3, 3);
    assert_eq!(drawn(&last), ["    1", "  ]", "}"]);
}

#[test]
fn a_long_string_is_laid_out_step_by_step_and_what_is_right_of_it_stands() {
    // A string of 10 MB was looked through to its end in one step, and again for every window that began before it.
    let text = format!("[\"{}\u{1}\"]", "ü".repeat(100_000));
    let mut view = JsonView::new(Bytes::from(text));
    let progress = view.step(10_000);
    assert!((10_000..14_000).contains(&progress.bytes_done), "{progress:?}");
    while !view.step(10_000).done {}
    let progress = view.progress();
    assert_eq!(progress.lines, 1 + 100);
    assert_eq!(progress.error.map(|error| error.column), Some(100_003));
}

#[test]
fn places_deep_in_a_value_share_what_is_open() {
    // Each kept its own list of brackets: 78 MB for a value of 10 MB.
    let text = "[".repeat(999) + &"1,[2],".repeat(10_000) + "0" + &"]".repeat(999);
    let view = laid_out(&text, 10_000);
    assert!(view.progress().error.is_none());
    let mut stacks: Vec<*const u8> = view.checkpoints.iter().map(|(_, cursor)| cursor.open_at()).collect();
    assert!(stacks.len() > 500);
    stacks.dedup();
    // While it gets deeper each place differs from the one before; then no more.
    assert!(stacks.len() < 20, "{} stacks", stacks.len());
}

#[test]
fn long_and_short_ranges_know_where_they_close() {
    let rows: Vec<String> = (0..1_000).map(|n| format!("{{\"n\":{n}}}")).collect();
    let view = laid_out(&format!("{{\"rows\":[{}]}}", rows.join(",")), 1_000);
    let lines = view.window(0, 4);
    let closes: Vec<Option<u64>> = lines.iter().map(|line| line.closes_at).collect();
    assert_eq!(closes, [Some(3_003), Some(3_002), Some(4), None]);
    let middle = view.window(1_502, 1);
    assert_eq!((middle[0].opens, middle[0].closes_at), (true, Some(1_504)));
    assert_eq!(view.window(3_003, 5).len(), 1);
    assert_eq!(view.window(3_004, 5), []);
}

/// Any JSON value: its compact text, and the lines it is laid out as by another hand.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1.0e9..1.0e9).prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 200, 12, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..12).prop_map(Value::from),
            proptest::collection::btree_map("\\PC{0,6}", inner, 0..12)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn the_layout_is_the_one_that_serde_json_prints(value in any_json(), step in 1_usize..200) {
        let view = laid_out(&value.to_string(), step);
        prop_assert_eq!(view.progress().error, None);
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        let mut expected = String::new();
        for (index, line) in pretty.lines().enumerate() {
            if index > 0 { expected.push('\n'); }
            crate::text::push_visible_str(&mut expected, line);
        }
        prop_assert_eq!(drawn(&view.window(0, usize::MAX)).join("\n"), expected);
    }

    #[test]
    fn every_window_is_a_part_of_the_whole(
        value in any_json(), first in 0_u64..300, count in 0_usize..60, step in 1_usize..200,
    ) {
        let text = serde_json::to_string_pretty(&value).unwrap();
        let view = laid_out(&text, step);
        let all = view.window(0, usize::MAX);
        prop_assert_eq!(all.len() as u64, view.progress().lines);
        let from = (first as usize).min(all.len());
        let to = (from + count).min(all.len());
        prop_assert_eq!(view.window(first, count), &all[from..to]);
        // Each range closes at its own depth.
        for line in all.iter().filter(|line| line.opens) {
            let close = &all[line.closes_at.unwrap() as usize];
            prop_assert_eq!(close.depth, line.depth);
            let bracket = close.spans[0].text.trim_end_matches(',');
            prop_assert!(["}", "]"].contains(&bracket), "{}", bracket);
        }
    }

    #[test]
    fn what_is_json_here_is_json_to_serde_json(text in "[\\[\\]{}\",:0-9.eE+\\-truefalsn\\\\ u\n]{0,40}") {
        let ours = laid_out(&text, 7).progress().error;
        let theirs = serde_json::from_str::<&serde_json::value::RawValue>(&text);
        prop_assert_eq!(ours.is_none(), theirs.is_ok(), "{:?} / {:?}", ours, theirs);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut view = JsonView::new(bytes.into());
        while !view.step(3).done {}
        view.window(0, 100);
    }
}
