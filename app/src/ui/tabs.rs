//! Tabs: one of several faces of the same thing. Arrow keys go along, and the tab that gets the focus opens.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

/// One tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TabItem<T> {
    /// What it stands for.
    pub value: T,
    /// Its words.
    pub title: &'static str,
    /// Where it leads, so that it can be opened in a new browser tab.
    pub href: String,
}

/// Draws a row of tabs. What they open is the element with the id `panel`.
#[component]
pub fn Tabs<T>(
    /// What they are faces of, in words.
    #[prop(into)]
    label: String,
    /// The tabs.
    #[prop(into)]
    items: Signal<Vec<TabItem<T>>>,
    /// The open one.
    #[prop(into)]
    current: Signal<T>,
    /// The id of what they open.
    panel: &'static str,
    /// Opens one.
    #[prop(into)]
    on_select: Callback<T>,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    let tab = move |item: TabItem<T>| {
        let value = item.value;
        let href = move || {
            items.with(|items| items.iter().find(|item| item.value == value).map(|item| item.href.clone()))
        };
        view! {
            <a
                class="tab"
                role="tab"
                href=href
                aria-controls=panel
                aria-selected=move || if current.get() == value { "true" } else { "false" }
                tabindex=move || if current.get() == value { "0" } else { "-1" }
                on:click=move |event| {
                    if !(event.ctrl_key() || event.meta_key() || event.shift_key()) {
                        event.prevent_default();
                        on_select.run(value);
                    }
                }
            >
                {item.title}
            </a>
        }
    };
    view! {
        <div class="tabs" role="tablist" aria-label=label on:keydown=move |event| walk(&event)>
            // Made once: built again with each place, a tab lost the focus of whoever walks along.
            {items.get_untracked().into_iter().map(tab).collect_view()}
        </div>
    }
}

/// Moves along the tabs with the arrow keys, Home and End.
fn walk(event: &KeyboardEvent) {
    let Some(tab) = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok()) else { return };
    let list = tab.parent_element();
    let next = match event.key().as_str() {
        "ArrowRight" => {
            tab.next_element_sibling().or_else(|| list.and_then(|list| list.first_element_child()))
        }
        "ArrowLeft" => {
            tab.previous_element_sibling().or_else(|| list.and_then(|list| list.last_element_child()))
        }
        "Home" => list.and_then(|list| list.first_element_child()),
        "End" => list.and_then(|list| list.last_element_child()),
        _ => return,
    };
    event.prevent_default();
    if let Some(next) = next.and_then(|next| next.dyn_into::<HtmlElement>().ok()) {
        if next.focus().is_err() {
            leptos::logging::warn!("a tab did not take the focus");
        }
        next.click();
    }
}
