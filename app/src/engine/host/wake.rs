//! News: what changed here goes to the page and to the other tabs, what changed there is looked at and goes to the page.
//!
//! ```text
//! commit here ──► broker's watcher ──┬─► channel ──► other tabs' engines ──► refresh of what changed ──► their watchers
//!                                    └─► Event::Topics, Event::View for this page
//! ```
//! Each loop tells at once and then rests: the first news is quick, a storm is told of a few times a second, and the last news is
//! never lost, because it waits in the watcher.

use std::collections::BTreeSet;
use std::rc::Rc;

use futures_channel::mpsc;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use tablog_core::broker::{Broker, Change, Watcher};
use tablog_core::browser::{BrowserEnv, ConnectionEvent, Tabs};
use tablog_core::ids::TopicName;
use wasm_bindgen_futures::spawn_local;

use super::Host;
use super::failures::failure;
use super::pace::{now_ms, sleep_ms};
use super::port::report;
use super::witness::reckon;
use crate::engine::logic::news::{self, Look};
use crate::engine::protocol::{Event, Failure, FailureKind, TopicSummary};

/// The channel that the engines of all tabs join.
const CHANNEL: &str = "tablog-changes-2";
/// Milliseconds between two messages to other tabs.
const TABS_EVERY_MS: f64 = 25.0;
/// Milliseconds between two looks at storage because other tabs said something.
const LOOK_EVERY_MS: f64 = 25.0;
/// Milliseconds between two events of a kind to the page.
const PAGE_EVERY_MS: f64 = 100.0;
/// Milliseconds after which all of storage is looked at, whoever said what: messages between tabs may get lost.
const SAFETY_NET_MS: u32 = 5_000;

/// The ways in which the engine is woken.
pub struct Wake {
    look: mpsc::UnboundedSender<Look>,
    looked: std::cell::RefCell<Option<mpsc::UnboundedReceiver<Look>>>,
    tabs: Option<Tabs>,
}

impl Wake {
    /// Joins the other tabs; where the browser has no channels, the safety net alone must do.
    pub fn new() -> Self {
        let (look, looked) = mpsc::unbounded();
        let sender = look.clone();
        let tabs = Tabs::join(CHANNEL, move |message| {
            drop(sender.unbounded_send(news::decode(&message)));
        });
        if let Err(error) = &tabs {
            report(&format!("changes in other tabs will show late: {error}"));
        }
        Self { look, looked: std::cell::RefCell::new(Some(looked)), tabs: tabs.ok() }
    }

    /// Looks at all of storage soon.
    pub fn look_again(&self) {
        drop(self.look.unbounded_send(Look::Everywhere));
    }
}

impl Host {
    /// Starts the loops that watch, for as long as the worker lives.
    pub fn keep_watch(self: &Rc<Self>, connection: mpsc::UnboundedReceiver<ConnectionEvent>) {
        self.tell_of_unreadable();
        self.watch_broker();
        if let Some(looked) = self.wake.looked.take() {
            let host = Rc::clone(self);
            spawn_local(async move { host.look_when_woken(looked).await });
        }
        let host = Rc::clone(self);
        spawn_local(async move { host.mind_the_connection(connection).await });
    }

    /// Starts the loops that live as long as the broker of now.
    fn watch_broker(self: &Rc<Self>) {
        let broker = self.broker();
        let (host, watcher) = (Rc::clone(self), broker.watch());
        spawn_local(async move { host.tell_tabs(watcher).await });
        let (host, watcher) = (Rc::clone(self), broker.watch());
        spawn_local(async move { host.tell_page(watcher).await });
        let host = Rc::clone(self);
        spawn_local(async move { host.keep_witness().await });
    }

    /// Tells other tabs of what was committed here.
    async fn tell_tabs(&self, mut watcher: Watcher) {
        let Some(tabs) = &self.wake.tabs else { return };
        loop {
            let changes = watcher.changed().await;
            let began_ms = now_ms();
            let mut own =
                changes.iter().filter(|(_, is_local)| *is_local).map(|(change, _)| change).peekable();
            if own.peek().is_some() {
                let told = news::encode(own)
                    .and_then(|message| tabs.post(&message).map_err(|error| error.to_string()));
                if let Err(cause) = told {
                    report(&format!("other tabs could not be told of a change: {cause}"));
                }
            }
            rest(began_ms, TABS_EVERY_MS).await;
        }
    }

