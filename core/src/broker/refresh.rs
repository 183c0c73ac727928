//! Catching up with storage: with what other tabs did, and with what this one has not needed so far.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{try_join, try_join_all};

use crate::broker::Broker;
use crate::broker::state::{Meta, Notes, State};
use crate::broker::watch::Change;
use crate::env::Env;
use crate::ids::{LogId, PartitionId, TopicName, TopicPartition};
use crate::limits::{LOGS_READ_AT_ONCE_MAX, LOGS_READ_SINGLY_MAX, READ_RETRIES_MAX, SCAN_ROWS_MAX};
use crate::log::{Log, LogStart, Tail, load};
use crate::storage::key::{ChunkKey, MetaKey};
use crate::storage::{Content, KeyRange, Order, Scan, Storage, StorageError, Table};

impl<S: Storage, E: Env> Broker<S, E> {
    /// Catches up with what other clients of the store did: topics made and deleted, records appended and deleted. Costs one
    /// scan and one of keys for each log that others are known to append to; and where one of them turned to other logs, one for
    /// each log in use. Whoever is told what changed gets away with less, see [`Broker::refresh_partitions`].
    ///
    /// Returns what changed, which the watchers hear too.
    ///
    /// # Errors
    /// What storage reports. What was learned before the error is kept.
    pub async fn refresh(&self) -> Result<Vec<Change>, StorageError> {
        let (mut changes, notes) = self.refresh_meta().await?;
        let mut logs = self.known_logs();
        if let Some(grown) = self.inner.state.borrow().logs_to_look_at(&notes) {
            logs.retain(|(_, log)| grown.contains(log));
        }
        changes.extend(self.refresh_rows_of(&logs).await?);
        // Only now: had a scan failed, the next refresh would have to look again.
        self.inner.state.borrow_mut().looked_at(notes);
        Ok(changes)
    }

    /// Catches up with topics made, changed and deleted, with records deleted anywhere, and with what was appended to these
    /// partitions: for a tab that another one told what it did. Costs one scan, and one scan of keys for each of them in use.
    ///
    /// Returns what changed, which the watchers hear too. Partitions that there are none of are passed over.
    ///
    /// # Errors
    /// As [`Broker::refresh`].
    pub async fn refresh_partitions(
        &self,
        partitions: &BTreeSet<TopicPartition>,
    ) -> Result<Vec<Change>, StorageError> {
        // The other clients' notes are not taken over: they may have done more than was told, and the next full look finds that.
        let (mut changes, _) = self.refresh_meta().await?;
        let logs: Vec<(TopicPartition, LogId)> = {
            let state = self.inner.state.borrow();
            let log = |partition: &TopicPartition| Some((partition.clone(), state.log_of(partition)?.id()));
            partitions.iter().filter_map(log).collect()
        };
        changes.extend(self.refresh_rows_of(&logs).await?);
        Ok(changes)
    }

    /// Reads what was appended to these logs since the last time, a few logs at once. Returns those that grew.
    async fn refresh_rows_of(&self, logs: &[(TopicPartition, LogId)]) -> Result<Vec<Change>, StorageError> {
        let mut changes = Vec::new();
        for some in logs.chunks(LOGS_READ_AT_ONCE_MAX) {
            let looked = some.iter().map(|(partition, log)| self.refresh_rows(partition, *log));
            let grown = some.iter().zip(try_join_all(looked).await?).filter(|(_, changed)| *changed);
            changes.extend(grown.map(|((partition, _), _)| Change::Partition(partition.clone())));
        }
        Ok(changes)
    }

    /// Catches up with what was appended to one log, whose start was looked at a moment ago. Returns whether it grew, and tells
    /// the watchers then. A log that nobody has used yet is read when somebody does.
    async fn refresh_rows(&self, partition: &TopicPartition, id: LogId) -> Result<bool, StorageError> {
        for _ in 0..READ_RETRIES_MAX {
            let known = self.inner.state.borrow().logs.get(&id).map(|log| (log.tail(), log.generation()));
            let Some((Some(tail), generation)) = known else {
                if let Some(log) = self.inner.state.borrow_mut().logs.get_mut(&id) {
                    log.looked_in_vain();
                }
                return Ok(false);
            };
            let new = load::rows_after(&self.inner.storage, id, tail.row().as_ref()).await?;
            if !Log::follow(&new, tail.next_offset()) && self.start_moved(id, generation).await? {
                return Ok(true);
            }
            let mut state = self.inner.state.borrow_mut();
            let Some(log) = state.logs.get_mut(&id) else { return Ok(false) };
            // Records were deleted here while that was read: what is new is still to be taken over.
            if log.generation() != generation {
                continue;
            }
            let grew = log.absorb(&new);
            if grew {
                state.tell(&[Change::Partition(partition.clone())], false);
            }
            return Ok(grew);
        }
        Ok(false)
    }

