//! Rows that the page has at hand: whole pages of them, fetched when they come near the viewport, the least recently seen forgotten first.

use std::collections::BTreeMap;
use std::ops::Range;

/// Rows in one page: a few screens, and one message.
pub const PAGE_ROWS: u64 = 100;

/// Most pages kept: rows are glimpses of some hundred bytes, so that this stays below about 10 MB.
pub const PAGES_MAX: usize = 200;

/// Most pages that one call asks for: a screen needs a few, and what it shows must not be forgotten for what it does not.
const PAGES_PER_WANT_MAX: u64 = PAGES_MAX as u64 / 2;

#[derive(Clone, Debug)]
struct Slot<T> {
    /// The rows as they came last; `None` until they come.
    rows: Option<Vec<T>>,
    /// Whether to ask again: rows changed since the newest request was made, or it failed.
    is_stale: bool,
    seen: u64,
    /// When the newest request for the page was made.
    asked: u64,
    /// When the request was made whose rows are held: an older one's answer must not replace them.
    held: u64,
}

/// Pages of rows, by number.
#[derive(Clone, Debug)]
pub struct WindowCache<T> {
    slots: BTreeMap<u64, Slot<T>>,
    clock: u64,
    generation: u32,
}

impl<T> Default for WindowCache<T> {
    fn default() -> Self {
        Self { slots: BTreeMap::new(), clock: 0, generation: 0 }
    }
}

/// One page to ask the engine for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageRequest {
    /// The page's number; its first row is this times [`PAGE_ROWS`].
    pub page: u64,
    /// Comes back with the rows: an answer from before a [`WindowCache::clear`] is dropped.
    pub generation: u32,
    asked: u64,
}

impl<T> WindowCache<T> {
    /// Returns a row, if it is at hand.
    pub fn get(&self, row: u64) -> Option<&T> {
        let rows = self.slots.get(&(row / PAGE_ROWS))?.rows.as_ref()?;
        rows.get(usize::try_from(row % PAGE_ROWS).ok()?)
    }

    /// Tells which pages to ask for so that the rows are at hand, and counts them as asked for. Of a range far larger than any
    /// screen only the beginning is taken in.
    pub fn want(&mut self, rows: Range<u64>) -> Vec<PageRequest> {
        if rows.is_empty() {
            return Vec::new();
        }
        self.clock += 1;
        let clock = self.clock;
        let first = rows.start / PAGE_ROWS;
        let last = ((rows.end - 1) / PAGE_ROWS).min(first.saturating_add(PAGES_PER_WANT_MAX - 1));
        let mut requests = Vec::new();
        for page in first..=last {
            let slot = self.slots.entry(page).or_insert(Slot {
                rows: None,
                is_stale: true,
                seen: clock,
                asked: 0,
                held: 0,
            });
            slot.seen = clock;
            if std::mem::take(&mut slot.is_stale) {
                slot.asked = clock;
                requests.push(PageRequest { page, generation: self.generation, asked: clock });
            }
        }
        self.forget_the_oldest();
        requests
    }

    /// Gives up the pages that were asked for, did not come yet, and are not among those wanted last. They are asked for anew when
    /// they are wanted again.
    pub fn give_up(&mut self) -> Vec<PageRequest> {
        let is_left = |slot: &Slot<T>| slot.rows.is_none() && !slot.is_stale && slot.seen < self.clock;
        let left = self.slots.iter().filter(|(_, slot)| is_left(slot));
        let request = |(page, slot): (&u64, &Slot<T>)| PageRequest {
            page: *page,
            generation: self.generation,
            asked: slot.asked,
        };
        let left: Vec<PageRequest> = left.map(request).collect();
        for request in &left {
            self.slots.remove(&request.page);
        }
        left
    }

    /// Takes in the rows of a page. Returns whether they were still wanted. Rows from before a change are taken in, too, while
    /// there are no newer ones, but the page is still asked for again.
    pub fn insert(&mut self, request: PageRequest, rows: Vec<T>) -> bool {
        if request.generation != self.generation {
            return false;
        }
        let Some(slot) = self.slots.get_mut(&request.page).filter(|slot| slot.held < request.asked) else {
            return false;
        };
        slot.rows = Some(rows);
        slot.held = request.asked;
        true
    }

    /// Notes that a page could not be had, so that it is asked for again.
    pub fn fail(&mut self, request: PageRequest) {
        if request.generation != self.generation {
            return;
        }
        if let Some(slot) = self.slots.get_mut(&request.page).filter(|slot| slot.asked == request.asked) {
            slot.is_stale = true;
        }
    }

    /// Notes that rows from `row` on may be others now: what is at hand still shows until the new ones come.
    pub fn change_from(&mut self, row: u64) {
        for slot in self.slots.range_mut(row / PAGE_ROWS..).map(|(_, slot)| slot) {
            slot.is_stale = true;
        }
    }

    /// Forgets everything: the rows have other numbers now.
    pub fn clear(&mut self) {
        self.slots.clear();
        self.generation = self.generation.wrapping_add(1);
    }

