//! A field of many lines for data.
//!
//! A browser's text is UTF-16 and may hold half a character (a lone surrogate); Rust's text cannot. Such text is never changed in
//! silence: the field says where it is, and its owner is told.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

use super::field::{FieldNote, fresh_id};

/// A text as far as it can be taken over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// The text; half characters are U+FFFD.
    pub text: String,
    /// The line and column, from 1, of the first half character.
    pub half_character: Option<(usize, usize)>,
}

impl Typed {
    /// Takes over a text that is known to be whole.
    pub fn whole(text: impl Into<String>) -> Self {
        Self { text: text.into(), half_character: None }
    }
}

/// Draws a field of many lines.
#[component]
pub fn TextArea(
    /// Its name.
    #[prop(into)]
    label: String,
    /// What it holds.
    value: RwSignal<Typed>,
    /// Words beside the label, such as a check's result.
    #[prop(optional)]
    aside: Option<Children>,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// An example, while it is empty.
    #[prop(optional)]
    placeholder: &'static str,
    /// How many lines it shows.
    #[prop(default = 6)]
    rows: u32,
    /// Whether it cannot be changed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
) -> impl IntoView {
    let (id, note) = (fresh_id(), fresh_id());
    let problem = Signal::derive(move || error.get().or_else(|| value.with(half_character_problem)));
    view! {
        <div class="field text-area">
            <div class="text-area__head">
                <label class="field__label" for=id.clone()>
                    {label}
                </label>
                {aside.map(|aside| aside())}
            </div>
            <textarea
                class="field__input text-area__input mono"
                id=id
                rows=rows
                spellcheck="false"
                autocomplete="off"
                autocapitalize="off"
                placeholder=placeholder
                disabled=move || disabled.get()
                aria-invalid=move || problem.with(Option::is_some).then_some("true")
                aria-describedby=note.clone()
                prop:value=move || value.with(|typed| typed.text.clone())
                on:input=move |event| {
                    if let Some(target) = event.target() {
                        value.set(typed(&target));
                    }
                }
            ></textarea>
            <FieldNote id=note error=problem hint=None />
        </div>
    }
}

/// Draws a field of one line for data.
#[component]
pub fn DataField(
    /// Its name.
    #[prop(into)]
    label: String,
    /// What it holds.
    value: RwSignal<Typed>,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// An example, while it is empty.
    #[prop(optional)]
    placeholder: &'static str,
    /// Whether its label is for screen readers only.
    #[prop(optional)]
    bare: bool,
    /// Whether it cannot be changed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
) -> impl IntoView {
    let (id, note) = (fresh_id(), fresh_id());
    let problem = Signal::derive(move || error.get().or_else(|| value.with(half_character_problem)));
    view! {
        <div class="field">
            <label class="field__label" class:visually-hidden=bare for=id.clone()>
                {label}
            </label>
            <input
                class="field__input mono"
                id=id
                type="text"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                placeholder=placeholder
                disabled=move || disabled.get()
                aria-invalid=move || problem.with(Option::is_some).then_some("true")
                aria-describedby=note.clone()
                prop:value=move || value.with(|typed| typed.text.clone())
                on:input=move |event| {
                    if let Some(target) = event.target() {
                        value.set(typed(&target));
                    }
                }
            />
            <FieldNote id=note error=problem hint=None />
        </div>
    }
}

/// Says where a text holds half a character.
fn half_character_problem(typed: &Typed) -> Option<String> {
    typed.half_character.map(|(line, column)| {
        format!(
            "Line {line}, column {column} holds half a character (a lone surrogate), which UTF-8 cannot write: take it out, \
             or write it as \\u escape in JSON"
        )
    })
}

fn typed(target: &JsValue) -> Typed {
    let raw = js_sys::Reflect::get(target, &JsValue::from_str("value")).ok();
    let Some(raw) = raw.and_then(|raw| raw.dyn_into::<js_sys::JsString>().ok()) else {
        return Typed::default();
    };
    let half_character = (!raw.is_valid_utf16()).then(|| first_half(&raw)).flatten();
    Typed { text: String::from(&raw), half_character }
}

fn first_half(raw: &js_sys::JsString) -> Option<(usize, usize)> {
    let (mut line, mut column) = (1, 1);
    for unit in char::decode_utf16(raw.iter()) {
        match unit {
            Err(_) => return Some((line, column)),
            Ok('\n') => (line, column) = (line + 1, 1),
            Ok(_) => column += 1,
        }
    }
    None
}
