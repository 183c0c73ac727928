//! Records that are gone are told with their offsets, whatever took them, and no offset is given out twice.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use crate::common;
use std::rc::Rc;

use bytes::Bytes;
use common::{TestBroker, batch, offset, open, partition, records, topic};
use futures_executor::block_on;
use futures_util::future::join;
use tablog_core::broker::{Acks, Broker};
use tablog_core::env::SimEnv;
use tablog_core::storage::faulty::{CommitFault, FaultyStorage};
use tablog_core::storage::key::MetaKey;
use tablog_core::storage::memory::MemoryStorage;
use tablog_core::storage::{Content, KeyRange, Order, Scan, Storage, StorageError, Table};
use tablog_core::witness::{DataLossDetected, LossCause, MemoryWitness, Testimony, Witness};

/// A topic of two partitions, the second of which has three rows of two records each: offsets 0 to 5.
async fn store(witness: &MemoryWitness) -> MemoryStorage {
    let storage = MemoryStorage::new();
    let broker = open(storage.clone(), 1).await;
    assert_eq!(broker.reckon(witness).await.unwrap(), []);
    broker.create_topic(&topic("t"), 2, &[]).await.unwrap();
    for _ in 0..3 {
        broker.produce(&partition("t", 1), vec![batch(&["a", "b"])], Acks::All).await.unwrap();
    }
    broker.testify(witness).await.unwrap();
    storage
}

async fn chunk_keys(storage: &MemoryStorage) -> Vec<Bytes> {
    let range = KeyRange { from: Vec::new(), to: vec![u8::MAX; 41] };
    let (table, order, content) = (Table::Chunks, Order::Ascending, Content::Keys);
    let rows = storage.scan(&Scan { table, range, order, content, rows_max: 100 }).await.unwrap();
    rows.into_iter().map(|row| row.key).collect()
}

fn ranges(losses: &[DataLossDetected]) -> Vec<(i64, i64)> {
    losses.iter().map(|loss| (loss.from.value(), loss.to.value())).collect()
}

fn offsets_of(ranges: &[(i64, i64)]) -> Vec<i64> {
    let mut all: Vec<i64> = ranges.iter().flat_map(|&(from, to)| from..to).collect();
    all.sort_unstable();
    all
}

async fn topic_id(broker: &TestBroker<MemoryStorage>) -> String {
    broker.describe_topic(&topic("t")).await.unwrap().topic_id.to_string()
}

#[test]
fn whichever_rows_are_gone_their_offsets_are_told_the_rest_is_served_and_none_is_given_out_again() {
    // A partition whose last row was gone went on with the offsets of the lost records, and nobody was told.
    block_on(async {
        for gone in 0..8_u32 {
            let witness = MemoryWitness::default();
            let storage = store(&witness).await;
            let before = topic_id(&open(storage.clone(), 9).await).await;
            let keys = chunk_keys(&storage).await;
            let is_gone = |row: usize| gone & (1 << row) != 0;
            for (_, key) in keys.iter().enumerate().filter(|(row, _)| is_gone(*row)) {
                assert!(storage.remove(Table::Chunks, key));
            }
            let expected: Vec<i64> =
                (0..6).filter(|at| is_gone(*at / 2)).map(|at| i64::try_from(at).unwrap()).collect();

            let broker = open(storage.clone(), 2).await;
            let found = broker.reckon(&witness).await.unwrap();
            assert_eq!(offsets_of(&ranges(&found)), expected, "{found:?}");
            assert!(found.iter().all(|loss| loss.topic == topic("t") && loss.partition.value() == 1));
            assert_eq!(broker.losses(), found);
            let ended_early = is_gone(2);
            assert_eq!(found.iter().any(|loss| loss.cause == LossCause::EndGone), ended_early);
            assert_eq!(topic_id(&broker).await != before, ended_early, "a new incarnation, and only then");

            let fetched = broker.fetch(&partition("t", 1), offset(0), 1 << 20).await.unwrap();
            let damaged: Vec<_> =
                fetched.damage.iter().map(|it| (it.from.unwrap().value(), it.to.unwrap().value())).collect();
            assert_eq!(offsets_of(&damaged), expected);
            let served: Vec<i64> = records(&fetched, offset(0)).iter().map(|it| it.offset.value()).collect();
            assert_eq!(served, (0..6).filter(|at| !expected.contains(at)).collect::<Vec<_>>());
            let ack = broker.produce(&partition("t", 1), vec![batch(&["c"])], Acks::Leader).await.unwrap();
            assert_eq!(ack.base_offset, offset(6));

            // Told once, and remembered.
            let again = open(storage, 3).await;
            assert_eq!(again.reckon(&witness).await.unwrap(), []);
            assert_eq!(again.losses(), found);
        }
    });
}

