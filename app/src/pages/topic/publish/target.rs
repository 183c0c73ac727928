//! Where and when the record goes: partition, timestamp, acknowledgement.

use leptos::prelude::*;

use super::form::{AUTOMATIC, PublishForm};
use crate::engine::protocol::{Reply, Request};
use crate::model::clock;
use crate::model::format::grouped;
use crate::state::engine::Engine;
use crate::state::time::{after, now_ms};
use crate::state::topics::Topics;
use crate::ui::field::{SelectField, TextField};

/// The engine is asked where a key goes once nobody has typed for so long.
const DEBOUNCE_MS: u32 = 120;

/// Draws the choice of partition; "automatic" says which one the key would choose.
#[component]
pub fn PartitionField(form: PublishForm) -> impl IntoView {
    let summary = Topics::get().find(&form.topic()).map(|entry| entry.summary);
    let count = Memo::new(move |_| summary.as_ref().map_or(0, |summary| summary.with(|it| it.partitions)));
    let chosen = chosen_by_key(form);
    let options = Signal::derive(move || {
        let automatic = match (form.key_bytes(), chosen.get()) {
            (Ok(None), _) => "automatic → any".to_owned(),
            (Ok(Some(_)), Some(partition)) => format!("automatic → {}", grouped(partition)),
            // A key that is none goes nowhere.
            (Err(_), _) | (_, None) => "automatic".to_owned(),
        };
        let numbers = (0..count.get()).map(|number| (number.to_string(), grouped(number)));
        std::iter::once((AUTOMATIC.to_owned(), automatic)).chain(numbers).collect::<Vec<_>>()
    });
    view! { <SelectField label="Partition" value=form.partition options /> }
}

/// Follows the partition that the key would choose.
fn chosen_by_key(form: PublishForm) -> RwSignal<Option<i32>> {
    let (engine, chosen) = (Engine::get(), RwSignal::new(None));
    let key = Memo::new(move |_| form.key_bytes().ok().flatten());
    let ask = move |key: Vec<u8>| async move {
        let request = Request::PartitionFor { name: form.topic(), key: key.clone() };
        match engine.request(request).await {
            Ok(Reply::Partition(partition)) => Some((key, partition)),
            _ => None,
        }
    };
    Effect::new(move |_| {
        let Some(wanted) = key.get() else { return };
        after(DEBOUNCE_MS, move || {
            if key.try_get_untracked().flatten().as_ref() != Some(&wanted) {
                return;
            }
            leptos::task::spawn_local(async move {
                if let Some((asked, partition)) = ask(wanted).await
                    && key.try_get_untracked().flatten() == Some(asked)
                {
                    chosen.try_set(Some(partition));
                }
            });
        });
    });
    chosen
}

/// Draws the choice of timestamp.
#[component]
pub fn TimeField(form: PublishForm) -> impl IntoView {
    let choices = vec![("now".to_owned(), "now".to_owned()), ("at".to_owned(), "at…".to_owned())];
    // Whoever chooses an instant begins with this one.
    Effect::new(move |_| {
        if form.time_choice.get() == "at" && form.time.with_untracked(String::is_empty) {
            form.time.set(clock::date_time(now_ms()));
        }
    });
    let error = Signal::derive(move || clock::parse(&form.time.get()).err());
    view! {
        <SelectField label="Timestamp" value=form.time_choice options=Signal::stored(choices) />
        <Show when=move || form.time_choice.get() == "at">
            <div class="publish__time">
                <TextField label="Instant" value=form.time error mono=true />
            </div>
        </Show>
    }
}

/// Draws the choice of when the record counts as published.
#[component]
pub fn AcksField(form: PublishForm) -> impl IntoView {
    let choices = [("0", "0: not waited for"), ("1", "1: stored"), ("all", "all: flushed to disk")];
    let choices = choices.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec();
    view! { <SelectField label="Acks" value=form.acks options=Signal::stored(choices) /> }
}
