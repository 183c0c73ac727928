//! A database of every version ever shipped opens in the newest: its topics, records and starts are there, and it goes on.
//!
//! Each version has a picture of its rows in `tests/data/stores/`, one JSON file: table, key and value, in hexadecimal digits. A
//! new version, that is a new table or a row with a larger `v`, adds one, and changes none: what is out there stays as it was written.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::common::{batch_of, offset, open, partition, read_all, topic};
use bytes::Bytes;
use futures_executor::block_on;
use tablog_core::broker::Acks;
use tablog_core::storage::memory::MemoryStorage;
use tablog_core::storage::{Content, KeyRange, Order, Scan, Storage, Table};

/// Rows of one table, by key.
type Rows = BTreeMap<String, String>;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/stores")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes_of(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

async fn picture_of(storage: &MemoryStorage) -> BTreeMap<String, Rows> {
    let mut picture = BTreeMap::new();
    for table in Table::ALL {
        let range = KeyRange { from: Vec::new(), to: vec![u8::MAX; 64] };
        let (order, content) = (Order::Ascending, Content::Rows);
        let rows = storage.scan(&Scan { table, range, order, content, rows_max: 100 }).await.unwrap();
        let rows = rows.iter().map(|row| (hex(&row.key), hex(&row.value))).collect();
        picture.insert(table.name().to_owned(), rows);
    }
    picture
}

/// What every picture holds: a topic of two partitions with a config, which was changed since the third; three records in the first one, the oldest of which was
/// deleted; another topic that was deleted; all rows by one client.
async fn store_of_today() -> MemoryStorage {
    let storage = MemoryStorage::new();
    let broker = open(storage.clone(), 1).await;
    let config = |bytes: &str| ("max.message.bytes".to_owned(), bytes.to_owned());
    broker.create_topic(&topic("orders"), 2, &[config("10000")]).await.unwrap();
    let (name, bytes) = config("20000");
    broker.alter_configs(&topic("orders"), &[(name, Some(bytes))]).await.unwrap();
    broker.create_topic(&topic("deleted"), 1, &[]).await.unwrap();
    let records = batch_of(&[("a", 10), ("b", 20), ("c", 30)]);
    broker.produce(&partition("orders", 0), vec![records], Acks::All).await.unwrap();
    broker.delete_records(&partition("orders", 0), offset(1)).await.unwrap();
    broker.delete_topic(&topic("deleted")).await.unwrap();
    storage
}

#[test]
fn a_database_of_every_version_ever_shipped_opens_in_the_newest_and_goes_on() {
    block_on(async {
        let mut opened = 0;
        for entry in fs::read_dir(folder()).unwrap() {
            let path = entry.unwrap().path();
            let picture: BTreeMap<String, Rows> =
                serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            let storage = MemoryStorage::new();
            for table in Table::ALL {
                for (key, value) in picture.get(table.name()).into_iter().flatten() {
                    storage.overwrite(table, &bytes_of(key), &bytes_of(value));
                }
            }
            let broker = open(storage, 2).await;
            let names: Vec<_> = broker.list_topics().await.unwrap().into_iter().map(|it| it.name).collect();
            assert_eq!((names, broker.unreadable_topics()), (vec![topic("orders")], vec![]), "{path:?}");
            let place = partition("orders", 0);
            let ack = broker.produce(&place, vec![batch_of(&[("d", 40)])], Acks::All).await.unwrap();
            assert_eq!(ack.base_offset, offset(3), "{path:?}");
            let read = read_all(&broker, &place, offset(1), 1 << 20).await;
            let read: Vec<_> = read.iter().map(|(at, value)| (*at, value.as_str())).collect();
            assert_eq!(read, [(1, "b"), (2, "c"), (3, "d")], "{path:?}");
            let config = broker.config(&topic("orders")).unwrap();
            assert_eq!(config.max_message_bytes(), 20_000, "{path:?}");
            let verified = broker.verify(|_| ()).await.unwrap();
            assert_eq!(verified.to_string(), "everything is as it should be", "{path:?}");
            opened += 1;
        }
        assert!(opened > 0);
    });
}

#[test]
fn what_is_written_today_has_a_picture() {
    // Whoever changes the format sees this fail, and adds a picture under the next name: none that is there may ever change.
    block_on(async {
        let storage = store_of_today().await;
        let picture = picture_of(&storage).await;
        let text = serde_json::to_string_pretty(&picture).unwrap();
        let pictures =
            fs::read_dir(folder()).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
        let known: Vec<BTreeMap<String, Rows>> =
            pictures.map(|picture| serde_json::from_str(&picture).unwrap()).collect();
        assert!(known.contains(&picture), "add this to core/tests/data/stores/ under the next name:\n{text}");
        assert_eq!(bytes_of(&hex(&Bytes::from_static(&[0, 255, 16]))), [0, 255, 16]);
    });
}
