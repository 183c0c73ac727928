//! Fields with their labels, hints and errors. An error stands beside its field and is read out with it.

use std::sync::atomic::{AtomicU32, Ordering};

use leptos::prelude::*;

/// Returns an element id that no other element has.
pub fn fresh_id() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("f{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Draws a one-line text field.
#[component]
pub fn TextField(
    /// Its name.
    #[prop(into)]
    label: String,
    /// What it holds.
    value: RwSignal<String>,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// What helps to fill it in.
    #[prop(optional, into)]
    hint: Option<String>,
    /// An example, while it is empty.
    #[prop(optional)]
    placeholder: &'static str,
    /// Whether it holds data rather than words.
    #[prop(optional)]
    mono: bool,
    /// Whether it holds a number: narrow, and phones show digits.
    #[prop(optional)]
    numeric: bool,
    /// Whether its label is for screen readers only.
    #[prop(optional)]
    bare: bool,
    /// Whether it takes the focus when its dialog opens.
    #[prop(optional)]
    autofocus: bool,
    /// The key that focuses it from anywhere.
    #[prop(optional)]
    hotkey: Option<&'static str>,
    /// Whether it cannot be changed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
) -> impl IntoView {
    let (id, note) = (fresh_id(), fresh_id());
    let described_by = note.clone();
    let has_hint = hint.is_some();
    view! {
        <div class="field" data-numeric=numeric.then_some("")>
            <label class="field__label" class:visually-hidden=bare for=id.clone()>
                {label}
            </label>
            <input
                class="field__input"
                class:mono=mono
                id=id
                type="text"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                inputmode=if numeric { "numeric" } else { "text" }
                placeholder=placeholder
                autofocus=autofocus
                data-hotkey=hotkey
                disabled=move || disabled.get()
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=move || (has_hint || error.with(Option::is_some)).then(|| described_by.clone())
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
            />
            <FieldNote id=note error hint />
        </div>
    }
}

/// Draws what stands under a field: its error, or else its hint.
#[component]
pub fn FieldNote(
    /// The id that the field is described by.
    #[prop(into)]
    id: String,
    /// What is wrong.
    #[prop(into)]
    error: Signal<Option<String>>,
    /// What helps.
    hint: Option<String>,
) -> impl IntoView {
    view! {
        <p class="field__note" id=id data-error=move || error.with(Option::is_some).then_some("") aria-live="polite">
            {move || error.get().or_else(|| hint.clone())}
        </p>
    }
}

/// Draws a choice from a list.
#[component]
pub fn SelectField(
    /// Its name.
    #[prop(into)]
    label: String,
    /// The value of the choice.
    value: RwSignal<String>,
    /// The choices: value and words.
    #[prop(into)]
    options: Signal<Vec<(String, String)>>,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// What helps to choose.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Whether its label is for screen readers only.
    #[prop(optional)]
    bare: bool,
) -> impl IntoView {
    let (id, note) = (fresh_id(), fresh_id());
    let choices = move || {
        let chosen = value.get();
        let option = |(choice, words): (String, String)| {
            let is_chosen = choice == chosen;
            view! { <option value=choice selected=is_chosen>{words}</option> }
        };
        options.get().into_iter().map(option).collect_view()
    };
    view! {
        <div class="field">
            <label class="field__label" class:visually-hidden=bare for=id.clone()>
                {label}
            </label>
            <select
                class="field__input field__select"
                id=id
                aria-describedby=note.clone()
                on:change=move |event| value.set(event_target_value(&event))
            >
                {choices}
            </select>
            <FieldNote id=note error hint />
        </div>
    }
}

/// Draws a box to tick.
#[component]
pub fn Checkbox(
    /// Its words.
    #[prop(into)]
    label: String,
    /// More words, that are no part of its name.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Whether it is ticked.
    value: RwSignal<bool>,
) -> impl IntoView {
    let (id, note) = (fresh_id(), fresh_id());
    let described_by = hint.is_some().then(|| note.clone());
    view! {
        <span class="checkbox">
            <input
                type="checkbox"
                id=id.clone()
                aria-describedby=described_by
                prop:checked=move || value.get()
                on:change=move |event| value.set(event_target_checked(&event))
            />
            <label for=id>{label}</label>
            {hint.map(|hint| view! { <span class="checkbox__hint" id=note>{hint}</span> })}
        </span>
    }
}
