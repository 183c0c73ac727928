//! The direction of ARCHITECTURE.md: in core and in app, modules name only what lies below them.

use crate::check::code::lines_with_word;
use crate::check::sources::Source;

/// A crate whose modules have an order. Modules that are not listed may name, and be named by, anyone.
struct Crate {
    sources: &'static str,
    /// From the bottom up; those on one level may name each other.
    levels: &'static [&'static [&'static str]],
}

const CRATES: &[Crate] = &[
    Crate {
        sources: "core/src/",
        levels: &[
            &["ids", "limits", "error", "env"],
            &["record", "config"],
            &["storage", "source"],
            &["log", "producer_state", "group", "transaction", "segment", "portable"],
            &["broker"],
            &["client"],
        ],
    },
    Crate { sources: "app/src/", levels: &[&["engine"], &["model"], &["state"], &["ui"], &["pages"]] },
];

/// Tells every place where a module names one above it.
pub fn complaints(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for tree in CRATES {
        for source in sources.iter().filter(|source| source.is_rust()) {
            let Some(module) = source.path.strip_prefix(tree.sources).and_then(module_of) else { continue };
            let Some(level) = tree.levels.iter().position(|level| level.contains(&module)) else { continue };
            for above in tree.levels.iter().skip(level + 1).flat_map(|level| level.iter()) {
                let lines = lines_naming(&source.code, above);
                found.extend(lines.iter().map(|line| {
                    format!(
                        "{}:{line}: `crate::{above}`: {module} lies below {above} and may not name it",
                        source.path
                    )
                }));
            }
        }
    }
    found
}

/// Cuts the module out of a path below the sources: `log` of `log.rs` and of `log/lookup.rs`.
fn module_of(path: &str) -> Option<&str> {
    match path.split_once('/') {
        Some((folder, _)) => Some(folder),
        None => path.strip_suffix(".rs"),
    }
}

/// Finds the lines that name `crate::<module>`, alone or in a braced list.
fn lines_naming(code: &str, module: &str) -> Vec<usize> {
    let lines: Vec<&str> = code.lines().collect();
    let mut found = lines_with_word(code, module);
    found.retain(|number| {
        let line = lines.get(number - 1).copied().unwrap_or_default();
        let listed = line.contains("use crate::{") && !line.contains(&format!("::{module}::"));
        line.contains(&format!("crate::{module}")) || listed
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints_on(path: &str, text: &str) -> Vec<String> {
        complaints(&[Source::new(path, text)])
    }

    #[test]
    fn arrows_in_core_never_turn_back() {
        assert_eq!(complaints_on("core/src/record/batch.rs", "use crate::storage::Storage;").len(), 1);
        assert_eq!(complaints_on("core/src/log.rs", "use crate::client::Producer;").len(), 1);
        assert_eq!(complaints_on("core/src/storage.rs", "use crate::{ids::Offset, log::Log};").len(), 1);
        assert_eq!(
            complaints_on("core/src/broker.rs", "use crate::{log::Log, storage::Storage};"),
            Vec::<String>::new()
        );
        assert_eq!(
            complaints_on("core/src/client/producer.rs", "use crate::broker::Broker;"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn arrows_in_app_never_turn_back() {
        assert_eq!(complaints_on("app/src/engine/host.rs", "use crate::state::Session;").len(), 1);
        assert_eq!(complaints_on("app/src/state/route.rs", "use crate::pages::topics;").len(), 1);
        assert_eq!(
            complaints_on("app/src/pages/topics.rs", "use crate::{state::Session, ui::button};"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_word_that_only_looks_like_a_module_is_free() {
        assert_eq!(
            complaints_on("core/src/record/batch.rs", "let storage = 1; // crate::storage"),
            Vec::<String>::new()
        );
    }
}
