//! What there is to say of a file before it is imported.

use leptos::prelude::*;

use crate::engine::protocol::{FileFormat, FileGuess, ImportRequest, OnError, Partitioning};
use crate::model::import_draft::{ImportDraft, check_topic, format_words, twice_words};
use crate::model::topic_draft::check_partitions;
use crate::state::topics::Topics;
use crate::ui::field::{SelectField, TextField};
use crate::ui::segmented::Segmented;

/// The forms that can be imported, under the names that the select uses.
const FORMATS: [(&str, FileFormat); 3] =
    [("jsonl", FileFormat::JsonLines), ("kcat", FileFormat::Kcat), ("plain", FileFormat::PlainJson)];

/// What the form holds.
#[derive(Clone, Copy)]
pub struct FileForm {
    /// The topic, as typed.
    pub topic: RwSignal<String>,
    format: RwSignal<String>,
    partitions: RwSignal<String>,
    partitioning: RwSignal<Partitioning>,
    key_field: RwSignal<String>,
    time_field: RwSignal<String>,
    on_error: RwSignal<OnError>,
    fields: StoredValue<Vec<String>>,
    /// Topics that records of this file are in already, and how many.
    stored: RwSignal<Vec<(String, u64)>>,
    topics: Topics,
}

impl FileForm {
    /// Begins with what the file seems to be, and with the topic where it was dropped.
    pub fn new(guess: &FileGuess, topic: Option<String>) -> Self {
        let draft = ImportDraft::of(guess);
        let name =
            FORMATS.iter().find(|(_, format)| *format == draft.format).map_or("plain", |(name, _)| name);
        Self {
            topic: RwSignal::new(topic.unwrap_or(draft.topic)),
            format: RwSignal::new(name.to_owned()),
            partitions: RwSignal::new(draft.partitions),
            partitioning: RwSignal::new(draft.partitioning),
            key_field: RwSignal::new(draft.key_field),
            time_field: RwSignal::new(draft.time_field),
            on_error: RwSignal::new(draft.on_error),
            fields: StoredValue::new(guess.fields.clone()),
            stored: RwSignal::new(Vec::new()),
            topics: Topics::get(),
        }
    }

    fn format(self) -> FileFormat {
        let name = self.format.get();
        FORMATS.iter().find(|(known, _)| *known == name).map_or(FileFormat::PlainJson, |(_, format)| *format)
    }

    /// Notes that an import stored records of the file, whether or not it came to its end.
    pub fn note_stored(self, topic: &str, records: u64) {
        if records > 0 {
            self.stored.update(|stored| stored.push((topic.to_owned(), records)));
        }
    }

    /// Warns of a second import of the same records; tracked.
    fn twice(self) -> Option<String> {
        let topic = self.topic.get();
        let records = self.stored.with(|stored| {
            let of_topic = stored.iter().filter(|(name, _)| name == topic.trim());
            of_topic.map(|(_, records)| *records).sum()
        });
        (records > 0).then(|| twice_words(records, topic.trim()))
    }

    fn topic_exists(self) -> bool {
        self.topics.find(self.topic.get().trim()).is_some()
    }

    /// Returns what to ask the engine for; tracked.
    ///
    /// # Errors
    /// Says which field cannot be used.
    pub fn request(self) -> Result<ImportRequest, String> {
        let draft = ImportDraft {
            format: self.format(),
            topic: self.topic.get(),
            partitions: self.partitions.get(),
            partitioning: self.partitioning.get(),
            key_field: self.key_field.get(),
            time_field: self.time_field.get(),
            on_error: self.on_error.get(),
        };
        draft.request(self.topic_exists())
    }
}

/// Draws the form.
#[component]
pub fn FileFormView(form: FileForm) -> impl IntoView {
    let formats = FORMATS.map(|(name, format)| (name.to_owned(), format_words(format).to_owned())).to_vec();
    let is_plain = Memo::new(move |_| form.format() == FileFormat::PlainJson);
    let topic_error = Signal::derive(move || check_topic(&form.topic.get()).err());
    let partitions_error = Signal::derive(move || check_partitions(&form.partitions.get()).err());
    let failing = vec![(OnError::Stop, "Stop there"), (OnError::Skip, "Leave it out")];
    view! {
        <div class="import-form">
            <SelectField label="Format" value=form.format options=Signal::stored(formats) />
            <div class="import-form__row">
                <TextField label="Into topic" value=form.topic error=topic_error />
                <Show
                    when=move || !form.topic_exists()
                    fallback=|| view! { <p class="import-form__note muted">"It exists; the records are added"</p> }
                >
                    <TextField label="Partitions" value=form.partitions error=partitions_error numeric=true />
                </Show>
            </div>
            <Show when=move || is_plain.get() fallback=move || view! { <PartitioningChoice form /> }>
                <MemberChoices form />
            </Show>
            <div class="field">
                <span class="field__label">"At a line that cannot be read"</span>
                <Segmented label="At a line that cannot be read" choices=failing.clone() value=form.on_error />
            </div>
            {move || form.twice().map(|words| view! { <p class="import-form__twice" role="status">{words}</p> })}
        </div>
    }
}

#[component]
fn PartitioningChoice(form: FileForm) -> impl IntoView {
    let choices = vec![(Partitioning::Same, "As in the file"), (Partitioning::ByKey, "By key")];
    view! {
        <div class="field">
            <span class="field__label">"Partitions of the records"</span>
            <Segmented label="Partitions of the records" choices value=form.partitioning />
        </div>
    }
}

#[component]
fn MemberChoices(form: FileForm) -> impl IntoView {
    let options = |none: &str| {
        let fields = form.fields.get_value().into_iter().map(|field| (field.clone(), field));
        Signal::stored(std::iter::once((String::new(), none.to_owned())).chain(fields).collect::<Vec<_>>())
    };
    view! {
        <div class="import-form__row">
            <SelectField label="Key from" value=form.key_field options=options("no key (null)") />
            <SelectField label="Time from" value=form.time_field options=options("time of import") />
        </div>
    }
}
