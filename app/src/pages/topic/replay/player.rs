//! One replay on the engine, as the page sees it.

use std::time::Duration;

use leptos::prelude::*;

use crate::engine::protocol::{
    Event, Failure, FailureKind, ReplayCommand, ReplayId, ReplayOptions, ReplayState, Reply, Request, Speed,
    ViewId,
};
use crate::state::engine::Engine;
use crate::state::route::{Look, Router};
use crate::state::toast::Toasts;
use crate::state::view::RecordView;

/// How long after a command the address says where the replay stands: browsers refuse a flood of changes.
const NOTED_AFTER: Duration = Duration::from_millis(300);

/// A replay that lives as long as the component that opened it.
#[derive(Clone, Copy)]
pub struct Player {
    engine: Engine,
    router: Router,
    toasts: Toasts,
    state: RwSignal<Option<ReplayState>>,
    // The state comes with every frame: what hangs on a part of it changes with that part only.
    shown: Memo<u64>,
    timestamp: Memo<Option<i64>>,
    is_playing: Memo<bool>,
    options: Memo<Option<ReplayOptions>>,
    /// How it was told to play last; the engine's word for it may still be on its way.
    wished: StoredValue<Option<ReplayOptions>>,
    is_noting: StoredValue<bool>,
    on_steered: StoredValue<Option<Callback<()>>>,
}

impl Player {
    /// Puts a replay onto a view as soon as that is open: paused, where the address says.
    pub fn open(records: RecordView) -> Self {
        let state = RwSignal::new(None::<ReplayState>);
        let router = Router::get();
        let player = Self {
            engine: Engine::get(),
            router,
            toasts: Toasts::get(),
            state,
            shown: Memo::new(move |_| state.with(|it| it.as_ref().map_or(0, |it| it.rows_shown))),
            timestamp: Memo::new(move |_| state.with(|it| it.as_ref().and_then(|it| it.timestamp))),
            is_playing: Memo::new(move |_| state.with(|it| it.as_ref().is_some_and(|it| it.is_playing))),
            options: Memo::new(move |_| state.with(|it| it.as_ref().map(|it| it.options))),
            wished: StoredValue::new(None),
            is_noting: StoredValue::new(false),
            on_steered: StoredValue::new(None),
        };
        player.engine.on_event(move |event| {
            if let Event::Replay(state) = event
                && Some(state.replay) == player.id()
            {
                player.state.set(Some(state.clone()));
            }
        });
        let look = router.route_untracked().look();
        let view = Memo::new(move |_| records.with_state(|state| state.view));
        Effect::new(move || {
            if let Some(view) = view.get() {
                leptos::task::spawn_local(player.begin(view, look.clone()));
            }
        });
        on_cleanup(move || {
            if let Some(replay) = player.id() {
                player.close(replay);
            }
        });
        player
    }

    /// Calls `hear` whenever somebody plays, pauses, steps or seeks.
    pub fn on_steered(self, hear: impl Fn() + Send + Sync + 'static) {
        self.on_steered.set_value(Some(Callback::new(move |()| hear())));
    }

    /// Returns how many rows were played, as a signal that changes only when that does.
    pub fn shown(self) -> Memo<u64> {
        self.shown
    }

    /// Counts the rows that were played; tracked.
    pub fn rows_shown(self) -> u64 {
        self.shown.get()
    }

    /// Returns the recorded time at which it stands; tracked.
    pub fn timestamp(self) -> Option<i64> {
        self.timestamp.get()
    }

    /// Tells whether it plays; tracked.
    pub fn is_playing(self) -> bool {
        self.is_playing.get()
    }

    /// Returns how it plays; tracked.
    pub fn options(self) -> Option<ReplayOptions> {
        self.options.get()
    }

    /// Plays, or pauses.
    pub fn toggle(self) {
        let is_playing = self.is_playing.get_untracked();
        self.command(if is_playing { ReplayCommand::Pause } else { ReplayCommand::Play });
    }

    /// Changes how it plays. A change that comes before the answer to the one before keeps that one.
    pub fn change(self, change: impl FnOnce(&mut ReplayOptions)) {
        if let Some(mut options) = self.wished.get_value().or_else(|| self.options.get_untracked()) {
            change(&mut options);
            self.wished.set_value(Some(options));
            self.command(ReplayCommand::Options(options));
        }
    }

    /// Tells the replay what to do. The address says afterwards where it stands.
    pub fn command(self, command: ReplayCommand) {
        if !matches!(command, ReplayCommand::Options(_))
            && let Some(hear) = self.on_steered.get_value()
        {
            hear.run(());
        }
        leptos::task::spawn_local(async move {
            self.send(command).await;
            self.note();
        });
    }

    async fn begin(self, view: ViewId, look: Look) {
        let options = ReplayOptions {
            speed: look.speed.unwrap_or(Speed::Times(1.0)),
            skip_gaps_ms: look.gaps_ms,
            is_loop: look.is_loop,
        };
        self.take(self.engine.request(Request::OpenReplay { view, options }).await);
        if let Some(at) = look.at {
            self.send(ReplayCommand::SeekTime(at)).await;
        }
    }

    async fn send(self, command: ReplayCommand) {
        if let Some(replay) = self.id() {
            self.take(self.engine.request(Request::Replay { replay, command }).await);
        }
    }

    fn id(self) -> Option<ReplayId> {
        self.state.try_with_untracked(|state| state.as_ref().map(|state| state.replay)).flatten()
    }

    fn take(self, reply: Result<Reply, Failure>) {
        match reply {
            Ok(Reply::Replay(state)) => {
                // Whoever opened it may be gone; the view may live on.
                if let Some(Some(state)) = self.state.try_set(Some(state)) {
                    self.close(state.replay);
                }
            }
            Ok(other) => leptos::logging::error!("a replay was asked for, and the engine answered {other:?}"),
            // The restart has its own banner.
            Err(failure) if failure.kind == FailureKind::EngineLost => {}
            Err(failure) => self.toasts.error(failure.sentence),
        }
    }

    fn close(self, replay: ReplayId) {
        let engine = self.engine;
        leptos::task::spawn_local(async move {
            // The view's end may have ended the replay already.
            if let Err(failure) = engine.request(Request::CloseReplay { replay }).await {
                leptos::logging::log!("replay {replay} was not closed: {failure}");
            }
        });
    }

    /// Writes into the address where the replay stands and how it plays.
    fn note(self) {
        if self.is_noting.try_get_value() != Some(false) {
            return;
        }
        self.is_noting.set_value(true);
        let write = move || {
            // Without a state the page that showed it is gone, and the address is another's.
            let Some(Some(state)) = self.state.try_get_untracked() else { return };
            self.is_noting.set_value(false);
            self.router.replace_look(|look| look.note_replay(&state));
        };
        set_timeout(write, NOTED_AFTER);
    }
}
