//! Noticing that the store is another one: somebody wiped it while it was open.

use crate::broker::Broker;
use crate::broker::rows::StoreRow;
use crate::env::Env;
use crate::storage::{Storage, StorageError};

impl<S: Storage, E: Env> Broker<S, E> {
    /// Tells whether the store that this broker opened is gone. Another one may be there by now, made by whoever noticed first:
    /// its logs are numbered from 1 again, so this broker must not be used any more. Open another.
    ///
    /// # Errors
    /// What storage reports.
    pub async fn is_gone(&self) -> Result<bool, StorageError> {
        let store = StoreRow::load(self.storage()).await?;
        Ok(store.is_none_or(|(store, _)| store.cluster_id != self.inner.opened))
    }
}
