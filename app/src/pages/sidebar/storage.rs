//! The room that records take, and how safe they are there.

use leptos::prelude::*;

use crate::engine::protocol::{StorageMode, StorageStatus};
use crate::model::storage_line::{fraction, meaning, mode, room};
use crate::state::dialogs::Dialogs;
use crate::state::route::Route;
use crate::state::storage::Storage;
use crate::ui::button::{Button, ButtonKind};

/// Draws the storage line; it shows nothing until storage is known.
#[component]
pub fn StorageLine() -> impl IntoView {
    let storage = Storage::get();
    move || storage.status().map(|status| line(storage, &status))
}

fn line(storage: Storage, status: &StorageStatus) -> impl IntoView + use<> {
    let asks = status.mode == StorageMode::BestEffort;
    let used = fraction(status);
    let dialogs = Dialogs::get();
    view! {
        <section class="storage" aria-label="Storage">
            <p class="storage__words">
                <span class="storage__label">"Storage"</span>
                <span class="storage__mode" data-mode=mode(status.mode) title=meaning(status.mode)>
                    {mode(status.mode)}
                </span>
                <span class="storage__room">{room(status)}</span>
            </p>
            {used.map(|used| view! { <meter class="storage__bar" aria-label="Room used" min="0" max="1" prop:value=used></meter> })}
            <p class="storage__links">
                {asks
                    .then(|| {
                        view! {
                            <Button kind=ButtonKind::Quiet on_click=move |()| storage.ask_to_keep()>
                                "Ask to keep it"
                            </Button>
                        }
                    })}
                // On a narrow screen the list lies over the page.
                <a href=Route::Health.href() on:click=move |_| dialogs.close()>
                    "Health"
                </a>
            </p>
        </section>
    }
}
