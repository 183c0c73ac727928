//! A key or value in one of its forms.

use leptos::prelude::*;

use crate::engine::protocol::{Cell, CellKind, Form, Part, RecordRef};
use crate::model::format;
use crate::state::body::Body;
use crate::ui::code_view::CodeView;
use crate::ui::segmented::Segmented;

/// Draws a key, a value or a header's value, and the choice of its form.
#[component]
pub fn BodyView(
    /// Whose.
    record: RecordRef,
    /// Which part of it.
    part: Part,
    /// A glimpse of it.
    cell: Cell,
    /// Whether it is valid JSON.
    is_json: bool,
    /// The form that was chosen last; JSON counts only for what is JSON.
    chosen: RwSignal<Option<Form>>,
) -> impl IntoView {
    match cell.kind {
        CellKind::Null if part == Part::Value => {
            return view! { <p class="details__note">"∅ A tombstone: the value is null"</p> }.into_any();
        }
        CellKind::Null => return view! { <p class="details__note">"The key is null"</p> }.into_any(),
        CellKind::Empty => {
            return view! { <p class="details__note">"Empty: no bytes, which is not null"</p> }.into_any();
        }
        CellKind::Json | CellKind::Text | CellKind::Binary | CellKind::Fields => {}
    }
    let has_fields = cell.kind == CellKind::Fields;
    let fits = |form: &Form| match form {
        Form::Json => is_json,
        Form::Fields => has_fields,
        Form::Text | Form::Hex => true,
    };
    let form = RwSignal::new(chosen.get_untracked().filter(fits).unwrap_or(match cell.kind {
        CellKind::Binary => Form::Hex,
        CellKind::Fields => Form::Fields,
        _ if is_json => Form::Json,
        _ => Form::Text,
    }));
    let structured = if has_fields { (Form::Fields, "Fields") } else { (Form::Json, "JSON") };
    let choices = vec![structured, (Form::Text, "Text"), (Form::Hex, "Hex")];
    let on_choice = Callback::new(move |form| chosen.set(Some(form)));
    view! {
        <div class="details__forms">
            <Segmented label="Form" choices value=form on_choice />
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
        Part::Header(_) => "Header",
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
