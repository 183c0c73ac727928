//! Files may be dropped anywhere on the page.

use gloo::events::{EventListener, EventListenerOptions};
use gloo::utils::window;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::DragEvent;

use crate::state::engine::Engine;
use crate::state::files::{Files, from_drop, has_files};
use crate::ui::icon::{Glyph, Icon};

/// Takes what is dropped, and shows that it would while files are dragged over the page.
#[component]
pub fn DropZone() -> impl IntoView {
    let files = Files::get();
    // Entering a child comes before leaving its parent: only a count tells when the page is left.
    let depth = RwSignal::new(0_i32);
    let engine = Engine::get();
    on_drag("dragenter", move |_| {
        engine.expect_files();
        depth.update(|depth| *depth += 1);
    });
    // Should the count be wrong, it is right again at the next move.
    on_drag("dragover", move |_| {
        if depth.get_untracked() == 0 {
            depth.set(1);
        }
    });
    on_drag("dragleave", move |event| {
        // Whoever goes nowhere has left the page, whatever was counted: elements that went while under the pointer never say goodbye.
        let has_left = event.related_target().is_none();
        depth.update(|depth| *depth = if has_left { 0 } else { (*depth - 1).max(0) });
    });
    on_drag("drop", move |event| {
        depth.set(0);
        let dropped = from_drop(event);
        spawn_local(async move { files.take_dropped(dropped.await) });
    });
    let is_over = Memo::new(move |_| depth.get() > 0);
    view! {
        <Show when=move || is_over.get() || files.is_looking()>
            <div class="drop-zone" role="status">
                <p class="drop-zone__words">
                    <Icon glyph=Glyph::FolderOpen />
                    {move || if is_over.get() { "Drop to open. It stays on this machine" } else { "Looking at the files…" }}
                </p>
            </div>
        </Show>
    }
}

/// Hears one kind of drag event that carries files, for as long as the page lives, and keeps the browser from opening them itself.
fn on_drag(name: &'static str, hear: impl Fn(&DragEvent) + 'static) {
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(&window(), name, options, move |event| {
        let event: &DragEvent = event.unchecked_ref();
        // A field that takes drops of its own has said so already.
        if has_files(event) && !event.default_prevented() {
            event.prevent_default();
            hear(event);
        }
    })
    .forget();
}
