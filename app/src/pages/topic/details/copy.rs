//! Copying out of a record: its value, its key, a link to it.

use leptos::prelude::*;

use crate::engine::protocol::{Part, RecordRef, Reply, Request};
use crate::state::engine::Engine;
use crate::state::toast::Toasts;
use crate::ui::copy::copy;
use crate::ui::icon::Glyph;
use crate::ui::menu::{Menu, MenuItem};

/// Draws the menu of what can be copied.
#[component]
pub fn CopyMenu(record: RecordRef) -> impl IntoView {
    let record = StoredValue::new(record);
    let part = move |part: Part| Callback::new(move |()| copy_part(record.get_value(), part));
    let item = |glyph, title, action| MenuItem { glyph, title, is_danger: false, action };
    let items = vec![
        item(Glyph::Copy, "Copy value", part(Part::Value)),
        item(Glyph::Copy, "Copy key", part(Part::Key)),
        item(Glyph::Link, "Copy link", Callback::new(|()| copy_link())),
    ];
    view! { <Menu label="Copy" glyph=Glyph::Copy items=items /> }
}

/// Puts a key or value on the clipboard, if it is text.
fn copy_part(record: RecordRef, part: Part) {
    let (engine, toasts) = (Engine::get(), Toasts::get());
    leptos::task::spawn_local(async move {
        match engine.request(Request::Bytes { record, part }).await {
            Ok(Reply::Bytes(Some(bytes))) => match String::from_utf8(bytes) {
                Ok(text) => write(text, toasts).await,
                Err(_) => toasts.error("These bytes are not UTF-8 text: the clipboard cannot hold them. Export the topic to get them."),
            },
            Ok(Reply::Bytes(None)) => toasts.error("It is null: there is nothing to copy"),
            Ok(other) => leptos::logging::error!("bytes were asked for, and the engine answered {other:?}"),
            Err(failure) => toasts.error(failure.sentence),
        }
    });
}

fn copy_link() {
    let toasts = Toasts::get();
    leptos::task::spawn_local(async move {
        match window().location().href() {
            Ok(href) => write(href, toasts).await,
            Err(refused) => leptos::logging::error!("the address cannot be read: {refused:?}"),
        }
    });
}

async fn write(text: String, toasts: Toasts) {
    if copy(&text).await {
        toasts.info("Copied");
    } else {
        toasts.error("The browser did not let this page use the clipboard");
    }
}
