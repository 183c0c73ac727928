//! The samples that come with the app, as `public/samples/index.json` lists them.

use serde::Deserialize;

use super::format::{counted, grouped};

/// The list is part of the program: the first screen needs no request to show it.
const INDEX: &str = include_str!("../../../public/samples/index.json");

/// One file of a sample: one topic.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SampleFile {
    id: String,
    title: String,
    /// What it is, in a sentence.
    pub description: String,
    file: String,
    /// The topic it becomes.
    pub topic: String,
    /// How many partitions its records name.
    pub partitions: i32,
    /// Where it comes from.
    pub source: String,
    /// Who may use it.
    pub licence: String,
    /// The most interesting minute, in milliseconds since 1970 UTC.
    pub replay_start_ms: i64,
    /// The speed that shows it best.
    pub speed: f64,
    /// Records in it.
    pub records: u64,
    /// Its length.
    pub bytes: u64,
}

/// A sample: one click, one or more topics.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Its words.
    pub title: String,
    /// Its files; the replay opens on the first.
    pub files: Vec<SampleFile>,
}

/// What there is of a file already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// No topic of its name.
    Nothing,
    /// All of its records, or more.
    Whole,
    /// Fewer, and what to do about it.
    Part(String),
}

impl SampleFile {
    /// Tells what there is of the file, from the number of records in the topic of its name.
    pub fn found(&self, records: Option<u64>) -> Found {
        match records {
            None => Found::Nothing,
            Some(records) if records >= self.records => Found::Whole,
            Some(records) => Found::Part(format!(
                "There is a topic {} with {} of the sample’s {}: delete it to have the sample, or keep it as your own",
                self.topic,
                grouped(records),
                counted(self.records, "record", "records")
            )),
        }
    }

    /// Returns its address, relative to the app's.
    pub fn address(&self) -> String {
        format!("samples/{}", self.file)
    }
}

impl Sample {
    /// Counts the records of all files.
    pub fn records(&self) -> u64 {
        self.files.iter().map(|file| file.records).sum()
    }
}

/// Returns the samples: files whose ids begin alike belong together, and so do their titles.
///
/// A list that cannot be read, which a test rules out, is an empty one.
pub fn samples() -> Vec<Sample> {
    let files: Vec<SampleFile> = serde_json::from_str(INDEX).unwrap_or_default();
    let mut samples: Vec<(String, Sample)> = Vec::new();
    for file in files {
        let group = file.id.split('-').next().unwrap_or_default().to_owned();
        match samples.iter_mut().find(|(other, _)| *other == group) {
            Some((_, sample)) => {
                let tail = file.title.split_once(": ").map_or(file.title.as_str(), |(_, tail)| tail);
                sample.title.push_str(", ");
                sample.title.push_str(tail);
                sample.files.push(file);
            }
            None => samples.push((group, Sample { title: file.title.clone(), files: vec![file] })),
        }
    }
    samples.into_iter().map(|(_, sample)| sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_sample_become_one_click() {
        let titles: Vec<String> = samples().into_iter().map(|sample| sample.title).collect();
        assert_eq!(titles, ["Earthquakes (USGS, real)", "A shop: orders, payments, shipments"]);
    }

    #[test]
    fn a_sample_that_came_in_by_half_is_not_taken_for_whole() {
        // A tab that was closed in the middle left a topic that was opened as the sample ever after.
        let sample = samples().remove(0);
        let file = &sample.files[0];
        assert_eq!(file.found(None), Found::Nothing);
        assert_eq!(file.found(Some(file.records)), Found::Whole);
        assert_eq!(file.found(Some(file.records + 1)), Found::Whole);
        let Found::Part(sentence) = file.found(Some(800)) else { panic!("800 records are not all") };
        assert!(sentence.contains("earthquakes with 800 of the sample’s 1,707 records"), "{sentence}");
    }

    #[test]
    fn every_sample_file_is_there() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../public");
        for sample in samples() {
            for file in sample.files {
                let found = std::fs::metadata(folder.join(file.address()));
                assert_eq!(found.unwrap().len(), file.bytes, "{}", file.address());
            }
        }
    }

    #[test]
    fn every_sample_opens_within_its_time_at_a_speed_that_exists() {
        for file in samples().into_iter().flat_map(|sample| sample.files) {
            assert!((0.1..=1_000.0).contains(&file.speed), "{}", file.topic);
            assert!(file.replay_start_ms > 0);
        }
    }
}
