//! The cells of one row: a tombstone, an empty value and a value that has not come yet all look different.

use leptos::prelude::*;

use crate::engine::protocol::{Cell, CellKind, RowView};
use crate::model::{clock, format};
use crate::state::view::RecordView;
use crate::ui::virtual_grid::Column;

/// The columns of the messages grid.
pub const COLUMNS: &[Column] = &[
    Column { title: "Time (UTC)", class: "cell-time" },
    Column { title: "Partition", class: "cell-partition" },
    Column { title: "Offset", class: "cell-offset" },
    Column { title: "Key", class: "cell-key" },
    Column { title: "Value", class: "cell-value" },
    Column { title: "Headers", class: "cell-headers" },
];

/// Tells what is special about a row, for the style sheets.
pub fn row_kind(records: RecordView, row: u64) -> Option<&'static str> {
    match records.row(row) {
        Some(RowView { problem: Some(_), .. }) => Some("problem"),
        Some(RowView { is_control: true, .. }) => Some("control"),
        _ => None,
    }
}

/// Draws the cells of one row, as soon as it is at hand.
#[component]
pub fn RowCells(
    /// Where the row comes from.
    records: RecordView,
    /// Its number.
    row: u64,
) -> impl IntoView {
    let data = Memo::new(move |_| records.row(row));
    move || {
        match data.get() {
        Some(row) => view! { <Cells row /> }.into_any(),
        None => COLUMNS
            .iter()
            .map(|column| view! { <div role="gridcell" class=column.class><span class="cell-pending"></span></div> })
            .collect_view()
            .into_any(),
    }
    }
}

#[component]
fn Cells(row: RowView) -> impl IntoView {
    let value = match &row.problem {
        Some(problem) => view! { <span class="cell-note">{problem.clone()}</span> }.into_any(),
        None => glimpse(&row.value, true),
    };
    view! {
        <div role="gridcell" class="cell-time">{time(row.timestamp)}</div>
        <div role="gridcell" class="cell-partition"><PartitionTag partition=row.partition /></div>
        <div role="gridcell" class="cell-offset">{format::grouped(row.offset)}</div>
        <div role="gridcell" class="cell-key">{glimpse(&row.key, false)}</div>
        <div role="gridcell" class="cell-value">{value}</div>
        <div role="gridcell" class="cell-headers">{(row.headers > 0).then(|| format::grouped(row.headers))}</div>
    }
}

fn time(timestamp: i64) -> AnyView {
    if timestamp == clock::NO_TIMESTAMP {
        return view! { <span class="cell-note">"none"</span> }.into_any();
    }
    view! {
        <span class="cell-time__day">{clock::date(timestamp)}" "</span>
        {clock::time_of_day(timestamp)}
        <span class="cell-time__zone">" UTC"</span>
    }
    .into_any()
}

/// Draws a partition's number in its colour.
#[component]
pub fn PartitionTag(
    /// The partition.
    partition: i32,
) -> impl IntoView {
    view! {
        <span class="partition-tag" data-colour=partition.rem_euclid(8).to_string()>
            {partition}
        </span>
    }
}

/// Draws a glimpse of a key or value. A null value is a tombstone; a null key is just null.
pub fn glimpse(cell: &Cell, is_value: bool) -> AnyView {
    match cell.kind {
        CellKind::Null if is_value => view! { <span class="cell-note">"∅ tombstone"</span> }.into_any(),
        CellKind::Null => view! { <span class="cell-note">"null"</span> }.into_any(),
        CellKind::Empty => view! { <span class="cell-note">"\"\" empty"</span> }.into_any(),
        CellKind::Json | CellKind::Text => {
            let text = if cell.is_cut { format!("{}…", cell.text) } else { cell.text.clone() };
            view! { <bdi class="cell-text">{text}</bdi> }.into_any()
        }
        CellKind::Binary => {
            let words = format!("{}{}", cell.text, if cell.is_cut { "…" } else { "" });
            view! {
                <span class="cell-hex">{words}</span>
                <span class="cell-note">" · "{format::bytes(cell.bytes)}</span>
            }
            .into_any()
        }
    }
}
