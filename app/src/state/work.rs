//! Long work on the engine: started, followed, cancelled, and its outcome. Work that ends when nobody looks at it any more still says
//! how it went.

use futures_util::FutureExt as _;
use leptos::prelude::*;
use web_sys::Blob;

use super::engine::Engine;
use super::files::LocalFile;
use super::toast::Toasts;
use crate::engine::handle::Canceller;
use crate::engine::protocol::{Failure, FailureKind, Progress, Reply, Request};
use crate::model::report::Report;

/// How far work is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<T> {
    /// Not started.
    Idle,
    /// Going on.
    Running(Progress),
    /// Over.
    Done(Result<T, Failure>),
}

/// One piece of work, done at most once at a time. It is cancelled together with the component that made it.
pub struct Work<T: Send + Sync + 'static> {
    engine: Engine,
    step: RwSignal<Step<T>>,
    canceller: StoredValue<Option<Canceller>, LocalStorage>,
}

// A derived Copy would ask it of the outcome, too.
impl<T: Send + Sync + 'static> Clone for Work<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Work<T> {}

impl<T: Clone + Into<Report> + Send + Sync + 'static> Default for Work<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Clone + Into<Report> + Send + Sync + 'static> Work<T> {
    /// Makes work that is not started yet.
    pub fn new() -> Self {
        let work = Self {
            engine: Engine::get(),
            step: RwSignal::new(Step::Idle),
            canceller: StoredValue::new_local(None),
        };
        on_cleanup(move || work.cancel());
        work
    }

    /// Returns how far it is; tracked.
    pub fn step(self) -> Step<T> {
        self.step.get()
    }

    /// Returns how far it is; untracked.
    pub fn step_untracked(self) -> Step<T> {
        self.step.get_untracked()
    }

    /// Returns whether it goes on, as a signal that stays still while it does.
    pub fn is_running(self) -> Memo<bool> {
        Memo::new(move |_| self.step.with(|step| matches!(step, Step::Running(_))))
    }

    /// Returns its outcome once it is over; tracked.
    pub fn outcome(self) -> Option<Result<T, Failure>> {
        self.step.with(|step| match step {
            Step::Done(outcome) => Some(outcome.clone()),
            Step::Idle | Step::Running(_) => None,
        })
    }

    /// Starts it. `read` makes the outcome of the engine's reply; `None` means a reply of another kind.
    pub fn start(
        self,
        request: Request,
        files: &[LocalFile],
        read: impl AsyncFnOnce(Reply, Vec<Blob>) -> Option<Result<T, Failure>> + 'static,
    ) {
        leptos::task::spawn_local(self.run(request, files, read).map(drop));
    }

    /// Starts it now, and returns its outcome when it is over.
    pub fn run(
        self,
        request: Request,
        files: &[LocalFile],
        read: impl AsyncFnOnce(Reply, Vec<Blob>) -> Option<Result<T, Failure>> + 'static,
    ) -> impl Future<Output = Result<T, Failure>> + 'static {
        self.step.set(Step::Running(Progress::default()));
        let running = self.engine.start(request, files, move |progress| {
            self.step.try_update(|step| {
                if let Step::Running(now) = step {
                    *now = progress;
                }
            });
        });
        self.canceller.set_value(Some(running.canceller()));
        let toasts = Toasts::get();
        async move {
            let outcome = match running.finish().await {
                Ok((reply, blobs)) => read(reply, blobs).await.unwrap_or_else(|| Err(unexpected())),
                Err(failure) => Err(failure),
            };
            if self.step.try_set(Step::Done(outcome.clone())).is_some() {
                say_elsewhere(toasts, outcome.clone().map(Into::into));
            }
            outcome
        }
    }

    /// Says that it could not even be started.
    pub fn fail(self, failure: Failure) {
        self.step.try_set(Step::Done(Err(failure)));
    }

    /// Asks it to stop; it still ends with an outcome.
    pub fn cancel(self) {
        if let Some(Some(canceller)) = self.canceller.try_get_value() {
            canceller.cancel();
        }
    }

    /// Makes it ready to be started again.
    pub fn reset(self) {
        self.step.set(Step::Idle);
    }
}

/// Says how work went whose own place on the page is gone.
fn say_elsewhere(toasts: Toasts, outcome: Result<Report, Failure>) {
    match outcome {
        Ok(report) if report.stopped.is_none() => toasts.info(report.sentence()),
        Ok(report) => toasts.error(report.sentence()),
        // Whoever left stopped it, and it had done nothing that lasts.
        Err(failure) if failure.kind == FailureKind::Cancelled => {}
        Err(failure) => toasts.error(failure.sentence),
    }
}

fn unexpected() -> Failure {
    Failure {
        kind: FailureKind::Version,
        code: None,
        sentence: "The engine answered something else than was asked: reload the page".to_owned(),
    }
}