    fn known_logs(&self) -> Vec<(TopicPartition, LogId)> {
        let state = self.inner.state.borrow();
        let mut logs = Vec::new();
        for (name, topic) in &state.topics {
            for (partition, id) in (0..).zip(&topic.logs) {
                let partition = PartitionId::new(partition);
                logs.push((TopicPartition { topic: name.clone(), partition }, *id));
            }
        }
        logs
    }

    /// Reads the meta table. Returns what changed, and the clients' notes.
    pub(super) async fn refresh_meta(&self) -> Result<(Vec<Change>, Notes), StorageError> {
        for _ in 0..READ_RETRIES_MAX {
            let (version, applied) = {
                let state = self.inner.state.borrow();
                (state.meta_version, state.queue.applied)
            };
            let mut meta = self.load_meta().await?;
            let mut state = self.inner.state.borrow_mut();
            // Read before a change of our own: it would be undone.
            if state.meta_version != version {
                continue;
            }
            if meta.clients.remove(&self.inner.client).is_none() {
                // Somebody took it away, as if this client were long gone.
                state.queue.noted = None;
            }
            let notes = Notes { others: std::mem::take(&mut meta.clients), applied };
            let changes = state.adopt(meta);
            state.tell(&changes, false);
            return Ok((changes, notes));
        }
        Err(StorageError::Conflict("topics are being changed all the time".to_owned()))
    }

    async fn load_meta(&self) -> Result<Meta, StorageError> {
        let mut meta = Meta::default();
        let mut scan = Scan {
            table: Table::Meta,
            range: MetaKey::everything(),
            order: Order::Ascending,
            content: Content::Rows,
            rows_max: SCAN_ROWS_MAX,
        };
        loop {
            let page = self.inner.storage.scan(&scan).await?;
            let full = page.len() >= scan.rows_max;
            if let Some(last) = page.last() {
                scan.range.from = [&last.key[..], &[0]].concat();
            }
            for row in page {
                match MetaKey::decode(&row.key) {
                    Some(MetaKey::Topic(name)) => drop(meta.topics.insert(name, row.value)),
                    Some(MetaKey::Log(log)) => drop(meta.starts.insert(log, row.value)),
                    Some(MetaKey::Client(client)) => drop(meta.clients.insert(client, row.value)),
                    Some(MetaKey::Ended(topic)) => drop(meta.ended.insert(topic, row.value)),
                    Some(MetaKey::Store) => meta.store = Some(row.value),
                    // Not in the range.
                    Some(MetaKey::Ballast(_)) | None => {}
                }
            }
            if !full {
                return Ok(meta);
            }
        }
    }

    /// Catches up with one topic: costs one read when its row is what it was.
    pub(super) async fn refresh_topic(&self, name: &TopicName) -> Result<(), StorageError> {
        let row = self.inner.storage.get(Table::Meta, &MetaKey::Topic(name.clone()).encode()).await?;
        let known = self.inner.state.borrow().topics.get(name).map(|topic| topic.row.clone());
        if known != row {
            self.refresh_meta().await?;
        }
        Ok(())
    }

    /// Catches up with one topic, as [`Self::refresh_topic`] does, for somebody who wants to work with it.
    ///
    /// # Errors
    /// Why it cannot be read, when it is there and cannot; and what storage reports.
    pub(super) async fn find_topic(&self, name: &TopicName) -> Result<(), StorageError> {
        self.refresh_topic(name).await?;
        self.inner.state.borrow().topic(name).map(drop)
    }

    async fn load_start(&self, log: LogId) -> Result<LogStart, StorageError> {
        let row = self.inner.storage.get(Table::Meta, &MetaKey::Log(log).encode()).await?;
        Ok(row.map(LogStart::parse).transpose()?.unwrap_or_default())
    }

