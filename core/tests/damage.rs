//! What is stored goes bad: the rest is served, and what is missing is named.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use crate::common::{TestBroker, batch_of, millis, offset, open, partition, records, text, topic};
use bytes::Bytes;
use futures_executor::block_on;
use tablog_core::broker::{Acks, Change, CreateTopicError};
use tablog_core::ids::{LogId, PartitionId};
use tablog_core::source::{Damage, Fetched, InOrder, Source, SourceError};
use tablog_core::storage::faulty::FaultyStorage;
use tablog_core::storage::key::MetaKey;
use tablog_core::storage::memory::MemoryStorage;
use tablog_core::storage::{Content, KeyRange, Order, Scan, Storage, StorageError, Table};

/// Three rows of three batches of two records each: offsets 0 to 17; a record's time is ten times its offset.
async fn store() -> (MemoryStorage, Vec<(Bytes, Bytes)>) {
    let storage = MemoryStorage::new();
    let broker = open(storage.clone(), 1).await;
    broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
    for row in 0..3_i64 {
        let batches = (0..3_i64).map(|batch| {
            let at = 6 * row + 2 * batch;
            batch_of(&[(&format!("{at:02}"), 10 * at), (&format!("{:02}", at + 1), 10 * (at + 1))])
        });
        broker.produce(&partition("t", 0), batches.collect(), Acks::All).await.unwrap();
    }
    let everything = KeyRange { from: Vec::new(), to: vec![u8::MAX; 8] };
    let (table, order, content) = (Table::Chunks, Order::Ascending, Content::Rows);
    let rows = storage.scan(&Scan { table, range: everything, order, content, rows_max: 9 }).await.unwrap();
    assert_eq!(rows.len(), 3);
    (storage, rows.into_iter().map(|row| (row.key, row.value)).collect())
}

async fn fetch_all<S: Storage>(broker: &TestBroker<S>, from: i64) -> Fetched {
    broker.fetch(&partition("t", 0), offset(from), 1 << 20).await.unwrap()
}

fn offsets(fetched: &Fetched) -> Vec<i64> {
    records(fetched, offset(0))
        .iter()
        .map(|record| {
            assert_eq!(text(record), format!("{:02}", record.offset.value()));
            record.offset.value()
        })
        .collect()
}

fn lost(fetched: &Fetched) -> Vec<(i64, i64)> {
    let range = |damage: &Damage| (damage.from.unwrap().value(), damage.to.unwrap().value());
    fetched.damage.iter().map(range).collect()
}

#[test]
fn whichever_bit_flips_in_a_row_the_other_batches_are_served_and_the_lost_offsets_named() {
    block_on(async {
        let (storage, rows) = store().await;
        let broker = open(storage.clone(), 2).await;
        let (key, value) = &rows[1];
        let batch_bytes = value.len() / 3;
        for position in 0..value.len() {
            for bit in [0, 5] {
                let mut bytes = value.to_vec();
                bytes[position] ^= 1 << bit;
                storage.overwrite(Table::Chunks, key, &bytes);
                let fetched = fetch_all(&broker, 0).await;
                let at = position % batch_bytes;
                // The leader's epoch lies outside of the CRC, and means nothing here.
                if (12..16).contains(&at) {
                    assert_eq!(fetched.damage, []);
                    continue;
                }
                let served = offsets(&fetched);
                let missing = lost(&fetched);
                assert!(!missing.is_empty(), "byte {position}, bit {bit}");
                assert_eq!(fetched.next_offset, offset(18));
                let expected: Vec<i64> =
                    (0..18).filter(|at| !missing.iter().any(|(from, to)| (from..to).contains(&at))).collect();
                assert_eq!(served, expected);
                let batch = i64::try_from(position / batch_bytes).unwrap();
                let hit = 6 + 2 * batch;
                if !(8..12).contains(&at) {
                    assert_eq!(missing, [(hit, hit + 2)], "only the batch that was hit, byte {position}");
                } else {
                    // A wrong length hides where the next batch begins.
                    assert!(missing.iter().all(|&(from, to)| from >= hit && to <= 12), "{missing:?}");
                }
            }
        }
    });
}

