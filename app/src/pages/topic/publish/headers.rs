//! The headers of the record: as many as one likes, duplicates included, in their order.

use leptos::prelude::*;

use super::form::{HeaderForm, PublishForm};
use crate::ui::button::{Button, ButtonKind, IconButton};
use crate::ui::field::Checkbox;
use crate::ui::icon::Glyph;
use crate::ui::text_area::{DataField, Typed};

/// Draws a line for each header, and the button that adds one.
#[component]
pub fn Headers(form: PublishForm) -> impl IntoView {
    let headers = form.headers;
    let next_id =
        StoredValue::new(headers.with_untracked(|all| all.iter().map(|it| it.id + 1).max().unwrap_or(0)));
    let add = move |()| {
        let id = next_id.get_value();
        next_id.set_value(id + 1);
        let header = HeaderForm {
            id,
            name: RwSignal::new(Typed::default()),
            value: RwSignal::new(Typed::default()),
            is_null: RwSignal::new(false),
        };
        headers.update(|all| all.push(header));
    };
    view! {
        <fieldset class="headers">
            <legend class="field__label">"Headers"</legend>
            <For each=move || headers.get() key=|header| header.id let:header>
                <Line headers header />
            </For>
            <Button kind=ButtonKind::Quiet glyph=Glyph::Plus label="Add header" on_click=add>
                "header"
            </Button>
        </fieldset>
    }
}

#[component]
fn Line(headers: RwSignal<Vec<HeaderForm>>, header: HeaderForm) -> impl IntoView {
    let remove = move |()| headers.update(|all| all.retain(|other| other.id != header.id));
    let number =
        move || headers.with(|all| all.iter().position(|it| it.id == header.id).map_or(0, |at| at + 1));
    let name = Signal::derive(move || format!("Header {} name", number()));
    let data = Signal::derive(move || format!("Header {} data", number()));
    view! {
        <div class="headers__line">
            <DataField label=name value=header.name placeholder="name" bare=true />
            <DataField label=data value=header.value placeholder="value" bare=true disabled=header.is_null />
            <Checkbox label="null" value=header.is_null />
            <IconButton
                glyph=Glyph::Cross
                label=Signal::derive(move || format!("Remove header {}", number()))
                on_click=remove
            />
        </div>
    }
}
