//! Logs that end before what is known to have been in them, while they are in use: a disk gave back less than was written, or somebody
//! took rows out. What is lost is told with its offsets, and these are not given out again.
//!
//! Two witnesses are at hand. This client knows how far it has seen a log reach. And guards stay where appends began, with a note of
//! where they ended; those of older versions say that there was more, and not how much. Where it is certain how much there was the
//! topic goes on as it is; where there may have been more, as a new incarnation, as after [`Broker::reckon`].

use bytes::Bytes;

use crate::broker::Broker;
use crate::broker::guards::end_noted;
use crate::broker::reckon::Ends;
use crate::broker::state::State;
use crate::env::Env;
use crate::ids::{LogId, Offset, PartitionId, Timestamp, TopicName};
use crate::limits::{LOGS_READ_AT_ONCE_MAX, READ_RETRIES_MAX};
use crate::log::Log;
use crate::storage::key::GuardKey;
use crate::storage::{Content, Order, Row, Scan, Storage, StorageError, Table};
use crate::witness::{DataLossDetected, LossCause};

/// How far a log must have reached once.
#[derive(Clone, Copy)]
struct Reach {
    to: Offset,
    /// Whether there was certainly no more.
    is_all: bool,
}

/// What is missing at the ends of a topic's logs.
#[derive(Default)]
struct LostEnds {
    /// Where logs must go on that end before it.
    ends: Ends,
    /// What is lost of what was not deleted.
    losses: Vec<DataLossDetected>,
    /// Whether there may have been more than that.
    is_more_possible: bool,
}

impl<S: Storage, E: Env> Broker<S, E> {
    /// Reckons with the ends of those logs whose rows end too early, see [`Broker::reckon_with_ends`].
    pub(super) async fn reckon_with_early_ends(&self, logs: &[LogId]) -> Result<(), StorageError> {
        for log in logs {
            let name = {
                let state = self.inner.state.borrow();
                let ends_early = state.logs.get(log).is_some_and(Log::ends_early);
                ends_early.then(|| state.partition_of(*log)).flatten().map(|partition| partition.topic)
            };
            if let Some(name) = name {
                self.reckon_with_ends(&name).await?;
            }
        }
        Ok(())
    }

    /// Looks where the logs of a topic end, and sees to it that those which end too early go on behind what they lost. Changes
    /// nothing where nothing is lost.
    pub(super) async fn reckon_with_ends(&self, name: &TopicName) -> Result<(), StorageError> {
        for _ in 0..READ_RETRIES_MAX {
            // Of a topic that somebody deleted, nothing is lost.
            self.refresh_meta().await?;
            let (logs, row) = {
                let state = &mut self.inner.state.borrow_mut();
                (state.forget_ends(name), state.row_of(name))
            };
            let reaches = self.reaches(&logs).await?;
            for log in &logs {
                self.load_tail(*log).await?;
            }
            let found_ms = self.inner.env.now();
            if self.inner.state.borrow().row_of(name) != row {
                // What a change of our own left meanwhile is no trace of an append.
                continue;
            }
            let found = self.inner.state.borrow().lost_ends(name, &reaches, found_ms);
            if found.ends.is_empty() {
                return Ok(());
            }
            let id = found.is_more_possible.then(|| self.random_topic_id());
            if self.let_follow(name, &found.ends, id).await? {
                self.inner.state.borrow_mut().reckoning.add(found.losses);
                return Ok(());
            }
        }
        Err(StorageError::Conflict(format!("other tabs are changing the topic \"{name}\" all the time")))
    }

    /// Says of each log how far it must have reached. To be asked before the logs' ends are read.
    async fn reaches(&self, logs: &[LogId]) -> Result<Vec<Reach>, StorageError> {
        let mut reaches = Vec::with_capacity(logs.len());
        for some in logs.chunks(LOGS_READ_AT_ONCE_MAX) {
            let scans: Vec<Scan> = some.iter().map(|log| last_guard_of(*log)).collect();
            let guards = self.inner.storage.scan_each(&scans).await?;
            let state = self.inner.state.borrow();
            for (log, guards) in some.iter().zip(guards) {
                let seen = state.logs.get(log).map_or(Offset::ZERO, Log::known_end);
                let told = guards.first().and_then(|row| told_by(row, state.changes_of(*log)));
                let told = told.unwrap_or(Reach { to: Offset::ZERO, is_all: true });
                reaches.push(Reach { to: seen.max(told.to), is_all: told.is_all || seen >= told.to });
            }
        }
        Ok(reaches)
    }
}

impl State {
    /// Forgets where the logs of a topic end, and returns these.
    fn forget_ends(&mut self, name: &TopicName) -> Vec<LogId> {
        let logs = self.topics.get(name).map(|topic| topic.logs.clone()).unwrap_or_default();
        for log in &logs {
            if let Some(log) = self.logs.get_mut(log) {
                log.forget();
            }
        }
        logs
    }

    /// Returns the topic's row.
    fn row_of(&self, name: &TopicName) -> Option<Bytes> {
        self.topics.get(name).map(|topic| topic.row.clone())
    }

    /// Counts the changes of the topic that a log is of.
    fn changes_of(&self, log: LogId) -> Option<u64> {
        let topic = self.topics.values().find(|topic| topic.logs.contains(&log))?;
        Some(topic.changes)
    }

    /// Finds what is missing at the ends of a topic's logs. Offsets that were deleted are no loss, and are not given out again either.
    fn lost_ends(&self, name: &TopicName, reaches: &[Reach], found_ms: Timestamp) -> LostEnds {
        let mut found = LostEnds::default();
        let Some(topic) = self.topics.get(name) else { return found };
        for ((partition, log), reach) in (0..).map(PartitionId::new).zip(&topic.logs).zip(reaches) {
            let Some((log, tail)) = self.logs.get(log).and_then(|log| Some((log, log.tail()?))) else {
                continue;
            };
            let (end, start) = (tail.next_offset(), log.start().offset);
            let (from, to) = (end.max(start), reach.to.max(start));
            if end < to {
                found.ends.push((partition, to));
                found.is_more_possible |= !reach.is_all;
            }
            if from < to {
                found.losses.push(DataLossDetected {
                    topic: name.clone(),
                    topic_id: topic.id.to_string(),
                    partition,
                    from,
                    to,
                    cause: LossCause::EndGone,
                    noted_ms: Timestamp::NONE,
                    found_ms,
                });
            }
        }
        found
    }
}

/// Asks for the guard of a log that was left last.
fn last_guard_of(log: LogId) -> Scan {
    let (table, range) = (Table::Guards, GuardKey::range_of(log));
    Scan { table, range, order: Order::Descending, content: Content::Rows, rows_max: 1 }
}

/// Says how far a log reached when its last guard was left; `changes` are those of its topic.
fn told_by(guard: &Row, changes: Option<u64>) -> Option<Reach> {
    let place = GuardKey::decode(&guard.key)?;
    Some(match end_noted(&guard.value, place.offset) {
        Some(end) => Reach { to: end, is_all: true },
        // Left by an older version. By an append: it stands where that began.
        None if changes == Some(place.changes) => Reach { to: place.offset.next(), is_all: false },
        // By a change: it stands where the log ended.
        None => Reach { to: place.offset, is_all: true },
    })
}
