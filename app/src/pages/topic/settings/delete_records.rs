//! Deletes a partition's records up to an offset.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Described;
use crate::engine::protocol::{PartitionSummary, Reply, Request};
use crate::model::format::{counted, grouped};
use crate::state::engine::Engine;
use crate::ui::button::{Button, ButtonKind};
use crate::ui::field::{SelectField, TextField};
use crate::ui::problem::Problem;

/// Draws the form. It says how many offsets would go before the button can be pressed.
#[component]
pub fn DeleteRecords(described: Described) -> impl IntoView {
    let partitions = described.part(|details| details.partitions.clone());
    let (partition, before) = (RwSignal::new("0".to_owned()), RwSignal::new(String::new()));
    let (problem, said) = (RwSignal::new(None), RwSignal::new(None::<String>));
    let chosen = Memo::new(move |_| {
        let number: usize = partition.get().parse().unwrap_or(0);
        partitions.with(|all| all.get(number).cloned())
    });
    let checked = Memo::new(move |_| {
        let typed = before.get();
        if typed.trim().is_empty() { None } else { chosen.get().map(|chosen| check(&typed, &chosen)) }
    });
    let error = Signal::derive(move || checked.get().and_then(Result::err));
    let options = Signal::derive(move || {
        let option = |it: &PartitionSummary| {
            let bounds = format!("{} to {}", grouped(it.log_start_offset), grouped(it.high_watermark));
            (it.partition.to_string(), format!("{}: {bounds}", it.partition))
        };
        partitions.with(|all| all.iter().map(option).collect::<Vec<_>>())
    });
    let what_goes = move || match checked.get() {
        Some(Ok(offset)) => chosen.get().map(|chosen| {
            let gone = u64::try_from(offset - chosen.log_start_offset).unwrap_or(0);
            format!("{} of partition {} would go", counted(gone, "offset", "offsets"), chosen.partition)
        }),
        _ => said.get(),
    };
    let submit = move || {
        if let (Some(Ok(before)), Some(chosen)) = (checked.get_untracked(), chosen.get_untracked()) {
            delete(described, chosen, before, problem, said);
        }
    };
    view! {
        <form
            class="delete-records"
            on:submit=move |event| {
                event.prevent_default();
                submit();
                before.set(String::new());
            }
        >
            <SelectField label="In partition" value=partition options />
            <TextField label="First offset to keep" value=before error mono=true numeric=true />
            <Button
                kind=ButtonKind::Danger
                submit=true
                disabled=Signal::derive(move || !matches!(checked.get(), Some(Ok(_))))
            >
                "Delete records"
            </Button>
            <p class="delete-records__words" aria-live="polite">
                {what_goes}
            </p>
        </form>
        <Problem text=problem />
    }
}

/// Reads the first offset to keep.
fn check(typed: &str, partition: &PartitionSummary) -> Result<i64, String> {
    let (start, end) = (partition.log_start_offset, partition.high_watermark);
    let digits: String = typed.chars().filter(|character| !matches!(character, ',' | ' ')).collect();
    match digits.parse::<i64>() {
        Ok(_) if start == end => Err("This partition has no records".to_owned()),
        Ok(offset) if offset > start && offset <= end => Ok(offset),
        _ => Err(format!("From {} to {}", grouped(start.saturating_add(1).min(end)), grouped(end))),
    }
}

fn delete(
    described: Described,
    chosen: PartitionSummary,
    before: i64,
    problem: RwSignal<Option<String>>,
    said: RwSignal<Option<String>>,
) {
    let engine = Engine::get();
    let request = Request::DeleteRecords { name: described.name(), partition: chosen.partition, before };
    problem.set(None);
    spawn_local(async move {
        match engine.request(request).await {
            Ok(Reply::Topic(details)) => {
                described.take(details);
                said.try_set(Some(format!(
                    "Partition {} begins at {} now",
                    chosen.partition,
                    grouped(before)
                )));
            }
            Ok(_) => {}
            Err(failure) => {
                problem.try_set(Some(failure.sentence));
            }
        }
    });
}
