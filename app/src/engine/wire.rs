//! How one message travels: an array of an exact `ArrayBuffer` (transferred, never a view on wasm memory) and the `Blob`s that go along.

use js_sys::{Array, ArrayBuffer, Uint8Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, Worker, WorkerOptions, WorkerType};

/// A message ready for `postMessage`.
pub struct Parcel {
    /// The array to post.
    pub message: Array,
    /// What to transfer with it.
    pub transfer: Array,
}

/// Packs a message and the blobs that go along.
///
/// # Errors
/// Says why the message cannot be encoded.
pub fn pack<T: Serialize>(message: &T, blobs: &[Blob]) -> Result<Parcel, String> {
    let bytes = postcard::to_stdvec(message).map_err(|error| error.to_string())?;
    let buffer = Uint8Array::from(bytes.as_slice()).buffer();
    let array = Array::of1(&buffer);
    for blob in blobs {
        array.push(blob);
    }
    Ok(Parcel { message: array, transfer: Array::of1(&buffer) })
}

/// Unpacks a message and the blobs that came along.
///
/// # Errors
/// Says what about the message is not as [`pack`] makes it.
pub fn unpack<T: DeserializeOwned>(data: &JsValue) -> Result<(T, Vec<Blob>), String> {
    let array = data.dyn_ref::<Array>().ok_or("the message is no array")?;
    let buffer = array.get(0).dyn_into::<ArrayBuffer>().map_err(|_| "the message has no buffer")?;
    let message =
        postcard::from_bytes(&Uint8Array::new(&buffer).to_vec()).map_err(|error| error.to_string())?;
    let blobs = array
        .iter()
        .skip(1)
        .map(|item| item.dyn_into::<Blob>().map_err(|_| "something other than a blob came along".to_owned()))
        .collect::<Result<_, _>>()?;
    Ok((message, blobs))
}

/// Puts what JavaScript threw into words.
pub fn words(thrown: &JsValue) -> String {
    match thrown.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => thrown.as_string().unwrap_or_else(|| format!("{thrown:?}")),
    }
}

/// Starts a worker whose script is a module.
///
/// # Errors
/// What the browser throws.
pub fn start_worker(selector: &str, default: &str) -> Result<Worker, JsValue> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    Worker::new_with_options(&script_address(selector, default), &options)
}

/// Finds the script of a worker: a meta element of the page names that of the page's own build.
fn script_address(selector: &str, default: &str) -> String {
    gloo::utils::window()
        .document()
        .and_then(|document| document.query_selector(selector).ok().flatten())
        .and_then(|meta| meta.get_attribute("content"))
        .unwrap_or_else(|| default.to_owned())
}
