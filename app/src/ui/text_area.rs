//! A field of many lines for data.
//!
//! A browser's text is UTF-16 and may hold half a character (a lone surrogate); Rust's text cannot. Such text is never changed in
//! silence: the field keeps it and says where it is, and its owner is told.

use js_sys::{Function, JsString, Reflect};
use leptos::html;
use leptos::prelude::*;
use leptos::tachys::html::element::ElementType;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::ClipboardEvent;

use super::field::{FieldNote, fresh_id};
use super::focus;

/// A paste of more UTF-16 units may be taken elsewhere: Chromium lays out a field of 1,600 short lines, 23 Ki units, in some 80 ms,
/// and one of 800 in less than the 50 that a page may keep it.
pub const LARGE_PASTE_UNITS: u32 = 16 * 1024;
/// UTF-16 units that become a string at once: they are the arguments of one call.
const UNITS_PER_CALL: usize = 8_192;

/// A text as far as it can be taken over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// The text; half characters are U+FFFD.
    pub text: String,
    /// The line and column, from 1, of the first half character.
    pub half_character: Option<(usize, usize)>,
    /// The text as the browser has it, in UTF-16; empty when `text` is the same.
    units: Vec<u16>,
}

impl Typed {
    /// Takes over a text that is known to be whole.
    pub fn whole(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Returns the text as the browser has it.
    fn raw(&self) -> JsString {
        if self.units.is_empty() {
            return JsString::from(self.text.as_str());
        }
        let pieces = self.units.chunks(UNITS_PER_CALL).map(JsString::from_char_code);
        pieces.reduce(|text, piece| text.concat(&piece)).unwrap_or_default()
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
    /// Takes a paste of more than [`LARGE_PASTE_UNITS`], which then does not go into the field.
    #[prop(optional)]
    on_large_paste: Option<Callback<JsString>>,
) -> impl IntoView {
    let (id, note) = (fresh_id(), fresh_id());
    let problem = Signal::derive(move || error.get().or_else(|| value.with(half_character_problem)));
    let field = NodeRef::<html::Textarea>::new();
    let on_paste = move |event: ClipboardEvent| {
        if let Some((take, text)) = on_large_paste.zip(large_paste(&event)) {
            event.prevent_default();
            take.run(text);
        }
    };
    keep_shown(field, value);
    view! {
        <div class="field text-area">
            <div class="text-area__head">
                <label class="field__label" for=id.clone()>
                    {label}
                </label>
                {aside.map(|aside| aside())}
            </div>
            <textarea
                node_ref=field
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
                on:paste=on_paste
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
    label: Signal<String>,
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
    /// Whether it takes the focus when it appears.
    #[prop(optional)]
    takes_focus: bool,
) -> impl IntoView {
    let (id, note) = (fresh_id(), fresh_id());
    let problem = Signal::derive(move || error.get().or_else(|| value.with(half_character_problem)));
    let field = NodeRef::<html::Input>::new();
    keep_shown(field, value);
    if takes_focus {
        focus::once_there(field);
    }
    view! {
        <div class="field">
            <label class="field__label" class:visually-hidden=bare for=id.clone()>
                {move || label.get()}
            </label>
            <input
                node_ref=field
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

/// Shows in a field what `value` holds. A field that shows it already is left alone: writing would move the caret, and would turn a
/// half character into U+FFFD, which nothing tells from one that was meant.
fn keep_shown<E>(field: NodeRef<E>, value: RwSignal<Typed>)
where
    E: ElementType,
    E::Output: JsCast + Clone + 'static,
{
    Effect::new(move || {
        let Some(field) = field.get() else { return };
        let wanted: JsValue = value.with(Typed::raw).into();
        let (field, name) = (field.as_ref(), JsValue::from_str("value"));
        let is_shown = Reflect::get(field, &name).is_ok_and(|shown| shown == wanted);
        if !is_shown && Reflect::set(field, &name, &wanted).is_err() {
            leptos::logging::error!("a field did not take its text");
        }
    });
}

/// Returns what is pasted when it is large, and whole: half characters go into the field, which says where they are.
fn large_paste(event: &ClipboardEvent) -> Option<JsString> {
    let data = event.clipboard_data()?;
    // Through JavaScript: a Rust string would lose half characters before anybody can look for them.
    let get_data = Reflect::get(&data, &"getData".into()).ok()?.dyn_into::<Function>().ok()?;
    let text = get_data.call1(&data, &"text/plain".into()).ok()?.dyn_into::<JsString>().ok()?;
    (text.length() > LARGE_PASTE_UNITS && text.is_valid_utf16()).then_some(text)
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
    let raw = Reflect::get(target, &JsValue::from_str("value")).ok();
    let Some(raw) = raw.and_then(|raw| raw.dyn_into::<JsString>().ok()) else {
        return Typed::default();
    };
    let text = String::from(&raw);
    // Looking at the browser's text takes a call for each unit: only a text with U+FFFD may hold half a character.
    if !text.contains(char::REPLACEMENT_CHARACTER) || raw.is_valid_utf16() {
        return Typed::whole(text);
    }
    Typed { text, half_character: first_half(&raw), units: raw.iter().collect() }
}

fn first_half(raw: &JsString) -> Option<(usize, usize)> {
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
