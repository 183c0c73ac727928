//! A new topic, in one line.

use leptos::prelude::*;

use crate::pages::new_topic::{TopicForm, create};
use crate::state::dialogs::{Dialog, Dialogs};
use crate::ui::button::{Button, ButtonKind};
use crate::ui::field::TextField;
use crate::ui::icon::Glyph;
use crate::ui::problem::Problem;

/// Draws the card with the two fields that every topic needs.
#[component]
pub fn NewTopicCard() -> impl IntoView {
    let form = TopicForm::blank();
    let dialogs = Dialogs::get();
    view! {
        <section class="card" aria-label="Topic">
            <Button glyph=Glyph::Plus label="New topic" on_click=move |()| dialogs.open(Dialog::NewTopic)>
                "New topic…"
            </Button>
            // The dialog has the same fields; the page has each only once.
            <Show when=move || dialogs.current() != Some(Dialog::NewTopic)>
                <form
                    class="card__form"
                    on:submit=move |event| {
                        event.prevent_default();
                        create(form, Callback::new(|_| {}));
                    }
                >
                    <TextField label="Topic name" value=form.name error=form.name_error() placeholder="orders" />
                    <TextField label="Partitions" value=form.partitions error=form.partitions_error() numeric=true />
                    <Button kind=ButtonKind::Primary submit=true disabled=form.is_busy>
                        "Create"
                    </Button>
                </form>
                <Problem text=form.problem />
            </Show>
        </section>
    }
}
