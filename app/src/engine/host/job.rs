//! One request while it is being answered: its progress, its cancellation, what comes and goes along with it.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use web_sys::Blob;

use super::failures::failure;
use super::pace::{Pacer, now_ms};
use super::port::Port;
use crate::engine::protocol::{Failure, FailureKind, FromEngine, Progress, RequestId};

/// Milliseconds between two reports of progress: ten a second are as many as anybody can read.
const PROGRESS_EVERY_MS: f64 = 100.0;

/// One request under way.
pub struct Job {
    id: RequestId,
    port: Port,
    cancelled: Rc<Cell<bool>>,
    reported_ms: Cell<f64>,
    pacer: Pacer,
    incoming: RefCell<Vec<Blob>>,
    outgoing: RefCell<Vec<Blob>>,
}

impl Job {
    /// Begins with the blobs that came along.
    pub fn new(id: RequestId, port: Port, incoming: Vec<Blob>) -> Self {
        Self {
            id,
            port,
            cancelled: Rc::default(),
            reported_ms: Cell::new(f64::NEG_INFINITY),
            pacer: Pacer::new(),
            incoming: RefCell::new(incoming),
            outgoing: RefCell::default(),
        }
    }

    /// Returns what a cancellation sets.
    pub fn cancelled_flag(&self) -> Rc<Cell<bool>> {
        Rc::clone(&self.cancelled)
    }

    /// Tells whether the person stopped it.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.get()
    }

    /// Lets others work when it is their turn, and stops when the person wants that.
    ///
    /// # Errors
    /// `Cancelled`.
    pub async fn breathe(&self) -> Result<(), Failure> {
        self.pacer.breathe().await;
        if self.is_cancelled() { Err(stopped()) } else { Ok(()) }
    }

    /// Waits for work that knows nothing of this job, and lets go of it when the person stops it: at the next moment at which it
    /// would go on after waiting for something.
    ///
    /// # Errors
    /// `Cancelled`.
    pub async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        let mut work = pin!(work);
        let go_on = |context: &mut Context<'_>| {
            if self.is_cancelled() {
                Poll::Ready(Err(stopped()))
            } else {
                work.as_mut().poll(context).map(Ok)
            }
        };
        poll_fn(go_on).await
    }

    /// Lets others work when it is their turn.
    pub async fn pace(&self) {
        self.pacer.breathe().await;
    }

    /// Reports progress, unless it did so a moment ago.
    pub fn progress(&self, progress: Progress) {
        let now = now_ms();
        if now - self.reported_ms.get() >= PROGRESS_EVERY_MS {
            self.reported_ms.set(now);
            self.port.send(&FromEngine::Progress { id: self.id, progress });
        }
    }

    /// Takes all that came along.
    pub fn take_incoming(&self) -> Vec<Blob> {
        self.incoming.take()
    }

    /// Takes the one blob that must have come along.
    ///
    /// # Errors
    /// `Invalid` when none did.
    pub fn take_blob(&self) -> Result<Blob, Failure> {
        self.incoming.borrow_mut().pop().ok_or_else(|| failure(FailureKind::Invalid, "No file came along"))
    }

    /// Sends a blob along with the reply.
    pub fn attach(&self, blob: Blob) {
        self.outgoing.borrow_mut().push(blob);
    }

    /// Takes what goes along with the reply.
    pub fn take_outgoing(&self) -> Vec<Blob> {
        self.outgoing.take()
    }
}

fn stopped() -> Failure {
    failure(FailureKind::Cancelled, "Stopped")
}