#[test]
fn verification_finds_whatever_bit_flipped_and_whatever_row_is_gone_and_nothing_else() {
    block_on(async {
        let (storage, rows) = store().await;
        let whole = open(storage.clone(), 2).await;
        let mut heard = Vec::new();
        let verified = whole.verify(|bytes| heard.push(bytes)).await.unwrap();
        assert_eq!((verified.damaged_places(), &verified.contradictions[..]), (0, &[][..]), "{verified}");
        assert_eq!(verified.to_string(), "everything is as it should be");
        let [counted] = &verified.partitions[..] else { panic!("one partition") };
        assert_eq!((counted.records, counted.batches, counted.log_end_offset), (18, 9, offset(18)));
        let last = heard.last().unwrap();
        assert!(last.done == last.total && last.total == counted.bytes, "{last:?}");

        for (nth, (key, value)) in rows.iter().enumerate() {
            let from = 6 * i64::try_from(nth).unwrap();
            for position in (0..value.len()).filter(|at| !(12..16).contains(&(at % (value.len() / 3)))) {
                let mut bytes = value.to_vec();
                bytes[position] ^= 4;
                storage.overwrite(Table::Chunks, key, &bytes);
                let found = open(storage.clone(), 3).await.verify(|_| ()).await.unwrap();
                assert!(found.lost_offsets() >= 2, "byte {position}: {found}");
                for (place, damage) in &found.damage {
                    assert_eq!(place, &partition("t", 0));
                    let (lost_from, lost_to) = (damage.from.unwrap().value(), damage.to.unwrap().value());
                    assert!((from..from + 6).contains(&lost_from) && lost_to <= from + 6, "{damage:?}");
                }
            }
            storage.overwrite(Table::Chunks, key, value);
            if nth < 2 {
                assert!(storage.remove(Table::Chunks, key));
                let found = open(storage.clone(), 3).await.verify(|_| ()).await.unwrap();
                assert_eq!((found.lost_offsets(), found.damaged_places()), (6, 1), "{found}");
                storage.overwrite(Table::Chunks, key, value);
            }
        }
    });
}

#[test]
fn verification_leaves_out_what_is_deleted_meanwhile_and_counts_what_is_left_of_a_row() {
    block_on(async {
        let (storage, _) = store().await;
        let broker = open(storage, 2).await;
        broker.delete_records(&partition("t", 0), offset(3)).await.unwrap();
        let found = broker.verify(|_| ()).await.unwrap();
        assert_eq!((found.damaged_places(), &found.contradictions[..]), (0, &[][..]), "{found}");
        assert_eq!((found.partitions[0].records, found.partitions[0].log_start_offset), (15, offset(3)));
        broker.delete_records(&partition("t", 0), offset(-1)).await.unwrap();
        let found = broker.verify(|_| ()).await.unwrap();
        assert_eq!((found.damaged_places(), &found.contradictions[..]), (0, &[][..]), "{found}");
    });
}

#[test]
fn verification_tells_of_a_key_that_does_not_tell_the_truth() {
    block_on(async {
        let (storage, rows) = store().await;
        let (key, value) = &rows[1];
        let mut wrong = key.to_vec();
        // One record more than there is.
        wrong[19] += 1;
        assert!(storage.remove(Table::Chunks, key));
        storage.overwrite(Table::Chunks, &wrong, value);
        let found = open(storage, 2).await.verify(|_| ()).await.unwrap();
        assert_eq!(found.damaged_places(), 0, "{found}");
        let says = "t-0: the rows' keys speak of 19 records";
        assert!(found.contradictions[0].starts_with(says), "{:?}", found.contradictions);
    });
}

