//! Following the end: the grid sticks to its newest row, lets go when one scrolls up, and counts what came since.

use leptos::prelude::*;

use crate::model::format::grouped;
use crate::state::view::RecordView;
use crate::ui::button::{Button, ButtonKind};
use crate::ui::virtual_list::VirtualList;

/// Whether the grid follows the end: the list itself knows.
#[derive(Clone, Copy)]
pub struct Follow {
    list: VirtualList,
    rows: Memo<u64>,
    is_on: Memo<bool>,
    /// Rows there were when the grid let go.
    rows_seen: RwSignal<Option<u64>>,
}

impl Follow {
    /// Keeps the list as long as `rows` says, and what of it is in view at hand.
    pub fn new(records: RecordView, list: VirtualList, rows: Memo<u64>) -> Self {
        let is_on = Memo::new(move |_| list.sticks_to_end());
        let follow = Self { list, rows, is_on, rows_seen: RwSignal::new(None) };
        Effect::new(move || list.set_rows(rows.get()));
        Effect::new(move || records.want(list.visible(), records.rows()));
        // Only the person's own scrolling holds on or lets go; growing never does.
        list.on_person_scrolled(move |is_at_end| {
            if is_at_end != is_on.get_untracked() {
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
        let seen = self.rows_seen.get().filter(|_| !self.is_on.get());
        seen.map_or(0, |seen| self.rows.get().saturating_sub(seen))
    }

    /// Stays where it is from now on.
    pub fn let_go(self) {
        self.set(false);
    }

    /// Goes to the end and follows it.
    pub fn go_to_end(self) {
        self.set(true);
    }

    fn set(self, is_on: bool) {
        self.rows_seen.set(Some(self.rows.get_untracked()));
        self.list.stick_to_end(is_on);
    }
}

/// Says how many records came while the grid was elsewhere, and goes there.
#[component]
pub fn NewRows(
    /// What follows.
    follow: Follow,
) -> impl IntoView {
    view! {
        <Show when=move || { follow.new_rows() > 0 }>
            <div class="messages__new">
                <Button kind=ButtonKind::Primary on_click=Callback::new(move |()| follow.go_to_end())>
                    {move || format!("↓ {} new", grouped(follow.new_rows()))}
                </Button>
            </div>
        </Show>
    }
}
