//! Producing: batches are checked and queued here; [`super::commit`] takes the queue to storage.
//!
//! There is no task in the background. Whoever waits for an answer while no commit is running runs the next one, for
//! everybody who waits; while it runs, others gather. That is group commit, and its size adapts to how slow storage is.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use crate::broker::commit::Group;
use crate::broker::turns::apart_ms;
use crate::broker::{Broker, Inner, ProduceError};
use crate::config::CompressionType;
use crate::env::Env;
use crate::error::ErrorCode;
use crate::ids::{LogId, Offset, Timestamp, TopicId, TopicPartition};
use crate::limits::{BUFFER_MEMORY_BYTES, CLIENT_NOTE_LOGS_MAX, CLIENT_NOTE_MS_MAX, COMMIT_BYTES_MAX};
use crate::log::{CheckedBatch, InvalidBatch};
use crate::record::{BuiltBatch, RecordBatch};
use crate::storage::Storage;

/// When a producer is answered, and how safe its records are then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Acks {
    /// At once, before anything is stored (`acks=0`). The records go with the next commit; see [`Broker::flush`].
    None,
    /// When the transaction is complete (`acks=1`): survives a crash of the tab or the browser.
    Leader,
    /// When the disk was asked to flush as well (`acks=all`): survives power loss as far as the platform promises.
    All,
}

/// Where records were appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProduceAck {
    /// The first record's offset; [`ProduceAck::NO_OFFSET`] for `Acks::None`.
    pub base_offset: Offset,
    /// The last record's offset; [`ProduceAck::NO_OFFSET`] for `Acks::None`.
    pub last_offset: Offset,
    /// The time that the log gave to the records, if it does (`message.timestamp.type=LogAppendTime`).
    pub log_append_time: Option<Timestamp>,
    /// How safe they are: at least as asked, and more when they shared a commit with others who wanted more.
    pub acks: Acks,
}

impl ProduceAck {
    /// Kafka's -1: nobody waited for an offset.
    pub const NO_OFFSET: Offset = Offset::new(-1);
}

pub(super) type Answer = Result<ProduceAck, ProduceError>;

/// Batches of one call, on their way to one partition.
pub(super) struct Pending {
    pub partition: TopicPartition,
    /// The incarnation that was meant: never write to a namesake.
    pub topic_id: TopicId,
    pub batches: Vec<CheckedBatch>,
    pub bytes: usize,
    pub acks: Acks,
    pub answer: Rc<RefCell<Option<Answer>>>,
}

/// What waits for storage.
#[derive(Default)]
pub(super) struct Queue {
    waiting: VecDeque<Pending>,
    /// What a commit is being made of. Stays here, so that nothing is lost when the future that makes it is dropped.
    pub in_flight: Option<Group>,
    driving: bool,
    /// Bytes waiting and in flight.
    bytes: usize,
    /// Most bytes that may, if somebody set it.
    buffer_memory: Option<usize>,
    /// Who waits for room, in the order of coming.
    room: BTreeSet<u64>,
    /// Who waits for a moment without a commit, in the order of coming: the next commit lets them go first.
    holders: BTreeSet<u64>,
    wakers: BTreeMap<u64, Waker>,
    next_ticket: u64,
    /// Commits attempted by this broker.
    pub commits: u64,
    /// The last of them that is known to be applied; 0 when none is.
    pub applied: u64,
    /// A commit of which nobody knows whether it was applied, until that is looked at.
    pub unknown: Option<u64>,
    /// Where `commits` stood when this broker last looked whether another one waits.
    pub turn_given_at: u64,
    /// What this client's row says, when that is certain.
    pub noted: Option<Noted>,
}

/// What a client's row says: which logs it appends to without another note, and since when.
#[derive(Clone)]
pub(super) struct Noted {
    pub logs: Vec<LogId>,
    pub at: Timestamp,
}

