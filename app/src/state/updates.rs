//! A newer version of the app. `app/start.js` registers the service worker and says when a newer build waits; this hears it, and
//! says when to change over.

use gloo::events::EventListener;
use gloo::utils::{document, window};
use leptos::prelude::*;
use web_sys::Event;

/// What `app/start.js` sends when a newer build waits. It marks the root element, too, for pages that start later.
const UPDATE_EVENT: &str = "tablog-update";
/// The mark on the root element.
const UPDATE_MARK: &str = "data-update";
/// What makes `app/start.js` change over and load the page again.
const RELOAD_EVENT: &str = "tablog-reload";

/// The context.
#[derive(Clone, Copy)]
pub struct Updates(RwSignal<bool>);

impl Updates {
    /// Looks out for newer builds.
    pub fn provide() {
        let is_marked = document().document_element().is_some_and(|root| root.has_attribute(UPDATE_MARK));
        let is_ready = RwSignal::new(is_marked);
        EventListener::new(&window(), UPDATE_EVENT, move |_| is_ready.set(true)).forget();
        provide_context(Self(is_ready));
    }

    /// Returns the updates of this page.
    pub fn get() -> Self {
        super::shared()
    }

    /// Returns whether a newer build waits; tracked.
    pub fn is_ready(self) -> bool {
        self.0.get()
    }

    /// Goes on without it for now.
    pub fn dismiss(self) {
        self.0.set(false);
    }

    /// Changes over to the newer build; the page is loaded again.
    pub fn apply(self) {
        let is_heard = Event::new(RELOAD_EVENT).and_then(|event| window().dispatch_event(&event));
        if is_heard.is_err() {
            leptos::logging::warn!("the newer version could not be asked for");
        }
    }
}
