//! Time in the worker: clocks, waiting, and taking turns.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use futures_channel::oneshot;
use gloo::timers::callback::Timeout;
use wasm_bindgen::prelude::*;
use web_sys::{MessageChannel, MessagePort};

/// Milliseconds that one piece of work may keep the thread: a replay's rows are due within 20 ms.
const SLICE_MS: f64 = 8.0;

#[wasm_bindgen]
extern "C" {
    /// `performance.now()`, in a window and in a worker alike.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// Returns milliseconds on a clock that never jumps.
pub fn now_ms() -> f64 {
    performance_now()
}

/// Waits.
pub async fn sleep_ms(millis: u32) {
    let (wake, woken) = oneshot::channel::<()>();
    let timeout = Timeout::new(millis, move || drop(wake));
    // Ends by the sender's drop, which is the event itself.
    woken.await.unwrap_or(());
    drop(timeout);
}

thread_local! {
    static TURNS: Rc<Turns> = Turns::new();
}

/// Lets all that waits (messages, timers, the database) have its turn. `setTimeout` would do, but browsers hold it back for 4 ms.
pub async fn yield_now() {
    let (wake, woken) = oneshot::channel();
    TURNS.with(|turns| turns.take(wake));
    woken.await.unwrap_or(());
}

struct Turns {
    waiting: RefCell<VecDeque<oneshot::Sender<()>>>,
    /// `None` where there are no message channels.
    sender: Option<MessagePort>,
    /// Keeps the receiving end and its listener.
    _receiver: Option<(MessagePort, Closure<dyn FnMut()>)>,
}

impl Turns {
    fn new() -> Rc<Self> {
        Rc::new_cyclic(|weak: &std::rc::Weak<Self>| {
            let weak = weak.clone();
            let on_message = Closure::<dyn FnMut()>::new(move || {
                if let Some(wake) = weak.upgrade().and_then(|turns| turns.waiting.borrow_mut().pop_front()) {
                    // Whoever waited may have gone.
                    wake.send(()).unwrap_or(());
                }
            });
            let channel = MessageChannel::new().ok();
            let receiver = channel.as_ref().map(|channel| {
                let port = channel.port1();
                port.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
                (port, on_message)
            });
            Self {
                waiting: RefCell::default(),
                sender: channel.map(|channel| channel.port2()),
                _receiver: receiver,
            }
        })
    }

    fn take(&self, wake: oneshot::Sender<()>) {
        let posted = self.sender.as_ref().is_some_and(|port| port.post_message(&JsValue::UNDEFINED).is_ok());
        if posted {
            self.waiting.borrow_mut().push_back(wake);
        } else {
            Timeout::new(0, move || drop(wake)).forget();
        }
    }
}

/// Notes since when one piece of work has the thread.
pub struct Pacer {
    since_ms: Cell<f64>,
}

impl Pacer {
    /// Begins a slice.
    pub fn new() -> Self {
        Self { since_ms: Cell::new(now_ms()) }
    }

    /// Tells whether the slice is over.
    pub fn is_over(&self) -> bool {
        now_ms() - self.since_ms.get() >= SLICE_MS
    }

    /// Gives the thread away when the slice is over, and begins another.
    pub async fn breathe(&self) {
        if self.is_over() {
            yield_now().await;
            self.since_ms.set(now_ms());
        }
    }
}
