//! A menu under a button: arrow keys go along, Esc and a press elsewhere close it, and the focus goes back to the button.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{FocusEvent, HtmlElement, KeyboardEvent, Node};

use super::field::fresh_id;
use super::icon::{Glyph, Icon};

/// One line of a menu.
#[derive(Clone)]
pub struct MenuItem {
    /// Its icon.
    pub glyph: Glyph,
    /// Its words.
    pub title: &'static str,
    /// Whether it destroys.
    pub is_danger: bool,
    /// What it does.
    pub action: Callback<()>,
}

/// Draws a button with a menu.
#[component]
pub fn Menu(
    /// What the menu is about; the button's accessible name.
    #[prop(into)]
    label: String,
    /// The button's icon.
    #[prop(default = Glyph::Dots)]
    glyph: Glyph,
    /// The lines.
    #[prop(into)]
    items: Signal<Vec<MenuItem>>,
) -> impl IntoView {
    let is_open = RwSignal::new(false);
    let (root, button) = (NodeRef::<html::Div>::new(), NodeRef::<html::Button>::new());
    let id = fresh_id();
    let close = move || {
        is_open.set(false);
        focus(button.try_get_untracked().flatten().map(|button| button.unchecked_into()));
    };
    let line = move |item: MenuItem| {
        view! {
            <li role="none">
                <button
                    class="menu__item"
                    type="button"
                    role="menuitem"
                    tabindex="-1"
                    data-danger=item.is_danger.then_some("")
                    on:click=move |_| {
                        close();
                        item.action.run(());
                    }
                >
                    <Icon glyph=item.glyph />
                    {item.title}
                </button>
            </li>
        }
    };
    let list_id = id.clone();
    view! {
        <div
            class="menu"
            node_ref=root
            on:focusout=move |event| {
                if left(&event, root) {
                    is_open.try_set(false);
                }
            }
            on:keydown=move |event| {
                if event.key() == "Escape" && is_open.get_untracked() {
                    event.prevent_default();
                    event.stop_propagation();
                    close();
                } else {
                    walk(&event, root, is_open);
                }
            }
        >
            <button
                node_ref=button
                class="icon-button"
                type="button"
                aria-haspopup="menu"
                aria-controls=id
                aria-expanded=move || if is_open.get() { "true" } else { "false" }
                aria-label=label.clone()
                title=label
                on:click=move |_| is_open.update(|is_open| *is_open = !*is_open)
            >
                <Icon glyph />
            </button>
            <Show when=move || is_open.get()>
                <ul class="menu__list" role="menu" id=list_id.clone()>
                    {move || items.get().into_iter().map(line).collect_view()}
                </ul>
            </Show>
        </div>
    }
}

fn focus(element: Option<HtmlElement>) {
    if let Some(element) = element
        && element.focus().is_err()
    {
        leptos::logging::warn!("a menu did not take the focus");
    }
}

/// Returns whether the focus went out of the menu.
fn left(event: &FocusEvent, root: NodeRef<html::Div>) -> bool {
    let to = event.related_target().and_then(|to| to.dyn_into::<Node>().ok());
    // A menu that leaves the page with the focus in it hears of that when its own state is gone already.
    root.try_get_untracked().flatten().is_some_and(|root| !root.contains(to.as_ref()))
}

/// Opens the menu with the arrow keys, and moves along its lines.
fn walk(event: &KeyboardEvent, root: NodeRef<html::Div>, is_open: RwSignal<bool>) {
    let key = event.key();
    if !matches!(key.as_str(), "ArrowDown" | "ArrowUp" | "Home" | "End") {
        return;
    }
    event.prevent_default();
    is_open.set(true);
    // The lines are there only after the page has been drawn again.
    request_animation_frame(move || {
        let Some(all) = root
            .try_get_untracked()
            .flatten()
            .and_then(|root| root.query_selector_all("[role=menuitem]").ok())
        else {
            return;
        };
        let items: Vec<HtmlElement> = (0..all.length())
            .filter_map(|index| all.get(index).and_then(|node| node.dyn_into().ok()))
            .collect();
        let active = gloo::utils::document().active_element();
        let now = items.iter().position(|item| active.as_ref() == Some(item.unchecked_ref()));
        let last = items.len().saturating_sub(1);
        let next = match (key.as_str(), now) {
            ("ArrowDown", Some(now)) if now < last => now + 1,
            ("ArrowUp", Some(now)) if now > 0 => now - 1,
            ("ArrowUp", _) | ("End", _) => last,
            _ => 0,
        };
        focus(items.get(next).cloned());
    });
}
