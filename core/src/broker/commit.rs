//! One commit for everybody who waits, and what becomes of it: done, lost a race, refused, or not known.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use bytes::Bytes;

use crate::broker::guards;
use crate::broker::look::topics_of;
use crate::broker::produce::{Answer, Noted, Pending, Queue};
use crate::broker::rows::ClientRow;
use crate::broker::state::State;
use crate::broker::watch::Change;
use crate::broker::{Acks, Broker, ProduceAck, ProduceError};
use crate::env::{Env, yield_now};
use crate::ids::{LogId, Timestamp, TopicPartition};
use crate::limits::{CONFLICT_RETRIES_MAX, LOGS_READ_AT_ONCE_MAX, STORAGE_RETRIES_MAX};
use crate::log::{Append, RowCutter};
use crate::sorting::sort_each_once;
use crate::storage::key::MetaKey;
use crate::storage::{Durability, Expectation, Storage, StorageError, Table, Write, WriteBatch};

/// What goes into storage with one commit.
pub(super) struct Group {
    pendings: Vec<Pending>,
    /// The commit that was begun, until it is known what became of it.
    pub attempt: Option<Attempt>,
    /// The guards that refused it last: when they would be the same again, it has to look.
    refused: Vec<Bytes>,
    /// Whether it was looked for what is lost since they did.
    has_reckoned: bool,
    /// How often ends of logs had to be read, or vouched for.
    tails_loaded: u32,
    conflicts: u32,
    failures: u32,
    last_failure: Option<StorageError>,
    /// When this client last noted that it waits for its turn with this group.
    pub noted_at: Option<Timestamp>,
}

/// A commit that was begun.
#[derive(Clone)]
pub(super) struct Attempt {
    /// Numbers the commits of this client.
    pub commit: u64,
    pub appends: Vec<Append>,
    acks: Vec<ProduceAck>,
    pub guards: Vec<Bytes>,
    /// Whether it looks, so that no guard refuses it.
    looks: bool,
    /// What the client's row says once it is applied, if it is written with it.
    note: Option<Noted>,
}

/// What a group writes, laid out behind its logs' tails, and who gets which offsets.
struct Layout {
    /// Of each topic, that its row is what it was.
    topics: Vec<Expectation>,
    appends: Vec<Append>,
    /// What refuses each append when the log or its topic is not what it was.
    guards: Vec<Bytes>,
    acks: Vec<ProduceAck>,
}

/// What is to be done next for the group in flight.
enum Step {
    Commit(WriteBatch, Durability),
    /// A log's tail is not known, or nobody vouches for it.
    LoadTails,
    /// A guard refuses what should be right: rows are lost that were there once.
    Reckon,
    /// Nobody is left in the group.
    Nothing,
}

impl Group {
    pub fn new(pendings: Vec<Pending>) -> Self {
        Self {
            pendings,
            attempt: None,
            refused: Vec::new(),
            has_reckoned: false,
            tails_loaded: 0,
            conflicts: 0,
            failures: 0,
            last_failure: None,
            noted_at: None,
        }
    }

    /// Names the logs that a commit goes to of which nobody knows yet whether it is applied.
    pub fn logs_in_doubt(&self) -> impl Iterator<Item = LogId> {
        self.attempt.iter().flat_map(|attempt| attempt.appends.iter().map(Append::log))
    }

    pub fn pendings_mut(&mut self) -> impl Iterator<Item = &mut Pending> {
        self.pendings.iter_mut()
    }

    /// Whoever wants most decides for all.
    fn durability(&self) -> Durability {
        if self.pendings.iter().any(|pending| pending.acks == Acks::All) {
            Durability::Strict
        } else {
            Durability::Relaxed
        }
    }
}

