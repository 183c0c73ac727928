//! One style sheet instead of thirty: the sources keep theirs beside what they style, a visit loads one.

use crate::build::{Files, PAGE, policy};
use crate::shell::{Failure, Result};

/// The name of the joined sheet, before it gets its hash.
const JOINED: &str = "styles.css";

/// Joins the sheets that the page links, in the order of its links, into one, linked where the first one was.
pub fn join(mut files: Files) -> Result<Files> {
    let page = files.get(PAGE).ok_or_else(|| Failure::new("the build has no index.html"))?;
    let mut page = String::from_utf8_lossy(page).into_owned();
    let links: Vec<String> = policy::tags(&page).filter(|tag| is_sheet(tag)).map(str::to_owned).collect();
    let mut joined = Vec::new();
    for (index, link) in links.iter().enumerate() {
        let name = href(link).ok_or_else(|| {
            Failure::new(format!("index.html has a style sheet without an address: {link}"))
        })?;
        let sheet = files
            .remove(name)
            .ok_or_else(|| Failure::new(format!("index.html links {name}, which is not built")))?;
        joined.extend_from_slice(&sheet);
        joined.push(b'\n');
        let replacement =
            if index == 0 { format!("<link rel=\"stylesheet\" href=\"./{JOINED}\">") } else { String::new() };
        page = page.replacen(link, &replacement, 1);
    }
    if !links.is_empty() {
        files.insert(JOINED.to_owned(), joined);
        // Where the other links were, empty lines are left.
        let lines: Vec<&str> = page.lines().filter(|line| !line.trim().is_empty()).collect();
        files.insert(PAGE.to_owned(), format!("{}\n", lines.join("\n")).into_bytes());
    }
    Ok(files)
}

fn is_sheet(tag: &str) -> bool {
    tag.starts_with("<link") && tag.contains("rel=\"stylesheet\"")
}

fn href(tag: &str) -> Option<&str> {
    let address = tag.split_once("href=\"")?.1.split('"').next()?;
    Some(address.trim_start_matches("./"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(page: &str) -> Files {
        let pairs = [("index.html", page), ("b.css", "b { }"), ("a.css", "a { }")];
        pairs.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn sheets_are_joined_in_the_order_of_their_links() {
        let page = "<head>\n  <link rel=\"stylesheet\" href=\"./b.css\">\n  <link rel=\"stylesheet\" href=\"./a.css\"/>\n</head>";
        let joined = join(files(page)).unwrap();
        assert_eq!(joined["styles.css"], b"b { }\na { }\n");
        assert_eq!(
            String::from_utf8_lossy(&joined["index.html"]),
            "<head>\n  <link rel=\"stylesheet\" href=\"./styles.css\">\n</head>\n"
        );
        assert_eq!(joined.len(), 2, "the single sheets are gone");
    }

    #[test]
    fn a_link_to_nothing_is_refused() {
        assert!(join(files("<link rel=\"stylesheet\" href=\"./c.css\">")).is_err());
    }

    #[test]
    fn a_page_without_sheets_stays_as_it_is() {
        assert_eq!(join(files("<p>")).unwrap(), files("<p>"));
    }
}
