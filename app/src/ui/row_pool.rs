//! The row elements of a list that scrolls. There are only as many as one sees; one that leaves the view at one end comes back at
//! the other with another row, and only what it says changes. Making its elements anew costs the browser several times as much.

use std::collections::VecDeque;
use std::ops::Range;

use leptos::tachys::view::Mountable;

use crate::model::row_moves::RowMoves;

/// Rows out of view that are kept for the next scroll: at most so many, as the count in view goes up and down by one.
const SPARE_ROWS: usize = 2;

/// The row elements: those in view in their order, of consecutive rows from `first` on, and a few besides.
pub struct RowPool<S: Mountable> {
    first: u64,
    slots: VecDeque<S>,
    spare: Vec<S>,
}

impl<S: Mountable> Default for RowPool<S> {
    fn default() -> Self {
        Self { first: 0, slots: VecDeque::new(), spare: Vec::new() }
    }
}

impl<S: Mountable> Drop for RowPool<S> {
    /// Takes the elements along: the one around them may live on, with the rows of another list.
    fn drop(&mut self) {
        for slot in &mut self.slots {
            slot.unmount();
        }
    }
}

impl<S: Mountable> RowPool<S> {
    /// Shows a range. `turn` makes a row's element, or hands the row to one that is free. Elements move in the document only from
    /// one end to the other: their order there is what a screen reader reads and what a selection over several rows copies.
    pub fn show(
        &mut self,
        window: &web_sys::Element,
        range: Range<u64>,
        mut turn: impl FnMut(Option<S>, u64) -> S,
    ) {
        let moves = RowMoves::between(self.first, self.slots.len(), &range);
        self.first = range.start;
        if moves.leave_front == self.slots.len() {
            return self.show_others(window, range, turn);
        }
        let mut free: Vec<_> = self.slots.drain(..moves.leave_front).collect();
        free.extend(self.slots.drain(self.slots.len().saturating_sub(moves.leave_back)..));
        free.append(&mut self.spare);
        for row in moves.join_front.rev() {
            let mut slot = turn(free.pop(), row);
            match self.slots.front() {
                Some(front) => {
                    front.insert_before_this(&mut slot);
                }
                None => slot.mount(window, None),
            }
            self.slots.push_front(slot);
        }
        for row in moves.join_back {
            let mut slot = turn(free.pop(), row);
            slot.mount(window, None);
            self.slots.push_back(slot);
        }
        self.put_aside(free);
    }

    /// Shows rows of which none was shown. The elements lie in their order already, and stay: one that is put into the document
    /// anew costs the browser as much as a new one.
    fn show_others(
        &mut self,
        window: &web_sys::Element,
        range: Range<u64>,
        mut turn: impl FnMut(Option<S>, u64) -> S,
    ) {
        let mut there = std::mem::take(&mut self.slots).into_iter();
        for row in range {
            let slot = match there.next() {
                Some(slot) => turn(Some(slot), row),
                None => {
                    let mut slot = turn(self.spare.pop(), row);
                    slot.mount(window, None);
                    slot
                }
            };
            self.slots.push_back(slot);
        }
        let mut free: Vec<_> = there.collect();
        free.append(&mut self.spare);
        self.put_aside(free);
    }

    fn put_aside(&mut self, mut free: Vec<S>) {
        for slot in &mut free {
            slot.unmount();
        }
        free.truncate(SPARE_ROWS);
        self.spare = free;
    }

    /// Returns the rows in view with their elements.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (u64, &mut S)> {
        (self.first..).zip(&mut self.slots)
    }
}
