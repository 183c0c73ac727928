use tablog_core::broker::{Acks, ProduceError};
use tablog_core::client::{FailedRecords, SentRange};
use tablog_core::ids::{Offset, PartitionId};
use tablog_core::storage::StorageError;

use super::*;
use crate::engine::protocol::ImportFrom;

const ROOMY: TopicLimits = TopicLimits { partitions: 2, record_bytes_max: 1_000 };

fn request(on_error: OnError) -> ImportRequest {
    ImportRequest {
        from: ImportFrom::File,
        format: None,
        topic: "orders".to_owned(),
        partitions: 2,
        partitioning: Partitioning::Same,
        key_field: None,
        timestamp_field: None,
        on_error,
    }
}

fn sent(records: usize) -> SentAll {
    let records = u64::try_from(records).unwrap_or(0);
    let range = SentRange {
        partition: PartitionId::new(0),
        base_offset: Offset::ZERO,
        last_offset: Offset::ZERO,
        records,
        acks: Acks::Leader,
    };
    SentAll { ranges: vec![range], failed: Vec::new() }
}

fn failed_from(index: usize, count: usize) -> SentAll {
    let error = ProduceError::Storage(StorageError::QuotaExceeded);
    SentAll { failed: vec![FailedRecords { indexes: (index..count).collect(), error }], ..sent(index) }
}

/// Runs an import of chunks; `send` says what becomes of a piece with so many records.
fn run(
    request: &ImportRequest,
    limits: TopicLimits,
    chunks: &[&str],
    mut send: impl FnMut(usize) -> SentAll,
) -> ImportReport {
    let mut intake = Intake::new(request);
    let mut chunks = chunks.iter();
    loop {
        match intake.step() {
            Step::Again => {}
            Step::NeedsTopic => intake.set_topic(limits),
            Step::NeedsChunk => match chunks.next() {
                Some(chunk) => intake.push(Bytes::copy_from_slice(chunk.as_bytes())),
                None => intake.finish(),
            },
            Step::Piece(piece) => {
                let (records, lines) = piece.split();
                let sent = send(records.len());
                intake.settle(&lines, &sent);
            }
            Step::Ended => return intake.report(0, 0, "orders".to_owned()),
        }
    }
}

#[test]
fn every_line_is_a_record_wherever_chunks_are_cut() {
    let report = run(&request(OnError::Stop), ROOMY, &["{\"n\":1}\n{\"n\"", ":2}\n\n{\"n\":3}"], sent);
    assert_eq!((report.records, report.skipped, report.stopped), (3, 0, None));
}

#[test]
fn stopping_keeps_what_came_before_the_bad_line() {
    let report = run(&request(OnError::Stop), ROOMY, &["1\n2\nbad\n4\n"], sent);
    assert_eq!((report.records, report.skipped), (2, 0));
    let stopped = report.stopped.unwrap_or_default();
    assert!(stopped.starts_with("Line 3, column 1"), "{stopped}");
    assert!(stopped.ends_with("Line 3 and all after it are not stored"), "{stopped}");
    assert!(report.problems.is_empty());
}

#[test]
fn skipping_names_each_line_in_order_and_goes_on() {
    let long = format!("\"{}\"", "x".repeat(2_000));
    let lines = format!("1\n{long}\nbad\n4\n");
    let report = run(&request(OnError::Skip), ROOMY, &[&lines], sent);
    assert_eq!((report.records, report.skipped, report.stopped), (2, 2, None));
    let lines: Vec<&str> = report.problems.iter().filter_map(|problem| problem.get(..6)).collect();
    assert_eq!(lines, ["Line 2", "Line 3"]);
}

