//! Logs made for what Kafka's own do not show.

use bytes::Bytes;

use super::*;
use crate::ids::Timestamp;
use crate::record::{BatchBuilder, NewRecord, RecordBatch};
use crate::segment::sniff::{Sniffed, sniff};

fn fill(mut builder: BatchBuilder, millis: &[i64]) -> RecordBatch {
    for millis in millis {
        let record = NewRecord { value: Some(Bytes::from_static(b"value")), ..NewRecord::default() };
        builder.try_push(&record, Timestamp::from_millis(*millis)).unwrap();
    }
    builder.build()
}

fn batch(base: i64, records: usize) -> RecordBatch {
    fill(BatchBuilder::at(Offset::new(base)), &vec![base + 1_000; records])
}

fn log(base: i64, batches: &[RecordBatch]) -> (String, Vec<u8>) {
    let bytes = batches.iter().flat_map(|batch| batch.bytes().to_vec()).collect();
    (format!("{FOLDER}/{base:020}.log"), bytes)
}

fn told(files: &[(String, Vec<u8>)]) -> Vec<(Check, String)> {
    wrong(&verify(&files.to_vec()))
}

#[test]
fn segments_that_overlap_or_leave_a_hole_are_named() {
    assert_eq!(told(&[log(0, &[batch(0, 3)]), log(3, &[batch(3, 2)])]), []);
    let overlap = told(&[log(0, &[batch(0, 3), batch(3, 2)]), log(3, &[batch(3, 2)])]);
    assert_eq!(overlap[0].0, Check::SegmentOverlap);
    assert!(
        overlap[0].1.contains("begins at offset 3, and the segments before reach up to offset 5"),
        "{overlap:?}"
    );
    let hole = told(&[log(0, &[batch(0, 3)]), log(5, &[batch(5, 2)])]);
    assert_eq!(hole[0].0, Check::SegmentHole);
    assert!(hole[0].1.contains("no segment holds the offsets from 3 up to 5"), "{hole:?}");
    // After compaction, holes are as they should be.
    assert_eq!(told(&[log(0, &[batch(0, 1), batch(2, 1), batch(4, 1)]), log(9, &[batch(9, 2)])]), []);
}

#[test]
fn an_index_entry_for_an_offset_that_no_batch_holds_is_named() {
    let batches = [batch(0, 1), batch(2, 1), batch(4, 1)];
    let size = batches[0].bytes().len();
    let with_entry = |offset: u32, at: usize| {
        let entry = [offset.to_be_bytes(), u32::try_from(at * size).unwrap().to_be_bytes()].concat();
        told(&[log(0, &batches), (format!("{FOLDER}/{:020}.index", 0), entry)])
    };
    // Both batches may have been appended together, under the last one's offset.
    assert_eq!(with_entry(2, 1), []);
    assert_eq!(with_entry(4, 1), []);
    for (offset, at) in [(1, 1), (3, 1), (3, 2)] {
        let told = with_entry(offset, at);
        assert_eq!((told.len(), told[0].0), (1, Check::OffsetIndexMismatch), "{told:?}");
        assert!(
            told[0].1.starts_with(&format!("the entry names offset {offset}, which no batch holds")),
            "{told:?}"
        );
    }
}

#[test]
fn a_segment_under_a_wrong_name_is_named() {
    let name = told(&[log(5, &[batch(0, 3), batch(3, 4)])]);
    assert_eq!(name[0].0, Check::SegmentName);
}

#[test]
fn a_batch_that_lies_about_its_records_is_named_though_its_crc_is_right() {
    let lies = |change: fn(&mut Vec<u8>)| {
        let mut bytes = fill(BatchBuilder::at(Offset::ZERO), &[5, 7, 6]).bytes().to_vec();
        change(&mut bytes);
        let crc = crate::record::crc::crc32c(&bytes[21..]).to_be_bytes();
        bytes[17..21].copy_from_slice(&crc);
        told(&[(format!("{FOLDER}/{:020}.log", 0), bytes)])
    };
    assert_eq!(lies(|_| {}), []);
    let time = lies(|bytes| bytes[42] = 9);
    assert_eq!(time[0].0, Check::MaxTimestamp);
    assert!(time[0].1.contains("the largest timestamp 9 in its header, and 7 in its records"), "{time:?}");
    let fewer = lies(|bytes| bytes[60] = 2);
    assert_eq!(fewer[0].0, Check::RecordsDamaged);
    assert!(fewer[0].1.contains("bytes too many after its 2 records"), "{fewer:?}");
    assert!(lies(|bytes| bytes[26] = 1)[0].1.contains("record count"), "the header is impossible");
}

