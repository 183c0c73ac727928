//! The house rules that a machine can see: who may name what, and what nobody may write.

use crate::check::code::lines_with_word;
use crate::check::sources::Source;

/// Above this a file must be split (STYLE: aim at 400, split at 800).
const FILE_LINES_MAX: usize = 800;

/// One rule about words: in these files these words are forbidden, because of this.
struct WordRule {
    words: &'static [&'static str],
    applies: fn(&str) -> bool,
    reason: &'static str,
}

const WORD_RULES: &[WordRule] = &[
    WordRule {
        words: &["web_sys", "js_sys", "wasm_bindgen", "wasm_bindgen_futures", "rexie", "idb", "gloo"],
        applies: |path| {
            (below(path, "core/src") && !is_module(path, "core/src/browser")) || below(path, "inspect")
        },
        reason: "the browser is named only in core/src/browser and app",
    },
    WordRule {
        words: &["leptos", "leptos_router", "reactive_stores", "reactive_graph"],
        applies: |path| below(path, "core") || below(path, "inspect") || is_module(path, "app/src/engine"),
        reason: "core, inspect and the engine know no user interface",
    },
    WordRule {
        words: &["broker", "Broker"],
        applies: |path| {
            ["log", "group", "storage"].iter().any(|it| is_module(path, &format!("core/src/{it}")))
        },
        reason: "log, group and storage lie below the broker and never name it",
    },
    WordRule {
        words: &["leptos", "web_sys", "js_sys"],
        applies: |path| is_module(path, "app/src/model"),
        reason: "the model is plain Rust, so that plain tests reach it",
    },
    WordRule {
        words: &["web_sys", "js_sys"],
        applies: |path| is_module(path, "app/src/pages"),
        reason: "pages know no web_sys: it belongs into ui, state or the engine's handle",
    },
    WordRule {
        words: &["inner_html", "set_inner_html", "outer_html", "set_outer_html", "insert_adjacent_html"],
        applies: |path| below(path, "app") || below(path, "core"),
        reason: "text from records must never be parsed as HTML",
    },
    WordRule {
        words: &["SystemTime", "Instant", "thread_rng", "getrandom"],
        applies: |path| {
            (below(path, "core/src") && !is_module(path, "core/src/browser") && path != "core/src/env.rs")
                || below(path, "inspect/src")
        },
        reason: "time and chance come from Env",
    },
    WordRule {
        words: &["println", "eprintln", "dbg"],
        applies: is_shipped,
        reason: "an error is shown or returned, never left in a console",
    },
    WordRule {
        words: &["console"],
        // The engine's own breakdown, which it can tell nobody else.
        applies: |path| is_shipped(path) && path != "app/src/engine/host/port.rs",
        reason: "an error is shown or returned, never left in a console",
    },
];

/// One rule about text anywhere in a file, comments and strings included.
struct TextRule {
    text: &'static str,
    unless_after: &'static str,
    applies: fn(&str) -> bool,
    reason: &'static str,
}

const TEXT_RULES: &[TextRule] = &[
    TextRule {
        text: concat!("unsafe-", "inline"),
        unless_after: "",
        applies: not_a_rule,
        reason: "the content security policy allows nothing inline",
    },
    TextRule {
        text: concat!("unsafe-", "eval"),
        unless_after: "wasm-",
        applies: not_a_rule,
        reason: "the content security policy allows no eval but WebAssembly's",
    },
    TextRule {
        text: concat!("TO", "DO"),
        unless_after: "",
        applies: not_a_rule,
        reason: "what is missing is an issue, not a comment",
    },
    TextRule {
        text: concat!("FIX", "ME"),
        unless_after: "",
        applies: not_a_rule,
        reason: "what is broken is an issue, not a comment",
    },
    TextRule {
        text: " style=\"",
        unless_after: "",
        applies: |path| below(path, "app") || path == "index.html",
        reason: "the content security policy blocks style attributes: use a class, or style:name= which sets a property",
    },
    TextRule {
        text: "eval(",
        unless_after: "",
        applies: |path| path.ends_with(".js") && !below(path, "tests"),
        reason: "the content security policy allows no eval",
    },
];

