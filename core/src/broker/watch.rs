//! Tells whoever wants to know that something changed: the engine wakes its views by it, and other tabs.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::future::poll_fn;
use std::rc::{Rc, Weak};
use std::task::{Poll, Waker};

use crate::ids::{TopicName, TopicPartition};

/// Something that is different from before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The topic was made, was deleted, or has other configs.
    Topic(TopicName),
    /// The partition grew, or starts later.
    Partition(TopicPartition),
}

/// Hears of changes, each once however often it happened since the last time: it never queues more than there are partitions.
/// Dropping it ends the subscription.
#[derive(Debug)]
pub struct Watcher {
    shared: Rc<RefCell<Pending>>,
}

#[derive(Debug, Default)]
struct Pending {
    /// Changes, and whether this broker made them.
    changes: BTreeSet<(Change, bool)>,
    waker: Option<Waker>,
}

#[derive(Debug, Default)]
pub(super) struct Watchers {
    subscribed: Vec<Weak<RefCell<Pending>>>,
}

impl Watcher {
    /// Waits until something changed, and returns everything that did, with `true` for what this broker did itself and `false`
    /// for what it noticed.
    pub async fn changed(&mut self) -> Vec<(Change, bool)> {
        poll_fn(|context| {
            let mut pending = self.shared.borrow_mut();
            if pending.changes.is_empty() {
                pending.waker = Some(context.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(std::mem::take(&mut pending.changes).into_iter().collect())
        })
        .await
    }

    /// Returns what changed since the last time, without waiting.
    pub fn take(&mut self) -> Vec<(Change, bool)> {
        std::mem::take(&mut self.shared.borrow_mut().changes).into_iter().collect()
    }
}

impl Watchers {
    pub fn subscribe(&mut self) -> Watcher {
        let shared = Rc::default();
        self.subscribed.retain(|watcher| watcher.strong_count() > 0);
        self.subscribed.push(Rc::downgrade(&shared));
        Watcher { shared }
    }

    pub fn tell(&self, change: &Change, local: bool) {
        for watcher in self.subscribed.iter().filter_map(Weak::upgrade) {
            let mut pending = watcher.borrow_mut();
            pending.changes.insert((change.clone(), local));
            if let Some(waker) = pending.waker.take() {
                waker.wake();
            }
        }
    }
}
