//! Snapshots of the cluster's metadata: Kafka's own, and some with what Kafka does not write.

use bytes::Bytes;

use super::*;
use crate::ids::Timestamp;
use crate::record::{BatchBuilder, NewRecord, RecordBatch};

const METADATA: &str = "__cluster_metadata-0";
/// The snapshot that a new cluster begins with, as Kafka 4.4.0 wrote it: header, six records, footer.
const KAFKAS: &[u8] = include_bytes!(
    "../../../../tests/data/kafka-4.4.0/__cluster_metadata-0/00000000000000000000-0000000000.checkpoint"
);

fn control(base: i64, epoch: i32, types: &[i16]) -> RecordBatch {
    let mut builder = BatchBuilder::at(Offset::new(base)).leader_epoch(epoch).control();
    for number in types {
        let key = [[0, 0], number.to_be_bytes()].concat();
        let value = Some(Bytes::from_static(&[0, 0, 0]));
        let record = NewRecord { key: Some(key.into()), value, ..NewRecord::default() };
        builder.try_push(&record, Timestamp::from_millis(5)).unwrap();
    }
    builder.build()
}

fn data(base: i64, epoch: i32, records: usize) -> RecordBatch {
    let mut builder = BatchBuilder::at(Offset::new(base)).leader_epoch(epoch);
    for _ in 0..records {
        let record = NewRecord { value: Some(Bytes::from_static(b"value")), ..NewRecord::default() };
        builder.try_push(&record, Timestamp::from_millis(5)).unwrap();
    }
    builder.build()
}

const HEADER: i16 = 3;
const FOOTER: i16 = 4;

fn file(name: &str, batches: &[RecordBatch]) -> (String, Vec<u8>) {
    (format!("{METADATA}/{name}"), batches.iter().flat_map(|batch| batch.bytes().to_vec()).collect())
}

fn snapshot(end: i64, epoch: i32) -> (String, Vec<u8>) {
    let batches = [control(0, epoch, &[HEADER, 5, 6]), data(3, epoch, 2), control(5, epoch, &[FOOTER])];
    file(&format!("{end:020}-{epoch:010}.checkpoint"), &batches)
}

/// The log: offsets 0 to 3 in epoch 1, 4 to 6 in epoch 2.
fn log() -> (String, Vec<u8>) {
    file(&format!("{:020}.log", 0), &[data(0, 1, 2), data(2, 1, 2), data(4, 2, 3)])
}

fn told(files: &[(String, Vec<u8>)]) -> Vec<(Check, String)> {
    wrong(&verify(&files.to_vec()))
}

fn told_of(batches: &[RecordBatch]) -> Vec<(Check, String)> {
    told(&[file("00000000000000000004-0000000001.checkpoint", batches)])
}

/// Asserts that one thing was told: a damaged snapshot, in words that begin so.
fn assert_damaged(told: &[(Check, String)], what: &str) {
    assert_eq!((told.len(), told[0].0), (1, Check::MetadataSnapshotDamaged), "{told:?}");
    assert!(told[0].1.starts_with(what), "{told:?}");
}

fn kafkas_snapshot(change: impl FnOnce(&mut Vec<u8>)) -> VerifyReport {
    let mut bytes = KAFKAS.to_vec();
    change(&mut bytes);
    verify(&vec![(format!("{METADATA}/00000000000000000000-0000000000.checkpoint"), bytes)])
}

#[test]
fn a_snapshot_is_whole_from_its_header_to_its_footer() {
    assert_eq!(kafkas_snapshot(|_| {}).findings, []);
    assert_eq!(told(&[snapshot(4, 1), snapshot(7, 2), log()]), []);
    assert_eq!(told_of(&[control(0, 1, &[HEADER]), control(1, 1, &[FOOTER])]), []);
}

#[test]
fn any_flipped_bit_of_a_snapshot_is_told_with_its_place() {
    for at in 0..KAFKAS.len() {
        for bit in 0..8 {
            let report = kafkas_snapshot(|bytes| bytes[at] ^= 1 << bit);
            let finding = report.findings.first();
            let is_told = finding.is_some_and(|finding| {
                finding.file.ends_with(".checkpoint")
                    && finding.position_bytes.is_some_and(|position| position <= KAFKAS.len() as u64)
            });
            assert!(is_told && report.errors + report.warnings > 0, "byte {at}, bit {bit}: {report:?}");
        }
    }
}

#[test]
fn a_snapshot_cut_off_anywhere_is_told() {
    for length in 0..KAFKAS.len() {
        let report = kafkas_snapshot(|bytes| bytes.truncate(length));
        assert!(checks(&report).contains(&Check::MetadataSnapshotDamaged), "{length}: {report:?}");
    }
    let cut = |length| wrong(&kafkas_snapshot(|bytes| bytes.truncate(length)));
    assert_damaged(&cut(0), "the file is empty");
    assert_damaged(&cut(83), "the snapshot ends without a footer, after the batch at offset 0");
    assert_damaged(&cut(336), "the snapshot ends without a footer, after the batch at offset 1");
    assert_damaged(&cut(300), "the batch at offset 1 is cut off");
    let zeros = wrong(&kafkas_snapshot(|bytes| bytes.resize(500, 0)));
    assert_damaged(&zeros, "89 bytes of zeros fill the file from byte 411 to its end");
}

