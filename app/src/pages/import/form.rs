//! The form of an import.

use leptos::prelude::*;

use crate::engine::protocol::{FileFormat, FileGuess, ImportFrom, ImportRequest, OnError, Partitioning};
use crate::model::format;
use crate::model::topic_draft::check_partitions;
use crate::state::topics::Topics;
use crate::ui::button::{Button, ButtonKind};
use crate::ui::field::{SelectField, TextField};

/// What the form holds.
#[derive(Clone, Copy)]
pub struct ImportForm {
    topic: RwSignal<String>,
    partitions: RwSignal<String>,
    format: RwSignal<String>,
    partitioning: RwSignal<String>,
    key_field: RwSignal<String>,
    timestamp_field: RwSignal<String>,
    on_error: RwSignal<String>,
}

const JSON_LINES: &str = "tablog";
const KCAT: &str = "kcat";
const PLAIN: &str = "plain";

impl ImportForm {
    /// Fills the form with what the file seems to be.
    pub fn new(guess: &FileGuess) -> Self {
        let format = match guess.format {
            Some(FileFormat::JsonLines) => JSON_LINES,
            Some(FileFormat::Kcat) => KCAT,
            _ => PLAIN,
        };
        Self {
            topic: RwSignal::new(guess.topic.clone()),
            partitions: RwSignal::new(guess.partitions.max(1).to_string()),
            format: RwSignal::new(format.to_owned()),
            partitioning: RwSignal::new(if format == PLAIN { "key" } else { "same" }.to_owned()),
            key_field: RwSignal::new(String::new()),
            timestamp_field: RwSignal::new(String::new()),
            on_error: RwSignal::new("stop".to_owned()),
        }
    }

    /// Returns the request, once nothing in the form is wrong.
    pub fn read(self) -> Option<ImportRequest> {
        let partitions = check_partitions(&self.partitions.get_untracked()).ok()?;
        let topic = self.topic.get_untracked();
        tablog_core::ids::TopicName::parse(&topic).ok()?;
        let is_plain = self.format.with_untracked(|format| format == PLAIN);
        let field = |field: RwSignal<String>| {
            let name = field.get_untracked();
            (is_plain && !name.is_empty()).then_some(name)
        };
        Some(ImportRequest {
            from: ImportFrom::File,
            format: Some(match self.format.get_untracked().as_str() {
                JSON_LINES => FileFormat::JsonLines,
                KCAT => FileFormat::Kcat,
                _ => FileFormat::PlainJson,
            }),
            topic,
            partitions,
            partitioning: if self.partitioning.with_untracked(|it| it == "same") {
                Partitioning::Same
            } else {
                Partitioning::ByKey
            },
            key_field: field(self.key_field),
            timestamp_field: field(self.timestamp_field),
            on_error: if self.on_error.with_untracked(|it| it == "skip") {
                OnError::Skip
            } else {
                OnError::Stop
            },
        })
    }

    fn topic_error(self) -> Signal<Option<String>> {
        Signal::derive(move || {
            self.topic.with(|name| tablog_core::ids::TopicName::parse(name).err().map(|e| e.to_string()))
        })
    }

    fn partitions_error(self) -> Signal<Option<String>> {
        Signal::derive(move || self.partitions.with(|text| check_partitions(text).err()))
    }
}

/// Draws the form.
#[component]
pub fn ImportFormView(
    /// What it holds.
    form: ImportForm,
    /// What the file seems to be.
    guess: FileGuess,
    /// Starts the import.
    start: Callback<()>,
) -> impl IntoView {
    let topics = Topics::get();
    let exists = Memo::new(move |_| form.topic.with(|name| topics.find(name).is_some()));
    let is_plain = Memo::new(move |_| form.format.with(|format| format == PLAIN));
    let fields = StoredValue::new(choices_of(&guess.fields));
    let summary = format!("{} · {} · {}", guess.name, format::bytes(guess.bytes), guess.reason);
    view! {
        <form
            class="form"
            on:submit=move |event| {
                event.prevent_default();
                start.run(());
            }
        >
            <p class="import__file">{summary}</p>
            <SelectField
                label="Read as"
                value=form.format
                options=pairs(&[
                    (JSON_LINES, "Tablog's JSON Lines: whole records"),
                    (KCAT, "kcat -J: whole records"),
                    (PLAIN, "Plain JSON: each line is a value"),
                ])
            />
            <TextField label="Topic name" value=form.topic error=form.topic_error() mono=true autofocus=true />
            <Show
                when=move || exists.get()
                fallback=move || {
                    view! {
                        <TextField label="Partitions" value=form.partitions error=form.partitions_error() numeric=true mono=true />
                    }
                }
            >
                <p class="field__note">"The topic exists: records are added at its end"</p>
            </Show>
            <Show when=move || is_plain.get()>
                <SelectField label="Key from" value=form.key_field options=fields.get_value() />
                <SelectField label="Time from" value=form.timestamp_field options=fields.get_value() />
            </Show>
            <Show when=move || !is_plain.get()>
                <SelectField
                    label="Partitioning"
                    value=form.partitioning
                    options=pairs(&[("same", "The partitions that the file names"), ("key", "By key, as a producer would")])
                />
            </Show>
            <SelectField
                label="At a line that cannot be read"
                value=form.on_error
                options=pairs(&[("stop", "Stop; what came before stays"), ("skip", "Leave it out and say so")])
            />
            <div class="form__actions">
                <Button kind=ButtonKind::Primary submit=true>"Import"</Button>
            </div>
        </form>
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(value, words)| ((*value).to_owned(), (*words).to_owned())).collect()
}

/// Offers no member, and each that the first event has.
fn choices_of(fields: &[String]) -> Vec<(String, String)> {
    let nothing = (String::new(), "nothing".to_owned());
    std::iter::once(nothing).chain(fields.iter().map(|name| (name.clone(), name.clone()))).collect()
}
