//! What a broker knows. Borrowed for a moment at a time, never across an `.await`.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::broker::commit::Group;
use crate::broker::produce::Queue;
use crate::broker::reckon::Reckoning;
use crate::broker::rows::{ClientRow, DatedRow, StoreRow, TopicRow};
use crate::broker::watch::{Change, Watchers};
use crate::config::TopicConfig;
use crate::ids::{LogId, PartitionId, Timestamp, TopicId, TopicName, TopicPartition};
use crate::limits::CLIENT_ROW_KEPT_MS;
use crate::log::{Log, LogStart};
use crate::sorting::sort_each_once;
use crate::storage::key::MetaKey;
use crate::storage::{Expectation, StorageError, Table};

#[derive(Default)]
pub(super) struct State {
    pub cluster_id: String,
    pub topics: BTreeMap<TopicName, Topic>,
    /// Topics that are there but cannot be read, and why: their names are taken, and the others work.
    pub unreadable: BTreeMap<TopicName, StorageError>,
    pub logs: BTreeMap<LogId, Log>,
    /// The rows of other clients, as they stand: when none changed, they appended to no other logs than those named there.
    pub clients: BTreeMap<u64, Bytes>,
    /// The topics' incarnations that ended, as their rows stand.
    pub ended: BTreeMap<TopicId, Bytes>,
    /// What is known to be lost, and what the witness was told last.
    pub reckoning: Reckoning,
    pub queue: Queue,
    /// The number of the connection over which the store was seen to be the one that was opened.
    pub confirmed: Option<u64>,
    pub watchers: Watchers,
    /// Grows whenever this broker changes topics or log starts: what was read before is then too old to be believed.
    pub meta_version: u64,
}

/// A topic as its row describes it.
#[derive(Clone, Debug)]
pub(super) struct Topic {
    pub row: Bytes,
    pub id: TopicId,
    pub logs: Vec<LogId>,
    pub config: TopicConfig,
    pub created: Timestamp,
    /// How often the row was changed.
    pub changes: u64,
}

/// Where logs start that did not start there before.
type Starts = Vec<(PartitionId, LogId, LogStart)>;

/// What is in the meta table, as it was read.
#[derive(Default)]
pub(super) struct Meta {
    pub store: Option<Bytes>,
    pub topics: BTreeMap<TopicName, Bytes>,
    pub starts: BTreeMap<LogId, Bytes>,
    pub clients: BTreeMap<u64, Bytes>,
    pub ended: BTreeMap<TopicId, Bytes>,
}

/// The notes that clients leave of what they append to.
pub(super) struct Notes {
    pub others: BTreeMap<u64, Bytes>,
    /// This client's last commit that was known to be applied before they were read.
    pub applied: u64,
}

impl Notes {
    /// Names the logs that the other clients append to without another note; `None` when that cannot be read.
    fn logs(&self) -> Option<BTreeSet<LogId>> {
        let mut rows = self.others.values().map(|row| ClientRow::decode(row).ok());
        rows.try_fold(BTreeSet::new(), |mut logs, row| {
            logs.extend(row?.appends_to);
            Some(logs)
        })
    }
}

impl Topic {
    pub fn parse(row: Bytes) -> Result<Self, StorageError> {
        let parsed = TopicRow::decode(&row)?;
        Ok(Self {
            id: parsed.topic_id()?,
            config: parsed.config()?,
            logs: parsed.logs,
            created: parsed.created_ms,
            changes: parsed.changes,
            row,
        })
    }

    /// Expects the topic's row to be what it is here.
    pub fn expectation(&self, name: &TopicName) -> Expectation {
        let (table, key) = (Table::Meta, MetaKey::Topic(name.clone()).encode());
        Expectation::Value { table, key, value: Some(self.row.clone()) }
    }

    pub fn log(&self, partition: PartitionId) -> Option<LogId> {
        self.logs.get(partition.index()?).copied()
    }

    pub fn partitions(&self) -> i32 {
        i32::try_from(self.logs.len()).unwrap_or(i32::MAX)
    }
}

impl State {
    /// Finds a topic; `None` when there is none.
    ///
    /// # Errors
    /// Why it cannot be read, when it is there and cannot.
    pub fn topic(&self, name: &TopicName) -> Result<Option<&Topic>, StorageError> {
        match self.unreadable.get(name) {
            Some(error) => Err(error.clone()),
            None => Ok(self.topics.get(name)),
        }
    }

    /// Finds the log of a partition.
    pub fn log_of(&self, partition: &TopicPartition) -> Option<&Log> {
        let log = self.topics.get(&partition.topic)?.log(partition.partition)?;
        self.logs.get(&log)
    }

    /// Finds the partition of a log.
    pub fn partition_of(&self, log: LogId) -> Option<TopicPartition> {
        self.topics.iter().find_map(|(name, topic)| {
            let index = topic.logs.iter().position(|id| *id == log)?;
            let partition = PartitionId::new(i32::try_from(index).ok()?);
            Some(TopicPartition { topic: name.clone(), partition })
        })
    }

    /// Sets a topic, new or changed, with logs that are made as `make` says where they are new.
    pub fn put_topic(&mut self, name: &TopicName, topic: Topic, mut make: impl FnMut(LogId) -> Log) {
        let before = self.topics.get(name).filter(|old| old.id != topic.id).map(|old| old.logs.clone());
        // An incarnation that follows upon a loss goes on with the logs of the one before.
        for log in before.into_iter().flatten().filter(|log| !topic.logs.contains(log)) {
            self.logs.remove(&log);
        }
        for &log in &topic.logs {
            self.logs.entry(log).or_insert_with(|| make(log));
        }
        self.unreadable.remove(name);
        self.topics.insert(name.clone(), topic);
    }

