//! Replaying a topic or a file: its records come again, in their own time or another, onto the screen or into a topic.

mod into_topic;
mod player;
mod transport;

use leptos::prelude::*;

use self::into_topic::IntoTopicDialog;
use self::player::Player;
use self::transport::Transport;
use super::column_picker::ColumnPicker;
use super::damage::DamageBanner;
use super::follow::{Follow, NewRows};
use super::isolation_picker::IsolationPicker;
use super::messages::row_px;
use super::overview::Overview;
use super::partition_picker::PartitionPicker;
use super::selection::{RecordGrid, Selection};
use crate::engine::protocol::{IsolationLevel, ReplayCommand, SourceRef};
use crate::state::engine::Engine;
use crate::state::route::Router;
use crate::state::view::RecordView;
use crate::ui::virtual_list::VirtualList;

/// Shows a source's replay: the grid up to where it stands, and the transport bar.
#[component]
pub fn ReplayPage(
    /// Whose records.
    source: SourceRef,
) -> impl IntoView {
    let engine = Engine::get();
    let look = Router::get().look();
    let chosen = Memo::new(move |_| look.with(|look| (look.partitions.clone(), look.isolation)));
    move || {
        // A replay belongs to one engine and to one choice of partitions and isolation level.
        engine.generation();
        let (partitions, isolation) = chosen.get();
        view! { <Replay source=source.clone() partitions isolation /> }
    }
}

#[component]
fn Replay(source: SourceRef, partitions: Option<Vec<i32>>, isolation: IsolationLevel) -> impl IntoView {
    let records = RecordView::open(source.clone(), partitions, isolation);
    let player = Player::open(records);
    let list = VirtualList::new(row_px());
    let follow = Follow::new(records, list, player.shown());
    // The newest row is in view until somebody scrolls up; who steers the replay wants to see what it does.
    follow.go_to_end();
    player.on_steered(move || follow.go_to_end());
    let selection = Selection::new(source, records, list);
    let is_asking_where = RwSignal::new(false);
    let jump = Callback::new(move |at: i64| player.command(ReplayCommand::SeekTime(at)));
    let newest = Memo::new(move |_| player.rows_shown().checked_sub(1));
    transport::listen_to_keys(player);

    view! {
        <section class="messages replay" aria-label="Replay">
            <Overview
                records
                visible=Signal::derive(move || list.visible())
                cursor=Signal::derive(move || player.timestamp())
                on_jump=jump
            />
            <div class="messages__toolbar" role="toolbar" aria-label="Replay view">
                <PartitionPicker records />
                <ColumnPicker />
                <IsolationPicker records />
            </div>
            <DamageBanner records />
            <RecordGrid
                label="Replayed messages"
                selection
                kind=Callback::new(move |row| (newest.get() == Some(row)).then_some("newest"))
            >
                <Waiting records player />
                <NewRows follow />
            </RecordGrid>
            <Transport player records on_target=Callback::new(move |()| is_asking_where.set(true)) />
            <Show when=move || is_asking_where.get()>
                <IntoTopicDialog records player on_close=Callback::new(move |()| is_asking_where.set(false)) />
            </Show>
        </section>
    }
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
    move || words().map(|words| view! { <p class="messages__empty">{words}</p> })
}
