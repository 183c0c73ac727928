//! Commits in doubt: begun, and their answer never came. The tab lost its connection, or nobody waited any more.

use crate::broker::{Broker, guards};
use crate::env::Env;
use crate::storage::{Storage, StorageError, Table};

impl<S: Storage, E: Env> Broker<S, E> {
    /// Finds out what became of a commit whose answer never came: its guard says who put it there. Returns whether it was applied;
    /// then everybody is answered.
    pub(super) async fn settle_doubt(&self) -> Result<bool, StorageError> {
        let Some(attempt) = self.with_group(|group| group.attempt.clone()).flatten() else {
            return Ok(false);
        };
        let Some((append, guard)) = attempt.appends.first().zip(attempt.guards.first()) else {
            return Ok(false);
        };
        let found = self.inner.storage.get(Table::Guards, guard).await?;
        let note = guards::note(self.inner.client, attempt.commit, append.next_offset());
        let cannot_be_told = || {
            let words = "the topic was changed before anybody saw whether its first append was applied";
            StorageError::Other(words.to_owned())
        };
        let applied =
            guards::tells_applied(found.as_ref(), &note, append.offset()).ok_or_else(cannot_be_told)?;
        if applied {
            self.finish(&Ok(()));
        } else {
            self.with_group(|group| group.attempt = None);
        }
        Ok(applied)
    }
}
