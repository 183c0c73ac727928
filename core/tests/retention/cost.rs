//! What retention costs: little where nothing is to be done, and no more memory for a log of many rows than for one of a few.

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use futures_executor::block_on;
use tablog_core::limits::RETENTION_STEP_ROWS;
use tablog_core::record::{BatchBuilder, NewRecord};
use tablog_core::storage::key::ChunkKey;
use tablog_core::storage::memory::MemoryStorage;
use tablog_core::storage::{Durability, Row, Scan, Storage, StorageError, Table, Usage, Write, WriteBatch};

use super::{append, bounds, keys, records};
use crate::common::{batch_of, millis, offset, open, topic};

/// Counts what is asked of a store.
#[derive(Clone)]
struct Counted {
    inner: MemoryStorage,
    counts: Rc<RefCell<Counts>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    reads: usize,
    commits: usize,
    keys: usize,
    keys_at_once_max: usize,
    values: usize,
}

impl Counted {
    fn take(&self) -> Counts {
        std::mem::take(&mut self.counts.borrow_mut())
    }
}

impl Storage for Counted {
    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StorageError> {
        self.counts.borrow_mut().reads += 1;
        self.counts.borrow_mut().values += usize::from(table == Table::Chunks);
        self.inner.get(table, key).await
    }

    async fn scan(&self, scan: &Scan) -> Result<Vec<Row>, StorageError> {
        let rows = self.inner.scan(scan).await?;
        let mut counts = self.counts.borrow_mut();
        counts.reads += 1;
        if scan.table == Table::Chunks {
            counts.keys += rows.len();
            counts.keys_at_once_max = counts.keys_at_once_max.max(rows.len());
            counts.values += rows.iter().filter(|row| !row.value.is_empty()).count();
        }
        Ok(rows)
    }

    async fn commit(&self, batch: &WriteBatch, durability: Durability) -> Result<(), StorageError> {
        self.counts.borrow_mut().commits += 1;
        self.inner.commit(batch, durability).await
    }

    async fn usage(&self) -> Result<Usage, StorageError> {
        self.inner.usage().await
    }

    fn connection(&self) -> u64 {
        self.inner.connection()
    }
}

/// Makes a topic of one partition with so many rows of one record each, whose times rise from 0.
async fn many_rows(storage: &Counted, count: usize) -> u64 {
    let store = open(storage.clone(), 1).await;
    store.create_topic(&topic("t"), 1, &[]).await.unwrap();
    append(&store, &[batch_of(&[("0", 0)])]).await;
    let first = ChunkKey::decode(&keys(storage).await[0]).unwrap();
    let row = |at: usize| {
        let mut builder = BatchBuilder::at(offset(at as i64)).leader_epoch(0);
        let value = Some(Bytes::from_static(b"0"));
        let record = NewRecord { timestamp: Some(millis(at as i64)), value, ..NewRecord::default() };
        builder.try_push(&record, millis(0)).unwrap();
        let time = millis(at as i64);
        let key =
            ChunkKey { base_offset: offset(at as i64), min_timestamp: time, max_timestamp: time, ..first };
        (key.encode(), builder.build().bytes().clone())
    };
    let put = |(key, value)| Write::Put { table: Table::Chunks, key, value };
    let writes = (1..count).map(row).map(put).collect();
    let batch = WriteBatch { expectations: Vec::new(), writes };
    storage.commit(&batch, Durability::Relaxed).await.unwrap();
    first.bytes.into()
}

#[test]
fn a_log_of_many_rows_is_gone_through_piece_by_piece_and_nothing_to_do_costs_next_to_nothing() {
    block_on(async {
        let rows = 3 * RETENTION_STEP_ROWS;
        let counts = Rc::default();
        let storage = Counted { inner: MemoryStorage::new(), counts };
        let row_bytes = many_rows(&storage, rows).await;
        let broker = open(storage.clone(), 2).await;
        storage.take();
        // No topic asks for it: a look at the topics, and that is all.
        assert_eq!(records(broker.apply_retention().await), 0);
        assert_eq!(storage.take(), Counts { reads: 1, ..Counts::default() });

        let kept = row_bytes * (RETENTION_STEP_ROWS as u64 / 2);
        let ask = |name: &str, value: String| vec![(name.to_owned(), Some(value))];
        broker.alter_configs(&topic("t"), &ask("retention.bytes", kept.to_string())).await.unwrap();
        storage.take();
        let gone = records(broker.apply_retention().await);
        assert_eq!(gone, rows as u64 - RETENTION_STEP_ROWS as u64 / 2);
        let counts = storage.take();
        assert_eq!((counts.keys_at_once_max, counts.values), (RETENTION_STEP_ROWS, 0));
        // Each step is a commit of its own, so that nobody waits long for it.
        assert_eq!(counts.commits, 4);
        assert_eq!(bounds(&broker).await, (gone as i64, rows as i64));

        storage.take();
        assert_eq!(records(broker.apply_retention().await), 0);
        let counts = storage.take();
        assert!(counts.keys <= 16 && counts.reads <= 3 && counts.commits == 0, "{counts:?}");

        // The same by time, to the last row.
        broker.alter_configs(&topic("t"), &ask("retention.ms", "5".to_owned())).await.unwrap();
        broker.env().advance(1 << 40);
        assert_eq!(records(broker.apply_retention().await), rows as u64 - gone);
        assert_eq!(bounds(&broker).await, (rows as i64, rows as i64));
    });
}