impl Queue {
    /// Takes what goes into one commit, in the order of coming; `false` when nothing waits.
    pub fn take_group(&mut self) -> bool {
        let mut bytes = 0_usize;
        let mut taken = Vec::new();
        while let Some(next) = self.waiting.front() {
            bytes = bytes.saturating_add(next.bytes);
            if !taken.is_empty() && bytes > COMMIT_BYTES_MAX {
                break;
            }
            taken.extend(self.waiting.pop_front());
        }
        if taken.is_empty() {
            return false;
        }
        self.in_flight = Some(Group::new(taken));
        true
    }

    /// Answers a producer and gives its room free.
    pub fn answer(&mut self, pending: &Pending, answer: Answer) {
        self.bytes = self.bytes.saturating_sub(pending.bytes);
        *pending.answer.borrow_mut() = Some(answer);
    }

    /// Lets what waits for an incarnation of a topic go to the one that took its records over, if one did.
    pub fn follow(&mut self, before: TopicId, after: Option<TopicId>) {
        let Some(after) = after else { return };
        let in_flight = self.in_flight.iter_mut().flat_map(Group::pendings_mut);
        for pending in self.waiting.iter_mut().chain(in_flight).filter(|it| it.topic_id == before) {
            pending.topic_id = after;
        }
    }

    /// Returns what this client's row has to say from an append to these logs on; `None` when it says enough.
    pub fn next_note(&self, logs: &[LogId], now: Timestamp) -> Option<Noted> {
        let noted = self.noted.as_ref().filter(|noted| apart_ms(noted.at, now) < CLIENT_NOTE_MS_MAX);
        let known: &[LogId] = noted.map_or(&[], |noted| &noted.logs);
        if noted.is_some() && logs.iter().all(|log| known.contains(log)) {
            return None;
        }
        let mut named = logs.to_vec();
        named.extend(known.iter().filter(|log| !logs.contains(log)));
        // Who appends to more at once says so with every append.
        named.truncate(if logs.len() > CLIENT_NOTE_LOGS_MAX { 0 } else { CLIENT_NOTE_LOGS_MAX });
        Some(Noted { logs: named, at: now })
    }

    fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.in_flight.is_none()
    }

    /// Gives up a call's place among those who wait for room, if it has one. Returns who is to be woken: whoever came later may
    /// have the room now, or something to drive.
    fn leave_room(&mut self, ticket: u64) -> Vec<Waker> {
        if !self.room.remove(&ticket) {
            return Vec::new();
        }
        self.room.iter().filter_map(|later| self.wakers.remove(later)).collect()
    }

    fn has_room(&self, ticket: u64, bytes: usize) -> bool {
        let first = self.room.first().is_none_or(|&first| first >= ticket);
        // A call larger than the whole buffer goes alone.
        first && (self.bytes == 0 || self.bytes.saturating_add(bytes) <= self.buffer_memory())
    }

    fn buffer_memory(&self) -> usize {
        self.buffer_memory.unwrap_or(BUFFER_MEMORY_BYTES)
    }
}

/// One call's place among those who wait. Dropping it gives the place up.
struct Ticket<S, E> {
    inner: Rc<Inner<S, E>>,
    number: u64,
}

