//! The cells of one row: a tombstone, an empty value and a value that has not come yet all look different.

use leptos::prelude::*;

use crate::engine::protocol::{Cell, CellKind, RowView, Transaction};
use crate::model::columns::ExtraColumn;
use crate::model::row_face::{CellFace, Part, RowFace, Voice};
use crate::model::{clock, format};
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

/// Tells what a row says. One that is not at hand yet has the same cells, which wait.
pub fn face(row: Option<&RowView>, added: &[ExtraColumn]) -> RowFace {
    let cells = match row {
        Some(row) => cells(row, added),
        None => columns(added).iter().map(|column| waiting(column.class)).collect(),
    };
    let kind = match row {
        Some(RowView { problem: Some(_), .. }) => Some("problem"),
        Some(RowView { marker: Some(_), .. }) => Some("control"),
        Some(RowView { transaction: Transaction::Aborted, .. }) => Some("aborted"),
        _ => None,
    };
    RowFace { kind, cells }
}

fn cells(row: &RowView, added: &[ExtraColumn]) -> Vec<CellFace> {
    let key = match &row.marker {
        Some(_) => vec![note("")],
        None => words(&row.key, false),
    };
    let mut value = match (&row.problem, &row.marker) {
        (Some(said), _) | (None, Some(said)) => vec![note(said.as_str())],
        (None, None) => words(&row.value, true),
    };
    if matches!(row.transaction, Transaction::Aborted | Transaction::Open) {
        value.insert(0, Part::ours("cell-flag", row.transaction.as_str()));
    }
    let headers = if row.headers > 0 { format::grouped(row.headers) } else { String::new() };
    let partition = Part {
        colour: Some(colour(row.partition)),
        ..Part::ours("partition-tag", row.partition.to_string())
    };
    let always = [
        CellFace::new("cell-time", time(row.timestamp)),
        CellFace::new("cell-partition", [partition]),
        CellFace::new("cell-offset", [number(format::grouped(row.offset))]),
        CellFace::new("cell-key", key),
        CellFace::new("cell-value", value),
        CellFace::new("cell-headers", [number(headers)]),
    ];
    let added = added.iter().map(|column| CellFace::new(class_of(*column), [number(column.words(row))]));
    always.into_iter().chain(added).collect()
}

/// Returns the time of day, between the day and the zone that a narrow screen leaves out.
fn time(timestamp: i64) -> Vec<Part> {
    if timestamp == clock::NO_TIMESTAMP {
        return vec![note("none")];
    }
    vec![
        Part::ours("cell-time__day", format!("{} ", clock::date(timestamp))),
        number(clock::time_of_day(timestamp)),
        Part::ours("cell-time__zone", " UTC"),
    ]
}

/// Draws a partition's number in its colour.
#[component]
pub fn PartitionTag(
    /// The partition.
    partition: i32,
) -> impl IntoView {
    view! {
        <span class="partition-tag" data-colour=colour(partition).to_string()>
            {partition}
        </span>
    }
}

/// Draws a glimpse of a key or value.
pub fn glimpse(cell: &Cell, is_value: bool) -> impl IntoView + use<> {
    let draw = |Part { voice, class, text, .. }: Part| match voice {
        Voice::Theirs => view! { <bdi class=class>{text}</bdi> }.into_any(),
        Voice::Ours => view! { <span class=class>{text}</span> }.into_any(),
    };
    words(cell, is_value).into_iter().map(draw).collect_view()
}

/// Returns the number of a partition's colour.
fn colour(partition: i32) -> u8 {
    partition.rem_euclid(8) as u8
}

fn plain(text: impl Into<String>) -> Part {
    Part::theirs("cell-text", text)
}

/// What needs no isolation: it has no letters that could be read from right to left.
fn number(text: impl Into<String>) -> Part {
    Part::ours("cell-text", text)
}

fn note(text: impl Into<String>) -> Part {
    Part::theirs("cell-note", text)
}

/// The cell of a row that is not at hand yet. Its pieces are those that it will have: elements that stay cost less.
fn waiting(class: &'static str) -> CellFace {
    let pending = |voice| Part { voice, ..Part::ours("cell-pending", "") };
    match class {
        "cell-time" => {
            let (day, zone) = (Part::ours("cell-time__day", ""), Part::ours("cell-time__zone", ""));
            CellFace::new(class, [day, pending(Voice::Ours), zone])
        }
        "cell-key" | "cell-value" => CellFace::new(class, [pending(Voice::Theirs)]),
        _ => CellFace::new(class, [pending(Voice::Ours)]),
    }
}

/// Says a glimpse of a key or value. A null value is a tombstone; a null key is just null.
fn words(cell: &Cell, is_value: bool) -> Vec<Part> {
    let text = || format!("{}{}", cell.text, if cell.is_cut { "…" } else { "" });
    match cell.kind {
        CellKind::Null if is_value => vec![note("∅ tombstone")],
        CellKind::Null => vec![note("null")],
        CellKind::Empty => vec![note("\"\" empty")],
        CellKind::Json | CellKind::Text | CellKind::Fields => vec![plain(text())],
        CellKind::Binary => {
            let size = Part::ours("cell-note", format!(" · {}", format::bytes(cell.bytes)));
            vec![Part::theirs("cell-hex", text()), size]
        }
    }
}
