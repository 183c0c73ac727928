//! A topic's settings: what it is, its partitions, its configs, and what deletes.

mod configs;
mod delete_records;
mod partitions;

use leptos::prelude::*;

use self::configs::Configs;
use self::delete_records::DeleteRecords;
use self::partitions::Partitions;
use crate::engine::protocol::{Reply, Request, TopicDetails};
use crate::state::dialogs::{Dialog, Dialogs};
use crate::state::engine::Engine;
use crate::state::topics::Topics;
use crate::ui::button::{Button, ButtonKind};
use crate::ui::copy::CopyButton;
use crate::ui::problem::Problem;

/// What the engine says of the topic, kept fresh, and the way to look again at once.
#[derive(Clone, Copy)]
pub struct Described {
    details: RwSignal<Option<TopicDetails>>,
    problem: RwSignal<Option<String>>,
    name: StoredValue<String>,
}

impl Described {
    fn new(name: String) -> Self {
        let described = Self {
            details: RwSignal::new(None),
            problem: RwSignal::new(None),
            name: StoredValue::new(name.clone()),
        };
        // Asks again whenever the list says that the topic is not what it was, and when what was asked died with the engine.
        let summary = Topics::get().find(&name).map(|entry| entry.summary);
        let engine = Engine::get();
        Effect::new(move |_| {
            engine.generation();
            if let Some(summary) = &summary {
                summary.track();
            }
            described.ask_again();
        });
        described
    }

    fn ask_again(self) {
        Engine::get().ask(
            Request::DescribeTopic { name: self.name.get_value() },
            move |answer| match answer {
                Ok(Reply::Topic(details)) => self.take(details),
                Ok(_) => {}
                Err(failure) => self.problem.set(Some(failure.sentence)),
            },
        );
    }

    /// Takes in what the engine answered to a change.
    pub fn take(self, details: TopicDetails) {
        self.problem.set(None);
        self.details.set(Some(details));
    }

    /// Returns the topic's name.
    pub fn name(self) -> String {
        self.name.get_value()
    }

    /// Returns a part of what is known, as a signal that changes only when that part does.
    pub fn part<T: Clone + Default + PartialEq + Send + Sync + 'static>(
        self,
        read: fn(&TopicDetails) -> T,
    ) -> Memo<T> {
        Memo::new(move |_| self.details.with(|details| details.as_ref().map(read).unwrap_or_default()))
    }
}

/// Draws the settings of a topic.
#[component]
pub fn SettingsPage(
    /// The topic.
    name: String,
) -> impl IntoView {
    let described = Described::new(name.clone());
    let dialogs = Dialogs::get();
    let id = described.part(|details| details.summary.topic_id.clone());
    view! {
        <div class="settings">
            <Problem text=described.problem />
            <section class="settings__part">
                <h2>"Topic"</h2>
                <dl class="facts">
                    <div>
                        <dt>"Topic id"</dt>
                        <dd>
                            <code>{id}</code>
                            <CopyButton label="Copy id" text=id />
                        </dd>
                    </div>
                </dl>
            </section>
            <section class="settings__part">
                <h2>"Where its records are"</h2>
                <Partitions described />
            </section>
            <section class="settings__part">
                <h2>"Configs"</h2>
                <Configs described />
                <p class="muted">
                    "What retention.ms and retention.bytes do not keep is deleted when Tablog opens, and every five minutes. It cannot be undone"
                </p>
            </section>
            <section class="settings__part">
                <h2>"Delete records"</h2>
                <DeleteRecords described />
            </section>
            <section class="settings__part">
                <h2>"Delete the topic"</h2>
                <p class="muted">"The topic goes, and every record in it. It cannot be undone"</p>
                <Button
                    kind=ButtonKind::Danger
                    label="Delete topic"
                    on_click=move |()| dialogs.open(Dialog::DeleteTopic(name.clone()))
                >
                    "Delete topic…"
                </Button>
            </section>
        </div>
    }
}
