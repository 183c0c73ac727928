//! Counts along a line of time, as bars: with the part in view marked, and a cursor that runs over it.

use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::html::Div;
use leptos::prelude::*;

use crate::model::bars;
use crate::model::time_line::TimeLine;

/// Height of the drawing in its own units.
const HEIGHT: f64 = 32.0;

/// A part of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Where it begins.
    pub from: i64,
    /// Where it ends.
    pub to: i64,
}

/// Draws counts in buckets of equal length between `from` and `to`. Pressing, dragging and the arrow keys go to a place on it.
#[component]
pub fn Timeline(
    /// What is counted.
    #[prop(into)]
    label: String,
    /// The counts.
    counts: Vec<u64>,
    /// From where the first bucket begins to where the last one ends.
    line: TimeLine,
    /// The part in view.
    mark: Signal<Option<Mark>>,
    /// Where something stands.
    cursor: Signal<Option<i64>>,
    /// Says a place in words.
    words: impl Fn(i64) -> String + Copy + Send + Sync + 'static,
    /// Goes to a place.
    on_jump: Callback<i64>,
) -> impl IntoView {
    let buckets = counts.len();
    let path = bars::path(&counts, HEIGHT);
    let share = move |at: i64| line.share(at);
    let root = NodeRef::<Div>::new();
    let place = move |event: &PointerEvent| {
        let width = root.get_untracked().map_or(1.0, |root| f64::from(root.client_width()).max(1.0));
        line.at(f64::from(event.offset_x()) / width)
    };
    let stands_at = move || cursor.get().or_else(|| mark.get().map(|mark| mark.from)).unwrap_or(line.from);
    let aim = StoredValue::new(None);
    let step = move |right: bool| {
        let next = line.step(untrack(stands_at), aim.get_value(), right);
        aim.set_value(Some(next));
        next.to()
    };
    let on_keydown = move |event: KeyboardEvent| {
        let to_go = match event.key().as_str() {
            "ArrowRight" => step(true),
            "ArrowLeft" => step(false),
            "Home" => line.from,
            "End" => line.to,
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        on_jump.run(to_go);
    };
    view! {
        <div
            class="timeline"
            node_ref=root
            role="slider"
            tabindex="0"
            aria-label=label
            aria-valuemin=line.from.to_string()
            aria-valuemax=line.to.to_string()
            aria-valuenow=move || stands_at().to_string()
            aria-valuetext=move || words(stands_at())
            on:keydown=on_keydown
            on:pointerdown=move |event| on_jump.run(place(&event))
            on:pointermove=move |event| {
                if event.buttons() & 1 == 1 {
                    on_jump.run(place(&event));
                }
            }
        >
            <svg class="timeline__bars" viewBox=format!("0 0 {buckets} {HEIGHT}") preserveAspectRatio="none" aria-hidden="true">
                <path d=path></path>
            </svg>
            {move || {
                mark.get()
                    .map(|mark| {
                        let (left, right) = (share(mark.from), share(mark.to));
                        view! {
                            <span
                                class="timeline__mark"
                                style:inset-inline-start=percent(left)
                                style:inline-size=percent(right - left)
                            ></span>
                        }
                    })
            }}
            {move || {
                cursor
                    .get()
                    .map(|at| view! { <span class="timeline__cursor" style:inset-inline-start=percent(share(at))></span> })
            }}
        </div>
    }
}

fn percent(share: f64) -> String {
    format!("{:.3}%", share * 100.0)
}
