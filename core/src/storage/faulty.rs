//! A store that fails on cue: the crash, the full disk and the lost answer are a backend, not a mock.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use bytes::Bytes;

use crate::env::yield_now;
use crate::storage::{
    Content, Durability, Row, Scan, Storage, StorageError, Table, Usage, Write, WriteBatch,
};

/// Says how a commit fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitFault {
    /// Nothing is applied, and the caller learns so.
    Before(StorageError),
    /// Everything is applied, but the acknowledgement is lost: the caller sees this error.
    After(StorageError),
}

/// Passes everything on to `S`, except where the script says otherwise. Clones share the script and the counters.
#[derive(Clone, Debug)]
pub struct FaultyStorage<S> {
    inner: S,
    script: Rc<RefCell<Script>>,
}

#[derive(Debug, Default)]
struct Script {
    commits: u64,
    reads: u64,
    commit_faults: BTreeMap<u64, CommitFault>,
    read_faults: BTreeMap<u64, StorageError>,
    rotten: BTreeSet<(Table, Vec<u8>)>,
    dead_from_commit: Option<(u64, StorageError)>,
    commit_delay_yields: u32,
    read_delay_yields: u32,
    quota_bytes: Option<u64>,
}

impl<S> FaultyStorage<S> {
    /// Wraps a store; without a script nothing fails.
    pub fn new(inner: S) -> Self {
        Self { inner, script: Rc::default() }
    }

    /// Returns the store underneath: what is really there.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// Makes the `nth` commit fail, counted from 1 over the life of this store and all its clones.
    pub fn fail_commit(&self, nth: u64, fault: CommitFault) {
        self.script.borrow_mut().commit_faults.insert(nth, fault);
    }

    /// Makes the next commit fail.
    pub fn fail_next_commit(&self, fault: CommitFault) {
        let nth = self.commits().saturating_add(1);
        self.fail_commit(nth, fault);
    }

    /// Makes the `nth` read (a get, a scan or many scans at once) fail, counted from 1 as commits are.
    pub fn fail_read(&self, nth: u64, error: StorageError) {
        self.script.borrow_mut().read_faults.insert(nth, error);
    }

    /// Makes the next read fail.
    pub fn fail_next_read(&self, error: StorageError) {
        let nth = self.reads().saturating_add(1);
        self.fail_read(nth, error);
    }

    /// Makes a row's value unreadable, as a browser does that lost the file it lies in: the key is there, and whatever asks for the
    /// value fails as a whole.
    pub fn rot(&self, table: Table, key: &[u8]) {
        self.script.borrow_mut().rotten.insert((table, key.to_vec()));
    }

    /// Makes the `nth` commit and everything after it fail, reads too: the machine stopped there.
    pub fn stop_at_commit(&self, nth: u64, error: StorageError) {
        self.script.borrow_mut().dead_from_commit = Some((nth, error));
    }

    /// Refuses, as Chromium does, every commit that takes in more bytes than are free, whatever it gives back; `None` lifts that.
    pub fn set_quota(&self, quota_bytes: Option<u64>) {
        self.script.borrow_mut().quota_bytes = quota_bytes;
    }

    /// Lets every later commit wait for `yields` turns of the executor before it starts.
    pub fn delay_commits(&self, yields: u32) {
        self.script.borrow_mut().commit_delay_yields = yields;
    }

    /// Lets every later read wait for `yields` turns of the executor before it starts.
    pub fn delay_reads(&self, yields: u32) {
        self.script.borrow_mut().read_delay_yields = yields;
    }

    /// Counts the commits that were asked for, failed ones included.
    pub fn commits(&self) -> u64 {
        self.script.borrow().commits
    }

    /// Counts the gets and scans that were asked for, failed ones included.
    pub fn reads(&self) -> u64 {
        self.script.borrow().reads
    }

    async fn start_read(&self) -> Result<(), StorageError> {
        let (delay_yields, outcome) = self.script.borrow_mut().start_read();
        delay(delay_yields).await;
        outcome
    }
}

impl Script {
    fn start_read(&mut self) -> (u32, Result<(), StorageError>) {
        self.reads = self.reads.saturating_add(1);
        let stopped = self.dead_from_commit.as_ref().filter(|(nth, _)| self.commits >= *nth);
        let fault = self.read_faults.remove(&self.reads).or(stopped.map(|(_, error)| error.clone()));
        (self.read_delay_yields, fault.map_or(Ok(()), Err))
    }

