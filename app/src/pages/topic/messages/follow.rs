//! The live tail: sticks to the end, lets go when one scrolls up, and counts what came since.

use leptos::prelude::*;

use crate::model::scroll::Align;
use crate::state::view::RecordView;
use crate::ui::virtual_list::VirtualList;

/// Whether the grid follows the end.
#[derive(Clone, Copy)]
pub struct Follow {
    records: RecordView,
    list: VirtualList,
    is_on: RwSignal<bool>,
    /// Rows there were when the grid let go.
    rows_seen: RwSignal<u64>,
}

impl Follow {
    /// Keeps the list as long as the view, in step with the end while following is on.
    pub fn new(records: RecordView, list: VirtualList) -> Self {
        let follow = Self { records, list, is_on: RwSignal::new(false), rows_seen: RwSignal::new(0) };
        Effect::new(move || {
            let rows = records.rows();
            list.set_rows(rows, follow.is_on.get_untracked());
            if follow.is_on.get_untracked() {
                follow.rows_seen.set(rows);
            }
        });
        Effect::new(move || records.want(list.visible(), records.rows()));
        // Only the person's own scrolling holds on or lets go; growing never does.
        list.on_person_scrolled(move |is_at_end| {
            if is_at_end != follow.is_on.get_untracked() {
                follow.set(is_at_end);
            }
        });
        follow
    }

    /// Tells whether the grid follows; tracked.
    pub fn is_on(self) -> bool {
        self.is_on.get()
    }

    /// Tells whether the grid follows; untracked.
    pub fn is_on_untracked(self) -> bool {
        self.is_on.get_untracked()
    }

    /// Counts the rows that came since the grid let go; tracked.
    pub fn new_rows(self) -> u64 {
        if self.is_on.get() { 0 } else { self.records.rows().saturating_sub(self.rows_seen.get()) }
    }

    /// Stays where it is from now on.
    pub fn let_go(self) {
        self.set(false);
    }

    /// Goes to the end and follows it.
    pub fn go_to_end(self) {
        self.set(true);
        if let Some(last) = self.rows_seen.get_untracked().checked_sub(1) {
            self.list.scroll_to(last, Align::Bottom);
        }
    }

    fn set(self, is_on: bool) {
        self.rows_seen.set(self.records.rows_untracked());
        self.is_on.set(is_on);
    }
}
