//! Kafka's own files with something wrong in them.

use super::*;

/// Verifies with one file changed.
fn changed(end: &str, change: impl FnOnce(&mut Vec<u8>)) -> Vec<(Check, String)> {
    let mut files = kafkas();
    change(bytes_of(&mut files, end));
    wrong(&verify(&files))
}

fn without(end: &str) -> VerifyReport {
    let mut files = kafkas();
    files.retain(|(name, _)| !name.ends_with(end));
    verify(&files)
}

/// Flips every bit of a file, and returns the places of those that nothing was said about.
fn unnoticed(end: &str) -> Vec<usize> {
    let mut files = kafkas();
    let length = bytes_of(&mut files, end).len();
    let mut silent = Vec::new();
    for at in 0..length {
        for bit in 0..8 {
            bytes_of(&mut files, end)[at] ^= 1 << bit;
            if wrong(&verify(&files)).is_empty() && silent.last() != Some(&at) {
                silent.push(at);
            }
            bytes_of(&mut files, end)[at] ^= 1 << bit;
        }
    }
    silent
}

#[test]
fn any_flipped_bit_of_a_log_is_noticed() {
    assert_eq!(unnoticed(".log"), Vec::<usize>::new());
}

#[test]
fn any_flipped_bit_of_a_transaction_index_or_a_snapshot_is_noticed() {
    assert_eq!(unnoticed(".txnindex"), Vec::<usize>::new());
    assert_eq!(unnoticed(".snapshot"), Vec::<usize>::new());
}

#[test]
fn a_flipped_bit_of_an_index_that_is_not_noticed_leads_to_the_same_records() {
    let mut files = kafkas();
    let log = bytes_of(&mut files, ".log").clone();
    let batches = crate::record::RecordBatch::parse_all(log.into()).unwrap();
    let mut positions = Vec::new();
    let mut position = 0;
    for batch in &batches {
        positions.push((position, batch.last_offset()));
        position += u32::try_from(batch.bytes().len()).unwrap();
    }
    let index = bytes_of(&mut files, ".index").clone();
    for at in 0..index.len() {
        for bit in 0..8 {
            let mut damaged = index.clone();
            damaged[at] ^= 1 << bit;
            *bytes_of(&mut files, ".index") = damaged.clone();
            if !wrong(&verify(&files)).is_empty() {
                continue;
            }
            let read = crate::segment::format::OffsetIndex::parse("f", Offset::ZERO, &damaged).unwrap();
            for offset in 0..31 {
                // Reading from the place looked up on must come to the batch with the offset.
                let from = read.lookup(Offset::new(offset));
                let holds = positions.iter().find(|(_, last)| last.value() >= offset).unwrap().0;
                assert!(
                    from <= holds && positions.iter().any(|(p, _)| *p == from),
                    "byte {at}, bit {bit}, {offset}"
                );
            }
        }
    }
}

#[test]
fn any_flipped_bit_of_a_time_index_is_noticed() {
    // But for an offset that stays within the batch that has the time: what is found by it is the same.
    assert_eq!(unnoticed(".timeindex"), [11]);
}

#[test]
fn any_cut_is_noticed_or_ends_between_entries() {
    for (end, whole) in [(".log", 0), (".index", 8), (".timeindex", 12), (".txnindex", 0), (".snapshot", 0)] {
        let mut files = kafkas();
        let bytes = bytes_of(&mut files, end).clone();
        for cut in 0..bytes.len() {
            let mut files = kafkas();
            bytes_of(&mut files, end).truncate(cut);
            let report = verify(&files);
            // An index that ends early is one that is used less: the broker reads on from its last entry.
            let is_whole = whole > 0 && cut % whole == 0;
            assert_eq!(wrong(&report).is_empty(), is_whole, "{end} cut at {cut}: {:?}", wrong(&report));
        }
    }
}

#[test]
fn small_text_files_never_panic_however_they_are_cut_or_flipped() {
    for end in ["leader-epoch-checkpoint", "partition.metadata"] {
        let mut files = kafkas();
        let bytes = bytes_of(&mut files, end).clone();
        crate::segment::format::test_bytes::cut_and_flip(&bytes, |damaged| {
            *bytes_of(&mut files, end) = damaged.to_vec();
            let report = verify(&files);
            assert!(report.done && report.partitions[0].records == 31);
        });
    }
}

#[test]
fn an_index_that_contradicts_the_log_says_where() {
    let told = changed(".index", |index| index[7] += 1);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, Check::OffsetIndexMismatch);
    assert_eq!(told[0].1, "the entry for offset 3 points to byte 135 of the log, where no batch begins");
    let told = changed(".index", |index| index[3] = 1);
    assert!(told[0].1.contains("says that offset 1 lies at byte 134 of the log or behind it, but the batch there begins at offset 2"), "{told:?}");
    let told = changed(".index", |index| *index = [&index[..], &[0, 0, 0, 31, 0, 0, 9, 0xc5]].concat());
    assert!(
        told[0].1.contains("offset 31 points to byte 2501, and the log's last batch ends at byte 2501"),
        "{told:?}"
    );
    let told = changed(".index", |index| {
        let at = index.len() - 5;
        index[at] = 31;
    });
    assert!(
        told[0].1.contains("the last entry is for offset 31, and the segment's last offset is 30"),
        "{told:?}"
    );
    let told = changed(".index", |index| index[11] = 3);
    assert_eq!(told[0].0, Check::IndexDamaged);
}

