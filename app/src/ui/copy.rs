//! Copying to the clipboard.

use std::time::Duration;

use gloo::utils::window;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;

use super::icon::{Glyph, Icon};

/// How long the button says that it copied.
const SAID: Duration = Duration::from_millis(1_600);

/// How the last press went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Nothing,
    Copied,
    Refused,
}

/// Draws a button that copies a text, and says so.
#[component]
pub fn CopyButton(
    /// What it copies, in words: "Copy link".
    #[prop(into)]
    label: String,
    /// The text.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    let said = RwSignal::new(Said::Nothing);
    let words = label.clone();
    view! {
        <button
            class="button copy-button"
            type="button"
            data-kind="quiet"
            aria-label=label
            on:click=move |_| press(text.get_untracked(), said)
        >
            <Icon glyph=Glyph::Copy />
            <span class="button__words" aria-live="polite">
                {move || match said.get() {
                    Said::Nothing => words.clone(),
                    Said::Copied => "Copied".to_owned(),
                    Said::Refused => "The browser refused".to_owned(),
                }}
            </span>
        </button>
    }
}

fn press(text: String, said: RwSignal<Said>) {
    spawn_local(async move {
        let outcome = if copy(&text).await { Said::Copied } else { Said::Refused };
        // The button may be gone by now.
        if said.try_set(outcome).is_none() {
            let be_silent = move || {
                said.try_set(Said::Nothing);
            };
            set_timeout(be_silent, SAID);
        }
    });
}

/// Copies a text; returns whether the browser let it.
pub async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    // Pages that came over an insecure address have no clipboard, against what the bindings say.
    let is_there = js_sys::Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|it| it.is_object());
    is_there && JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok()
}
