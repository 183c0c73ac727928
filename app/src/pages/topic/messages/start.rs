//! Where the grid starts, as the address says: and goes there again whenever the address says otherwise, or the person does.

use leptos::prelude::*;

use crate::engine::protocol::Start;
use crate::model::scroll::Align;
use crate::pages::topic::follow::Follow;
use crate::pages::topic::selection::Selection;
use crate::state::route::Router;
use crate::state::toast::Toasts;
use crate::state::view::RecordView;
use crate::ui::virtual_list::VirtualList;

/// The way to a start.
#[derive(Clone, Copy)]
pub struct Starting {
    router: Router,
    /// Counts the times that somebody wanted to go somewhere.
    again: RwSignal<u32>,
}

impl Starting {
    /// Waits for somebody who wants to go somewhere.
    pub fn new() -> Self {
        Self { router: Router::get(), again: RwSignal::new(0) }
    }

    /// Goes to a start; when the address names that one already, it goes there again.
    pub fn go(self, start: Start) {
        self.router.replace_look(|look| look.start = Some(start));
        self.again.update(|again| *again = again.wrapping_add(1));
    }

    /// Takes the start out of the address: the newest record is where one starts anyway.
    pub fn forget(self) {
        self.router.replace_look(|look| look.start = None);
    }
}

/// Goes to the start that the address names, or else to the record that it names, or else to the end.
pub fn go_where_the_address_says(
    records: RecordView,
    list: VirtualList,
    follow: Follow,
    selection: Selection,
    starting: Starting,
) {
    let look = Router::get().look();
    let is_open = Memo::new(move |_| records.with_state(|_| ()).is_some());
    let start = Memo::new(move |_| look.with(|look| look.start));
    let toasts = Toasts::get();
    let show = move |row: u64| {
        follow.let_go();
        list.scroll_to(row, Align::Top);
        list.focus(row);
    };

    // The record that the address names may be one that was never clicked on: its row is found out once.
    Effect::new(move || {
        let Some((partition, offset)) = selection.to_find() else { return };
        if !is_open.get() || start.get_untracked().is_some() {
            return;
        }
        records.locate(Start::Offset { partition, offset }, move |found| {
            if let Ok(row) = found {
                show(row);
            }
        });
    });

    Effect::new(move || {
        starting.again.track();
        if !is_open.get() {
            return;
        }
        match start.get() {
            None if selection.is_named_untracked() => {}
            None | Some(Start::Newest) => follow.go_to_end(),
            Some(start) => records.locate(start, move |found| match found {
                Ok(row) => show(row),
                Err(failure) => toasts.error(failure.sentence),
            }),
        }
    });
}
