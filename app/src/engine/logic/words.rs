//! Words and numbers for sentences.

use tablog_core::ids::TopicName;
use tablog_core::storage::StorageError;

/// Begins a sentence with a capital; not where a name stands first, which is written as it is: `retention.ms`, `orders-0`.
pub fn capitalized(text: &str) -> String {
    let is_word = |first: &str| first.trim_end_matches([',', ':']).chars().all(char::is_alphabetic);
    let mut chars = text.chars();
    match chars.next() {
        Some(first) if text.split(' ').next().is_some_and(is_word) => {
            first.to_uppercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}

/// Writes a number with commas between its thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Writes a number of things: "1 record", "2 records".
pub fn counted(number: u64, thing: &str) -> String {
    format!("{} {thing}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// Says that topics are left out because they cannot be read, and why for the first of them; `None` when there are none.
pub fn left_out(topics: &[(TopicName, StorageError)]) -> Option<String> {
    let (_, cause) = topics.first()?;
    let count = u64::try_from(topics.len()).unwrap_or(u64::MAX);
    Some(match count {
        1 => format!("One topic cannot be read and is not listed: {cause}"),
        _ => format!("{} cannot be read and are not listed. The first: {cause}", counted(count, "topic")),
    })
}

/// Says why records are only in memory, as the end of a sentence about that; `None` for an error that memory is no answer to.
pub fn memory_note(error: &StorageError) -> Option<String> {
    match error {
        StorageError::Unavailable(cause) => {
            Some(format!("the browser lets this page store nothing ({cause})"))
        }
        StorageError::Unreadable(cause) => Some(format!(
            "the browser cannot open what this page stored before ({cause}). Stored topics cannot be reached now, and nothing of \
             them was deleted: reload the page to try again"
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_that_cannot_be_read_are_counted_and_the_first_says_why() {
        let bad = |name: &str| {
            let cause = StorageError::Corrupt(format!("topic \"{name}\": no row"));
            (TopicName::parse(name).unwrap(), cause)
        };
        assert_eq!(left_out(&[]), None);
        assert_eq!(
            left_out(&[bad("a")]).unwrap(),
            "One topic cannot be read and is not listed: stored data is damaged: topic \"a\": no row"
        );
        assert_eq!(
            left_out(&[bad("a"), bad("b")]).unwrap(),
            "2 topics cannot be read and are not listed. The first: stored data is damaged: topic \"a\": no row"
        );
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let written = [0, 999, 1_000, 1_234_567].map(grouped);
        assert_eq!(written, ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn one_thing_is_not_many() {
        assert_eq!([counted(1, "record"), counted(2_000, "record")], ["1 record", "2,000 records"]);
    }

    #[test]
    fn a_database_that_cannot_be_opened_is_no_reason_to_refuse_the_page() {
        // The page was refused, as if a connection had been lost.
        let note = memory_note(&StorageError::Unreadable("UnknownError: backing store".to_owned())).unwrap();
        assert!(note.contains("backing store") && note.contains("nothing of them was deleted"), "{note}");
        let note = memory_note(&StorageError::Unavailable("SecurityError".to_owned())).unwrap();
        assert_eq!(note, "the browser lets this page store nothing (SecurityError)");
        assert_eq!(memory_note(&StorageError::Blocked), None);
        assert_eq!(memory_note(&StorageError::ConnectionLost("gone".to_owned())), None);
    }

    #[test]
    fn sentences_begin_with_a_capital() {
        assert_eq!([capitalized("the end"), capitalized(""), capitalized("éa")], ["The end", "", "Éa"]);
        // Settings named a config that Kafka does not know: "Retention.ms".
        for named in ["retention.ms=x is not possible", "orders-0: full", "/a/b.log cannot be read"] {
            assert_eq!(capitalized(named), named);
        }
    }
}
