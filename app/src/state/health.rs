//! What the Health page works with: pieces of long work, the last verification kept from visit to visit, and reports to save.

use std::future::Future;
use std::pin::Pin;

use futures_util::future::{AbortHandle, abortable};
use gloo::utils::window;
use js_sys::{JSON, JsString};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::files::{LocalFile, save};
use super::toast::Toasts;
use crate::engine::protocol::Failure;
use crate::verifier::protocol::Shown;

/// Where the last verification is kept. Persisted.
const STORE_KEY: &str = "tablog.verified";

/// Long work, how far it is, and what came of it.
#[derive(Clone, Copy)]
pub struct Task {
    /// How far it is, from 0 to 1 if that is known, and in words; `None` while nothing is done.
    pub progress: RwSignal<Option<(Option<f64>, String)>>,
    /// What was found.
    pub result: RwSignal<Option<Shown>>,
    /// Why nothing was found.
    pub problem: RwSignal<Option<String>>,
    work: StoredValue<Option<AbortHandle>, LocalStorage>,
}

impl Task {
    /// Begins with nothing done. Whoever leaves the page ends the work.
    pub fn idle() -> Self {
        let task = Self {
            progress: RwSignal::new(None),
            result: RwSignal::new(None),
            problem: RwSignal::new(None),
            work: StoredValue::new_local(None),
        };
        on_cleanup(move || task.stop());
        task
    }

    /// Does something, in place of what is being done, and hands what was found to `then`.
    pub fn run(
        self,
        work: Pin<Box<dyn Future<Output = Result<Shown, Failure>>>>,
        then: impl FnOnce(&Shown) + 'static,
    ) {
        self.stop();
        self.problem.set(None);
        let (work, handle) = abortable(work);
        self.work.set_value(Some(handle));
        spawn_local(async move {
            // Who stopped it has said so.
            let Ok(outcome) = work.await else { return };
            self.progress.try_set(None);
            match outcome {
                Ok(shown) => {
                    then(&shown);
                    self.result.try_set(Some(shown));
                }
                Err(failure) => {
                    self.problem.try_set(Some(failure.sentence));
                }
            }
        });
    }

    /// Ends the work.
    pub fn stop(self) {
        if let Some(Some(work)) = self.work.try_update_value(Option::take) {
            work.abort();
        }
        self.progress.try_set(None);
    }
}

/// Returns how the last verification that this browser remembers went: whether all was well, and in a sentence.
pub fn last_verification() -> Option<(bool, String)> {
    let kept = store()?.get_item(STORE_KEY).ok()??;
    let (word, sentence) = kept.split_once('\n')?;
    Some((word == "good", sentence.to_owned()))
}

/// Keeps a verification for the next visit; where the browser keeps nothing, it is known until the page is closed.
pub fn keep_verification(is_good: bool, sentence: &str) {
    if let Some(store) = store() {
        let word = if is_good { "good" } else { "bad" };
        store.set_item(STORE_KEY, &format!("{word}\n{sentence}")).unwrap_or_default();
    }
}

/// Writes text as JSON.
pub fn quoted(text: &str) -> String {
    JSON::stringify(&text.into()).map_or_else(|_| "null".to_owned(), String::from)
}

/// Returns the browser in its own words, as JSON.
pub fn browser() -> String {
    quoted(&window().navigator().user_agent().unwrap_or_default())
}

/// Hands a report to the browser as a download.
pub fn save_json(name: &str, json: &str) {
    let file = LocalFile::of_text(name, &JsString::from(json));
    let is_saved = file.is_some_and(|file| save(&file.blob(), name).is_ok());
    if !is_saved {
        let toasts = Toasts::get();
        toasts.error("The browser did not save the report: check the disk and the permission to download");
    }
}

fn store() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}
