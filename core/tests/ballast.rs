//! A disk without a free byte, as Chromium sees it: what takes in anything is refused, whatever it gives back. With ballast in the store
//! room can be freed all the same.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::common::{TestBroker, batch, offset, open, partition, read_all, topic};
use futures_executor::block_on;
use futures_util::future::join;
use tablog_core::broker::{Acks, AlterConfigsError, DeleteRecordsError};
use tablog_core::env::yield_now;
use tablog_core::limits::{BALLAST_BYTES, BALLAST_FREED_TRIES_MAX};
use tablog_core::storage::faulty::{CommitFault, FaultyStorage};
use tablog_core::storage::key::MetaKey;
use tablog_core::storage::memory::MemoryStorage;
use tablog_core::storage::{Content, Order, Row, Scan, Storage, StorageError, Table};

type Disk = FaultyStorage<MemoryStorage>;

/// A store with a topic of ten records, and a client of it.
async fn filled(with_ballast: bool) -> (Disk, TestBroker<Disk>) {
    let disk = FaultyStorage::new(MemoryStorage::new());
    let broker = open(disk.clone(), 1).await;
    broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
    for value in 0..10 {
        broker.produce(&partition("t", 0), vec![batch(&[&format!("v{value}")])], Acks::All).await.unwrap();
    }
    assert_eq!(with_ballast && broker.keep_ballast().await.unwrap(), with_ballast);
    (disk, broker)
}

/// Leaves no byte free.
async fn fill_up(disk: &Disk) {
    disk.set_quota(Some(disk.usage().await.unwrap().used_bytes));
}

async fn ballast(disk: &Disk) -> Vec<Row> {
    let (table, order, content) = (Table::Meta, Order::Ascending, Content::Rows);
    disk.inner()
        .scan(&Scan { table, range: MetaKey::ballast(), order, content, rows_max: 100 })
        .await
        .unwrap()
}

async fn bounds(broker: &TestBroker<Disk>) -> (i64, i64) {
    let described = broker.describe_topic(&topic("t")).await.unwrap();
    let partition = described.partitions.first().unwrap();
    (partition.log_start_offset.value(), partition.high_watermark.value())
}

/// A bug of the design: a full disk refused what would have freed room on it.
#[test]
fn records_are_deleted_on_a_disk_without_a_free_byte_and_appending_goes_on() {
    block_on(async {
        let (disk, broker) = filled(true).await;
        fill_up(&disk).await;
        let refused = broker.produce(&partition("t", 0), vec![batch(&["more"])], Acks::All).await;
        assert_eq!(refused.unwrap_err(), StorageError::QuotaExceeded.into());
        assert_eq!(broker.delete_records(&partition("t", 0), offset(4)).await, Ok(offset(4)));
        assert_eq!(ballast(&disk).await, []);
        broker.produce(&partition("t", 0), vec![batch(&["more"])], Acks::All).await.unwrap();
        let fresh = open(disk.clone(), 2).await;
        assert_eq!(bounds(&fresh).await, (4, 11));
        assert_eq!(read_all(&fresh, &partition("t", 0), offset(4), 1 << 20).await.len(), 7);
    });
}

#[test]
fn without_ballast_a_full_disk_refuses_the_deletion_and_nothing_is_changed() {
    block_on(async {
        let (disk, broker) = filled(false).await;
        fill_up(&disk).await;
        let refused = broker.delete_records(&partition("t", 0), offset(4)).await;
        assert_eq!(refused, Err(DeleteRecordsError::Storage(StorageError::QuotaExceeded)));
        assert_eq!(bounds(&broker).await, (0, 10));
        assert_eq!(bounds(&open(disk, 2).await).await, (0, 10));
    });
}

#[test]
fn on_a_full_disk_a_topic_can_be_told_to_keep_less_and_then_does() {
    block_on(async {
        let (disk, broker) = filled(true).await;
        fill_up(&disk).await;
        let keep_less = [("retention.bytes".to_owned(), Some("200".to_owned()))];
        broker.alter_configs(&topic("t"), &keep_less).await.unwrap();
        let applied = broker.apply_retention().await.unwrap();
        assert_eq!(applied.failed, []);
        let (start, end) = bounds(&broker).await;
        assert!(start > 0 && end == 10, "{start} {end}");
        assert!(!read_all(&broker, &partition("t", 0), offset(start), 1 << 20).await.is_empty());
        let (disk, broker) = filled(false).await;
        fill_up(&disk).await;
        let refused = broker.alter_configs(&topic("t"), &keep_less).await;
        assert_eq!(refused, Err(AlterConfigsError::Storage(StorageError::QuotaExceeded)));
    });
}

