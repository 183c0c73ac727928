//! What is true of the whole app until it is dealt with: no engine, a restarted one, trouble with storage, a newer version.

use leptos::prelude::*;

use crate::engine::protocol::{StorageMode, StorageStatus};
use crate::state::engine::{Engine, EngineStatus};
use crate::state::route::Route;
use crate::state::storage::Storage;
use crate::state::updates::Updates;
use crate::ui::banner::{Banner, BannerKind};
use crate::ui::button::Button;
use crate::ui::copy::CopyButton;

/// Draws every banner that is due.
#[component]
pub fn Banners() -> impl IntoView {
    view! {
        <div class="app__banners">
            {move || refused()} {move || restarted()} {move || trouble()} {move || ephemeral()} {move || update()}
        </div>
    }
}

fn refused() -> Option<impl IntoView> {
    let EngineStatus::Refused(failure) = Engine::get().status() else { return None };
    let sentence = failure.sentence.clone();
    Some(view! {
        <Banner kind=BannerKind::Danger text=failure.sentence>
            <CopyButton label="Copy" text=Signal::derive(move || sentence.clone()) />
            <Button on_click=move |()| super::document::reload()>"Reload"</Button>
        </Banner>
    })
}

fn restarted() -> Option<impl IntoView> {
    let engine = Engine::get();
    engine.restarted().map(|sentence| {
        view! {
            <Banner kind=BannerKind::Warning text=sentence>
                <Button kind=crate::ui::button::ButtonKind::Quiet on_click=move |()| engine.dismiss_restarted()>
                    "Dismiss"
                </Button>
            </Banner>
        }
    })
}

fn trouble() -> Option<impl IntoView> {
    let storage = Storage::get();
    storage.trouble().map(|failure| {
        let sentence = failure.sentence.clone();
        view! {
            <Banner kind=BannerKind::Danger text=failure.sentence>
                <CopyButton label="Copy" text=Signal::derive(move || sentence.clone()) />
                <a href=Route::Health.href()>"Health"</a>
                <Button on_click=move |()| super::document::reload()>"Reload"</Button>
                <Button kind=crate::ui::button::ButtonKind::Quiet on_click=move |()| storage.dismiss_trouble()>
                    "Dismiss"
                </Button>
            </Banner>
        }
    })
}

fn ephemeral() -> Option<impl IntoView> {
    let StorageStatus { mode: StorageMode::Ephemeral, note, .. } = Storage::get().status()? else {
        return None;
    };
    let why = note.map_or_else(String::new, |note| format!(": {note}"));
    let text = format!("Records are only in memory and go with this tab{why}. Export what you want to keep");
    Some(view! { <Banner kind=BannerKind::Warning text /> })
}

fn update() -> Option<impl IntoView> {
    let updates = Updates::get();
    updates.is_ready().then(|| {
        view! {
            <Banner kind=BannerKind::Info text="Update ready">
                <Button on_click=move |()| updates.apply()>"Reload"</Button>
                <Button kind=crate::ui::button::ButtonKind::Quiet on_click=move |()| updates.dismiss()>
                    "Later"
                </Button>
            </Banner>
        }
    })
}
