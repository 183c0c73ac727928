//! Deletes a topic, after saying what goes with it.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::engine::protocol::{Reply, Request};
use crate::model::format::{bytes, counted};
use crate::state::engine::Engine;
use crate::state::route::{Route, Router};
use crate::state::toast::Toasts;
use crate::state::topics::Topics;
use crate::ui::button::{Button, ButtonKind};
use crate::ui::dialog::Dialog;
use crate::ui::field::TextField;
use crate::ui::problem::Problem;

/// Draws the dialog. A topic with records asks for its name, so that no habit deletes it.
#[component]
pub fn DeleteTopicDialog(
    /// The topic.
    name: String,
    /// Closes it.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let (typed, is_busy, problem) = (RwSignal::new(String::new()), RwSignal::new(false), RwSignal::new(None));
    let (topics, own) = (Topics::get(), name.clone());
    // None while the topics are not known: then nobody can say what goes, and nothing may go.
    let gone = Memo::new(move |_| {
        let entry = topics.find(&own)?;
        Some(entry.summary.with(|summary| (summary.records, summary.bytes)))
    });
    let what_goes = move || match gone.get() {
        Some((records, size)) => format!("{}, {}", counted(records, "record", "records"), bytes(size)),
        None if topics.is_empty().is_some() => "nothing, since it is gone already".to_owned(),
        None => "it is not known yet how much".to_owned(),
    };
    let asks_for_name = Memo::new(move |_| gone.get().is_none_or(|(records, _)| records > 0));
    let expected = name.clone();
    let is_ready = Signal::derive(move || {
        let is_named = !asks_for_name.get() || typed.get().trim() == expected;
        is_named && gone.with(Option::is_some) && !is_busy.get()
    });
    let target = name.clone();
    let confirm = StoredValue::new(format!("Type {name} to confirm"));
    view! {
        <Dialog title=format!("Delete {name}?") on_close>
            <form
                class="dialog__form"
                on:submit=move |event| {
                    event.prevent_default();
                    if is_ready.get_untracked() {
                        delete(target.clone(), is_busy, problem, on_close);
                    }
                }
            >
                <div class="dialog__body">
                    <p>
                        "This deletes the topic and all that is in it: "
                        <strong>{what_goes}</strong>
                        ". It cannot be undone"
                    </p>
                    <Show when=move || asks_for_name.get()>
                        <TextField label=confirm.get_value() value=typed autofocus=true mono=true />
                    </Show>
                    <Problem text=problem />
                </div>
                <footer class="dialog__foot">
                    <Button on_click=on_close>"Cancel"</Button>
                    <Button kind=ButtonKind::Danger submit=true disabled=Signal::derive(move || !is_ready.get())>
                        "Delete topic"
                    </Button>
                </footer>
            </form>
        </Dialog>
    }
}

fn delete(name: String, is_busy: RwSignal<bool>, problem: RwSignal<Option<String>>, on_close: Callback<()>) {
    let (engine, router, topics, toasts) = (Engine::get(), Router::get(), Topics::get(), Toasts::get());
    is_busy.set(true);
    problem.set(None);
    spawn_local(async move {
        match engine.request(Request::DeleteTopic { name: name.clone() }).await {
            Ok(reply) => {
                if matches!(router.route_untracked(), Route::Topic { name: shown, .. } if shown == name) {
                    router.navigate(Route::Topics);
                }
                topics.remove(&name);
                on_close.run(());
                if let Reply::Deleted { records, bytes: size } = reply {
                    let gone = counted(records, "record", "records");
                    toasts.info(format!("Deleted {name}: {gone}, {}", bytes(size)));
                }
            }
            Err(failure) => {
                is_busy.try_set(false);
                problem.try_set(Some(failure.sentence));
            }
        }
    });
}