#[test]
fn sequences_that_do_not_follow_are_named_and_compaction_excuses_them() {
    let by = |base, sequence| fill(BatchBuilder::at(Offset::new(base)).producer(7, 0, sequence), &[base; 2]);
    assert_eq!(told(&[log(0, &[by(0, 0), by(2, 2), by(4, 4)])]), []);
    let twice = told(&[log(0, &[by(0, 0), by(2, 0)])]);
    assert_eq!(twice[0].0, Check::Sequence);
    assert!(
        twice[0].1.contains("offset 2 begins with sequence 0 of producer 7, and 2 should be next"),
        "{twice:?}"
    );
    let gap = told(&[log(0, &[by(0, 0), by(3, 3)])]);
    assert_eq!((gap.len(), gap[0].0), (1, Check::Gap));
    assert_eq!(told(&[log(0, &[by(0, 0), by(3, 3), by(6, 6)])]), []);
}

#[test]
fn a_lone_gap_where_the_broker_compacted_is_a_note_and_elsewhere_a_warning() {
    let holed = log(0, &[batch(0, 2), batch(5, 2)]);
    let with = |path: &str, text: &str| {
        let report = verify(&vec![holed.clone(), (path.to_owned(), text.as_bytes().to_vec())]);
        let told =
            report.findings.iter().find(|finding| matches!(finding.check, Check::Gap | Check::Compacted));
        let told = told.unwrap();
        (told.severity, told.check, told.what.clone())
    };
    let checkpoint = "cleaner-offset-checkpoint";
    let (severity, check, what) = with(checkpoint, "0\n1\norders 0 6\n");
    assert_eq!((severity, check), (Severity::Note, Check::Compacted));
    assert_eq!(
        what,
        "no batch holds the offsets from 2 up to 5 (not included), as compaction leaves it: cleaner-offset-checkpoint \
         says so, up to offset 6"
    );
    let warning = |path, text| {
        let (severity, check, _) = with(path, text);
        assert_eq!((severity, check), (Severity::Warning, Check::Gap), "{path}: {text}");
    };
    // Behind what was compacted, of another partition, in another directory, or unreadable.
    warning(checkpoint, "0\n1\norders 0 4\n");
    warning(checkpoint, "0\n1\norders 1 6\n");
    warning("elsewhere/cleaner-offset-checkpoint", "0\n1\norders 0 6\n");
    warning(checkpoint, "0\n1\norders 0 x\n");
    // Other traces: several gaps, or a batch that lost records.
    let note = |batches: &[RecordBatch], trace: &str| {
        let report = verify(&vec![log(0, batches)]);
        assert_eq!(wrong(&report), []);
        let told = report.findings.iter().find(|finding| finding.check == Check::Compacted).unwrap();
        assert!(told.what.ends_with(trace), "{}", told.what);
    };
    note(
        &[batch(0, 2), batch(5, 2), batch(9, 1)],
        "as compaction leaves it: offsets are missing in one other place, too",
    );
    let full = batch(0, 3);
    let mut thinned = BatchBuilder::like(full.header());
    thinned.try_push_record(&full.records().unwrap().next().unwrap().unwrap()).unwrap();
    note(
        &[thinned.build(), batch(5, 2)],
        "as compaction leaves it: there are batches that have lost some of their records",
    );
}

#[test]
fn a_hole_between_segments_where_the_broker_compacted_is_a_note() {
    let segments = [log(0, &[batch(0, 3)]), log(5, &[batch(5, 2)])];
    let with = |offset: i64| {
        let text = format!("0\n1\norders 0 {offset}\n").into_bytes();
        let report = verify(&vec![
            segments[0].clone(),
            segments[1].clone(),
            ("cleaner-offset-checkpoint".to_owned(), text),
        ]);
        let is_hole = |finding: &&Finding| matches!(finding.check, Check::SegmentHole | Check::Compacted);
        let told = report.findings.iter().find(is_hole).unwrap();
        (told.severity, told.what.clone())
    };
    let (severity, what) = with(5);
    assert_eq!(severity, Severity::Note);
    assert!(what.ends_with("a segment's file may as well be missing"), "{what}");
    assert_eq!(with(4).0, Severity::Warning);
}

#[test]
fn a_lone_gap_does_not_hide_a_hole_between_segments_and_compaction_does() {
    // Any gap before a hole was taken for compaction, although it is a doubt itself where it is the only one.
    let holed = |batches: &[RecordBatch]| told(&[log(0, batches), log(20, &[batch(20, 2)])]);
    let told_of = holed(&[batch(0, 2), batch(5, 2)]);
    let checks: Vec<Check> = told_of.iter().map(|(check, _)| *check).collect();
    assert_eq!(checks.len(), 2, "{told_of:?}");
    assert!(checks.contains(&Check::Gap) && checks.contains(&Check::SegmentHole), "{told_of:?}");
    assert_eq!(holed(&[batch(0, 2), batch(5, 2), batch(9, 2)]), []);
}

#[test]
fn leader_epochs_that_fall_are_named() {
    let of = |base, epoch| fill(BatchBuilder::at(Offset::new(base)).leader_epoch(epoch), &[base]);
    assert_eq!(told(&[log(0, &[of(0, 1), of(1, 4)])]), []);
    let fall = told(&[log(0, &[of(0, 4)]), log(1, &[of(1, 3)])]);
    assert_eq!(fall[0].0, Check::LeaderEpochMismatch);
    assert!(fall[0].1.contains("offset 1 has the leader epoch 3, and a batch before has 4"), "{fall:?}");
}

