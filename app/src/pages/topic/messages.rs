//! The messages of a topic or a file: every partition's records in time order, in one grid.

pub mod cells;
mod follow;
mod start;
mod toolbar;

use leptos::prelude::*;

use self::cells::{COLUMNS, RowCells, row_kind};
use self::follow::Follow;
use self::toolbar::Toolbar;
use super::damage::DamageBanner;
use super::details::Details;
use super::overview::Overview;
use crate::engine::protocol::{RecordRef, SourceRef, Start};
use crate::model::scroll::Align;
use crate::state::engine::Engine;
use crate::state::route::{Route, Router, Tab};
use crate::state::view::RecordView;
use crate::ui::banner::{Banner, BannerKind};
use crate::ui::button::{Button, ButtonKind};
use crate::ui::virtual_grid::VirtualGrid;
use crate::ui::virtual_list::VirtualList;

/// Height of a row in CSS pixels. Keep it equal to `--row` in the tokens.
pub(super) const ROW_PX: f64 = 24.0;

/// Shows a source's messages. What is looked at is in the address.
#[component]
pub fn MessagesPage(
    /// Whose messages.
    source: SourceRef,
) -> impl IntoView {
    let engine = Engine::get();
    let look = Router::get().look();
    let partitions = Memo::new(move |_| look.with(|look| look.partitions.clone()));
    move || {
        // A view belongs to one engine and to one choice of partitions.
        engine.generation();
        view! { <Messages source=source.clone() partitions=partitions.get() /> }
    }
}

#[component]
fn Messages(source: SourceRef, partitions: Option<Vec<i32>>) -> impl IntoView {
    let router = Router::get();
    let records = RecordView::open(source.clone(), partitions);
    let is_topic = matches!(source, SourceRef::Topic(_));
    let list = VirtualList::new(ROW_PX);
    let follow = Follow::new(records, list);
    let selected = RwSignal::new(None::<u64>);
    start::go_where_the_address_says(records, list, follow, selected);

    let details = details_of(source.clone());
    let open = Callback::new(move |row: u64| {
        selected.set(Some(row));
        if let Some(record) = records.row_untracked(row) {
            router.replace_look(|look| look.record = Some((record.partition, record.offset)));
        }
    });
    // Open details go along with the focus.
    let move_along = Callback::new(move |row: u64| {
        if details.with_untracked(Option::is_some) {
            open.run(row);
        }
    });
    let close = Callback::new(move |()| {
        selected.set(None);
        router.replace_look(|look| look.record = None);
        list.take_focus();
    });
    let on_key = Callback::new(move |event: leptos::ev::KeyboardEvent| {
        let closes = event.key() == "Escape" && details.with_untracked(Option::is_some);
        if closes {
            close.run(());
        }
        closes
    });
    let jump = Callback::new(move |at: i64| {
        follow.let_go();
        router.replace_look(|look| look.start = Some(Start::Time(at)));
    });

    view! {
        <section class="messages" aria-label="Messages">
            <Overview records visible=Signal::derive(move || list.visible()) cursor=Signal::derive(|| None) on_jump=jump />
            <Toolbar source=source records follow />
            <DamageBanner records />
            <div class="messages__main" class:has-details=move || details.with(Option::is_some)>
                <div class="messages__grid">
                    <VirtualGrid
                        list
                        label="Messages"
                        columns=COLUMNS
                        cells=move |row| view! { <RowCells records row /> }.into_any()
                        selected
                        on_open=open
                        on_move=move_along
                        on_key
                        row_kind=Callback::new(move |row| row_kind(records, row))
                    />
                    <Empty records is_topic />
                    <NewRows follow />
                </div>
                {move || {
                    details.get().map(|record| view! { <Details record on_close=close /> })
                }}
            </div>
        </section>
    }
}

/// Returns the record whose details the address asks for.
pub(super) fn details_of(source: SourceRef) -> Memo<Option<RecordRef>> {
    let router = Router::get();
    let look = router.look();
    Memo::new(move |_| {
        // The publish drawer lies where the details would.
        if matches!(router.route(), Route::Topic { tab: Tab::Publish, .. }) {
            return None;
        }
        let (partition, offset) = look.with(|look| look.record)?;
        Some(RecordRef { source: source.clone(), partition, offset })
    })
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
        {move || {
            records
                .failure()
                .map(|failure| view! { <Banner kind=BannerKind::Danger text=failure.sentence /> })
        }}
    }
}

/// Says how many records came while the grid was elsewhere, and goes there.
#[component]
fn NewRows(follow: Follow) -> impl IntoView {
    view! {
        <Show when=move || { follow.new_rows() > 0 }>
            <div class="messages__new">
                <Button kind=ButtonKind::Primary on_click=Callback::new(move |()| follow.go_to_end())>
                    {move || format!("↓ {} new", crate::model::format::grouped(follow.new_rows()))}
                </Button>
            </div>
        </Show>
    }
}

/// Brings a located row to where it is easily seen.
pub(super) fn show_row(list: VirtualList, row: u64) {
    list.scroll_to(row, Align::Top);
    list.focus(row);
}