#[test]
fn a_record_from_a_partition_that_the_topic_lacks_is_named() {
    let line = |partition| {
        format!(
            "{{\"topic\":\"a\",\"partition\":{partition},\"offset\":0,\"timestamp\":1,\"value\":\"v\"}}\n"
        )
    };
    let lines = [line(1), line(2)].concat();
    let report = run(&request(OnError::Stop), ROOMY, &[&lines], sent);
    assert_eq!(report.records, 1);
    let stopped = report.stopped.unwrap_or_default();
    assert!(
        stopped.starts_with("Line 2: the record is from partition 2, but the topic has 2 partitions"),
        "{stopped}"
    );
    let by_key = ImportRequest { partitioning: Partitioning::ByKey, ..request(OnError::Stop) };
    assert_eq!(run(&by_key, ROOMY, &[&lines], sent).records, 2);
}

#[test]
fn a_full_quota_ends_the_import_at_the_first_line_that_is_not_stored() {
    let report = run(&request(OnError::Stop), ROOMY, &["1\n\n2\n3\n4\n"], |count| failed_from(2, count));
    assert_eq!(report.records, 2);
    let stopped = report.stopped.unwrap_or_default();
    assert!(stopped.contains("quota"), "{stopped}");
    assert!(stopped.ends_with("Line 4 and all after it are not stored"), "{stopped}");
}

#[test]
fn nothing_is_sent_after_a_piece_that_failed() {
    let line = format!("\"{}\"\n", "x".repeat(900));
    let text = line.repeat(3 * PIECE_BYTES / 900);
    let mut pieces = 0;
    let report = run(&request(OnError::Stop), ROOMY, &[&text], |count| {
        pieces += 1;
        if pieces == 2 { failed_from(0, count) } else { sent(count) }
    });
    assert_eq!(pieces, 2);
    let expected = grouped(report.records + 1);
    let stopped = report.stopped.unwrap_or_default();
    assert!(stopped.contains(&format!("Line {expected} and all after it")), "{stopped}");
}

#[test]
fn a_quota_that_ends_before_a_bad_line_counts_first() {
    let report = run(&request(OnError::Stop), ROOMY, &["1\n2\nbad\n"], |count| failed_from(1, count));
    assert_eq!(report.records, 1);
    let stopped = report.stopped.unwrap_or_default();
    assert!(stopped.ends_with("Line 2 and all after it are not stored"), "{stopped}");
}

#[test]
fn a_file_without_lines_is_empty() {
    let mut intake = Intake::new(&request(OnError::Stop));
    intake.push(Bytes::from_static(b"\n  \n"));
    intake.finish();
    assert!(matches!(intake.step(), Step::Ended));
    assert!(intake.is_empty());
}

#[test]
fn a_file_that_cannot_be_read_from_the_start_is_not_called_empty() {
    // A read error before the first line became "There is nothing to import".
    let mut intake = Intake::new(&request(OnError::Stop));
    intake.stop("The file cannot be read", intake.first_waiting_line());
    assert!(matches!(intake.step(), Step::Ended));
    assert!(!intake.is_empty());
    let stopped = intake.report(0, 0, "t".to_owned()).stopped;
    assert_eq!(stopped.as_deref(), Some("The file cannot be read. Line 1 and all after it are not stored"));
}

/// A bug reported everything after the first failure as not stored: whoever imported the rest of the file stored records twice.
#[test]
fn a_piece_that_was_stored_in_part_names_what_is_missing_of_it() {
    let report = run(&request(OnError::Stop), ROOMY, &["1\n\n2\n3\n4\n"], |_| {
        let error = ProduceError::Storage(StorageError::QuotaExceeded);
        SentAll { failed: vec![FailedRecords { indexes: vec![0, 2], error }], ..sent(2) }
    });
    assert_eq!(report.records, 2);
    let stopped = report.stopped.unwrap_or_default();
    assert!(stopped.contains("quota"), "{stopped}");
    let rest = "Of lines 1 to 5, 2 are not stored: 1 and 4. Nothing after line 5 is stored";
    assert!(stopped.ends_with(rest), "{stopped}");
}
