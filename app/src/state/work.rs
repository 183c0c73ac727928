//! Long work on the engine: started, followed, cancelled, and its outcome.

use leptos::prelude::*;
use web_sys::Blob;

use super::engine::Engine;
use super::files::LocalFile;
use crate::engine::handle::Canceller;
use crate::engine::protocol::{Failure, Progress, Reply, Request};

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

impl<T: Clone + Send + Sync + 'static> Default for Work<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Clone + Send + Sync + 'static> Work<T> {
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

    /// Starts it. `read` makes the outcome of the engine's reply; `None` means a reply of another kind.
    pub fn start(
        self,
        request: Request,
        files: &[LocalFile],
        read: impl FnOnce(Reply, Vec<Blob>) -> Option<Result<T, Failure>> + 'static,
    ) {
        self.step.set(Step::Running(Progress::default()));
        let running = self.engine.start(request, files, move |progress| {
            self.step.try_update(|step| {
                if let Step::Running(now) = step {
                    *now = progress;
                }
            });
        });
        self.canceller.set_value(Some(running.canceller()));
        leptos::task::spawn_local(async move {
            let outcome = match running.finish().await {
                Ok((reply, blobs)) => match read(reply, blobs) {
                    Some(outcome) => outcome,
                    None => {
                        return leptos::logging::error!("the engine answered something else than was asked");
                    }
                },
                Err(failure) => Err(failure),
            };
            self.step.try_set(Step::Done(outcome));
        });
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