#[test]
fn a_database_that_is_gone_while_the_witness_stayed_is_told_topic_by_topic() {
    // A wiped database was taken for a new one.
    block_on(async {
        let witness = MemoryWitness::default();
        let lost = topic_id(&open(store(&witness).await, 9).await).await;
        let storage = MemoryStorage::new();
        let broker = open(storage.clone(), 5).await;
        let found = broker.reckon(&witness).await.unwrap();
        let [loss] = &found[..] else { panic!("an empty partition has nothing to lose: {found:?}") };
        assert_eq!((loss.cause, &loss.topic_id), (LossCause::StoreGone, &lost));
        assert_eq!(loss.to_string(), "t-1: offsets 0 to 5 are lost: the whole database was gone");
        broker.create_topic(&topic("t"), 2, &[]).await.unwrap();
        assert_ne!(topic_id(&broker).await, lost);
        broker.testify(&witness).await.unwrap();
        let again = open(storage, 6).await;
        assert_eq!(again.reckon(&witness).await.unwrap(), []);
        assert_eq!(again.losses(), found);
    });
}

#[test]
fn a_topic_whose_row_is_gone_is_told_and_its_logs_are_never_anybody_elses() {
    // A store that lost its own row numbered logs from 1 again: a new topic showed an old one's records.
    block_on(async {
        let witness = MemoryWitness::default();
        let storage = store(&witness).await;
        assert!(storage.remove(Table::Meta, &MetaKey::Store.encode()));
        let broker = open(storage.clone(), 2).await;
        assert_eq!(broker.reckon(&witness).await.unwrap(), [], "its topics are all there");
        broker.create_topic(&topic("new"), 2, &[]).await.unwrap();
        assert_eq!(broker.describe_topic(&topic("new")).await.unwrap().records(), 0);

        let witness = MemoryWitness::default();
        let storage = store(&witness).await;
        for key in [MetaKey::Store, MetaKey::Topic(topic("t"))] {
            assert!(storage.remove(Table::Meta, &key.encode()));
        }
        let broker = open(storage, 2).await;
        assert_eq!(ranges(&broker.reckon(&witness).await.unwrap()), [(0, 6)]);
        broker.create_topic(&topic("t"), 2, &[]).await.unwrap();
        assert_eq!(broker.describe_topic(&topic("t")).await.unwrap().records(), 0);
    });
}

#[test]
fn what_was_deleted_in_good_order_is_no_loss_however_old_the_testimony() {
    block_on(async {
        let witness = MemoryWitness::default();
        let storage = store(&witness).await;
        let before = witness.recall().unwrap();
        let broker = open(storage.clone(), 2).await;
        broker.delete_records(&partition("t", 1), offset(3)).await.unwrap();
        assert_eq!(broker.reckon(&witness).await.unwrap(), []);
        broker.delete_records(&partition("t", 1), offset(-1)).await.unwrap();
        broker.delete_topic(&topic("t")).await.unwrap();
        // The tab was closed before the witness heard of any of it.
        witness.note(&before);
        assert_eq!(open(storage.clone(), 3).await.reckon(&witness).await.unwrap(), []);
        broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
        witness.note(&before);
        assert_eq!(open(storage, 4).await.reckon(&witness).await.unwrap(), []);
    });
}

#[test]
fn power_that_fails_before_the_disk_was_written_is_told_by_what_had_been_acknowledged() {
    block_on(async {
        let witness = MemoryWitness::default();
        let storage = store(&witness).await;
        let on_disk = storage.snapshot();
        let broker = open(storage, 2).await;
        broker.reckon(&witness).await.unwrap();
        for partition_id in [0, 1] {
            let place = partition("t", partition_id);
            broker.produce(&place, vec![batch(&["x", "y", "z"])], Acks::Leader).await.unwrap();
        }
        broker.testify(&witness).await.unwrap();
        let after = open(on_disk, 3).await;
        let found = after.reckon(&witness).await.unwrap();
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        let cause = "they had been acknowledged, and the partition ended before them";
        assert_eq!(
            told,
            [
                format!("t-0: offsets 0 to 2 are lost: {cause}"),
                format!("t-1: offsets 6 to 8 are lost: {cause}")
            ]
        );
        for (partition_id, next) in [(0, 3), (1, 9)] {
            let place = partition("t", partition_id);
            let ack = after.produce(&place, vec![batch(&["n"])], Acks::All).await.unwrap();
            assert_eq!(ack.base_offset, offset(next));
        }
    });
}

