//! A new journal for the browser's database, before anything is acknowledged on top of the one that was found.
//!
//! Chromium keeps all databases of a site in one LevelDB, and lets it go on with the journal that it finds (`reuse_logs`). Where a
//! killed browser, a power cut or a full disk left half an entry at its end, that half is passed over at first; but what is
//! appended behind it cannot be told from it any more. At the start after that, LevelDB calls the journal corrupt, and Chromium
//! deletes every database of the site (google/leveldb, issue 1287; `docs/CRASH.md` has measured it).
//!
//! LevelDB begins a new journal when it compacts a range of keys, and Chromium asks for that when a database was deleted: its
//! keys are then certainly gone. So a database without anything in it is made and deleted. LevelDB writes what the found journal held
//! to a table then, and deletes that journal, with the half entry.
//!
//! Until it has, nothing may be acknowledged: what goes into the new journal meanwhile is lost with the old one. On a slow disk that
//! takes seconds, and Chromium calls the database deleted long before. But LevelDB has others wait when it begins a journal while the
//! table of the one before is not written. It does so for each 4 MiB (`write_buffer_size`). So as much is written, as much again, and
//! a little more: when that is in, the table of the found journal is, whenever its turn came.
//!
//! One tab does it for all that are open beside it, since they share the LevelDB. Other browsers have none, and are left alone; where
//! Chromium uses SQLite, which nothing tells, some megabytes are written and deleted for nothing.

use std::cell::{OnceCell, RefCell};
use std::pin::Pin;
use std::rc::Rc;

use futures_util::FutureExt;
use futures_util::future::Shared;
use js_sys::{Array, ArrayBuffer, Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::IdbDatabase;

use super::burst::{Burst, Method};
use super::{BrowserEnv, commit, connection, js};
use crate::env::Env;
use crate::limits::{JOURNAL_ASK_MS, JOURNAL_REST_MS, JOURNAL_ROW_BYTES, JOURNAL_ROWS, JOURNAL_WAIT_MS};
use crate::storage::{StorageError, Table};

/// The table that is filled: any name would do.
const FILLED: Table = Table::Meta;

/// The lock of all tabs since whose opening the journal is new.
const LOCK: &str = "tablog.journal";

#[wasm_bindgen(module = "/src/browser/journal.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = isHeld)]
    fn is_held(name: &str) -> Result<Promise, JsValue>;

    #[wasm_bindgen(catch)]
    fn hold(name: &str) -> Result<Function, JsValue>;

    #[wasm_bindgen(catch, js_name = databasesOf)]
    fn databases_of(name: &str) -> Result<Promise, JsValue>;
}

/// The new journal of one connection: asked for, done, or not to be had.
pub(super) struct Journal {
    name: String,
    /// What is made for it. Each tab has its own: else it would have to wait for one that is frozen in the middle of this.
    own: String,
    /// Says whether somebody else had done it before.
    asked: OnceCell<Waiting<bool>>,
    begun: OnceCell<Waiting<()>>,
    lock: Rc<RefCell<Option<Lock>>>,
}

type Waiting<T> = Shared<Pin<Box<dyn Future<Output = T>>>>;

