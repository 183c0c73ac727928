//! An opened file: the same grid and the same replay as a topic, read in place.

use leptos::prelude::*;

use super::open_files::OpenFilesButton;
use super::topic::export_items;
use super::topic::frame::{Fact, Frame};
use crate::engine::protocol::SourceRef;
use crate::model::format::bytes;
use crate::state::files::{FileState, Files, OpenFile};
use crate::state::route::{Look, Route, Router, Tab};
use crate::ui::empty::Empty;
use crate::ui::icon::Glyph;
use crate::ui::menu::MenuItem;
use crate::ui::problem::Problem;

/// Draws an opened file.
#[component]
pub fn FilePage(
    /// The page's number for it.
    id: u32,
) -> impl IntoView {
    let files = Files::get();
    let file = Memo::new(move |_| files.find(id).map(|file| file.id));
    // Other files that are opened or closed are no reason to build this page anew.
    move || match file.get().and_then(|_| untrack(|| files.find(id))) {
        Some(file) => view! { <Opened file /> }.into_any(),
        None => view! {
            <Empty
                title="This file is not open"
                text="A browser lets go of files when the page is loaded again. Open it once more"
            >
                <OpenFilesButton />
            </Empty>
        }
        .into_any(),
    }
}

#[component]
fn Opened(file: OpenFile) -> impl IntoView {
    let OpenFile { id, name, is_topic, state, .. } = file;
    let files = Files::get();
    let tabs = Tab::OF_FILES.to_vec();
    let router = Router::get();
    let bare = move |tab| Route::File { file: id, tab, look: Look::default() };
    // What is looked at is kept from tab to tab, as a topic keeps it.
    let href = move |tab| match router.route() {
        Route::File { file, .. } if file != id => bare(tab),
        route => route.at_tab(tab).unwrap_or_else(|| bare(tab)),
    };
    // More of a topic's files may be dropped while it is open.
    let length = Signal::derive(move || files.find(id).map(|file| bytes(file.bytes)).unwrap_or_default());
    let place = if is_topic { "a broker's folders, opened in place" } else { "opened in place" };
    let facts = vec![Fact(length), Fact::fixed(place)];
    let body_name = name.clone();
    let body = move || match state.get() {
        FileState::Opening => view! { <Empty title="Opening the file…" /> }.into_any(),
        FileState::Open(engine_file) => super::topic::body(SourceRef::File(engine_file), router).into_any(),
        FileState::Failed(failure) => view! {
            <Empty title=format!("{body_name} cannot be opened")>
                <Problem text=Some(failure.sentence) />
                <OpenFilesButton />
            </Empty>
        }
        .into_any(),
    };
    view! {
        <Frame name facts tabs href=Callback::new(href) menu=Signal::derive(move || file_menu(id))>
            {body}
        </Frame>
    }
}

fn file_menu(id: u32) -> Vec<MenuItem> {
    let (files, router) = (Files::get(), Router::get());
    let open = files.find(id).and_then(|file| match file.state.get() {
        FileState::Open(engine_file) => Some((SourceRef::File(engine_file), file.name)),
        FileState::Opening | FileState::Failed(_) => None,
    });
    let mut items = open.map(|(source, name)| export_items(&source, &name)).unwrap_or_default();
    let close = Callback::new(move |()| {
        router.navigate(Route::Home);
        files.close(id);
    });
    items.push(MenuItem { glyph: Glyph::Cross, title: "Close the file", is_danger: false, action: close });
    items
}
