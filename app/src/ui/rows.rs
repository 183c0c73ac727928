//! The rows of a list that scrolls. As Leptos' `For`, but for rows without number: `For` makes its own owner the parent of every
//! row's, and a parent keeps a mark of each child it ever had. Scrolled for an hour, that is a gigabyte.

use leptos::prelude::*;
use leptos::tachys::reactive_graph::OwnedView;
use leptos::tachys::view::keyed::keyed;

/// Draws each row of a range once, for as long as it is in the range. What is made within a row goes when the row goes; contexts
/// of components around the list do not reach it.
#[component]
pub fn Rows<V: IntoView + 'static>(
    /// The rows; tracked.
    each: impl Fn() -> std::ops::Range<u64> + Send + 'static,
    /// Draws a row.
    children: impl Fn(u64) -> V + Clone + Send + 'static,
) -> impl IntoView {
    let child = move |_place: usize, row: u64| {
        let owner = Owner::default();
        let view = owner.with(|| children(row).into_view());
        (drop::<usize>, OwnedView::new_with_owner(view, owner))
    };
    move || keyed(each(), |row: &u64| *row, child.clone())
}
