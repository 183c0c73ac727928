//! A window onto one source's records in time order, as the pages see it: how many rows, the rows at hand, what cannot be read.

use std::collections::BTreeMap;
use std::ops::Range;

use leptos::prelude::*;

use super::engine::Engine;
use crate::engine::handle::Canceller;
use crate::engine::protocol::{
    Event, Failure, FailureKind, IsolationLevel, Reply, Request, RowView, SourceRef, Start, ViewId, ViewState,
};
use crate::model::window_cache::{PAGE_ROWS, PageRequest, WindowCache};

/// Rows fetched ahead of the visible ones, on either side.
const AHEAD_ROWS: u64 = 50;

/// A view that lives as long as the component that opened it.
#[derive(Clone, Copy)]
pub struct RecordView {
    engine: Engine,
    state: RwSignal<Option<ViewState>>,
    failure: RwSignal<Option<Failure>>,
    /// Why the rows that were asked for last could not be read.
    rows_failure: RwSignal<Option<Failure>>,
    retries: RwSignal<u32>,
    cache: StoredValue<WindowCache<RowView>>,
    version: RwSignal<u32>,
    /// What stops the requests for pages that are under way.
    under_way: StoredValue<BTreeMap<PageRequest, Canceller>, LocalStorage>,
}

impl RecordView {
    /// Opens a view; it is closed together with the component that called this.
    pub fn open(source: SourceRef, partitions: Option<Vec<i32>>, isolation: IsolationLevel) -> Self {
        let view = Self {
            engine: Engine::get(),
            state: RwSignal::new(None),
            failure: RwSignal::new(None),
            rows_failure: RwSignal::new(None),
            retries: RwSignal::new(0),
            cache: StoredValue::new(WindowCache::default()),
            version: RwSignal::new(0),
            under_way: StoredValue::new_local(BTreeMap::new()),
        };
        view.engine.on_event(move |event| view.hear(event));
        // Not bound to the component: an answer that comes too late must still be closed.
        leptos::task::spawn_local(async move {
            match view.engine.request(Request::OpenView { source, partitions, isolation }).await {
                Ok(Reply::View(state)) => {
                    let id = state.view;
                    if view.state.try_update(|slot| *slot = Some(state)).is_none() {
                        view.close(id);
                    }
                }
                Ok(other) => {
                    leptos::logging::error!("a view was asked for, and the engine answered {other:?}")
                }
                Err(failure) => {
                    view.failure.try_set(Some(failure));
                }
            }
        });
        on_cleanup(move || {
            if let Some(Some(state)) = view.state.try_get_untracked() {
                view.close(state.view);
            }
        });
        view
    }

    /// Returns the view's number and size, once it is open; tracked.
    pub fn state(self) -> Option<ViewState> {
        self.state.get()
    }

    /// Reads the view's number and size without copying; tracked.
    pub fn with_state<T>(self, read: impl FnOnce(&ViewState) -> T) -> Option<T> {
        self.state.with(|state| state.as_ref().map(read))
    }

    /// Returns the view's number once it is open; untracked.
    pub fn id(self) -> Option<ViewId> {
        self.state.with_untracked(|state| state.as_ref().map(|state| state.view))
    }

    /// Returns the view's number while it is open and the component that opened it is there; untracked.
    pub fn try_id(self) -> Option<ViewId> {
        self.state.try_with_untracked(|state| state.as_ref().map(|state| state.view)).flatten()
    }

    /// Returns how many rows there are, 0 until it is known; tracked.
    pub fn rows(self) -> u64 {
        self.with_state(|state| state.rows).unwrap_or(0)
    }

    /// Returns why there is no view, or no more; tracked.
    pub fn failure(self) -> Option<Failure> {
        self.failure.get()
    }

    /// Returns why rows could not be read, until some can be; tracked.
    pub fn rows_failure(self) -> Option<Failure> {
        self.rows_failure.get()
    }

    /// Asks again for the rows that could not be read.
    pub fn try_again(self) {
        self.rows_failure.set(None);
        self.retries.update(|retries| *retries = retries.wrapping_add(1));
    }

    /// Reads a row if it is at hand; tracked.
    pub fn with_row<T>(self, row: u64, read: impl FnOnce(Option<&RowView>) -> T) -> T {
        self.version.track();
        self.cache.with_value(|cache| read(cache.get(row)))
    }

    /// Returns a row if it is at hand; untracked.
    pub fn row_untracked(self, row: u64) -> Option<RowView> {
        self.cache.with_value(|cache| cache.get(row).cloned())
    }

    /// Finds a record among some rows, if it is at hand; tracked.
    pub fn row_of(self, mut rows: Range<u64>, (partition, offset): (i32, i64)) -> Option<u64> {
        self.version.track();
        let is_it = |row: &RowView| row.partition == partition && row.offset == offset;
        self.cache.with_value(|cache| rows.find(|row| cache.get(*row).is_some_and(is_it)))
    }

