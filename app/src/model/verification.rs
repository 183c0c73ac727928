//! A verification in words.

use super::format::{bytes, counted, grouped};
use crate::verifier::protocol::{FindingView, PartitionView, Verification};

/// Sums a verification up in one line.
pub fn summary(report: &Verification) -> String {
    let partitions = report.partitions.len() as u64;
    let sum = |of: fn(&PartitionView) -> u64| report.partitions.iter().map(of).sum::<u64>();
    format!(
        "{} · {} · {} · {} · {}",
        counted(partitions, "partition", "partitions"),
        counted(sum(|it| it.segments), "segment", "segments"),
        counted(sum(|it| it.batches), "batch", "batches"),
        counted(sum(|it| it.records), "record", "records"),
        bytes(sum(|it| it.bytes)),
    )
}

/// Says how it went: the line that people look for.
pub fn verdict(report: &Verification) -> String {
    if report.errors == 0 && report.warnings == 0 {
        return match report.notes {
            0 => "Everything is as it should be".to_owned(),
            notes => {
                format!("Everything can be read; {} worth knowing", counted(notes, "thing is", "things are"))
            }
        };
    }
    let mut found = Vec::new();
    for (count, one, many) in [
        (report.errors, "error", "errors"),
        (report.warnings, "warning", "warnings"),
        (report.notes, "note", "notes"),
    ] {
        if count > 0 {
            found.push(counted(count, one, many));
        }
    }
    found.join(", ")
}

/// Says where a finding is: file, byte and offsets, as far as they are known.
pub fn place(finding: &FindingView) -> String {
    let mut parts = vec![finding.file.clone()];
    if let Some(position) = finding.position_bytes {
        parts.push(format!("byte {}", grouped(position)));
    }
    match (finding.from_offset, finding.to_offset) {
        (Some(from), Some(to)) if to > from.saturating_add(1) => {
            parts.push(format!("offsets {} to {}", grouped(from), grouped(to - 1)));
        }
        (Some(from), _) => parts.push(format!("offset {}", grouped(from))),
        (None, _) => {}
    }
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verifier::protocol::FindingSeverity;

    fn report(errors: u64, warnings: u64, notes: u64) -> Verification {
        let partition = |partition| PartitionView {
            partition,
            segments: 2,
            batches: 30,
            records: 1_000,
            bytes: 4_096,
            log_start_offset: 0,
            log_end_offset: 1_000,
        };
        Verification {
            errors,
            warnings,
            notes,
            findings: Vec::new(),
            not_listed: 0,
            partitions: vec![partition(0), partition(1)],
        }
    }

    #[test]
    fn the_verdict_begins_with_what_is_worst() {
        assert_eq!(verdict(&report(0, 0, 0)), "Everything is as it should be");
        assert_eq!(verdict(&report(0, 0, 1)), "Everything can be read; 1 thing is worth knowing");
        assert_eq!(verdict(&report(1, 0, 2)), "1 error, 2 notes");
        assert_eq!(verdict(&report(0, 3, 0)), "3 warnings");
        assert_eq!(
            summary(&report(0, 0, 0)),
            "2 partitions · 4 segments · 60 batches · 2,000 records · 8.0 kB"
        );
    }

    #[test]
    fn a_place_names_what_is_known() {
        let mut finding = FindingView {
            severity: FindingSeverity::Error,
            file: "orders-0/0.log".into(),
            position_bytes: Some(1_234),
            from_offset: Some(5),
            to_offset: Some(10),
            what: String::new(),
            why: String::new(),
            broker: String::new(),
        };
        assert_eq!(place(&finding), "orders-0/0.log · byte 1,234 · offsets 5 to 9");
        finding.to_offset = Some(6);
        assert_eq!(place(&finding), "orders-0/0.log · byte 1,234 · offset 5");
        (finding.position_bytes, finding.from_offset, finding.to_offset) = (None, None, None);
        assert_eq!(place(&finding), "orders-0/0.log");
    }
}
