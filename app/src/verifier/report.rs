//! What the worker finds in a database: as JSON for those who save it, and in words for the page.

use serde::Serialize;

use super::protocol::Shown;
use crate::model::clock::date_time;
use crate::model::format::{bytes, counted, duration_ms, grouped};

/// What is stored, and what should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoredReport {
    /// The store's id.
    pub cluster_id: String,
    /// When it was looked at, in milliseconds since 1970 UTC.
    pub at_ms: i64,
    /// When the acknowledgements were noted; `None` when nobody did.
    pub noted_ms: Option<i64>,
    /// Each topic.
    pub topics: Vec<StoredTopic>,
    /// Topics that cannot be opened, and why.
    pub unreadable: Vec<String>,
    /// What is known to be lost: found now, or before and still remembered.
    pub losses: Vec<Loss>,
    /// What reading every record showed; `None` when only keys were read.
    pub verified: Option<Verified>,
}

/// One topic: what was acknowledged, and what is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoredTopic {
    /// Its name.
    pub name: String,
    /// Its incarnation.
    pub topic_id: String,
    /// How many partitions it has.
    pub partitions: u32,
    /// Offsets up to which records were acknowledged, over all partitions; `None` when nobody noted them.
    pub acknowledged: Option<u64>,
    /// Offsets up to which there are records, over all partitions.
    pub stored: u64,
    /// Offsets whose records are missing.
    pub missing: u64,
    /// Records that can be fetched.
    pub records: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Offsets whose records are lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// The topic.
    pub topic: String,
    /// The incarnation that they were of.
    pub topic_id: String,
    /// The partition.
    pub partition: i32,
    /// The first offset that is lost.
    pub from: i64,
    /// The first offset behind it that is not.
    pub to: i64,
    /// What became of them.
    pub cause: String,
    /// When they were last known to be there.
    pub noted_ms: Option<i64>,
    /// When they were found missing.
    pub found_ms: i64,
}

/// What reading every record showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Partitions that were read.
    pub partitions: u64,
    /// Batches that can be read.
    pub batches: u64,
    /// Records that can be read.
    pub records: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
    /// Offsets whose records cannot be read.
    pub lost_offsets: u64,
    /// What is wrong, place by place.
    pub findings: Vec<Finding>,
    /// How many more places there are.
    pub not_listed: u64,
}

/// One place where something is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The topic and the partition, as Kafka names the folder.
    pub place: String,
    /// The first offset that cannot be read, if any.
    pub from: Option<i64>,
    /// The offset behind the last.
    pub to: Option<i64>,
    /// What is wrong.
    pub cause: String,
}

/// What a crash test showed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CrashReport {
    /// When it ended, in milliseconds since 1970 UTC.
    pub at_ms: i64,
    /// Workers that were ended in the middle of appends.
    pub kills: u32,
    /// Records that were acknowledged before their worker was ended.
    pub acknowledged: u64,
    /// Records that are stored.
    pub stored: u64,
    /// Acknowledged records that are not there.
    pub missing: u64,
    /// Records that are not what was written, or not where they were acknowledged to be.
    pub wrong: u64,
    /// Records that are stored more than once.
    pub twice: u64,
    /// Offsets that cannot be read.
    pub lost_offsets: u64,
    /// Whether the database was deleted afterwards.
    pub is_removed: bool,
    /// The browser, in its own words.
    pub browser: String,
}

impl StoredReport {
    /// Puts it in words, and writes it as JSON.
    ///
    /// # Errors
    /// What the encoder reports.
    pub fn shown(&self) -> Result<Shown, serde_json::Error> {
        let noted = match self.noted_ms {
            Some(noted_ms) => {
                format!("Acknowledgements as noted outside of the database {}", date_time(noted_ms))
            }
            None => "This browser has no note of what was acknowledged".to_owned(),
        };
        let unreadable = self.unreadable.iter().map(|cause| vec!["topics".to_owned(), cause.clone()]);
        let findings = self.verified.iter().flat_map(|verified| &verified.findings);
        let findings = findings.map(|finding| vec![finding_place(finding), finding.cause.clone()]);
        let verdict = self.verified.as_ref().map(verdict);
        Ok(Shown {
            is_good: self.verified.as_ref().map(is_good),
            sentence: verdict
                .map_or_else(String::new, |verdict| format!("{}: {verdict}", date_time(self.at_ms))),
            note: format!("Looked at {}. {noted}", date_time(self.at_ms)),
            topics: self.topics.iter().map(|topic| topic_cells(topic).to_vec()).collect(),
            findings: unreadable.chain(findings).collect(),
            losses: self
                .losses
                .iter()
                .map(|loss| vec![loss_place(loss), loss.cause.clone(), loss_time(loss)])
                .collect(),
            json: serde_json::to_string(self)?,
            losses_json: serde_json::to_string(&self.losses)?,
        })
    }
}