/// Tells every place that breaks a rule: `path:line: words: reason`.
pub fn complaints(sources: &[Source]) -> Vec<String> {
    sources.iter().flat_map(complaints_about).collect()
}

fn complaints_about(source: &Source) -> Vec<String> {
    let path = source.path.as_str();
    let mut found = Vec::new();
    if source.is_rust() {
        for rule in WORD_RULES.iter().filter(|rule| (rule.applies)(path)) {
            for word in rule.words {
                let lines = lines_with_word(&source.code, word);
                found.extend(lines.iter().map(|line| format!("{path}:{line}: `{word}`: {}", rule.reason)));
            }
        }
        found.extend(awaited_ends(source));
    }
    for rule in TEXT_RULES.iter().filter(|rule| (rule.applies)(path)) {
        for (index, line) in source.text.lines().enumerate() {
            let breaks = line.match_indices(rule.text).any(|(at, _)| {
                rule.unless_after.is_empty()
                    || !line.get(..at).is_some_and(|before| before.ends_with(rule.unless_after))
            });
            if breaks {
                found.push(format!("{path}:{}: `{}`: {}", index + 1, rule.text.trim(), rule.reason));
            }
        }
    }
    let lines = source.text.lines().count();
    if lines > FILE_LINES_MAX && !path.ends_with(".toml") {
        found.push(format!("{path}: {lines} lines: split it, {FILE_LINES_MAX} is the limit and 400 the aim"));
    }
    found
}

/// A transaction's end must not be awaited with `?`: the wrapper reports an abort as success or loses its reason.
fn awaited_ends(source: &Source) -> Vec<String> {
    let (mut dense, mut lines) = (String::new(), Vec::new());
    for (index, line) in source.code.lines().enumerate() {
        for character in line.chars().filter(|it| !it.is_whitespace()) {
            dense.push(character);
            lines.resize(dense.len(), index + 1);
        }
    }
    let reason = "an aborted transaction would pass for a finished one: look at what it ended with";
    let places = dense.match_indices(".done().await?").filter_map(|(at, _)| lines.get(at));
    places.map(|line| format!("{}:{line}: `done().await?`: {reason}", source.path)).collect()
}

fn is_shipped(path: &str) -> bool {
    ["core/src", "inspect/src", "app/src"].iter().any(|folder| below(path, folder))
}

fn below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Tells whether a path is a module's file (`foo.rs`) or lies in its folder (`foo/`).
fn is_module(path: &str, module: &str) -> bool {
    below(path, module) || path.strip_prefix(module) == Some(".rs")
}

