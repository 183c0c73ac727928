//! The address bar as a signal. The pure half, [`Route`] and its printing and parsing, is in `model/route.rs`.

use gloo::events::EventListener;
use gloo::utils::window;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

pub use crate::model::route::{Look, Route, Tab};

/// The context: where we are, and the only way to go elsewhere.
#[derive(Clone, Copy)]
pub struct Router {
    route: RwSignal<Route>,
}

impl Router {
    /// Follows the address from now on.
    pub fn provide() {
        let route = RwSignal::new(current());
        for event in ["hashchange", "popstate"] {
            // The router lives as long as the page.
            EventListener::new(&window(), event, move |_| set_if_other(route, current())).forget();
        }
        provide_context(Self { route });
    }

    /// Returns the router of this page.
    pub fn get() -> Self {
        super::shared()
    }

    /// Returns where we are; tracked.
    pub fn route(self) -> Route {
        self.route.get()
    }

    /// Returns where we are, untracked.
    pub fn route_untracked(self) -> Route {
        self.route.get_untracked()
    }

    /// Returns what of a topic or file is looked at, as a signal that changes only when that does.
    pub fn look(self) -> Memo<Look> {
        Memo::new(move |_| self.route.with(Route::look))
    }

    /// Returns the whole address of where we are.
    pub fn address(self) -> String {
        let here = window().location().href().unwrap_or_default();
        let page = here.split('#').next().unwrap_or_default();
        format!("{page}{}", self.route_untracked().href())
    }

    /// Goes to a place; Back returns.
    pub fn navigate(self, route: Route) {
        self.write(route, true);
    }

    /// Goes to another tab of the topic or file that is shown; returns whether there is one.
    pub fn go_within(self, tab: Tab) -> bool {
        let route = self.route_untracked().at_tab(tab);
        route.map(|route| self.navigate(route)).is_some()
    }

    /// Changes the address in place; Back skips it.
    pub fn replace(self, route: Route) {
        self.write(route, false);
    }

    /// Changes what is looked at, in place.
    pub fn replace_look(self, change: impl FnOnce(&mut Look)) {
        let route = self.route_untracked();
        let mut look = route.look();
        change(&mut look);
        self.replace(route.with_look(look));
    }

    fn write(self, route: Route, is_new_entry: bool) {
        let href = route.href();
        if let Ok(history) = window().history() {
            let written = if is_new_entry && self.route_untracked() != route {
                history.push_state_with_url(&JsValue::NULL, "", Some(&href))
            } else {
                history.replace_state_with_url(&JsValue::NULL, "", Some(&href))
            };
            // Browsers refuse a flood of entries; the page shows the place all the same.
            if let Err(refused) = written {
                leptos::logging::warn!("the address bar stays behind: {refused:?}");
            }
        }
        set_if_other(self.route, route);
    }
}

fn current() -> Route {
    Route::parse(&window().location().hash().unwrap_or_default())
}

fn set_if_other(signal: RwSignal<Route>, route: Route) {
    if signal.with_untracked(|now| *now != route) {
        signal.set(route);
    }
}
