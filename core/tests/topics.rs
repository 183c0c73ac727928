//! Topics, from making to deleting, and what it costs to look at them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use crate::common;
use std::collections::BTreeSet;

use common::{batch, offset, open, partition, read_all, record, topic};
use futures_executor::block_on;
use futures_util::future::{join, join_all};
use tablog_core::broker::{
    Acks, AlterConfigsError, Change, CreateTopicError, DeleteTopicError, ProduceError,
};
use tablog_core::client::{Producer, ProducerRecord};
use tablog_core::ids::{PartitionId, TopicName};
use tablog_core::source::{Source, SourceError};
use tablog_core::storage::faulty::{CommitFault, FaultyStorage};
use tablog_core::storage::key::MetaKey;
use tablog_core::storage::memory::MemoryStorage;
use tablog_core::storage::{Storage, StorageError, Table};

fn config(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn a_topic_has_one_to_a_thousand_partitions() {
    block_on(async {
        let broker = open(MemoryStorage::new(), 1).await;
        for (partitions, name) in [(1, "one"), (1_000, "thousand")] {
            let made = broker.create_topic(&topic(name), partitions, &[]).await.unwrap();
            assert_eq!(made.partitions.len(), usize::try_from(partitions).unwrap());
        }
        for partitions in [0, -1, 1_001, i32::MAX, i32::MIN] {
            let refused = broker.create_topic(&topic("x"), partitions, &[]).await.unwrap_err();
            assert_eq!(refused.to_string(), format!("a topic has 1 to 1000 partitions, not {partitions}"));
            assert_eq!(refused.code().name(), "INVALID_PARTITIONS");
        }
        assert_eq!(broker.list_topics().await.unwrap().len(), 2);
    });
}

#[test]
fn a_taken_name_is_refused_and_so_is_one_that_differs_in_dot_and_underscore_only() {
    block_on(async {
        let storage = MemoryStorage::new();
        let (a, b) = (open(storage.clone(), 1).await, open(storage, 2).await);
        a.create_topic(&topic("my.topic"), 1, &[]).await.unwrap();
        // The other client has not looked since.
        let taken = b.create_topic(&topic("my.topic"), 1, &[]).await.unwrap_err();
        assert_eq!(taken.code().name(), "TOPIC_ALREADY_EXISTS");
        let c = b.create_topic(&topic("my_topic"), 1, &[]).await.unwrap_err();
        assert_eq!(c, CreateTopicError::Collision { name: topic("my_topic"), existing: topic("my.topic") });
        assert_eq!(c.code().name(), "INVALID_TOPIC_EXCEPTION");
        b.create_topic(&topic("my-topic"), 1, &[]).await.unwrap();
    });
}

#[test]
fn a_name_that_collides_with_one_which_another_client_just_took_is_refused() {
    // A client that had not looked since made "my_topic" beside the other's "my.topic": only the row of its own name was read.
    block_on(async {
        let storage = MemoryStorage::new();
        let (a, b) = (open(storage.clone(), 1).await, open(storage, 2).await);
        a.create_topic(&topic("my.topic"), 1, &[]).await.unwrap();
        let error = b.create_topic(&topic("my_topic"), 1, &[]).await.unwrap_err();
        let existing = topic("my.topic");
        assert_eq!(error, CreateTopicError::Collision { name: topic("my_topic"), existing });
    });
}

#[test]
fn of_names_that_collide_and_are_taken_at_once_one_is_refused() {
    block_on(async {
        let storage = MemoryStorage::new();
        let (a, b) = (open(storage.clone(), 1).await, open(storage, 2).await);
        let (dotted, underscored) = (topic("my.topic"), topic("my_topic"));
        let made = join(a.create_topic(&dotted, 1, &[]), b.create_topic(&underscored, 1, &[])).await;
        let refused = made.0.err().into_iter().chain(made.1.err()).collect::<Vec<_>>();
        assert!(matches!(refused[..], [CreateTopicError::Collision { .. }]), "{refused:?}");
    });
}

#[test]
fn clients_that_make_topics_at_once_never_share_a_log() {
    block_on(async {
        let storage = MemoryStorage::new();
        let mut clients = Vec::new();
        for seed in 0..4 {
            clients.push(open(storage.clone(), seed).await);
        }
        let names: Vec<TopicName> = (0..12).map(|n| topic(&format!("t{}", n % 8))).collect();
        let made = join_all(
            names.iter().zip(clients.iter().cycle()).map(|(name, client)| client.create_topic(name, 3, &[])),
        )
        .await;
        // Four names were asked for twice: one wins.
        assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 8);
        assert!(
            made.iter()
                .flat_map(|made| made.as_ref().err())
                .all(|error| matches!(error, CreateTopicError::TopicExists(_)))
        );
        let fresh = open(storage, 9).await;
        for n in 0..8 {
            for p in 0..3 {
                let value = format!("{n}.{p}");
                let place = partition(&format!("t{n}"), p);
                let ack = fresh.produce(&place, vec![batch(&[&value])], Acks::Leader).await.unwrap();
                assert_eq!(ack.base_offset, offset(0), "no other topic's partition is the same log");
            }
        }
    });
}

