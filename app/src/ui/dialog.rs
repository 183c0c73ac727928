//! Dialogs: the browser's own `<dialog>`, which keeps the focus inside and the rest of the page out of reach.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlDialogElement, HtmlElement, KeyboardEvent};

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
/// Whoever refuses to close it keeps it: browsers close a dialog at the second Esc by themselves, so that none is left to them.
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
            on:keydown=move |event: KeyboardEvent| {
                if event.key() == "Escape" && !event.default_prevented() && !event.is_composing() {
                    event.prevent_default();
                    on_close.run(());
                }
            }
            on:cancel=move |event: Event| {
                // A chooser of files that was left says so, too, and that rises up to here.
                if event.target() == event.current_target() {
                    event.prevent_default();
                    on_close.run(());
                }
            }
            on:close=move |event: Event| closed_by_the_browser(&event, on_close)
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

/// Asks to close a dialog that is not shown any more, and shows it again if that was refused.
fn closed_by_the_browser(event: &Event, on_close: Callback<()>) {
    let Some(dialog) = event.current_target().and_then(|it| it.dyn_into::<HtmlDialogElement>().ok()) else {
        return;
    };
    if dialog.is_connected() && !dialog.open() {
        on_close.run(());
        // A dialog that went leaves the page before this.
        set_timeout(
            move || {
                if dialog.is_connected() {
                    show(&dialog);
                }
            },
            Duration::ZERO,
        );
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
    let give = move || {
        let is_free =
            gloo::utils::document().active_element().is_none_or(|active| active.tag_name() == "BODY");
        if is_free && element.is_connected() && element.focus().is_err() {
            leptos::logging::warn!("the focus did not go back");
        }
    };
    set_timeout(give, Duration::ZERO);
}
