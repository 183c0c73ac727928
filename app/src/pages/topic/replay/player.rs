//! One replay on the engine, as the page sees it.

use leptos::prelude::*;

use crate::engine::protocol::{
    Event, FailureKind, ReplayCommand, ReplayId, ReplayOptions, ReplayState, Reply, Request, Speed,
};
use crate::state::engine::Engine;
use crate::state::route::Router;
use crate::state::toast::Toasts;
use crate::state::view::RecordView;

/// A replay that lives as long as the component that opened it.
#[derive(Clone, Copy)]
pub struct Player {
    engine: Engine,
    toasts: Toasts,
    state: RwSignal<Option<ReplayState>>,
}

impl Player {
    /// Puts a replay onto a view as soon as that is open: paused, where the address says.
    pub fn open(records: RecordView) -> Self {
        let player = Self { engine: Engine::get(), toasts: Toasts::get(), state: RwSignal::new(None) };
        player.engine.on_event(move |event| {
            if let Event::Replay(state) = event
                && Some(state.replay) == player.id()
            {
                player.state.set(Some(state.clone()));
            }
        });
        let look = Router::get().look().get_untracked();
        let options = ReplayOptions {
            speed: look.speed.unwrap_or(Speed::Times(1.0)),
            skip_gaps_ms: None,
            is_loop: false,
        };
        let view = Memo::new(move |_| records.with_state(|state| state.view));
        Effect::new(move || {
            let Some(view) = view.get() else { return };
            leptos::task::spawn_local(async move {
                player.take(player.engine.request(Request::OpenReplay { view, options }).await);
                if let Some(at) = look.at {
                    player.send(ReplayCommand::SeekTime(at)).await;
                }
            });
        });
        on_cleanup(move || {
            if let Some(replay) = player.id() {
                let engine = player.engine;
                leptos::task::spawn_local(async move {
                    // The view's end may have ended the replay already.
                    if let Err(failure) = engine.request(Request::CloseReplay { replay }).await {
                        leptos::logging::log!("replay {replay} was not closed: {failure}");
                    }
                });
            }
        });
        player
    }

    /// Counts the rows that were played; tracked.
    pub fn rows_shown(self) -> u64 {
        self.state.with(|state| state.as_ref().map_or(0, |state| state.rows_shown))
    }

    /// Returns the recorded time at which it stands; tracked.
    pub fn timestamp(self) -> Option<i64> {
        self.state.with(|state| state.as_ref().and_then(|state| state.timestamp))
    }

    /// Tells whether it plays; tracked.
    pub fn is_playing(self) -> bool {
        self.state.with(|state| state.as_ref().is_some_and(|state| state.is_playing))
    }

    /// Returns how it plays; tracked.
    pub fn options(self) -> Option<ReplayOptions> {
        self.state.with(|state| state.as_ref().map(|state| state.options))
    }

    /// Plays, or pauses.
    pub fn toggle(self) {
        let is_playing =
            self.state.with_untracked(|state| state.as_ref().is_some_and(|state| state.is_playing));
        self.command(if is_playing { ReplayCommand::Pause } else { ReplayCommand::Play });
    }

    /// Changes how it plays.
    pub fn change(self, change: impl FnOnce(&mut ReplayOptions)) {
        if let Some(mut options) =
            self.state.with_untracked(|state| state.as_ref().map(|state| state.options))
        {
            change(&mut options);
            self.command(ReplayCommand::Options(options));
        }
    }

    /// Tells the replay what to do.
    pub fn command(self, command: ReplayCommand) {
        leptos::task::spawn_local(self.send(command));
    }

    async fn send(self, command: ReplayCommand) {
        if let Some(replay) = self.id() {
            self.take(self.engine.request(Request::Replay { replay, command }).await);
        }
    }

    fn id(self) -> Option<ReplayId> {
        self.state.try_with_untracked(|state| state.as_ref().map(|state| state.replay)).flatten()
    }

    fn take(self, reply: Result<Reply, crate::engine::protocol::Failure>) {
        match reply {
            // The component may be gone: its replay goes with the view.
            Ok(Reply::Replay(state)) => {
                self.state.try_set(Some(state));
            }
            Ok(other) => leptos::logging::error!("a replay was asked for, and the engine answered {other:?}"),
            // The restart has its own banner.
            Err(failure) if failure.kind == FailureKind::EngineLost => {}
            Err(failure) => self.toasts.error(failure.sentence),
        }
    }
}
