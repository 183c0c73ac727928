//! Makes a topic: the form's state, which the first screen uses too, and the dialog with everything.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::engine::protocol::{Reply, Request};
use crate::model::topic_draft::{TopicDraft, check_config, check_name, check_partitions, known_configs};
use crate::state::engine::Engine;
use crate::state::route::{Route, Router, Tab};
use crate::state::topics::Topics;
use crate::ui::button::{Button, ButtonKind};
use crate::ui::dialog::Dialog;
use crate::ui::field::TextField;
use crate::ui::problem::Problem;

/// What a form for a new topic holds.
#[derive(Clone, Copy)]
pub struct TopicForm {
    /// The name.
    pub name: RwSignal<String>,
    /// The number of partitions.
    pub partitions: RwSignal<String>,
    /// Whether the topic is being made.
    pub is_busy: RwSignal<bool>,
    /// What the engine said against it.
    pub problem: RwSignal<Option<String>>,
    configs: StoredValue<Vec<(&'static str, RwSignal<String>)>>,
    /// Whether it was submitted once: an empty field is no mistake before.
    was_tried: RwSignal<bool>,
    topics: Topics,
}

impl TopicForm {
    /// Starts with one partition and no name.
    pub fn blank() -> Self {
        let configs = known_configs().into_iter().map(|(name, ..)| (name, RwSignal::new(String::new())));
        Self {
            name: RwSignal::new(String::new()),
            partitions: RwSignal::new("1".to_owned()),
            is_busy: RwSignal::new(false),
            problem: RwSignal::new(None),
            configs: StoredValue::new(configs.collect()),
            was_tried: RwSignal::new(false),
            topics: Topics::get(),
        }
    }

    /// Says what is wrong with the name, once there is one.
    pub fn name_error(self) -> Signal<Option<String>> {
        Signal::derive(move || {
            let name = self.name.get();
            let is_due = !name.is_empty() || self.was_tried.get();
            is_due.then(|| check_name(&name, &self.taken()).err()).flatten()
        })
    }

    /// Says what is wrong with the number of partitions.
    pub fn partitions_error(self) -> Signal<Option<String>> {
        Signal::derive(move || check_partitions(&self.partitions.get()).err())
    }

    fn taken(self) -> Vec<String> {
        self.topics.entries().into_iter().flatten().map(|entry| entry.name).collect()
    }

    fn draft(self) -> TopicDraft {
        let configs = self.configs.get_value();
        TopicDraft {
            name: self.name.get_untracked(),
            partitions: self.partitions.get_untracked(),
            configs: configs.into_iter().map(|(name, value)| (name, value.get_untracked())).collect(),
        }
    }
}

/// Makes the topic that the form describes, and goes there. What is wrong shows in the form.
pub fn create(form: TopicForm, then: Callback<()>) {
    form.was_tried.set(true);
    let Ok(topic) = form.draft().finished(&form.topics.names_untracked()) else { return };
    let (engine, router) = (Engine::get(), Router::get());
    form.is_busy.set(true);
    form.problem.set(None);
    let request = Request::CreateTopic {
        name: topic.name.clone(),
        partitions: topic.partitions,
        configs: topic.configs,
    };
    spawn_local(async move {
        let answer = engine.request(request).await;
        match answer {
            Ok(reply) => {
                if let Reply::Topic(details) = reply {
                    form.topics.put(&details.summary);
                }
                then.run(());
                router.navigate(Route::topic(topic.name, Tab::Messages));
            }
            Err(failure) => {
                // The form may be closed by now; then nobody waits for its answer.
                form.is_busy.try_set(false);
                form.problem.try_set(Some(failure.sentence));
            }
        }
    });
}

/// Draws the dialog.
#[component]
pub fn NewTopicDialog(
    /// Closes it.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let form = TopicForm::blank();
    view! {
        <Dialog title="New topic" on_close>
            <form
                class="dialog__form"
                on:submit=move |event| {
                    event.prevent_default();
                    create(form, on_close);
                }
            >
                <div class="dialog__body">
                    <TextField
                        label="Topic name"
                        value=form.name
                        error=form.name_error()
                        placeholder="orders"
                        hint="Letters, digits, '.', '_' and '-'"
                        autofocus=true
                    />
                    <TextField
                        label="Partitions"
                        value=form.partitions
                        error=form.partitions_error()
                        hint="1 to 1,000; it stays as it is"
                        numeric=true
                    />
                    <Configs form />
                    <Problem text=form.problem />
                </div>
                <footer class="dialog__foot">
                    <Button on_click=on_close>"Cancel"</Button>
                    <Button kind=ButtonKind::Primary submit=true disabled=form.is_busy>
                        "Create"
                    </Button>
                </footer>
            </form>
        </Dialog>
    }
}

#[component]
fn Configs(form: TopicForm) -> impl IntoView {
    let values = form.configs.get_value();
    let line = |((name, default, allowed), (_, value)): (
        (&'static str, String, &'static str),
        (_, RwSignal<String>),
    )| {
        let error = Signal::derive(move || check_config(name, &value.get()).err());
        view! {
            <TextField label=name value error mono=true hint=format!("Default {default}; {allowed}") />
        }
    };
    view! {
        <details class="configs">
            <summary>"Configs"</summary>
            <div class="configs__list">
                {known_configs().into_iter().zip(values).map(line).collect_view()}
            </div>
        </details>
    }
}
