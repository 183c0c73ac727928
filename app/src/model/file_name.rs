//! What a file is called on the page.

/// Shortens a path to what tells files apart: the name, behind the folder it lay in. All of a broker's first segments have one name,
/// and only the folder tells topic and partition.
pub fn shown_name(path: &str) -> String {
    let mut parts = path.rsplit('/').filter(|part| !part.is_empty());
    match (parts.next(), parts.next()) {
        (Some(file), Some(folder)) => format!("{folder}/{file}"),
        (Some(file), None) => file.to_owned(),
        (None, _) => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_of_several_partitions_have_different_names() {
        // Eight partitions were listed as eight equal files.
        let segment = "00000000000000000000.log";
        assert_eq!(shown_name(&format!("kafka/orders-7/{segment}")), format!("orders-7/{segment}"));
        assert_eq!(shown_name(&format!("/orders-0/{segment}")), format!("orders-0/{segment}"));
        assert_eq!(shown_name("a.jsonl"), "a.jsonl");
        assert_eq!(shown_name(""), "");
    }
}
