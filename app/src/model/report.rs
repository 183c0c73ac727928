//! How long work went, in the same words for all kinds of it: an import, an export, a replay into a topic.

use super::format::{bytes, counted, duration_ms, grouped};
use crate::engine::protocol::{CopyReport, ExportReport, ImportReport, OffsetRange};

/// Ranges of offsets that a report names.
const PLACES_MAX: usize = 20;

/// What there is to say about work that is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The topic that records went into, if any.
    pub topic: Option<String>,
    /// Records stored or written.
    pub records: u64,
    /// All in one line.
    pub summary: String,
    /// Where the records landed, a range of offsets a line.
    pub places: Vec<String>,
    /// Why the work ended before its end.
    pub stopped: Option<String>,
    /// What went wrong on the way, the first of it.
    pub problems: Vec<String>,
    /// How much more went wrong.
    pub more: u64,
}

impl Report {
    /// Writes all of it as text, to be copied.
    pub fn text(&self) -> String {
        let mut lines = vec![self.summary.clone()];
        lines.extend(self.places.iter().cloned());
        lines.extend(self.stopped.clone());
        lines.extend(self.problems.iter().cloned());
        if self.more > 0 {
            lines.push(self.more_words());
        }
        lines.join("\n")
    }

    /// Says it in a sentence or two, for somebody who is elsewhere by now.
    pub fn sentence(&self) -> String {
        let stopped = self.stopped.as_ref().map(|stopped| format!(". {stopped}")).unwrap_or_default();
        format!("{}{stopped}", self.summary)
    }

    /// Says how much more went wrong than is listed.
    pub fn more_words(&self) -> String {
        format!("and {} more", grouped(self.more))
    }
}

impl From<ImportReport> for Report {
    fn from(report: ImportReport) -> Self {
        let mut summary = stored(report.records, &report.topic);
        summary.push_str(&format!(" · {} read · {}", bytes(report.bytes), duration_ms(report.elapsed_ms)));
        push_left_out(&mut summary, report.skipped, "line", "lines");
        Self {
            summary,
            places: places(&report.ranges, report.ranges_more),
            more: unlisted(report.skipped, &report.problems),
            topic: Some(report.topic),
            records: report.records,
            stopped: report.stopped,
            problems: report.problems,
        }
    }
}

impl From<CopyReport> for Report {
    fn from(report: CopyReport) -> Self {
        let mut summary = stored(report.records, &report.topic);
        summary.push_str(&format!(" in {}", duration_ms(report.elapsed_ms)));
        push_left_out(&mut summary, report.skipped, "record", "records");
        if report.uncommitted > 0 {
            let of = counted(report.uncommitted, "record", "records");
            summary.push_str(&format!(" · {of} of aborted or open transactions among them"));
        }
        Self {
            summary,
            places: places(&report.ranges, report.ranges_more),
            more: unlisted(report.skipped, &report.problems),
            topic: Some(report.topic),
            records: report.records,
            stopped: report.stopped,
            problems: report.problems,
        }
    }
}

impl From<ExportReport> for Report {
    fn from(report: ExportReport) -> Self {
        let is_directory = report.files > 0;
        let count = if is_directory {
            counted(report.files, "file", "files")
        } else {
            counted(report.records, "record", "records")
        };
        let mut summary = format!("{} · {count} · {}", report.name, bytes(report.bytes));
        if report.problem_count > 0 {
            let problems = if is_directory {
                format!("{} that cannot be read left out", counted(report.problem_count, "place", "places"))
            } else {
                format!("{} not written exactly", counted(report.problem_count, "record", "records"))
            };
            summary.push_str(&format!(" · {problems}"));
        }
        Self {
            summary,
            more: unlisted(report.problem_count, &report.problems),
            records: report.records,
            problems: report.problems,
            ..Self::default()
        }
    }
}

fn stored(records: u64, topic: &str) -> String {
    format!("{} stored in {topic}", counted(records, "record", "records"))
}

