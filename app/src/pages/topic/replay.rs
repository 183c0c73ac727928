//! Replaying a topic or a file: its records come again, in their own time or another, onto the screen or into a topic.

mod into_topic;
mod player;
mod transport;

use leptos::prelude::*;

use self::into_topic::IntoTopicDialog;
use self::player::Player;
use self::transport::Transport;
use super::damage::DamageBanner;
use super::details::Details;
use super::messages::cells::{COLUMNS, RowCells, row_kind};
use super::messages::{ROW_PX, details_of};
use super::overview::Overview;
use crate::engine::protocol::{ReplayCommand, SourceRef};
use crate::model::scroll::Align;
use crate::state::engine::Engine;
use crate::state::route::Router;
use crate::state::view::RecordView;
use crate::ui::banner::{Banner, BannerKind};
use crate::ui::virtual_grid::VirtualGrid;
use crate::ui::virtual_list::VirtualList;

/// Shows a source's replay: the grid up to where it stands, and the transport bar.
#[component]
pub fn ReplayPage(
    /// Whose records.
    source: SourceRef,
) -> impl IntoView {
    let engine = Engine::get();
    let look = Router::get().look();
    let partitions = Memo::new(move |_| look.with(|look| look.partitions.clone()));
    move || {
        // A replay belongs to one engine and to one choice of partitions.
        engine.generation();
        view! { <Replay source=source.clone() partitions=partitions.get() /> }
    }
}

#[component]
fn Replay(source: SourceRef, partitions: Option<Vec<i32>>) -> impl IntoView {
    let router = Router::get();
    let records = RecordView::open(source.clone(), partitions);
    let player = Player::open(records);
    let list = VirtualList::new(ROW_PX);
    let selected = RwSignal::new(None::<u64>);
    let is_asking_where = RwSignal::new(false);
    show_what_was_played(records, player, list);

    let details = details_of(source.clone());
    let open = Callback::new(move |row: u64| {
        selected.set(Some(row));
        if let Some(record) = records.row_untracked(row) {
            router.replace_look(|look| look.record = Some((record.partition, record.offset)));
        }
    });
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
    let jump = Callback::new(move |at: i64| player.command(ReplayCommand::SeekTime(at)));
    let newest = move |row: u64| player.rows_shown().checked_sub(1) == Some(row);
    transport::listen_to_keys(player);

    view! {
        <section class="messages replay" aria-label="Replay">
            <Overview
                records
                visible=Signal::derive(move || list.visible())
                cursor=Signal::derive(move || player.timestamp())
                on_jump=jump
            />
            <DamageBanner records />
            <div class="messages__main" class:has-details=move || details.with(Option::is_some)>
                <div class="messages__grid">
                    <VirtualGrid
                        list
                        label="Replayed messages"
                        columns=COLUMNS
                        cells=move |row| view! { <RowCells records row /> }.into_any()
                        selected
                        on_open=open
                        on_move=move_along
                        row_kind=Callback::new(move |row| {
                            if newest(row) { Some("newest") } else { row_kind(records, row) }
                        })
                    />
                    <Waiting records player />
                </div>
                {move || details.get().map(|record| view! { <Details record on_close=close /> })}
            </div>
            <Transport player records on_target=Callback::new(move |()| is_asking_where.set(true)) />
            <Show when=move || is_asking_where.get()>
                <IntoTopicDialog records player on_close=Callback::new(move |()| is_asking_where.set(false)) />
            </Show>
        </section>
    }
}

/// Keeps the grid as long as what was played, with the newest row in view.
fn show_what_was_played(records: RecordView, player: Player, list: VirtualList) {
    Effect::new(move || list.set_rows(player.rows_shown(), true));
    Effect::new(move || records.want(list.visible(), records.rows()));
    Effect::new(move || {
        // Rows that were taken back are gone from view; the newest one is shown.
        if let Some(last) = player.rows_shown().checked_sub(1) {
            list.scroll_to(last, Align::Bottom);
        }
    });
}

#[component]
fn Waiting(records: RecordView, player: Player) -> impl IntoView {
    let words = move || {
        let rows = records.with_state(|state| state.rows)?;
        match (rows, player.rows_shown()) {
            (0, _) => Some("There are no records to replay yet"),
            (_, 0) => Some("Press Play or Space: records appear as they were recorded"),
            _ => None,
        }
    };
    view! {
        {move || words().map(|words| view! { <p class="messages__empty">{words}</p> })}
        {move || {
            records.failure().map(|failure| view! { <Banner kind=BannerKind::Danger text=failure.sentence /> })
        }}
    }
}
