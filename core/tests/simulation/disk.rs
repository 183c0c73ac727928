//! Storage as a browser's is: whatever was asked goes on without the asker, in any order, and fails when chance says so.
//!
//! A commit whose future was dropped, or whose client died, may still be applied. The client's later requests come after it,
//! as transactions of one connection do; all other requests may overtake each other.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;
use futures_channel::oneshot;
use tablog_core::env::{Env, SimEnv, yield_now};
use tablog_core::storage::faulty::{CommitFault, FaultyStorage};
use tablog_core::storage::memory::MemoryStorage;
use tablog_core::storage::{
    Durability, Expectation, Row, Scan, Storage, StorageError, Table, Usage, WriteBatch,
};

use super::executor::{Owner, Spawner};
use super::trace::{Trace, What};

/// How many of a thousand requests fail.
#[derive(Clone, Copy, Debug, Default)]
pub struct FaultRates {
    /// Commits that are not applied.
    pub before: u64,
    /// Commits that are, but whose answer is lost.
    pub after: u64,
    /// Reads.
    pub reads: u64,
}

/// The one store of a simulation.
pub struct Disk {
    pub faulty: FaultyStorage<MemoryStorage>,
    pub rates: Cell<FaultRates>,
    /// Whether a fault was ever possible: then a client may be told of it.
    pub may_fail: Cell<bool>,
    /// The last commit that was begun: whose it is, and how durable.
    pub last_commit: Cell<(u32, Durability)>,
    chance: Rc<SimEnv>,
    spawner: Spawner,
    trace: Trace,
    open: RefCell<BTreeMap<u64, Request>>,
    next: Cell<u64>,
    /// Clients whose connection is broken, and how many requests still notice.
    lost: RefCell<BTreeMap<u32, u32>>,
    /// How often each client's connection was broken: that numbers it.
    broken: RefCell<BTreeMap<u32, u64>>,
}

struct Request {
    client: u32,
    is_abandoned: bool,
}

/// One client's connection.
#[derive(Clone)]
pub struct SimStorage {
    pub disk: Rc<Disk>,
    pub client: u32,
}

/// Notices that nobody waits for a commit any more.
struct Waiting {
    disk: Rc<Disk>,
    number: u64,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(request) = self.disk.open.borrow_mut().get_mut(&self.number) {
            request.is_abandoned = true;
        }
    }
}

impl Disk {
    pub fn new(chance: Rc<SimEnv>, spawner: Spawner, trace: Trace) -> Self {
        Self {
            faulty: FaultyStorage::new(MemoryStorage::new()),
            rates: Cell::default(),
            may_fail: Cell::new(false),
            last_commit: Cell::new((0, Durability::Relaxed)),
            chance,
            spawner,
            trace,
            open: RefCell::default(),
            next: Cell::new(0),
            lost: RefCell::default(),
            broken: RefCell::default(),
        }
    }

    /// Lets the next requests of a client fail as a lost connection does.
    pub fn lose_connection(&self, client: u32, requests: u32) {
        self.may_fail.set(true);
        self.lost.borrow_mut().insert(client, requests);
        *self.broken.borrow_mut().entry(client).or_default() += 1;
    }

    /// Lets nothing fail any more.
    pub fn calm(&self) {
        self.rates.set(FaultRates::default());
        self.lost.borrow_mut().clear();
        self.faulty.inner().set_quota(None);
        self.may_fail.set(false);
    }

    fn is_lost(&self, client: u32) -> bool {
        let mut lost = self.lost.borrow_mut();
        let Some(requests) = lost.get_mut(&client).filter(|requests| **requests > 0) else { return false };
        *requests -= 1;
        true
    }

    fn draw(&self) -> u64 {
        self.chance.random() % 1_000
    }

    fn commit_fault(&self, client: u32) -> Option<CommitFault> {
        let lost = StorageError::ConnectionLost("unplugged".to_owned());
        if self.is_lost(client) {
            let is_after = self.chance.random().is_multiple_of(2);
            return Some(if is_after { CommitFault::After(lost) } else { CommitFault::Before(lost) });
        }
        let (rates, drawn) = (self.rates.get(), self.draw());
        let hiccup = StorageError::Other("hiccup".to_owned());
        match drawn {
            _ if drawn < rates.before => Some(CommitFault::Before(match drawn % 3 {
                0 => lost,
                1 => hiccup,
                _ => StorageError::QuotaExceeded,
            })),
            _ if drawn < rates.before + rates.after => {
                Some(CommitFault::After(if drawn.is_multiple_of(2) { lost } else { hiccup }))
            }
            _ => None,
        }
    }

