//! Reckoning with what was acknowledged: what is lost is told with its offsets, and these are never given out again.
//!
//! Where a partition ends before what the witness remembers, a row without bytes takes the place of what is gone, and the topic
//! goes on as a new incarnation: whoever holds on to the old one learns that it is not what it was. Where a whole topic is gone there
//! is nothing to go on with; one that is made under its name has another id, as always.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::broker::rows::{Ending, TopicRow, ended_row};
use crate::broker::state::{State, Topic};
use crate::broker::watch::Change;
use crate::broker::{Broker, TopicDescription};
use crate::env::Env;
use crate::ids::{LogId, Offset, PartitionId, Timestamp, TopicId, TopicName, TopicPartition};
use crate::limits::{CONFLICT_RETRIES_MAX, LOSSES_KEPT_MAX};
use crate::storage::key::{ChunkKey, MetaKey};
use crate::storage::{Durability, Storage, StorageError, Table, Write, WriteBatch};
use crate::witness::{DataLossDetected, LossCause, Testimony, Witness};

/// What is known to be lost, and what the witness was told last.
#[derive(Default)]
pub(super) struct Reckoning {
    losses: Vec<DataLossDetected>,
    testified: Option<Testimony>,
}

/// Partitions of one topic that end too early, and where each ended before.
pub(super) type Ends = Vec<(PartitionId, Offset)>;

impl Reckoning {
    /// Takes note of what was found to be lost, and returns what of it is new.
    pub fn add(&mut self, found: Vec<DataLossDetected>) -> Vec<DataLossDetected> {
        let mut new: Vec<DataLossDetected> = Vec::new();
        for loss in found {
            if !self.losses.iter().chain(&new).any(|known| known.is_about_the_same_as(&loss)) {
                new.push(loss);
            }
        }
        self.losses.extend(new.iter().cloned());
        let superfluous = self.losses.len().saturating_sub(LOSSES_KEPT_MAX);
        self.losses.drain(..superfluous);
        new
    }
}

impl<S: Storage, E: Env> Broker<S, E> {
    /// Compares the store with what the witness remembers, and within itself. Returns what is newly found to be lost; what was
    /// found before is in [`Broker::losses`]. From then on the witness remembers what there is.
    ///
    /// To be called before anything is appended: the offsets of lost records are then not given out again.
    ///
    /// # Errors
    /// What storage reports; the witness then remembers what it did before.
    pub async fn reckon(&self, witness: &impl Witness) -> Result<Vec<DataLossDetected>, StorageError> {
        let recalled = witness.recall().as_deref().and_then(Testimony::parse);
        let settled = match &recalled {
            Some(recalled) => self.settle(recalled).await?,
            None => Vec::new(),
        };
        let topics = self.list_topics().await?;
        let found = settled.into_iter().chain(self.gaps(&topics));
        let losses = recalled.map(|recalled| recalled.losses).unwrap_or_default();
        let new = {
            let reckoning = &mut self.inner.state.borrow_mut().reckoning;
            // What was found on the way here, the witness has not heard of yet; and it says more than the gap that it left.
            let on_the_way = std::mem::replace(&mut reckoning.losses, losses);
            reckoning.add(on_the_way.into_iter().chain(found).collect())
        };
        self.note(witness, &topics);
        Ok(new)
    }

    /// Tells the witness what is acknowledged by now, unless that is what it was told last.
    ///
    /// # Errors
    /// What storage reports.
    pub async fn testify(&self, witness: &impl Witness) -> Result<(), StorageError> {
        let topics = self.list_topics().await?;
        self.note(witness, &topics);
        Ok(())
    }

    fn note(&self, witness: &impl Witness, topics: &[TopicDescription]) {
        let now = self.inner.env.now();
        let mut state = self.inner.state.borrow_mut();
        let losses = state.reckoning.losses.clone();
        let testimony = Testimony::of(state.cluster_id.clone(), topics, losses, now);
        if state.reckoning.testified.as_ref().is_some_and(|told| told.says_the_same_as(&testimony)) {
            return;
        }
        let text = testimony.to_text();
        state.reckoning.testified = Some(testimony);
        drop(state);
        witness.note(&text);
    }

    /// Names what is missing of what was acknowledged, and the offsets within logs whose rows are gone. Changes nothing.
    ///
    /// # Errors
    /// What storage reports.
    pub async fn compare(
        &self,
        testimony: Option<&Testimony>,
    ) -> Result<Vec<DataLossDetected>, StorageError> {
        let topics = self.list_topics().await?;
        let missing = testimony.map(|testimony| self.missing(testimony, &topics)).unwrap_or_default();
        Ok(missing.into_iter().chain(self.gaps(&topics)).collect())
    }

    fn missing(&self, testimony: &Testimony, topics: &[TopicDescription]) -> Vec<DataLossDetected> {
        let state = self.inner.state.borrow();
        let mut missing = testimony.missing(&state.cluster_id, topics, self.inner.env.now());
        state.leave_out_what_is_accounted_for(&mut missing);
        missing
    }

    /// Returns what was found to be lost, now and before, the oldest first.
    pub fn losses(&self) -> Vec<DataLossDetected> {
        self.inner.state.borrow().reckoning.losses.clone()
    }

