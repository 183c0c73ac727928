//! Names that say what is in a file: `page.js` becomes `page-<hash>.js`, and whoever loads it loads it by that name.
//!
//! So a page of one build can never get a script, a style or an engine of another one: that has another name.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::build::{Files, SERVICE_WORKER};
use crate::shell::{Failure, Result};

/// Hex digits of the hash in a name: 64 bits.
const HASH_DIGITS: usize = 16;

/// Computes the SHA-256 of some bytes, in hex.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Puts the hash of its content into the name of every script, style and WebAssembly file, and the new names into all
/// files that load them. The service worker keeps its name: browsers look for its updates under it.
pub fn hash_names(files: Files) -> Result<Files> {
    let hashed: BTreeSet<String> = files.keys().filter(|path| is_hashed(path)).cloned().collect();
    let mut renamed = BTreeMap::new();
    let mut finished = Files::new();
    let mut waiting: Vec<&String> = hashed.iter().collect();
    while !waiting.is_empty() {
        // What a file loads must have its name before the file can have its own.
        let (ready, blocked): (Vec<&String>, Vec<&String>) = waiting.into_iter().partition(|path| {
            loads(&files[*path], path, &hashed).iter().all(|loaded| renamed.contains_key(loaded))
        });
        if ready.is_empty() {
            return Err(Failure::new(format!(
                "these files load each other, so none can be named by its content: {blocked:?}"
            )));
        }
        for path in ready {
            let bytes = with_new_names(&files[path], path, &renamed);
            let name = name_with_hash(path, &bytes);
            renamed.insert(path.clone(), name.clone());
            finished.insert(name, bytes);
        }
        waiting = blocked;
    }
    for (path, bytes) in files.iter().filter(|(path, _)| !hashed.contains(*path)) {
        finished.insert(path.clone(), with_new_names(bytes, path, &renamed));
    }
    Ok(finished)
}

fn is_hashed(path: &str) -> bool {
    path != SERVICE_WORKER && [".js", ".css", ".wasm"].iter().any(|end| path.ends_with(end))
}

fn is_text(path: &str) -> bool {
    [".js", ".css", ".html"].iter().any(|end| path.ends_with(end))
}

fn name_with_hash(path: &str, bytes: &[u8]) -> String {
    let hash = &sha256(bytes)[..HASH_DIGITS];
    match path.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}-{hash}.{extension}"),
        None => format!("{path}-{hash}"),
    }
}

/// Tells which of the `candidates` a file names.
fn loads(bytes: &[u8], path: &str, candidates: &BTreeSet<String>) -> Vec<String> {
    if !is_text(path) {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(bytes);
    let others = candidates.iter().filter(|candidate| *candidate != path);
    others.filter(|candidate| places(&text, candidate).next().is_some()).cloned().collect()
}

fn with_new_names(bytes: &[u8], path: &str, renamed: &BTreeMap<String, String>) -> Vec<u8> {
    if !is_text(path) {
        return bytes.to_vec();
    }
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    for (old, new) in renamed.iter().filter(|(old, _)| *old != path) {
        let found: Vec<usize> = places(&text, old).collect();
        for at in found.into_iter().rev() {
            text.replace_range(at..at + old.len(), new);
        }
    }
    text.into_bytes()
}

/// Finds where a text names a file: between quotes or brackets, with or without `./` before.
fn places<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(name).map(|(at, _)| at).filter(move |at| {
        let before = text[..*at].trim_end_matches("./").chars().next_back();
        let after = text[at + name.len()..].chars().next();
        matches!(before, Some('"' | '\'' | '`' | '('))
            && matches!(after, Some('"' | '\'' | '`' | ')' | '?' | '#'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(pairs: &[(&str, &str)]) -> Files {
        pairs.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
    }

    fn text_of<'a>(files: &'a Files, start: &str, end: &str) -> (&'a str, &'a str) {
        let found = files.iter().find(|(path, _)| path.starts_with(start) && path.ends_with(end));
        let (path, bytes) = found.expect("the file is there");
        (path, std::str::from_utf8(bytes).unwrap())
    }

    fn build(wasm: &str) -> Files {
        files(&[
            (
                "index.html",
                "<meta name=\"tablog-engine\" content=\"./engine_loader.js\"><script src=\"start.js\"></script>",
            ),
            ("start.js", "await import(\"./page.js\")"),
            ("page.js", "new URL('page_bg.wasm', import.meta.url); homepage.js"),
            ("page_bg.wasm", "page"),
            ("engine_loader.js", "import init from './engine.js';await init();"),
            ("engine.js", "new URL('engine_bg.wasm', import.meta.url)"),
            ("engine_bg.wasm", wasm),
            ("sw.js", "sw"),
            ("icons/logo.svg", "start.js"),
        ])
    }

    #[test]
    fn everyone_loads_the_others_by_their_new_names() {
        let built = hash_names(build("one")).unwrap();
        let page = text_of(&built, "index.html", "");
        let (loader, loader_text) = text_of(&built, "engine_loader-", ".js");
        assert!(page.1.contains(&format!("content=\"./{loader}\"")), "{page:?}");
        let (engine, engine_text) = text_of(&built, "engine-", ".js");
        let (wasm, _) = text_of(&built, "engine_bg-", ".wasm");
        assert_eq!(loader_text, format!("import init from './{engine}';await init();"));
        assert_eq!(engine_text, format!("new URL('{wasm}', import.meta.url)"));
        let (_, page_text) = text_of(&built, "page-", ".js");
        assert!(page_text.ends_with("homepage.js"), "a part of another name is left alone: {page_text}");
        assert_eq!(text_of(&built, "icons/logo.svg", "").1, "start.js", "other files stay as they are");
        assert!(built.contains_key("sw.js"), "the service worker keeps its name");
    }

    #[test]
    fn another_engine_has_another_name_all_the_way_up_to_the_page() {
        let (one, two) = (hash_names(build("one")).unwrap(), hash_names(build("two")).unwrap());
        assert_ne!(text_of(&one, "engine_loader-", ".js").0, text_of(&two, "engine_loader-", ".js").0);
        assert_ne!(one["index.html"], two["index.html"]);
        assert_eq!(
            text_of(&one, "page-", ".js"),
            text_of(&two, "page-", ".js"),
            "what did not change keeps its name"
        );
    }

    #[test]
    fn files_that_load_each_other_are_refused() {
        let failure = hash_names(files(&[("a.js", "import './b.js'"), ("b.js", "import './a.js'")]))
            .expect_err("a circle");
        assert!(failure.to_string().contains("a.js") && failure.to_string().contains("b.js"), "{failure}");
    }
}