    fn read_fault(&self, client: u32) -> Option<StorageError> {
        let fails = self.is_lost(client) || self.draw() < self.rates.get().reads;
        fails.then(|| StorageError::ConnectionLost("unplugged".to_owned()))
    }

    /// Tells whether a request must wait for an earlier one that its client gave up.
    fn must_wait(&self, client: u32, number: u64) -> bool {
        let open = self.open.borrow();
        open.range(..number).any(|(_, earlier)| earlier.client == client && earlier.is_abandoned)
    }
}

impl SimStorage {
    /// Hands a request over and waits for its answer. The request goes on when nobody waits any more.
    async fn ask<T: 'static>(&self, owner: Owner, run: impl Future<Output = T> + 'static) -> T {
        let number = self.disk.next.get() + 1;
        self.disk.next.set(number);
        let request = Request { client: self.client, is_abandoned: false };
        self.disk.open.borrow_mut().insert(number, request);
        let (answer, answered) = oneshot::channel();
        let (disk, client) = (Rc::clone(&self.disk), self.client);
        self.disk.spawner.spawn(owner, async move {
            while disk.must_wait(client, number) {
                yield_now().await;
            }
            let outcome = run.await;
            disk.open.borrow_mut().remove(&number);
            answer.send(outcome).ok();
        });
        let waiting = Waiting { disk: Rc::clone(&self.disk), number };
        let outcome = answered.await.unwrap();
        drop(waiting);
        outcome
    }

    async fn read<T: 'static>(
        &self,
        read: impl AsyncFnOnce(FaultyStorage<MemoryStorage>) -> Result<T, StorageError> + 'static,
    ) -> Result<T, StorageError> {
        let (disk, client) = (Rc::clone(&self.disk), self.client);
        self.ask(Owner::Read(client), async move {
            if let Some(fault) = disk.read_fault(client) {
                disk.trace.tell(What::Fate(format!("a read of {client} fails")));
                disk.faulty.fail_next_read(fault);
            }
            read(disk.faulty.clone()).await
        })
        .await
    }
}

impl Storage for SimStorage {
    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StorageError> {
        let key = key.to_vec();
        self.read(async move |storage| storage.get(table, &key).await).await
    }

    async fn scan(&self, scan: &Scan) -> Result<Vec<Row>, StorageError> {
        let scan = scan.clone();
        self.read(async move |storage| storage.scan(&scan).await).await
    }

    async fn scan_each(&self, scans: &[Scan]) -> Result<Vec<Vec<Row>>, StorageError> {
        let scans = scans.to_vec();
        self.read(async move |storage| storage.scan_each(&scans).await).await
    }

    async fn commit(&self, batch: &WriteBatch, durability: Durability) -> Result<(), StorageError> {
        let (disk, client, batch) = (Rc::clone(&self.disk), self.client, batch.clone());
        let is_other =
            |it: &&Expectation| matches!(it, Expectation::Connection(n) if *n != self.connection());
        if let Some(other) = batch.expectations.iter().find(is_other) {
            return Err(other.conflict(None));
        }
        self.ask(Owner::Commit(client), async move {
            if let Some(fault) = disk.commit_fault(client) {
                disk.trace.tell(What::Fate(format!("a commit of {client} fails: {fault:?}")));
                disk.faulty.fail_next_commit(fault);
            }
            let storage = disk.faulty.clone();
            let commit = storage.commit(&batch, durability);
            noted(commit, || disk.last_commit.set((client, durability))).await
        })
        .await
    }

    async fn usage(&self) -> Result<Usage, StorageError> {
        self.disk.faulty.usage().await
    }

    fn connection(&self) -> u64 {
        self.disk.broken.borrow().get(&self.client).copied().unwrap_or(0)
    }
}

/// Calls `note` whenever the future is polled.
async fn noted<T>(future: impl Future<Output = T>, note: impl Fn()) -> T {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|context| {
        note();
        future.as_mut().poll(context)
    })
    .await
}
