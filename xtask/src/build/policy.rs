//! The content security policy: what the page says, and that the built page keeps to it.

use crate::shell::{Failure, Result};

/// What index.html must say, word for word.
pub const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' blob: data:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
    form-action 'none'";

/// Checks the built page: the policy comes before anything that loads, nothing is inline, nothing is foreign.
pub fn ensure_kept(page: &str) -> Result<()> {
    let policy = format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">");
    let Some(policy_at) = page.find(&policy) else {
        return Err(Failure::new(format!("index.html does not say: {policy}")));
    };
    if page.find("<link").into_iter().chain(page.find("<script")).any(|at| at < policy_at) {
        return Err(Failure::new("index.html loads something before its policy holds"));
    }
    for tag in tags(page) {
        let lower = tag.to_ascii_lowercase();
        let script_without_source = lower.starts_with("<script") && !lower.contains(" src=");
        let handler =
            lower.split_whitespace().skip(1).any(|word| word.starts_with("on") && word.contains('='));
        if script_without_source || handler || lower.starts_with("<style") || lower.contains(" style=") {
            return Err(Failure::new(format!(
                "index.html has something inline, which its policy forbids: {tag}"
            )));
        }
        if lower.contains("=\"http:") || lower.contains("=\"https:") || lower.contains("=\"//") {
            return Err(Failure::new(format!("index.html loads something from elsewhere: {tag}")));
        }
        if lower.contains("href=\"/") || lower.contains("src=\"/") {
            return Err(Failure::new(format!("index.html has a link that breaks in a subfolder: {tag}")));
        }
        if lower.contains("data-trunk") {
            return Err(Failure::new(format!("trunk left something undone in index.html: {tag}")));
        }
    }
    Ok(())
}

/// Cuts the opening tags out of a page. Comments are no tags.
pub fn tags(page: &str) -> impl Iterator<Item = &str> {
    page.match_indices('<').filter_map(|(at, _)| {
        let rest = &page[at..];
        let is_tag = rest[1..].starts_with(|c: char| c.is_ascii_alphabetic());
        is_tag.then(|| rest.find('>').map_or(rest, |end| &rest[..=end]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(head: &str, body: &str) -> String {
        format!(
            "<head><meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">{head}</head><body>{body}</body>"
        )
    }

    #[test]
    fn a_page_of_files_from_here_is_fine() {
        ensure_kept(&page(
            "<link rel=\"stylesheet\" href=\"./main.css\">",
            "<script type=\"module\" src=\"./start.js\"></script>",
        ))
        .unwrap();
    }

    #[test]
    fn a_page_without_the_policy_is_refused() {
        assert!(ensure_kept("<head></head>").is_err());
        assert!(ensure_kept(&page("", "").replace("default-src 'none'; ", "")).is_err());
    }

    #[test]
    fn what_loads_before_the_policy_is_refused() {
        let early = format!("<link rel=\"stylesheet\" href=\"main.css\">{}", page("", ""));
        assert_eq!(
            ensure_kept(&early).expect_err("too early").to_string(),
            "index.html loads something before its policy holds"
        );
    }

    #[test]
    fn nothing_inline_foreign_absolute_or_undone_passes() {
        let inline = [
            "<script>start()</script>",
            "<style>p {}</style>",
            "<p style=\"color: red\">",
            "<p onclick=\"start()\">",
        ];
        let elsewhere =
            ["<script src=\"https://example.com/a.js\"></script>", "<img src=\"//example.com/a.png\">"];
        let absolute = ["<script src=\"/start.js\"></script>", "<link rel=\"icon\" href=\"/icon.svg\">"];
        let undone = ["<link data-trunk rel=\"rust\" href=\"app/Cargo.toml\">"];
        for body in inline.iter().chain(&elsewhere).chain(&absolute).chain(&undone) {
            assert!(ensure_kept(&page("", body)).is_err(), "{body}");
        }
    }
}
