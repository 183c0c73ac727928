//! What the page does to the document around it: its title, its focus, a reload.

use gloo::utils::{document, window};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::state::files::Files;
use crate::state::route::{Route, Router, Tab};

/// Keeps the title of the browser's tab true to what is shown.
pub fn follow_title() {
    let (router, files) = (Router::get(), Files::get());
    Effect::new(move |_| {
        let place = match router.route() {
            Route::Home | Route::Unknown(_) => None,
            Route::Topics => Some("Topics".to_owned()),
            Route::Health => Some("Health".to_owned()),
            Route::About => Some("About".to_owned()),
            Route::Topic { name, tab, .. } => Some(titled(&name, tab)),
            Route::File { file, tab, .. } => files.find(file).map(|file| titled(&file.name, tab)),
        };
        document().set_title(&place.map_or_else(|| "Tablog".to_owned(), |place| format!("{place} · Tablog")));
    });
}

fn titled(name: &str, tab: Tab) -> String {
    match tab {
        Tab::Messages => name.to_owned(),
        other => format!("{name} · {}", other.title()),
    }
}

/// Gives the focus to the page's main part.
pub fn focus_main() {
    let main = document().get_element_by_id("main").and_then(|main| main.dyn_into::<HtmlElement>().ok());
    if main.is_some_and(|main| main.focus().is_err()) {
        leptos::logging::warn!("the main part did not take the focus");
    }
}

/// Loads the page again.
pub fn reload() {
    if let Err(refused) = window().location().reload() {
        leptos::logging::warn!("the page could not be loaded again: {refused:?}");
    }
}
