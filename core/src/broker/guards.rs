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
//! Its value names who put it, client and commit: whoever never heard what became of a commit finds out by that. And it says where the
//! append ended, should its rows be lost one day.
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

/// What a change leaves in the guard of a log's end. In that of offset 0 it leaves no bytes, where the log had records: they may have
/// taken the place of an append's note.
const ENDS_HERE: &[u8] = &[0];

/// Bytes of what an append leaves in its guard.
const NOTE_BYTES: usize = 24;

/// What an append leaves in its guard: who made it, and where it ends.
pub(super) fn note(client: u64, commit: u64, end: Offset) -> Bytes {
    [client.to_be_bytes(), commit.to_be_bytes(), end.value().to_be_bytes()].concat().into()
}

/// Returns how far the log reached when this guard was left at `offset`; `None` of one that does not say, as older versions left them.
pub(super) fn end_noted(guard: &Bytes, offset: Offset) -> Option<Offset> {
    if guard == ENDS_HERE {
        return Some(offset);
    }
    let end = guard.get(NOTE_BYTES.saturating_sub(8)..).filter(|_| guard.len() == NOTE_BYTES)?;
    Some(Offset::new(i64::from_be_bytes(end.try_into().ok()?)))
}

/// Tells by the guard of an append's first row whether it was applied; `None` when that cannot be told any more.
pub(super) fn tells_applied(guard: Option<&Bytes>, note: &Bytes, offset: Offset) -> Option<bool> {
    match guard {
        None => Some(false),
        Some(found) if found == note => Some(true),
        // A change of the topic puts this guard whatever was there, and so does an older version with every append.
        Some(found) if found.is_empty() && offset == Offset::ZERO => None,
        // Somebody else was there first: an append, or a change that found the log to end here.
        Some(_) => Some(false),
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
            let ends_here = Bytes::from_static(ENDS_HERE);
            // The end last: it may be the first place as well.
            for (offset, value) in [(Offset::ZERO, Bytes::new()), (tail.next_offset(), ends_here)] {
                let key = GuardKey { log, changes: topic.changes, offset }.encode();
                batch.writes.push(Write::Put { table: Table::Guards, key, value });
            }
        }
        Some(())
    }
}