#[test]
fn configs_are_checked_before_anything_is_made_and_changed_all_or_none() {
    block_on(async {
        let broker = open(MemoryStorage::new(), 1).await;
        let bad = [config("max.message.bytes", "100"), config("compression.type", "brotli")];
        let refused = broker.create_topic(&topic("t"), 1, &bad).await.unwrap_err();
        assert_eq!(refused.code().name(), "INVALID_CONFIG");
        assert_eq!(broker.partitions(&topic("t")), None);

        broker.create_topic(&topic("t"), 1, &bad[..1]).await.unwrap();
        let place = partition("t", 0);
        let large = batch(&[&"x".repeat(100)]);
        let refused = broker.produce(&place, vec![large.clone()], Acks::All).await.unwrap_err();
        assert_eq!(refused.to_string(), "t-0: record is 170 bytes, topic allows 100 (max.message.bytes)");
        let change = |name: &str, value: Option<&str>| (name.to_owned(), value.map(str::to_owned));
        let half = [change("max.message.bytes", Some("200")), change("no.such", None)];
        assert!(matches!(broker.alter_configs(&topic("t"), &half).await, Err(AlterConfigsError::Config(_))));
        assert_eq!(broker.config(&topic("t")).unwrap().max_message_bytes(), 100);
        broker.alter_configs(&topic("t"), &half[..1]).await.unwrap();
        broker.produce(&place, vec![large], Acks::All).await.unwrap();
        broker.alter_configs(&topic("t"), &[change("max.message.bytes", None)]).await.unwrap();
        assert_eq!(broker.config(&topic("t")).unwrap().max_message_bytes(), 1_048_588);
        assert_eq!(broker.describe_topic(&topic("t")).await.unwrap().records(), 1);
    });
}

#[test]
fn another_client_keeps_to_the_configs_that_were_changed_behind_its_back() {
    block_on(async {
        let storage = MemoryStorage::new();
        let (a, b) = (open(storage.clone(), 1).await, open(storage, 2).await);
        a.create_topic(&topic("t"), 1, &[]).await.unwrap();
        let place = partition("t", 0);
        b.produce(&place, vec![batch(&["x"])], Acks::All).await.unwrap();
        let by_log = [("message.timestamp.type".to_owned(), Some("LogAppendTime".to_owned()))];
        a.alter_configs(&topic("t"), &by_log).await.unwrap();
        let ack = b.produce(&place, vec![batch(&["y"])], Acks::All).await.unwrap();
        assert_eq!(ack.log_append_time, Some(common::millis(1_000)));
    });
}

#[test]
fn deleting_a_topic_says_what_went_and_a_namesake_starts_anew() {
    block_on(async {
        let storage = MemoryStorage::new();
        let broker = open(storage.clone(), 1).await;
        broker.create_topic(&topic("t"), 2, &[]).await.unwrap();
        broker.create_topic(&topic("tt"), 2, &[]).await.unwrap();
        for name in ["t", "tt"] {
            broker.produce(&partition(name, 1), vec![batch(&["a", "b"])], Acks::All).await.unwrap();
            broker.produce(&partition(name, 0), vec![batch(&["c"])], Acks::All).await.unwrap();
        }
        broker.delete_records(&partition("t", 1), offset(1)).await.unwrap();
        let old = broker.source(&topic("t")).await.unwrap();
        let described = broker.describe_topic(&topic("t")).await.unwrap();
        let gone = broker.delete_topic(&topic("t")).await.unwrap();
        assert_eq!((gone.records, gone.bytes), (2, described.bytes()));
        assert_eq!(broker.delete_topic(&topic("t")).await, Err(DeleteTopicError::UnknownTopic(topic("t"))));
        let made = broker.create_topic(&topic("t"), 2, &[]).await.unwrap();
        assert_ne!(made.topic_id, described.topic_id);
        assert_eq!(made.partitions[1].high_watermark, offset(0));
        let error = old.fetch(PartitionId::new(0), offset(0), 1).await.unwrap_err();
        assert_eq!(
            error,
            SourceError::UnknownTopic("t".to_owned()),
            "a namesake is not the topic that was opened"
        );
        // The topic whose name begins alike lost nothing, and no row of the deleted one is left.
        assert_eq!(read_all(&broker, &partition("tt", 1), offset(0), 1).await.len(), 2);
        let log = MetaKey::Log(tablog_core::ids::LogId::new(2)).encode();
        assert_eq!(storage.get(Table::Meta, &log).await.unwrap(), None);
    });
}