fn push_left_out(summary: &mut String, skipped: u64, one: &str, many: &str) {
    if skipped > 0 {
        summary.push_str(&format!(" · {} left out", counted(skipped, one, many)));
    }
}

/// Counts what went wrong and is not listed.
fn unlisted(count: u64, listed: &[String]) -> u64 {
    count.saturating_sub(u64::try_from(listed.len()).unwrap_or(u64::MAX))
}

/// Writes ranges of offsets: `partition 0: 17 to 1,016`.
fn places(ranges: &[OffsetRange], more: u64) -> Vec<String> {
    let line = |range: &OffsetRange| {
        let (partition, first) = (grouped(range.partition), grouped(range.first_offset));
        if range.first_offset == range.last_offset {
            return format!("partition {partition}: {first}");
        }
        format!("partition {partition}: {first} to {}", grouped(range.last_offset))
    };
    let mut lines: Vec<String> = ranges.iter().take(PLACES_MAX).map(line).collect();
    let left = u64::try_from(ranges.len().saturating_sub(PLACES_MAX)).unwrap_or(u64::MAX);
    let left = left.saturating_add(more);
    if left > 0 {
        lines.push(format!("and {} more", counted(left, "range", "ranges")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(partition: i32, first_offset: i64, last_offset: i64) -> OffsetRange {
        OffsetRange { partition, first_offset, last_offset }
    }

    fn imported() -> ImportReport {
        ImportReport {
            topic: "orders".into(),
            records: 1_204,
            bytes: 2_048,
            skipped: 1,
            problems: vec!["line 7, column 3: expected value".into()],
            stopped: Some("The quota is used up; line 1,206 is not stored".into()),
            elapsed_ms: 340,
            ranges: vec![range(0, 17, 1_219), range(2, 5, 5)],
            ranges_more: 0,
        }
    }

    #[test]
    fn a_report_says_what_is_stored_where_what_is_not_and_why() {
        let report = Report::from(imported());
        assert_eq!(
            report.text().lines().collect::<Vec<_>>(),
            [
                "1,204 records stored in orders · 2.0 kB read · 340 ms · 1 line left out",
                "partition 0: 17 to 1,219",
                "partition 2: 5",
                "The quota is used up; line 1,206 is not stored",
                "line 7, column 3: expected value",
            ]
        );
        assert!(
            report.sentence().ends_with("1 line left out. The quota is used up; line 1,206 is not stored")
        );
    }

    #[test]
    fn a_replay_of_a_damaged_log_says_what_was_left_out() {
        // "15 records stored" was all that was said of a file with 20.
        let report = Report::from(CopyReport {
            topic: "copy".into(),
            records: 15,
            skipped: 5,
            problems: vec!["Partition 0, offset 5: the checksum is wrong".into()],
            uncommitted: 2,
            elapsed_ms: 12,
            stopped: None,
            ranges: vec![range(0, 0, 14)],
            ranges_more: 0,
        });
        let stored = "15 records stored in copy in 12 ms · 5 records left out";
        assert_eq!(
            report.summary,
            format!("{stored} · 2 records of aborted or open transactions among them")
        );
        assert_eq!((report.problems.len(), report.more), (1, 4));
        assert!(report.text().ends_with("and 4 more"), "{}", report.text());
    }

    #[test]
    fn an_export_counts_what_it_could_not_write_exactly() {
        let report = Report::from(ExportReport {
            name: "orders.json".into(),
            records: 3,
            bytes: 10,
            problems: vec!["Partition 0, offset 1: the key is no text".into()],
            problem_count: 2,
            ..ExportReport::default()
        });
        assert_eq!(report.summary, "orders.json · 3 records · 10 B · 2 records not written exactly");
        assert_eq!(report.more, 1);
    }

    #[test]
    fn more_places_than_one_reads_are_counted() {
        let ranges = (0..23).map(|it| range(it, 0, 1)).collect();
        let report = ImportReport { ranges, ranges_more: 4, ..imported() };
        let places = Report::from(report).places;
        assert_eq!((places.len(), places.last().map(String::as_str)), (21, Some("and 7 ranges more")));
    }
}