#[test]
fn damage_in_one_segment_leaves_the_others_checked() {
    let mut first = log(0, &[batch(0, 3), batch(3, 2)]);
    first.1[70] ^= 1;
    let mut third = log(7, &[batch(7, 2), batch(9, 2)]);
    third.1[70] ^= 1;
    let report = verify(&vec![first, log(5, &[batch(5, 2)]), third]);
    let damaged: Vec<(&str, i64)> = report
        .findings
        .iter()
        .filter(|finding| finding.check == Check::BatchDamaged)
        .map(|finding| (finding.file.as_str(), finding.from_offset.unwrap().value()))
        .collect();
    let file = |base: i64| format!("{FOLDER}/{base:020}.log");
    assert_eq!(damaged, [(file(0).as_str(), 0), (file(7).as_str(), 7)]);
    assert_eq!(report.partitions[0].records, 6);
}

#[test]
fn a_batch_too_large_to_be_checked_while_indexing_is_checked_here() {
    let value = Bytes::from(vec![7; 2 * crate::limits::FILE_VERIFY_BYTES_MAX]);
    let mut builder = BatchBuilder::new();
    builder
        .try_push(&NewRecord { value: Some(value), ..NewRecord::default() }, Timestamp::from_millis(1))
        .unwrap();
    let mut large = log(0, &[builder.build(), batch(1, 1)]);
    assert_eq!(told(std::slice::from_ref(&large)), []);
    large.1[300_000] ^= 1;
    let damaged = told(&[large]);
    assert_eq!((damaged.len(), damaged[0].0), (1, Check::BatchDamaged));
}

#[test]
fn a_batch_with_a_damaged_magic_byte_is_no_message_of_old() {
    // It was a note only: message format 0, not looked at.
    let looks_old = |batch: &RecordBatch| batch.header().crc >> 24 <= 3;
    let first = (0..100_000).map(|millis| fill(BatchBuilder::new(), &[millis])).find(looks_old).unwrap();
    let mut damaged = log(0, &[first, batch(1, 2)]);
    assert_eq!(told(std::slice::from_ref(&damaged)), []);
    damaged.1[16] = 0;
    assert!(matches!(sniff(&damaged.1), Sniffed::OldFormat { magic: 0 }));
    let report = verify(&vec![damaged]);
    assert_eq!((wrong(&report)[0].0, report.partitions[0].records), (Check::BatchDamaged, 2));
}

#[test]
fn what_a_snapshot_says_of_the_start_is_believed_and_used() {
    // The transaction began before the log does: only the snapshot tells where.
    let mut marker = BatchBuilder::at(Offset::new(12)).producer(7, 0, -1).transactional().control();
    let record = NewRecord {
        key: Some(Bytes::from_static(&[0, 0, 0, 0])),
        value: Some(Bytes::from_static(&[0, 0, 0, 0, 0, 1])),
        ..NewRecord::default()
    };
    marker.try_push(&record, Timestamp::from_millis(5)).unwrap();
    let data = fill(BatchBuilder::at(Offset::new(10)).producer(7, 0, 4).transactional(), &[5, 5]);
    let producer = crate::segment::format::ProducerEntry {
        producer_id: 7,
        producer_epoch: 0,
        last_sequence: 3,
        last_offset: 8,
        offset_delta: 0,
        timestamp: Timestamp::from_millis(4),
        coordinator_epoch: -1,
        current_transaction_first_offset: Some(Offset::new(6)),
    };
    let snapshot = crate::segment::format::ProducerSnapshot { producers: vec![producer] };
    let aborted = crate::segment::format::AbortedTransaction {
        producer_id: 7,
        first_offset: Offset::new(6),
        last_offset: Offset::new(12),
        last_stable_offset: Offset::new(13),
    };
    let index = |aborted| crate::segment::format::TransactionIndex { entries: vec![aborted] };
    let path = |end: &str| format!("{FOLDER}/{:020}.{end}", 10);
    let files = |aborted| {
        let bytes = index(aborted).encode("f", Offset::new(10)).unwrap();
        vec![
            log(10, &[data.clone(), marker.clone().build()]),
            (path("snapshot"), snapshot.encode()),
            (path("txnindex"), bytes),
        ]
    };
    assert_eq!(told(&files(aborted)), []);
    let wrong_start = crate::segment::format::AbortedTransaction { first_offset: Offset::new(7), ..aborted };
    assert_eq!(told(&files(wrong_start))[0].0, Check::TransactionIndexMismatch);
    // Without the snapshot nobody knows, and nothing is said.
    let unknown: Vec<(String, Vec<u8>)> =
        files(wrong_start).into_iter().filter(|(p, _)| !p.ends_with("snapshot")).collect();
    assert_eq!(told(&unknown), []);
}