#[test]
fn what_another_client_appended_counts_among_what_went_with_a_topic() {
    // What went was counted from memory: records of another tab, appended a moment before, were missing.
    block_on(async {
        let storage = MemoryStorage::new();
        let (a, b) = (open(storage.clone(), 1).await, open(storage, 2).await);
        a.create_topic(&topic("t"), 2, &[]).await.unwrap();
        b.refresh().await.unwrap();
        b.describe_topic(&topic("t")).await.unwrap();
        a.produce(&partition("t", 1), vec![batch(&["x", "y"])], Acks::All).await.unwrap();
        let gone = b.delete_topic(&topic("t")).await.unwrap();
        assert_eq!((gone.records, gone.bytes > 0), (2, true));
    });
}

#[test]
fn a_lost_answer_neither_makes_nor_deletes_a_topic_twice() {
    block_on(async {
        let lost = || StorageError::ConnectionLost("unplugged".to_owned());
        let storage = FaultyStorage::new(MemoryStorage::new());
        let broker = open(storage.clone(), 1).await;
        storage.fail_next_commit(CommitFault::After(lost()));
        broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
        storage.fail_next_commit(CommitFault::After(lost()));
        let half = [("max.message.bytes".to_owned(), Some("200".to_owned()))];
        broker.alter_configs(&topic("t"), &half).await.unwrap();
        storage.fail_next_commit(CommitFault::After(lost()));
        broker.produce(&partition("t", 0), vec![batch(&["x", "y"])], Acks::All).await.unwrap();
        storage.fail_next_commit(CommitFault::After(lost()));
        assert_eq!(broker.delete_records(&partition("t", 0), offset(1)).await, Ok(offset(1)));
        storage.fail_next_commit(CommitFault::After(lost()));
        broker.delete_topic(&topic("t")).await.unwrap();

        storage.fail_next_commit(CommitFault::Before(lost()));
        let error = broker.create_topic(&topic("t"), 1, &[]).await.unwrap_err();
        assert_eq!(error, CreateTopicError::Storage(lost()));
        assert_eq!(broker.list_topics().await.unwrap(), []);
    });
}

#[test]
fn a_negative_offset_to_delete_before_is_out_of_range_unless_it_is_minus_one() {
    // Anything below -1 was taken for an offset before the start, and answered as if all were well.
    block_on(async {
        let broker = open(MemoryStorage::new(), 1).await;
        broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
        let place = partition("t", 0);
        broker.produce(&place, vec![batch(&["x", "y"])], Acks::All).await.unwrap();
        for before in [-2, i64::MIN] {
            let error = broker.delete_records(&place, offset(before)).await.unwrap_err();
            assert_eq!(error.code().name(), "OFFSET_OUT_OF_RANGE", "{error}");
        }
        assert_eq!(broker.delete_records(&place, offset(0)).await, Ok(offset(0)));
        assert_eq!(broker.delete_records(&place, offset(-1)).await, Ok(offset(2)));
    });
}

#[test]
fn an_unknown_topic_or_partition_is_named() {
    block_on(async {
        let broker = open(MemoryStorage::new(), 1).await;
        broker.create_topic(&topic("t"), 2, &[]).await.unwrap();
        for place in [partition("t", 2), partition("t", -1), partition("no", 0)] {
            let error = broker.produce(&place, vec![batch(&["x"])], Acks::All).await.unwrap_err();
            assert_eq!(error, ProduceError::UnknownTopicOrPartition(place.clone()));
            assert_eq!(error.code().name(), "UNKNOWN_TOPIC_OR_PARTITION");
            assert!(broker.fetch(&place, offset(0), 1).await.is_err());
            assert!(broker.delete_records(&place, offset(0)).await.is_err());
        }
    });
}

