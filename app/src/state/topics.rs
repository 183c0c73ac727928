//! The stored topics: one keyed store, fed by the engine. A topic that grows changes its own signal only, so that only its own
//! cells are drawn again.

use leptos::prelude::*;

use super::engine::Engine;
use super::storage::Storage;
use super::time::after;
use crate::engine::handle::Signal as EngineSignal;
use crate::engine::protocol::{Event, Reply, Request, TopicSummary};
use crate::model::paired::paired;

/// A topic counts as growing for at least so long after its last record.
const GROWING_MS: u32 = 1_500;

/// One topic of the store.
#[derive(Clone, Debug)]
pub struct TopicEntry {
    /// Its name, the key of the store.
    pub name: String,
    /// Its incarnation's id.
    pub id: String,
    /// What is known of it.
    pub summary: ArcRwSignal<TopicSummary>,
    /// Whether records came a moment ago.
    pub is_growing: ArcRwSignal<bool>,
}

/// The context.
#[derive(Clone, Copy)]
pub struct Topics {
    entries: RwSignal<Option<Vec<TopicEntry>>>,
}

impl Topics {
    /// Follows the engine's topics.
    pub fn provide() {
        let topics = Self { entries: RwSignal::new(None) };
        let engine = Engine::get();
        engine.on_event(move |event| {
            if let Event::Topics(list) = event {
                topics.take(list);
            }
        });
        engine.on_signal(move |signal| {
            if matches!(signal, EngineSignal::Ready) {
                topics.reload(engine);
            }
        });
        provide_context(topics);
    }

    /// Returns the topics of this page.
    pub fn get() -> Self {
        super::shared()
    }

    /// Returns the topics by name, or `None` until they are known; tracked, and changed only when topics come or go.
    pub fn entries(self) -> Option<Vec<TopicEntry>> {
        self.entries.get()
    }

    /// Returns the topics by name, untracked.
    pub fn entries_untracked(self) -> Vec<TopicEntry> {
        self.entries.get_untracked().unwrap_or_default()
    }

    /// Returns one topic; tracked like [`Topics::entries`].
    pub fn find(self, name: &str) -> Option<TopicEntry> {
        self.entries.with(|entries| entries.iter().flatten().find(|entry| entry.name == name).cloned())
    }

    /// Returns all names, untracked.
    pub fn names_untracked(self) -> Vec<String> {
        self.entries
            .with_untracked(|entries| entries.iter().flatten().map(|entry| entry.name.clone()).collect())
    }

    /// Returns whether there is any topic, or `None` until that is known; tracked.
    pub fn is_empty(self) -> Option<bool> {
        self.entries.with(|entries| entries.as_ref().map(Vec::is_empty))
    }

    /// Takes in one topic that the engine just described, so that the page need not wait for the next event.
    pub fn put(self, summary: &TopicSummary) {
        let mut list: Vec<TopicSummary> = self.entries.with_untracked(|entries| {
            entries.iter().flatten().map(|entry| entry.summary.get_untracked()).collect()
        });
        list.retain(|other| other.name != summary.name);
        list.push(summary.clone());
        list.sort_by(|a, b| a.name.cmp(&b.name));
        self.take(&list);
    }

    /// Leaves out one topic that was just deleted.
    pub fn remove(self, name: &str) {
        self.entries.update(|entries| {
            if let Some(entries) = entries {
                entries.retain(|entry| entry.name != name);
            }
        });
    }

    fn reload(self, engine: Engine) {
        leptos::task::spawn_local(async move {
            // When this fails the engine's own state says why.
            if let Ok(Reply::Topics(list)) = engine.request(Request::ListTopics).await {
                self.take(&list);
            }
        });
    }

    fn take(self, list: &[TopicSummary]) {
        let old = self.entries.with_untracked(Clone::clone);
        let is_first = old.as_ref().is_some_and(Vec::is_empty) && !list.is_empty();
        let entries = renewed(old.as_deref().unwrap_or_default(), list);
        let is_same_set = old.is_some_and(|old| {
            old.len() == entries.len() && old.iter().zip(&entries).all(|(old, new)| old.is(new))
        });
        if !is_same_set {
            self.entries.set(Some(entries));
        }
        // From the first topic on there is something to lose, whatever made it.
        if is_first {
            Storage::get().ask_quietly();
        }
    }
}

impl TopicEntry {
    /// Tells whether both are the same topic: one of the same name that was made anew is another.
    fn is(&self, other: &Self) -> bool {
        self.name == other.name && self.id == other.id
    }

    /// Returns what tells the topic from all others, to key what is drawn for it.
    pub fn key(&self) -> (String, String) {
        (self.name.clone(), self.id.clone())
    }
}

/// Takes the entries that topics already have and tells them what is new, and makes those that are missing.
fn renewed(old: &[TopicEntry], list: &[TopicSummary]) -> Vec<TopicEntry> {
    let same = paired(old, list, |old, new| (&old.name, &old.id).cmp(&(&new.name, &new.topic_id)));
    list.iter().zip(same).map(|(summary, entry)| entry_of(entry, summary)).collect()
}

fn entry_of(entry: Option<&TopicEntry>, summary: &TopicSummary) -> TopicEntry {
    let Some(entry) = entry else {
        return TopicEntry {
            name: summary.name.clone(),
            id: summary.topic_id.clone(),
            summary: ArcRwSignal::new(summary.clone()),
            is_growing: ArcRwSignal::new(false),
        };
    };
    let before = entry.summary.get_untracked();
    if before != *summary {
        entry.summary.set(summary.clone());
        if summary.records > before.records && !entry.is_growing.get_untracked() {
            entry.is_growing.set(true);
            calm_down(entry.clone(), summary.records);
        }
    }
    entry.clone()
}

/// Waits until a topic has not grown for a while. One timer runs for a topic, however fast it grows.
fn calm_down(entry: TopicEntry, records: u64) {
    after(GROWING_MS, move || {
        let now = entry.summary.with_untracked(|summary| summary.records);
        if now > records {
            calm_down(entry, now);
        } else {
            entry.is_growing.set(false);
        }
    });
}
