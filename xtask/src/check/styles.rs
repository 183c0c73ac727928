//! Style sheets that nobody loads, and links to style sheets that are not there.

use crate::check::sources::Source;

/// Compares the style sheets of `app/` with the links of `index.html`.
pub fn complaints(sources: &[Source]) -> Vec<String> {
    let Some(page) = sources.iter().find(|source| source.path == "index.html") else { return Vec::new() };
    let sheets: Vec<&str> = sources.iter().map(|it| it.path.as_str()).filter(|path| is_sheet(path)).collect();
    let linked = linked_sheets(&page.text);
    let unlinked = sheets.iter().filter(|sheet| !linked.contains(sheet));
    let missing = linked.iter().filter(|sheet| !sheets.contains(sheet));
    let twins = linked.iter().enumerate().filter(|(index, sheet)| {
        let earlier = linked.iter().take(*index);
        earlier.into_iter().any(|other| name_of(other) == name_of(sheet))
    });
    let twins = twins.map(|(_, sheet)| {
        format!("{sheet}: a sheet of this name is linked before, and the build keeps one only")
    });
    unlinked
        .map(|sheet| format!("{sheet}: no link in index.html loads it"))
        .chain(missing.map(|sheet| format!("index.html: links {sheet}, which is not there")))
        .chain(twins)
        .collect()
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn is_sheet(path: &str) -> bool {
    path.starts_with("app/") && path.ends_with(".css")
}

fn linked_sheets(page: &str) -> Vec<&str> {
    let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.map(|link| link.trim_start_matches("./")).filter(|link| link.ends_with(".css")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_without_a_link_and_a_link_without_a_sheet_are_told() {
        let page = Source::new("index.html", "<link data-trunk rel=\"css\" href=\"app/styles/gone.css\">");
        let found = complaints(&[page, Source::new("app/src/ui/grid.css", "")]);
        let expected = [
            "app/src/ui/grid.css: no link in index.html loads it",
            "index.html: links app/styles/gone.css, which is not there",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn two_sheets_of_one_name_are_told() {
        let links = ["app/src/ui/topic.css", "app/src/pages/topic.css"];
        let page = links.map(|link| format!("<link data-trunk rel=\"css\" href=\"{link}\">")).concat();
        let sheets = links.map(|link| Source::new(link, ""));
        let found = complaints(&[vec![Source::new("index.html", page)], sheets.into()].concat());
        assert_eq!(
            found,
            ["app/src/pages/topic.css: a sheet of this name is linked before, and the build keeps one only"]
        );
    }

    #[test]
    fn linked_sheets_are_fine() {
        let page = Source::new("index.html", "<link data-trunk rel=\"css\" href=\"app/styles/main.css\">");
        assert_eq!(complaints(&[page, Source::new("app/styles/main.css", "")]), Vec::<String>::new());
    }
}