impl CrashReport {
    /// Puts it in words, and writes it as JSON.
    ///
    /// # Errors
    /// What the encoder reports.
    pub fn shown(&self) -> Result<Shown, serde_json::Error> {
        let left = if self.is_removed {
            ""
        } else {
            ". The scratch database could not be deleted now; the browser does so when it is free"
        };
        Ok(Shown {
            is_good: Some(self.is_good()),
            sentence: format!("{}{left}", crash_verdict(self)),
            json: serde_json::to_string(self)?,
            ..Shown::default()
        })
    }

    /// Tells whether all that was acknowledged is there, once, and readable.
    pub fn is_good(&self) -> bool {
        self.missing == 0 && self.wrong == 0 && self.twice == 0 && self.lost_offsets == 0
    }
}

/// Tells whether reading every record showed nothing wrong.
fn is_good(verified: &Verified) -> bool {
    verified.findings.is_empty() && verified.not_listed == 0
}

/// Says how a verification went.
fn verdict(verified: &Verified) -> String {
    let read = format!(
        "{} · {} · {} read in {}",
        counted(verified.partitions, "partition", "partitions"),
        counted(verified.records, "record", "records"),
        bytes(verified.bytes),
        duration_ms(verified.elapsed_ms)
    );
    if is_good(verified) {
        return format!("Everything is as it should be · {read}");
    }
    let places =
        u64::try_from(verified.findings.len()).unwrap_or(u64::MAX).saturating_add(verified.not_listed);
    let places = counted(places, "finding", "findings");
    match verified.lost_offsets {
        0 => format!("{places}, and every record can be read · {read}"),
        lost => format!("{places}: {} cannot be read · {read}", counted(lost, "record", "records")),
    }
}

/// Names a range of offsets, the second of which is not in it: `offset 5`, `offsets 5 to 9`.
fn offsets(from: i64, to: i64) -> String {
    if to <= from.saturating_add(1) {
        format!("offset {}", grouped(from))
    } else {
        format!("offsets {} to {}", grouped(from), grouped(to - 1))
    }
}

/// Says where a loss is.
fn loss_place(loss: &Loss) -> String {
    format!("{}-{} · {}", loss.topic, loss.partition, offsets(loss.from, loss.to))
}

/// Says since when records are lost, as far as it is known.
fn loss_time(loss: &Loss) -> String {
    let found = format!("Found missing {}", date_time(loss.found_ms));
    match loss.noted_ms {
        Some(noted_ms) => format!("Last known to be there {}. {found}", date_time(noted_ms)),
        None => found,
    }
}

/// Says where a finding is.
fn finding_place(finding: &Finding) -> String {
    match (finding.from, finding.to) {
        (Some(from), Some(to)) => format!("{} · {}", finding.place, offsets(from, to)),
        (Some(from), None) => format!("{} · from offset {} on", finding.place, grouped(from)),
        (None, _) => finding.place.clone(),
    }
}

/// Returns the cells of a topic's line: name, partitions, acknowledged, stored, missing.
fn topic_cells(topic: &StoredTopic) -> [String; 5] {
    [
        topic.name.clone(),
        grouped(topic.partitions),
        topic.acknowledged.map_or_else(|| "not noted".to_owned(), grouped),
        grouped(topic.stored),
        grouped(topic.missing),
    ]
}

