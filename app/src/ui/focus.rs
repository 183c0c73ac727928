//! What is brought into view.

use gloo::utils::document;
use web_sys::{ScrollIntoViewOptions, ScrollLogicalPosition};

/// Scrolls the least that brings the element of an id into view.
pub fn bring_into_view(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}
