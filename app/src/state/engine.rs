//! The engine as the pages see it: a way to ask, a state, and a count of restarts.
//!
//! There are two behind it: the one that every visit needs, and one that opens and writes Kafka's files as well, which is loaded when
//! something is asked for that only that one can do. It looks at the topics as another tab would.

use std::rc::Rc;

use leptos::prelude::*;
use leptos::reactive::spawn_local_scoped_with_cancellation;

use super::files::LocalFile;
use crate::engine::handle::{ENGINE, EngineHandle, FILE_ENGINE, Running, Signal as EngineSignal};
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
    file_handle: StoredValue<Option<EngineHandle>, LocalStorage>,
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
            file_handle: StoredValue::new_local(None),
            listeners: StoredValue::new_local(Vec::new()),
            next_listener: StoredValue::new(0),
            status: RwSignal::new(EngineStatus::Starting),
            generation: RwSignal::new(0),
            restarted: RwSignal::new(None),
        };
        engine.handle.set_value(Some(EngineHandle::spawn(ENGINE, move |signal| engine.hear(&signal))));
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
        self.handle(&request).request(request).await
    }

    /// Asks for long work, with the files that go along.
    pub fn start(
        self,
        request: Request,
        files: &[LocalFile],
        on_progress: impl Fn(Progress) + 'static,
    ) -> Running {
        let blobs = files.iter().map(LocalFile::blob).collect();
        self.handle(&request).start(request, blobs, on_progress)
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

    /// Hears when the engine that has Kafka's files open was restarted, until the component that asked is gone: it has none open
    /// then.
    pub fn on_files_lost(self, hear: impl Fn() + 'static) {
        self.on_signal(move |signal| {
            if matches!(signal, EngineSignal::FilesLost) {
                hear();
            }
        });
    }

    /// Starts the engine that opens Kafka's files, if it is not running: to be called when somebody is about to choose or drop some.
    pub fn expect_files(self) {
        self.file_handle();
    }

    fn handle(self, request: &Request) -> EngineHandle {
        if request.is_for_file_engine() {
            return self.file_handle();
        }
        self.handle.get_value().expect("the engine is started when its context is made")
    }

    fn file_handle(self) -> EngineHandle {
        self.file_handle.get_value().unwrap_or_else(|| {
            let handle = EngineHandle::spawn(FILE_ENGINE, move |signal| self.hear_of_files(signal));
            self.file_handle.set_value(Some(handle.clone()));
            handle
        })
    }

    /// Hears the engine that has Kafka's files open. Of topics and of storage the other one tells.
    fn hear_of_files(self, signal: EngineSignal) {
        match signal {
            EngineSignal::Event(Event::View(_) | Event::ViewGone { .. } | Event::Replay(_)) => {
                self.hear(&signal);
            }
            EngineSignal::Restarted { .. } => {
                self.tell_restart(&signal);
                self.hear(&EngineSignal::FilesLost);
            }
            // What is asked of it fails with the reason.
            _ => {}
        }
    }

    fn tell_restart(self, signal: &EngineSignal) {
        if let EngineSignal::Restarted { sentence } = signal {
            self.restarted.set(Some(sentence.clone()));
            self.generation.update(|generation| *generation = generation.wrapping_add(1));
        }
    }

    fn hear(self, signal: &EngineSignal) {
        match signal {
            EngineSignal::Starting => self.status.set(EngineStatus::Starting),
            EngineSignal::Ready => self.status.set(EngineStatus::Ready),
            EngineSignal::Refused(failure) => self.status.set(EngineStatus::Refused(failure.clone())),
            EngineSignal::Restarted { .. } => self.tell_restart(signal),
            EngineSignal::FilesLost | EngineSignal::Event(_) => {}
        }
        // A listener may add or remove listeners.
        let listeners: Vec<Listener> =
            self.listeners.with_value(|all| all.iter().map(|(_, listener)| Rc::clone(listener)).collect());
        for listener in listeners {
            listener(signal);
        }
    }
}
