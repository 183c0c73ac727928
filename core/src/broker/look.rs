//! Looking at what an append leans on: where its logs end, and their topics' rows. An end counts only together with the row of the
//! topic that was there at the same moment (see `guards`): so the row is read with the end or after it, and where it is what was
//! known already, the broker vouches for the end.

use futures_util::future::try_join_all;

use crate::broker::Broker;
use crate::broker::watch::Change;
use crate::env::Env;
use crate::ids::{LogId, TopicName, TopicPartition};
use crate::limits::KEY_SCAN_ROWS_MAX;
use crate::log::{Log, LogStart, Tail, load};
use crate::storage::key::MetaKey;
use crate::storage::{Content, KeyRange, Order, Row, Scan, Storage, StorageError, Table};

/// What was known of one log when the look began.
struct Known<'a> {
    partition: &'a TopicPartition,
    log: LogId,
    tail: Tail,
    generation: u64,
}

impl<S: Storage, E: Env> Broker<S, E> {
    /// Catches up with these logs, and with their topics, after a lost race: in one read, since the longer it takes, the more likely is
    /// the next. Where much has changed, or an end was not known, that is left to who needs the end.
    pub(super) async fn look_at(&self, logs: &[(TopicPartition, LogId)]) -> Result<(), StorageError> {
        let known = self.known_of(logs);
        let topics = topics_of(logs);
        let looks = known.iter().flat_map(|it| {
            [load::scan_after(it.log, it.tail.row().as_ref()), one_row(&MetaKey::Log(it.log))]
        });
        // The topics' rows come last: answers are in their order, and none is from before the one in front of it.
        let looks = looks.chain(topics.iter().map(|&name| one_row(&MetaKey::Topic(name.clone()))));
        let looks: Vec<Scan> = looks.collect();
        let mut answers = self.inner.storage.scan_each(&looks).await?.into_iter();
        let mut ends = Vec::with_capacity(known.len());
        for it in &known {
            let (rows, start) = (answers.next().unwrap_or_default(), answers.next().unwrap_or_default());
            ends.push(self.catch_up(it, &rows, start).await?);
        }
        for (name, mut row) in topics.into_iter().zip(answers) {
            let row = row.pop().map(|row| row.value);
            if self.inner.state.borrow().topics.get(name).map(|topic| &topic.row) != row.as_ref() {
                self.refresh_meta().await?;
                continue;
            }
            let mut state = self.inner.state.borrow_mut();
            for (it, end) in known.iter().zip(&ends).filter(|(it, _)| it.partition.topic == *name) {
                if let Some(log) = state.logs.get_mut(&it.log).filter(|log| log.tail() == *end) {
                    log.vouch(log.reads());
                }
            }
        }
        Ok(())
    }

    fn known_of<'a>(&self, logs: &'a [(TopicPartition, LogId)]) -> Vec<Known<'a>> {
        let state = self.inner.state.borrow();
        let known = logs.iter().filter_map(|(partition, id)| {
            let log = state.logs.get(id)?;
            Some(Known { partition, log: *id, tail: log.tail()?, generation: log.generation() })
        });
        known.collect()
    }

    /// Takes over what was read of one log. Returns its end, if that is all.
    async fn catch_up(
        &self,
        known: &Known<'_>,
        rows: &[Row],
        mut start: Vec<Row>,
    ) -> Result<Option<Tail>, StorageError> {
        if rows.len() >= KEY_SCAN_ROWS_MAX {
            self.refresh_log(known.partition, known.log).await?;
            return Ok(None);
        }
        let new = load::decoded(rows)?;
        let start = start.pop().map(|row| LogStart::parse(row.value)).transpose()?.unwrap_or_default();
        if !Log::follow(&new, known.tail.next_offset())
            && self.start_moved(known.log, known.generation).await?
        {
            return Ok(None);
        }
        if self.caught_up(known.log, known.generation, start, &new) {
            self.inner.state.borrow().tell(&[Change::Partition(known.partition.clone())], false);
        }
        Ok(Some(new.last().map_or(known.tail, |last| Tail::Row(*last))))
    }

    /// Catches up with where the logs of a topic end.
    pub(super) async fn refresh_ends(&self, name: &TopicName) -> Result<(), StorageError> {
        self.refresh_partitions(&self.partitions_of(name)).await?;
        let logs = self.inner.state.borrow().topics.get(name).map(|topic| topic.logs.clone());
        self.load_tails_of(&logs.unwrap_or_default()).await
    }

    /// Reads the topics' rows after the ends of their logs were read: where they are what they were, the two belong together.
    pub(super) async fn vouch_for_tails(&self, logs: &[(TopicPartition, LogId)]) -> Result<(), StorageError> {
        let reads: Vec<(LogId, u64)> = {
            let state = self.inner.state.borrow();
            let reads = |(_, id): &(TopicPartition, LogId)| Some((*id, state.logs.get(id)?.reads()));
            logs.iter().filter_map(reads).collect()
        };
        try_join_all(topics_of(logs).into_iter().map(|topic| self.refresh_topic(topic))).await?;
        let mut state = self.inner.state.borrow_mut();
        for (id, reads) in reads {
            if let Some(log) = state.logs.get_mut(&id) {
                log.vouch(reads);
            }
        }
        Ok(())
    }
}

/// Returns the topics of partitions that are in order, each once.
pub(super) fn topics_of(logs: &[(TopicPartition, LogId)]) -> Vec<&TopicName> {
    let mut topics: Vec<&TopicName> = logs.iter().map(|(partition, _)| &partition.topic).collect();
    topics.dedup();
    topics
}

fn one_row(key: &MetaKey) -> Scan {
    let range = KeyRange::exactly(&key.encode());
    Scan { table: Table::Meta, range, order: Order::Ascending, content: Content::Rows, rows_max: 1 }
}
