//! A small panel under a button: Esc and a press elsewhere close it, and the focus goes back to the button.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::field::fresh_id;
use super::icon::{Glyph, Icon};

/// Draws a button that says a choice, and opens what changes it.
#[component]
pub fn Popover(
    /// What is chosen here.
    #[prop(into)]
    label: String,
    /// The choice, in words.
    #[prop(into)]
    words: Signal<String>,
    /// Whether it is open.
    is_open: RwSignal<bool>,
    /// What it opens.
    children: ChildrenFn,
) -> impl IntoView {
    let (root, button) = (NodeRef::<html::Div>::new(), NodeRef::<html::Button>::new());
    let panel = fresh_id();
    let panel_id = panel.clone();
    let close = move || {
        is_open.set(false);
        if let Some(button) = button.try_get_untracked().flatten()
            && button.focus().is_err()
        {
            leptos::logging::warn!("a popover's button did not take the focus");
        }
    };
    let left = move |event: leptos::ev::FocusEvent| {
        let to = event.related_target().and_then(|to| to.dyn_into::<web_sys::Node>().ok());
        // A press on something that takes no focus, inside or out, says nothing yet.
        // A popover that leaves the page with the focus in it hears of that when its own state is gone already.
        let root = root.try_get_untracked().flatten();
        if to.is_some() && root.is_some_and(|root| !root.contains(to.as_ref())) {
            is_open.try_set(false);
        }
    };
    view! {
        <div
            class="popover"
            node_ref=root
            on:focusout=left
            on:keydown=move |event| {
                if event.key() == "Escape" && is_open.get_untracked() {
                    event.prevent_default();
                    event.stop_propagation();
                    close();
                }
            }
        >
            <button
                class="popover__button"
                type="button"
                node_ref=button
                aria-expanded=move || is_open.get().to_string()
                aria-controls=panel
                on:click=move |_| is_open.update(|is_open| *is_open = !*is_open)
            >
                <span class="popover__label">{label}</span>
                " "
                <span class="popover__words">{move || words.get()}</span>
                <Icon glyph=Glyph::ChevronDown />
            </button>
            <Show when=move || is_open.get()>
                <div class="popover__shade" on:pointerdown=move |_| is_open.set(false)></div>
                <div class="popover__panel" id=panel_id.clone()>{children()}</div>
            </Show>
        </div>
    }
}
