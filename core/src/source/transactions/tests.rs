use bytes::Bytes;

use super::*;
use crate::ids::Timestamp;
use crate::record::{BatchBuilder, NewRecord};

fn records(builder: BatchBuilder, count: i64) -> RecordBatch {
    let mut builder = builder;
    for _ in 0..count {
        builder.try_push(&NewRecord::default(), Timestamp::from_millis(7)).unwrap();
    }
    builder.build()
}

fn plain(at: i64) -> RecordBatch {
    records(BatchBuilder::at(Offset::new(at)), 1)
}

fn of(producer: i64, at: i64, count: i64) -> RecordBatch {
    records(BatchBuilder::at(Offset::new(at)).producer(producer, 0, 0).transactional(), count)
}

fn marker(producer: i64, at: i64, number: u8) -> RecordBatch {
    let mut builder = BatchBuilder::at(Offset::new(at)).producer(producer, 0, -1).transactional().control();
    let key = Some(Bytes::copy_from_slice(&[0, 0, 0, number]));
    builder.try_push(&NewRecord { key, ..NewRecord::default() }, Timestamp::from_millis(7)).unwrap();
    builder.build()
}

const ABORT: u8 = 0;
const COMMIT: u8 = 1;

fn zone_of(batch: &RecordBatch) -> Zone {
    Zone {
        base_offset: batch.base_offset(),
        last_offset: batch.last_offset(),
        records: u32::try_from(batch.header().record_count).unwrap(),
        bytes: u64::try_from(batch.bytes().len()).unwrap(),
        min_timestamp: Timestamp::from_millis(7),
        max_timestamp: Timestamp::from_millis(7),
    }
}

/// Puts all batches into one zone.
fn seen(batches: &[RecordBatch]) -> (Transactions, Zone) {
    let mut transactions = Transactions::default();
    let mut zone: Option<Zone> = None;
    for batch in batches {
        let own = zone_of(batch);
        transactions.push(batch.header(), ControlRecordType::of(batch), &own, zone.as_ref());
        match &mut zone {
            Some(zone) => zone.absorb(&own),
            None => zone = Some(own),
        }
    }
    (transactions, zone.unwrap())
}

fn lso(transactions: &Transactions, end: i64) -> i64 {
    transactions.last_stable_offset(Offset::new(end)).value()
}

/// The picture of the module.
fn picture() -> Vec<RecordBatch> {
    vec![
        of(1, 0, 1),
        of(2, 1, 1),
        plain(2),
        of(1, 3, 1),
        marker(1, 4, ABORT),
        marker(2, 5, COMMIT),
        of(3, 6, 1),
        plain(7),
        of(3, 8, 1),
    ]
}

#[test]
fn overlapping_transactions_are_told_apart() {
    let batches = picture();
    let (transactions, _) = seen(&batches);
    let aborted = AbortedRange { producer_id: 1, first_offset: Offset::new(0), last_offset: Offset::new(4) };
    assert_eq!(transactions.aborted().collect::<Vec<_>>(), [aborted]);
    assert_eq!(transactions.open().collect::<Vec<_>>(), [(3, Offset::new(6))]);
    assert_eq!(lso(&transactions, 9), 6);
    let statuses: Vec<BatchStatus> = batches.iter().map(|batch| transactions.status_of(batch)).collect();
    use BatchStatus::{Aborted, Control, Data, Open};
    let (abort, commit) = (Control(ControlRecordType::Abort), Control(ControlRecordType::Commit));
    assert_eq!(statuses, [Aborted, Data, Data, Aborted, abort, commit, Open, Data, Open]);
}

#[test]
fn the_last_stable_offset_moves_when_the_first_open_transaction_ends() {
    let batches = picture();
    let stable: Vec<i64> = (1..=batches.len())
        .map(|count| lso(&seen(&batches[..count]).0, batches[count - 1].next_offset().value()))
        .collect();
    assert_eq!(stable, [0, 0, 0, 0, 1, 6, 6, 6, 6]);
}

#[test]
fn a_zone_keeps_what_is_not_aborted_and_no_markers() {
    let mut batches = picture();
    batches.truncate(6);
    let (transactions, zone) = seen(&batches);
    let mut kept = zone_of(&batches[1]);
    kept.absorb(&zone_of(&batches[2]));
    assert_eq!(transactions.committed_part(&zone), Some(kept));
    // A zone of nothing else vanishes; one that no transaction touches stays as it is.
    let (transactions, zone) = seen(&[of(1, 0, 3), marker(1, 3, ABORT)]);
    assert_eq!(transactions.committed_part(&zone), None);
    let (transactions, zone) = seen(&[plain(0), plain(1)]);
    assert_eq!(transactions.committed_part(&zone), Some(zone));
}

#[test]
fn one_producers_transactions_follow_each_other() {
    let batches = [
        of(1, 0, 1),
        marker(1, 1, ABORT),
        of(1, 2, 1),
        marker(1, 3, COMMIT),
        of(1, 4, 2),
        marker(1, 6, ABORT),
        marker(1, 7, ABORT),
        of(1, 8, 1),
    ];
    let (transactions, _) = seen(&batches);
    let data = [0, 2, 4, 7].map(|at| transactions.status_of(&batches[at]));
    use BatchStatus::{Aborted, Data, Open};
    assert_eq!(data, [Aborted, Data, Aborted, Open]);
    // A marker that ends nothing aborts nothing.
    assert_eq!(transactions.aborted().count(), 2);
    assert_eq!(lso(&transactions, 9), 8);
}

#[test]
fn markers_of_unknown_kinds_and_emptied_batches_change_nothing() {
    let emptied = records(BatchBuilder::at(Offset::new(0)).producer(9, 0, 0).transactional(), 0);
    let (transactions, _) = seen(&[emptied, of(1, 1, 1), marker(1, 2, 4), plain(3)]);
    assert_eq!(transactions.open().collect::<Vec<_>>(), [(1, Offset::new(1))]);
    assert_eq!(transactions.aborted().count(), 0);
}

#[test]
fn what_comes_after_too_many_transactions_counts_as_open() {
    let mut transactions = Transactions { tracked: TRANSACTIONS_TRACKED_MAX - 1, ..Transactions::default() };
    let mut push = |batch: &RecordBatch| {
        transactions.push(batch.header(), ControlRecordType::of(batch), &zone_of(batch), None);
    };
    let (kept, too_many) = (of(1, 0, 1), of(2, 2, 1));
    push(&kept);
    // An aborted transaction is kept in mind, too.
    push(&marker(1, 1, ABORT));
    push(&too_many);
    push(&marker(2, 4, COMMIT));
    assert_eq!(transactions.known_up_to(), Some(Offset::new(2)));
    assert_eq!(transactions.status_of(&kept), BatchStatus::Aborted);
    assert_eq!(transactions.status_of(&too_many), BatchStatus::Open);
    assert_eq!(lso(&transactions, 5), 2);
    assert_eq!(transactions.tracked, TRANSACTIONS_TRACKED_MAX);
}
