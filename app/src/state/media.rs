//! What kind of screen this is, as far as the layout cannot tell by CSS alone.

use gloo::events::EventListener;
use gloo::utils::window;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// From this width down, topics and details become sheets. Keep it equal to the width in the style sheets.
const NARROW: &str = "(max-width: 720px)";

/// The context.
#[derive(Clone, Copy)]
pub struct Media {
    is_narrow: RwSignal<bool>,
}

impl Media {
    /// Follows the window's width.
    pub fn provide() {
        let query = window().match_media(NARROW).ok().flatten();
        let is_narrow = RwSignal::new(query.as_ref().is_some_and(web_sys::MediaQueryList::matches));
        if let Some(query) = query {
            EventListener::new(&query, "change", move |event| {
                let event: &web_sys::MediaQueryListEvent = event.unchecked_ref();
                is_narrow.set(event.matches());
            })
            .forget();
        }
        provide_context(Self { is_narrow });
    }

    /// Returns the screen of this page.
    pub fn get() -> Self {
        super::shared()
    }

    /// Returns whether the window is narrow; tracked.
    pub fn is_narrow(self) -> bool {
        self.is_narrow.get()
    }
}