    /// Finds what is missing of what was acknowledged, and sees to it that its offsets are never given out again.
    async fn settle(&self, recalled: &Testimony) -> Result<Vec<DataLossDetected>, StorageError> {
        for _ in 0..=CONFLICT_RETRIES_MAX {
            let topics = self.list_topics().await?;
            let missing = self.missing(recalled, &topics);
            let mut shortened: BTreeMap<TopicName, Ends> = BTreeMap::new();
            for loss in missing.iter().filter(|loss| loss.cause == LossCause::EndGone) {
                shortened.entry(loss.topic.clone()).or_default().push((loss.partition, loss.to));
            }
            let mut is_done = true;
            for (name, ends) in &shortened {
                // What was appended since the witness looked is lost as well, and nobody knows how much.
                is_done &= self.let_follow(name, ends, Some(self.random_topic_id())).await?;
            }
            if is_done {
                return Ok(missing);
            }
            // Another tab does the same, or works already: look again.
            for name in shortened.keys() {
                self.refresh_partitions(&self.partitions_of(name)).await?;
            }
        }
        Err(StorageError::Conflict("other tabs are changing the topics all the time".to_owned()))
    }

    /// Commits what takes the place of lost ends, and a new incarnation of the topic where it is given the id of one; `false` when
    /// somebody else was quicker.
    pub(super) async fn let_follow(
        &self,
        name: &TopicName,
        ends: &Ends,
        id: Option<TopicId>,
    ) -> Result<bool, StorageError> {
        let now = self.inner.env.now();
        let planned = self.inner.state.borrow().plan_successor(name, ends, id, now)?;
        let Some((batch, row, holes)) = planned else { return Ok(false) };
        match self.inner.storage.commit(&batch, Durability::Strict).await {
            Ok(()) => {}
            Err(StorageError::Conflict(_)) => return Ok(false),
            Err(error) => return Err(error),
        }
        let mut state = self.inner.state.borrow_mut();
        let topic = Topic::parse(row)?;
        let mut changes = vec![Change::Topic(name.clone())];
        for (partition, holes) in &holes {
            let log = topic.log(*partition).and_then(|log| state.logs.get_mut(&log));
            if log.is_some_and(|log| log.absorb(holes)) {
                let (topic, partition) = (name.clone(), *partition);
                changes.push(Change::Partition(TopicPartition { topic, partition }));
            }
        }
        if let Some(before) = state.topics.insert(name.clone(), topic).map(|before| before.id) {
            state.queue.follow(before, id);
        }
        state.meta_version = state.meta_version.saturating_add(1);
        state.tell(&changes, true);
        Ok(true)
    }

    /// Names the offsets within the logs whose rows are gone.
    fn gaps(&self, topics: &[TopicDescription]) -> Vec<DataLossDetected> {
        let state = self.inner.state.borrow();
        let found_ms = self.inner.env.now();
        let mut found = Vec::new();
        for topic in topics {
            for described in &topic.partitions {
                let partition = described.partition;
                let place = TopicPartition { topic: topic.name.clone(), partition };
                let gaps = state.log_of(&place).and_then(|log| log.gaps()).unwrap_or_default();
                found.extend(gaps.into_iter().map(|(from, to)| DataLossDetected {
                    topic: topic.name.clone(),
                    topic_id: topic.topic_id.to_string(),
                    partition,
                    from,
                    to,
                    cause: LossCause::RowsGone,
                    noted_ms: Timestamp::NONE,
                    found_ms,
                }));
            }
        }
        found
    }
}

/// What is written so that an incarnation follows upon another: the commit, the topic's new row, and the rows in place of what is lost.
type Successor = (WriteBatch, Bytes, Vec<(PartitionId, Vec<ChunkKey>)>);

impl State {
    /// Leaves out topics that somebody deleted, or that went on as another incarnation, and those that are there and cannot be read:
    /// that is told elsewhere.
    fn leave_out_what_is_accounted_for(&self, missing: &mut Vec<DataLossDetected>) {
        missing.retain(|loss| {
            let id = u128::from_str_radix(&loss.topic_id, 16).map(TopicId::new);
            let has_ended = id.is_ok_and(|id| self.ended.contains_key(&id));
            !has_ended && !self.unreadable.contains_key(&loss.topic)
        });
    }

    /// Decides what to write so that a topic goes on behind what it lost. `None` when it is not known well enough.
    fn plan_successor(
        &self,
        name: &TopicName,
        ends: &Ends,
        id: Option<TopicId>,
        now: Timestamp,
    ) -> Result<Option<Successor>, StorageError> {
        let Some(topic) = self.topics.get(name) else { return Ok(None) };
        let mut row = TopicRow::changed(topic, &topic.config);
        let table = Table::Meta;
        let mut batch = WriteBatch { expectations: vec![topic.expectation(name)], ..WriteBatch::default() };
        if let Some(id) = id {
            row.topic_id = id.to_string();
            let (key, value) =
                (MetaKey::Ended(topic.id).encode(), ended_row(name, now, &Ending::FollowedBy(id)));
            batch.writes.push(Write::Put { table, key, value });
        }
        let row = row.encode()?;
        batch.writes.push(Write::Put {
            table,
            key: MetaKey::Topic(name.clone()).encode(),
            value: row.clone(),
        });
        if self.guard_change(topic, &mut batch).is_none() {
            return Ok(None);
        }
        let mut all = Vec::new();
        for (partition, to) in ends {
            let log: Option<LogId> = topic.log(*partition);
            let Some(log) = log.and_then(|log| self.logs.get(&log)) else { return Ok(None) };
            let Some(tail) = log.tail() else { return Ok(None) };
            let holes = ChunkKey::holes(log.id(), tail.next_offset(), *to);
            batch.writes.extend(holes.iter().map(|hole| Write::Put {
                table: Table::Chunks,
                key: hole.encode(),
                value: Bytes::new(),
            }));
            all.push((*partition, holes));
        }
        Ok(Some((batch, row, all)))
    }
}
