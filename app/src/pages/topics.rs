//! All topics, in a table.

use leptos::prelude::*;

use super::open_files::OpenFilesButton;
use super::sidebar::StorageLine;
use crate::model::clock::date_time;
use crate::model::format::{bytes, grouped};
use crate::state::dialogs::{Dialog, Dialogs};
use crate::state::route::{Route, Tab};
use crate::state::topics::{TopicEntry, Topics};
use crate::ui::button::{Button, ButtonKind};
use crate::ui::empty::Empty;
use crate::ui::field::TextField;
use crate::ui::icon::Glyph;

/// Draws the list of all topics.
#[component]
pub fn TopicsPage() -> impl IntoView {
    let dialogs = Dialogs::get();
    let filter = RwSignal::new(String::new());
    view! {
        <div class="topics">
            <header class="page-head">
                <h1 class="page-head__title">"Topics"</h1>
                <div class="page-head__tools">
                    <TextField label="Filter" value=filter bare=true placeholder="Filter" hotkey="/" />
                    <OpenFilesButton />
                    <Button
                        kind=ButtonKind::Primary
                        glyph=Glyph::Plus
                        label="New topic"
                        on_click=move |()| dialogs.open(Dialog::NewTopic)
                    >
                        "New topic…"
                    </Button>
                </div>
            </header>
            <div class="topics__table">
                <TopicsTable filter />
            </div>
            <StorageLine />
        </div>
    }
}

#[component]
fn TopicsTable(filter: RwSignal<String>) -> impl IntoView {
    let topics = Topics::get();
    let shown = Memo::new(move |_| {
        let wanted = filter.get().trim().to_lowercase();
        let keys = topics.entries().unwrap_or_default().into_iter().map(|entry| entry.key());
        keys.filter(|(name, _)| name.to_lowercase().contains(&wanted)).collect::<Vec<_>>()
    });
    move || match topics.is_empty() {
        None => ().into_any(),
        Some(true) => view! {
            <Empty title="No topics yet" text="Make one, open a file, or try a sample">
                <a href="#/">"First screen"</a>
            </Empty>
        }
        .into_any(),
        Some(false) if shown.with(Vec::is_empty) => view! {
            <Empty title="No topic fits the filter">
                <Button on_click=move |()| filter.set(String::new())>"Show all"</Button>
            </Empty>
        }
        .into_any(),
        Some(false) => view! { <Table shown /> }.into_any(),
    }
}

#[component]
fn Table(shown: Memo<Vec<(String, String)>>) -> impl IntoView {
    let topics = Topics::get();
    view! {
        <table class="table">
            <thead>
                <tr>
                    <th scope="col">"Name"</th>
                    <th scope="col" class="number">"Partitions"</th>
                    <th scope="col" class="number">"Records"</th>
                    <th scope="col" class="number">"Bytes"</th>
                    <th scope="col" class="number">"Last record"</th>
                    <th scope="col">
                        <span class="visually-hidden">"Actions"</span>
                    </th>
                </tr>
            </thead>
            <tbody>
                <For each=move || shown.get() key=Clone::clone let:topic>
                    {topics.find(&topic.0).map(|entry| view! { <Row entry /> })}
                </For>
            </tbody>
        </table>
    }
}

#[component]
fn Row(entry: TopicEntry) -> impl IntoView {
    let dialogs = Dialogs::get();
    let TopicEntry { name, summary, is_growing, .. } = entry;
    let cell = |read: fn(&crate::engine::protocol::TopicSummary) -> String| {
        let summary = summary.clone();
        move || summary.with(read)
    };
    let (label, target) = (format!("Delete topic {name}"), name.clone());
    view! {
        <tr>
            <td>
                <a class="topics__name" href=Route::topic(name.clone(), Tab::Messages).href()>
                    <span class="source-line__dot" data-growing=move || is_growing.get().then_some("")></span>
                    {name.clone()}
                </a>
            </td>
            <td class="number">{cell(|it| grouped(it.partitions))}</td>
            <td class="number">{cell(|it| grouped(it.records))}</td>
            <td class="number">{cell(|it| bytes(it.bytes))}</td>
            <td class="number topics__time">{cell(|it| it.last_timestamp.map_or_else(|| "–".to_owned(), date_time))}</td>
            <td class="topics__actions">
                <crate::ui::button::IconButton
                    glyph=Glyph::Trash
                    label
                    on_click=move |()| dialogs.open(Dialog::DeleteTopic(target.clone()))
                />
            </td>
        </tr>
    }
}
