//! The messages of a topic or a file: every partition's records in time order, in one grid.

pub mod cells;
mod start;
mod toolbar;

use leptos::prelude::*;

use self::start::Starting;
use self::toolbar::Toolbar;
use super::damage::DamageBanner;
use super::follow::{Follow, NewRows};
use super::overview::Overview;
use super::selection::{RecordGrid, Selection};
use crate::engine::protocol::{IsolationLevel, SourceRef, Start};
use crate::state::engine::Engine;
use crate::state::media::Media;
use crate::state::route::Router;
use crate::state::view::RecordView;
use crate::ui::virtual_list::VirtualList;

/// Returns the height of a row in CSS pixels: on a narrow screen one that a finger hits.
pub(super) fn row_px() -> f64 {
    if untrack(|| Media::get().is_narrow()) { 44.0 } else { 24.0 }
}

/// Shows a source's messages. What is looked at is in the address.
#[component]
pub fn MessagesPage(
    /// Whose messages.
    source: SourceRef,
) -> impl IntoView {
    let engine = Engine::get();
    let look = Router::get().look();
    let chosen = Memo::new(move |_| look.with(|look| (look.partitions.clone(), look.isolation)));
    move || {
        // A view belongs to one engine and to one choice of partitions and isolation level.
        engine.generation();
        let (partitions, isolation) = chosen.get();
        view! { <Messages source=source.clone() partitions isolation /> }
    }
}

#[component]
fn Messages(source: SourceRef, partitions: Option<Vec<i32>>, isolation: IsolationLevel) -> impl IntoView {
    let records = RecordView::open(source.clone(), partitions, isolation);
    let is_topic = matches!(source, SourceRef::Topic(_));
    let list = VirtualList::new(row_px());
    let follow = Follow::new(records, list, Memo::new(move |_| records.rows()));
    let selection = Selection::new(source.clone(), records, list);
    let starting = Starting::new(&source);
    start::go_where_the_address_says(records, list, follow, selection, starting);
    let jump = Callback::new(move |at: i64| {
        follow.let_go();
        starting.go(Start::Time(at));
    });

    view! {
        <section class="messages" aria-label="Messages">
            <Overview records visible=Signal::derive(move || list.visible()) cursor=Signal::derive(|| None) on_jump=jump />
            <Toolbar source records follow starting />
            <DamageBanner records />
            <RecordGrid label="Messages" selection>
                <Empty records is_topic />
                // A file that is looked through has no news.
                {is_topic.then(|| view! { <NewRows follow /> })}
            </RecordGrid>
        </section>
    }
}

#[component]
fn Empty(records: RecordView, is_topic: bool) -> impl IntoView {
    let words = if is_topic {
        "No records here yet. Publish one, or choose other partitions."
    } else {
        "This file holds no record that can be read"
    };
    let is_empty =
        move || records.with_state(|state| state.rows == 0 && state.indexing.is_none()) == Some(true);
    view! {
        <Show when=is_empty>
            <p class="messages__empty">{words}</p>
        </Show>
    }
}
