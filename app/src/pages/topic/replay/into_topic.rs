//! Replaying into a topic: which, how, how many; then progress, and where it went.

use leptos::prelude::*;

use super::player::Player;
use crate::engine::protocol::{CopyReport, Partitioning, ReplayInto, ReplayOptions, Reply, Request, Speed};
use crate::model::format;
use crate::model::import_draft::check_topic;
use crate::model::topic_draft::check_partitions;
use crate::pages::work_view::WorkView;
use crate::state::route::{Route, Tab};
use crate::state::topics::Topics;
use crate::state::view::RecordView;
use crate::state::work::{Step, Work};
use crate::ui::button::{Button, ButtonKind};
use crate::ui::dialog::Dialog;
use crate::ui::field::{Checkbox, SelectField, TextField};
use crate::ui::problem::Problem;

/// What the form holds.
#[derive(Clone, Copy)]
struct Form {
    topic: RwSignal<String>,
    partitions: RwSignal<String>,
    from: RwSignal<String>,
    partitioning: RwSignal<String>,
    keeps_timestamps: RwSignal<bool>,
    is_paced: RwSignal<bool>,
    /// Whether it was submitted once: an empty field is no mistake before.
    was_tried: RwSignal<bool>,
    problem: RwSignal<Option<String>>,
    topics: Topics,
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
            was_tried: RwSignal::new(false),
            problem: RwSignal::new(None),
            topics: Topics::get(),
        }
    }

    fn topic_exists(self) -> bool {
        self.topics.find(self.topic.get().trim()).is_some()
    }

    fn topic_error(self) -> Signal<Option<String>> {
        Signal::derive(move || {
            let topic = self.topic.get();
            let is_due = !topic.is_empty() || self.was_tried.get();
            is_due.then(|| check_topic(&topic).err()).flatten()
        })
    }

    fn partitions_error(self) -> Signal<Option<String>> {
        Signal::derive(move || check_partitions(&self.partitions.get()).err())
    }

    fn first_row(self, player: Player) -> u64 {
        if self.from.get() == "here" { player.rows_shown() } else { 0 }
    }

    /// Returns what to ask the engine for; `None` when a field says what is wrong with it.
    fn read(self, records: RecordView, player: Player) -> Result<Option<ReplayInto>, String> {
        let topic = self.topic.get();
        let partitions = if self.topic_exists() { Ok(1) } else { check_partitions(&self.partitions.get()) };
        let (Ok(()), Ok(partitions)) = (check_topic(&topic), partitions) else { return Ok(None) };
        let view = records.id().ok_or("The records are not open yet: try again in a moment")?;
        let mut options = player.options().unwrap_or(ReplayOptions {
            speed: Speed::Times(1.0),
            skip_gaps_ms: None,
            is_loop: false,
        });
        options.is_loop = false;
        if !self.is_paced.get() {
            options.speed = Speed::Fastest;
        }
        let by_key = self.partitioning.get() == "key";
        Ok(Some(ReplayInto {
            view,
            first_row: self.first_row(player),
            rows: None,
            topic: topic.trim().to_owned(),
            partitions,
            partitioning: if by_key { Partitioning::ByKey } else { Partitioning::Same },
            keeps_timestamps: self.keeps_timestamps.get(),
            options,
        }))
    }
}

/// Asks where to replay to, and does it.
#[component]
pub fn IntoTopicDialog(records: RecordView, player: Player, on_close: Callback<()>) -> impl IntoView {
    let form = Form::new(records.with_state(|state| state.partitions).unwrap_or(1));
    let work = Work::<CopyReport>::new();
    let (is_running, is_idle) = (work.is_running(), Memo::new(move |_| work.step() == Step::Idle));
    // A replay under way is ended by its own button, not by a press beside the dialog.
    let close = Callback::new(move |()| {
        if !is_running.get_untracked() {
            on_close.run(());
        }
    });
    let start = move || {
        form.was_tried.set(true);
        form.problem.set(None);
        match untrack(|| form.read(records, player)) {
            Err(sentence) => form.problem.set(Some(sentence)),
            Ok(None) => {}
            Ok(Some(order)) => work.start(Request::ReplayInto(order), &[], async |reply, _| match reply {
                Reply::Copied(report) => Some(Ok(report)),
                _ => None,
            }),
        }
    };
    let count = Signal::derive(move || {
        let rows = records.rows().saturating_sub(form.first_row(player));
        format::counted(rows, "record", "records")
    });
    view! {
        <Dialog title="Replay into a topic" on_close=close>
            <form
                class="dialog__form"
                on:submit=move |event| {
                    event.prevent_default();
                    start();
                }
            >
                <div class="dialog__body">
                    <Show when=move || is_idle.get()>
                        <Fields form />
                    </Show>
                    <WorkView label="Replaying…" work />
                    <Problem text=form.problem />
                </div>
                <footer class="dialog__foot">
                    <Show when=move || !is_running.get()>
                        <Button on_click=close>"Close"</Button>
                        <Show when=move || is_idle.get() fallback=move || view! { <After work close /> }>
                            <Button kind=ButtonKind::Primary submit=true>
                                {move || format!("Replay {}", count.get())}
                            </Button>
                        </Show>
                    </Show>
                </footer>
            </form>
        </Dialog>
    }
}

#[component]
fn Fields(form: Form) -> impl IntoView {
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(value, words)| ((*value).to_owned(), (*words).to_owned())).collect()
    };
    view! {
        <TextField label="Topic name" value=form.topic error=form.topic_error() mono=true autofocus=true />
        <Show
            when=move || form.topic_exists()
            fallback=move || {
                view! {
                    <TextField
                        label="Partitions"
                        value=form.partitions
                        error=form.partitions_error()
                        numeric=true
                        hint="The topic is made"
                    />
                }
            }
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
    }
}

/// Draws what can be done once it is over: change something, or look at what came of it.
#[component]
fn After(work: Work<CopyReport>, close: Callback<()>) -> impl IntoView {
    let href = move || {
        let report = work.outcome()?.ok()?;
        Some(Route::topic(report.topic, Tab::Messages).href())
    };
    view! {
        <Button on_click=move |()| work.reset()>"Change"</Button>
        {move || {
            href()
                .map(|href| {
                    view! {
                        <a class="button" data-kind="primary" href=href on:click=move |_| close.run(())>
                            "Look at it"
                        </a>
                    }
                })
        }}
    }
}
