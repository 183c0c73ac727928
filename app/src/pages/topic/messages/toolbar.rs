//! Above the grid: where to start, which partitions, and whether to follow the end.

use leptos::prelude::*;

use super::start::Starting;
use crate::engine::protocol::{SourceRef, Start};
use crate::model::start_draft::read_start;
use crate::model::{clock, format};
use crate::pages::topic::column_picker::ColumnPicker;
use crate::pages::topic::follow::Follow;
use crate::pages::topic::isolation_picker::IsolationPicker;
use crate::pages::topic::partition_picker::PartitionPicker;
use crate::state::route::Router;
use crate::state::view::RecordView;
use crate::ui::button::Button;
use crate::ui::field::{SelectField, TextField};
use crate::ui::popover::Popover;

/// Draws the controls of the grid.
#[component]
pub fn Toolbar(source: SourceRef, records: RecordView, follow: Follow, starting: Starting) -> impl IntoView {
    let is_topic = matches!(source, SourceRef::Topic(_));
    let rows = move || records.with_state(|state| format::counted(state.rows, "record", "records"));
    let indexing = move || {
        records
            .with_state(|state| state.indexing)
            .flatten()
            .map(|(done, total)| format!("indexing: {} of {}", format::bytes(done), format::bytes(total)))
    };
    view! {
        <div class="messages__toolbar" role="toolbar" aria-label="Messages view">
            <StartPicker starting />
            <PartitionPicker records />
            <ColumnPicker />
            <IsolationPicker records />
            {is_topic.then(|| view! { <LiveButton follow starting /> })}
            // Records may come many times a second: not to be read out.
            <span class="messages__count" role="status" aria-live="off">{rows}</span>
            <span class="messages__indexing">{indexing}</span>
        </div>
    }
}

#[component]
fn LiveButton(follow: Follow, starting: Starting) -> impl IntoView {
    let toggle = move |_| {
        if follow.is_on_untracked() {
            follow.let_go();
        } else {
            starting.forget();
            follow.go_to_end();
        }
    };
    view! {
        <button
            class="live-button"
            type="button"
            aria-pressed=move || follow.is_on().to_string()
            title="Follow new records as they come"
            on:click=toggle
        >
            <span class="live-button__dot" aria-hidden="true"></span>
            {move || if follow.is_on() { "Live" } else { "Paused" }}
        </button>
    }
}

/// Asks where to start: the newest, the oldest, an offset or a time.
#[component]
fn StartPicker(starting: Starting) -> impl IntoView {
    let router = Router::get();
    let look = router.look();
    let words = move || match look.with(|look| look.start).unwrap_or(starting.usual()) {
        Start::Newest => "newest".to_owned(),
        Start::Oldest => "oldest".to_owned(),
        Start::Offset { partition, offset } => format!("{partition} @ {}", format::grouped(offset)),
        Start::Time(at) => clock::date_time(at),
    };
    let usual = if starting.usual() == Start::Oldest { "oldest" } else { "newest" };
    let choice = RwSignal::new(usual.to_owned());
    let (partition, offset, time) =
        (RwSignal::new("0".to_owned()), RwSignal::new("0".to_owned()), RwSignal::new(String::new()));
    let error = RwSignal::new(None::<String>);
    let choices = Signal::stored(
        [("newest", "Newest"), ("oldest", "Oldest"), ("offset", "An offset…"), ("time", "A time…")]
            .map(|(value, words)| (value.to_owned(), words.to_owned()))
            .to_vec(),
    );
    let is_open = RwSignal::new(false);
    let go = move || match read_start(
        &choice.get_untracked(),
        &partition.get_untracked(),
        &offset.get_untracked(),
        &time.get_untracked(),
    ) {
        Ok(start) => {
            error.set(None);
            is_open.set(false);
            router.replace_look(|look| look.record = None);
            starting.go(start);
        }
        Err(sentence) => error.set(Some(sentence)),
    };
    view! {
        <Popover label="Start" words=Signal::derive(words) is_open>
            <form
                class="picker"
                on:submit=move |event| {
                    event.prevent_default();
                    go();
                }
            >
                <SelectField label="Start at" value=choice options=choices />
                <Show when=move || choice.get() == "offset">
                    <TextField label="Partition number" value=partition numeric=true mono=true />
                    <TextField label="Offset" value=offset numeric=true mono=true error />
                </Show>
                <Show when=move || choice.get() == "time">
                    <TextField
                        label="Time"
                        value=time
                        mono=true
                        placeholder="2026-11-20 14:03:01.004"
                        hint="UTC, or milliseconds since 1970"
                        error
                    />
                </Show>
                <Button submit=true>"Go"</Button>
            </form>
        </Popover>
    }
}
