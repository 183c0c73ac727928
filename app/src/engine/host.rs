//! The worker's side: owns the broker, answers requests side by side, tells the page what nobody asked for.
//!
//! Everything runs on one thread. Long work takes short slices and lets other work in between ([`pace`]), so that a ping is
//! answered while a million records are imported.

mod chunks;
mod copy;
#[cfg(feature = "files")]
mod data_directory;
mod export;
mod failures;
mod files;
mod import;
mod job;
#[cfg_attr(not(feature = "files"), path = "host/no_log.rs")]
mod open_log;
mod pace;
mod port;
mod publish;
mod replay;
mod retention;
mod rows;
mod sources;
mod storage;
mod topics;
mod values;
mod views;
mod wake;
mod witness;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use tablog_core::broker::Broker;
use tablog_core::browser::BrowserEnv;
use tablog_core::ids::TopicName;
use tablog_core::storage::StorageError;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, MessageEvent};

use self::failures::failure;
use self::job::Job;
use self::port::Port;
use self::storage::{AnyStorage, Opened};
use super::logic::producers::Producers;
use super::logic::survey::survey;
use super::protocol::{
    Event, FILE_ENGINES_IDS_FROM, Failure, FailureKind, FromEngine, PROTOCOL_VERSION, Reply, Request,
    RequestId, ToEngine,
};
use super::wire;

type EngineBroker = Broker<AnyStorage, BrowserEnv>;

/// All that the engine holds once the database is open.
struct Host {
    port: Port,
    /// Why records are only in memory, when they are.
    note: Option<String>,
    /// Remembers what is acknowledged, outside of the database.
    witness: witness::PageWitness,
    /// Replaced when the database is wiped while it is open.
    broker: RefCell<EngineBroker>,
    /// The topics of which the page was told that they cannot be read, and why.
    unreadable_told: RefCell<Vec<(TopicName, StorageError)>>,
    jobs: RefCell<BTreeMap<RequestId, Rc<Cell<bool>>>>,
    producers: Producers<AnyStorage, BrowserEnv>,
    wake: wake::Wake,
    views: views::Views,
    files: files::Files,
    opened: values::Opened,
    replays: replay::Replays,
    /// The number of the view, replay or file that was opened last.
    last_id: Cell<u32>,
}

/// The page tells by a number which engine handed it out.
const IDS_FROM: u32 = if cfg!(feature = "files") { FILE_ENGINES_IDS_FROM } else { 0 };

/// What there is before and after the database is open.
#[derive(Clone)]
struct Engine {
    port: Port,
    host: Rc<RefCell<Option<Rc<Host>>>>,
}

/// Starts the engine in this worker: listens to the page from now on. Called once, by the worker's script.
pub fn start() {
    let Some(port) = Port::of_this_worker() else { return };
    port.report_panics();
    let engine = Engine { port: port.clone(), host: Rc::default() };
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| engine.hear(&event));
    port.scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // The engine listens as long as the worker lives.
    on_message.forget();
    port.send(&FromEngine::Listening);
}

impl Engine {
    fn hear(&self, event: &MessageEvent) {
        let (message, blobs) = match wire::unpack::<ToEngine>(&event.data()) {
            Ok(unpacked) => unpacked,
            Err(cause) => return self.port.send(&FromEngine::Refused(unreadable(&cause))),
        };
        let host = self.host.borrow().clone();
        match (message, host) {
            (ToEngine::Hello { protocol: PROTOCOL_VERSION, testimony }, None) => {
                let engine = self.clone();
                spawn_local(async move { engine.open(testimony).await });
            }
            (ToEngine::Hello { protocol: PROTOCOL_VERSION, .. }, Some(_)) => {}
            (ToEngine::Hello { protocol, .. }, _) => self.port.send(&FromEngine::Refused(failure(
                FailureKind::Version,
                format!(
                    "The page speaks protocol {protocol} and its engine {PROTOCOL_VERSION}: reload the page"
                ),
            ))),
            // Through the executor: that it answers proves that requests would be answered, too.
            (ToEngine::Ping { nonce }, _) => {
                let port = self.port.clone();
                spawn_local(async move { port.send(&FromEngine::Pong { nonce }) });
            }
            (ToEngine::Request { id, request }, Some(host)) => {
                spawn_local(async move { host.serve(id, request, blobs).await });
            }
            (ToEngine::Request { id, .. }, None) => {
                let reply = Err(failure(FailureKind::Invalid, "The engine is not ready yet"));
                self.port.send(&FromEngine::Reply { id, reply });
            }
            (ToEngine::Cancel { id }, Some(host)) => {
                if let Some(cancelled) = host.jobs.borrow().get(&id) {
                    cancelled.set(true);
                }
            }
            (ToEngine::Visible, Some(host)) => host.wake.look_again(),
            (ToEngine::Cancel { .. } | ToEngine::Visible, None) => {}
        }
    }

