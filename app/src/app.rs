//! The page's root: contexts, the frame around every page, and what lies over it.

mod banners;
mod document;
mod drop_zone;

use leptos::prelude::*;

use self::banners::Banners;
use self::document::{focus_main, follow_title};
use self::drop_zone::DropZone;
use crate::pages::dialogs::DialogHost;
use crate::pages::screen::Screen;
use crate::pages::sidebar::Sidebar;
use crate::pages::top_bar::TopBar;
use crate::state;
use crate::state::dialogs::Dialogs;
use crate::state::files::Files;
use crate::state::media::Media;
use crate::state::route::{Route, Router};
use crate::state::toast::{ToastKind, Toasts};
use crate::state::topics::Topics;
use crate::ui::toast::{ToastStack, ToastView};

/// Mounts the app.
pub fn start() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(App);
}

/// Draws the whole app.
#[component]
pub fn App() -> impl IntoView {
    state::provide();
    follow_title();
    let (dialogs, has_sidebar) = (Dialogs::get(), sidebar_is_shown());
    view! {
        // The browser keeps hands off what a modal dialog covers; this says the same to what reads the page.
        <div class="app" aria-hidden=move || dialogs.current().is_some().then_some("true")>
            <button class="skip-link" type="button" on:click=move |_| focus_main()>
                "Skip to content"
            </button>
            <Banners />
            <div class="app__frame" data-sidebar=move || has_sidebar.get().then_some("")>
                <Show when=move || has_sidebar.get() fallback=TopBar>
                    <Sidebar />
                </Show>
                <main class="app__main" id="main" tabindex="-1">
                    <Screen />
                </main>
            </div>
        </div>
        <DropZone />
        <DialogHost />
        <Words />
    }
}

/// The list of topics stands at the left, except where it is the page itself, where there is nothing to list yet, and on narrow
/// screens, where it is a sheet.
fn sidebar_is_shown() -> Memo<bool> {
    let (router, media, topics, files) = (Router::get(), Media::get(), Topics::get(), Files::get());
    Memo::new(move |_| {
        let has_something = topics.is_empty() == Some(false) || !files.opened().is_empty();
        let is_wanted = match router.route() {
            Route::Topics => false,
            Route::Home | Route::Health | Route::About | Route::Unknown(_) => has_something,
            Route::Topic { .. } | Route::File { .. } => true,
        };
        is_wanted && !media.is_narrow()
    })
}

#[component]
fn Words() -> impl IntoView {
    let toasts = Toasts::get();
    let shown = Signal::derive(move || {
        let view = |toast: crate::state::toast::Toast| ToastView {
            id: toast.id,
            is_error: toast.kind == ToastKind::Error,
            text: toast.text,
        };
        toasts.shown().into_iter().map(view).collect::<Vec<_>>()
    });
    view! { <ToastStack toasts=shown on_dismiss=move |id| toasts.dismiss(id) /> }
}