    /// Returns how many rows there are, 0 until it is known; untracked.
    pub fn rows_untracked(self) -> u64 {
        self.state.with_untracked(|state| state.as_ref().map_or(0, |state| state.rows))
    }

    /// Asks for the rows around a range, of `rows` in all, unless they are at hand, and no longer for those that it asked for
    /// elsewhere. Call it again when the view changes; the effect that calls it runs again when the person wants to try again.
    pub fn want(self, visible: Range<u64>, rows: u64) {
        self.retries.track();
        let Some(view) = self.id() else { return };
        let wanted =
            visible.start.saturating_sub(AHEAD_ROWS)..visible.end.saturating_add(AHEAD_ROWS).min(rows);
        let asked = self.cache.try_update_value(|cache| (cache.want(wanted), cache.give_up()));
        let (requests, given_up) = asked.unwrap_or_default();
        for request in given_up {
            if let Some(Some(canceller)) = self.under_way.try_update_value(|all| all.remove(&request)) {
                canceller.cancel();
            }
        }
        for request in requests {
            self.fetch(view, request);
        }
    }

    /// Finds the row to start at and hands it to `then`; nothing happens until the view is open.
    pub fn locate(self, start: Start, then: impl FnOnce(Result<u64, Failure>) + 'static) {
        let Some(view) = self.id() else { return };
        self.engine.ask(Request::Locate { view, start }, move |reply| match reply {
            Ok(Reply::Row(row)) => then(Ok(row)),
            Ok(other) => leptos::logging::error!("a row was asked for, and the engine answered {other:?}"),
            Err(failure) => then(Err(failure)),
        });
    }

    /// Reads one row, which need not be near the others, and hands it to `then`.
    pub fn fetch_one(self, row: u64, then: impl FnOnce(RowView) + 'static) {
        let Some(view) = self.try_id() else { return };
        leptos::task::spawn_local(async move {
            match self.engine.request(Request::Rows { view, first_row: row, count: 1 }).await {
                Ok(Reply::Rows(rows)) => {
                    if let Some(row) = rows.rows.into_iter().next() {
                        then(row);
                    }
                }
                Ok(other) => {
                    leptos::logging::error!("a row was asked for, and the engine answered {other:?}")
                }
                Err(failure) => self.not_read(failure),
            }
        });
    }

    fn fetch(self, view: ViewId, request: PageRequest) {
        let first_row = request.page * PAGE_ROWS;
        let count = u32::try_from(PAGE_ROWS).unwrap_or(u32::MAX);
        let running = self.engine.start(Request::Rows { view, first_row, count }, &[], |_| ());
        self.under_way.try_update_value(|all| all.insert(request, running.canceller()));
        leptos::task::spawn_local(async move {
            let reply = running.finish().await.map(|(reply, _)| reply);
            self.under_way.try_update_value(|all| all.remove(&request));
            match reply {
                Ok(Reply::Rows(rows)) => {
                    let is_news = self.cache.try_update_value(|cache| cache.insert(request, rows.rows));
                    if is_news == Some(true) {
                        self.version.try_update(|version| *version = version.wrapping_add(1));
                    }
                    if self.rows_failure.try_with_untracked(Option::is_some) == Some(true) {
                        self.rows_failure.set(None);
                    }
                }
                Ok(other) => {
                    leptos::logging::error!("rows were asked for, and the engine answered {other:?}")
                }
                Err(failure) => {
                    self.cache.try_update_value(|cache| cache.fail(request));
                    self.not_read(failure);
                }
            }
        });
    }

    fn not_read(self, failure: Failure) {
        // A restart and the end of a view have words of their own; what was given up has left the viewport.
        if !matches!(failure.kind, FailureKind::EngineLost | FailureKind::NotFound | FailureKind::Cancelled) {
            self.rows_failure.try_set(Some(failure));
        }
    }

    fn hear(self, event: &Event) {
        match event {
            Event::View(state) if Some(state.view) == self.id() => {
                self.cache.update_value(|cache| cache.change_from(state.first_changed_row));
                self.state.set(Some(state.clone()));
                self.version.update(|version| *version = version.wrapping_add(1));
            }
            Event::ViewGone { view, failure } if Some(*view) == self.id() => {
                self.state.set(None);
                self.failure.set(Some(failure.clone()));
            }
            _ => {}
        }
    }

    fn close(self, view: ViewId) {
        let engine = self.engine;
        leptos::task::spawn_local(async move {
            // A view that is gone already needs no closing.
            if let Err(failure) = engine.request(Request::CloseView { view }).await {
                leptos::logging::log!("view {view} was not closed: {failure}");
            }
        });
    }
}
