//! The rows of a list that scrolls, each a view of its own.

use std::ops::Range;

use leptos::prelude::*;
use leptos::tachys::reactive_graph::OwnedView;
use leptos::tachys::renderer::types;
use leptos::tachys::view::Mountable;

use super::row_pool::RowPool;

/// Draws the rows of a range, one below the other. `children` is called once for each row element and must follow the number that
/// it is handed. Contexts of components around the list do not reach it.
#[component]
pub fn Rows<V: IntoView + 'static>(
    /// The class of the element around them.
    class: &'static str,
    /// Its role.
    role: &'static str,
    /// The rows; tracked.
    each: impl Fn() -> Range<u64> + Send + Sync + 'static,
    /// Where a row lies below the window's top, in CSS pixels; tracked.
    top_px: impl Fn(u64) -> f64 + Send + Sync + 'static,
    /// Draws a row.
    children: impl Fn(Signal<u64>) -> V + Send + Sync + 'static,
) -> impl IntoView {
    let window = NodeRef::<leptos::html::Div>::new();
    let pool = StoredValue::new_local(RowPool::default());
    let first = RwSignal::new(0);
    Effect::new(move || {
        let range = each();
        let Some(window) = window.get() else { return };
        first.set(range.start);
        let turn = |slot: Option<Slot<<OwnedView<View<V>> as Render>::State>>, row| match slot {
            Some(slot) => {
                slot.row.set(row);
                slot
            }
            None => Slot::new(row, &children),
        };
        untrack(|| pool.update_value(|pool| pool.show(&window, range, turn)));
    });
    view! {
        <div
            class=class
            role=role
            node_ref=window
            style:transform=move || format!("translateY({}px)", top_px(first.get()))
        ></div>
    }
}

/// One row element and what it shows.
struct Slot<S> {
    row: RwSignal<u64>,
    view: S,
}

impl<S> Slot<S> {
    fn new<V>(row: u64, children: &impl Fn(Signal<u64>) -> V) -> Self
    where
        V: IntoView + 'static,
        OwnedView<View<V>>: Render<State = S>,
    {
        // An owner without a parent: a parent keeps a mark of each child it ever had.
        let owner = Owner::default();
        let (row, view) = owner.with(|| {
            let row = RwSignal::new(row);
            (row, children(row.into()).into_view())
        });
        Self { row, view: OwnedView::new_with_owner(view, owner).build() }
    }
}

impl<S: Mountable> Mountable for Slot<S> {
    fn unmount(&mut self) {
        self.view.unmount();
    }

    fn mount(&mut self, parent: &types::Element, marker: Option<&types::Node>) {
        self.view.mount(parent, marker);
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        self.view.insert_before_this(child)
    }

    fn elements(&self) -> Vec<types::Element> {
        self.view.elements()
    }
}
