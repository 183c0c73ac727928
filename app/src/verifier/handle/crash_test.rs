//! The crash test: workers with an engine of their own append to a scratch database, and are ended in the middle of it without a
//! warning. Then another one compares what is stored with what had been acknowledged.

use std::rc::Rc;

use futures_channel::{mpsc, oneshot};
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use gloo::timers::callback::Timeout;
use js_sys::{Array, Date, Function, Math, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::shown::shown;
use super::{News, VerifierHandle, failure};
use crate::engine::protocol::{Failure, Progress};
use crate::verifier::protocol::{Acknowledged, Shown, ToVerifier};

/// After so many milliseconds no test runs any more: one takes some ten seconds.
const LEFTOVER_MS: f64 = 600_000.0;
/// Workers that are ended.
pub const KILLS: u32 = 10;
/// How the databases of crash tests begin.
const DATABASE: &str = "tablog-crash-test-";
/// How long a worker appends before it is ended, in milliseconds after its first acknowledgement: at least, and at most so much more.
const APPENDS_MS: (f64, f64) = (40.0, 400.0);
/// How long the first acknowledgement of a worker may take, in milliseconds.
const FIRST_ACK_MS: u32 = 30_000;

/// The scratch database; when nobody needs it any more, the browser is told to delete it.
struct Scratch {
    name: String,
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // It was deleted already, unless the test was stopped; then there is nobody to tell of a failure.
        delete_database(&self.name).map(drop).unwrap_or_default();
    }
}

/// Runs the test. `hear` is told how many workers were ended and how many records were acknowledged so far. Dropping the future
/// stops it and lets the database go.
///
/// # Errors
/// Says why no worker starts, appends or compares.
pub async fn run(hear: Rc<dyn Fn(u32, u64)>) -> Result<Shown, Failure> {
    // A browser that lists no databases keeps them until the site's data are cleared.
    remove_leftovers().await.unwrap_or_default();
    let scratch = Scratch { name: format!("{DATABASE}{}-{}", Date::now(), (Math::random() * 1e9).floor()) };
    let mut acknowledged: Vec<Acknowledged> = Vec::new();
    for round in 0..KILLS {
        append_until_killed(&scratch.name, round, &mut acknowledged).await?;
        let records = acknowledged.iter().map(|it| u64::from(it.count)).sum();
        hear(round + 1, records);
    }
    let database = scratch.name.clone();
    let check = ToVerifier::Check { database, acknowledged, kills: KILLS };
    shown(check, Rc::new(|_: Progress| ())).await
}

async fn append_until_killed(
    database: &str,
    round: u32,
    acknowledged: &mut Vec<Acknowledged>,
) -> Result<(), Failure> {
    let (tell, mut told) = mpsc::unbounded();
    let message = ToVerifier::Append { database: database.to_owned(), round };
    let worker = VerifierHandle::start(message, Vec::new(), move |news| drop(tell.unbounded_send(news)))?;
    let mut timer = Timer::new(FIRST_ACK_MS);
    let mut has_begun = false;
    loop {
        let heard = match select(told.next(), &mut timer.rung).await {
            Either::Left((news, _)) => Some(news),
            Either::Right(_) => None,
        };
        match heard {
            Some(Some(News::Acknowledged(records))) => {
                acknowledged.push(records);
                if !has_begun {
                    has_begun = true;
                    timer = Timer::new(appends_ms());
                }
            }
            Some(Some(News::Progress(_))) => {}
            Some(Some(News::Done(Err(failure)))) => return Err(failure),
            Some(Some(News::Done(Ok(_))) | None) => {
                return Err(failure("An engine of the crash test ended by itself: try again".to_owned()));
            }
            None if has_begun => break,
            None => {
                let sentence = "The engine of the crash test did not store anything within 30 seconds";
                return Err(failure(sentence.to_owned()));
            }
        }
    }
    drop(worker);
    // What it had told before it was ended was acknowledged, too.
    while let Ok(news) = told.try_recv() {
        if let News::Acknowledged(records) = news {
            acknowledged.push(records);
        }
    }
    Ok(())
}

/// Rings once.
struct Timer {
    rung: oneshot::Receiver<()>,
    _timeout: Timeout,
}

impl Timer {
    fn new(millis: u32) -> Self {
        let (ring, rung) = oneshot::channel::<()>();
        // Rings by the sender's drop.
        Self { rung, _timeout: Timeout::new(millis, move || drop(ring)) }
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "less than a second")]
fn appends_ms() -> u32 {
    let (least, more) = APPENDS_MS;
    (least + Math::random() * more) as u32
}

/// Deletes what is left of tests whose page was closed in the middle: databases that began long before this one.
async fn remove_leftovers() -> Result<(), JsValue> {
    let factory = Reflect::get(&js_sys::global(), &"indexedDB".into())?;
    let list: Function = Reflect::get(&factory, &"databases".into())?.dyn_into()?;
    let listed = JsFuture::from(list.call0(&factory)?.dyn_into::<Promise>()?).await?;
    for database in listed.dyn_into::<Array>()?.iter() {
        let Some(name) = Reflect::get(&database, &"name".into())?.as_string() else { continue };
        let began = name.strip_prefix(DATABASE).and_then(|rest| rest.split('-').next()?.parse::<f64>().ok());
        if began.is_some_and(|began| Date::now() - began > LEFTOVER_MS) {
            delete_database(&name)?;
        }
    }
    Ok(())
}

/// Asks the browser to delete a database as soon as nobody has it open. The page has no code for databases: that is the engine's.
fn delete_database(name: &str) -> Result<JsValue, JsValue> {
    let factory = Reflect::get(&js_sys::global(), &"indexedDB".into())?;
    let delete: Function = Reflect::get(&factory, &"deleteDatabase".into())?.dyn_into()?;
    delete.call1(&factory, &name.into())
}