#[test]
fn a_row_that_ends_too_early_loses_only_what_is_cut_off() {
    block_on(async {
        let (storage, rows) = store().await;
        let broker = open(storage.clone(), 2).await;
        let (key, value) = &rows[2];
        let batch_bytes = value.len() / 3;
        for length in 0..value.len() {
            storage.overwrite(Table::Chunks, key, &value[..length]);
            let fetched = fetch_all(&broker, 3).await;
            let whole = i64::try_from(length / batch_bytes).unwrap();
            assert_eq!(lost(&fetched), [(12 + 2 * whole, 18)]);
            assert_eq!(offsets(&fetched), (2..12 + 2 * whole).collect::<Vec<_>>());
            assert_eq!(fetched.next_offset, offset(18));
        }
    });
}

#[test]
fn a_row_that_is_gone_is_named_by_its_offsets_and_reading_goes_on() {
    block_on(async {
        let (storage, rows) = store().await;
        let seen_before = open(storage.clone(), 2).await;
        assert_eq!(fetch_all(&seen_before, 0).await.damage, []);
        assert!(storage.remove(Table::Chunks, &rows[1].0));
        let seen_after = open(storage, 3).await;
        for broker in [seen_before, seen_after] {
            let fetched = fetch_all(&broker, 0).await;
            assert_eq!(lost(&fetched), [(6, 12)]);
            assert_eq!(offsets(&fetched), (0..6).chain(12..18).collect::<Vec<_>>());
            let from_within = fetch_all(&broker, 8).await;
            assert_eq!(lost(&from_within), [(8, 12)]);
            assert_eq!(offsets(&from_within), (12..18).collect::<Vec<_>>());
        }
    });
}

#[test]
fn a_row_that_goes_while_one_reads_in_order_is_named_and_nothing_behind_it_is_left_out() {
    block_on(async {
        for (gone, bytes_max, is_late) in [(0, 1, false), (1, 1, false), (1, 1, true), (1, 1 << 20, true)] {
            let (storage, rows) = store().await;
            let broker = open(storage.clone(), 2).await;
            let source = broker.source(&topic("t")).await.unwrap();
            // The rows are known from now on.
            source.zones(PartitionId::new(0)).await.unwrap();
            let remove = || assert!(storage.remove(Table::Chunks, &rows[gone].0));
            if !is_late {
                remove();
            }
            let mut fetches = InOrder::new(&source, PartitionId::new(0), offset(0)..offset(18), bytes_max);
            let (mut seen, mut damage) = (Vec::new(), Vec::new());
            while let Some(fetched) = fetches.next().await.unwrap() {
                if is_late && seen.is_empty() && bytes_max == 1 {
                    remove();
                }
                damage.extend(lost(&fetched));
                seen.extend(offsets(&fetched));
            }
            let gone = 6 * i64::try_from(gone).unwrap();
            let all: Vec<i64> = (0..18).filter(|at| !(gone..gone + 6).contains(at)).collect();
            if damage.is_empty() {
                // It was on its way already when the row went.
                assert_eq!(seen, (0..18).collect::<Vec<_>>());
                assert!(is_late);
            } else {
                assert_eq!((seen, damage), (all, vec![(gone, gone + 6)]), "{gone} {bytes_max} {is_late}");
            }
        }
    });
}

#[test]
fn looking_for_a_time_passes_over_what_cannot_be_read() {
    block_on(async {
        let (storage, rows) = store().await;
        let broker = open(storage.clone(), 2).await;
        let mut bytes = rows[1].1.to_vec();
        bytes.iter_mut().for_each(|byte| *byte = 0);
        storage.overwrite(Table::Chunks, &rows[1].0, &bytes);
        let source = broker.source(&topic("t")).await.unwrap();
        let found = source.offset_for_timestamp(PartitionId::new(0), millis(75)).await.unwrap();
        assert_eq!(found, Some((offset(12), millis(120))));
        let none = source.offset_for_timestamp(PartitionId::new(0), millis(171)).await.unwrap();
        assert_eq!(none, None);
    });
}