#[test]
fn two_clients_that_find_the_same_loss_settle_it_once() {
    block_on(async {
        let witness = MemoryWitness::default();
        let storage = store(&witness).await;
        let keys = chunk_keys(&storage).await;
        assert!(storage.remove(Table::Chunks, &keys[2]));
        let (one, other) = (open(storage.clone(), 2).await, open(storage.clone(), 3).await);
        let (by_one, by_other) = join(one.reckon(&witness), other.reckon(&witness)).await;
        for found in [by_one.unwrap(), by_other.unwrap()] {
            assert_eq!(ranges(&found), [(4, 6)]);
        }
        assert_eq!(topic_id(&one).await, topic_id(&other).await);
        assert_eq!(chunk_keys(&storage).await.len(), 3);
        let late = open(storage, 4).await;
        assert_eq!(late.reckon(&witness).await.unwrap(), []);
    });
}

#[test]
fn where_the_witness_is_gone_as_well_everything_is_new() {
    block_on(async {
        let broker = open(MemoryStorage::new(), 2).await;
        let witness = MemoryWitness::default();
        assert_eq!(broker.reckon(&witness).await.unwrap(), []);
        for text in
            ["2\nwho a later version", "", "1", "1\nx 9\nwhat", "1\nx 9\ntopic t 00 2", "1\nx 9\nloss t 00 1"]
        {
            witness.note(text);
            assert_eq!(open(MemoryStorage::new(), 3).await.reckon(&witness).await.unwrap(), [], "{text}");
        }
    });
}

#[test]
fn what_the_witness_was_told_already_is_not_told_again() {
    block_on(async {
        let witness = MemoryWitness::default();
        let broker = open(store(&witness).await, 2).await;
        broker.reckon(&witness).await.unwrap();
        witness.note("untouched");
        broker.testify(&witness).await.unwrap();
        assert_eq!(witness.recall().unwrap(), "untouched");
        broker.produce(&partition("t", 0), vec![batch(&["a"])], Acks::Leader).await.unwrap();
        broker.testify(&witness).await.unwrap();
        assert!(witness.recall().unwrap().contains(" 0-1 0-6"), "{:?}", witness.recall());
    });
}

#[test]
fn a_full_disk_lets_a_topic_go_and_it_is_not_called_lost() {
    // The note that it was deleted did not fit, and the deletion was refused with it.
    block_on(async {
        let witness = MemoryWitness::default();
        let storage = store(&witness).await;
        let full = FaultyStorage::new(storage.clone());
        let broker = open(full.clone(), 2).await;
        full.fail_next_commit(CommitFault::Before(StorageError::QuotaExceeded));
        broker.delete_topic(&topic("t")).await.unwrap();
        assert_eq!(open(storage, 3).await.reckon(&witness).await.unwrap(), []);
    });
}

#[test]
fn that_a_topic_was_deleted_is_forgotten_after_thirty_days() {
    block_on(async {
        let witness = MemoryWitness::default();
        let storage = store(&witness).await;
        open(storage.clone(), 2).await.delete_topic(&topic("t")).await.unwrap();
        for (days, left) in [(29, 1), (31, 0)] {
            let env = SimEnv::new(9, common::millis(1_000 + days * 24 * 60 * 60 * 1_000));
            Broker::open(storage.clone(), Rc::new(env)).await.unwrap();
            let scan = Scan {
                table: Table::Meta,
                range: KeyRange::prefix(&[5]),
                order: Order::Ascending,
                content: Content::Keys,
                rows_max: 9,
            };
            assert_eq!(storage.scan(&scan).await.unwrap().len(), left, "after {days} days");
        }
    });
}

#[test]
fn the_persisted_text_of_a_testimony_stays_as_it_is() {
    let text = "1\nAAAAAAAAAAAAAAAAAAAAAA 9\ntopic orders 0102 0-1041 7-12\ntopic empty 0103 0-0\n\
                loss orders 0102 1 12 18 end_gone 7 9\nloss t 0104 0 0 1 store_gone 7 9\n\
                loss t 0104 0 1 2 topic_gone 7 9\nloss t 0104 0 2 3 rows_gone -1 9";
    let testimony = Testimony::parse(text).unwrap();
    let mut lines: Vec<String> = testimony.to_text().lines().map(str::to_owned).collect();
    // Topics come by name.
    lines.swap(2, 3);
    assert_eq!(lines.join("\n"), text);
    assert_eq!(Testimony::parse(&testimony.to_text()), Some(testimony.clone()));
    assert_eq!(ranges(&testimony.missing("another", &[], common::millis(1))), [(0, 1041), (7, 12)]);
}
