//! The buttons that open files and folders of the person's disk.

use leptos::html;
use leptos::prelude::*;

use crate::state::engine::Engine;
use crate::state::files::{Files, from_input};
use crate::ui::button::{Button, ButtonKind};
use crate::ui::icon::Glyph;

/// Draws the button that opens files, with the browser's own chooser behind it.
#[component]
pub fn OpenFilesButton(
    /// How much it stands out.
    #[prop(optional)]
    kind: ButtonKind,
) -> impl IntoView {
    let (input, choose) = chooser();
    let files = Files::get();
    view! {
        <input node_ref=input type="file" multiple hidden on:change=move |event| files.take(from_input(&event)) />
        <Button kind glyph=Glyph::File label="Open files" hotkey="o" on_click=choose>
            "Open files…"
        </Button>
    }
}

/// Draws the button that opens a folder: a broker's data directory, or a partition's.
#[component]
pub fn OpenFolderButton(
    /// How much it stands out.
    #[prop(optional)]
    kind: ButtonKind,
) -> impl IntoView {
    let (input, choose) = chooser();
    let files = Files::get();
    view! {
        <input
            node_ref=input
            type="file"
            multiple
            hidden
            prop:webkitdirectory=true
            on:change=move |event| files.take(from_input(&event))
        />
        <Button kind glyph=Glyph::FolderOpen label="Open folder" on_click=choose>
            "Open folder…"
        </Button>
    }
}

/// An input that is not seen, and what opens its chooser.
fn chooser() -> (NodeRef<html::Input>, impl Fn(()) + Copy + Send + Sync + 'static) {
    let input = NodeRef::<html::Input>::new();
    let engine = Engine::get();
    let choose = move |()| {
        engine.expect_files();
        if let Some(input) = input.get_untracked() {
            input.click();
        }
    };
    (input, choose)
}
