//! Guards: how an append is refused that was made up from what is no longer true, although nobody looks.
//!
//! A commit that first looks needs an answer in its middle. Until its tab has heard it, the transaction stays open and all others
//! wait: for a turn of the browser at least, and for as long as the tab is frozen. So an append looks at nothing. For each log it *adds*
//! a row, which the store refuses when it is there:
//!
//! ```text
//! guard of (log, changes, offset)      log: what is appended to      changes: of the topic's row, as far as known
//!                                      offset: where the append begins, that is, where the log ends as far as known
//! ```
//! The row stays there: whoever still takes that place for the log's end is refused by it, however late. And whoever changes a topic's
//! row, or deletes it, looks where its logs end and puts the guard of each end, and of the first place: whoever knows the row as it was
//! is refused by that.
//! Four rules make it certain:
//!
//! 1. A guard stays for as long as its log, and 30 days longer.
//! 2. Who learns of another change of a topic forgets where its logs end, and reads it anew. Who reads an end reads the topic's row with
//!    it or after it, before anything is appended there. So an end and a count of changes that are used together were both true at
//!    one moment; and whatever happened since, an append at that end or a change, left the guard that refuses.
//! 3. What was read counts for the connection over which it was read: over another one, there may be another store. Before the first
//!    append over a connection the store's row is read.
//! 4. Where a guard refuses and nothing is found to have changed, rows are lost that were there once, and are reckoned with (see
//!    `lost_ends`). Should the guard refuse after that as well, the commit looks, as all did before there were guards, and its guards
//!    are put and not added.

use bytes::Bytes;

use crate::broker::Broker;
use crate::broker::rows::StoreRow;
use crate::broker::state::{State, Topic};
use crate::env::Env;
use crate::ids::Offset;
use crate::limits::READ_RETRIES_MAX;
use crate::storage::key::{ChunkKey, GuardKey};
use crate::storage::{Expectation, Storage, Table, Write, WriteBatch};

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
}

impl State {
    /// Adds to the change of a topic's row what keeps those away who know the row as it was: the end of each log is taken, and has to be
    /// where it is known to be. `None` when one is not known.
    pub fn guard_change(&self, topic: &Topic, batch: &mut WriteBatch) -> Option<()> {
        for log in &topic.logs {
            let (log, tail) = (*log, self.logs.get(log)?.tail()?);
            batch.expectations.push(Expectation::LastKey {
                table: Table::Chunks,
                range: ChunkKey::range_of(log),
                key: tail.row().map(|row| row.encode()),
            });
            // Who looks once the topic is deleted finds no rows, and takes the first place for the end.
            for offset in [Offset::ZERO, tail.next_offset()] {
                let key = GuardKey { log, changes: topic.changes, offset }.encode();
                batch.writes.push(Write::Put { table: Table::Guards, key, value: Bytes::new() });
            }
        }
        Some(())
    }
}
