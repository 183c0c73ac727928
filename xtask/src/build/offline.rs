//! The service worker's knowledge of its build: an id, and every file with its hash.

use crate::build::names::sha256;
use crate::build::{Files, PAGE, POLICY, SERVICE_WORKER, is_first_load};
use crate::shell::{Failure, Result};

/// Hex digits of a build's id.
const ID_DIGITS: usize = 16;

/// Writes id, policy and files of the build into the text of the service worker.
pub fn fill_in(worker: &str, files: &Files) -> Result<String> {
    let listed = |first: bool| {
        let chosen = files.iter().filter(|(path, _)| *path != SERVICE_WORKER && is_first_load(path) == first);
        let entries: Vec<(&str, String)> =
            chosen.map(|(path, bytes)| (address_of(path), sha256(bytes))).collect();
        serde_json::json!(entries).to_string()
    };
    let (first, rest) = (listed(true), listed(false));
    let policy = serde_json::json!(POLICY).to_string();
    let id = &sha256(format!("{worker}\n{first}\n{rest}").as_bytes())[..ID_DIGITS];
    let mut filled = worker.to_owned();
    let places = [("__BUILD__", id), ("__POLICY__", &policy), ("__FIRST__", &first), ("__REST__", &rest)];
    for (place, value) in places {
        if filled.matches(place).count() != 1 {
            return Err(Failure::new(format!("sw.js must hold {place} once")));
        }
        filled = filled.replace(place, value);
    }
    Ok(filled)
}

/// The page is known by the address that people open: hosts answer `index.html` in different ways.
fn address_of(path: &str) -> &str {
    if path == PAGE { "./" } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKER: &str = "const BUILD = \"__BUILD__\"; const POLICY = __POLICY__; const FIRST = __FIRST__; const REST = __REST__;";

    fn files(page: &str) -> Files {
        let pairs =
            [("index.html", page), ("page-1.js", "page"), ("samples/orders.jsonl", "{}"), ("sw.js", WORKER)];
        pairs.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn the_worker_knows_every_file_but_itself() {
        let filled = fill_in(WORKER, &files("page")).unwrap();
        let hash = sha256(b"page");
        assert!(
            filled.contains(&format!("const FIRST = [[\"./\",\"{hash}\"],[\"page-1.js\",\"{hash}\"]];")),
            "{filled}"
        );
        assert!(filled.contains("const REST = [[\"samples/orders.jsonl\","), "{filled}");
        assert!(!filled.contains("\"sw.js\"") && !filled.contains("__"), "{filled}");
    }

    #[test]
    fn the_worker_knows_the_policy_because_a_host_may_send_none() {
        let filled = fill_in(WORKER, &files("page")).unwrap();
        assert!(filled.contains(&format!("const POLICY = \"{POLICY}\";")), "{filled}");
    }

    #[test]
    fn any_change_makes_another_build() {
        let id = |filled: String| filled.split('"').nth(1).map(str::to_owned);
        let one = id(fill_in(WORKER, &files("page")).unwrap());
        assert_eq!(one, id(fill_in(WORKER, &files("page")).unwrap()), "the same files make the same build");
        assert_ne!(one, id(fill_in(WORKER, &files("another page")).unwrap()));
        assert_ne!(one, id(fill_in(&format!("{WORKER} "), &files("page")).unwrap()));
    }

    #[test]
    fn a_worker_without_its_places_is_refused() {
        assert!(fill_in("const BUILD = 1;", &files("page")).is_err());
    }
}