    /// Forgets a topic.
    pub fn remove_topic(&mut self, name: &TopicName) {
        self.unreadable.remove(name);
        if let Some(topic) = self.topics.remove(name) {
            for log in topic.logs {
                self.logs.remove(&log);
            }
        }
    }

    /// Makes the topics and the log starts what storage says they are. Returns what changed. What cannot be read is the matter of
    /// its topic alone.
    pub fn adopt(&mut self, meta: Meta) -> Vec<Change> {
        // A row that cannot be read is reported by whoever needs it: no topic does.
        if let Some(Ok(store)) = meta.store.as_deref().map(StoreRow::decode) {
            self.cluster_id = store.cluster_id;
        }
        self.ended = meta.ended;
        let mut changes = Vec::new();
        let known = self.topics.keys().chain(self.unreadable.keys());
        let gone: Vec<TopicName> = known.filter(|name| !meta.topics.contains_key(*name)).cloned().collect();
        for name in gone {
            self.remove_topic(&name);
            changes.push(Change::Topic(name));
        }
        for (name, row) in meta.topics {
            match self.read_topic(&name, row, &meta.starts) {
                Ok((topic, starts)) => self.adopt_topic(&name, topic, starts, &mut changes),
                Err(error) => {
                    let error = naming(&name, error);
                    if self.unreadable.get(&name) != Some(&error) {
                        self.remove_topic(&name);
                        self.unreadable.insert(name.clone(), error);
                        changes.push(Change::Topic(name));
                    }
                }
            }
        }
        changes = sort_each_once(changes);
        if !changes.is_empty() {
            self.meta_version = self.meta_version.saturating_add(1);
        }
        changes
    }

    /// Parses what is new of a topic: the topic itself unless its row is as it was, and the starts that moved, by partition.
    fn read_topic(
        &self,
        name: &TopicName,
        row: Bytes,
        starts: &BTreeMap<LogId, Bytes>,
    ) -> Result<(Option<Topic>, Starts), StorageError> {
        let known = self.topics.get(name).filter(|known| known.row == row);
        let new = if known.is_none() { Some(Topic::parse(row)?) } else { None };
        let logs = known.or(new.as_ref()).map(|topic| topic.logs.as_slice()).unwrap_or_default();
        let mut moved = Vec::new();
        for (partition, &id) in (0..).zip(logs) {
            let row = starts.get(&id);
            if self.logs.get(&id).and_then(|log| log.start().row.as_ref()) != row {
                let start = row.cloned().map(LogStart::parse).transpose()?.unwrap_or_default();
                moved.push((PartitionId::new(partition), id, start));
            }
        }
        Ok((new, moved))
    }

    fn adopt_topic(
        &mut self,
        name: &TopicName,
        topic: Option<Topic>,
        starts: Starts,
        changes: &mut Vec<Change>,
    ) {
        if let Some(topic) = topic {
            // Ends that were read before this row may be those of before the change, which only guards of before it forbid.
            for log in &topic.logs {
                if let Some(log) = self.logs.get_mut(log) {
                    log.forget();
                }
            }
            self.put_topic(name, topic, |log| Log::new(log, LogStart::default()));
            changes.push(Change::Topic(name.clone()));
        }
        for (partition, id, start) in starts {
            if let Some(log) = self.logs.get_mut(&id) {
                log.reset(start);
                changes.push(Change::Partition(TopicPartition { topic: name.clone(), partition }));
            }
        }
    }

    /// Names the logs that may have grown since this client looked at all of them, as far as the notes tell; `None` stands for all.
    /// Of its own commits, a client may have missed the one whose answer is still to come, or never will.
    pub fn logs_to_look_at(&self, notes: &Notes) -> Option<BTreeSet<LogId>> {
        if self.queue.unknown.is_some() || self.clients != notes.others {
            return None;
        }
        let mut logs = notes.logs()?;
        logs.extend(self.queue.in_flight.iter().flat_map(Group::logs_in_doubt));
        Some(logs)
    }

    /// Takes note that all was looked at which the notes are about.
    pub fn looked_at(&mut self, notes: Notes) {
        // A commit of which nobody knows what became of it is decided once a later one is applied.
        self.queue.unknown = self.queue.unknown.filter(|unknown| notes.applied <= *unknown);
        self.clients = notes.others;
    }

    /// Finds the rows that nobody asks for any more: of clients that committed nothing for long, and of topics that ended long ago.
    pub fn rows_older_than(&self, now: Timestamp) -> Vec<(MetaKey, Bytes)> {
        let limit = now.millis().saturating_sub(CLIENT_ROW_KEPT_MS);
        let clients = self.clients.iter().map(|(id, row)| (MetaKey::Client(*id), row.clone()));
        let ended = self.ended.iter().map(|(id, row)| (MetaKey::Ended(*id), row.clone()));
        let is_old = |row: &Bytes| DatedRow::decode(row).is_ok_and(|row| row.at_ms.millis() < limit);
        clients.chain(ended).filter(|(_, row)| is_old(row)).collect()
    }

    /// Tells the watchers.
    pub fn tell(&self, changes: &[Change], local: bool) {
        changes.iter().for_each(|change| self.watchers.tell(change, local));
    }
}

/// Says in an error which topic it is about.
fn naming(name: &TopicName, error: StorageError) -> StorageError {
    match error {
        StorageError::Corrupt(cause) => StorageError::Corrupt(format!("topic \"{name}\": {cause}")),
        StorageError::NewerVersion(cause) => StorageError::NewerVersion(format!("topic \"{name}\": {cause}")),
        other => other,
    }
}
