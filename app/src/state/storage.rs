//! How much room records take, and how safe they are there.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;

use super::engine::Engine;
use super::time::after;
use super::toast::Toasts;
use crate::engine::handle::Signal as EngineSignal;
use crate::engine::protocol::{Event, Failure, Reply, Request, StorageStatus};

/// Topics change many times a second while they grow; the room they take is asked for at most this often.
const REFRESH_MS: u32 = 2_000;

/// The context.
#[derive(Clone, Copy)]
pub struct Storage {
    status: RwSignal<Option<StorageStatus>>,
    trouble: RwSignal<Option<Failure>>,
    is_refresh_due: StoredValue<bool>,
}

impl Storage {
    /// Follows the engine's word on storage.
    pub fn provide() {
        let storage = Self {
            status: RwSignal::new(None),
            trouble: RwSignal::new(None),
            is_refresh_due: StoredValue::new(false),
        };
        let engine = Engine::get();
        engine.on_signal(move |signal| {
            // Whatever kept the database shut is dealt with once an engine has it open.
            if matches!(signal, EngineSignal::Ready) {
                storage.trouble.set(None);
            }
        });
        engine.on_event(move |event| match event {
            Event::Storage(failure) => storage.trouble.set(Some(failure.clone())),
            Event::StorageStatus(status) => storage.status.set(Some(status.clone())),
            Event::Topics(_) => storage.refresh_soon(engine),
            _ => {}
        });
        provide_context(storage);
    }

    /// Returns the storage state of this page.
    pub fn get() -> Self {
        super::shared()
    }

    /// Returns the room used and left, once known; tracked.
    pub fn status(self) -> Option<StorageStatus> {
        self.status.get()
    }

    /// Returns what storage needs from the person; tracked.
    pub fn trouble(self) -> Option<Failure> {
        self.trouble.get()
    }

    /// Takes the word about trouble away.
    pub fn dismiss_trouble(self) {
        self.trouble.set(None);
    }

    /// Asks the browser to promise that it keeps the records, and says so when it does not.
    pub fn ask_to_keep(self) {
        let toasts = Toasts::get();
        self.ask(move |is_kept| {
            if !is_kept {
                toasts.info(
                    "The browser did not promise it. It does for sites that are installed or bookmarked and often used; \
                     until then, export what you cannot lose",
                );
            }
        });
    }

    /// Asks the same at the first topic, when there is something to lose, without a word about the answer: the storage line has it.
    pub fn ask_quietly(self) {
        self.ask(|_| {});
    }

    fn ask(self, then: impl FnOnce(bool) + 'static) {
        let engine = Engine::get();
        spawn_local(async move {
            then(persist().await);
            self.refresh(engine).await;
        });
    }

    fn refresh_soon(self, engine: Engine) {
        if self.is_refresh_due.get_value() {
            return;
        }
        self.is_refresh_due.set_value(true);
        after(REFRESH_MS, move || {
            self.is_refresh_due.set_value(false);
            spawn_local(self.refresh(engine));
        });
    }

    async fn refresh(self, engine: Engine) {
        // A failure is shown where the engine's state is; the old figures stay.
        if let Ok(Reply::Storage(status)) = engine.request(Request::StorageStatus).await {
            self.status.set(Some(status));
        }
    }
}

async fn persist() -> bool {
    let navigator = gloo::utils::window().navigator();
    // Pages that came over an insecure address have no storage manager, against what the bindings say.
    let is_there = js_sys::Reflect::get(&navigator, &"storage".into()).is_ok_and(|it| it.is_object());
    if !is_there {
        return false;
    }
    match navigator.storage().persist() {
        Ok(promise) => JsFuture::from(promise).await.is_ok_and(|answer| answer.is_truthy()),
        Err(_) => false,
    }
}
