//! Dialogs: the browser's own `<dialog>`, which keeps the focus inside and the rest of the page out of reach.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDialogElement, HtmlElement};

use super::button::IconButton;
use super::icon::Glyph;

/// How a dialog lies on the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DialogShape {
    /// A card in the middle.
    #[default]
    Card,
    /// A wide card.
    Wide,
    /// A list under the top edge, with no title to be seen.
    Palette,
    /// The whole height at the left edge.
    Sheet,
}

impl DialogShape {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Wide => "wide",
            Self::Palette => "palette",
            Self::Sheet => "sheet",
        }
    }
}

/// Shows a dialog for as long as it is part of the page. Esc and a press beside it ask to close; the focus goes back to where it was.
#[component]
pub fn Dialog(
    /// What it is about.
    #[prop(into)]
    title: Signal<String>,
    /// How it lies on the page.
    #[prop(optional)]
    shape: DialogShape,
    /// Asks to close it.
    #[prop(into)]
    on_close: Callback<()>,
    /// What it holds.
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    let was_focused = StoredValue::new_local(gloo::utils::document().active_element());
    Effect::new(move |_| {
        if let Some(dialog) = node.get() {
            show(&dialog);
        }
    });
    on_cleanup(move || give_back(was_focused.get_value()));
    view! {
        <dialog
            node_ref=node
            class="dialog"
            data-shape=shape.as_str()
            aria-label=move || title.get()
            on:cancel=move |event: web_sys::Event| {
                event.prevent_default();
                on_close.run(());
            }
            on:pointerdown=move |event| {
                if is_backdrop(&event) {
                    on_close.run(());
                }
            }
        >
            <div class="dialog__box">
                <header class="dialog__head">
                    <h2 class="dialog__title">{move || title.get()}</h2>
                    <IconButton glyph=Glyph::Cross label="Close" on_click=on_close />
                </header>
                {children()}
            </div>
        </dialog>
    }
}

fn show(dialog: &HtmlDialogElement) {
    if !dialog.open()
        && let Err(refused) = dialog.show_modal()
    {
        leptos::logging::error!("a dialog did not open: {refused:?}");
    }
}

/// A press on the dialog's own element, not on what it holds, is a press on the backdrop: the box covers the rest.
fn is_backdrop(event: &web_sys::PointerEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|element| element.tag_name() == "DIALOG")
}

fn give_back(element: Option<Element>) {
    let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) else { return };
    // Only after the dialog has left the page can anything else take the focus.
    gloo::timers::callback::Timeout::new(0, move || {
        let is_free =
            gloo::utils::document().active_element().is_none_or(|active| active.tag_name() == "BODY");
        if is_free && element.is_connected() && element.focus().is_err() {
            leptos::logging::warn!("the focus did not go back");
        }
    })
    .forget();
}
