//! A store in memory, for tests and for browsers that refuse to keep anything: as strict about the contract as a real one, and as
//! willing to interleave.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::rc::Rc;

use bytes::Bytes;

use crate::env::yield_now;
use crate::limits::{SCAN_ROWS_MAX, SCANS_AT_ONCE_MAX};
use crate::storage::{
    Content, Durability, Expectation, KeyRange, Order, Row, Scan, Storage, StorageError, Table, Usage, Write,
    WriteBatch,
};

type Rows = BTreeMap<Bytes, Bytes>;

/// Keeps rows in memory. A clone is another client of the same store, as another tab would be.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage {
    tables: Rc<RefCell<Tables>>,
}

#[derive(Clone, Debug, Default)]
struct Tables {
    rows: BTreeMap<Table, Rows>,
    quota_bytes: Option<u64>,
    /// How often the store was wiped: each time it is another one.
    wiped: u64,
}

impl MemoryStorage {
    /// Makes an empty store without a quota.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes an empty store that refuses commits which would leave more than `quota_bytes` of keys and values.
    pub fn with_quota(quota_bytes: u64) -> Self {
        let store = Self::new();
        store.set_quota(Some(quota_bytes));
        store
    }

    /// Sets or lifts the quota for all clients.
    pub fn set_quota(&self, quota_bytes: Option<u64>) {
        self.tables.borrow_mut().quota_bytes = quota_bytes;
    }

    /// Copies the store as it is now: what a machine that loses power would find again.
    pub fn snapshot(&self) -> Self {
        Self { tables: Rc::new(RefCell::new(self.tables.borrow().clone())) }
    }

    /// Removes everything and begins anew, as a browser does when the person clears the site's data: for all clients the store is
    /// another one then.
    pub fn wipe(&self) {
        let mut tables = self.tables.borrow_mut();
        tables.rows.clear();
        tables.wiped = tables.wiped.saturating_add(1);
    }

    /// Puts a row past every check: tests damage a store with it.
    pub fn overwrite(&self, table: Table, key: &[u8], value: &[u8]) {
        let mut tables = self.tables.borrow_mut();
        tables
            .rows
            .entry(table)
            .or_default()
            .insert(Bytes::copy_from_slice(key), Bytes::copy_from_slice(value));
    }

    /// Removes a row past every check; tells whether it was there.
    pub fn remove(&self, table: Table, key: &[u8]) -> bool {
        self.tables.borrow_mut().rows.entry(table).or_default().remove(key).is_some()
    }
}

impl Storage for MemoryStorage {
    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StorageError> {
        yield_now().await;
        Ok(self.tables.borrow().get(table, key).cloned())
    }

    async fn scan(&self, scan: &Scan) -> Result<Vec<Row>, StorageError> {
        yield_now().await;
        Ok(self.tables.borrow().scan(scan))
    }

    async fn scan_each(&self, scans: &[Scan]) -> Result<Vec<Vec<Row>>, StorageError> {
        let mut answers = Vec::with_capacity(scans.len());
        for some in scans.chunks(SCANS_AT_ONCE_MAX) {
            yield_now().await;
            let tables = self.tables.borrow();
            answers.extend(some.iter().map(|scan| tables.scan(scan)));
        }
        Ok(answers)
    }

    async fn commit(&self, batch: &WriteBatch, _durability: Durability) -> Result<(), StorageError> {
        yield_now().await;
        self.tables.borrow_mut().commit(batch)?;
        // The transaction is done, but its client learns of that a turn later, as in a browser.
        yield_now().await;
        Ok(())
    }

    async fn usage(&self) -> Result<Usage, StorageError> {
        yield_now().await;
        let tables = self.tables.borrow();
        Ok(Usage { used_bytes: tables.used_bytes(), quota_bytes: tables.quota_bytes })
    }

    fn connection(&self) -> u64 {
        self.tables.borrow().wiped
    }
}

impl Tables {
    fn get(&self, table: Table, key: &[u8]) -> Option<&Bytes> {
        self.rows.get(&table)?.get(key)
    }