#[test]
fn a_snapshot_without_its_header_or_with_records_out_of_place_says_so() {
    let (header, footer) = (control(0, 1, &[HEADER]), control(3, 1, &[FOOTER]));
    assert_damaged(&told_of(&[data(0, 1, 3), footer.clone()]), "the snapshot begins without a header");
    let other = control(0, 1, &[5, HEADER, 6]);
    assert_damaged(&told_of(&[other, footer.clone()]), "the snapshot begins without a header");
    let twice = [header.clone(), control(1, 1, &[HEADER]), data(2, 1, 1), footer.clone()];
    assert_damaged(&told_of(&twice), "a header is in the batch at offset 1");
    let early = [header.clone(), control(1, 1, &[FOOTER]), data(2, 1, 1), footer.clone()];
    assert_damaged(
        &told_of(&early),
        "the footer at offset 1 should be the last record, and a batch follows at offset 2",
    );
    let within = [header.clone(), control(1, 1, &[FOOTER, 5]), footer.clone()];
    assert_damaged(&told_of(&within), "a footer is within the batch at offset 1");
    let hole = [header.clone(), data(1, 1, 1), footer.clone()];
    assert_damaged(
        &told_of(&hole),
        "no batch holds the offsets from 2 up to 3 (not included): a snapshot has no holes",
    );
    let late = [control(1, 1, &[HEADER]), data(2, 1, 1), footer.clone()];
    assert_damaged(&told_of(&late), "no batch holds the offsets from 0 up to 1");
    let overlap = told_of(&[header, data(1, 1, 3), data(2, 1, 1), control(4, 1, &[FOOTER])]);
    assert_damaged(&overlap, "the batch's base offset is 2, and what lies before it ends at 4");
}

#[test]
fn a_snapshot_whose_name_contradicts_its_batches_or_the_log_says_so() {
    let epoch = told_of(&[control(0, 2, &[HEADER]), control(1, 2, &[FOOTER])]);
    assert_eq!(
        epoch,
        [(
            Check::MetadataSnapshotMismatch,
            "the batch at offset 0 has the leader epoch 2, and by the file's name the snapshot is of epoch 1"
                .to_owned()
        )]
    );
    let mismatch = |end, epoch| {
        let told = told(&[snapshot(end, epoch), log()]);
        assert_eq!((told.len(), told[0].0), (1, Check::MetadataSnapshotMismatch), "{told:?}");
        told[0].1.clone()
    };
    assert_eq!(
        mismatch(4, 2),
        "by its name the snapshot ends in epoch 2, and the log's batch up to offset 4 is of epoch 1"
    );
    assert_eq!(
        mismatch(3, 1),
        "by its name the snapshot ends at offset 3, within the log's batch from 2 up to 4 (not included)"
    );
}

#[test]
fn a_snapshot_beyond_the_logs_end_is_a_note_and_one_that_is_missing_a_warning() {
    let report = verify(&vec![snapshot(8, 2), log()]);
    assert_eq!(wrong(&report), []);
    let [.., last] = &report.findings[..] else { panic!("nothing was told") };
    assert_eq!(last.check, Check::MetadataSnapshotBeyondEnd);
    assert_eq!(last.what, "by its name the snapshot ends at offset 8, and the log ends at 7");
    let late = file(&format!("{:020}.log", 4), &[data(4, 2, 3)]);
    assert_eq!(told(&[snapshot(4, 1), late.clone()]), []);
    let missing = told(std::slice::from_ref(&late));
    assert_eq!((missing.len(), missing[0].0), (1, Check::MetadataSnapshotMissing));
    assert_eq!(missing[0].1, "the log begins at offset 4, and no snapshot stands for what came before");
    assert_eq!(told(&[snapshot(3, 1), late.clone()])[0].0, Check::MetadataSnapshotMissing);
    // Any other topic may begin anywhere.
    assert_eq!(told(&[(late.0.replace(METADATA, FOLDER), late.1)]), []);
}

#[test]
fn a_quorum_state_that_cannot_be_or_contradicts_the_log_says_so() {
    let text = |version: i32, epoch: i32, leader: i32| {
        format!(
            "{{\"clusterId\":\"\",\"leaderId\":{leader},\"leaderEpoch\":{epoch},\"votedId\":-1,\"appliedOffset\":0,\
             \"currentVoters\":[{{\"voterId\":1}}],\"data_version\":{version}}}"
        )
    };
    let of = |text: String| verify(&vec![log(), (format!("{METADATA}/quorum-state"), text.into_bytes())]);
    assert_eq!(wrong(&of(text(0, 2, 1))), []);
    assert_eq!(wrong(&of(text(0, 9, -1))), []);
    let one = |text| {
        let told = wrong(&of(text));
        assert_eq!(told.len(), 1, "{told:?}");
        told[0].clone()
    };
    let (check, what) = one(text(0, 1, 1));
    assert_eq!(check, Check::QuorumStateMismatch);
    assert_eq!(what, "the file is of epoch 1, and the log has batches of epoch 2 already");
    let (check, what) = one(text(0, 2, 3));
    assert_eq!(check, Check::QuorumStateMismatch);
    assert_eq!(what, "the leader is node 3, which is none of the voters 1");
    let (check, what) = one(text(0, -1, 1));
    assert_eq!(check, Check::QuorumStateDamaged);
    assert!(what.starts_with("\"leaderEpoch\" should be a whole number"), "{what}");
    let (check, what) = one(text(1, 2, 1));
    assert_eq!((check, what.as_str()), (Check::QuorumStateDamaged, "\"votedDirectoryId\" is missing"));
    let mut cut = text(0, 2, 1);
    cut.truncate(40);
    assert_eq!(one(cut).0, Check::QuorumStateDamaged);
    let report = of(text(7, 2, 1));
    assert_eq!(wrong(&report), []);
    let told = report.findings.iter().find(|finding| finding.check == Check::QuorumStateUnknown).unwrap();
    assert_eq!(told.what, "the file is of version 7, and known are 0 and 1");
    assert_eq!(told.severity, Severity::Note);
}
