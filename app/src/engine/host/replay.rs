//! Replays onto a view: a clock from [`tablog_inspect::replay`], fed with timestamps, woken by timers, steered by the page.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use futures_channel::mpsc;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use tablog_core::ids::Timestamp;
use tablog_core::source::SourceError;
use tablog_inspect::replay::{self as clock, Replay as Clock};
use tablog_inspect::time_order::Start;
use wasm_bindgen_futures::spawn_local;

use super::Host;
use super::failures::failure;
use super::pace::{now_ms, sleep_ms, yield_now};
use super::port::Port;
use super::views::View;
use crate::engine::protocol::{
    Event, Failure, FailureKind, ReplayCommand, ReplayId, ReplayOptions, ReplayState, Speed, ViewId,
    ViewState,
};

/// Milliseconds between two events of one replay: about a screen's frames.
const TELL_EVERY_MS: f64 = 15.0;
/// Milliseconds after which a playing replay tells where its time is, although no row is due.
const CURSOR_EVERY_MS: f64 = 100.0;
/// Rows whose times are read at once.
const FEED_ROWS: usize = 1_000;

/// The replays that the page has open.
#[derive(Default)]
pub struct Replays {
    open: RefCell<BTreeMap<ReplayId, Rc<Replay>>>,
}

/// One replay.
struct Replay {
    id: ReplayId,
    view: Rc<View>,
    clock: RefCell<Clock>,
    /// Rows that the clock knows of.
    rows: Cell<u64>,
    options: Cell<ReplayOptions>,
    late_ms: Cell<f64>,
    /// Times are being read for the clock.
    is_feeding: Cell<bool>,
    /// How often the view has changed: times that were read before are not to be believed.
    changes: Cell<u64>,
    bell: mpsc::UnboundedSender<()>,
    port: Port,
}

impl Replays {
    fn find(&self, id: ReplayId) -> Result<Rc<Replay>, Failure> {
        let found = self.open.borrow().get(&id).cloned();
        found.ok_or_else(|| failure(FailureKind::NotFound, "The replay has ended: start it again"))
    }

    /// Ends the replays of a view.
    pub fn close_of(&self, view: ViewId) {
        self.open.borrow_mut().retain(|_, replay| replay.view.id != view);
    }

    /// Tells the replays of a view that it changed.
    pub fn renewed(&self, state: &ViewState) {
        for replay in self.open.borrow().values().filter(|replay| replay.view.id == state.view) {
            replay.renewed(state);
        }
    }
}

impl Host {
    /// Puts a replay onto a view, paused before its first row.
    pub async fn open_replay(&self, view: ViewId, options: ReplayOptions) -> Result<ReplayState, Failure> {
        let view = self.views.find(view)?;
        let id = self.next_id();
        let (bell, rung) = mpsc::unbounded();
        let rows = view.order.rows();
        let replay = Rc::new(Replay {
            id,
            view,
            clock: RefCell::new(Clock::new(0..rows)),
            rows: Cell::new(rows),
            options: Cell::new(options),
            late_ms: Cell::new(0.0),
            is_feeding: Cell::new(false),
            changes: Cell::new(0),
            bell,
            port: self.port.clone(),
        });
        replay.set_options(options);
        // From here on it hears when the view changes, which may be while its first times are read.
        self.replays.open.borrow_mut().insert(id, Rc::clone(&replay));
        if let Err(error) = replay.feed().await {
            self.close_replay(id);
            return Err(error.into());
        }
        // The task lives as long as the replay is open: it holds on to it weakly.
        let weak = Rc::downgrade(&replay);
        spawn_local(async move { run(&weak, rung).await });
        Ok(replay.state())
    }

    /// Steers a replay.
    pub async fn steer(&self, id: ReplayId, command: ReplayCommand) -> Result<ReplayState, Failure> {
        let replay = self.replays.find(id)?;
        replay.obey(command).await?;
        replay.ring();
        Ok(replay.state())
    }

    /// Ends a replay.
    pub fn close_replay(&self, id: ReplayId) {
        self.replays.open.borrow_mut().remove(&id);
    }
}

impl Replay {
    async fn obey(&self, command: ReplayCommand) -> Result<(), SourceError> {
        match command {
            ReplayCommand::Play => self.clock.borrow_mut().play(now_ms()),
            ReplayCommand::Pause => self.clock.borrow_mut().pause(now_ms()),
            ReplayCommand::Options(options) => self.set_options(options),
            ReplayCommand::StepForward => {
                self.clock.borrow_mut().pause(now_ms());
                self.feed().await?;
                self.clock.borrow_mut().step_forward(now_ms());
            }
            ReplayCommand::StepBack => {
                self.clock.borrow_mut().step_back(now_ms());
            }
            ReplayCommand::SeekRow(row) => self.clock.borrow_mut().seek_behind(row, now_ms()),
            ReplayCommand::SeekTime(time) => {
                let time = Timestamp::from_millis(time);
                let row = self.view.order.row_at(Start::Time(time)).await?;
                self.clock.borrow_mut().seek_to_time(row, time, now_ms());
            }
        }
        // The state that is answered knows the time it stands at.
        self.feed().await.map(drop)
    }

    fn set_options(&self, options: ReplayOptions) {
        let now = now_ms();
        let mut clock = self.clock.borrow_mut();
        clock.set_speed(clock_speed(options.speed), now);
        clock.set_skip_gaps_over(options.skip_gaps_ms.map(|gap| i64::try_from(gap).unwrap_or(i64::MAX)), now);
        clock.set_looped(options.is_loop);
        // What the clock made of the speed is what the page is told.
        let speed = match clock.speed() {
            clock::Speed::Times(times) => Speed::Times(times),
            clock::Speed::AsFastAsPossible => Speed::Fastest,
        };
        self.options.set(ReplayOptions { speed, ..options });
    }

