//! What went wrong, where it went wrong, in words that can be copied.

use leptos::prelude::*;

use super::copy::CopyButton;
use super::icon::{Glyph, Icon};

/// Draws a problem as long as there is one.
#[component]
pub fn Problem(
    /// The sentence.
    #[prop(into)]
    text: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <div class="problem-place" role="alert">
            {move || {
                text.get()
                    .map(|text| {
                        let copied = text.clone();
                        view! {
                            <div class="problem">
                                <Icon glyph=Glyph::Warning />
                                <p class="problem__text">{text}</p>
                                <CopyButton label="Copy" text=Signal::derive(move || copied.clone()) />
                            </div>
                        }
                    })
            }}
        </div>
    }
}
