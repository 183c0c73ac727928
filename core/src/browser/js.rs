//! Crossing the border: bytes, errors and timers, between JavaScript's types and ours.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;

use bytes::Bytes;
use futures_channel::oneshot;
use futures_util::future::{Either, select};
use js_sys::{ArrayBuffer, Function, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::DomException;

use crate::storage::StorageError;

/// Copies bytes out of wasm memory into a buffer of exactly their size. A view on wasm memory must never reach IndexedDB:
/// it would store the whole memory.
pub(super) fn to_buffer(bytes: &[u8]) -> ArrayBuffer {
    Uint8Array::new_from_slice(bytes).buffer()
}

/// Copies pieces out of wasm memory, back to back: see [`to_buffer`].
pub(super) fn joined(pieces: &[Bytes]) -> ArrayBuffer {
    if let [only] = pieces {
        return to_buffer(only);
    }
    let length = |piece: &Bytes| u32::try_from(piece.len()).unwrap_or(u32::MAX);
    let whole = Uint8Array::new_with_length(pieces.iter().map(length).fold(0, u32::saturating_add));
    let mut from = 0_u32;
    for piece in pieces {
        let to = from.saturating_add(length(piece));
        whole.subarray(from, to).copy_from(piece);
        from = to;
    }
    whole.buffer()
}

/// Copies a stored key or value into wasm memory.
///
/// # Errors
/// `Corrupt` when it is not the kind of thing that we store.
pub(super) fn from_buffer(value: &JsValue) -> Result<Bytes, StorageError> {
    match value.dyn_ref::<ArrayBuffer>() {
        Some(buffer) => Ok(Uint8Array::new(buffer).to_vec().into()),
        None => Err(StorageError::Corrupt(format!("{value:?} stands where bytes should be"))),
    }
}

/// Returns the name and the words of whatever JavaScript threw.
pub(super) fn words(error: &JsValue) -> (String, String) {
    if let Some(error) = error.dyn_ref::<DomException>() {
        return (error.name(), error.message());
    }
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => (String::from(error.name()), String::from(error.message())),
        None => (String::new(), format!("{error:?}")),
    }
}

/// Maps what a request or a transaction reports, by the names that the IndexedDB specification gives to errors.
pub(super) fn storage_error(error: &JsValue) -> StorageError {
    let (name, message) = words(error);
    let text = format!("{name}: {message}");
    match name.as_str() {
        "QuotaExceededError" => StorageError::QuotaExceeded,
        "ConstraintError" => StorageError::Conflict(text),
        "VersionError" => StorageError::NewerVersion(message),
        "SecurityError" | "NotAllowedError" => StorageError::Unavailable(text),
        // Chromium reports "Data lost due to missing file" so: the row is there, its bytes are not.
        "NotReadableError" | "DataError" | "NotFoundError" => StorageError::Corrupt(text),
        "InvalidStateError" | "UnknownError" | "AbortError" | "TimeoutError" | "TransactionInactiveError" => {
            StorageError::ConnectionLost(text)
        }
        _ => StorageError::Other(text),
    }
}

/// Maps what opening a database reports: there, `InvalidStateError` says that the page may not store anything, and
/// `UnknownError` that the files behind it cannot be opened ("Internal error opening backing store").
pub(super) fn opening_error(error: &JsValue) -> StorageError {
    let (name, message) = words(error);
    match name.as_str() {
        "InvalidStateError" | "TypeError" => StorageError::Unavailable(format!("{name}: {message}")),
        "UnknownError" => StorageError::Unreadable(format!("{name}: {message}")),
        _ => storage_error(error),
    }
}

/// Turns a JavaScript number into the whole number in it; negative ones and NaN into 0.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts of floats saturate")]
pub(super) fn whole(number: f64) -> u64 {
    number as u64
}

/// Largest whole number that JavaScript's numbers hold exactly; no file is that long.
const SAFE_INTEGER_MAX: u64 = (1 << 53) - 1;

/// Turns a place in a file into a JavaScript number.
#[allow(
    clippy::cast_precision_loss,
    reason = "bounded by the largest whole number that a double holds exactly"
)]
pub(super) fn number(position: u64) -> f64 {
    position.min(SAFE_INTEGER_MAX) as f64
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(handler: &Function, millis: i32) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(handle: &JsValue);
}

/// A timer that is taken back when nobody waits for it any more.
struct Timer {
    handle: JsValue,
    _elapsed: Closure<dyn FnMut()>,
}

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timeout(&self.handle);
    }
}

/// Waits.
pub(super) async fn sleep(millis: i32) {
    let (elapsed, waiting) = once();
    let closure = Closure::<dyn FnMut()>::new(move || elapsed(()));
    let handle = set_timeout(closure.as_ref().unchecked_ref(), millis);
    let _timer = Timer { handle, _elapsed: closure };
    // Cancelled never happens: the timer holds the sender for as long as this waits.
    waiting.await.ok();
}

/// Waits for `future`, but no longer than `millis`.
pub(super) async fn within<T>(millis: i32, future: impl Future<Output = T>) -> Option<T> {
    match select(std::pin::pin!(future), std::pin::pin!(sleep(millis))).await {
        Either::Left((value, _)) => Some(value),
        Either::Right(_) => None,
    }
}

/// Makes a channel whose sender may be called from any of several event handlers; the first call counts.
pub(super) fn once<T>() -> (impl Fn(T) + Clone, oneshot::Receiver<T>) {
    let (sender, receiver) = oneshot::channel();
    let sender = Rc::new(RefCell::new(Some(sender)));
    let send = move |value| {
        let sender = sender.borrow_mut().take();
        // Nobody may wait any more; then nobody wants the value either.
        sender.and_then(|sender| sender.send(value).err());
    };
    (send, receiver)
}