#[test]
fn opening_and_looking_again_cost_the_same_for_one_partition_and_for_a_thousand() {
    block_on(async {
        let mut costs = Vec::new();
        for partitions in [1, 1_000] {
            let memory = MemoryStorage::new();
            let writer = open(memory.clone(), 1).await;
            writer.create_topic(&topic("t"), partitions, &[]).await.unwrap();
            let producer = Producer::new(writer.clone(), topic("t"));
            let to = |n: i32| ProducerRecord {
                partition: Some(PartitionId::new(n % partitions)),
                record: record("x", 0),
            };
            assert_eq!(producer.send_all((0..1_000).map(to).collect()).await.records(), 1_000);
            let storage = FaultyStorage::new(memory);
            let broker = open(storage.clone(), 2).await;
            let opened = storage.reads();
            assert_eq!(broker.list_topics().await.unwrap()[0].records(), 1_000);
            let listed = storage.reads();
            assert_eq!(broker.refresh().await.unwrap(), []);
            costs.push((opened, listed - opened, storage.reads() - listed));
        }
        // One partition is named in the writer's note, and looked at. A thousand at once are in none.
        assert_eq!(costs, [(2, 1, 2), (2, 1, 1)], "reads to open, to list, to look again");
    });
}

#[test]
fn a_refresh_tells_what_others_did_and_watchers_hear_of_everything_once() {
    block_on(async {
        let storage = MemoryStorage::new();
        let (a, b) = (open(storage.clone(), 1).await, open(storage, 2).await);
        let mut watcher = b.watch();
        a.create_topic(&topic("t"), 2, &[]).await.unwrap();
        assert_eq!(b.refresh().await.unwrap(), [Change::Topic(topic("t"))]);
        b.describe_topic(&topic("t")).await.unwrap();
        for value in ["x", "y"] {
            a.produce(&partition("t", 1), vec![batch(&[value])], Acks::All).await.unwrap();
        }
        assert_eq!(b.refresh().await.unwrap(), [Change::Partition(partition("t", 1))]);
        assert_eq!(b.describe_topic(&topic("t")).await.unwrap().records(), 2);
        assert_eq!(b.refresh().await.unwrap(), []);
        let (heard, ()) = join(watcher.changed(), async {
            b.produce(&partition("t", 0), vec![batch(&["z"])], Acks::All).await.unwrap();
        })
        .await;
        assert_eq!(
            heard,
            [(Change::Topic(topic("t")), false), (Change::Partition(partition("t", 1)), false)]
        );
        assert_eq!(watcher.changed().await, [(Change::Partition(partition("t", 0)), true)]);
        a.delete_records(&partition("t", 1), offset(1)).await.unwrap();
        a.delete_topic(&topic("t")).await.unwrap();
        assert_eq!(b.refresh().await.unwrap(), [Change::Topic(topic("t"))]);
        assert_eq!(watcher.take(), [(Change::Topic(topic("t")), false)]);
    });
}

#[test]
fn a_tab_that_is_told_which_partitions_grew_looks_at_those_only() {
    // One commit of another tab cost two reads for every log of every topic.
    block_on(async {
        let memory = MemoryStorage::new();
        let storage = FaultyStorage::new(memory.clone());
        let (a, b) = (open(memory, 1).await, open(storage.clone(), 2).await);
        a.create_topic(&topic("t"), 1_000, &[]).await.unwrap();
        b.refresh().await.unwrap();
        b.describe_topic(&topic("t")).await.unwrap();
        a.produce(&partition("t", 42), vec![batch(&["x"])], Acks::All).await.unwrap();
        let before = storage.reads();
        // Whoever is told learns of new topics by the way, and passes over partitions that there are none of.
        a.create_topic(&topic("new"), 1, &[]).await.unwrap();
        let told = BTreeSet::from([partition("gone", 0), partition("new", 0), partition("t", 42)]);
        let changes = b.refresh_partitions(&told).await.unwrap();
        assert_eq!(changes, [Change::Topic(topic("new")), Change::Partition(partition("t", 42))]);
        assert_eq!(storage.reads() - before, 2, "one look at the topics, one at the partition");
        assert_eq!(b.describe_topic(&topic("t")).await.unwrap().records(), 1);
        assert_eq!(storage.reads() - before, 2);
        // The full look at them all costs one read each, and none of them was in vain.
        a.produce(&partition("t", 7), vec![batch(&["y"])], Acks::All).await.unwrap();
        assert_eq!(b.refresh().await.unwrap(), [Change::Partition(partition("t", 7))]);
        assert_eq!(storage.reads() - before, 2 + 1 + 1_000);
    });
}

