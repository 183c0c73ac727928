//! A key or value in one of its forms.

use leptos::prelude::*;

use crate::engine::protocol::{CellKind, Form, Part, RecordDetails, RecordRef};
use crate::model::format;
use crate::state::body::Body;
use crate::ui::code_view::CodeView;
use crate::ui::segmented::Segmented;

/// Draws a key or value, and the choice of its form.
#[component]
pub fn BodyView(record: RecordRef, part: Part, details: RecordDetails) -> impl IntoView {
    if let Some(problem) = details.row.problem {
        return view! { <p class="details__note">{problem}</p> }.into_any();
    }
    let (cell, is_json) = match part {
        Part::Key => (details.row.key, details.key_is_json),
        Part::Value => (details.row.value, details.value_is_json),
    };
    match cell.kind {
        CellKind::Null if part == Part::Value => {
            return view! { <p class="details__note">"∅ A tombstone: the value is null"</p> }.into_any();
        }
        CellKind::Null => return view! { <p class="details__note">"The key is null"</p> }.into_any(),
        CellKind::Empty => {
            return view! { <p class="details__note">"Empty: no bytes, which is not null"</p> }.into_any();
        }
        CellKind::Json | CellKind::Text | CellKind::Binary => {}
    }
    let form = RwSignal::new(match cell.kind {
        CellKind::Binary => Form::Hex,
        _ if is_json => Form::Json,
        _ => Form::Text,
    });
    let choices = vec![(Form::Json, "JSON"), (Form::Text, "Text"), (Form::Hex, "Hex")];
    view! {
        <div class="details__forms">
            <Segmented label="Form" choices value=form />
            <span class="details__size">{format::bytes(cell.bytes)}</span>
        </div>
        {move || view! { <Lines record=record.clone() part form=form.get() /> }}
    }
    .into_any()
}

#[component]
fn Lines(record: RecordRef, part: Part, form: Form) -> impl IntoView {
    let body = Body::open(record, part, form);
    let label = match part {
        Part::Key => "Key",
        Part::Value => "Value",
    };
    view! {
        {move || body.problem().map(|problem| view! { <p class="details__note">{problem}</p> })}
        <CodeView
            label
            lines=Signal::derive(move || body.lines_total())
            line=move |line| body.line(line)
            want=move |lines| body.want(lines)
        />
    }
}