    /// Catches up with one log. Returns whether it changed, and tells the watchers then.
    pub(super) async fn refresh_log(
        &self,
        partition: &TopicPartition,
        id: LogId,
    ) -> Result<bool, StorageError> {
        let Some((tail, generation)) =
            self.inner.state.borrow().logs.get(&id).map(|log| (log.tail(), log.generation()))
        else {
            return Ok(false);
        };
        let after = tail.and_then(Tail::row);
        let new = async {
            match tail {
                Some(_) => load::rows_after(&self.inner.storage, id, after.as_ref()).await,
                None => Ok(Vec::new()),
            }
        };
        let (start, new) = try_join(self.load_start(id), new).await?;
        if let Some(tail) = tail
            && !Log::follow(&new, tail.next_offset())
            && self.start_moved(id, generation).await?
        {
            return Ok(true);
        }
        let changed = self.caught_up(id, generation, start, &new);
        if changed {
            self.inner.state.borrow().tell(&[Change::Partition(partition.clone())], false);
        }
        if tail.is_none() {
            self.load_tail(id).await?;
        }
        Ok(changed)
    }

    /// Takes over a start and new rows that were read while the log was at `generation`. Returns whether anything changed.
    pub(super) fn caught_up(&self, id: LogId, generation: u64, start: LogStart, new: &[ChunkKey]) -> bool {
        let mut state = self.inner.state.borrow_mut();
        match state.logs.get_mut(&id) {
            Some(log) if log.generation() == generation && log.start().row == start.row => log.absorb(new),
            Some(log) if log.generation() == generation => {
                log.reset(start);
                state.meta_version = state.meta_version.saturating_add(1);
                true
            }
            _ => true,
        }
    }

    /// Sees to it that a log's tail is known.
    pub(super) async fn load_tail(&self, id: LogId) -> Result<(), StorageError> {
        for _ in 0..READ_RETRIES_MAX {
            let Some(generation) = self.generation_unless(id, |log| log.tail().is_some()) else {
                return Ok(());
            };
            let tail = load::tail(&self.inner.storage, id).await?;
            let mut state = self.inner.state.borrow_mut();
            if let Some(log) = state.logs.get_mut(&id)
                && log.generation() == generation
                && log.tail().is_none()
            {
                log.set_tail(tail);
            }
        }
        Ok(())
    }

    /// Sees to it that the tails of these logs are known.
    pub(super) async fn load_tails_of(&self, logs: &[LogId]) -> Result<(), StorageError> {
        let missing = |state: &State, id: &LogId| state.logs.get(id).is_some_and(|log| log.tail().is_none());
        let missing: Vec<LogId> = {
            let state = self.inner.state.borrow();
            logs.iter().filter(|id| missing(&state, id)).copied().collect()
        };
        if missing.len() > LOGS_READ_SINGLY_MAX {
            return self.load_rows_of(&missing).await;
        }
        for log in missing {
            self.load_tail(log).await?;
        }
        Ok(())
    }

    /// Sees to it that the keys of all of a log's rows are known.
    pub(super) async fn load_rows(&self, id: LogId) -> Result<(), StorageError> {
        for _ in 0..READ_RETRIES_MAX {
            let Some(generation) = self.generation_unless(id, Log::has_rows) else { return Ok(()) };
            let looks = self.looks_at(id);
            let mut rows = load::rows_after(&self.inner.storage, id, None).await?;
            if !self.read_on(id, looks, &mut rows).await? {
                continue;
            }
            if self.begins_late(id, &rows) && !self.start_moved(id, generation).await? {
                // Rows are lost; or the topic was deleted after they were read, and its start with it.
                self.refresh_meta().await?;
            }
            self.set_rows(id, generation, rows);
        }
        if self.generation_unless(id, Log::has_rows).is_some() {
            // Rows that this client knows of are not there, however often it looks: somebody deleted the topic, or they are lost.
            self.refresh_meta().await?;
            self.load_tail(id).await?;
            self.reckon_with_early_ends(&[id]).await?;
        }
        Ok(())
    }

    /// Reads on behind rows that were being read when somebody looked for new ones: they may be from before that. Returns whether
    /// what was found goes together.
    async fn read_on(&self, id: LogId, looks: u64, rows: &mut Vec<ChunkKey>) -> Result<bool, StorageError> {
        let mut known = looks;
        for _ in 0..READ_RETRIES_MAX {
            let now = self.looks_at(id);
            if now == known {
                break;
            }
            known = now;
            let more = load::rows_after(&self.inner.storage, id, rows.last()).await?;
            if !Log::follow(&more, Tail::from_row(rows.last().copied()).next_offset()) {
                return Ok(false);
            }
            rows.extend(more);
        }
        Ok(true)
    }