impl<S, E> Drop for Ticket<S, E> {
    fn drop(&mut self) {
        let wakers = {
            let queue = &mut self.inner.state.borrow_mut().queue;
            queue.wakers.remove(&self.number);
            let mut wakers = queue.leave_room(self.number);
            if queue.holders.remove(&self.number) {
                wakers.extend(std::mem::take(&mut queue.wakers).into_values());
            }
            wakers
        };
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// Marks that a commit is being driven, or that none may be. Dropping it, however that comes, lets the next one who waits go on.
pub(super) struct Driving<S, E> {
    inner: Rc<Inner<S, E>>,
}

impl<S, E> Driving<S, E> {
    fn start(inner: &Rc<Inner<S, E>>) -> Self {
        inner.state.borrow_mut().queue.driving = true;
        Self { inner: Rc::clone(inner) }
    }
}

impl<S, E> Drop for Driving<S, E> {
    fn drop(&mut self) {
        let wakers = {
            let queue = &mut self.inner.state.borrow_mut().queue;
            queue.driving = false;
            std::mem::take(&mut queue.wakers)
        };
        wakers.into_values().for_each(Waker::wake);
    }
}

/// How a batch is checked, by the topic's `max.message.bytes` and `compression.type`.
type Check<B> = fn(B, usize, CompressionType) -> Result<CheckedBatch, InvalidBatch>;

/// What somebody who waits may do next.
enum Turn<T> {
    Done(T),
    Drive,
}

impl<S: Storage, E: Env> Broker<S, E> {
    /// Appends batches to one partition, whole and in order, with dense offsets: all of them or none. Base offsets and leader
    /// epochs are the log's to set, whatever the batches say.
    ///
    /// Calls that wait at the same time share one commit. Calls for one partition are appended in the order in which their futures
    /// were first polled. Waits for room when [`Broker::buffer_memory`] bytes wait already. A call that is dropped after it was
    /// polled may still be appended, with the next commit.
    ///
    /// # Errors
    /// See [`ProduceError`]. With `Acks::None` only what can be told at once.
    pub async fn produce(
        &self,
        partition: &TopicPartition,
        batches: Vec<RecordBatch>,
        acks: Acks,
    ) -> Result<ProduceAck, ProduceError> {
        self.produce_all(partition, batches, CheckedBatch::check, acks).await
    }

    /// As [`Self::produce`], of batches that were made here: what is known of them is not read again.
    pub(crate) async fn produce_built(
        &self,
        partition: &TopicPartition,
        batches: Vec<BuiltBatch>,
        acks: Acks,
    ) -> Result<ProduceAck, ProduceError> {
        self.produce_all(partition, batches, CheckedBatch::check_built, acks).await
    }

    async fn produce_all<B: Clone>(
        &self,
        partition: &TopicPartition,
        batches: Vec<B>,
        check: Check<B>,
        acks: Acks,
    ) -> Result<ProduceAck, ProduceError> {
        // Known topics are queued without waiting for anything, which keeps the callers' order.
        if !self.inner.state.borrow().topics.contains_key(&partition.topic) {
            self.find_topic(&partition.topic).await?;
        }
        let pending = match self.check(partition, batches.clone(), check, acks) {
            // Another client may have allowed more since this one looked.
            Err(refused) if refused.code() == ErrorCode::MessageTooLarge => {
                self.refresh_topic(&partition.topic).await?;
                self.check(partition, batches, check, acks)?
            }
            checked => checked?,
        };
        let answer = Rc::clone(&pending.answer);
        let ticket = self.ticket();
        let bytes = pending.bytes;
        self.inner.state.borrow_mut().queue.room.insert(ticket.number);
        self.wait(&ticket, |queue| queue.has_room(ticket.number, bytes).then_some(())).await;
        let wakers = {
            let queue = &mut self.inner.state.borrow_mut().queue;
            queue.bytes = queue.bytes.saturating_add(bytes);
            queue.waiting.push_back(pending);
            queue.leave_room(ticket.number)
        };
        wakers.into_iter().for_each(Waker::wake);
        if acks == Acks::None {
            let (base_offset, last_offset) = (ProduceAck::NO_OFFSET, ProduceAck::NO_OFFSET);
            return Ok(ProduceAck { base_offset, last_offset, log_append_time: None, acks });
        }
        self.wait(&ticket, |_| answer.borrow_mut().take()).await
    }

    /// Waits until nothing is queued any more, driving commits itself where nobody else does.
    pub async fn flush(&self) {
        let ticket = self.ticket();
        self.wait(&ticket, |queue| queue.is_idle().then_some(())).await;
    }

    /// Counts the bytes of batches that were taken in and are not answered yet, those with `Acks::None` included: what producers
    /// wait for storage to take. Never more than [`Broker::buffer_memory`], unless a single call is larger than that.
    pub fn buffered_bytes(&self) -> usize {
        self.inner.state.borrow().queue.bytes
    }

    /// Returns how many bytes may wait for a commit (`buffer.memory`): [`BUFFER_MEMORY_BYTES`] unless it was set.
    pub fn buffer_memory(&self) -> usize {
        self.inner.state.borrow().queue.buffer_memory()
    }

    /// Sets how many bytes may wait for a commit, over all producers of this broker. Who comes when they are used up waits.
    pub fn set_buffer_memory(&self, bytes: usize) {
        let wakers = {
            let queue = &mut self.inner.state.borrow_mut().queue;
            queue.buffer_memory = Some(bytes);
            std::mem::take(&mut queue.wakers)
        };
        wakers.into_values().for_each(Waker::wake);
    }

    /// Waits until none of this client's appends is under way, and keeps the next one from beginning for as long as what is returned
    /// lives: who expects a log to end where it does would lose every race against them. Must not be called by what commits.
    pub(super) async fn hold_appends(&self) -> Driving<S, E> {
        let ticket = self.ticket();
        self.inner.state.borrow_mut().queue.holders.insert(ticket.number);
        poll_fn(|context| {
            let queue = &mut self.inner.state.borrow_mut().queue;
            if !queue.driving && queue.holders.first() == Some(&ticket.number) {
                queue.holders.remove(&ticket.number);
                queue.driving = true;
                return Poll::Ready(());
            }
            queue.wakers.insert(ticket.number, context.waker().clone());
            Poll::Pending
        })
        .await;
        Driving::start(&self.inner)
    }

    fn ticket(&self) -> Ticket<S, E> {
        let queue = &mut self.inner.state.borrow_mut().queue;
        queue.next_ticket = queue.next_ticket.saturating_add(1);
        Ticket { inner: Rc::clone(&self.inner), number: queue.next_ticket }
    }

    /// Waits until `done` says so, and drives commits while nobody else does.
    async fn wait<T>(&self, ticket: &Ticket<S, E>, mut done: impl FnMut(&Queue) -> Option<T>) -> T {
        loop {
            let turn = poll_fn(|context| {
                let queue = &mut self.inner.state.borrow_mut().queue;
                if let Some(result) = done(queue) {
                    return Poll::Ready(Turn::Done(result));
                }
                // With nothing queued there is nothing to drive: whoever came first has to be polled first.
                if !queue.driving && queue.holders.is_empty() && !queue.is_idle() {
                    return Poll::Ready(Turn::Drive);
                }
                queue.wakers.insert(ticket.number, context.waker().clone());
                Poll::Pending
            });
            match turn.await {
                Turn::Done(result) => return result,
                Turn::Drive => {
                    let driving = Driving::start(&self.inner);
                    self.commit_group().await;
                    drop(driving);
                }
            }
        }
    }

    fn check<B>(
        &self,
        partition: &TopicPartition,
        batches: Vec<B>,
        check: Check<B>,
        acks: Acks,
    ) -> Result<Pending, ProduceError> {
        let state = self.inner.state.borrow();
        let topic = state
            .topics
            .get(&partition.topic)
            .filter(|topic| topic.log(partition.partition).is_some())
            .ok_or_else(|| ProduceError::UnknownTopicOrPartition(partition.clone()))?;
        if batches.is_empty() {
            return Err(ProduceError::Nothing(partition.clone()));
        }
        let (bytes_max, codec) = (topic.config.max_message_bytes(), topic.config.compression_type());
        let batches = batches.into_iter().map(|batch| check(batch, bytes_max, codec));
        let batches: Vec<CheckedBatch> = batches
            .collect::<Result<_, _>>()
            .map_err(|cause| ProduceError::Invalid { partition: partition.clone(), cause })?;
        let bytes = batches.iter().map(CheckedBatch::bytes_len).sum();
        let (partition, topic_id) = (partition.clone(), topic.id);
        Ok(Pending { partition, topic_id, batches, bytes, acks, answer: Rc::default() })
    }
}
