//! The page's side: starts the engine's worker, talks to it, notices its death and replaces it.
//!
//! Requests made before the engine is ready wait for it. When it dies, what was asked fails with [`FailureKind::EngineLost`] and
//! nothing is asked again by itself: whether it was done is not known.

mod last_words;
mod life;
pub mod lifeline;
pub mod witness;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use futures_channel::oneshot;
use gloo::events::EventListener;
use gloo::timers::callback::{Interval, Timeout};
use web_sys::{Blob, Worker};

use self::last_words::lost;
use self::lifeline::{Lifeline, Restarts};
use super::protocol::{Event, Failure, FailureKind, Progress, Reply, Request, RequestId, ToEngine};
use super::wire;

/// Where a page finds an engine's script.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    /// Names the meta element whose content is the script.
    meta: &'static str,
    /// The script when the page names none.
    default: &'static str,
    /// Whether the page remembers for it what was acknowledged: one engine of a page alone speaks for the store.
    has_witness: bool,
}

/// The engine that every visit needs.
pub const ENGINE: Script =
    Script { meta: "meta[name=\"tablog-engine\"]", default: "./engine_loader.js", has_witness: true };

/// The engine that opens and writes Kafka's files besides.
pub const FILE_ENGINE: Script = Script {
    meta: "meta[name=\"tablog-file-engine\"]",
    default: "./file_engine_loader.js",
    has_witness: false,
};

/// What the engine tells the page without being asked.
#[derive(Clone, Debug)]
pub enum Signal {
    /// An engine is being started.
    Starting,
    /// The engine is ready.
    Ready,
    /// Something happened.
    Event(Event),
    /// The engine died; a new one is up or coming. Views, replays and files of the old one are gone: reopen them.
    Restarted {
        /// What happened, for people.
        sentence: String,
    },
    /// The engine that has Kafka's files open died, and they are open no more: open them again. Told by whoever holds two engines.
    FilesLost,
    /// There is no engine and there will be none; every request fails with this.
    Refused(Failure),
}

/// What comes of long work: the reply and the blobs that came along.
type Outcome = Result<(Reply, Vec<Blob>), Failure>;

/// The page's hold on the engine; clones are the same hold.
#[derive(Clone)]
pub struct EngineHandle {
    inner: Rc<Inner>,
}

/// Long work under way.
pub struct Running {
    outcome: oneshot::Receiver<Outcome>,
    canceller: Canceller,
}

/// Stops long work. Does nothing once it has ended.
#[derive(Clone)]
pub struct Canceller {
    inner: Weak<Inner>,
    id: RequestId,
}

struct Inner {
    script: Script,
    on_signal: Box<dyn Fn(Signal)>,
    state: RefCell<State>,
    next_id: Cell<RequestId>,
}

#[derive(Default)]
struct State {
    live: Option<Live>,
    /// No engine can work here.
    refused: Option<Failure>,
    /// The engine is ready; until then messages wait in `queue`.
    is_ready: bool,
    /// The engine that was ready last kept records in memory only: they are gone with it.
    is_ephemeral: bool,
    queue: Vec<(ToEngine, Vec<Blob>)>,
    pending: BTreeMap<RequestId, Pending>,
    lifeline: Lifeline,
    restarts: Restarts,
    /// Keeps the heartbeat and the page's listeners alive.
    watch: Option<Watch>,
}

/// One worker with its listeners; dropping it ends the worker.
struct Live {
    worker: Worker,
    _listeners: [EventListener; 3],
}