    /// Gives the clock the times that it wants next; returns whether there is a reason to look at it again.
    async fn feed(&self) -> Result<bool, SourceError> {
        let wanted = self.clock.borrow().wants();
        let Some(wanted) = wanted else { return Ok(false) };
        let count = usize::try_from(wanted.end - wanted.start).unwrap_or(usize::MAX).min(FEED_ROWS);
        let changes = self.changes.get();
        let times = self.view.order.times(wanted.start, count).await?;
        if changes == self.changes.get() {
            self.clock.borrow_mut().feed(wanted.start, &times);
            // None, when the view has fewer rows by now than the clock knows of: it is about to be told.
            return Ok(!times.is_empty());
        }
        Ok(true)
    }

    /// Sees to it that the clock is fed, beside the task that runs it: what is due meanwhile is not to wait for a disk.
    fn feed_soon(self: &Rc<Self>) {
        if self.is_feeding.get() || self.clock.borrow().wants().is_none() {
            return;
        }
        self.is_feeding.set(true);
        let replay = Rc::clone(self);
        spawn_local(async move {
            let fed = replay.feed().await;
            replay.is_feeding.set(false);
            match fed {
                Ok(true) => replay.ring(),
                Ok(false) => {}
                Err(error) => replay.pause_because(error),
            }
        });
    }

    fn ring(&self) {
        // The task has ended only when the replay is closed.
        drop(self.bell.unbounded_send(()));
    }

    fn renewed(&self, state: &ViewState) {
        self.changes.set(self.changes.get().wrapping_add(1));
        let stood_at = self.clock.borrow().next_row();
        self.clock.borrow_mut().changed_from(state.first_changed_row, state.rows);
        self.rows.set(state.rows);
        // Rows that it stood behind are gone: no tick tells of that.
        if self.clock.borrow().next_row() != stood_at {
            self.port.tell(Event::Replay(self.state()));
        }
        self.ring();
    }

    fn state(&self) -> ReplayState {
        let clock = self.clock.borrow();
        ReplayState {
            replay: self.id,
            view: self.view.id,
            rows_shown: clock.next_row(),
            rows: self.rows.get(),
            timestamp: clock.time(now_ms()).map(Timestamp::millis),
            is_playing: clock.state() == clock::ReplayState::Playing,
            late_ms: self.late_ms.get(),
            options: self.options.get(),
        }
    }

    /// Shows what is due; returns when to look again, and whether anything happened.
    fn tick(&self) -> (Option<f64>, bool) {
        let mut clock = self.clock.borrow_mut();
        let (was, now) = (clock.state(), now_ms());
        let due = clock.tick(now);
        if let Some(newest) = due.rows.last() {
            self.late_ms.set(now - newest.due_ms);
        }
        (due.wake_at_ms, !due.rows.is_empty() || clock.state() != was)
    }

    fn is_playing(&self) -> bool {
        self.clock.borrow().state() == clock::ReplayState::Playing
    }

    fn pause_because(&self, error: SourceError) {
        self.clock.borrow_mut().pause(now_ms());
        self.port.tell(Event::Replay(self.state()));
        super::port::report(&format!("the replay paused: {error}"));
    }
}

/// Runs a replay until it is closed.
async fn run(replay: &std::rc::Weak<Replay>, mut rung: mpsc::UnboundedReceiver<()>) {
    let mut told_ms = f64::NEG_INFINITY;
    let mut has_news = false;
    loop {
        let Some(open) = replay.upgrade() else { return };
        let (wake_at, happened) = open.tick();
        has_news |= happened;
        open.feed_soon();
        let now = now_ms();
        let is_playing = open.is_playing();
        if (has_news && now - told_ms >= TELL_EVERY_MS) || (is_playing && now - told_ms >= CURSOR_EVERY_MS) {
            (told_ms, has_news) = (now, false);
            open.port.tell(Event::Replay(open.state()));
        }
        drop(open);
        let mut wake_ms = if is_playing { told_ms + CURSOR_EVERY_MS } else { f64::INFINITY };
        if has_news {
            wake_ms = wake_ms.min(told_ms + TELL_EVERY_MS);
        }
        if let Some(at) = wake_at {
            wake_ms = wake_ms.min(at);
        }
        if !wait(&mut rung, wake_ms).await {
            return;
        }
    }
}

/// Waits until a time of [`now_ms`], or until the bell rings; returns whether to go on.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range of u32")]
async fn wait(rung: &mut mpsc::UnboundedReceiver<()>, until_ms: f64) -> bool {
    let left_ms = until_ms - now_ms();
    if left_ms < 1.0 {
        yield_now().await;
        return true;
    }
    let bell = rung.next();
    if left_ms.is_infinite() {
        return bell.await.is_some();
    }
    let sleep = std::pin::pin!(sleep_ms(left_ms.clamp(0.0, 60_000.0) as u32));
    !matches!(select(bell, sleep).await, Either::Left((None, _)))
}

/// Says the speed in the clock's words.
pub fn clock_speed(speed: Speed) -> clock::Speed {
    match speed {
        Speed::Times(times) => clock::Speed::Times(times),
        Speed::Fastest => clock::Speed::AsFastAsPossible,
    }
}