    fn range<'a>(
        &'a self,
        table: Table,
        range: &KeyRange,
    ) -> impl DoubleEndedIterator<Item = (&'a Bytes, &'a Bytes)> + use<'a> {
        // BTreeMap panics on a range that ends before it begins.
        let bounds = (range.from < range.to).then(|| {
            (
                Bound::Included(Bytes::copy_from_slice(&range.from)),
                Bound::Excluded(Bytes::copy_from_slice(&range.to)),
            )
        });
        let rows = self.rows.get(&table).zip(bounds);
        rows.map(|(rows, bounds)| rows.range::<Bytes, _>(bounds)).into_iter().flatten()
    }

    fn scan(&self, scan: &Scan) -> Vec<Row> {
        let row = |(key, value): (&Bytes, &Bytes)| Row {
            key: key.clone(),
            value: if scan.content == Content::Rows { value.clone() } else { Bytes::new() },
        };
        let rows = self.range(scan.table, &scan.range).map(row);
        let rows_max = match scan.content {
            Content::Rows => scan.rows_max.min(SCAN_ROWS_MAX),
            Content::Keys => scan.rows_max,
        };
        match scan.order {
            Order::Ascending => rows.take(rows_max).collect(),
            Order::Descending => rows.rev().take(rows_max).collect(),
        }
    }

    fn commit(&mut self, batch: &WriteBatch) -> Result<(), StorageError> {
        for expectation in &batch.expectations {
            self.check(expectation)?;
        }
        self.check_added(&batch.writes)?;
        if self.quota_bytes.is_none() {
            self.apply(&batch.writes);
            return Ok(());
        }
        // Applied to a copy that shares the bytes, so that a commit over the quota leaves nothing behind.
        let mut after = self.clone();
        after.apply(&batch.writes);
        if after.quota_bytes.is_some_and(|quota| after.used_bytes() > quota.max(self.used_bytes())) {
            return Err(StorageError::QuotaExceeded);
        }
        *self = after;
        Ok(())
    }

    fn check(&self, expectation: &Expectation) -> Result<(), StorageError> {
        let (found, expected) = match expectation {
            Expectation::LastKey { table, range, key } => {
                (self.range(*table, range).next_back().map(|(key, _)| key), key)
            }
            Expectation::Value { table, key, value } => (self.get(*table, key), value),
            Expectation::Connection(number) if *number == self.wiped => return Ok(()),
            Expectation::Connection(_) => return Err(expectation.conflict(None)),
        };
        if found == expected.as_ref() { Ok(()) } else { Err(expectation.conflict(found.map(AsRef::as_ref))) }
    }

    /// Looks whether a row that is to be added is there, or is by then.
    fn check_added(&self, writes: &[Write]) -> Result<(), StorageError> {
        for (at, write) in writes.iter().enumerate() {
            let Write::Add { table, key, .. } = write else { continue };
            let made = writes.iter().take(at).rev().find_map(|earlier| match earlier {
                Write::Put { table: of, key: other, .. }
                | Write::PutPieces { table: of, key: other, .. }
                | Write::Add { table: of, key: other, .. } => (of == table && other == key).then_some(true),
                Write::DeleteRange { table: of, range } => {
                    (of == table && range.contains(key)).then_some(false)
                }
            });
            if made.unwrap_or_else(|| self.get(*table, key).is_some()) {
                return Err(Write::is_there(*table, key));
            }
        }
        Ok(())
    }

    fn apply(&mut self, writes: &[Write]) {
        for write in writes {
            match write {
                Write::Put { table, key, value } | Write::Add { table, key, value } => {
                    self.rows.entry(*table).or_default().insert(key.clone(), value.clone());
                }
                Write::PutPieces { table, key, pieces } => {
                    self.rows.entry(*table).or_default().insert(key.clone(), pieces.concat().into());
                }
                Write::DeleteRange { table, range } => {
                    let keys: Vec<Bytes> = self.range(*table, range).map(|(key, _)| key.clone()).collect();
                    let rows = self.rows.entry(*table).or_default();
                    for key in keys {
                        rows.remove(&key);
                    }
                }
            }
        }
    }

    fn used_bytes(&self) -> u64 {
        let rows = self.rows.values().flatten();
        let bytes = rows.map(|(key, value)| key.len().saturating_add(value.len()));
        u64::try_from(bytes.fold(0, usize::saturating_add)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use futures_executor::block_on;

    use super::*;
    use crate::storage::suite;

    macro_rules! run_each {
        ($($name:ident,)*) => {
            $(#[test]
            fn $name() {
                let store = MemoryStorage::new();
                block_on(suite::$name(async || store.clone()));
            })*
        };
    }
    crate::storage_suite!(run_each);

    fn put(key: &'static [u8], value: &'static [u8]) -> WriteBatch {
        let (key, value) = (Bytes::from_static(key), Bytes::from_static(value));
        WriteBatch { expectations: vec![], writes: vec![Write::Put { table: Table::Meta, key, value }] }
    }

    #[test]
    fn a_commit_over_the_quota_changes_nothing_and_a_smaller_one_still_fits() {
        block_on(async {
            let store = MemoryStorage::with_quota(10);
            assert_eq!(store.commit(&put(b"a", b"1234"), Durability::Relaxed).await, Ok(()));
            let too_much = store.commit(&put(b"b", b"12345"), Durability::Relaxed).await;
            assert_eq!(too_much, Err(StorageError::QuotaExceeded));
            assert_eq!(store.get(Table::Meta, b"b").await, Ok(None));
            assert_eq!(store.usage().await, Ok(Usage { used_bytes: 5, quota_bytes: Some(10) }));
            assert_eq!(store.commit(&put(b"b", b"1234"), Durability::Relaxed).await, Ok(()));
        });
    }

    #[test]
    fn a_store_over_its_quota_can_still_be_made_smaller() {
        block_on(async {
            let store = MemoryStorage::new();
            store.commit(&put(b"a", b"12345678"), Durability::Relaxed).await.unwrap();
            store.set_quota(Some(3));
            assert_eq!(store.commit(&put(b"a", b"1234567"), Durability::Relaxed).await, Ok(()));
            let more = store.commit(&put(b"b", b""), Durability::Relaxed).await;
            assert_eq!(more, Err(StorageError::QuotaExceeded));
        });
    }

    #[test]
    fn a_snapshot_does_not_see_later_commits() {
        block_on(async {
            let store = MemoryStorage::new();
            store.commit(&put(b"a", b"before"), Durability::Relaxed).await.unwrap();
            let snapshot = store.snapshot();
            store.commit(&put(b"a", b"after"), Durability::Relaxed).await.unwrap();
            assert_eq!(snapshot.get(Table::Meta, b"a").await, Ok(Some(Bytes::from_static(b"before"))));
        });
    }
}
