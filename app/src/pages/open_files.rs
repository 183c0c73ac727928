//! The button that opens files of the person's disk.

use leptos::html;
use leptos::prelude::*;

use crate::state::files::{Files, from_input};
use crate::ui::button::{Button, ButtonKind};
use crate::ui::icon::Glyph;

/// Draws the button, with the browser's own chooser behind it.
#[component]
pub fn OpenFilesButton(
    /// How much it stands out.
    #[prop(optional)]
    kind: ButtonKind,
) -> impl IntoView {
    let files = Files::get();
    let input = NodeRef::<html::Input>::new();
    let choose = move |()| {
        if let Some(input) = input.get_untracked() {
            input.click();
        }
    };
    view! {
        <input
            node_ref=input
            type="file"
            multiple
            hidden
            on:change=move |event| files.take(from_input(&event))
        />
        <Button kind glyph=Glyph::FolderOpen label="Open files" hotkey="o" on_click=choose>
            "Open files…"
        </Button>
    }
}
