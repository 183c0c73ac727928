//! The engine's life as the page sees it: started, heard, looked at while the page is visible, buried and replaced.

use std::collections::BTreeMap;
use std::rc::Rc;

use gloo::events::EventListener;
use gloo::timers::callback::{Interval, Timeout};
use wasm_bindgen::JsCast;
use web_sys::{ErrorEvent, MessageEvent, VisibilityState};

use super::last_words::{gave_up, lost, restarted};
use super::lifeline::{Lifeline, TICK_MS};
use super::{Inner, Live, Signal, Watch, witness};
use crate::engine::protocol::{Failure, FailureKind, FromEngine, PROTOCOL_VERSION, RequestId, ToEngine};
use crate::engine::wire;

impl Inner {
    /// Starts a worker and listens to it.
    pub(super) fn launch(self: &Rc<Self>) {
        (self.on_signal)(Signal::Starting);
        let worker = match wire::start_worker(self.script.meta, self.script.default) {
            Ok(worker) => worker,
            Err(thrown) => {
                return self.refuse(Failure {
                    kind: FailureKind::Unsupported,
                    code: None,
                    sentence: format!(
                        "This browser does not let the page start a worker, which Tablog's engine needs: {}",
                        wire::words(&thrown)
                    ),
                });
            }
        };
        let listeners = [
            self.listen(&worker, "message", |inner, event| {
                if let Some(event) = event.dyn_ref::<MessageEvent>() {
                    inner.hear(event);
                }
            }),
            self.listen(&worker, "error", |inner, event| {
                let cause = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).unwrap_or_default();
                let cause =
                    if cause.is_empty() { "its script could not be loaded".to_owned() } else { cause };
                inner.bury(&format!("The engine stopped: {cause}"));
            }),
            self.listen(&worker, "messageerror", |inner, _| {
                inner.bury("The engine sent a message that cannot be read")
            }),
        ];
        let mut state = self.state.borrow_mut();
        state.lifeline = Lifeline::default();
        state.live = Some(Live { worker, _listeners: listeners });
    }

    fn hear(self: &Rc<Self>, event: &MessageEvent) {
        self.state.borrow_mut().lifeline.heard();
        let (message, blobs) = match wire::unpack::<FromEngine>(&event.data()) {
            Ok(unpacked) => unpacked,
            Err(cause) => {
                return self.bury(&format!("The engine sent a message that cannot be read: {cause}"));
            }
        };
        match message {
            FromEngine::Listening => {
                let testimony = self.script.has_witness.then(witness::recall).flatten();
                self.post(&ToEngine::Hello { protocol: PROTOCOL_VERSION, testimony }, &[]);
            }
            FromEngine::Welcome { protocol: PROTOCOL_VERSION, is_ephemeral } => self.welcome(is_ephemeral),
            FromEngine::Welcome { protocol, .. } => self.refuse(Failure {
                kind: FailureKind::Version,
                code: None,
                sentence: format!(
                    "The page speaks protocol {PROTOCOL_VERSION} and its engine {protocol}: reload the page"
                ),
            }),
            FromEngine::Refused(failure) => self.refuse(failure),
            FromEngine::Reply { id, reply } => self.settle(id, reply.map(|reply| (reply, blobs))),
            FromEngine::Progress { id, progress } => {
                let on_progress =
                    self.state.borrow().pending.get(&id).map(|pending| Rc::clone(&pending.on_progress));
                if let Some(on_progress) = on_progress {
                    on_progress(progress);
                }
            }
            FromEngine::Event(event) => (self.on_signal)(Signal::Event(event)),
            FromEngine::Testimony { text } => witness::note(&text),
            FromEngine::Pong { .. } => {}
            // A worker outlives what trapped in it, but answers nothing any more.
            FromEngine::Panicked { message } => self.bury(&format!("The engine stopped: {message}")),
        }
    }

    fn welcome(self: &Rc<Self>, is_ephemeral: bool) {
        let queue = {
            let mut state = self.state.borrow_mut();
            state.is_ready = true;
            state.is_ephemeral = is_ephemeral;
            state.lifeline.ready();
            state.restarts.ready();
            std::mem::take(&mut state.queue)
        };
        for (message, blobs) in &queue {
            self.post(message, blobs);
        }
        (self.on_signal)(Signal::Ready);
    }

    /// Gives up for good.
    fn refuse(&self, failure: Failure) {
        let (pending, live) = {
            let mut state = self.state.borrow_mut();
            state.refused = Some(failure.clone());
            state.is_ready = false;
            state.queue.clear();
            (std::mem::take(&mut state.pending), state.live.take())
        };
        drop_later(live);
        for pending in pending.into_values() {
            pending.answer(Err(failure.clone()));
        }
        (self.on_signal)(Signal::Refused(failure));
    }

    /// Ends a dead engine, fails what it was asked, and sees to a new one.
    fn bury(self: &Rc<Self>, cause: &str) {
        let (asked, live, restart, is_ephemeral) = {
            let mut state = self.state.borrow_mut();
            let Some(live) = state.live.take() else { return };
            // What still waits in the queue was never asked: the next engine gets it.
            let waiting = std::mem::take(&mut state.queue);
            let is_waiting = |id: &RequestId| {
                waiting.iter().any(|(m, _)| matches!(m, ToEngine::Request { id: i, .. } if i == id))
            };
            let (kept, asked): (BTreeMap<_, _>, BTreeMap<_, _>) =
                std::mem::take(&mut state.pending).into_iter().partition(|(id, _)| is_waiting(id));
            state.pending = kept;
            state.queue = waiting;
            state.is_ready = false;
            (asked, live, state.restarts.next(js_sys::Date::now()), state.is_ephemeral)
        };
        drop_later(Some(live));
        for pending in asked.into_values() {
            pending.answer(Err(lost(cause, is_ephemeral)));
        }
        let Some(delay_ms) = restart else { return self.refuse(gave_up(cause, is_ephemeral)) };
        (self.on_signal)(Signal::Restarted { sentence: restarted(cause, is_ephemeral) });
        let weak = Rc::downgrade(self);
        Timeout::new(delay_ms, move || {
            if let Some(inner) = weak.upgrade() {
                inner.launch();
            }
        })
        .forget();
    }

    /// Looks at the engine while the page is visible.
    pub(super) fn watch(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        let heartbeat = Interval::new(TICK_MS, move || {
            if let Some(inner) = weak.upgrade() {
                inner.tick();
            }
        });
        let window = gloo::utils::window();
        let shown = [
            window
                .document()
                .map(|document| self.listen(&document, "visibilitychange", |inner, _| inner.shown())),
            Some(self.listen(&window, "pageshow", |inner, _| inner.shown())),
        ];
        self.state.borrow_mut().watch = Some(Watch { _heartbeat: heartbeat, _shown: shown });
    }

    /// Listens for as long as the page holds on to the engine.
    fn listen(
        self: &Rc<Self>,
        target: &web_sys::EventTarget,
        kind: &'static str,
        heard: fn(&Rc<Self>, &web_sys::Event),
    ) -> EventListener {
        let weak = Rc::downgrade(self);
        EventListener::new(target, kind, move |event| {
            if let Some(inner) = weak.upgrade() {
                heard(&inner, event);
            }
        })
    }

    fn shown(&self) {
        self.state.borrow_mut().lifeline.excuse();
        if !is_hidden() && self.state.borrow().is_ready {
            self.post(&ToEngine::Visible, &[]);
        }
    }

    fn tick(self: &Rc<Self>) {
        let (is_dead, is_ready) = {
            let mut state = self.state.borrow_mut();
            if is_hidden() || state.live.is_none() {
                state.lifeline.excuse();
                return;
            }
            (state.lifeline.tick(), state.is_ready)
        };
        if is_dead {
            self.bury(if is_ready { "The engine stopped answering" } else { "The engine did not start" });
        } else {
            // One that still opens its database answers, too.
            self.post(&ToEngine::Ping { nonce: 0 }, &[]);
        }
    }
}

/// Drops a worker and its listeners after the listener that is running now.
fn drop_later(live: Option<Live>) {
    if let Some(live) = live {
        live.worker.terminate();
        Timeout::new(0, move || drop(live)).forget();
    }
}

fn is_hidden() -> bool {
    gloo::utils::window()
        .document()
        .is_none_or(|document| document.visibility_state() != VisibilityState::Visible)
}
