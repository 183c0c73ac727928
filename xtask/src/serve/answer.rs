//! From the head of a request to the bytes of the answer.

use std::fs;
use std::path::{Path, PathBuf};

use crate::build::POLICY;

/// What the server says to one request.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    status: &'static str,
    kind: &'static str,
    cache: &'static str,
    body: Vec<u8>,
    /// A HEAD request gets the length and no body.
    head_only: bool,
}

impl Answer {
    /// Answers a request for a file of `folder`.
    pub fn to(head: &str, folder: &Path) -> Answer {
        let mut words = head.lines().next().unwrap_or_default().split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if method != "GET" && method != "HEAD" {
            return Answer::error("405 Method Not Allowed");
        }
        let Some(path) = path_of(target) else { return Answer::error("400 Bad Request") };
        let mut file = folder.join(&path);
        if file.is_dir() {
            file = file.join("index.html");
        }
        let Ok(body) = fs::read(&file) else { return Answer::error("404 Not Found") };
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Answer {
            status: "200 OK",
            kind: kind_of(&name),
            cache: cache_of(&name),
            body,
            head_only: method == "HEAD",
        }
    }

    fn error(status: &'static str) -> Answer {
        let body = format!("{status}\n").into_bytes();
        Answer { status, kind: "text/plain; charset=utf-8", cache: "no-store", body, head_only: false }
    }

    /// Writes the answer down as it goes over the wire.
    pub fn bytes(&self) -> Vec<u8> {
        let Answer { status, kind, cache, body, .. } = self;
        let length = body.len();
        // As a header the policy holds in workers too, and may forbid framing.
        let mut bytes = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nCache-Control: {cache}\r\n\
             Content-Security-Policy: {POLICY}; frame-ancestors 'none'\r\nX-Content-Type-Options: nosniff\r\n\r\n"
        )
        .into_bytes();
        if !self.head_only {
            bytes.extend_from_slice(body);
        }
        bytes
    }
}

/// Turns the target of a request into a path below the folder, `None` if it leads out of it.
fn path_of(target: &str) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next()?.strip_prefix('/')?;
    let path = percent_decoded(path)?;
    let leads_out = path.split(['/', '\\']).any(|part| part == "..")
        || path.contains(['\0', ':'])
        || path.starts_with('/');
    (!leads_out).then(|| PathBuf::from(path))
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

fn kind_of(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "jsonl" => "application/jsonl; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "md" | "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// A name with the hash of its content never means anything else; all other names are asked for again.
fn cache_of(name: &str) -> &'static str {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let hash = stem.rsplit_once('-').map_or("", |(_, hash)| hash);
    if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_nowhere_but_into_the_folder() {
        assert_eq!(path_of("/samples/orders.jsonl?x=1#top"), Some(PathBuf::from("samples/orders.jsonl")));
        assert_eq!(path_of("/a%20b"), Some(PathBuf::from("a b")));
        for target in
            ["/../secret", "/%2e%2e/secret", "//etc/passwd", "/a/..%5csecret", "/%00", "/%zz", "http://host/"]
        {
            assert_eq!(path_of(target), None, "{target}");
        }
    }

    #[test]
    fn only_names_with_a_hash_are_kept_forever() {
        assert!(cache_of("page_bg-0123456789abcdef.wasm").contains("immutable"));
        for name in ["index.html", "sw.js", "icon-192.png", "maskable-512.png"] {
            assert_eq!(cache_of(name), "no-cache", "{name}");
        }
    }

    #[test]
    fn browsers_insist_on_these_types() {
        assert_eq!(kind_of("page_bg.wasm"), "application/wasm");
        assert_eq!(kind_of("manifest.webmanifest"), "application/manifest+json");
        assert_eq!(kind_of("engine.js"), "text/javascript; charset=utf-8");
        assert_eq!(kind_of("logo.svg"), "image/svg+xml");
    }

    #[test]
    fn what_is_not_there_or_not_asked_for_politely_gets_a_plain_no() {
        let folder = std::env::temp_dir();
        assert_eq!(Answer::to("GET /no-such-file HTTP/1.1\r\n", &folder).status, "404 Not Found");
        assert_eq!(Answer::to("POST / HTTP/1.1\r\n", &folder).status, "405 Method Not Allowed");
        assert_eq!(Answer::to("GET /../x HTTP/1.1\r\n", &folder).status, "400 Bad Request");
        assert_eq!(Answer::to("", &folder).status, "405 Method Not Allowed");
    }

    #[test]
    fn head_gets_the_length_without_the_body() {
        let folder = std::env::temp_dir().join(format!("tablog-answer-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("index.html"), "hello").unwrap();
        let text = String::from_utf8(Answer::to("HEAD / HTTP/1.1\r\n", &folder).bytes()).unwrap();
        assert!(text.contains("Content-Length: 5\r\n") && text.ends_with("\r\n\r\n"), "{text}");
        fs::remove_dir_all(folder).unwrap();
    }
}
