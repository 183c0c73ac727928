//! What need not be there at once.

use std::time::Duration;

use leptos::prelude::*;

/// Draws its children in a task of their own, as soon as what stands around them is on the screen: a page whose frame and content
/// are built in one go keeps the browser from answering for too long.
#[component]
pub fn Later(
    /// What comes later.
    children: ChildrenFn,
) -> impl IntoView {
    let is_time = RwSignal::new(false);
    after_paint(move || {
        // Whoever went on by now waits for nothing.
        is_time.try_set(true);
    });
    view! { <Show when=move || is_time.get()>{children()}</Show> }
}

/// Calls `then` once the browser has drawn what is there now.
pub fn after_paint(then: impl FnOnce() + 'static) {
    request_animation_frame(move || set_timeout(then, Duration::ZERO));
}
