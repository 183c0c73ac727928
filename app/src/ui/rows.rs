//! The rows of a list that scrolls. There are only as many as one sees; one that leaves the view at one end comes back at the
//! other with another number, and only what it says changes. Making its elements anew costs the browser several times as much.

use std::collections::VecDeque;
use std::ops::Range;

use leptos::prelude::*;
use leptos::tachys::reactive_graph::OwnedView;
use leptos::tachys::view::Mountable;

use crate::model::row_moves::RowMoves;

/// Rows out of view that are kept for the next scroll: at most so many, as the count in view goes up and down by one.
const SPARE_ROWS: usize = 2;

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
    let pool = StoredValue::new_local(Pool::default());
    let first = RwSignal::new(0);
    Effect::new(move || {
        let range = each();
        let Some(window) = window.get() else { return };
        first.set(range.start);
        untrack(|| pool.update_value(|pool| pool.show(&window, range, &children)));
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

type State<V> = <OwnedView<View<V>> as Render>::State;

/// The row elements: those in view in their order, of consecutive rows from `first` on, and a few besides.
struct Pool<V: IntoView + 'static> {
    first: u64,
    slots: VecDeque<Slot<State<V>>>,
    spare: Vec<Slot<State<V>>>,
}

impl<V: IntoView + 'static> Default for Pool<V> {
    fn default() -> Self {
        Self { first: 0, slots: VecDeque::new(), spare: Vec::new() }
    }
}

impl<V: IntoView + 'static> Pool<V> {
    /// Shows a range. Elements move in the document only from one end to the other: their order there is what a screen reader
    /// reads and what a selection over several rows copies.
    fn show(&mut self, window: &web_sys::Element, range: Range<u64>, children: &impl Fn(Signal<u64>) -> V) {
        let moves = RowMoves::between(self.first, self.slots.len(), &range);
        let mut free: Vec<_> = self.slots.drain(..moves.leave_front).collect();
        free.extend(self.slots.drain(self.slots.len().saturating_sub(moves.leave_back)..));
        free.append(&mut self.spare);
        if self.slots.is_empty() {
            // Nothing stays: the elements lie in their order already.
            free.reverse();
        }
        let take = |free: &mut Vec<Slot<State<V>>>, row: u64| match free.pop() {
            Some(slot) => {
                slot.row.set(row);
                slot
            }
            None => Slot::new(row, children),
        };
        for row in moves.join_front.rev() {
            let mut slot = take(&mut free, row);
            match self.slots.front() {
                Some(front) => {
                    front.view.insert_before_this(&mut slot.view);
                }
                None => slot.view.mount(window, None),
            }
            self.slots.push_front(slot);
        }
        for row in moves.join_back {
            let mut slot = take(&mut free, row);
            slot.view.mount(window, None);
            self.slots.push_back(slot);
        }
        for slot in &mut free {
            slot.view.unmount();
        }
        free.truncate(SPARE_ROWS);
        self.spare = free;
        self.first = range.start;
    }
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
