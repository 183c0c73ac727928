//! The timeline over a grid: how many records when, which part of it is in view, where a replay stands.

use std::ops::Range;

use leptos::prelude::*;

use crate::engine::protocol::{Histogram, Reply, Request};
use crate::model::clock;
use crate::model::time_line::TimeLine;
use crate::state::engine::Engine;
use crate::state::view::RecordView;
use crate::ui::timeline::{Mark, Timeline};

/// Bars of the timeline: finer than this nobody sees.
const BUCKETS: u32 = 240;

/// The counts are asked for again at most this often while records come.
const REFRESH_MS: u64 = 500;

/// Draws a view's timeline. A press goes to that time.
#[component]
pub fn Overview(
    /// Whose records.
    records: RecordView,
    /// The rows in view.
    visible: Signal<Range<u64>>,
    /// The recorded time at which a replay stands.
    cursor: Signal<Option<i64>>,
    /// Goes to a time.
    on_jump: Callback<i64>,
) -> impl IntoView {
    let histogram = follow_histogram(records);
    // While rows are on their way the part stays where it was: the arrow keys go on from it.
    let part_in_view = Memo::new(move |before: Option<&Option<(i64, i64)>>| {
        let visible = visible.get();
        let time = |row: u64| records.with_row(row, |row| row.map(|row| row.timestamp));
        let last = visible.end.min(records.rows()).checked_sub(1)?;
        time(visible.start).zip(time(last)).or_else(|| before.copied().flatten())
    });
    move || {
        let histogram = histogram.get()?;
        if histogram.counts.iter().all(|count| *count == 0) {
            return None;
        }
        let (from, to) = (histogram.from, histogram.to);
        let mark = Signal::derive(move || part_in_view.get().map(|(from, to)| Mark { from, to }));
        view! {
            <div class="overview">
                <Timeline
                    label="Records over time"
                    counts=histogram.counts
                    line=TimeLine { from, to }
                    mark
                    cursor
                    words=clock::record_time
                    on_jump
                />
                <div class="overview__ends" aria-hidden="true">
                    <span>{clock::record_time(from)}</span>
                    <span>{clock::record_time(to)}</span>
                </div>
            </div>
        }
        .into()
    }
}

/// Asks for the counts whenever the view changed, but not for every record.
fn follow_histogram(records: RecordView) -> RwSignal<Option<Histogram>> {
    let engine = Engine::get();
    let histogram = RwSignal::new(None);
    let is_waiting = StoredValue::new(false);
    let ask = move || {
        is_waiting.try_set_value(false);
        let Some(view) = records.try_id() else { return };
        leptos::task::spawn_local(async move {
            if let Ok(Reply::Histogram(news)) =
                engine.request(Request::Histogram { view, buckets: BUCKETS }).await
            {
                histogram.try_set(Some(news));
            }
        });
    };
    Effect::new(move |previous: Option<bool>| {
        let is_open = records.with_state(|_| ()).is_some();
        if is_open && previous != Some(true) {
            ask();
        } else if is_open && !is_waiting.get_value() {
            is_waiting.set_value(true);
            set_timeout(ask, std::time::Duration::from_millis(REFRESH_MS));
        }
        is_open
    });
    histogram
}
