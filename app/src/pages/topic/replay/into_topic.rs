//! Replaying into a topic: which, how, how many; then progress, and where it went.

use leptos::prelude::*;

use super::player::Player;
use crate::engine::handle::Canceller;
use crate::engine::protocol::{
    CopyReport, Failure, Partitioning, Progress, ReplayInto, ReplayOptions, Reply, Request, Speed,
};
use crate::model::format;
use crate::state::engine::Engine;
use crate::state::route::{Route, Tab};
use crate::state::topics::Topics;
use crate::state::view::RecordView;
use crate::ui::banner::{Banner, BannerKind};
use crate::ui::button::{Button, ButtonKind};
use crate::ui::dialog::Dialog;
use crate::ui::field::{Checkbox, SelectField, TextField};
use crate::ui::progress::ProgressBar;

/// Where the dialog is.
#[derive(Clone)]
enum Step {
    Asking,
    Running(Progress),
    Done(Result<CopyReport, Failure>),
}

/// What the form holds.
#[derive(Clone, Copy)]
struct Form {
    topic: RwSignal<String>,
    partitions: RwSignal<String>,
    from: RwSignal<String>,
    partitioning: RwSignal<String>,
    keeps_timestamps: RwSignal<bool>,
    is_paced: RwSignal<bool>,
    error: RwSignal<Option<String>>,
}

impl Form {
    fn new(partitions: i32) -> Self {
        Self {
            topic: RwSignal::new(String::new()),
            partitions: RwSignal::new(partitions.max(1).to_string()),
            from: RwSignal::new("start".to_owned()),
            partitioning: RwSignal::new("same".to_owned()),
            keeps_timestamps: RwSignal::new(true),
            is_paced: RwSignal::new(false),
            error: RwSignal::new(None),
        }
    }

    fn first_row(self, player: Player) -> u64 {
        if self.from.get() == "here" { player.rows_shown() } else { 0 }
    }

    fn read(self, records: RecordView, player: Player) -> Result<ReplayInto, String> {
        let topic = self.topic.get_untracked();
        tablog_core::ids::TopicName::parse(&topic).map_err(|error| error.to_string())?;
        let partitions = self.partitions.get_untracked();
        let partitions =
            partitions.trim().parse().map_err(|_| format!("\"{partitions}\" is no number of partitions"))?;
        let view = records.id().ok_or("The records are not open yet")?;
        let mut options = untrack(|| player.options()).unwrap_or(ReplayOptions {
            speed: Speed::Times(1.0),
            skip_gaps_ms: None,
            is_loop: false,
        });
        options.is_loop = false;
        if !self.is_paced.get_untracked() {
            options.speed = Speed::Fastest;
        }
        let by_key = self.partitioning.get_untracked() == "key";
        Ok(ReplayInto {
            view,
            first_row: untrack(|| self.first_row(player)),
            rows: None,
            topic,
            partitions,
            partitioning: if by_key { Partitioning::ByKey } else { Partitioning::Same },
            keeps_timestamps: self.keeps_timestamps.get_untracked(),
            options,
        })
    }
}

