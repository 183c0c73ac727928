//! Buttons. Each says its verb; one that asks for more ends in an ellipsis, which its accessible name leaves out.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// How much a button stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonKind {
    /// The one thing to do here.
    Primary,
    /// One of several things.
    #[default]
    Plain,
    /// Something on the side.
    Quiet,
    /// Destroys.
    Danger,
}

impl ButtonKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Plain => "plain",
            Self::Quiet => "quiet",
            Self::Danger => "danger",
        }
    }
}

/// Draws a button with words on it.
#[component]
pub fn Button(
    /// How much it stands out.
    #[prop(optional)]
    kind: ButtonKind,
    /// An icon before the words.
    #[prop(optional, into)]
    glyph: Option<Glyph>,
    /// The accessible name, where it is not just the words.
    #[prop(optional, into)]
    label: Option<String>,
    /// Whether it cannot be pressed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Whether it keeps the focus while it cannot be pressed: for buttons that are busy for a moment after every press.
    #[prop(optional)]
    keeps_focus: bool,
    /// Whether it submits its form.
    #[prop(optional)]
    submit: bool,
    /// Whether it takes the focus when its dialog opens.
    #[prop(optional)]
    autofocus: bool,
    /// The key that presses it from anywhere.
    #[prop(optional)]
    hotkey: Option<&'static str>,
    /// What it does.
    #[prop(optional, into)]
    on_click: Option<Callback<()>>,
    /// The words.
    children: Children,
) -> impl IntoView {
    view! {
        <button
            class="button"
            type=if submit { "submit" } else { "button" }
            data-kind=kind.as_str()
            data-hotkey=hotkey
            aria-label=label
            autofocus=autofocus
            disabled=move || !keeps_focus && disabled.get()
            aria-disabled=move || (keeps_focus && disabled.get()).then_some("true")
            on:click=move |_| {
                if !disabled.get_untracked() {
                    run(on_click);
                }
            }
        >
            {glyph.map(|glyph| view! { <Icon glyph /> })}
            <span class="button__words">{children()}</span>
        </button>
    }
}

/// Draws a button that is only an icon; its name shows as a tooltip.
#[component]
pub fn IconButton(
    /// The icon.
    #[prop(into)]
    glyph: Signal<Glyph>,
    /// What it does, in words.
    #[prop(into)]
    label: Signal<String>,
    /// The key that presses it from anywhere.
    #[prop(optional)]
    hotkey: Option<&'static str>,
    /// What it does.
    #[prop(into)]
    on_click: Callback<()>,
) -> impl IntoView {
    view! {
        <button
            class="icon-button"
            type="button"
            data-hotkey=hotkey
            aria-label=move || label.get()
            title=move || label.get()
            on:click=move |_| on_click.run(())
        >
            {move || view! { <Icon glyph=glyph.get() /> }}
        </button>
    }
}

fn run(callback: Option<Callback<()>>) {
    if let Some(callback) = callback {
        callback.run(());
    }
}
