//! A topic's configs under Kafka's names.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Described;
use crate::engine::protocol::{ConfigEntry, Reply, Request};
use crate::model::topic_draft::check_config;
use crate::state::engine::Engine;
use crate::ui::button::{Button, ButtonKind};
use crate::ui::field::TextField;

/// Draws a line for each config.
#[component]
pub fn Configs(described: Described) -> impl IntoView {
    let configs = described.part(|details| details.configs.clone());
    view! {
        <div class="config-lines">
            <For
                each=move || configs.get()
                // A config that was changed is drawn anew, with its new value in the field.
                key=|config| (config.name.clone(), config.value.clone(), config.is_default)
                let:config
            >
                <Line described config />
            </For>
        </div>
    }
}

#[component]
fn Line(described: Described, config: ConfigEntry) -> impl IntoView {
    let ConfigEntry { name, value, is_default, help } = config;
    let (typed, refused) = (RwSignal::new(value.clone()), RwSignal::new(None::<String>));
    let checked = name.clone();
    let error = Signal::derive(move || refused.get().or_else(|| check_config(&checked, &typed.get()).err()));
    let is_changed =
        Memo::new(move |_| typed.with(|typed| typed.trim() != value && !typed.trim().is_empty()));
    let set = {
        let name = name.clone();
        move |value: Option<String>| alter(described, name.clone(), value, refused)
    };
    let reset = set.clone();
    view! {
        <form
            class="config-line"
            on:submit=move |event| {
                event.prevent_default();
                if is_changed.get_untracked() {
                    set(Some(typed.get_untracked().trim().to_owned()));
                }
            }
        >
            <TextField label=name value=typed error hint=help mono=true />
            <div class="config-line__actions">
                <Show when=move || is_changed.get() fallback=move || default_or_reset(is_default, reset.clone())>
                    <Button kind=ButtonKind::Primary submit=true disabled=Signal::derive(move || error.with(Option::is_some))>
                        "Save"
                    </Button>
                </Show>
            </div>
        </form>
    }
}

fn default_or_reset(is_default: bool, reset: impl Fn(Option<String>) + Send + Sync + 'static) -> AnyView {
    if is_default {
        view! { <span class="muted">"default"</span> }.into_any()
    } else {
        view! { <Button on_click=move |()| reset(None)>"Use default"</Button> }.into_any()
    }
}

fn alter(described: Described, config: String, value: Option<String>, refused: RwSignal<Option<String>>) {
    let engine = Engine::get();
    let request = Request::AlterConfigs { name: described.name(), configs: vec![(config, value)] };
    refused.set(None);
    spawn_local(async move {
        match engine.request(request).await {
            Ok(Reply::Topic(details)) => described.take(details),
            Ok(_) => {}
            Err(failure) => {
                refused.try_set(Some(failure.sentence));
            }
        }
    });
}
