//! The page as the witness of what was acknowledged: it keeps a text for the engine where that outlives the database.

use std::cell::RefCell;
use std::rc::Rc;

use tablog_core::storage::StorageError;
use tablog_core::witness::{DataLossDetected, Witness};

use super::failures::failure;
use super::pace::now_ms;
use super::port::{Port, report};
use super::wake::rest;
use super::{EngineBroker, Host};
use crate::engine::logic::losses::told;
use crate::engine::protocol::{Event, Failure, FailureKind, FromEngine};

/// Milliseconds between two words to the page: what is acknowledged in between is told with the next.
const NOTE_EVERY_MS: f64 = 1_000.0;

/// Sends the page what to remember, and knows it itself as well: for a database that is wiped while it is open.
pub struct PageWitness {
    port: Port,
    noted: RefCell<Option<String>>,
}

impl PageWitness {
    /// Begins with what the page had kept.
    pub fn new(port: Port, kept: Option<String>) -> Self {
        Self { port, noted: RefCell::new(kept) }
    }
}

impl Witness for PageWitness {
    fn recall(&self) -> Option<String> {
        self.noted.borrow().clone()
    }

    fn note(&self, testimony: &str) {
        self.noted.replace(Some(testimony.to_owned()));
        self.port.send(&FromEngine::Testimony { text: testimony.to_owned() });
    }
}

/// Compares the store with what the page remembers. Returns what to tell the person: what is lost, or that it could not be found
/// out. Records in memory are nobody's to remember: what is known of the database stays as it is.
pub async fn reckon(broker: &EngineBroker, witness: &PageWitness) -> Option<Failure> {
    if cfg!(feature = "files") || broker.storage().is_ephemeral() {
        return None;
    }
    in_words(broker.reckon(witness).await)
}

fn in_words(found: Result<Vec<DataLossDetected>, StorageError>) -> Option<Failure> {
    match found {
        Ok(losses) => told(&losses).map(|sentence| failure(FailureKind::Io, sentence)),
        Err(error) => Some(error.into()),
    }
}

impl Host {
    /// Tells the page of what is acknowledged, and of what is found to be lost meanwhile, for as long as the broker of now is at work.
    pub async fn keep_witness(self: Rc<Self>) {
        let broker = self.broker();
        if cfg!(feature = "files") || broker.storage().is_ephemeral() {
            return;
        }
        let mut watcher = broker.watch();
        let mut told_before = broker.losses();
        loop {
            watcher.changed().await;
            let began_ms = now_ms();
            let losses = broker.losses();
            let new: Vec<DataLossDetected> =
                losses.iter().filter(|loss| !told_before.contains(loss)).cloned().collect();
            if let Some(sentence) = told(&new) {
                self.port.tell(Event::Storage(failure(FailureKind::Io, sentence)));
            }
            told_before = losses;
            // The next change tries again; nothing rests on the witness but that losses are told.
            if let Err(error) = broker.testify(&self.witness).await {
                report(&format!("what is acknowledged could not be noted: {error}"));
            }
            rest(began_ms, NOTE_EVERY_MS).await;
        }
    }
}
