//! A chain of requests in one transaction, and what comes of it.

use std::cell::RefCell;
use std::rc::Rc;

use futures_channel::oneshot;
use wasm_bindgen::prelude::*;
use web_sys::{Event, IdbRequest};

use super::js;
use crate::storage::StorageError;

/// What follows a request's success.
pub(super) enum Step {
    /// Nothing: the answer is whole.
    Done,
    /// The same request answers again: a cursor was moved.
    Again,
    /// Another request of the same transaction.
    Next(IdbRequest),
}

/// A chain of requests in one transaction. Dropping it lets go of the transaction.
pub(super) struct Answer {
    request: Rc<RefCell<IdbRequest>>,
    settled: oneshot::Receiver<Result<(), StorageError>>,
    _on_success: Closure<dyn FnMut(Event)>,
    _on_error: Closure<dyn FnMut(Event)>,
}

impl Answer {
    /// Wires the handlers at once: an event that nobody listens to is lost.
    pub(super) fn of(
        request: IdbRequest,
        mut step: impl FnMut(&JsValue) -> Result<Step, StorageError> + 'static,
    ) -> Self {
        let (settle, settled) = js::once();
        let request = Rc::new(RefCell::new(request));
        let (current, fail) = (Rc::clone(&request), settle.clone());
        let on_error = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            // Handled here; else the transaction aborts and the console calls it uncaught.
            event.prevent_default();
            let error = current.borrow().error().ok().flatten();
            fail(Err(js::storage_error(&error.map_or(JsValue::UNDEFINED, JsValue::from))));
        });
        let current = Rc::clone(&request);
        let on_success = Closure::<dyn FnMut(Event)>::new(move |_| {
            let asked = current.borrow().clone();
            match asked.result().map_err(|e| js::storage_error(&e)).and_then(|result| step(&result)) {
                Ok(Step::Again) => {}
                Ok(Step::Done) => settle(Ok(())),
                Err(error) => settle(Err(error)),
                Ok(Step::Next(next)) => {
                    next.set_onsuccess(asked.onsuccess().as_ref());
                    next.set_onerror(asked.onerror().as_ref());
                    current.replace(next);
                }
            }
        });
        {
            let request = request.borrow();
            request.set_onsuccess(Some(on_success.as_ref().unchecked_ref()));
            request.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        }
        Self { request, settled, _on_success: on_success, _on_error: on_error }
    }

    /// Waits for the end of the chain.
    pub(super) async fn wait(mut self) -> Result<(), StorageError> {
        let outcome = (&mut self.settled).await;
        outcome.unwrap_or_else(|_| Err(StorageError::ConnectionLost("the request was dropped".into())))
    }
}

impl Drop for Answer {
    /// Takes the handlers back: an event that comes later must not call into freed memory.
    fn drop(&mut self) {
        let request = self.request.borrow();
        request.set_onsuccess(None);
        request.set_onerror(None);
    }
}
