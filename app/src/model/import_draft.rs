//! An import that is being set up, and the words on how far one is.

use super::format::{bytes, counted};
use super::topic_draft::{capitalised, check_partitions};
use crate::engine::protocol::{
    FileFormat, FileGuess, ImportFrom, ImportRequest, OnError, Partitioning, Progress,
};
use tablog_core::ids::TopicName;

/// What the form holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportDraft {
    /// The form of the file.
    pub format: FileFormat,
    /// The topic, as typed.
    pub topic: String,
    /// The number of partitions of a new topic, as typed.
    pub partitions: String,
    /// Which record goes where.
    pub partitioning: Partitioning,
    /// The member that becomes the key; empty for none.
    pub key_field: String,
    /// The member that becomes the time; empty for none.
    pub time_field: String,
    /// What to do at a line that cannot be read.
    pub on_error: OnError,
}

impl ImportDraft {
    /// Begins with what the file seems to be.
    pub fn of(guess: &FileGuess) -> Self {
        Self {
            format: guess.format.unwrap_or(FileFormat::PlainJson),
            topic: guess.topic.clone(),
            partitions: guess.partitions.max(1).to_string(),
            partitioning: Partitioning::Same,
            key_field: String::new(),
            time_field: String::new(),
            on_error: OnError::Stop,
        }
    }

    /// Returns the request.
    ///
    /// # Errors
    /// Says which field cannot be used, and why.
    pub fn request(&self, topic_exists: bool) -> Result<ImportRequest, String> {
        check_topic(&self.topic)?;
        let is_plain = self.format == FileFormat::PlainJson;
        let field = |name: &str| (is_plain && !name.is_empty()).then(|| name.to_owned());
        Ok(ImportRequest {
            from: ImportFrom::File,
            format: Some(self.format),
            topic: self.topic.trim().to_owned(),
            partitions: if topic_exists { 1 } else { check_partitions(&self.partitions)? },
            partitioning: if is_plain { Partitioning::ByKey } else { self.partitioning },
            key_field: field(&self.key_field),
            timestamp_field: field(&self.time_field),
            on_error: self.on_error,
        })
    }
}

/// Checks the name of a topic that may exist already.
///
/// # Errors
/// Says which of Kafka's rules it breaks.
pub fn check_topic(name: &str) -> Result<(), String> {
    TopicName::parse(name.trim()).map(drop).map_err(|error| capitalised(&error.to_string()))
}

/// Returns the words for a form of file.
pub const fn format_words(format: FileFormat) -> &'static str {
    match format {
        FileFormat::Log => "Kafka log segment",
        FileFormat::JsonLines => "JSON Lines with everything of every record",
        FileFormat::Kcat => "kcat -J dump",
        FileFormat::PlainJson => "Plain JSON, an event a line",
    }
}

/// Warns of importing a file into a topic again that has records of it already.
pub fn twice_words(records: u64, topic: &str) -> String {
    format!(
        "{topic} has {} of this file already: an import begins at the first line, and adds them a second time",
        counted(records, "record", "records")
    )
}

/// Returns how much of long work is done, from 0 to 1, when its end is known.
#[allow(clippy::cast_precision_loss, reason = "a bar is at most some thousand pixels long")]
pub fn fraction(progress: &Progress) -> Option<f64> {
    let of = |done: u64, total: Option<u64>| {
        total.filter(|total| *total > 0).map(|total| (done as f64 / total as f64).clamp(0.0, 1.0))
    };
    of(progress.bytes, progress.bytes_total).or_else(|| of(progress.records, progress.records_total))
}

/// Returns the figures of long work: `12,000 records · 2.4 MB of 24.1 MB`.
pub fn figures(progress: &Progress) -> String {
    let records = counted(progress.records, "record", "records");
    match progress.bytes_total {
        Some(total) => format!("{records} · {} of {}", bytes(progress.bytes), bytes(total)),
        None => match progress.records_total {
            Some(total) => format!("{records} of {}", super::format::grouped(total)),
            None => records,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(format: FileFormat) -> FileGuess {
        FileGuess {
            name: "orders.jsonl".into(),
            bytes: 10,
            format: Some(format),
            reason: "it says so".into(),
            topic: "orders".into(),
            partitions: 3,
            fields: vec!["id".into(), "at".into()],
        }
    }

    #[test]
    fn a_draft_begins_with_the_guess() {
        let request = ImportDraft::of(&guess(FileFormat::JsonLines)).request(false).unwrap();
        assert_eq!((request.topic.as_str(), request.partitions), ("orders", 3));
        assert_eq!((request.format, request.partitioning), (Some(FileFormat::JsonLines), Partitioning::Same));
    }

    #[test]
    fn only_plain_json_takes_key_and_time_from_members() {
        let mut draft = ImportDraft::of(&guess(FileFormat::PlainJson));
        (draft.key_field, draft.time_field) = ("id".into(), "at".into());
        let request = draft.request(false).unwrap();
        assert_eq!(
            (request.key_field.as_deref(), request.timestamp_field.as_deref()),
            (Some("id"), Some("at"))
        );
        draft.format = FileFormat::Kcat;
        let request = draft.request(false).unwrap();
        assert_eq!((request.key_field, request.timestamp_field), (None, None));
    }

    #[test]
    fn the_partitions_of_a_topic_that_exists_are_no_matter() {
        let mut draft = ImportDraft::of(&guess(FileFormat::Kcat));
        draft.partitions = "none".into();
        assert!(draft.request(false).is_err());
        assert!(draft.request(true).is_ok());
        draft.topic = "a b".into();
        assert!(draft.request(true).is_err());
    }

    #[test]
    fn a_second_import_of_the_same_records_is_warned_of() {
        let words = twice_words(1_204, "orders");
        assert!(words.starts_with("orders has 1,204 records of this file already"), "{words}");
    }

    #[test]
    fn progress_is_measured_by_what_is_known() {
        let mut progress =
            Progress { records: 50, bytes: 512, bytes_total: Some(2_048), records_total: None };
        assert_eq!(fraction(&progress), Some(0.25));
        assert_eq!(figures(&progress), "50 records · 512 B of 2.0 kB");
        (progress.bytes_total, progress.records_total) = (None, Some(100));
        assert_eq!(fraction(&progress), Some(0.5));
        assert_eq!(figures(&progress), "50 records of 100");
        progress.records_total = None;
        assert_eq!(fraction(&progress), None);
    }
}
