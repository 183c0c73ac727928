//! A new journal for the browser's database, before anything is appended to the one that was found.
//!
//! Chromium keeps all databases of a site in one LevelDB, and lets it go on with the journal that it finds (`reuse_logs`). Where a
//! killed browser, a power cut or a full disk left half an entry at its end, that half is passed over at first; but what is
//! appended behind it cannot be told from it any more. At the start after that, LevelDB calls the journal corrupt, and Chromium
//! deletes every database of the site (google/leveldb, issue 1287; `docs/CRASH.md` has measured it).
//!
//! LevelDB begins a new journal when it compacts a range of keys, and Chromium asks for that when a database was deleted: its
//! keys are then certainly gone. So a database without anything in it is made and deleted. What the found journal held lies in a
//! table then, and the journal is deleted, with the half entry. Other engines only make and delete an empty file.

use std::cell::OnceCell;
use std::pin::Pin;
use std::rc::Rc;

use futures_util::FutureExt;
use futures_util::future::Shared;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::IdbDatabase;

use super::connection;
use super::js;
use crate::limits::{JOURNAL_REST_MS, JOURNAL_WAIT_MS};
use crate::storage::StorageError;

/// The new journal of one connection: to be begun, done, or not to be had.
pub(super) struct Journal {
    name: String,
    begun: OnceCell<Begun>,
}

type Begun = Shared<Pin<Box<dyn Future<Output = ()>>>>;

impl Journal {
    /// Begins a new journal beside the database of this name: with the first commit, or sooner, when what is read first has had its time.
    pub(super) fn soon(name: &str) -> Rc<Self> {
        let journal = Rc::new(Self { name: database_for(name), begun: OnceCell::new() });
        let soon = Rc::downgrade(&journal);
        spawn_local(async move {
            js::sleep(JOURNAL_REST_MS).await;
            // A connection that is gone commits nothing.
            if let Some(journal) = soon.upgrade() {
                journal.begin();
            }
        });
        journal
    }

    /// Waits until it is there, or cannot be had.
    pub(super) async fn begun(&self) {
        self.begin().clone().await;
    }

    fn begin(&self) -> &Begun {
        self.begun.get_or_init(|| {
            let (settle, settled) = js::once();
            let name = self.name.clone();
            // Goes on when nobody waits any more: a database that was made must be deleted.
            spawn_local(async move { settle(renew(&name).await.ok()) });
            let done = async move {
                // Without it nothing is lost but the protection, as on a disk that is too full even for this.
                js::within(JOURNAL_WAIT_MS, settled).await;
            };
            done.boxed_local().shared()
        })
    }
}

/// Deletes what a tab left that ended in the middle of it.
pub(super) async fn tidy_up(name: &str) {
    // The next connection would do the same.
    connection::delete(&database_for(name)).await.ok();
}

fn database_for(name: &str) -> String {
    format!("{name}.journal")
}

async fn renew(name: &str) -> Result<(), StorageError> {
    let request = connection::factory()?.open(name).map_err(|error| js::opening_error(&error))?;
    connection::answer(&request).await?.unchecked_into::<IdbDatabase>().close();
    connection::delete(name).await
}
