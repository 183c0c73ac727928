//! Retention: what the topics do not ask to keep is deleted once the engine has opened, and every five minutes from then on. Views and
//! other tabs hear of it as of every other deletion. The ballast for a full disk is seen to at the same times, and with a new topic.

use std::rc::Rc;

use tablog_core::limits::RETENTION_CHECK_INTERVAL_MS;
use tablog_core::storage::StorageError;
use wasm_bindgen_futures::spawn_local;

use super::Host;
use super::pace::sleep_ms;
use super::port::report;

impl Host {
    /// Starts to apply retention, for as long as the worker lives.
    pub fn keep_to_retention(self: &Rc<Self>) {
        // The engine that opens files works on the same topics: one of the two is enough.
        if cfg!(feature = "files") {
            return;
        }
        let host = Rc::clone(self);
        spawn_local(async move {
            loop {
                host.apply_retention().await;
                host.keep_ballast();
                sleep_ms(RETENTION_CHECK_INTERVAL_MS).await;
            }
        });
    }

    /// Sees to the ballast, beside what goes on: nobody has to wait for it.
    pub fn keep_ballast(&self) {
        let broker = self.broker().clone();
        spawn_local(async move {
            match broker.keep_ballast().await {
                // The page is told of a lost connection by the connection itself.
                Ok(_) | Err(StorageError::ConnectionLost(_)) => {}
                Err(error) => report(&format!("keeping ballast for a full disk: {error}")),
            }
        });
    }

    /// What cannot be done now is tried again the next time: no reason to alarm anybody.
    async fn apply_retention(&self) {
        match self.broker().apply_retention().await {
            Ok(applied) => {
                for (partition, error) in applied.failed {
                    report(&format!("retention of {partition}: {error}"));
                }
            }
            Err(error) => report(&format!("retention: {error}")),
        }
    }
}
