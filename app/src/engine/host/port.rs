//! The line to the page.

use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, DedicatedWorkerGlobalScope};

use super::failures::failure;
use crate::engine::protocol::{Event, FailureKind, FromEngine};
use crate::engine::wire;

/// Sends messages to the page that started this worker.
#[derive(Clone)]
pub struct Port {
    scope: DedicatedWorkerGlobalScope,
}

impl Port {
    /// Finds the page; `None` when this is no dedicated worker.
    pub fn of_this_worker() -> Option<Self> {
        js_sys::global().dyn_into().ok().map(|scope| Self { scope })
    }

    /// Returns the worker's global object.
    pub fn scope(&self) -> &DedicatedWorkerGlobalScope {
        &self.scope
    }

    /// Sends a message.
    pub fn send(&self, message: &FromEngine) {
        self.send_with(message, &[]);
    }

    /// Tells what nobody asked for.
    pub fn tell(&self, event: Event) {
        self.send(&FromEngine::Event(event));
    }

    /// Sends a message and the blobs that go along.
    pub fn send_with(&self, message: &FromEngine, blobs: &[Blob]) {
        let sent = wire::pack(message, blobs).and_then(|parcel| {
            self.scope
                .post_message_with_transfer(&parcel.message, &parcel.transfer)
                .map_err(|thrown| wire::words(&thrown))
        });
        let Err(cause) = sent else { return };
        report(&format!("a message to the page was lost: {cause}"));
        // Too large, perhaps; who asked would wait for ever.
        if let FromEngine::Reply { id, reply: Ok(_) } = message {
            let sentence = format!("The browser could not hand the answer over to the page: {cause}");
            let reply = Err(failure(FailureKind::Unsupported, sentence));
            self.send(&FromEngine::Reply { id: *id, reply });
        }
    }

    /// Tells the page of a bug's last words, whichever way the engine dies.
    pub fn report_panics(&self) {
        let last_words = |port: Self| move |message: String| port.send(&FromEngine::Panicked { message });
        // The hook must be `Send`, which nothing of JavaScript's is: it finds the worker anew.
        std::panic::set_hook(Box::new(|info| {
            console_error_panic_hook::hook(info);
            if let Some(port) = Self::of_this_worker() {
                port.send(&FromEngine::Panicked { message: info.to_string() });
            }
        }));
        // Running out of memory traps without a panic; inside a promise only this event tells.
        let tell = last_words(self.clone());
        let on_rejection = Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| {
            let reason = js_sys::Reflect::get(&event, &"reason".into()).unwrap_or(JsValue::UNDEFINED);
            tell(wire::words(&reason));
        });
        let listened = self
            .scope
            .add_event_listener_with_callback("unhandledrejection", on_rejection.as_ref().unchecked_ref());
        if let Err(thrown) = listened {
            report(&wire::words(&thrown));
        }
        on_rejection.forget();
    }
}

/// Writes to the worker's console what nobody else can be told.
pub fn report(text: &str) {
    web_sys::console::error_1(&text.into());
}