    fn check_row(&self, table: Table, key: &[u8]) -> Result<(), StorageError> {
        if self.rotten.contains(&(table, key.to_vec())) {
            return Err(StorageError::Corrupt("the file that holds the value is missing".to_owned()));
        }
        Ok(())
    }

    fn start_commit(&mut self) -> (u32, Option<CommitFault>) {
        self.commits = self.commits.saturating_add(1);
        let stopped = self.dead_from_commit.as_ref().filter(|(nth, _)| self.commits >= *nth);
        let stopped = stopped.map(|(_, error)| CommitFault::Before(error.clone()));
        (self.commit_delay_yields, self.commit_faults.remove(&self.commits).or(stopped))
    }
}

impl<S: Storage> Storage for FaultyStorage<S> {
    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StorageError> {
        self.start_read().await?;
        self.script.borrow().check_row(table, key)?;
        self.inner.get(table, key).await
    }

    async fn scan(&self, scan: &Scan) -> Result<Vec<Row>, StorageError> {
        self.start_read().await?;
        let rows = self.inner.scan(scan).await?;
        if scan.content == Content::Rows {
            rows.iter().try_for_each(|row| self.script.borrow().check_row(scan.table, &row.key))?;
        }
        Ok(rows)
    }

    async fn scan_each(&self, scans: &[Scan]) -> Result<Vec<Vec<Row>>, StorageError> {
        self.start_read().await?;
        self.inner.scan_each(scans).await
    }

    async fn commit(&self, batch: &WriteBatch, durability: Durability) -> Result<(), StorageError> {
        let (delay_yields, fault) = self.script.borrow_mut().start_commit();
        delay(delay_yields).await;
        if let Some(CommitFault::Before(error)) = fault {
            return Err(error);
        }
        let quota_bytes = self.script.borrow().quota_bytes;
        if let Some(quota_bytes) = quota_bytes {
            let taken = taken_in(batch);
            if taken > 0 && self.inner.usage().await?.used_bytes.saturating_add(taken) > quota_bytes {
                return Err(StorageError::QuotaExceeded);
            }
        }
        self.inner.commit(batch, durability).await?;
        match fault {
            Some(CommitFault::After(error)) => Err(error),
            _ => Ok(()),
        }
    }

    async fn usage(&self) -> Result<Usage, StorageError> {
        self.inner.usage().await
    }

    fn connection(&self) -> u64 {
        self.inner.connection()
    }
}

/// Counts the bytes that a batch adds, without those that it takes away.
fn taken_in(batch: &WriteBatch) -> u64 {
    let rows = batch.writes.iter().map(|write| match write {
        Write::Put { key, value, .. } | Write::Add { key, value, .. } => {
            key.len().saturating_add(value.len())
        }
        Write::PutPieces { key, pieces, .. } => {
            pieces.iter().fold(key.len(), |sum, piece| sum.saturating_add(piece.len()))
        }
        Write::DeleteRange { .. } => 0,
    });
    rows.fold(0, |sum: u64, row| sum.saturating_add(row as u64))
}

async fn delay(yields: u32) {
    for _ in 0..yields {
        yield_now().await;
    }
}

#[cfg(test)]
mod tests {
    use futures_executor::block_on;

    use super::*;
    use crate::storage::memory::MemoryStorage;
    use crate::storage::suite;

    macro_rules! run_each {
        ($($name:ident,)*) => {
            $(#[test]
            fn $name() {
                let store = FaultyStorage::new(MemoryStorage::new());
                store.delay_commits(3);
                store.delay_reads(1);
                block_on(suite::$name(async || store.clone()));
            })*
        };
    }
    crate::storage_suite!(run_each);

    fn store() -> FaultyStorage<MemoryStorage> {
        FaultyStorage::new(MemoryStorage::new())
    }

    fn lost() -> StorageError {
        StorageError::ConnectionLost("scripted".into())
    }

    fn put(key: &'static [u8]) -> WriteBatch {
        let (key, value) = (Bytes::from_static(key), Bytes::from_static(b"x"));
        WriteBatch { expectations: vec![], writes: vec![Write::Put { table: Table::Meta, key, value }] }
    }

    async fn is_there(store: &impl Storage, key: &[u8]) -> bool {
        store.get(Table::Meta, key).await.unwrap().is_some()
    }