    fn looks_at(&self, id: LogId) -> u64 {
        self.inner.state.borrow().logs.get(&id).map_or(0, Log::looks)
    }

    /// Tells whether rows are missing where the log is known to start: somebody deleted records since, or the rows are lost.
    fn begins_late(&self, id: LogId, rows: &[ChunkKey]) -> bool {
        let state = self.inner.state.borrow();
        let log = state.logs.get(&id);
        log.zip(rows.first()).is_some_and(|(log, first)| {
            let start = log.start().offset;
            first.base_offset > start || (first.records == 0 && first.last_offset() >= start)
        })
    }

    /// Reads anew where the log starts; returns whether that has moved, and tells the watchers then.
    pub(super) async fn start_moved(&self, id: LogId, generation: u64) -> Result<bool, StorageError> {
        let start = self.load_start(id).await?;
        let mut state = self.inner.state.borrow_mut();
        let log = state.logs.get_mut(&id).filter(|log| log.generation() == generation);
        let Some(log) = log.filter(|log| log.start().row != start.row) else { return Ok(false) };
        log.reset(start);
        state.meta_version = state.meta_version.saturating_add(1);
        let changes: Vec<Change> = state.partition_of(id).map(Change::Partition).into_iter().collect();
        state.tell(&changes, false);
        Ok(true)
    }

    /// Sees to it that the keys of all rows of these logs are known: one scan over all of them when many are missing.
    pub(super) async fn load_rows_of(&self, logs: &[LogId]) -> Result<(), StorageError> {
        let mut missing: BTreeMap<LogId, (u64, u64)> = BTreeMap::new();
        {
            let state = self.inner.state.borrow();
            let unknown = logs.iter().filter_map(|id| state.logs.get(id)).filter(|log| !log.has_rows());
            missing.extend(unknown.map(|log| (log.id(), (log.generation(), log.looks()))));
        }
        if missing.len() <= LOGS_READ_SINGLY_MAX {
            for &log in missing.keys() {
                self.load_rows(log).await?;
            }
            return Ok(());
        }
        let (Some((&first, _)), Some((&last, _))) = (missing.first_key_value(), missing.last_key_value())
        else {
            return Ok(());
        };
        let range = KeyRange { from: ChunkKey::range_of(first).from, to: ChunkKey::range_of(last).to };
        let mut found: BTreeMap<LogId, Vec<ChunkKey>> = BTreeMap::new();
        for row in load::rows_in(&self.inner.storage, range).await? {
            found.entry(row.log).or_default().push(row);
        }
        for (log, (generation, looks)) in missing {
            let rows = found.remove(&log).unwrap_or_default();
            if !self.begins_late(log, &rows) && self.looks_at(log) == looks {
                self.set_rows(log, generation, rows);
            }
            // Where something is missing, one by one.
            self.load_rows(log).await?;
        }
        Ok(())
    }

    /// Forgets what is known of a log and its topic, and reads it anew: storage does not hold what was expected.
    pub(super) async fn reload(&self, topic: &TopicName, log: LogId) -> Result<(), StorageError> {
        self.refresh_topic(topic).await?;
        let Some(generation) = self.generation_unless(log, |_| false) else { return Ok(()) };
        if !self.start_moved(log, generation).await?
            && let Some(log) = self.inner.state.borrow_mut().logs.get_mut(&log)
        {
            log.forget();
        }
        Ok(())
    }

    /// Takes over rows that were read while the log was at `generation`.
    fn set_rows(&self, id: LogId, generation: u64, rows: Vec<ChunkKey>) {
        let mut state = self.inner.state.borrow_mut();
        let Some(log) = state.logs.get_mut(&id) else { return };
        // An append that came in while the rows were being read is not among them, or the log is gone: read again.
        if log.generation() == generation && !log.has_rows() && log.is_reached_by(&rows) {
            log.set_rows(rows);
        }
    }

    fn generation_unless(&self, id: LogId, done: impl Fn(&Log) -> bool) -> Option<u64> {
        let state = self.inner.state.borrow();
        let log = state.logs.get(&id)?;
        (!done(log)).then(|| log.generation())
    }
}
