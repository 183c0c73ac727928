//! The keyboard's focus, and what is brought into view with it.

use gloo::utils::document;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition};

/// Gives a field the focus once it is on the page, or the first of its form that can be changed. Whoever walks along tabs with the
/// keyboard stays on them: a tab opens as soon as it has the focus, and the next one would be out of reach.
pub fn once_there(node: NodeRef<html::Input>) {
    Effect::new(move || {
        let Some(field) = node.get() else { return };
        if is_walking_along_tabs() {
            return;
        }
        let other = if field.disabled() { first_enabled_beside(&field) } else { None };
        focus(&other.unwrap_or_else(|| field.into()));
    });
}

fn first_enabled_beside(field: &HtmlElement) -> Option<HtmlElement> {
    let form = field.closest("form").ok()??;
    form.query_selector(":is(input, textarea):enabled").ok()??.dyn_into().ok()
}

/// Gives the first element that a selector finds the focus; returns whether it took it.
pub fn first(selector: &str) -> bool {
    let found = document().query_selector(selector).ok().flatten();
    found.and_then(|found| found.dyn_into::<HtmlElement>().ok()).is_some_and(|element| focus(&element))
}

/// Scrolls the least that brings the element of an id into view.
pub fn bring_into_view(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Gives an element the focus; returns whether it took it.
pub fn focus(element: &HtmlElement) -> bool {
    let is_focused = element.focus().is_ok();
    if !is_focused {
        leptos::logging::warn!("an element did not take the focus");
    }
    is_focused
}

/// A tab has the focus, and got it from the keyboard. Whether it says already that it is the open one depends on what is drawn first.
fn is_walking_along_tabs() -> bool {
    let active = document().active_element();
    let tab = "[role=tab]:focus-visible";
    active.is_some_and(|active| active.matches(tab).unwrap_or(false))
}