    #[test]
    fn a_row_that_takes_in_more_than_is_free_is_refused_however_it_is_handed_over() {
        let (table, key, value) = (Table::Meta, Bytes::from_static(b"k"), Bytes::from_static(b"123456789"));
        let pieces = vec![value.slice(..4), value.slice(4..)];
        for write in [
            Write::Put { table, key: key.clone(), value: value.clone() },
            Write::Add { table, key: key.clone(), value },
            Write::PutPieces { table, key, pieces },
        ] {
            let store = store();
            let batch = WriteBatch { expectations: vec![], writes: vec![write] };
            store.set_quota(Some(9));
            let refused = block_on(store.commit(&batch, Durability::Relaxed));
            assert_eq!(refused, Err(StorageError::QuotaExceeded), "{batch:?}");
            store.set_quota(Some(10));
            assert_eq!(block_on(store.commit(&batch, Durability::Relaxed)), Ok(()), "{batch:?}");
        }
    }

    #[test]
    fn just_the_chosen_commit_fails_before_or_after_it_is_applied() {
        block_on(async {
            let store = store();
            store.fail_commit(2, CommitFault::Before(StorageError::QuotaExceeded));
            store.fail_commit(3, CommitFault::After(lost()));
            let mut outcomes = vec![];
            for key in [b"1", b"2", b"3", b"4"] {
                outcomes.push(store.commit(&put(key), Durability::Relaxed).await);
            }
            assert_eq!(outcomes, [Ok(()), Err(StorageError::QuotaExceeded), Err(lost()), Ok(())]);
            assert!(!is_there(&store, b"2").await);
            assert!(is_there(&store, b"3").await && is_there(&store, b"4").await);
            assert_eq!((store.commits(), store.reads()), (4, 3));
        });
    }

    #[test]
    fn just_the_chosen_read_fails() {
        block_on(async {
            let store = store();
            store.fail_read(2, lost());
            assert_eq!(store.get(Table::Meta, b"a").await, Ok(None));
            assert_eq!(store.scan(&suite::everything(Table::Meta)).await, Err(lost()));
            assert_eq!(store.scan(&suite::everything(Table::Meta)).await, Ok(vec![]));
            store.fail_next_read(lost());
            assert_eq!(store.get(Table::Meta, b"a").await, Err(lost()));
        });
    }

    #[test]
    fn a_rotten_row_keeps_its_key_and_fails_whatever_asks_for_its_value() {
        block_on(async {
            let store = store();
            for key in [b"1", b"2"] {
                store.commit(&put(key), Durability::Relaxed).await.unwrap();
            }
            store.rot(Table::Meta, b"2");
            assert!(is_there(&store, b"1").await);
            let lost = store.get(Table::Meta, b"2").await;
            assert!(matches!(lost, Err(StorageError::Corrupt(_))), "{lost:?}");
            let everything = suite::everything(Table::Meta);
            assert_eq!(store.scan(&everything).await.unwrap_err(), lost.unwrap_err());
            let keys = Scan { content: Content::Keys, ..everything.clone() };
            assert_eq!(store.scan(&keys).await.unwrap().len(), 2);
            assert_eq!(store.scan(&Scan { rows_max: 1, ..everything }).await.unwrap().len(), 1);
        });
    }

    #[test]
    fn after_the_stop_nothing_works_through_it_and_nothing_is_lost_underneath() {
        block_on(async {
            let store = store();
            store.stop_at_commit(2, lost());
            store.commit(&put(b"1"), Durability::Relaxed).await.unwrap();
            assert!(is_there(&store, b"1").await);
            assert_eq!(store.commit(&put(b"2"), Durability::Relaxed).await, Err(lost()));
            assert_eq!(store.get(Table::Meta, b"1").await, Err(lost()));
            assert_eq!(store.commit(&put(b"3"), Durability::Relaxed).await, Err(lost()));
            assert!(is_there(store.inner(), b"1").await);
            assert!(!is_there(store.inner(), b"2").await && !is_there(store.inner(), b"3").await);
        });
    }

    #[test]
    fn a_conflict_underneath_wins_over_a_lost_answer() {
        block_on(async {
            let store = store();
            let mut batch = put(b"1");
            batch.expectations.push(crate::storage::Expectation::Value {
                table: Table::Meta,
                key: Bytes::from_static(b"1"),
                value: Some(Bytes::new()),
            });
            store.fail_next_commit(CommitFault::After(lost()));
            let outcome = store.commit(&batch, Durability::Relaxed).await;
            assert!(matches!(outcome, Err(StorageError::Conflict(_))), "{outcome:?}");
        });
    }
}
