//! A choice of a few, all in sight: radio buttons that look like one bar.

use leptos::prelude::*;

/// Draws a choice of a few.
#[component]
pub fn Segmented<T>(
    /// What is chosen, in words.
    #[prop(into)]
    label: String,
    /// The choices with their words.
    choices: Vec<(T, &'static str)>,
    /// The choice.
    value: RwSignal<T>,
    /// Hears what somebody chose.
    #[prop(optional)]
    on_choice: Option<Callback<T>>,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    let name = super::field::fresh_id();
    let options = choices.into_iter().map(|(choice, words)| {
        let name = name.clone();
        view! {
            <label class="segmented__choice">
                <input
                    type="radio"
                    name=name
                    prop:checked=move || value.get() == choice
                    on:change=move |_| {
                        value.set(choice);
                        if let Some(on_choice) = on_choice {
                            on_choice.run(choice);
                        }
                    }
                />
                <span>{words}</span>
            </label>
        }
    });
    view! {
        <div class="segmented" role="radiogroup" aria-label=label>
            {options.collect_view()}
        </div>
    }
}