    async fn open(&self, testimony: Option<String>) {
        let (heard, events) = storage::listener(self.port.clone());
        let Opened { storage, note } = match storage::open(heard).await {
            Ok(opened) => opened,
            Err(failure) => return self.port.send(&FromEngine::Refused(failure)),
        };
        let broker = match Broker::open(storage, BrowserEnv).await {
            Ok(broker) => broker,
            Err(error) => return self.port.send(&FromEngine::Refused(error.into())),
        };
        let witness = witness::PageWitness::new(self.port.clone(), testimony);
        // Before anybody appends: the offsets of lost records are not given out again.
        let lost = witness::reckon(&broker, &witness).await;
        let host = Rc::new(Host {
            port: self.port.clone(),
            note,
            witness,
            broker: RefCell::new(broker),
            unreadable_told: RefCell::default(),
            jobs: RefCell::default(),
            producers: Producers::default(),
            wake: wake::Wake::new(),
            views: views::Views::default(),
            files: files::Files::default(),
            opened: values::Opened::default(),
            replays: replay::Replays::default(),
            last_id: Cell::new(IDS_FROM),
        });
        *self.host.borrow_mut() = Some(Rc::clone(&host));
        let is_ephemeral = host.broker().storage().is_ephemeral();
        self.port.send(&FromEngine::Welcome { protocol: PROTOCOL_VERSION, is_ephemeral });
        if let Some(failure) = lost {
            self.port.tell(Event::Storage(failure));
        }
        host.keep_watch(events);
        // The browser takes its time to tell; nobody waits for it to see the topics.
        let status = host.storage_status().await;
        self.port.tell(Event::StorageStatus(status));
        host.keep_to_retention();
    }
}

impl Host {
    /// Hands out a number.
    fn next_id(&self) -> u32 {
        let id = self.last_id.get().wrapping_add(1);
        self.last_id.set(id);
        id
    }

    fn broker(&self) -> EngineBroker {
        self.broker.borrow().clone()
    }

    async fn serve(self: Rc<Self>, id: RequestId, request: Request, blobs: Vec<Blob>) {
        let job = Job::new(id, self.port.clone(), blobs);
        self.jobs.borrow_mut().insert(id, job.cancelled_flag());
        let reply = self.answer(&job, request).await;
        self.jobs.borrow_mut().remove(&id);
        self.port.send_with(&FromEngine::Reply { id, reply }, &job.take_outgoing());
    }

    async fn answer(self: &Rc<Self>, job: &Job, request: Request) -> Result<Reply, Failure> {
        match request {
            Request::ListTopics => self.list_topics().await.map(Reply::Topics),
            Request::CreateTopic { name, partitions, configs } => {
                self.create_topic(&name, partitions, &configs).await.map(Reply::Topic)
            }
            Request::DescribeTopic { name } => self.describe_topic(&name).await.map(Reply::Topic),
            Request::AlterConfigs { name, configs } => {
                self.alter_configs(&name, &configs).await.map(Reply::Topic)
            }
            Request::DeleteTopic { name } => self.delete_topic(&name).await,
            Request::DeleteRecords { name, partition, before } => {
                self.delete_records(&name, partition, before).await.map(Reply::Topic)
            }
            Request::PartitionFor { name, key } => {
                self.partition_for(&name, &key).await.map(Reply::Partition)
            }
            Request::Publish { topic, records, acks } => {
                self.publish(&topic, records, acks).await.map(Reply::Published)
            }
            Request::OpenView { source, partitions, isolation } => {
                self.open_view(source, partitions, isolation).await.map(Reply::View)
            }
            Request::CloseView { view } => {
                self.close_view(view);
                Ok(Reply::Done)
            }
            Request::Rows { view, first_row, count } => {
                self.rows(job, view, first_row, count).await.map(Reply::Rows)
            }
            Request::Locate { view, start } => self.locate(view, start).await.map(Reply::Row),
            Request::Import(request) => self.import(job, request).await.map(Reply::Imported),
            Request::Histogram { view, buckets } => self.histogram(view, buckets).await.map(Reply::Histogram),
            Request::Record { record } => self.record(job, record).await.map(Reply::Record),
            Request::Lines { record, part, form, first_line, count } => {
                self.lines(job, record, (part, form), first_line, count).await.map(Reply::Lines)
            }
            Request::Bytes { record, part } => self.bytes(record, part).await.map(Reply::Bytes),
            Request::Sniff { names } => self.sniff(job, names).await.map(Reply::Files),
            Request::Survey { files } => Ok(Reply::Survey(survey(files))),
            Request::OpenTopicLog { topic, names } => {
                self.open_topic_log(job, &topic, names).await.map(Reply::Opened)
            }
            Request::OpenLog { name } => self.open_log(job, name).await.map(Reply::Opened),
            Request::CloseFile { file } => {
                self.close_file(file);
                Ok(Reply::Done)
            }
            Request::Export(request) => self.export(job, &request).await.map(Reply::Exported),
            Request::OpenReplay { view, options } => self.open_replay(view, options).await.map(Reply::Replay),
            Request::Replay { replay, command } => self.steer(replay, command).await.map(Reply::Replay),
            Request::CloseReplay { replay } => {
                self.close_replay(replay);
                Ok(Reply::Done)
            }
            Request::ReplayInto(request) => self.replay_into(job, request).await.map(Reply::Copied),
            Request::StorageStatus => Ok(Reply::Storage(self.storage_status().await)),
        }
    }
}

fn unreadable(cause: &str) -> Failure {
    failure(
        FailureKind::Version,
        format!("The engine does not understand its page ({cause}): reload the page"),
    )
}