impl<S: Storage, E: Env> Broker<S, E> {
    /// Brings one group to its end: everybody in it is answered when this returns. May be dropped at any point; the next call goes
    /// on with the same group.
    pub(super) async fn commit_group(&self) {
        // Ends: every way around the loop counts a conflict, a failure or a tail that was loaded.
        loop {
            match self.settle_doubt().await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => return self.finish(&Err(ProduceError::OutcomeUnknown(error))),
            }
            if self.with_group(|_| ()).is_none() {
                // What cannot be read now is reported by whoever needs it.
                self.give_turns().await.unwrap_or_default();
                // Who calls for several partitions at once means one commit: all of them are queued before it is made up.
                yield_now().await;
                if !self.inner.state.borrow_mut().queue.take_group() {
                    return;
                }
            }
            if let Some(error) = self.given_up() {
                return self.finish(&Err(error));
            }
            let connection = self.confirmed_connection().await;
            let (batch, durability) = match self.next_step(connection) {
                Ok(Step::Commit(batch, durability)) => (batch, durability),
                Ok(Step::Nothing) => return self.finish(&Ok(())),
                Ok(Step::LoadTails) => {
                    if let Err(error) = self.load_group_tails().await {
                        return self.finish(&Err(error.into()));
                    }
                    continue;
                }
                Ok(Step::Reckon) => {
                    if let Err(error) = self.reckon_with_group().await {
                        return self.finish(&Err(error.into()));
                    }
                    continue;
                }
                Err(error) => return self.finish(&Err(error.into())),
            };
            match self.inner.storage.commit(&batch, durability).await {
                Ok(()) => return self.finish(&Ok(())),
                Err(StorageError::Conflict(_)) => {
                    let conflicts = self.with_group(|group| {
                        let refused = group.attempt.take().filter(|attempt| !attempt.looks);
                        group.refused = refused.map(|attempt| attempt.guards).unwrap_or_default();
                        group.has_reckoned = false;
                        group.conflicts = group.conflicts.saturating_add(1);
                        group.conflicts
                    });
                    if let Err(error) = self.look_again(conflicts.unwrap_or(0)).await {
                        return self.finish(&Err(error.into()));
                    }
                }
                Err(error) if error.changed_nothing() => {
                    self.with_group(|group| group.attempt = None);
                    return self.finish(&Err(error.into()));
                }
                // Applied or not: the next round finds out.
                Err(error) => {
                    self.with_group(|group| {
                        group.failures = group.failures.saturating_add(1);
                        group.last_failure = Some(error);
                    });
                }
            }
        }
    }

    pub(super) fn with_group<T>(&self, change: impl FnOnce(&mut Group) -> T) -> Option<T> {
        self.inner.state.borrow_mut().queue.in_flight.as_mut().map(change)
    }

    fn given_up(&self) -> Option<ProduceError> {
        self.with_group(|group| {
            if group.conflicts > CONFLICT_RETRIES_MAX {
                return Some(ProduceError::Contended { attempts: group.conflicts });
            }
            let failed = group.last_failure.take_if(|_| group.failures > STORAGE_RETRIES_MAX);
            failed.map(ProduceError::Storage)
        })
        .flatten()
    }

    /// Decides what the group writes: pure, up to the clock. Those whose topic is gone or takes less by now are answered and leave
    /// the group. Without a look only over the `connection` that is given.
    fn next_step(&self, connection: Option<u64>) -> Result<Step, StorageError> {
        let mut state = self.inner.state.borrow_mut();
        let state = &mut *state;
        let now = self.inner.env.now();
        let Some(mut group) = state.queue.in_flight.take() else { return Ok(Step::Nothing) };
        let refused: Vec<(Pending, ProduceError)> = group
            .pendings
            .extract_if(.., |pending| refusal(state, pending).is_some())
            .filter_map(|pending| refusal(state, &pending).map(|error| (pending, error)))
            .collect();
        let laid_out = lay_out(state, &group, now);
        for (pending, error) in refused {
            state.queue.answer(&pending, Err(error));
        }
        let step = match laid_out {
            _ if group.pendings.is_empty() => Ok(Step::Nothing),
            None => {
                // A log that is set back again and again counts as a conflict.
                let is_set_back = group.tails_loaded > 0;
                group.tails_loaded = group.tails_loaded.saturating_add(1);
                group.conflicts = group.conflicts.saturating_add(u32::from(is_set_back));
                Ok(Step::LoadTails)
            }
            Some(layout) if layout.guards == group.refused && !group.has_reckoned => {
                group.has_reckoned = true;
                Ok(Step::Reckon)
            }
            Some(layout) => self.begin(&mut state.queue, &mut group, layout, connection, now),
        };
        // Whatever fails: everybody in the group must get an answer.
        state.queue.in_flight = Some(group);
        step
    }

    /// Makes up the commit of what was laid out.
    fn begin(
        &self,
        queue: &mut Queue,
        group: &mut Group,
        layout: Layout,
        connection: Option<u64>,
        now: Timestamp,
    ) -> Result<Step, StorageError> {
        let commit = queue.commits.saturating_add(1);
        let connection = connection.filter(|_| layout.guards != group.refused);
        let mut batch = layout.batch(connection, self.inner.client, commit);
        let logs: Vec<LogId> = layout.appends.iter().map(Append::log).collect();
        let note = queue.next_note(&logs, now);
        if let Some(note) = &note {
            batch.writes.push(self.noting(commit, note)?);
            // Until it is applied, nobody knows what the row says.
            queue.noted = None;
        }
        queue.commits = commit;
        let Layout { appends, acks, guards, .. } = layout;
        group.attempt = Some(Attempt { commit, appends, acks, guards, looks: connection.is_none(), note });
        Ok(Step::Commit(batch, group.durability()))
    }

    /// Makes up this client's row.
    fn noting(&self, commit: u64, note: &Noted) -> Result<Write, StorageError> {
        let appends_to = note.logs.clone();
        let row = ClientRow { v: 1, commit, at_ms: note.at, appends_to, waiting: false };
        let key = MetaKey::Client(self.inner.client).encode();
        Ok(Write::Put { table: Table::Meta, key, value: row.encode()? })
    }

    /// Answers everybody in the group: with their offsets, or with the error.
    pub(super) fn finish(&self, outcome: &Result<(), ProduceError>) {
        let mut state = self.inner.state.borrow_mut();
        let state = &mut *state;
        let Some(group) = state.queue.in_flight.take() else { return };
        if matches!(outcome, Err(ProduceError::OutcomeUnknown(_))) {
            state.queue.unknown = group.attempt.as_ref().map(|attempt| attempt.commit);
        }
        let mut attempt = group.attempt.filter(|_| outcome.is_ok());
        if let Some(note) = attempt.as_mut().and_then(|attempt| attempt.note.take()) {
            state.queue.noted = Some(note);
        }
        state.queue.applied = attempt.as_ref().map_or(state.queue.applied, |attempt| attempt.commit);
        for append in attempt.iter().flat_map(|attempt| &attempt.appends) {
            if let Some(log) = state.logs.get_mut(&append.log()) {
                append.apply(log);
            }
        }
        let mut acks = attempt.into_iter().flat_map(|attempt| attempt.acks);
        for pending in &group.pendings {
            let answer: Answer = match outcome {
                Err(error) => Err(error.clone()),
                Ok(()) => acks.next().ok_or_else(|| unknown(pending)),
            };
            if answer.is_ok() {
                state.watchers.tell(&Change::Partition(pending.partition.clone()), true);
            }
            state.queue.answer(pending, answer);
        }
    }

    async fn load_group_tails(&self) -> Result<(), StorageError> {
        let logs = self.group_logs();
        let ids: Vec<LogId> = logs.iter().map(|(_, log)| *log).collect();
        self.load_tails_of(&ids).await?;
        self.reckon_with_early_ends(&ids).await?;
        self.vouch_for_tails(&logs).await
    }

    /// Looks for what is lost at the ends of the logs that the group goes to.
    async fn reckon_with_group(&self) -> Result<(), StorageError> {
        for topic in topics_of(&self.group_logs()) {
            self.reckon_with_ends(topic).await?;
        }
        Ok(())
    }

    /// Looks again at everything that the group leans on, much at once: the longer it takes, the more likely is the next conflict.
    async fn look_again(&self, conflicts: u32) -> Result<(), StorageError> {
        for logs in self.group_logs().chunks(LOGS_READ_AT_ONCE_MAX) {
            self.ask_for_turn(conflicts).await?;
            self.look_at(logs).await?;
        }
        Ok(())
    }

    /// Returns the partitions of the group and their logs, each once.
    fn group_logs(&self) -> Vec<(TopicPartition, LogId)> {
        let state = self.inner.state.borrow();
        let pendings = state.queue.in_flight.iter().flat_map(|group| &group.pendings);
        let logs = pendings
            .filter_map(|pending| {
                let topic = state.topics.get(&pending.partition.topic)?;
                Some((pending.partition.clone(), topic.log(pending.partition.partition)?))
            })
            .collect();
        sort_each_once(logs)
    }
}

