//! What a screen says when it has nothing to show: what to do next, with the button that does it.

use leptos::prelude::*;

/// Draws an empty state.
#[component]
pub fn Empty(
    /// What is the case.
    #[prop(into)]
    title: String,
    /// What it means, or what to do.
    #[prop(optional, into)]
    text: Option<String>,
    /// Its buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty__title">{title}</p>
            {text.map(|text| view! { <p class="empty__text">{text}</p> })}
            {children.map(|children| view! { <div class="empty__actions">{children()}</div> })}
        </div>
    }
}