    /// Pages that were wanted just now stay: they fit, being at most half of all.
    fn forget_the_oldest(&mut self) {
        while self.slots.len() > PAGES_MAX {
            let earlier = self.slots.iter().filter(|(_, slot)| slot.seen != self.clock);
            let Some(page) = earlier.min_by_key(|(_, slot)| slot.seen).map(|(page, _)| *page) else { return };
            self.slots.remove(&page);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(request: PageRequest) -> Vec<u64> {
        (request.page * PAGE_ROWS..(request.page + 1) * PAGE_ROWS).collect()
    }

    #[test]
    fn a_page_is_asked_for_once_and_its_rows_are_then_at_hand() {
        let mut cache = WindowCache::default();
        let requests = cache.want(150..260);
        assert_eq!(requests.iter().map(|r| r.page).collect::<Vec<_>>(), [1, 2]);
        assert!(cache.want(150..260).is_empty());
        for request in requests {
            assert!(cache.insert(request, page(request)));
        }
        assert_eq!(cache.get(155), Some(&155));
        assert_eq!(cache.get(99), None);
    }

    #[test]
    fn an_answer_from_before_a_clear_is_dropped() {
        let mut cache = WindowCache::default();
        let old = cache.want(0..10)[0];
        cache.clear();
        let new = cache.want(0..10)[0];
        assert!(!cache.insert(old, page(old)));
        assert_eq!(cache.get(0), None);
        assert!(cache.insert(new, page(new)));
    }

    #[test]
    fn a_page_that_failed_is_asked_for_again() {
        let mut cache = WindowCache::<u64>::default();
        let request = cache.want(0..10)[0];
        cache.fail(request);
        assert_eq!(cache.want(0..10).len(), 1);
    }

    #[test]
    fn a_page_that_left_the_viewport_before_it_came_is_given_up() {
        // Dragging the thumb left a request behind for every page it passed, and the page it stopped at came last.
        let mut cache = WindowCache::default();
        let passed = cache.want(0..200);
        assert_eq!(cache.give_up(), []);
        cache.insert(passed[0], page(passed[0]));
        cache.want(5_000..5_010);
        assert_eq!(cache.give_up(), [passed[1]]);
        assert_eq!(cache.give_up(), []);
        assert_eq!(cache.get(50), Some(&50));
        let again = cache.want(0..200);
        assert_eq!(again.iter().map(|request| request.page).collect::<Vec<_>>(), [1]);
        // The first request's failure is nothing to the second; its rows show until those of the second come, and never after them.
        cache.fail(passed[1]);
        assert!(cache.want(0..200).is_empty());
        assert!(cache.insert(passed[1], page(passed[1])));
        assert!(cache.insert(again[0], page(again[0])));
        assert!(!cache.insert(passed[1], page(passed[1])));
    }

    #[test]
    fn the_last_page_is_asked_for_again_when_rows_join_it_and_shows_what_it_has_meanwhile() {
        let mut cache = WindowCache::default();
        let request = cache.want(0..40)[0];
        cache.insert(request, (0..40).collect());
        cache.change_from(40);
        let again = cache.want(0..60)[0];
        assert_eq!(cache.get(39), Some(&39));
        assert!(cache.want(0..60).is_empty(), "it is under way");
        // More rows join before the answer is there, and that answer lacks them.
        cache.insert(again, (0..60).collect());
        cache.change_from(60);
        let newest = cache.want(0..70)[0];
        assert!(cache.insert(newest, (0..70).collect()));
        assert!(!cache.insert(again, (0..60).collect()), "an older answer that comes later is dropped");
        assert_eq!(cache.get(69), Some(&69));
    }

    #[test]
    fn an_answer_from_before_a_change_leaves_the_page_to_be_asked_for_again() {
        // Rows that joined while an answer was under way stayed grey: the answer, which lacked them, took the mark away.
        let mut cache = WindowCache::default();
        let first = cache.want(0..40)[0];
        cache.change_from(40);
        assert!(cache.insert(first, (0..40).collect()), "what is there already shows");
        let again = cache.want(0..60);
        assert_eq!(again.len(), 1);
        cache.change_from(60);
        assert!(cache.insert(again[0], (0..60).collect()));
        assert_eq!(cache.want(0..70).len(), 1);
    }

    #[test]
    fn a_range_larger_than_any_screen_asks_for_few_pages_and_forgets_none_of_them() {
        // A large JSON node that was folded made the range of visible lines span all that it hides.
        let mut cache = WindowCache::default();
        for request in cache.want(0..1) {
            cache.insert(request, page(request));
        }
        let requests = cache.want(0..1_000_000);
        assert!(requests.len() <= PAGES_MAX / 2, "{}", requests.len());
        assert_eq!(cache.get(0), Some(&0));
        for request in requests {
            assert!(cache.insert(request, page(request)));
        }
    }

    #[test]
    fn pages_before_a_change_are_not_asked_for_again() {
        let mut cache = WindowCache::default();
        for request in cache.want(0..300) {
            cache.insert(request, page(request));
        }
        cache.change_from(100);
        assert_eq!(cache.want(0..300).iter().map(|r| r.page).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn the_pages_seen_longest_ago_go_first() {
        let mut cache = WindowCache::default();
        for at in 0..PAGES_MAX as u64 + 5 {
            for request in cache.want(at * PAGE_ROWS..at * PAGE_ROWS + 1) {
                cache.insert(request, page(request));
            }
        }
        assert_eq!(cache.get(0), None);
        assert!(cache.get(5 * PAGE_ROWS).is_some());
        assert_eq!(cache.slots.len(), PAGES_MAX);
    }
}
