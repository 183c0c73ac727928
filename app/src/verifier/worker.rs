//! The worker's side: does one piece of work, and tells how far it is.

mod crash_test;
mod files;
mod stored;

use js_sys::{Array, JsString, Reflect};
use tablog_core::browser::BlobFile;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, BlobPropertyBag, DedicatedWorkerGlobalScope, MessageEvent};

use super::protocol::{FromVerifier, Outcome, Shown, ToVerifier};
use crate::engine::protocol::{Failure, FailureKind};
use crate::engine::wire;

/// Starts the verifier in this worker. Called once, by the worker's script.
pub fn start() {
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    console_error_panic_hook::set_once();
    let port = Port { scope };
    let listening = port.clone();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let port = port.clone();
        match wire::unpack::<ToVerifier>(&event.data()) {
            Ok((message, blobs)) => spawn_local(async move { serve(&port, message, blobs).await }),
            Err(cause) => {
                port.fail(format!("The verifier does not understand its page ({cause}): reload the page"))
            }
        }
    });
    listening.scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // It listens as long as the worker lives.
    on_message.forget();
    listening.send(&FromVerifier::Listening, &[]);
}

async fn serve(port: &Port, message: ToVerifier, blobs: Vec<Blob>) {
    match message {
        ToVerifier::Verify { names } => {
            let files = names.into_iter().zip(blobs).map(|(name, blob)| BlobFile::named(name, blob));
            files::verify(port, files.collect()).await;
        }
        ToVerifier::VerifyStored { testimony, reads_all } => {
            let shown = stored::report(port, testimony.as_deref(), reads_all).await;
            port.show(shown, "What is stored cannot be verified");
        }
        ToVerifier::Append { database, round } => {
            // It only ends by an error.
            let Err(cause) = crash_test::append(port, &database, round).await;
            port.fail(format!("The crash test cannot append: {cause}"));
        }
        ToVerifier::Check { database, acknowledged, kills } => {
            let shown = crash_test::check(&database, &acknowledged, kills).await;
            port.show(shown, "The crash test cannot compare");
        }
    }
}

/// The line to the page.
#[derive(Clone)]
struct Port {
    scope: DedicatedWorkerGlobalScope,
}

impl Port {
    fn send(&self, message: &FromVerifier, blobs: &[Blob]) {
        let sent = wire::pack(message, blobs).and_then(|parcel| {
            self.scope
                .post_message_with_transfer(&parcel.message, &parcel.transfer)
                .map_err(|thrown| wire::words(&thrown))
        });
        // A report that the browser does not hand over; whoever waits would wait for ever.
        if let (Err(cause), FromVerifier::Done(_)) = (sent, message) {
            self.fail(format!("The browser could not hand the report over to the page: {cause}"));
        }
    }

    fn show(&self, shown: Result<Shown, String>, otherwise: &str) {
        match shown {
            Ok(shown) => self.send(&FromVerifier::Done(Outcome::Shown(shown)), &[]),
            Err(cause) => self.fail(format!("{otherwise}: {cause}")),
        }
    }

    fn fail(&self, sentence: String) {
        self.send(&FromVerifier::Failed(Failure { kind: FailureKind::Io, code: None, sentence }), &[]);
    }
}

/// Returns the browser in its own words.
fn browser() -> String {
    let property = |of: &JsValue, name: &str| Reflect::get(of, &name.into());
    let words = property(&js_sys::global(), "navigator").and_then(|it| property(&it, "userAgent"));
    words.ok().and_then(|words| words.as_string()).unwrap_or_default()
}

fn json_blob(text: &str) -> Result<Blob, String> {
    let options = BlobPropertyBag::new();
    options.set_type("application/json");
    let parts = Array::of1(&JsString::from(text));
    Blob::new_with_str_sequence_and_options(&parts, &options).map_err(|refused| {
        format!("The browser does not make a file of the report: {}", wire::words(&refused))
    })
}