/// Asks where to replay to, and does it.
#[component]
pub fn IntoTopicDialog(records: RecordView, player: Player, on_close: Callback<()>) -> impl IntoView {
    let engine = Engine::get();
    let form = Form::new(records.with_state(|state| state.partitions).unwrap_or(1));
    let step = RwSignal::new(Step::Asking);
    let canceller = StoredValue::new_local(None::<Canceller>);
    let start = Callback::new(move |()| match form.read(records, player) {
        Err(sentence) => form.error.set(Some(sentence)),
        Ok(order) => {
            form.error.set(None);
            step.set(Step::Running(Progress::default()));
            let running = engine.start(Request::ReplayInto(order), &[], move |progress| {
                step.try_update(|step| {
                    if let Step::Running(now) = step {
                        *now = progress;
                    }
                });
            });
            canceller.set_value(Some(running.canceller()));
            leptos::task::spawn_local(async move {
                let outcome = match running.finish().await {
                    Ok((Reply::Copied(report), _)) => Ok(report),
                    Ok((other, _)) => {
                        leptos::logging::error!("a replay was asked for, and the engine answered {other:?}");
                        return;
                    }
                    Err(failure) => Err(failure),
                };
                step.try_set(Step::Done(outcome));
            });
        }
    });
    let cancel = Callback::new(move |()| {
        canceller.with_value(|canceller| {
            if let Some(canceller) = canceller {
                canceller.cancel();
            }
        });
    });
    let count = move || {
        let rows = records.rows().saturating_sub(form.first_row(player));
        format::counted(rows, "record", "records")
    };
    let body = move || match step.get() {
        Step::Asking => view! { <Asking form count=Signal::derive(count) start /> }.into_any(),
        Step::Running(progress) => view! {
            <ProgressBar
                label="Replaying"
                fraction=fraction(&progress)
                figures=figures(&progress)
                on_cancel=cancel
            />
        }
        .into_any(),
        Step::Done(outcome) => view! { <Done outcome on_close /> }.into_any(),
    };
    // Closing the dialog does not leave work behind that nobody sees.
    let close = Callback::new(move |()| {
        cancel.run(());
        on_close.run(());
    });
    view! {
        <Dialog title=Signal::derive(|| "Replay into a topic".to_owned()) on_close=close>
            {body}
        </Dialog>
    }
}

/// How much is done, from 0 to 1.
fn fraction(progress: &Progress) -> Option<f64> {
    let total = progress.records_total.filter(|total| *total > 0)?;
    Some(progress.records as f64 / total as f64)
}

fn figures(progress: &Progress) -> String {
    let records = format::counted(progress.records, "record", "records");
    match progress.records_total {
        Some(total) => format!("{records} of {}", format::grouped(total)),
        None => records,
    }
}

#[component]
fn Asking(form: Form, count: Signal<String>, start: Callback<()>) -> impl IntoView {
    let topics = Topics::get();
    let exists = move || topics.find(&form.topic.get()).is_some();
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(value, words)| ((*value).to_owned(), (*words).to_owned())).collect()
    };
    view! {
        <form
            class="form"
            on:submit=move |event| {
                event.prevent_default();
                start.run(());
            }
        >
            <TextField label="Topic name" value=form.topic error=form.error mono=true autofocus=true />
            <Show
                when=exists
                fallback=move || view! { <TextField label="Partitions" value=form.partitions numeric=true hint="The topic is made" /> }
            >
                <p class="field__note">"The topic exists: records are added at its end"</p>
            </Show>
            <SelectField
                label="From"
                value=form.from
                options=pairs(&[("start", "The first record"), ("here", "Where the replay stands")])
            />
            <SelectField
                label="Partitioning"
                value=form.partitioning
                options=pairs(&[("same", "The same partitions"), ("key", "By key, as a producer would")])
            />
            <Checkbox label="Keep the timestamps" hint="Otherwise records get the time of replaying" value=form.keeps_timestamps />
            <Checkbox label="Keep the pace" hint="At the chosen speed; otherwise as fast as possible" value=form.is_paced />
            <div class="form__actions">
                <Button kind=ButtonKind::Primary submit=true>{move || format!("Replay {}", count.get())}</Button>
            </div>
        </form>
    }
}

#[component]
fn Done(outcome: Result<CopyReport, Failure>, on_close: Callback<()>) -> impl IntoView {
    match outcome {
        Err(failure) => view! { <Banner kind=BannerKind::Danger text=failure.sentence /> }.into_any(),
        Ok(report) => {
            let href = Route::topic(report.topic.clone(), Tab::Messages).href();
            let words = format!(
                "{} stored in {} in {}",
                format::counted(report.records, "record", "records"),
                report.topic,
                format::duration_ms(report.elapsed_ms),
            );
            view! {
                <p role="status">{words}</p>
                {report.stopped.map(|stopped| view! { <Banner kind=BannerKind::Warning text=stopped /> })}
                <div class="form__actions">
                    <a class="button" href=href on:click=move |_| on_close.run(())>"Look at it"</a>
                </div>
            }
            .into_any()
        }
    }
}
