//! Has a database looked at, and waits for what there is to see.

use std::cell::Cell;
use std::rc::Rc;

use futures_channel::oneshot;

use super::{News, VerifierHandle, failure};
use crate::engine::protocol::{Failure, Progress};
use crate::verifier::protocol::{Outcome, Shown, ToVerifier};

/// Has it done; `hear` is told how far it is. Dropping the future ends the work.
///
/// # Errors
/// Says why no worker starts, or what it could not do.
pub async fn shown(message: ToVerifier, hear: Rc<dyn Fn(Progress)>) -> Result<Shown, Failure> {
    let (settle, settled) = oneshot::channel();
    let settle = Rc::new(Cell::new(Some(settle)));
    let on_news = move |news: News| match news {
        News::Progress(progress) => hear(progress),
        News::Acknowledged(_) => {}
        News::Done(outcome) => {
            if let Some(settle) = settle.take() {
                // Nobody waits any more when the receiver is gone.
                drop(settle.send(outcome));
            }
        }
    };
    let worker = VerifierHandle::start(message, Vec::new(), on_news)?;
    let outcome = settled.await;
    drop(worker);
    match outcome {
        Ok(Ok((Outcome::Shown(shown), _))) => Ok(shown),
        Ok(Err(failure)) => Err(failure),
        Ok(Ok(_)) | Err(oneshot::Canceled) => Err(failure("The work was dropped: try again".to_owned())),
    }
}
