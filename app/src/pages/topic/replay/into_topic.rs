//! Replaying into a topic: which, how, how many; then progress, and where it went.

use leptos::prelude::*;

use super::player::Player;
use crate::engine::protocol::{
    CopyReport, Failure, Partitioning, ReplayInto, ReplayOptions, Reply, Request, Speed,
};
use crate::model::format;
use crate::pages::work_progress::WorkProgress;
use crate::state::route::{Route, Tab};
use crate::state::topics::Topics;
use crate::state::view::RecordView;
use crate::state::work::{Step, Work};
use crate::ui::banner::{Banner, BannerKind};
use crate::ui::button::{Button, ButtonKind};
use crate::ui::dialog::Dialog;
use crate::ui::field::{Checkbox, SelectField, TextField};

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
    let form = Form::new(records.with_state(|state| state.partitions).unwrap_or(1));
    let work = Work::<CopyReport>::new();
    let start = Callback::new(move |()| match form.read(records, player) {
        Err(sentence) => form.error.set(Some(sentence)),
        Ok(order) => {
            form.error.set(None);
            work.start(Request::ReplayInto(order), &[], |reply, _| match reply {
                Reply::Copied(report) => Some(Ok(report)),
                _ => None,
            });
        }
    });
    let count = move || {
        let rows = records.rows().saturating_sub(form.first_row(player));
        format::counted(rows, "record", "records")
    };
    let stage = Memo::new(move |_| match work.step() {
        Step::Idle => 0,
        Step::Running(_) => 1,
        Step::Done(_) => 2,
    });
    let body = move || match (stage.get(), work.step_untracked()) {
        (0, _) => view! { <Asking form count=Signal::derive(count) start /> }.into_any(),
        (_, Step::Done(outcome)) => view! { <Done outcome on_close /> }.into_any(),
        _ => view! { <WorkProgress label="Replaying" work /> }.into_any(),
    };
    view! {
        <Dialog title=Signal::derive(|| "Replay into a topic".to_owned()) on_close>
            {body}
        </Dialog>
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
