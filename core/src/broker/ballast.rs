//! Ballast: rows that lie in the store for the day on which the disk is full. Whoever frees room has to write a little first: where a
//! log begins now, or a topic's row with a shorter `retention.ms`. A browser that counts no byte free refuses that, and lets through
//! only what deletes. So the ballast is thrown off, and then what frees room goes through.

use bytes::Bytes;

use crate::broker::Broker;
use crate::broker::turns::apart_ms;
use crate::env::Env;
use crate::limits::{
    BALLAST_BYTES, BALLAST_FREED_MS_MAX, BALLAST_FREED_TRIES_MAX, BALLAST_ROOM_BYTES_MIN, BALLAST_ROW_BYTES,
};
use crate::storage::key::MetaKey;
use crate::storage::{
    Content, Durability, Expectation, Order, Scan, Storage, StorageError, Table, Write, WriteBatch,
};

impl<S: Storage, E: Env> Broker<S, E> {
    /// Sees to it that there is [`BALLAST_BYTES`] of ballast, unless there is no topic or little room: then the room is better used.
    /// Meant to be called now and then, by one tab or by several. Returns whether it is there.
    ///
    /// On a full disk it makes deleting records, retention and altering configs possible.
    ///
    /// # Errors
    /// What storage reports, but for `QuotaExceeded`.
    pub async fn keep_ballast(&self) -> Result<bool, StorageError> {
        if self.inner.state.borrow().topics.is_empty() {
            return Ok(false);
        }
        if self.has_ballast().await? {
            return Ok(true);
        }
        let usage = self.inner.storage.usage().await?;
        if usage
            .quota_bytes
            .is_some_and(|quota| quota.saturating_sub(usage.used_bytes) < BALLAST_ROOM_BYTES_MIN)
        {
            return Ok(false);
        }
        let (table, row) = (Table::Meta, self.make_row());
        let put = |piece| Write::Put { table, key: MetaKey::Ballast(piece).encode(), value: row.clone() };
        let batch = WriteBatch {
            expectations: vec![Expectation::Value { table, key: MetaKey::Ballast(0).encode(), value: None }],
            writes: (0..).take(BALLAST_BYTES / BALLAST_ROW_BYTES).map(put).collect(),
        };
        match self.inner.storage.commit(&batch, Durability::Relaxed).await {
            Ok(()) => Ok(true),
            // Another tab was quicker, or throws it off by now.
            Err(StorageError::Conflict(_)) => self.has_ballast().await,
            Err(StorageError::QuotaExceeded) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Commits what frees room, or makes that possible: on a full disk the ballast goes first.
    pub(super) async fn commit_over_ballast(
        &self,
        batch: &WriteBatch,
        durability: Durability,
    ) -> Result<(), StorageError> {
        let storage = &self.inner.storage;
        let mut committed = storage.commit(batch, durability).await;
        if !is_refused(&committed) {
            return committed;
        }
        // Browsers give room free in arrears. Where there is no ballast, somebody else may have thrown it off just now.
        let tries_max = if self.throw_off_ballast().await? { BALLAST_FREED_TRIES_MAX } else { 1 };
        let began = self.inner.env.now();
        for _ in 0..tries_max {
            committed = storage.commit(batch, durability).await;
            if !is_refused(&committed) || apart_ms(began, self.inner.env.now()) > BALLAST_FREED_MS_MAX {
                break;
            }
        }
        committed
    }

    /// Deletes the ballast; `false` when there is none.
    async fn throw_off_ballast(&self) -> Result<bool, StorageError> {
        if !self.has_ballast().await? {
            return Ok(false);
        }
        let writes = vec![Write::DeleteRange { table: Table::Meta, range: MetaKey::ballast() }];
        let batch = WriteBatch { expectations: Vec::new(), writes };
        self.inner.storage.commit(&batch, Durability::Strict).await.map(|()| true)
    }

    async fn has_ballast(&self) -> Result<bool, StorageError> {
        let scan = Scan {
            table: Table::Meta,
            range: MetaKey::ballast(),
            order: Order::Ascending,
            content: Content::Keys,
            rows_max: 1,
        };
        Ok(!self.inner.storage.scan(&scan).await?.is_empty())
    }

    /// Makes a row that no browser compresses: by Marsaglia's xorshift.
    fn make_row(&self) -> Bytes {
        let mut state = self.inner.env.random() | 1;
        let mut bytes = Vec::with_capacity(BALLAST_ROW_BYTES);
        while bytes.len() < BALLAST_ROW_BYTES {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.extend_from_slice(&state.to_le_bytes());
        }
        bytes.into()
    }
}

fn is_refused(committed: &Result<(), StorageError>) -> bool {
    matches!(committed, Err(StorageError::QuotaExceeded))
}
