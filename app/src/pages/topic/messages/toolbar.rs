//! Above the grid: where to start, which partitions, and whether to follow the end.

use leptos::prelude::*;

use super::cells::PartitionTag;
use super::follow::Follow;
use crate::engine::protocol::{SourceRef, Start};
use crate::model::{clock, format};
use crate::state::route::Router;
use crate::state::view::RecordView;
use crate::ui::button::Button;
use crate::ui::field::{SelectField, TextField};
use crate::ui::popover::Popover;

/// Draws the controls of the grid.
#[component]
pub fn Toolbar(source: SourceRef, records: RecordView, follow: Follow) -> impl IntoView {
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
            <StartPicker />
            <PartitionPicker records />
            {is_topic.then(|| view! { <LiveButton follow /> })}
            <span class="messages__count" role="status">{rows}</span>
            <span class="messages__indexing">{indexing}</span>
        </div>
    }
}

#[component]
fn LiveButton(follow: Follow) -> impl IntoView {
    let toggle = move |_| if follow.is_on_untracked() { follow.let_go() } else { follow.go_to_end() };
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
fn StartPicker() -> impl IntoView {
    let router = Router::get();
    let look = router.look();
    let words = move || match look.with(|look| look.start) {
        None | Some(Start::Newest) => "newest".to_owned(),
        Some(Start::Oldest) => "oldest".to_owned(),
        Some(Start::Offset { partition, offset }) => format!("{partition} @ {}", format::grouped(offset)),
        Some(Start::Time(at)) => clock::date_time(at),
    };
    let choice = RwSignal::new("newest".to_owned());
    let (partition, offset, time) =
        (RwSignal::new("0".to_owned()), RwSignal::new("0".to_owned()), RwSignal::new(String::new()));
    let error = RwSignal::new(None::<String>);
    let choices = Signal::stored(
        [("newest", "Newest"), ("oldest", "Oldest"), ("offset", "An offset…"), ("time", "A time…")]
            .map(|(value, words)| (value.to_owned(), words.to_owned()))
            .to_vec(),
    );
    let is_open = RwSignal::new(false);
    let go = move || {
        match read_start(
            &choice.get_untracked(),
            &partition.get_untracked(),
            &offset.get_untracked(),
            &time.get_untracked(),
        ) {
            Ok(start) => {
                error.set(None);
                is_open.set(false);
                router.replace_look(|look| look.record = None);
                // Going to the same place again scrolls there again.
                router.replace_look(|look| look.start = None);
                router.replace_look(|look| look.start = Some(start));
            }
            Err(sentence) => error.set(Some(sentence)),
        }
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

/// Reads what the picker holds.
fn read_start(choice: &str, partition: &str, offset: &str, time: &str) -> Result<Start, String> {
    let number = |text: &str| text.trim().replace([',', '_', ' '], "");
    match choice {
        "oldest" => Ok(Start::Oldest),
        "offset" => {
            let partition =
                number(partition).parse().map_err(|_| format!("\"{partition}\" is no partition number"))?;
            let offset = number(offset)
                .parse()
                .map_err(|_| format!("\"{offset}\" is no offset: a whole number is"))?;
            Ok(Start::Offset { partition, offset })
        }
        "time" => clock::parse(time).map(Start::Time),
        _ => Ok(Start::Newest),
    }
}

/// Asks which partitions to show.
#[component]
fn PartitionPicker(records: RecordView) -> impl IntoView {
    let router = Router::get();
    let look = router.look();
    let count = Memo::new(move |_| records.with_state(|state| state.partitions).unwrap_or(0));
    let chosen = Memo::new(move |_| look.with(|look| look.partitions.clone()));
    let words = move || match chosen.get() {
        None => "all".to_owned(),
        Some(list) if list.len() <= 6 => list.iter().map(i32::to_string).collect::<Vec<_>>().join(", "),
        Some(list) => format!("{} of {}", list.len(), count.get()),
    };
    let toggle = move |partition: i32, is_on: bool| {
        let mut list = chosen.get_untracked().unwrap_or_else(|| (0..count.get_untracked()).collect());
        list.retain(|other| *other != partition);
        if is_on {
            list.push(partition);
            list.sort_unstable();
        }
        let is_all = list.len() == usize::try_from(count.get_untracked()).unwrap_or(0);
        // Showing none at all would look like an empty topic.
        if !list.is_empty() {
            router.replace_look(|look| look.partitions = (!is_all).then_some(list));
        }
    };
    let boxes = move || {
        let chosen = chosen.get();
        (0..count.get())
            .map(|partition| {
                let is_on = chosen.as_ref().is_none_or(|list| list.contains(&partition));
                view! {
                    <label class="picker__choice">
                        <input
                            type="checkbox"
                            prop:checked=is_on
                            on:change=move |event| toggle(partition, event_target_checked(&event))
                        />
                        <PartitionTag partition />
                        <span class="visually-hidden">"Partition "{partition}</span>
                    </label>
                }
            })
            .collect_view()
    };
    view! {
        <Show when=move || { count.get() > 1 }>
            <Popover label="Partitions" words=Signal::derive(words) is_open=RwSignal::new(false)>
                <div class="picker picker_partitions">
                    {boxes}
                    <Button on_click=Callback::new(move |()| router.replace_look(|look| look.partitions = None))>
                        "All"
                    </Button>
                </div>
            </Popover>
        </Show>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_read_as_people_write_numbers() {
        assert_eq!(
            read_start("offset", "1", "42,117", ""),
            Ok(Start::Offset { partition: 1, offset: 42_117 })
        );
        assert_eq!(read_start("newest", "x", "y", ""), Ok(Start::Newest));
        assert!(read_start("offset", "1", "soon", "").unwrap_err().contains("soon"));
    }
}
