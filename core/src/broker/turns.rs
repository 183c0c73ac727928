//! Taking turns. A client that appends one record after the other wins every race against one that lost once and has to look
//! first: by the time the loser knows the log's end, the end has moved. So the loser says that it waits, in its own row, which
//! no race can keep it from writing; and whoever wins looks for such notes now and then, and pauses for them.
//!
//! Nobody holds anything: a note that is old is not believed, and a pause ends by itself.

use crate::broker::Broker;
use crate::broker::rows::ClientRow;
use crate::env::Env;
use crate::ids::Timestamp;
use crate::limits::{
    COMMITS_BETWEEN_TURNS, CONFLICTS_BEFORE_WAITING, SCAN_ROWS_MAX, TURN_MS_MAX, TURN_NOTE_MS_MAX,
    TURN_READS_MAX,
};
use crate::storage::key::MetaKey;
use crate::storage::{Content, Durability, Order, Scan, Storage, StorageError, Table, Write, WriteBatch};

impl<S: Storage, E: Env> Broker<S, E> {
    /// Says that this client keeps losing races, once it does, and says it anew before the note is too old to be believed. The
    /// note goes with the next commit that succeeds, which always brings another.
    pub(super) async fn ask_for_turn(&self, conflicts: u32) -> Result<(), StorageError> {
        let now = self.inner.env.now();
        let noted_at = self.with_group(|group| group.noted_at).flatten();
        let is_noted = noted_at.is_some_and(|at| apart_ms(at, now) < TURN_NOTE_MS_MAX);
        if conflicts < CONFLICTS_BEFORE_WAITING || is_noted {
            return Ok(());
        }
        self.with_group(|group| group.noted_at = Some(now));
        let commit = {
            let queue = &mut self.inner.state.borrow_mut().queue;
            queue.noted = None;
            queue.applied
        };
        let row = ClientRow { v: 1, commit, at_ms: now, appends_to: Vec::new(), waiting: true };
        let key = MetaKey::Client(self.inner.client).encode();
        let write = Write::Put { table: Table::Meta, key, value: row.encode()? };
        let batch = WriteBatch { expectations: Vec::new(), writes: vec![write] };
        self.inner.storage.commit(&batch, Durability::Relaxed).await
    }

    /// Pauses while another client waits for its turn, if it is time to look. A read is as long as a pause can be here, without
    /// a clock that wakes.
    pub(super) async fn give_turns(&self) -> Result<(), StorageError> {
        {
            let queue = &mut self.inner.state.borrow_mut().queue;
            if queue.commits.saturating_sub(queue.turn_given_at) < COMMITS_BETWEEN_TURNS {
                return Ok(());
            }
            queue.turn_given_at = queue.commits;
        }
        let scan = Scan {
            table: Table::Meta,
            range: MetaKey::clients(),
            order: Order::Ascending,
            content: Content::Rows,
            rows_max: SCAN_ROWS_MAX,
        };
        let own = MetaKey::Client(self.inner.client).encode();
        let began = self.inner.env.now();
        for _ in 0..TURN_READS_MAX {
            let clients = self.inner.storage.scan(&scan).await?;
            let now = self.inner.env.now();
            let others = clients.iter().filter(|row| row.key != own);
            let mut others = others.filter_map(|row| ClientRow::decode(&row.value).ok());
            if apart_ms(began, now) >= TURN_MS_MAX || !others.any(|row| row.is_waiting(now)) {
                break;
            }
        }
        Ok(())
    }
}

impl ClientRow {
    fn is_waiting(&self, now: Timestamp) -> bool {
        self.waiting && apart_ms(self.at_ms, now) <= TURN_MS_MAX
    }
}

/// Measures how far two times lie apart: the clock may have been set back in between.
pub(super) fn apart_ms(one: Timestamp, other: Timestamp) -> i64 {
    other.millis().saturating_sub(one.millis()).saturating_abs()
}