impl Drop for Live {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

struct Watch {
    _heartbeat: Interval,
    _shown: [Option<EventListener>; 2],
}

struct Pending {
    answer: oneshot::Sender<Outcome>,
    on_progress: Rc<dyn Fn(Progress)>,
}

impl EngineHandle {
    /// Starts an engine and keeps one alive. `on_signal` hears everything that nobody asked for, from now on, never within this call.
    pub fn spawn(script: Script, on_signal: impl Fn(Signal) + 'static) -> Self {
        let inner = Rc::new(Inner {
            script,
            on_signal: Box::new(on_signal),
            state: RefCell::default(),
            next_id: Cell::new(1),
        });
        let weak = Rc::downgrade(&inner);
        Timeout::new(0, move || {
            if let Some(inner) = weak.upgrade() {
                inner.watch();
                inner.launch();
            }
        })
        .forget();
        Self { inner }
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// What the engine reports, or [`FailureKind::EngineLost`] when it died before it answered.
    pub async fn request(&self, request: Request) -> Result<Reply, Failure> {
        self.start(request, Vec::new(), |_| ()).finish().await.map(|(reply, _)| reply)
    }

    /// Asks for long work, or for something that blobs go along with.
    pub fn start(
        &self,
        request: Request,
        attachments: Vec<Blob>,
        on_progress: impl Fn(Progress) + 'static,
    ) -> Running {
        let id = self.inner.next_id.get();
        self.inner.next_id.set(id.wrapping_add(1));
        let (answer, outcome) = oneshot::channel();
        let pending = Pending { answer, on_progress: Rc::new(on_progress) };
        self.inner.submit(id, pending, ToEngine::Request { id, request }, attachments);
        Running { outcome, canceller: Canceller { inner: Rc::downgrade(&self.inner), id } }
    }
}

impl Running {
    /// Waits for the end; gives the reply and the blobs that came along.
    ///
    /// # Errors
    /// What the engine reports, [`FailureKind::Cancelled`], or [`FailureKind::EngineLost`] when it died before it answered.
    pub async fn finish(self) -> Outcome {
        self.outcome
            .await
            .unwrap_or_else(|oneshot::Canceled| Err(lost("The page let go of the engine", false)))
    }

    /// Returns what stops this work.
    pub fn canceller(&self) -> Canceller {
        self.canceller.clone()
    }
}

impl Canceller {
    /// Asks the work to stop; it still ends with a reply.
    pub fn cancel(&self) {
        let Some(inner) = self.inner.upgrade() else { return };
        let mut state = inner.state.borrow_mut();
        if !state.pending.contains_key(&self.id) {
            return;
        }
        if state.is_ready {
            drop(state);
            inner.post(&ToEngine::Cancel { id: self.id }, &[]);
            return;
        }
        state.queue.retain(|(message, _)| !matches!(message, ToEngine::Request { id, .. } if *id == self.id));
        let pending = state.pending.remove(&self.id);
        drop(state);
        if let Some(pending) = pending {
            pending.answer(Err(Failure {
                kind: FailureKind::Cancelled,
                code: None,
                sentence: "Stopped before it began".to_owned(),
            }));
        }
    }
}

impl Pending {
    fn answer(self, outcome: Outcome) {
        // Nobody waits any more when the receiver is gone: the page dropped the future, which is its right.
        drop(self.answer.send(outcome));
    }
}

impl Inner {
    fn submit(&self, id: RequestId, pending: Pending, message: ToEngine, blobs: Vec<Blob>) {
        let mut state = self.state.borrow_mut();
        if let Some(failure) = state.refused.clone() {
            drop(state);
            pending.answer(Err(failure));
            return;
        }
        state.pending.insert(id, pending);
        if state.is_ready {
            drop(state);
            self.post(&message, &blobs);
        } else {
            state.queue.push((message, blobs));
        }
    }

    fn post(&self, message: &ToEngine, blobs: &[Blob]) {
        let Some(worker) = self.state.borrow().live.as_ref().map(|live| live.worker.clone()) else { return };
        let posted = wire::pack(message, blobs).and_then(|parcel| {
            worker
                .post_message_with_transfer(&parcel.message, &parcel.transfer)
                .map_err(|thrown| wire::words(&thrown))
        });
        if let (Err(cause), ToEngine::Request { id, .. }) = (posted, message) {
            let failure = Failure {
                kind: FailureKind::Unsupported,
                code: None,
                sentence: format!("The browser could not hand this over to the engine: {cause}"),
            };
            self.settle(*id, Err(failure));
        }
    }

    fn settle(&self, id: RequestId, outcome: Outcome) {
        let pending = self.state.borrow_mut().pending.remove(&id);
        if let Some(pending) = pending {
            pending.answer(outcome);
        }
    }
}
