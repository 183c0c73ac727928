//! A store that is wiped behind its brokers' backs.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use crate::common::{open, topic};
use futures_executor::block_on;
use tablog_core::storage::memory::MemoryStorage;

#[test]
fn a_wiped_store_is_gone_for_good_even_when_another_client_made_a_new_one() {
    // Only a missing store was taken for a wiped one: of two tabs, the second found what the first had made.
    block_on(async {
        let storage = MemoryStorage::new();
        let (first, second) = (open(storage.clone(), 1).await, open(storage.clone(), 2).await);
        first.create_topic(&topic("t"), 1, &[]).await.unwrap();
        assert_eq!([first.is_gone().await, second.is_gone().await], [Ok(false), Ok(false)]);
        storage.wipe();
        assert_eq!(first.is_gone().await, Ok(true));
        let anew = open(storage, 3).await;
        assert_eq!([first.is_gone().await, second.is_gone().await], [Ok(true), Ok(true)]);
        assert_eq!(anew.is_gone().await, Ok(false));
    });
}