#[test]
fn ballast_is_kept_once_by_all_tabs_and_comes_back_when_there_is_room() {
    block_on(async {
        let disk = FaultyStorage::new(MemoryStorage::new());
        let broker = open(disk.clone(), 1).await;
        assert!(!broker.keep_ballast().await.unwrap(), "a store without topics needs none");
        broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
        let other = open(disk.clone(), 2).await;
        assert!(broker.keep_ballast().await.unwrap());
        let (kept, commits) = (ballast(&disk).await, disk.commits());
        assert_eq!(kept.iter().map(|row| row.value.len()).sum::<usize>(), BALLAST_BYTES);
        assert!(other.keep_ballast().await.unwrap() && broker.keep_ballast().await.unwrap());
        assert_eq!((ballast(&disk).await, disk.commits()), (kept, commits));
        // It opens as any other store does.
        assert_eq!(open(disk.clone(), 3).await.describe_topic(&topic("t")).await.unwrap().records(), 0);

        broker.produce(&partition("t", 0), vec![batch(&["a", "b"])], Acks::All).await.unwrap();
        fill_up(&disk).await;
        broker.delete_records(&partition("t", 0), offset(1)).await.unwrap();
        disk.set_quota(None);
        disk.inner().set_quota(Some(BALLAST_BYTES as u64 * 2));
        assert!(!broker.keep_ballast().await.unwrap(), "what little room there is belongs to records");
        disk.inner().set_quota(None);
        assert!(other.keep_ballast().await.unwrap());
    });
}

#[test]
fn room_that_is_given_free_in_arrears_is_waited_for() {
    block_on(async {
        let (disk, broker) = filled(true).await;
        let before = disk.commits();
        // Refused at first; then the ballast goes; then it takes the browser three more commits.
        for nth in [1, 3, 4, 5] {
            disk.fail_commit(before + nth, CommitFault::Before(StorageError::QuotaExceeded));
        }
        assert_eq!(broker.delete_records(&partition("t", 0), offset(4)).await, Ok(offset(4)));
        assert_eq!(disk.commits(), before + 6);
        assert_eq!(ballast(&disk).await, []);
    });
}

#[test]
fn whichever_commit_on_a_full_disk_fails_the_next_deletion_finds_all_as_it_should_be() {
    let lost = || StorageError::ConnectionLost("scripted".to_owned());
    for nth in 1..=3 {
        for fault in [CommitFault::Before(lost()), CommitFault::After(lost())] {
            block_on(async {
                let (disk, broker) = filled(true).await;
                disk.fail_commit(disk.commits() + nth, fault.clone());
                fill_up(&disk).await;
                let first = broker.delete_records(&partition("t", 0), offset(4)).await;
                // The third commit is the deletion, tried anew: that it was done is found out. Of the others their own error is told, where
                // they were not refused.
                let is_told = !matches!((nth, &fault), (1 | 3, CommitFault::After(_)));
                assert_eq!(first.is_err(), is_told, "{nth} {fault:?} {first:?}");
                if is_told {
                    assert_eq!(first, Err(DeleteRecordsError::Storage(lost())), "{nth} {fault:?}");
                }
                disk.set_quota(None);
                assert_eq!(
                    broker.delete_records(&partition("t", 0), offset(4)).await,
                    Ok(offset(4)),
                    "{first:?}"
                );
                for broker in [broker, open(disk, 2).await] {
                    assert_eq!(bounds(&broker).await, (4, 10), "{nth} {fault:?} {first:?}");
                    assert_eq!(read_all(&broker, &partition("t", 0), offset(4), 1 << 20).await.len(), 6);
                }
            });
        }
    }
}

#[test]
fn when_not_even_the_ballast_is_enough_it_is_said_within_the_time() {
    block_on(async {
        let (disk, broker) = filled(true).await;
        disk.set_quota(Some(1));
        let before = disk.commits();
        let refused = broker.delete_records(&partition("t", 0), offset(4)).await;
        assert_eq!(refused, Err(DeleteRecordsError::Storage(StorageError::QuotaExceeded)));
        assert_eq!(bounds(&broker).await, (0, 10));
        // The first one, the ballast, and those that were tried behind it: the clock stands still here.
        assert_eq!(disk.commits() - before, 2 + u64::from(BALLAST_FREED_TRIES_MAX));
    });
}

/// A bug had somebody who was refused, and then found that another one had just thrown off the ballast, give up: there was room.
#[test]
fn whoever_finds_the_ballast_thrown_off_already_tries_once_more() {
    block_on(async {
        let (disk, broker) = filled(true).await;
        broker.create_topic(&topic("u"), 1, &[]).await.unwrap();
        broker.produce(&partition("u", 0), vec![batch(&["a", "b"])], Acks::All).await.unwrap();
        // Another tab, which is slow to read.
        let slow = FaultyStorage::new(disk.inner().clone());
        let other = open(slow.clone(), 2).await;
        fill_up(&disk).await;
        fill_up(&slow).await;
        slow.delay_reads(100);
        let before = slow.commits();
        let quick = async {
            while slow.commits() == before {
                yield_now().await;
            }
            broker.delete_records(&partition("u", 0), offset(1)).await
        };
        let (other, quick) = join(other.delete_records(&partition("t", 0), offset(4)), quick).await;
        assert_eq!((other, quick), (Ok(offset(4)), Ok(offset(1))));
        assert_eq!(
            slow.commits() - before,
            2,
            "one that was refused, and one more: it threw nothing off itself"
        );
    });
}
