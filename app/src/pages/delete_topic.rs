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
    let summary = Topics::get().find(&name).map(|entry| entry.summary);
    let records = summary.as_ref().map_or(0, |summary| summary.with_untracked(|summary| summary.records));
    let what_goes = move || {
        let gone = summary.as_ref().map(|summary| {
            summary.with(|it| format!("{}, {}", counted(it.records, "record", "records"), bytes(it.bytes)))
        });
        gone.unwrap_or_default()
    };
    let asks_for_name = records > 0;
    let expected = name.clone();
    let is_ready =
        Signal::derive(move || !is_busy.get() && (!asks_for_name || typed.get().trim() == expected));
    let target = name.clone();
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
                    {asks_for_name
                        .then(|| {
                            view! {
                                <TextField
                                    label=format!("Type {name} to confirm")
                                    value=typed
                                    autofocus=true
                                    mono=true
                                />
                            }
                        })}
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