#[test]
fn a_row_that_the_browser_cannot_read_is_named_by_its_offsets_and_the_others_are_served() {
    // One row whose file was lost failed every fetch, look-up and deletion that came across it, with all of its neighbours.
    block_on(async {
        for row in 0..3_i64 {
            let (memory, rows) = store().await;
            let storage = FaultyStorage::new(memory);
            storage.rot(Table::Chunks, &rows[usize::try_from(row).unwrap()].0);
            let broker = open(storage.clone(), 2).await;
            let (from, to) = (6 * row, 6 * row + 6);
            let fetched = fetch_all(&broker, 0).await;
            assert_eq!(lost(&fetched), [(from, to)]);
            assert!(fetched.damage[0].cause.contains("missing"), "{:?}", fetched.damage);
            assert_eq!(offsets(&fetched), (0..from).chain(to..18).collect::<Vec<_>>());
            assert_eq!(fetched.next_offset, offset(18));
            let from_within = fetch_all(&broker, from + 2).await;
            assert_eq!(lost(&from_within), [(from + 2, to)]);
            assert_eq!(offsets(&from_within), (to..18).collect::<Vec<_>>());

            let source = broker.source(&topic("t")).await.unwrap();
            let found = source.offset_for_timestamp(PartitionId::new(0), millis(10 * from + 5)).await;
            let next = (to < 18).then(|| (offset(to), millis(10 * to)));
            assert_eq!(found.unwrap(), next, "the first one after it that can be read");

            let refused = broker.delete_records(&partition("t", 0), offset(from + 2)).await.unwrap_err();
            assert!(refused.to_string().contains(&format!("records up to offset {} can only go", to - 1)));
            assert_eq!(broker.delete_records(&partition("t", 0), offset(to)).await, Ok(offset(to)));
        }
    });
}

#[test]
fn other_failures_of_a_read_are_no_damage() {
    block_on(async {
        let (memory, rows) = store().await;
        let storage = FaultyStorage::new(memory);
        let broker = open(storage.clone(), 2).await;
        assert_eq!(fetch_all(&broker, 0).await.damage, []);
        storage.rot(Table::Chunks, &rows[0].0);
        let gone = || StorageError::ConnectionLost("unplugged".to_owned());
        // While all are read, and while they are read one by one.
        for nth in [1, 3] {
            storage.fail_read(storage.reads() + nth, gone());
            let error = broker.fetch(&partition("t", 0), offset(0), 1 << 20).await.unwrap_err();
            assert_eq!(error, SourceError::Storage(gone()));
        }
    });
}

#[test]
fn what_is_damaged_below_a_new_start_does_not_keep_it_from_moving() {
    // A batch that could not be parsed kept its whole row from being deleted in part, even when all of it was to go.
    block_on(async {
        for (before, byte, is_deleted) in [(8, 20, true), (9, 20, true), (7, 20, false), (6, 20, true)] {
            let (storage, rows) = store().await;
            let (key, value) = &rows[1];
            let mut bytes = value.to_vec();
            // The first batch's magic, so that it is no batch at all; and a record of it, so that its CRC is wrong.
            for at in [16, byte] {
                bytes[at] ^= 0xFF;
            }
            storage.overwrite(Table::Chunks, key, &bytes);
            let broker = open(storage, 2).await;
            let deleted = broker.delete_records(&partition("t", 0), offset(before)).await;
            assert_eq!(deleted.is_ok(), is_deleted, "{before}: {deleted:?}");
            if is_deleted {
                let fetched = fetch_all(&broker, before).await;
                let first_whole = before.max(8);
                assert_eq!(offsets(&fetched)[..], (first_whole / 2 * 2..18).collect::<Vec<_>>());
                let described = broker.describe_topic(&topic("t")).await.unwrap();
                assert_eq!(described.records(), u64::try_from(18 - before).unwrap());
            }
        }
    });
}

