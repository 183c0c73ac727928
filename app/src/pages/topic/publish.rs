//! Publishes records: a drawer over the grid, which stays in view and shows them land. The form keeps what it holds.

mod bulk;
mod form;
mod headers;
mod landed;
mod target;

use leptos::prelude::*;

use self::bulk::Bulk;
pub use self::form::PublishForm;
use self::headers::Headers;
use self::landed::LandedLine;
use self::target::{AcksField, PartitionField, TimeField};
use crate::model::json::{CHECKED_AT_ONCE_BYTES, JsonCheck, check};
use crate::state::route::{Router, Tab};
use crate::state::time::after;
use crate::ui::button::{Button, ButtonKind, IconButton};
use crate::ui::field::{Checkbox, SelectField};
use crate::ui::focus;
use crate::ui::icon::Glyph;
use crate::ui::problem::Problem;
use crate::ui::text_area::{DataField, TextArea};

/// A long value is looked at once nobody has typed for so long.
const DEBOUNCE_MS: u32 = 250;

/// Draws the drawer.
#[component]
pub fn PublishDrawer(
    /// What it holds; it outlives the drawer.
    form: PublishForm,
) -> impl IntoView {
    let router = Router::get();
    let topic = form.topic();
    let close = move |()| {
        router.go_within(Tab::Messages);
        // Once the drawer is gone: on a narrow screen nothing under it takes the focus before.
        request_animation_frame(|| {
            focus::first("[role=grid]");
        });
    };
    view! {
        <aside
            class="drawer"
            aria-label=format!("Publish to {topic}")
            on:keydown=move |event| {
                if event.key() == "Escape" && !event.default_prevented() {
                    event.prevent_default();
                    close(());
                }
            }
        >
            <header class="drawer__head">
                <h2 class="drawer__title">{format!("Publish to {topic}")}</h2>
                <IconButton glyph=Glyph::Cross label="Close" on_click=close />
            </header>
            <div class="drawer__body">
                <RecordForm form />
                <Bulk topic=topic.clone() form=form.bulk />
            </div>
        </aside>
    }
}

#[component]
fn RecordForm(form: PublishForm) -> impl IntoView {
    view! {
        <form
            class="publish"
            // Enter in a field does not publish: a log takes nothing back.
            on:submit=move |event| event.prevent_default()
            on:keydown=move |event| {
                if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                    event.prevent_default();
                    form.publish();
                }
            }
        >
            <KeyField form />
            <ValueField form />
            <Headers form />
            <div class="publish__row">
                <PartitionField form />
                <TimeField form />
                <AcksField form />
            </div>
            <div class="publish__send">
                <Button
                    kind=ButtonKind::Primary
                    glyph=Glyph::Send
                    label="Publish"
                    disabled=form.is_blocked()
                    keeps_focus=true
                    on_click=move |()| form.publish()
                >
                    "Publish"
                    <span class="publish__chord" aria-hidden="true">
                        "Ctrl+Enter"
                    </span>
                </Button>
                <LandedLine form />
            </div>
            <Problem text=form.problem />
        </form>
    }
}

#[component]
fn KeyField(form: PublishForm) -> impl IntoView {
    let forms = ["text", "hex", "base64"].map(|form| (form.to_owned(), form.to_owned())).to_vec();
    view! {
        <div class="publish__key">
            <DataField
                label="Key"
                value=form.key
                error=form.key_error()
                disabled=form.is_key_null
                placeholder="empty"
                takes_focus=true
            />
            <SelectField label="Written as" value=form.key_form options=Signal::stored(forms) />
            <Checkbox label="null" value=form.is_key_null />
        </div>
    }
}

#[component]
fn ValueField(form: PublishForm) -> impl IntoView {
    let checked = checked(form);
    let words = move || {
        if form.is_tombstone.get() {
            return None;
        }
        match checked.get() {
            JsonCheck::Blank => None,
            JsonCheck::Valid => Some("JSON ✓".to_owned()),
            JsonCheck::TooLong => Some("too long to check for JSON".to_owned()),
            JsonCheck::Broken(place) => Some(format!("no JSON at {place}")),
        }
    };
    view! {
        <div class="publish__value">
            <TextArea
                label="Value"
                value=form.value
                rows=8
                disabled=form.is_tombstone
                placeholder="empty"
                aside=ToChildren::to_children(move || {
                    view! {
                        <span class="publish__check" data-good=move || (checked.get() == JsonCheck::Valid).then_some("") aria-live="polite">
                            {words}
                        </span>
                    }
                })
            />
            <Checkbox label="Tombstone" hint="null value" value=form.is_tombstone />
        </div>
    }
}

/// Follows whether the value is JSON: a short one at every key, a long one after a pause, so that typing never waits for it.
fn checked(form: PublishForm) -> RwSignal<JsonCheck> {
    let checked = RwSignal::new(JsonCheck::Blank);
    let keys = StoredValue::new(0_u32);
    let look = move || {
        let found = form.value.try_with_untracked(|typed| check(&typed.text));
        if let Some(found) = found {
            checked.try_set(found);
        }
    };
    Effect::new(move || {
        let is_short = form.value.with(|typed| typed.text.len() <= CHECKED_AT_ONCE_BYTES);
        let key = keys.get_value().wrapping_add(1);
        keys.set_value(key);
        if is_short {
            look();
        } else {
            after(DEBOUNCE_MS, move || {
                if keys.try_get_value() == Some(key) {
                    look();
                }
            });
        }
    });
    checked
}
