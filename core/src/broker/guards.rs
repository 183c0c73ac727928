//! Guards: how an append is refused that was made up from what is no longer true, although nobody looks.
//!
//! A commit that first looks needs an answer in its middle. Until its tab has heard it, the transaction stays open and all others
//! wait: for a turn of the browser at least, and for as long as the tab is frozen. So an append looks at nothing. It *adds* rows,
//! which the store refuses when they are there:
//!
//! ```text
//! Taken(log, offset)       added where the append begins, and left there    refused: the log has grown, its end lies elsewhere
//! Fence(topic, changes)    added, and taken away again                      refused: the topic was changed, or is gone
//! ```
//! Whoever changes a topic's row, or deletes it, puts up the fence of the row that was there before. A tab that wakes after days
//! with what it knew then runs into one of the two. Three rules make that certain:
//!
//! 1. What a `Taken` row forbids is forbidden for good, or until a fence forbids it as well: whoever removes such rows changes the
//!    topic with the same commit. Who then learns of the change reads the ends of its logs anew.
//! 2. What was read counts for the connection over which it was read: over another one, there may be another store. Before the first
//!    append over a connection the store's row is read.
//! 3. Where a guard refuses and nothing is found to have changed, rows are lost that were there once. Then the commit looks, as all did
//!    before there were guards, and its guards are put and not added.

use crate::broker::rows::{DatedRow, StoreRow};
use crate::broker::Broker;
use crate::env::Env;
use crate::limits::{FENCE_KEPT_MS, READ_RETRIES_MAX, SCAN_ROWS_MAX};
use crate::storage::key::GuardKey;
use crate::storage::{Content, KeyRange, Order, Scan, Storage, StorageError, Table, Write};

impl<S: Storage, E: Env> Broker<S, E> {
    /// Returns the number of the connection, if what is stored over it is known to be the store that was opened. `None` when it is
    /// not, or cannot be told: then nothing may be written without a look.
    pub(super) async fn confirmed_connection(&self) -> Option<u64> {
        for _ in 0..READ_RETRIES_MAX {
            let connection = self.inner.storage.connection();
            if self.inner.state.borrow().confirmed == Some(connection) {
                return Some(connection);
            }
            let (store, _) = StoreRow::load(&self.inner.storage).await.ok()??;
            if store.cluster_id != self.inner.opened {
                return None;
            }
            // Opened anew meanwhile: nobody knows over which one the answer came.
            if self.inner.storage.connection() == connection {
                self.inner.state.borrow_mut().confirmed = Some(connection);
            }
        }
        None
    }

    /// Takes fences away that nobody runs into any more.
    pub(super) async fn old_fences(&self) -> Result<Vec<Write>, StorageError> {
        let limit = self.inner.env.now().millis().saturating_sub(FENCE_KEPT_MS);
        let scan = Scan {
            table: Table::Guards,
            range: GuardKey::fences(),
            order: Order::Ascending,
            content: Content::Rows,
            rows_max: SCAN_ROWS_MAX,
        };
        // As many as one scan brings: the others go with the next change of a topic.
        let fences = self.inner.storage.scan(&scan).await?;
        let is_old = |value: &[u8]| DatedRow::decode(value).is_ok_and(|row| row.at_ms.millis() < limit);
        let old = fences.into_iter().filter(|fence| is_old(&fence.value));
        Ok(old.map(|fence| Write::DeleteRange { table: Table::Guards, range: KeyRange::exactly(&fence.key) }).collect())
    }
}
