//! The page's side: starts a verifier, hears how far it is, and ends it.

pub mod crash_test;
pub mod shown;

use gloo::events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{Blob, ErrorEvent, MessageEvent, Worker};

use super::protocol::{Acknowledged, FromVerifier, Outcome, ToVerifier};
use crate::engine::protocol::{Failure, FailureKind, Progress};
use crate::engine::wire;

/// Names the meta element whose content is the verifier's script.
const SCRIPT_META: &str = "meta[name=\"tablog-verifier\"]";
/// The verifier's script when the page names none.
const SCRIPT_DEFAULT: &str = "./verifier_loader.js";

/// What a verifier tells.
pub enum News {
    /// How far it is.
    Progress(Progress),
    /// Records of a crash test were acknowledged.
    Acknowledged(Acknowledged),
    /// It is over: what came of it, and a report as JSON if there is one.
    Done(Result<(Outcome, Option<Blob>), Failure>),
}

/// A verifier at work; dropping it ends the work.
pub struct VerifierHandle {
    worker: Worker,
    _listeners: [EventListener; 2],
}

impl Drop for VerifierHandle {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

impl VerifierHandle {
    /// Starts work, with the files that go along. `hear` is told how far it is and how it ends.
    ///
    /// # Errors
    /// Says why the browser starts no worker.
    pub fn start(
        message: ToVerifier,
        files: Vec<Blob>,
        hear: impl Fn(News) + Clone + 'static,
    ) -> Result<Self, Failure> {
        let worker = wire::start_worker(SCRIPT_META, SCRIPT_DEFAULT).map_err(|thrown| {
            failure(format!("This browser does not start the worker that verifies: {}", wire::words(&thrown)))
        })?;
        let to_worker = worker.clone();
        let on_error = hear.clone();
        let on_message = move |event: &web_sys::Event| {
            let Some(event) = event.dyn_ref::<MessageEvent>() else { return };
            let news = match wire::unpack::<FromVerifier>(&event.data()) {
                Ok((FromVerifier::Listening, _)) => {
                    let posted = wire::pack(&message, &files).and_then(|parcel| {
                        to_worker
                            .post_message_with_transfer(&parcel.message, &parcel.transfer)
                            .map_err(|thrown| wire::words(&thrown))
                    });
                    match posted {
                        Ok(()) => return,
                        Err(cause) => {
                            News::Done(Err(failure(format!("The work could not be handed over: {cause}"))))
                        }
                    }
                }
                Ok((FromVerifier::Progress(progress), _)) => News::Progress(progress),
                Ok((FromVerifier::Acknowledged(records), _)) => News::Acknowledged(records),
                Ok((FromVerifier::Done(outcome), blobs)) => {
                    News::Done(Ok((outcome, blobs.into_iter().next())))
                }
                Ok((FromVerifier::Failed(failure), _)) => News::Done(Err(failure)),
                Err(cause) => News::Done(Err(failure(format!(
                    "The verifier sent a message that cannot be read ({cause}): reload the page"
                )))),
            };
            hear(news);
        };
        let on_error = move |event: &web_sys::Event| {
            let cause = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).unwrap_or_default();
            let cause = if cause.is_empty() { "its script could not be loaded".to_owned() } else { cause };
            on_error(News::Done(Err(failure(format!("Verification stopped: {cause}. Try again")))));
        };
        let listeners = [
            EventListener::new(&worker, "message", on_message),
            EventListener::new(&worker, "error", on_error),
        ];
        Ok(Self { worker, _listeners: listeners })
    }
}

fn failure(sentence: String) -> Failure {
    Failure { kind: FailureKind::Unsupported, code: None, sentence }
}