#[test]
fn the_notes_of_clients_long_gone_are_tidied_up_and_those_of_others_stay() {
    block_on(async {
        let storage = MemoryStorage::new();
        let old = open(storage.clone(), 1).await;
        old.create_topic(&topic("t"), 1, &[]).await.unwrap();
        old.produce(&partition("t", 0), vec![batch(&["x"])], Acks::All).await.unwrap();
        let notes = async || {
            let scan = tablog_core::storage::Scan {
                table: Table::Meta,
                range: MetaKey::clients(),
                order: tablog_core::storage::Order::Ascending,
                content: tablog_core::storage::Content::Keys,
                rows_max: 10,
            };
            storage.scan(&scan).await.unwrap().len()
        };
        open(storage.clone(), 2).await;
        assert_eq!(notes().await, 1);
        let env = std::rc::Rc::new(tablog_core::env::SimEnv::new(3, common::millis(31 * 24 * 3_600_000)));
        tablog_core::broker::Broker::open(storage.clone(), env).await.unwrap();
        assert_eq!(notes().await, 0);
        // The old client was only asleep.
        old.produce(&partition("t", 0), vec![batch(&["y"])], Acks::All).await.unwrap();
        assert_eq!(read_all(&old, &partition("t", 0), offset(0), 1).await.len(), 2);
    });
}

#[test]
fn a_store_of_a_later_version_is_not_touched() {
    block_on(async {
        let storage = MemoryStorage::new();
        storage.overwrite(Table::Meta, &MetaKey::Store.encode(), br#"{"v":2}"#);
        let env = tablog_core::env::SimEnv::new(1, common::millis(0));
        let Err(error) = tablog_core::broker::Broker::open(storage, env).await else { panic!("it opened") };
        assert!(error.to_string().contains("newer version"), "{error}");
    });
}

#[test]
fn a_store_that_is_wiped_while_open_says_so_and_can_be_used_again() {
    block_on(async {
        let storage = MemoryStorage::new();
        let broker = open(storage.clone(), 1).await;
        broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
        let place = partition("t", 0);
        let first_id = broker.cluster_id();
        broker.produce(&place, vec![batch(&["x"])], Acks::All).await.unwrap();
        storage.wipe();
        let gone = broker.produce(&place, vec![batch(&["y"])], Acks::All).await.unwrap_err();
        assert_eq!(gone, ProduceError::UnknownTopicOrPartition(place.clone()));
        assert_eq!(broker.list_topics().await.unwrap(), []);
        broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
        // The id stayed that of the store which was wiped.
        assert_ne!(broker.cluster_id(), first_id);
        assert_eq!(broker.cluster_id(), open(storage, 2).await.cluster_id());
        let ack = broker.produce(&place, vec![batch(&["z"])], Acks::All).await.unwrap();
        assert_eq!(ack.base_offset, offset(0));
    });
}

#[test]
fn what_is_produced_is_fetched_by_another_client() {
    block_on(async {
        let storage = MemoryStorage::new();
        let (a, b) = (open(storage.clone(), 1).await, open(storage, 2).await);
        a.create_topic(&topic("t"), 3, &[]).await.unwrap();
        let place = partition("t", 1);
        let ack = a.produce(&place, vec![batch(&["x", "y"]), batch(&["z"])], Acks::All).await.unwrap();
        assert_eq!((ack.base_offset, ack.last_offset), (offset(0), offset(2)));
        let ack = b.produce(&place, vec![batch(&["w"])], Acks::Leader).await.unwrap();
        assert_eq!(ack.base_offset, offset(3));
        assert_eq!(a.describe_topic(&topic("t")).await.unwrap().records(), 3, "not looked yet");
        a.refresh().await.unwrap();
        let read = read_all(&a, &place, offset(0), 1).await;
        assert_eq!(read, [(0, "x"), (1, "y"), (2, "z"), (3, "w")].map(|(at, value)| (at, value.to_owned())));
    });
}

#[test]
fn a_limit_that_another_client_raised_holds_at_once() {
    // A tab that had read the topic before refused records that another tab had just allowed.
    block_on(async {
        let storage = MemoryStorage::new();
        let (a, b) = (open(storage.clone(), 1).await, open(storage, 2).await);
        a.create_topic(&topic("t"), 1, &[config("max.message.bytes", "100")]).await.unwrap();
        b.describe_topic(&topic("t")).await.unwrap();
        let large = "x".repeat(500);
        let place = partition("t", 0);
        let produce = || b.produce(&place, vec![batch(&[&large])], Acks::Leader);
        assert_eq!(produce().await.unwrap_err().code().name(), "MESSAGE_TOO_LARGE");
        let more = [("max.message.bytes".to_owned(), Some("1000".to_owned()))];
        a.alter_configs(&topic("t"), &more).await.unwrap();
        assert_eq!(produce().await.unwrap().base_offset, offset(0));
    });
}
