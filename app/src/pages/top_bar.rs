//! The name of the app and what is always at hand: the switcher, the keys, the theme.

use leptos::prelude::*;

use crate::state::dialogs::{Dialog, Dialogs};
use crate::state::media::Media;
use crate::state::theme::{Theme, ThemeChoice};
use crate::ui::button::IconButton;
use crate::ui::icon::Glyph;

/// Draws the bar on top of pages that have no list of topics beside them.
#[component]
pub fn TopBar() -> impl IntoView {
    let (dialogs, media) = (Dialogs::get(), Media::get());
    view! {
        <header class="top-bar">
            <Show when=move || media.is_narrow()>
                <IconButton glyph=Glyph::List label="Topics" on_click=move |()| dialogs.open(Dialog::TopicsSheet) />
            </Show>
            <Brand />
            <GlobalActions />
        </header>
    }
}

/// Draws the logo with the name; it leads to the first screen.
#[component]
pub fn Brand() -> impl IntoView {
    view! {
        <a class="brand" href="#/">
            <img class="brand__logo" src="icons/logo.svg" alt="" width="20" height="20" />
            "Tablog"
        </a>
    }
}

/// Draws the buttons that are always at hand.
#[component]
pub fn GlobalActions() -> impl IntoView {
    let (dialogs, theme) = (Dialogs::get(), Theme::get());
    let glyph = Signal::derive(move || match theme.choice() {
        ThemeChoice::System => Glyph::Contrast,
        ThemeChoice::Light => Glyph::Sun,
        ThemeChoice::Dark => Glyph::Moon,
    });
    let label = Signal::derive(move || format!("Theme: {}", theme.choice().as_str()));
    view! {
        <div class="global-actions">
            <IconButton
                glyph=Glyph::Search
                label="Go to… (Ctrl+K)"
                on_click=move |()| dialogs.open(Dialog::Switcher)
            />
            <IconButton glyph=Glyph::Keyboard label="Help (?)" on_click=move |()| dialogs.open(Dialog::Help) />
            <IconButton glyph label on_click=move |()| theme.choose(theme.choice_untracked().next()) />
        </div>
    }
}
