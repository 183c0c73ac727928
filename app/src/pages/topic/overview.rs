//! The timeline over a grid: how many records when, which part of it is in view, where a replay stands.

use std::ops::Range;

use leptos::prelude::*;

use crate::engine::protocol::{Histogram, Reply, Request};
use crate::model::clock;
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
    let part_in_view = Memo::new(move |_| {
        let visible = visible.get();
        let time = |row: u64| records.row(row).map(|row| row.timestamp);
        let last = visible.end.min(records.rows()).checked_sub(1)?;
        Some((time(visible.start)?, time(last)?))
    });
    move || {
        let histogram = histogram.get()?;
        if histogram.counts.iter().all(|count| *count == 0) {
            return None;
        }
        let (from, to) = (histogram.from, histogram.to);
        let mark = Signal::derive(move || {
            part_in_view.get().map(|(first, last)| Mark { from: first as f64, to: last as f64 })
        });
        let cursor = Signal::derive(move || cursor.get().map(|at| at as f64));
        view! {
            <div class="overview">
                <Timeline
                    label="Records over time"
                    counts=histogram.counts
                    from=from as f64
                    to=to as f64
                    mark
                    cursor
                    words=|at: f64| clock::date_time(at as i64)
                    on_jump=Callback::new(move |at: f64| on_jump.run(at as i64))
                />
                <div class="overview__ends" aria-hidden="true">
                    <span>{clock::date_time(from)}</span>
                    <span>{clock::date_time(to)}</span>
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
