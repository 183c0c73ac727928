//! The choice of further columns: what a record's batch says of itself.

use leptos::prelude::*;

use crate::model::columns::ExtraColumn;
use crate::state::route::Router;
use crate::ui::popover::Popover;

/// Asks which columns to add. Each shows as soon as it is ticked, and the address keeps them.
#[component]
pub fn ColumnPicker() -> impl IntoView {
    let router = Router::get();
    let look = router.look();
    let added = Memo::new(move |_| look.with(|look| look.columns.clone()));
    let words = move || match added.with(Vec::len) {
        0 => "standard".to_owned(),
        count => format!("+{count}"),
    };
    let tick = move |column: ExtraColumn, is_on: bool| {
        router.replace_look(|look| {
            look.columns.retain(|other| *other != column);
            if is_on {
                look.columns.push(column);
                look.columns.sort_unstable();
            }
        });
    };
    let line = move |column: ExtraColumn| {
        view! {
            <label class="picker__choice">
                <input
                    type="checkbox"
                    prop:checked=move || added.with(|added| added.contains(&column))
                    on:change=move |event| tick(column, event_target_checked(&event))
                />
                {column.title()}
            </label>
        }
    };
    view! {
        <Popover label="Columns" words=Signal::derive(words) is_open=RwSignal::new(false)>
            <div class="picker picker_columns" role="group" aria-label="Columns to add">
                {ExtraColumn::ALL.map(line).into_iter().collect_view()}
            </div>
        </Popover>
    }
}
