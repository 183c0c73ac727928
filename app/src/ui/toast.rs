//! Short words in the corner, read out by screen readers.

use leptos::prelude::*;

use super::button::IconButton;
use super::icon::{Glyph, Icon};

/// One word to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToastView {
    /// Tells it from others.
    pub id: u32,
    /// Whether it is an error.
    pub is_error: bool,
    /// What it says.
    pub text: String,
}

/// Draws all words that are to be shown.
#[component]
pub fn ToastStack(
    /// The words, oldest first.
    #[prop(into)]
    toasts: Signal<Vec<ToastView>>,
    /// Takes one away.
    #[prop(into)]
    on_dismiss: Callback<u32>,
) -> impl IntoView {
    view! {
        <div class="toasts" aria-live="polite" aria-relevant="additions">
            <For each=move || toasts.get() key=|toast| toast.id let:toast>
                <div class="toast" data-kind=if toast.is_error { "error" } else { "info" }>
                    <Icon glyph=if toast.is_error { Glyph::Warning } else { Glyph::Info } />
                    <p class="toast__text">{toast.text}</p>
                    <IconButton glyph=Glyph::Cross label="Dismiss" on_click=move |()| on_dismiss.run(toast.id) />
                </div>
            </For>
        </div>
    }
}