impl Journal {
    /// Asks for a new journal soon, since Chromium itself appends to the one that was found when it opens a database; and sees to it
    /// that it is there before the first commit, or when what is read first has had its time.
    pub(super) fn soon(name: &str) -> Rc<Self> {
        let own = format!("{}.{}", databases_for(name), BrowserEnv.random());
        let (asked, begun) = (OnceCell::new(), OnceCell::new());
        let journal = Rc::new(Self { name: name.to_owned(), own, asked, begun, lock: Rc::default() });
        let soon = Rc::downgrade(&journal);
        spawn_local(async move {
            // A connection that is gone commits nothing.
            js::sleep(JOURNAL_ASK_MS).await;
            let Some(journal) = soon.upgrade() else { return };
            journal.ask();
            drop(journal);
            js::sleep(JOURNAL_REST_MS).await;
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

    /// Tells other tabs nothing any more: without a connection, the browser may close its files and open them again.
    pub(super) fn let_go(&self) {
        self.lock.borrow_mut().take();
    }

    /// Asks for a new journal, unless others have it; goes on whether or not somebody waits.
    fn ask(&self) -> &Waiting<bool> {
        self.asked.get_or_init(|| {
            let (settle, settled) = js::once();
            let own = self.own.clone();
            spawn_local(async move {
                let was_there = !is_chromium() || has_been_begun().await;
                if !was_there {
                    // Where this fails, so does the filling, or does without it.
                    ask(&own).await.ok();
                }
                settle(was_there);
            });
            async move { settled.await.unwrap_or(false) }.boxed_local().shared()
        })
    }

    fn begin(&self) -> &Waiting<()> {
        self.begun.get_or_init(|| {
            let (settle, settled) = js::once();
            let (name, own, asked) = (self.name.clone(), self.own.clone(), self.ask().clone());
            let lock = Rc::clone(&self.lock);
            // Goes on when nobody waits any more: a database that was made must be deleted.
            spawn_local(async move {
                let was_there = asked.await;
                if was_there || fill(&own).await.is_ok() {
                    *lock.borrow_mut() = Lock::take();
                }
                settle(());
                if !was_there {
                    tidy_up(&name).await;
                }
            });
            let done = async move {
                // Without it nothing is lost but the protection, as on a disk that is too full even for this.
                js::within(JOURNAL_WAIT_MS, settled).await;
            };
            done.boxed_local().shared()
        })
    }
}

/// Tells other tabs that they need not do the same.
struct Lock(Function);

impl Lock {
    /// Returns `None` in pages that are not secure: they have no locks.
    fn take() -> Option<Self> {
        hold(LOCK).ok().map(Self)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Throws nothing: it settles a promise.
        self.0.call0(&JsValue::UNDEFINED).ok();
    }
}

fn is_chromium() -> bool {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into());
    let agent = navigator.and_then(|navigator| Reflect::get(&navigator, &"userAgent".into()));
    agent.ok().and_then(|agent| agent.as_string()).is_some_and(|agent| agent.contains("Chrome/"))
}

async fn has_been_begun() -> bool {
    let Ok(answer) = is_held(LOCK) else { return false };
    JsFuture::from(answer).await.is_ok_and(|held| held.is_truthy())
}

/// Deletes what is left behind by the journal of a database, here or in a tab that ended in the middle of it.
pub(super) async fn tidy_up(name: &str) {
    let Ok(listed) = databases_of(&databases_for(name)) else { return };
    // Where something goes wrong, the next connection does the same.
    let Ok(names) = JsFuture::from(listed).await else { return };
    for name in Array::from(&names).iter().filter_map(|name| name.as_string()) {
        connection::delete(&name).await.ok();
    }
}

fn databases_for(name: &str) -> String {
    format!("{name}.journal")
}

async fn ask(own: &str) -> Result<(), StorageError> {
    make(own).await?.close();
    connection::delete(own).await
}

async fn make(name: &str) -> Result<IdbDatabase, StorageError> {
    let table = |database: &IdbDatabase| database.create_object_store(FILLED.name()).map(|_| ());
    connection::open_with(name, 1, table).await
}

/// Writes as much as LevelDB holds in memory, as much again, and a little more.
async fn fill(own: &str) -> Result<(), StorageError> {
    let database = make(own).await?;
    let mut filled = Ok(());
    // Zeros: as many as needed in memory, and next to nothing in a table.
    let row = ArrayBuffer::new(JOURNAL_ROW_BYTES);
    for rows in [JOURNAL_ROWS, JOURNAL_ROWS, 1] {
        let mut burst = Burst::default();
        for key in 0..rows {
            burst.ask(FILLED, Method::Put, &row, &key.into());
        }
        filled = commit::commit_burst(&database, burst).await;
        if filled.is_err() {
            break;
        }
    }
    database.close();
    filled
}