    /// Tells the page of what changed, here or elsewhere.
    async fn tell_page(&self, mut watcher: Watcher) {
        // Nothing told is not the same as an empty list told: the page may have asked for the list, and then all topics go.
        let mut told: Option<Vec<TopicSummary>> = None;
        loop {
            let changes = watcher.changed().await;
            let began_ms = now_ms();
            let mut topics: BTreeSet<TopicName> = BTreeSet::new();
            topics.extend(changes.iter().map(|(change, _)| topic_of(change).clone()));
            match self.list_topics().await {
                Ok(list) if told.as_ref() == Some(&list) => {}
                Ok(list) => {
                    told = Some(list.clone());
                    self.port.tell(Event::Topics(list));
                }
                // The next request that needs storage says so; news are not worth an alarm.
                Err(failure) => report(&failure.sentence),
            }
            self.tell_of_unreadable();
            self.refresh_views_of(&topics).await;
            rest(began_ms, PAGE_EVERY_MS).await;
        }
    }

    /// Looks at storage when other tabs did something, when the page is looked at again, and now and then.
    async fn look_when_woken(&self, mut looked: mpsc::UnboundedReceiver<Look>) {
        let mut last_full_ms = now_ms();
        loop {
            let wait = std::pin::pin!(sleep_ms(SAFETY_NET_MS));
            let mut look = match select(looked.next(), wait).await {
                Either::Left((Some(look), _)) => look,
                Either::Left((None, _)) => return,
                Either::Right(_) => Look::Everywhere,
            };
            let began_ms = now_ms();
            while let Ok(more) = looked.try_recv() {
                look.merge(more);
            }
            // One tab that tells of itself all the time must not hide that another's message was lost.
            if began_ms - last_full_ms >= f64::from(SAFETY_NET_MS) {
                look = Look::Everywhere;
            }
            let seen = match &look {
                Look::Everywhere => {
                    last_full_ms = began_ms;
                    self.broker().refresh().await
                }
                Look::At(partitions) => self.broker().refresh_partitions(partitions).await,
            };
            // What cannot be read now shows with the next request, or is there at the next look.
            if let Err(error) = seen {
                report(&format!("other tabs' changes could not be read: {error}"));
            }
            rest(began_ms, LOOK_EVERY_MS).await;
        }
    }

    /// Starts over with an empty database when the old one is gone: deleted by another tab, or with the site's data.
    async fn mind_the_connection(self: Rc<Self>, mut events: mpsc::UnboundedReceiver<ConnectionEvent>) {
        while let Some(event) = events.next().await {
            match event {
                ConnectionEvent::Deleted | ConnectionEvent::Lost | ConnectionEvent::Reopened => {}
                ConnectionEvent::Blocked | ConnectionEvent::Outdated => continue,
            }
            match self.broker().is_gone().await {
                Ok(true) => self.start_over().await,
                Ok(false) => {}
                Err(error) => self.port.tell(Event::Storage(error.into())),
            }
        }
    }

    async fn start_over(self: &Rc<Self>) {
        let sentence = "The stored data was deleted from outside, by another tab or with the site's data: the topics are gone";
        self.port.tell(Event::Storage(failure(FailureKind::Io, sentence)));
        let storage = self.broker().storage().reborn();
        match Broker::open(storage, BrowserEnv).await {
            Ok(broker) => {
                if let Some(Failure { sentence: lost, .. }) = reckon(&broker, &self.witness).await {
                    let sentence = format!("{sentence}. {lost}");
                    self.port.tell(Event::Storage(failure(FailureKind::Io, sentence)));
                }
                *self.broker.borrow_mut() = broker;
                self.producers.clear();
                self.watch_broker();
                self.close_topic_views();
                // Empty, unless another tab was quicker and began anew.
                match self.list_topics().await {
                    Ok(topics) => self.port.tell(Event::Topics(topics)),
                    Err(failure) => self.port.tell(Event::Storage(failure)),
                }
            }
            Err(error) => self.port.tell(Event::Storage(error.into())),
        }
    }
}

fn topic_of(change: &Change) -> &TopicName {
    match change {
        Change::Topic(topic) => topic,
        Change::Partition(partition) => &partition.topic,
    }
}

/// Waits until `every_ms` have passed since `since_ms`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and a second")]
pub async fn rest(since_ms: f64, every_ms: f64) {
    let left_ms = (since_ms + every_ms - now_ms()).clamp(0.0, every_ms);
    sleep_ms(left_ms.ceil() as u32).await;
}