/// Says what a crash test showed.
fn crash_verdict(report: &CrashReport) -> String {
    let acknowledged = grouped(report.acknowledged);
    let kills = counted(report.kills.into(), "kill", "kills");
    if report.is_good() {
        let more = report.stored.saturating_sub(report.acknowledged);
        let more = match more {
            0 => String::new(),
            _ => format!(
                ". {} more had been stored when their engine was killed, before it could say so",
                grouped(more)
            ),
        };
        return format!(
            "All {acknowledged} acknowledged records are there after {kills}, each once and whole{more}"
        );
    }
    let counts = [
        (report.missing, "missing"),
        (report.wrong, "not what was written"),
        (report.twice, "stored twice"),
        (report.lost_offsets, "unreadable"),
    ];
    let found: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", grouped(*count)))
        .collect();
    format!("Of {acknowledged} acknowledged records after {kills}: {}", found.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verified(findings: usize, lost_offsets: u64) -> Verified {
        let finding = Finding { place: "t-0".into(), from: Some(1), to: Some(3), cause: "CRC".into() };
        Verified {
            partitions: 2,
            batches: 10,
            records: 1_000,
            bytes: 2_048,
            elapsed_ms: 1_500,
            lost_offsets,
            findings: vec![finding; findings],
            not_listed: 0,
        }
    }

    #[test]
    fn a_verification_begins_with_what_people_look_for() {
        let read = "2 partitions · 1,000 records · 2.0 kB read in 1.5 s";
        assert_eq!(verdict(&verified(0, 0)), format!("Everything is as it should be · {read}"));
        assert_eq!(verdict(&verified(1, 0)), format!("1 finding, and every record can be read · {read}"));
        assert_eq!(verdict(&verified(2, 4)), format!("2 findings: 4 records cannot be read · {read}"));
    }

    #[test]
    fn a_report_is_shown_in_words_and_saved_as_json() {
        let topic = StoredTopic {
            name: "t".into(),
            topic_id: "00".into(),
            partitions: 2,
            acknowledged: None,
            stored: 1_500,
            missing: 3,
            records: 1_497,
            bytes: 9,
        };
        let loss = Loss {
            topic: "t".into(),
            topic_id: "00".into(),
            partition: 1,
            from: 2,
            to: 5,
            cause: "gone".into(),
            noted_ms: None,
            found_ms: 0,
        };
        let report = StoredReport {
            cluster_id: "x".into(),
            at_ms: 0,
            noted_ms: None,
            topics: vec![topic],
            unreadable: vec!["damaged".into()],
            losses: vec![loss],
            verified: None,
        };
        let shown = report.shown().unwrap();
        assert_eq!((shown.is_good, shown.sentence.as_str()), (None, ""));
        assert_eq!(shown.topics, [["t", "2", "not noted", "1,500", "3"]]);
        assert_eq!(shown.losses[0][0], "t-1 · offsets 2 to 4");
        assert_eq!(shown.findings, [["topics", "damaged"]]);
        assert!(shown.json.contains(r#""missing":3"#) && shown.losses_json.starts_with(r#"[{"topic":"t""#));
        let verified = StoredReport { verified: Some(verified(0, 0)), ..report }.shown().unwrap();
        assert_eq!(verified.is_good, Some(true));
        assert!(
            verified.sentence.starts_with("1970-01-01 00:00:00.000 UTC: Everything"),
            "{}",
            verified.sentence
        );
    }

    #[test]
    fn places_name_one_offset_or_the_first_and_the_last() {
        assert_eq!([offsets(5, 6), offsets(5, 1_006)], ["offset 5", "offsets 5 to 1,005"]);
        let finding = |from, to| Finding { place: "t-0".into(), from, to, cause: String::new() };
        assert_eq!(finding_place(&finding(Some(1), Some(3))), "t-0 · offsets 1 to 2");
        assert_eq!(finding_place(&finding(Some(1), None)), "t-0 · from offset 1 on");
        assert_eq!(finding_place(&finding(None, None)), "t-0");
    }

    #[test]
    fn a_crash_test_says_what_was_lost_or_that_nothing_was() {
        let good = CrashReport { kills: 10, acknowledged: 1_000, stored: 1_000, ..CrashReport::default() };
        let all = "All 1,000 acknowledged records are there after 10 kills, each once and whole";
        assert_eq!(crash_verdict(&good), all);
        let more = CrashReport { stored: 1_007, ..good.clone() };
        assert!(crash_verdict(&more).contains(". 7 more had been stored"), "{}", crash_verdict(&more));
        let bad = CrashReport { missing: 2, twice: 1, ..good };
        assert_eq!(
            crash_verdict(&bad),
            "Of 1,000 acknowledged records after 10 kills: 2 missing, 1 stored twice"
        );
    }
}