#[test]
fn one_topic_that_cannot_be_read_leaves_the_others_as_they_are_and_says_why() {
    // One damaged row of one topic kept the whole store from opening, and so did a config of a later version.
    block_on(async {
        let name = topic("bad");
        let later = |config: &str| {
            let row = r#"{"v":1,"topic_id":"00","logs":[7],"configs":{CONFIG},"created_ms":7}"#;
            row.replace("CONFIG", config)
        };
        let topic_key = MetaKey::Topic(name.clone()).encode();
        let start_key = MetaKey::Log(LogId::new(2)).encode();
        for (key, row, cause) in [
            (&topic_key, "{".to_owned(), "damaged: topic \"bad\": the row of a topic"),
            (
                &topic_key,
                r#"{"v":2}"#.to_owned(),
                "newer version of Tablog (topic \"bad\": the row of a topic",
            ),
            (&topic_key, later(r#""cleanup.policy":"compact""#), "newer version of Tablog (topic \"bad\":"),
            (&topic_key, later(r#""segment.ms":"7""#), "newer version of Tablog (topic \"bad\":"),
            (&start_key, "{".to_owned(), "damaged: topic \"bad\": the row of a log"),
        ] {
            let (storage, _) = store().await;
            let seen_before = open(storage.clone(), 2).await;
            seen_before.create_topic(&name, 1, &[]).await.unwrap();
            let source = seen_before.source(&name).await.unwrap();
            let good_row = storage.get(Table::Meta, key).await.unwrap();
            storage.overwrite(Table::Meta, key, row.as_bytes());
            let mut watcher = seen_before.watch();
            assert_eq!(seen_before.refresh().await.unwrap(), [Change::Topic(name.clone())]);
            assert_eq!(seen_before.refresh().await.unwrap(), [], "told once");
            assert_eq!(watcher.take(), [(Change::Topic(name.clone()), false)]);
            let says =
                |error: &dyn ToString| assert!(error.to_string().contains(cause), "{}", error.to_string());
            says(&source.bounds(PartitionId::new(0)).await.unwrap_err());
            let seen_after = open(storage.clone(), 3).await;
            for broker in [&seen_before, &seen_after] {
                assert_eq!(offsets(&fetch_all(broker, 0).await), (0..18).collect::<Vec<_>>());
                let listed: Vec<_> =
                    broker.list_topics().await.unwrap().into_iter().map(|t| t.name).collect();
                assert_eq!(listed, [topic("t")]);
                let [(unreadable, error)] = &broker.unreadable_topics()[..] else { panic!("one topic") };
                assert_eq!(unreadable, &name);
                says(error);
                says(&broker.describe_topic(&name).await.unwrap_err());
                says(&broker.source(&name).await.err().unwrap());
                let place = partition("bad", 0);
                says(&broker.produce(&place, vec![batch_of(&[("x", 0)])], Acks::All).await.unwrap_err());
                says(&broker.delete_records(&place, offset(0)).await.unwrap_err());
                says(&broker.alter_configs(&name, &[]).await.unwrap_err());
                says(&broker.delete_topic(&name).await.unwrap_err());
                let taken = broker.create_topic(&name, 1, &[]).await.unwrap_err();
                assert_eq!(taken, CreateTopicError::TopicExists(name.clone()));
                broker.produce(&partition("t", 0), vec![], Acks::All).await.unwrap_err();
            }
            // Whoever repairs it has it back.
            match good_row {
                Some(row) => storage.overwrite(Table::Meta, key, &row),
                None => drop(storage.remove(Table::Meta, key)),
            }
            seen_after.refresh().await.unwrap();
            assert_eq!(seen_after.unreadable_topics(), []);
            seen_after.describe_topic(&name).await.unwrap();
        }
    });
}

#[test]
fn a_name_that_collides_with_a_topic_that_cannot_be_read_is_taken() {
    block_on(async {
        let (storage, _) = store().await;
        let existing = topic("my.topic");
        storage.overwrite(Table::Meta, &MetaKey::Topic(existing.clone()).encode(), b"{");
        let broker = open(storage, 2).await;
        let name = topic("my_topic");
        let error = broker.create_topic(&name, 1, &[]).await.unwrap_err();
        assert_eq!(error, CreateTopicError::Collision { name, existing });
    });
}
