//! Topics and partitions over one [`Storage`] and one [`Env`]: what Kafka calls a broker, for one browser tab.
//!
//! Many brokers, one in each tab, may work on the same store. None of them leads: every commit says what it takes for granted,
//! and who loses a race looks again and tries again. What another one did is seen after [`Broker::refresh`].

mod ballast;
mod commit;
mod deletion;
mod doubt;
mod errors;
mod guards;
mod look;
mod lost_ends;
mod produce;
mod read;
mod reckon;
mod records;
mod refresh;
mod retention;
mod rows;
mod state;
mod topics;
mod turns;
mod verify;
mod watch;
mod wiped;

use std::cell::RefCell;
use std::rc::Rc;

use crate::env::Env;
use crate::ids::LogId;
use crate::limits::SCAN_ROWS_MAX;
use crate::storage::key::{ChunkKey, GuardKey, MetaKey};
use crate::storage::{
    Content, Durability, Expectation, KeyRange, Order, Scan, Storage, StorageError, Table, Write, WriteBatch,
};

pub use deletion::DeletedTopic;
pub use errors::{
    AlterConfigsError, CreateTopicError, DeleteRecordsError, DeleteTopicError, DescribeTopicError, OpenError,
    ProduceError,
};
pub use produce::{Acks, ProduceAck};
pub use read::TopicSource;
pub use retention::{DeletedRecords, RetentionApplied};
pub use topics::{PartitionDescription, TopicDescription};
pub use verify::{PartitionVerification, StoreVerification, VerifiedBytes};
pub use watch::{Change, Watcher};

use retention::Measured;
use rows::{DatedRow, StoreRow, TopicRow};
use state::State;

/// Keeps topics. Cloning is cheap and gives another handle to the same broker.
pub struct Broker<S, E> {
    inner: Rc<Inner<S, E>>,
}

struct Inner<S, E> {
    storage: S,
    env: E,
    /// Names this broker among all that use the store.
    client: u64,
    /// The id of the store that was opened; the one that is there now may be another.
    opened: String,
    state: RefCell<State>,
    /// How much there is in logs of which only so much is kept.
    measured: RefCell<Measured>,
}

impl<S, E> Clone for Broker<S, E> {
    fn clone(&self) -> Self {
        Self { inner: Rc::clone(&self.inner) }
    }
}

impl<S: Storage, E: Env> Broker<S, E> {
    /// Opens a store, or makes it when it is new. Reads the table of topics and no record.
    ///
    /// # Errors
    /// `Storage` with what storage reports; `NewerVersion` in it when a later version of the format was written.
    pub async fn open(storage: S, env: E) -> Result<Self, OpenError> {
        let connection = storage.connection();
        let cluster_id = match StoreRow::load(&storage).await? {
            Some((store, _)) => store.cluster_id,
            None => make_store(&storage, &env).await?.cluster_id,
        };
        let client = env.random();
        let confirmed = Some(connection).filter(|connection| *connection == storage.connection());
        let state = RefCell::new(State { cluster_id: cluster_id.clone(), confirmed, ..State::default() });
        let measured = RefCell::default();
        let inner = Inner { storage, env, client, opened: cluster_id, state, measured };
        let broker = Self { inner: Rc::new(inner) };
        broker.refresh().await?;
        broker.forget_old_rows().await?;
        Ok(broker)
    }

    /// Returns the id of the store, as Kafka's clusters have one: 22 characters, chosen by chance when it was made. A store that
    /// was wiped and made anew is another one, as far as this broker has seen.
    pub fn cluster_id(&self) -> String {
        self.inner.state.borrow().cluster_id.clone()
    }

    /// Returns the storage.
    pub fn storage(&self) -> &S {
        &self.inner.storage
    }

    /// Returns the source of time and chance.
    pub fn env(&self) -> &E {
        &self.inner.env
    }

    /// Tells of every change that this broker makes or notices from now on.
    pub fn watch(&self) -> Watcher {
        self.inner.state.borrow_mut().watchers.subscribe()
    }

    /// Removes the notes of clients and of topics that are long gone. That it fails hurts nobody but the disk, unless storage is
    /// gone.
    async fn forget_old_rows(&self) -> Result<(), StorageError> {
        let now = self.inner.env.now();
        let old = self.inner.state.borrow().rows_older_than(now);
        if old.is_empty() {
            return Ok(());
        }
        let mut batch = WriteBatch::default();
        for (key, row) in old {
            let key = key.encode();
            let range = KeyRange::prefix(&key);
            // The only place where those logs are named: what cannot be read stays, and so do their guards.
            let Ok(DatedRow { logs, .. }) = DatedRow::decode(&row) else { continue };
            batch.writes.extend(
                logs.into_iter()
                    .map(|log| Write::DeleteRange { table: Table::Guards, range: GuardKey::range_of(log) }),
            );
            batch.expectations.push(Expectation::Value { table: Table::Meta, key, value: Some(row) });
            batch.writes.push(Write::DeleteRange { table: Table::Meta, range });
        }
        match self.inner.storage.commit(&batch, Durability::Relaxed).await {
            // Somebody else tidies up at the same time, or a client came back.
            Ok(()) | Err(StorageError::Conflict(_) | StorageError::QuotaExceeded) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Writes the row that makes a store one of ours, unless another tab is quicker.
async fn make_store(storage: &impl Storage, env: &impl Env) -> Result<StoreRow, StorageError> {
    let store = StoreRow::new(env, free_log(storage).await?);
    let key = MetaKey::Store.encode();
    let batch = WriteBatch {
        expectations: vec![Expectation::Value { table: Table::Meta, key: key.clone(), value: None }],
        writes: vec![Write::Put { table: Table::Meta, key, value: store.encode()? }],
    };
    match storage.commit(&batch, Durability::Strict).await {
        Ok(()) => Ok(store),
        Err(error) => match StoreRow::load(storage).await? {
            // Made by somebody else, or by us although the answer was lost.
            Some((found, _)) => Ok(found),
            None => Err(error),
        },
    }
}

/// Finds the first log number that nothing in the store has: rows may have outlived the row that counted them.
async fn free_log(storage: &impl Storage) -> Result<u32, StorageError> {
    let last = Scan {
        table: Table::Chunks,
        range: KeyRange { from: Vec::new(), to: vec![u8::MAX; ChunkKey::ENCODED_BYTES] },
        order: Order::Descending,
        content: Content::Keys,
        rows_max: 1,
    };
    let row = storage.scan(&last).await?.first().and_then(|row| ChunkKey::decode(&row.key));
    let mut used = row.map_or(0, |row| row.log.value());
    let mut topics = Scan {
        table: Table::Meta,
        range: MetaKey::topics(),
        order: Order::Ascending,
        content: Content::Rows,
        rows_max: SCAN_ROWS_MAX,
    };
    loop {
        let page = storage.scan(&topics).await?;
        // The logs of a topic that cannot be read are those of its rows.
        let logs =
            page.iter().filter_map(|row| TopicRow::decode(&row.value).ok()).flat_map(|topic| topic.logs);
        used = logs.map(LogId::value).fold(used, u32::max);
        match page.last() {
            // A full page is followed by larger keys, so this ends.
            Some(last) if page.len() >= topics.rows_max => topics.range.from = [&last.key[..], &[0]].concat(),
            _ => return Ok(used.saturating_add(1)),
        }
    }
}