/// The rules themselves, and what looks for their breaking, must be able to name what they forbid.
fn not_a_rule(path: &str) -> bool {
    !below(path, "xtask/src") && !below(path, "tests")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints_on(path: &str, text: &str) -> Vec<String> {
        complaints(&[Source::new(path, text)])
    }

    #[test]
    fn the_browser_is_named_only_behind_its_door() {
        let snippet = "use web_sys::IdbDatabase;\n";
        assert_eq!(complaints_on("core/src/log.rs", snippet).len(), 1);
        assert_eq!(complaints_on("inspect/src/lib.rs", "let now = js_sys::Date::now();").len(), 1);
        assert_eq!(complaints_on("core/src/browser.rs", snippet), Vec::<String>::new());
        assert_eq!(complaints_on("core/src/browser/indexeddb.rs", snippet), Vec::<String>::new());
        assert_eq!(complaints_on("app/src/engine/handle.rs", snippet), Vec::<String>::new());
        assert_eq!(complaints_on("core/src/browserless.rs", snippet).len(), 1);
    }

    #[test]
    fn a_complaint_names_the_place_and_the_reason() {
        let found = complaints_on("core/src/log.rs", "//! Words.\n\nuse rexie::Rexie;\n");
        assert_eq!(
            found,
            vec!["core/src/log.rs:3: `rexie`: the browser is named only in core/src/browser and app"]
        );
    }

    #[test]
    fn words_in_comments_and_strings_are_free() {
        let text = "//! The broker calls this; leptos never does.\nconst NAME: &str = \"web_sys\";\n";
        assert_eq!(complaints_on("core/src/log.rs", text), Vec::<String>::new());
    }

    #[test]
    fn leptos_stays_out_of_core_inspect_and_engine() {
        for path in ["core/src/ids.rs", "inspect/src/order.rs", "app/src/engine/host.rs", "app/src/engine.rs"]
        {
            assert_eq!(complaints_on(path, "use leptos::prelude::*;").len(), 1, "{path}");
        }
        assert_eq!(complaints_on("app/src/pages/topics.rs", "use leptos::prelude::*;"), Vec::<String>::new());
    }

    #[test]
    fn what_lies_below_the_broker_never_names_it() {
        for path in
            ["core/src/log.rs", "core/src/log/lookup.rs", "core/src/group.rs", "core/src/storage/memory.rs"]
        {
            assert_eq!(complaints_on(path, "use crate::broker::Broker;").len(), 2, "{path}");
        }
        assert_eq!(
            complaints_on("core/src/client/producer.rs", "use crate::broker::Broker;"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn the_model_is_plain_and_pages_know_no_web_sys() {
        assert_eq!(complaints_on("app/src/model/window.rs", "use leptos::prelude::*;").len(), 1);
        assert_eq!(complaints_on("app/src/pages/topics.rs", "let window = web_sys::window();").len(), 1);
        assert_eq!(
            complaints_on("app/src/ui/grid.rs", "let window = web_sys::window();"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn html_is_never_made_from_text() {
        assert_eq!(complaints_on("app/src/ui/code_view.rs", "element.set_inner_html(&value);").len(), 1);
        assert_eq!(complaints_on("app/src/ui/code_view.rs", "view! { <p inner_html=value/> }").len(), 1);
    }

    #[test]
    fn the_policy_is_never_weakened() {
        assert_eq!(complaints_on("index.html", concat!("script-src 'self' 'unsafe-", "inline'")).len(), 1);
        assert_eq!(complaints_on("index.html", concat!("script-src 'self' 'unsafe-", "eval'")).len(), 1);
        assert_eq!(complaints_on("index.html", "script-src 'self' 'wasm-unsafe-eval'"), Vec::<String>::new());
        assert_eq!(complaints_on("public/sw.js", "eval(text)").len(), 1);
        assert_eq!(complaints_on("app/src/ui/bar.rs", "view! { <i style=\"width: 3px\"/> }").len(), 1);
        assert_eq!(
            complaints_on("app/src/ui/bar.rs", "view! { <i style:width=width/> }"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_transactions_end_is_never_swallowed() {
        let found = complaints_on("core/src/browser/commit.rs", "transaction\n    .done()\n    .await?;\n");
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("core/src/browser/commit.rs:2: "), "{found:?}");
        assert_eq!(
            complaints_on("core/src/browser/commit.rs", "match transaction.done().await {}"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn time_and_chance_come_from_env() {
        assert_eq!(complaints_on("core/src/log.rs", "let now = SystemTime::now();").len(), 1);
        assert_eq!(complaints_on("core/src/env.rs", "let now = SystemTime::now();"), Vec::<String>::new());
    }

    #[test]
    fn nothing_is_left_in_a_console() {
        assert_eq!(complaints_on("app/src/engine/host.rs", "web_sys::console::log_1(&value);").len(), 1);
        assert_eq!(complaints_on("core/src/log.rs", "println!(\"{offset}\");").len(), 1);
        assert_eq!(
            complaints_on("app/src/main.rs", "console_error_panic_hook::set_once();"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn missing_things_are_issues_not_comments() {
        assert_eq!(complaints_on("core/src/log.rs", concat!("// TO", "DO: roll up\n")).len(), 1);
        assert_eq!(complaints_on("public/sw.js", concat!("// FIX", "ME later\n")).len(), 1);
    }

    #[test]
    fn a_file_of_801_lines_must_be_split() {
        assert_eq!(complaints_on("app/styles/main.css", &"\n".repeat(801)).len(), 1);
        assert_eq!(complaints_on("app/styles/main.css", &"\n".repeat(800)), Vec::<String>::new());
    }
}