impl Layout {
    /// Makes up the commit: over this connection and without a look, or with one.
    fn batch(&self, connection: Option<u64>, client: u64, commit: u64) -> WriteBatch {
        let mut batch = WriteBatch::default();
        match connection {
            Some(connection) => batch.expectations.push(Expectation::Connection(connection)),
            None => batch.expectations.extend(self.topics.iter().cloned()),
        }
        for (append, guard) in self.appends.iter().zip(&self.guards) {
            let note = guards::note(client, commit, append.next_offset());
            append.write_to(&mut batch, guard.clone(), note, connection.is_none());
        }
        batch
    }
}

/// Lays the group's batches out behind their logs' tails. `None` when a tail is not known.
fn lay_out(state: &State, group: &Group, now: Timestamp) -> Option<Layout> {
    let given = if group.durability() == Durability::Strict { Acks::All } else { Acks::Leader };
    let (mut topics, mut changes) = (BTreeMap::new(), BTreeMap::new());
    let mut cutters: BTreeMap<LogId, RowCutter> = BTreeMap::new();
    let mut acks = Vec::with_capacity(group.pendings.len());
    for pending in &group.pendings {
        let name = &pending.partition.topic;
        let topic = state.topics.get(name)?;
        let id = topic.log(pending.partition.partition)?;
        topics.entry(name).or_insert_with(|| topic.expectation(name));
        changes.insert(id, topic.changes);
        let cutter = match cutters.entry(id) {
            Entry::Occupied(cutter) => cutter.into_mut(),
            Entry::Vacant(vacant) => {
                let log = state.logs.get(&id).filter(|log| log.is_vouched_for() && !log.ends_early())?;
                vacant.insert(RowCutter::new(log, topic.config.timestamp_type(), now)?)
            }
        };
        let base_offset = cutter.next_offset();
        for batch in &pending.batches {
            cutter.push(batch);
        }
        let last_offset = cutter.next_offset().advance(-1);
        let log_append_time = cutter.log_append_time();
        acks.push(ProduceAck { base_offset, last_offset, log_append_time, acks: given });
    }
    let appends: Vec<Append> = cutters.into_values().map(RowCutter::finish).collect();
    let guards = appends.iter().map(|append| Some(append.guard(*changes.get(&append.log())?)));
    let guards = guards.collect::<Option<_>>()?;
    Some(Layout { topics: topics.into_values().collect(), appends, guards, acks })
}

/// Says why a call cannot be committed any more: its topic is gone, or was told to take less since the call was queued.
fn refusal(state: &State, pending: &Pending) -> Option<ProduceError> {
    let topic = state.topics.get(&pending.partition.topic).filter(|topic| topic.id == pending.topic_id);
    let Some(topic) = topic else { return Some(unknown(pending)) };
    let bytes_max = topic.config.max_message_bytes();
    let cause = pending.batches.iter().find_map(|batch| batch.fits(bytes_max).err())?;
    Some(ProduceError::Invalid { partition: pending.partition.clone(), cause })
}

fn unknown(pending: &Pending) -> ProduceError {
    ProduceError::UnknownTopicOrPartition(pending.partition.clone())
}
