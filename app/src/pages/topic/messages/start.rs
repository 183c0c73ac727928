//! Where the grid starts, as the address says: and goes there again whenever the address says otherwise.

use leptos::prelude::*;

use super::follow::Follow;
use super::show_row;
use crate::engine::protocol::Start;
use crate::state::route::Router;
use crate::state::toast::Toasts;
use crate::state::view::RecordView;
use crate::ui::virtual_list::VirtualList;

/// Goes to the start that the address names, or else to the record that it names, or else to the end.
pub fn go_where_the_address_says(
    records: RecordView,
    list: VirtualList,
    follow: Follow,
    selected: RwSignal<Option<u64>>,
) {
    let look = Router::get().look();
    let is_open = Memo::new(move |_| records.with_state(|_| ()).is_some());
    let start = Memo::new(move |_| look.with(|look| look.start));
    let record = Memo::new(move |_| look.with(|look| look.record));
    let toasts = Toasts::get();

    // The record that the address names may be one that was never clicked on: its row is found out once.
    Effect::new(move || {
        let Some((partition, offset)) = record.get() else {
            selected.set(None);
            return;
        };
        let is_known = selected.get_untracked().and_then(|row| records.row_untracked(row));
        if !is_open.get() || is_known.is_some_and(|row| (row.partition, row.offset) == (partition, offset)) {
            return;
        }
        let is_start = start.get_untracked().is_none();
        records.locate(Start::Offset { partition, offset }, move |found| {
            if let Ok(row) = found {
                selected.set(Some(row));
                if is_start {
                    follow.let_go();
                    show_row(list, row);
                }
            }
        });
    });

    Effect::new(move || {
        if !is_open.get() {
            return;
        }
        match start.get() {
            None if record.get_untracked().is_some() => {}
            None | Some(Start::Newest) => follow.go_to_end(),
            Some(start) => records.locate(start, move |found| match found {
                Ok(row) => {
                    follow.let_go();
                    show_row(list, row);
                }
                Err(failure) => toasts.error(failure.sentence),
            }),
        }
    });
}
