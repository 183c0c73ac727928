//! The engine as the pages see it: a way to ask, a state, and a count of restarts.

use std::rc::Rc;

use leptos::prelude::*;
use leptos::reactive::spawn_local_scoped_with_cancellation;

use super::files::LocalFile;
use crate::engine::handle::{EngineHandle, Running, Signal as EngineSignal};
use crate::engine::protocol::{Event, Failure, Progress, Reply, Request};

/// Whether the engine answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineStatus {
    /// It is being started; requests wait.
    Starting,
    /// It answers.
    Ready,
    /// There is none and will be none.
    Refused(Failure),
}

type Listener = Rc<dyn Fn(&EngineSignal)>;

/// The context.
#[derive(Clone, Copy)]
pub struct Engine {
    handle: StoredValue<Option<EngineHandle>, LocalStorage>,
    listeners: StoredValue<Vec<(u32, Listener)>, LocalStorage>,
    next_listener: StoredValue<u32>,
    status: RwSignal<EngineStatus>,
    generation: RwSignal<u32>,
    restarted: RwSignal<Option<String>>,
}

impl Engine {
    /// Starts the engine.
    pub fn provide() {
        let engine = Self {
            handle: StoredValue::new_local(None),
            listeners: StoredValue::new_local(Vec::new()),
            next_listener: StoredValue::new(0),
            status: RwSignal::new(EngineStatus::Starting),
            generation: RwSignal::new(0),
            restarted: RwSignal::new(None),
        };
        engine.handle.set_value(Some(EngineHandle::spawn(move |signal| engine.hear(&signal))));
        provide_context(engine);
    }

    /// Returns the engine of this page.
    pub fn get() -> Self {
        super::shared()
    }

    /// Returns whether the engine answers; tracked.
    pub fn status(self) -> EngineStatus {
        self.status.get()
    }

    /// Counts restarts; tracked. Views, replays and files belong to one generation: key what uses them with this.
    pub fn generation(self) -> u32 {
        self.generation.get()
    }

    /// Returns what to tell the person about the last restart, until dismissed; tracked.
    pub fn restarted(self) -> Option<String> {
        self.restarted.get()
    }

    /// Takes the word about the last restart away.
    pub fn dismiss_restarted(self) {
        self.restarted.set(None);
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// What the engine reports.
    pub async fn request(self, request: Request) -> Result<Reply, Failure> {
        self.handle().request(request).await
    }

    /// Asks for long work, with the files that go along.
    pub fn start(
        self,
        request: Request,
        files: &[LocalFile],
        on_progress: impl Fn(Progress) + 'static,
    ) -> Running {
        let blobs = files.iter().map(LocalFile::blob).collect();
        self.handle().start(request, blobs, on_progress)
    }

    /// Asks, and hands the answer to `then` unless the component that asked is gone by then.
    pub fn ask(self, request: Request, then: impl FnOnce(Result<Reply, Failure>) + 'static) {
        spawn_local_scoped_with_cancellation(async move { then(self.request(request).await) });
    }

    /// Hears what the engine tells by itself, until the component that asked is gone.
    pub fn on_event(self, hear: impl Fn(&Event) + 'static) {
        self.on_signal(move |signal| {
            if let EngineSignal::Event(event) = signal {
                hear(event);
            }
        });
    }

    /// Hears every signal of the engine, until the component that asked is gone.
    pub fn on_signal(self, hear: impl Fn(&EngineSignal) + 'static) {
        let id = self.next_listener.get_value();
        self.next_listener.set_value(id.wrapping_add(1));
        self.listeners.update_value(|listeners| listeners.push((id, Rc::new(hear))));
        on_cleanup(move || {
            self.listeners.try_update_value(|listeners| listeners.retain(|(other, _)| *other != id));
        });
    }

    fn handle(self) -> EngineHandle {
        self.handle.get_value().expect("the engine is started when its context is made")
    }

    fn hear(self, signal: &EngineSignal) {
        match signal {
            EngineSignal::Starting => self.status.set(EngineStatus::Starting),
            EngineSignal::Ready => self.status.set(EngineStatus::Ready),
            EngineSignal::Refused(failure) => self.status.set(EngineStatus::Refused(failure.clone())),
            EngineSignal::Restarted { sentence } => {
                self.restarted.set(Some(sentence.clone()));
                self.generation.update(|generation| *generation = generation.wrapping_add(1));
            }
            EngineSignal::Event(_) => {}
        }
        // A listener may add or remove listeners.
        let listeners: Vec<Listener> =
            self.listeners.with_value(|all| all.iter().map(|(_, listener)| Rc::clone(listener)).collect());
        for listener in listeners {
            listener(signal);
        }
    }
}
