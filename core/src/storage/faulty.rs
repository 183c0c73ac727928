//! A store that fails on cue: the crash, the full disk and the lost answer are a backend, not a mock.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;

use crate::storage::memory::yield_now;
use crate::storage::{Durability, Row, Scan, Storage, StorageError, Table, Usage, WriteBatch};

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
    dead_from_commit: Option<(u64, StorageError)>,
    commit_delay_yields: u32,
    read_delay_yields: u32,
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

    /// Makes the `nth` read (a get or a scan) fail, counted from 1 as commits are.
    pub fn fail_read(&self, nth: u64, error: StorageError) {
        self.script.borrow_mut().read_faults.insert(nth, error);
    }

    /// Makes the next read fail.
    pub fn fail_next_read(&self, error: StorageError) {
        let nth = self.reads().saturating_add(1);
        self.fail_read(nth, error);
    }

    /// Makes the `nth` commit and everything after it fail, reads too: the machine stopped there.
    pub fn stop_at_commit(&self, nth: u64, error: StorageError) {
        self.script.borrow_mut().dead_from_commit = Some((nth, error));
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
        self.inner.get(table, key).await
    }

    async fn scan(&self, scan: &Scan) -> Result<Vec<Row>, StorageError> {
        self.start_read().await?;
        self.inner.scan(scan).await
    }

    async fn commit(&self, batch: &WriteBatch, durability: Durability) -> Result<(), StorageError> {
        let (delay_yields, fault) = self.script.borrow_mut().start_commit();
        delay(delay_yields).await;
        match fault {
            None => self.inner.commit(batch, durability).await,
            Some(CommitFault::Before(error)) => Err(error),
            Some(CommitFault::After(error)) => {
                self.inner.commit(batch, durability).await?;
                Err(error)
            }
        }
    }

    async fn usage(&self) -> Result<Usage, StorageError> {
        self.inner.usage().await
    }
}

async fn delay(yields: u32) {
    for _ in 0..yields {
        yield_now().await;
    }
}
