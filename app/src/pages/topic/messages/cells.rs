//! The cells of one row: a tombstone, an empty value and a value that has not come yet all look different.

use leptos::prelude::*;

use crate::engine::protocol::{Cell, CellKind, RowView};
use crate::model::columns::ExtraColumn;
use crate::model::{clock, format};
use crate::state::view::RecordView;
use crate::ui::virtual_grid::Column;

/// Returns the columns of the messages grid: those that are always there, and those that were added.
pub fn columns(added: &[ExtraColumn]) -> Vec<Column> {
    let always = [
        ("Time (UTC)", "cell-time"),
        ("Partition", "cell-partition"),
        ("Offset", "cell-offset"),
        ("Key", "cell-key"),
        ("Value", "cell-value"),
        ("Headers", "cell-headers"),
    ];
    let always = always.into_iter().map(|(title, class)| Column { title, class, width_px: None });
    let added = added.iter().map(|column| Column {
        title: column.title(),
        class: class_of(*column),
        width_px: Some(column.width_px()),
    });
    always.chain(added).collect()
}

/// Returns the class of a column that was added.
fn class_of(column: ExtraColumn) -> &'static str {
    if column.is_number() { "cell-more cell-number" } else { "cell-more" }
}

/// The class of what a cell shows until its row is at hand.
const PENDING: &str = "cell-pending";

/// Tells what is special about a row, for the style sheets.
pub fn row_kind(records: RecordView, row: u64) -> Option<&'static str> {
    match records.row(row) {
        Some(RowView { problem: Some(_), .. }) => Some("problem"),
        Some(RowView { is_control: true, .. }) => Some("control"),
        _ => None,
    }
}

/// Draws the cells of a row. The elements are the same for every row, also for one that is not at hand yet: a row element that
/// shows another row keeps them, and only what they say changes.
pub fn cells(row: Option<&RowView>, added: &[ExtraColumn]) -> impl IntoView + use<> {
    let (day, time, zone) = row.map_or((String::new(), Words::pending(), ""), |row| time(row.timestamp));
    let (partition, partition_class) = match row {
        Some(row) => (Some(row.partition), "partition-tag"),
        None => (None, PENDING),
    };
    let offset = row.map_or(Words::pending(), |row| Words::plain(format::grouped(row.offset)));
    let key = row.map_or(Words::pending(), |row| words(&row.key, false));
    let value = row.map_or(Words::pending(), |row| match &row.problem {
        Some(problem) => Words::note(problem.clone()),
        None => words(&row.value, true),
    });
    let headers = row.map_or(Words::pending(), |row| {
        Words::plain(if row.headers > 0 { format::grouped(row.headers) } else { String::new() })
    });
    let more = added
        .iter()
        .map(|column| {
            let words = row.map_or(Words::pending(), |row| Words::plain(column.words(row)));
            view! { <div role="gridcell" class=class_of(*column)>{draw(words)}</div> }
        })
        .collect_view();
    view! {
        <div role="gridcell" class="cell-time">
            <span class="cell-time__day">{day}</span>
            {draw(time)}
            <span class="cell-time__zone">{zone}</span>
        </div>
        <div role="gridcell" class="cell-partition">
            <span class=partition_class data-colour=partition.map(colour)>
                {partition.map_or(String::new(), |partition| partition.to_string())}
            </span>
        </div>
        <div role="gridcell" class="cell-offset">{draw(offset)}</div>
        <div role="gridcell" class="cell-key">{draw(key)}</div>
        <div role="gridcell" class="cell-value">{draw(value)}</div>
        <div role="gridcell" class="cell-headers">{draw(headers)}</div>
        {more}
    }
}

/// Returns the day, the time of day and the zone of a timestamp.
fn time(timestamp: i64) -> (String, Words, &'static str) {
    if timestamp == clock::NO_TIMESTAMP {
        return (String::new(), Words::note("none"), "");
    }
    (format!("{} ", clock::date(timestamp)), Words::plain(clock::time_of_day(timestamp)), " UTC")
}

/// Draws a partition's number in its colour.
#[component]
pub fn PartitionTag(
    /// The partition.
    partition: i32,
) -> impl IntoView {
    view! {
        <span class="partition-tag" data-colour=colour(partition)>
            {partition}
        </span>
    }
}

/// Draws a glimpse of a key or value. A null value is a tombstone; a null key is just null.
pub fn glimpse(cell: &Cell, is_value: bool) -> impl IntoView + use<> {
    draw(words(cell, is_value))
}

/// Returns the number of a partition's colour.
fn colour(partition: i32) -> String {
    partition.rem_euclid(8).to_string()
}

/// What one cell says, and how it looks.
struct Words {
    class: &'static str,
    text: String,
    /// What we say of it ourselves, after it.
    note: Option<String>,
}

impl Words {
    fn plain(text: impl Into<String>) -> Self {
        Self { class: "cell-text", text: text.into(), note: None }
    }

    fn note(text: impl Into<String>) -> Self {
        Self { class: "cell-note", text: text.into(), note: None }
    }

    fn pending() -> Self {
        Self { class: PENDING, text: String::new(), note: None }
    }
}

/// Isolates the text's direction: what is read right to left must not reorder the cells.
fn draw(Words { class, text, note }: Words) -> impl IntoView {
    view! {
        <bdi class=class>{text}</bdi>
        {note.map(|note| view! { <span class="cell-note">{note}</span> })}
    }
}

fn words(cell: &Cell, is_value: bool) -> Words {
    let text = || format!("{}{}", cell.text, if cell.is_cut { "…" } else { "" });
    match cell.kind {
        CellKind::Null if is_value => Words::note("∅ tombstone"),
        CellKind::Null => Words::note("null"),
        CellKind::Empty => Words::note("\"\" empty"),
        CellKind::Json | CellKind::Text => Words::plain(text()),
        CellKind::Binary => {
            let note = Some(format!(" · {}", format::bytes(cell.bytes)));
            Words { class: "cell-hex", text: text(), note }
        }
    }
}
