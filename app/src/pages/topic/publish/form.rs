//! What the form holds, and publishing it.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::bulk::BulkForm;
use crate::engine::protocol::{Acks, Published, Reply, Request};
use crate::model::publish_draft::{HeaderDraft, KeyForm, PublishDraft, key_bytes};
use crate::state::engine::Engine;
use crate::ui::text_area::Typed;

/// One header in the form.
#[derive(Clone, Copy)]
pub struct HeaderForm {
    /// Tells it from others.
    pub id: u32,
    /// Its name.
    pub name: RwSignal<Typed>,
    /// Its value.
    pub value: RwSignal<Typed>,
    /// Whether the value is null.
    pub is_null: RwSignal<bool>,
}

/// What the form holds.
#[derive(Clone, Copy)]
pub struct PublishForm {
    topic: StoredValue<String>,
    /// The key, as typed.
    pub key: RwSignal<Typed>,
    /// How the key becomes bytes: the name of a [`KeyForm`].
    pub key_form: RwSignal<String>,
    /// Whether the key is null.
    pub is_key_null: RwSignal<bool>,
    /// The value, as typed.
    pub value: RwSignal<Typed>,
    /// Whether the value is null.
    pub is_tombstone: RwSignal<bool>,
    /// The headers in order.
    pub headers: RwSignal<Vec<HeaderForm>>,
    /// The partition's number, or [`AUTOMATIC`].
    pub partition: RwSignal<String>,
    /// `now` or `at`.
    pub time_choice: RwSignal<String>,
    /// The chosen instant, as typed.
    pub time: RwSignal<String>,
    /// `0`, `1` or `all`.
    pub acks: RwSignal<String>,
    /// Whether a record is on its way.
    pub is_busy: RwSignal<bool>,
    /// Why the last record was not published.
    pub problem: RwSignal<Option<String>>,
    /// Where the last record landed.
    pub landed: RwSignal<Option<Published>>,
    /// Many records at once.
    pub bulk: BulkForm,
}

/// Lets the key choose the partition.
pub const AUTOMATIC: &str = "automatic";

impl PublishForm {
    /// Begins with nothing typed.
    pub fn new(topic: String) -> Self {
        Self {
            topic: StoredValue::new(topic),
            key: RwSignal::default(),
            key_form: RwSignal::new(KeyForm::Text.as_str().to_owned()),
            is_key_null: RwSignal::new(false),
            value: RwSignal::default(),
            is_tombstone: RwSignal::new(false),
            headers: RwSignal::new(Vec::new()),
            partition: RwSignal::new(AUTOMATIC.to_owned()),
            time_choice: RwSignal::new("now".to_owned()),
            time: RwSignal::new(String::new()),
            acks: RwSignal::new("1".to_owned()),
            is_busy: RwSignal::new(false),
            problem: RwSignal::new(None),
            landed: RwSignal::new(None),
            bulk: BulkForm::new(),
        }
    }

    /// Returns the topic.
    pub fn topic(self) -> String {
        self.topic.get_value()
    }

    /// Returns the key as bytes, `Ok(None)` for null, or says why it cannot be; tracked.
    ///
    /// # Errors
    /// The sentence that the field shows.
    pub fn key_bytes(self) -> Result<Option<Vec<u8>>, String> {
        if self.is_key_null.get() {
            return Ok(None);
        }
        self.key.with(|typed| key_bytes(&typed.text, KeyForm::parse(&self.key_form.get()))).map(Some)
    }

    /// Says what is wrong with the key.
    pub fn key_error(self) -> Signal<Option<String>> {
        Signal::derive(move || self.key_bytes().err())
    }

    /// Returns whether the form cannot be published as it is.
    pub fn is_blocked(self) -> Signal<bool> {
        Signal::derive(move || self.is_busy.get() || self.has_half_characters() || self.key_bytes().is_err())
    }

    /// A text with half a character would be stored as another text.
    fn has_half_characters(self) -> bool {
        let is_half = |typed: RwSignal<Typed>| typed.with(|typed| typed.half_character.is_some());
        (!self.is_key_null.get() && is_half(self.key))
            || (!self.is_tombstone.get() && is_half(self.value))
            || self.headers.with(|headers| headers.iter().any(|it| is_half(it.name) || is_half(it.value)))
    }

    fn draft(self) -> PublishDraft {
        let header = |header: &HeaderForm| HeaderDraft {
            name: header.name.get_untracked().text,
            value: (!header.is_null.get_untracked()).then(|| header.value.get_untracked().text),
        };
        PublishDraft {
            key: (!self.is_key_null.get_untracked()).then(|| self.key.get_untracked().text),
            key_form: KeyForm::parse(&self.key_form.get_untracked()),
            value: (!self.is_tombstone.get_untracked()).then(|| self.value.get_untracked().text),
            headers: self.headers.with_untracked(|headers| headers.iter().map(header).collect()),
            partition: self.partition.get_untracked().parse().ok(),
            time: (self.time_choice.get_untracked() == "at").then(|| self.time.get_untracked()),
        }
    }

    /// Publishes what the form holds, and says where it landed.
    pub fn publish(self) {
        if self.is_blocked().get_untracked() {
            return;
        }
        self.problem.set(None);
        let record = match self.draft().record() {
            Ok(record) => record,
            Err(sentence) => return self.refused(sentence),
        };
        let acks = match self.acks.get_untracked().as_str() {
            "0" => Acks::None,
            "all" => Acks::All,
            _ => Acks::Leader,
        };
        let request = Request::Publish { topic: self.topic(), records: vec![record], acks };
        let engine = Engine::get();
        self.is_busy.set(true);
        spawn_local(async move {
            let answer = engine.request(request).await;
            // The topic's page may be gone by now; the record is where it is.
            self.is_busy.try_set(false);
            match answer {
                Ok(Reply::Published(published)) => {
                    self.landed.try_set(Some(published));
                }
                Ok(other) => {
                    leptos::logging::error!("records were published, and the engine answered {other:?}")
                }
                Err(failure) => self.refused(failure.sentence),
            }
        });
    }

    /// Says why a record was not published. Where an earlier one landed would read as if this one had.
    fn refused(self, sentence: String) {
        self.landed.try_set(None);
        self.problem.try_set(Some(sentence));
    }
}
