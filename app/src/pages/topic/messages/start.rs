//! Where the grid starts, as the address says: and goes there again whenever the address says otherwise, or the person does.

use leptos::prelude::*;

use crate::engine::protocol::{SourceRef, Start};
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
    /// Where one starts when the address says nothing.
    usual: Start,
    /// Counts the times that somebody wanted to go somewhere.
    again: RwSignal<u32>,
}

impl Starting {
    /// Waits for somebody who wants to go somewhere.
    pub fn new(source: &SourceRef) -> Self {
        let usual = match source {
            SourceRef::Topic(_) => Start::Newest,
            // While the rest is looked through, these rows stay as they are; those at the end would change all the time.
            SourceRef::File(_) => Start::Oldest,
        };
        Self { router: Router::get(), usual, again: RwSignal::new(0) }
    }

    /// Returns where one starts when the address says nothing.
    pub fn usual(self) -> Start {
        self.usual
    }

    /// Goes to a start; when the address names that one already, it goes there again.
    pub fn go(self, start: Start) {
        self.router.replace_look(|look| look.start = Some(start));
        self.again.update(|again| *again = again.wrapping_add(1));
    }

    /// Takes the start out of the address.
    pub fn forget(self) {
        self.router.replace_look(|look| look.start = None);
    }
}

/// Goes to the start that the address names, or else to the record that it names, or else where one starts usually.
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
        let named = start.get();
        if named.is_none() && selection.is_named_untracked() {
            return;
        }
        match named.unwrap_or(starting.usual()) {
            Start::Newest => follow.go_to_end(),
            Start::Oldest if named.is_none() => {
                follow.let_go();
                list.scroll_to(0, Align::Top);
            }
            start => records.locate(start, move |found| match found {
                Ok(row) => show(row),
                Err(failure) => toasts.error(failure.sentence),
            }),
        }
    });
}
