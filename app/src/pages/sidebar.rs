//! What there is: stored topics, opened files, and the room they take.

mod storage;

use leptos::prelude::*;

pub use self::storage::StorageLine;
use super::open_files::{OpenFilesButton, OpenFolderButton};
use super::top_bar::{Brand, GlobalActions};
use crate::model::format::{abbreviated, bytes, counted};
use crate::state::dialogs::{Dialog, Dialogs};
use crate::state::files::{Files, OpenFile};
use crate::state::route::{Route, Router, Tab};
use crate::state::topics::{TopicEntry, Topics};
use crate::ui::button::IconButton;
use crate::ui::field::TextField;
use crate::ui::icon::{Glyph, Icon};

/// Draws the list at the left.
#[component]
pub fn Sidebar() -> impl IntoView {
    view! {
        <aside class="sidebar" aria-label="Topics and files">
            <div class="sidebar__brand">
                <Brand />
                <GlobalActions />
            </div>
            <SourceList />
        </aside>
    }
}

/// Draws topics, files and storage; the sheet of narrow screens holds the same.
#[component]
pub fn SourceList() -> impl IntoView {
    let filter = RwSignal::new(String::new());
    view! {
        <nav class="sidebar__list">
            <TopicsHead filter />
            <TopicList filter />
            <FileList />
        </nav>
        <StorageLine />
    }
}

/// The first screen and the list of all topics have these buttons themselves.
fn has_own_buttons(route: &Route) -> bool {
    matches!(route, Route::Home | Route::Topics)
}

#[component]
fn TopicsHead(filter: RwSignal<String>) -> impl IntoView {
    let (router, dialogs) = (Router::get(), Dialogs::get());
    view! {
        <div class="sidebar__head">
            <a class="sidebar__title" href="#/topics" on:click=move |_| dialogs.close()>
                "Topics"
            </a>
        </div>
        <div class="sidebar__tools">
            <TextField label="Filter" value=filter bare=true placeholder="Filter" hotkey="/" />
            <Show when=move || !has_own_buttons(&router.route())>
                <IconButton
                    glyph=Glyph::Plus
                    label="New topic"
                    on_click=move |()| dialogs.open(Dialog::NewTopic)
                />
            </Show>
        </div>
    }
}

#[component]
fn TopicList(filter: RwSignal<String>) -> impl IntoView {
    let topics = Topics::get();
    let shown = Memo::new(move |_| {
        let wanted = filter.get().trim().to_lowercase();
        let keys = topics.entries().unwrap_or_default().into_iter().map(|entry| entry.key());
        keys.filter(|(name, _)| name.to_lowercase().contains(&wanted)).collect::<Vec<_>>()
    });
    let nothing = move || {
        let text = match topics.is_empty() {
            Some(true) => "No topics yet",
            Some(false) if shown.with(Vec::is_empty) => "No topic fits the filter",
            _ => return None,
        };
        Some(view! { <p class="sidebar__nothing">{text}</p> })
    };
    view! {
        <ul class="sidebar__items">
            <For each=move || shown.get() key=Clone::clone let:topic>
                {topics.find(&topic.0).map(|entry| view! { <TopicLine entry /> })}
            </For>
        </ul>
        {nothing}
    }
}

#[component]
fn TopicLine(entry: TopicEntry) -> impl IntoView {
    let (router, dialogs) = (Router::get(), Dialogs::get());
    let TopicEntry { name, summary, is_growing, .. } = entry;
    let own = name.clone();
    let is_current = Memo::new(move |_| matches!(router.route(), Route::Topic { name, .. } if name == own));
    let records = {
        let summary = summary.clone();
        move || abbreviated(summary.with(|summary| summary.records))
    };
    let facts = move || {
        summary.with(|summary| {
            let (records, size) = (counted(summary.records, "record", "records"), bytes(summary.bytes));
            let partitions =
                counted(u64::try_from(summary.partitions).unwrap_or(0), "partition", "partitions");
            format!("{} · {records} · {size} · {partitions}", summary.name)
        })
    };
    view! {
        <li>
            <a
                class="source-line"
                href=Route::topic(name.clone(), Tab::Messages).href()
                title=facts
                aria-current=move || is_current.get().then_some("page")
                // On a narrow screen the list lies over the page.
                on:click=move |_| dialogs.close()
            >
                <span class="source-line__dot" data-growing=move || is_growing.get().then_some("")></span>
                <span class="source-line__name">{name.clone()}</span>
                <span class="source-line__count">{records}</span>
            </a>
        </li>
    }
}

#[component]
fn FileList() -> impl IntoView {
    let (files, router) = (Files::get(), Router::get());
    view! {
        <div class="sidebar__head">
            <span class="sidebar__title">"Files"</span>
        </div>
        <ul class="sidebar__items">
            <For each=move || files.opened() key=|file| file.id let:file>
                <FileLine file />
            </For>
        </ul>
        <Show when=move || !has_own_buttons(&router.route())>
            <div class="sidebar__tools">
                <OpenFilesButton />
                <OpenFolderButton />
            </div>
        </Show>
    }
}

#[component]
fn FileLine(file: OpenFile) -> impl IntoView {
    let (files, router, dialogs) = (Files::get(), Router::get(), Dialogs::get());
    let OpenFile { id, name, bytes: length, .. } = file;
    let is_current = Memo::new(move |_| matches!(router.route(), Route::File { file, .. } if file == id));
    let close = move |()| {
        if is_current.get_untracked() {
            router.navigate(Route::Home);
        }
        files.close(id);
    };
    view! {
        <li class="source-row">
            <a
                class="source-line"
                href=Route::file(id).href()
                title=name.clone()
                aria-current=move || is_current.get().then_some("page")
                on:click=move |_| dialogs.close()
            >
                <Icon glyph=Glyph::File />
                <span class="source-line__name">{name.clone()}</span>
                <span class="source-line__count">{bytes(length)}</span>
            </a>
            <IconButton glyph=Glyph::Cross label=format!("Close {name}") on_click=close />
        </li>
    }
}
