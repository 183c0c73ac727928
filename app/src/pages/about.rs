//! What this is, and how it treats what one gives it.

use leptos::prelude::*;

use crate::model::keys::{GROUPS, KeyGroup, KeyHelp};
use crate::model::storage_line::{meaning, mode, room};
use crate::state::storage::Storage;

/// Draws the page.
#[component]
pub fn AboutPage() -> impl IntoView {
    view! {
        <article class="about">
            <h1 class="about__title">"Tablog"</h1>
            <p>"Kafka’s log, in a browser tab. Publish, browse and replay topics offline."</p>
            <p class="muted">"Version " {env!("CARGO_PKG_VERSION")} " · MIT or Apache-2.0, as you like"</p>
            <h2>"Where records are"</h2>
            <StorageWords />
            <h2>"Keys"</h2>
            <KeyList />
        </article>
    }
}

#[component]
fn StorageWords() -> impl IntoView {
    let storage = Storage::get();
    let now = move || {
        storage.status().map(|status| {
            format!("Here and now: {}, {}. {}.", mode(status.mode), room(&status), meaning(status.mode))
        })
    };
    view! {
        <p>
            "In this browser’s own database (IndexedDB), on this machine, as the very bytes that Kafka stores: record batches, version 2. "
            "Nothing leaves this machine: the page may not talk to any other site, and its security policy says so to the browser."
        </p>
        <p>
            "A browser may delete a site’s data when the disk runs full, unless it promised to keep it. "
            "Export what you cannot lose: JSON Lines hold everything and import back identical."
        </p>
        <p>{now}</p>
    }
}

/// Draws all keys.
#[component]
pub fn KeyList() -> impl IntoView {
    let group = |group: KeyGroup| {
        let line = |key: &KeyHelp| {
            view! {
                <div class="keys__line">
                    <dt>{keycaps(key)}</dt>
                    <dd>{key.does}</dd>
                </div>
            }
        };
        view! {
            <section class="keys__group">
                <h3>{group.title}</h3>
                <dl>{group.keys.iter().map(line).collect_view()}</dl>
            </section>
        }
    };
    view! { <div class="keys">{GROUPS.into_iter().map(group).collect_view()}</div> }
}

fn keycaps(key: &KeyHelp) -> impl IntoView + use<> {
    let choice = |(index, keys): (usize, Vec<&'static str>)| {
        let caps = keys.into_iter().map(|key| view! { <kbd>{key}</kbd> }).collect_view();
        view! {
            {(index > 0).then_some(" or ")}
            {caps}
        }
    };
    key.caps().into_iter().enumerate().map(choice).collect_view()
}
