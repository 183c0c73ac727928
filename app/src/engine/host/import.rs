//! Importing lines into a topic: reading, parsing and storing overlap, see [`intake`](crate::engine::logic::intake).

use std::rc::Rc;

use futures_channel::oneshot;
use tablog_core::broker::CreateTopicError;
use tablog_core::browser::BrowserEnv;
use tablog_core::client::{Producer, ProducerRecord, SentAll};
use tablog_core::ids::TopicName;
use tablog_core::record::Compression;
use wasm_bindgen_futures::spawn_local;

use super::chunks::Chunks;
use super::failures::failure;
use super::job::Job;
use super::pace::{Pacer, now_ms};
use super::storage::AnyStorage;
use super::{EngineBroker, Host};
use crate::engine::logic::intake::{Intake, Piece, Step, TopicLimits};
use crate::engine::logic::once_more;
use crate::engine::protocol::{Failure, FailureKind, FileFormat, ImportReport, ImportRequest, Progress};

/// Says that the person stopped it.
pub const STOPPED: &str = "Stopped on your wish";

/// Sends pieces one after the other; the next may be made while one is on its way.
pub struct Sender {
    broker: EngineBroker,
    producer: Rc<Producer<AnyStorage, BrowserEnv>>,
    on_its_way: Option<(Vec<u64>, oneshot::Receiver<SentAll>)>,
}

impl Sender {
    /// Begins with nothing on its way.
    pub fn new(broker: EngineBroker, topic: TopicName, compression: Compression) -> Self {
        let producer = Rc::new(Producer::new(broker.clone(), topic).with_compression(compression));
        Self { broker, producer, on_its_way: None }
    }

    /// Sends records; their `marks` come back with what became of them. [`Sender::arrived`] comes first.
    pub fn send(&mut self, records: Vec<ProducerRecord>, marks: Vec<u64>) {
        let (done, result) = oneshot::channel();
        let (broker, producer) = (self.broker.clone(), Rc::clone(&self.producer));
        spawn_local(async move {
            // Nobody waits any more when the import itself was dropped.
            drop(done.send(once_more::send_all(&broker, &producer, records).await));
        });
        self.on_its_way = Some((marks, result));
    }

    /// Waits for what is on its way; `None` when nothing is.
    pub async fn arrived(&mut self) -> Option<(Vec<u64>, SentAll)> {
        let (marks, result) = self.on_its_way.take()?;
        result.await.ok().map(|sent| (marks, sent))
    }
}

impl Host {
    /// Imports lines.
    pub async fn import(&self, job: &Job, mut request: ImportRequest) -> Result<ImportReport, Failure> {
        let began_ms = now_ms();
        let topic = TopicName::parse(&request.topic)?;
        if request.format == Some(FileFormat::Log) {
            let sentence =
                "A Kafka log is opened in place and then replayed into a topic; it is not imported";
            return Err(failure(FailureKind::Invalid, sentence));
        }
        let mut chunks = self.chunks(job, &mut request.from).await?;
        let mut intake = Intake::new(&request);
        // Lines are text, which lz4 halves and more: less to write takes less time than writing it all.
        let mut sender = Sender::new(self.broker(), topic.clone(), Compression::Lz4);
        let pacer = Pacer::new();
        loop {
            if job.is_cancelled() && !intake.is_stopped() {
                intake.stop(STOPPED, intake.first_waiting_line());
            }
            match intake.step() {
                Step::Again => pacer.breathe().await,
                Step::NeedsChunk => match chunks.next().await {
                    Ok(Some(chunk)) => intake.push(chunk),
                    Ok(None) => intake.finish(),
                    Err(failure) => intake.stop(&failure.sentence, intake.first_waiting_line()),
                },
                Step::NeedsTopic => intake.set_topic(self.topic_limits(&topic, request.partitions).await?),
                Step::Piece(piece) => self.send_piece(job, &mut intake, &mut sender, piece).await,
                Step::Ended => break,
            }
            job.progress(progress(&intake, &chunks));
        }
        if let Some((lines, sent)) = sender.arrived().await {
            intake.settle(&lines, &sent);
        }
        if intake.is_empty() && !job.is_cancelled() {
            return Err(failure(FailureKind::Invalid, "There is nothing to import: no line holds anything"));
        }
        Ok(intake.report(chunks.bytes_read, millis_since(began_ms), topic.to_string()))
    }

    async fn send_piece(&self, job: &Job, intake: &mut Intake, sender: &mut Sender, piece: Piece) {
        if let Some((lines, sent)) = sender.arrived().await
            && !intake.settle(&lines, &sent)
        {
            return;
        }
        if job.is_cancelled() {
            return intake.stop(STOPPED, piece.first_line().unwrap_or_else(|| intake.first_waiting_line()));
        }
        let (records, lines) = piece.split();
        sender.send(records, lines);
    }

    /// Finds out what a topic takes; makes it when it does not exist.
    pub async fn topic_limits(&self, topic: &TopicName, partitions: i32) -> Result<TopicLimits, Failure> {
        let broker = self.broker();
        // Looks into storage when the topic is not known: another tab may just have made it.
        if broker.source(topic).await.is_err() {
            match broker.create_topic(topic, partitions, &[]).await {
                Ok(_) | Err(CreateTopicError::TopicExists(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.keep_ballast();
        Ok(TopicLimits {
            partitions: broker.partitions(topic).unwrap_or(partitions),
            record_bytes_max: broker.config(topic).unwrap_or_default().max_message_bytes(),
        })
    }
}

fn progress(intake: &Intake, chunks: &Chunks) -> Progress {
    Progress {
        records: intake.acknowledged(),
        bytes: chunks.bytes_read,
        bytes_total: Some(chunks.bytes_total),
        records_total: None,
    }
}

/// Measures whole milliseconds from a time of [`now_ms`] to now.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive number of milliseconds"
)]
pub fn millis_since(began_ms: f64) -> u64 {
    (now_ms() - began_ms).max(0.0) as u64
}