#[test]
fn a_time_index_that_contradicts_the_log_says_where() {
    let told = changed(".timeindex", |index| index[7] += 1);
    assert!(told[0].1.contains("gives the time 1700000001001 for offset 1, and the largest time of the batch there is 1700000001000"), "{told:?}");
    let told = changed(".timeindex", |index| index[35] = 22);
    assert!(told[0].1.contains("gives the time 1795633391201 for offset 22"), "{told:?}");
    // The largest time lies before the offset, and the entry says nothing there is later than an older one.
    let told = changed(".timeindex", |index| {
        index.truncate(12);
        index[11] = 6;
    });
    assert!(told[0].1.contains("nothing up to offset 6 is later than 1700000001000, but an earlier batch has the time 1795633391080"), "{told:?}");
    let told = changed(".timeindex", |index| {
        let at = index.len() - 1;
        index[at] = 40;
    });
    assert!(told[0].1.contains("names offset 40, and the segment's last offset is 30"), "{told:?}");
}

#[test]
fn a_transaction_index_that_contradicts_the_markers_says_where() {
    let told = changed(".txnindex", |index| index[9] = 6);
    assert!(
        told[0].1.contains("for the abort marker at offset 4 the entry says producer 6, from offset 2"),
        "{told:?}"
    );
    assert!(told[0].1.contains("the log says producer 5, from offset 2, last stable offset 5"), "{told:?}");
    let told = changed(".txnindex", |index| index.truncate(34));
    assert_eq!(told[0].0, Check::TransactionIndexMismatch);
    assert!(
        told[0].1.contains(
            "has no entry for the transaction of producer 5 from offset 7 to its abort marker at 25"
        ),
        "{told:?}"
    );
    let told = changed(".txnindex", |index| {
        // The commit marker at 23 as an abort.
        let mut entry = index[34..].to_vec();
        (entry[17], entry[25], entry[33]) = (5, 23, 7);
        index.splice(34..34, entry);
    });
    assert!(told[0].1.contains("was aborted by a marker at offset 23, where the log has none"), "{told:?}");
    let missing = without(".txnindex");
    assert_eq!((missing.errors, checks(&missing)[0]), (2, Check::TransactionIndexMismatch));
}

#[test]
fn a_snapshot_that_contradicts_the_log_says_in_what() {
    let with_crc = |change: fn(&mut Vec<u8>)| {
        changed(".snapshot", |snapshot| {
            change(snapshot);
            let crc = crate::record::crc::crc32c(&snapshot[6..]).to_be_bytes();
            snapshot[2..6].copy_from_slice(&crc);
        })
    };
    let told = with_crc(|snapshot| snapshot[23] = 9);
    assert_eq!(told.len(), 1);
    assert_eq!(
        told[0].1,
        "as of offset 31, producer 3 has last sequence 9 by the snapshot and 10 by the log"
    );
    let told = with_crc(|snapshot| snapshot[17] = 77);
    assert!(
        told[0].1.contains("producer 77 wrote up to offset 18 by the snapshot, and nothing by the log"),
        "{told:?}"
    );
    let told = with_crc(|snapshot| snapshot[101] = 27);
    assert!(
        told[0].1.contains("first offset of its open transaction 27 by the snapshot and 28 by the log"),
        "{told:?}"
    );
    let told = changed(".snapshot", |snapshot| snapshot[50] ^= 1);
    assert_eq!(told[0].0, Check::SnapshotDamaged);
    let mut files = kafkas();
    files[4].0 = format!("{FOLDER}/00000000000000000032.snapshot");
    assert!(checks(&verify(&files)).contains(&Check::SnapshotBeyondEnd));
    // A snapshot of an earlier offset is compared with what the log says up to there.
    files[4].0 = format!("{FOLDER}/00000000000000000030.snapshot");
    assert_eq!(wrong(&verify(&files)), []);
    files[4].0 = format!("{FOLDER}/00000000000000000028.snapshot");
    let told = wrong(&verify(&files));
    assert_eq!(told[0].0, Check::SnapshotMismatch, "{told:?}");
}

#[test]
fn leader_epochs_that_contradict_the_batches_are_told_once() {
    let epochs = |text: &'static str| changed("leader-epoch-checkpoint", |file| *file = text.into());
    assert_eq!(epochs("0\n1\n0 0\n"), []);
    let told = epochs("0\n2\n0 0\n3 20\n");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        told[0].1,
        "the batch at offset 20 was written in leader epoch 0, and the file gives epoch 3 for that offset"
    );
    assert!(epochs("0\n2\n0 0\n1 32\n")[0].1.contains("begins at offset 32, and the log ends at 31"));
    assert_eq!(epochs("0\n2\n0 0\n1 31\n"), []);
    assert_eq!(epochs("0\n2\n3 0\n2 1\n")[0].0, Check::LeaderEpochsDamaged);
}

#[test]
fn missing_indexes_are_a_note() {
    for end in [".index", ".timeindex"] {
        let report = without(&format!("0{end}"));
        assert_eq!((report.errors, report.warnings), (0, 0));
        assert!(checks(&report).contains(&Check::IndexMissing));
    }
}

#[test]
fn preallocated_files_are_whole() {
    let mut files = kafkas();
    for (end, length) in
        [(".index", 10 * 1024 * 1024), (".timeindex", 10 * 1024 * 1024 - 4), (".log", 1_000_000)]
    {
        let end = if end == ".index" { "0.index" } else { end };
        bytes_of(&mut files, end).resize(length, 0);
    }
    let report = verify(&files);
    assert_eq!(wrong(&report), []);
    assert!(checks(&report).contains(&Check::Preallocated));
}
