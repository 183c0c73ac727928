//! Virtual scrolling over any number of rows. Browsers refuse elements taller than some 33 million pixels, so the scrolled
//! content is capped and stands for more: small movements (wheel, keys, touch) move the rows by exactly their pixels, large ones
//! (the thumb) move them in proportion.
//!
//! ```text
//!   scroll_top_px  0 ───────────────● content − viewport      what the browser knows
//!   position_px    0 ───────────────────────● rows · row_px − viewport     what the rows stand at
//! ```

use std::ops::Range;

/// Tallest content element, in CSS pixels: far below every browser's limit, and fine enough for a thumb.
pub const CONTENT_PX_MAX: f64 = 8_000_000.0;

/// Differences below this are rounding by the browser, in CSS pixels.
const ROUNDING_PX: f64 = 1.0;

/// Where a row should end up when it is scrolled to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// At the top of the viewport.
    Top,
    /// At its bottom.
    Bottom,
    /// Wherever it takes the least movement; none when it is wholly visible.
    Nearest,
}

/// Where a virtual list stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scroll {
    rows: u64,
    row_px: f64,
    viewport_px: f64,
    position_px: f64,
    scroll_top_px: f64,
}

impl Scroll {
    /// Starts at the top of an empty list.
    pub fn new(row_px: f64) -> Self {
        Self { rows: 0, row_px, viewport_px: 0.0, position_px: 0.0, scroll_top_px: 0.0 }
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Returns the height to give the scrolled content, in CSS pixels.
    pub fn content_px(&self) -> f64 {
        self.virtual_px().min(CONTENT_PX_MAX)
    }

    /// Returns the scroll position that the browser should have, in CSS pixels.
    pub fn scroll_top_px(&self) -> f64 {
        self.scroll_top_px
    }

    /// Returns the rows that are at least partly visible.
    pub fn visible(&self) -> Range<u64> {
        let first = (self.position_px / self.row_px).floor() as u64;
        let last = ((self.position_px + self.viewport_px) / self.row_px).ceil() as u64;
        first.min(self.rows)..last.min(self.rows)
    }

    /// Returns where a row's top lies below the viewport's top, in CSS pixels.
    pub fn row_top_px(&self, row: u64) -> f64 {
        row as f64 * self.row_px - self.position_px
    }

    /// Returns how many whole rows the viewport holds, at least 1.
    pub fn page_rows(&self) -> u64 {
        ((self.viewport_px / self.row_px).floor() as u64).max(1)
    }

    /// Tells whether the last row is wholly visible.
    pub fn is_at_end(&self) -> bool {
        self.position_px >= self.position_max_px() - ROUNDING_PX
    }

    /// Takes in a scroll position that the browser reports.
    pub fn on_scroll(&mut self, scroll_top_px: f64) {
        let moved = scroll_top_px - self.scroll_top_px;
        if moved.abs() < ROUNDING_PX && self.is_capped() {
            return;
        }
        let top_max = self.scroll_top_max_px();
        let position = if !self.is_capped() {
            scroll_top_px
        } else if scroll_top_px <= 0.0 {
            0.0
        } else if scroll_top_px >= top_max - ROUNDING_PX {
            self.position_max_px()
        } else if moved.abs() <= 2.0 * self.viewport_px {
            self.position_px + moved
        } else {
            scroll_top_px / top_max * self.position_max_px()
        };
        self.scroll_top_px = scroll_top_px.clamp(0.0, top_max);
        self.position_px = position.clamp(0.0, self.position_max_px());
    }

    /// Brings the browser's position in line with the rows' after many small movements; call when scrolling rests. Returns the
    /// position to set when it differs.
    pub fn settle(&mut self) -> Option<f64> {
        let before = self.scroll_top_px;
        self.scroll_top_px = self.top_for(self.position_px);
        ((self.scroll_top_px - before).abs() >= ROUNDING_PX).then_some(self.scroll_top_px)
    }

    /// Changes the number of rows, keeping the rows in view where they are.
    pub fn set_rows(&mut self, rows: u64) {
        self.rows = rows;
        self.clamp();
    }

    /// Changes the viewport's height in CSS pixels, keeping the first row in view where it is.
    pub fn set_viewport(&mut self, viewport_px: f64) {
        self.viewport_px = viewport_px;
        self.clamp();
    }

    /// Moves so that a row is visible. The browser's position follows: set it to [`Self::scroll_top_px`].
    pub fn scroll_to(&mut self, row: u64, align: Align) {
        let top = row.min(self.rows.saturating_sub(1)) as f64 * self.row_px;
        let bottom = top + self.row_px - self.viewport_px;
        let position = match align {
            Align::Top => top,
            Align::Bottom => bottom,
            Align::Nearest if top < self.position_px => top,
            Align::Nearest if bottom > self.position_px => bottom,
            Align::Nearest => self.position_px,
        };
        self.position_px = position;
        self.clamp();
    }

    fn clamp(&mut self) {
        self.position_px = self.position_px.clamp(0.0, self.position_max_px());
        self.scroll_top_px = self.top_for(self.position_px);
    }

    fn top_for(&self, position_px: f64) -> f64 {
        if !self.is_capped() {
            return position_px;
        }
        position_px / self.position_max_px() * self.scroll_top_max_px()
    }

    fn is_capped(&self) -> bool {
        self.virtual_px() > CONTENT_PX_MAX
    }

    fn virtual_px(&self) -> f64 {
        self.rows as f64 * self.row_px
    }

    fn position_max_px(&self) -> f64 {
        (self.virtual_px() - self.viewport_px).max(0.0)
    }

    fn scroll_top_max_px(&self) -> f64 {
        (self.content_px() - self.viewport_px).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ROW_PX: f64 = 24.0;

    fn scroll(rows: u64, viewport_px: f64) -> Scroll {
        let mut scroll = Scroll::new(ROW_PX);
        scroll.set_viewport(viewport_px);
        scroll.set_rows(rows);
        scroll
    }

    #[test]
    fn a_small_list_scrolls_pixel_by_pixel() {
        let mut s = scroll(100, 240.0);
        assert_eq!(s.content_px(), 2_400.0);
        s.on_scroll(36.0);
        assert_eq!(s.visible(), 1..12);
        assert_eq!(s.row_top_px(1), -12.0);
    }

    #[test]
    fn the_wheel_moves_a_huge_list_by_its_own_pixels_and_the_thumb_in_proportion() {
        let mut s = scroll(10_000_000, 480.0);
        assert_eq!(s.content_px(), CONTENT_PX_MAX);
        s.on_scroll(100.0);
        assert_eq!(s.row_top_px(0), -100.0);
        s.on_scroll(CONTENT_PX_MAX / 2.0);
        let middle = s.visible().start;
        assert!((4_990_000..5_010_000).contains(&middle), "{middle}");
    }

    #[test]
    fn an_empty_list_shows_nothing_and_is_at_its_end() {
        let s = scroll(0, 480.0);
        assert_eq!(s.visible(), 0..0);
        assert!(s.is_at_end());
    }

    proptest! {
        #[test]
        fn every_row_can_be_reached_and_stands_where_it_should(
            rows in 1_u64..1_000_000_000_000, at in 0.0_f64..1.0, viewport in 24.0_f64..3_000.0,
        ) {
            let mut s = scroll(rows, viewport);
            let row = ((rows - 1) as f64 * at) as u64;
            for align in [Align::Top, Align::Bottom, Align::Nearest] {
                s.scroll_to(row, align);
                prop_assert!(s.visible().contains(&row));
                prop_assert!(s.scroll_top_px() <= s.content_px());
                // What the browser then reports changes nothing.
                let before = s;
                s.on_scroll(s.scroll_top_px());
                prop_assert_eq!(before.visible(), s.visible());
                prop_assert_eq!(s.settle(), None);
            }
        }

        #[test]
        fn the_ends_are_exact(rows in 1_u64..1_000_000_000_000, viewport in 24.0_f64..3_000.0) {
            let mut s = scroll(rows, viewport);
            s.on_scroll(s.content_px());
            prop_assert!(s.is_at_end());
            prop_assert_eq!(s.visible().end, rows);
            s.on_scroll(0.0);
            prop_assert_eq!(s.visible().start, 0);
        }

        #[test]
        fn scrolling_further_down_never_shows_earlier_rows(
            rows in 1_u64..1_000_000_000, viewport in 24.0_f64..3_000.0, steps in prop::collection::vec(0.0_f64..1.0, 2..20),
        ) {
            let mut s = scroll(rows, viewport);
            let max = s.content_px() - viewport;
            let mut tops: Vec<f64> = steps.iter().map(|step| step * max.max(0.0)).collect();
            tops.sort_by(f64::total_cmp);
            let mut last = 0;
            for top in tops {
                s.on_scroll(top);
                // Small movements drift from the proportion by design; they are settled when scrolling rests.
                s.settle();
                prop_assert!(s.visible().start + 2 >= last, "{:?} after {last}", s.visible());
                last = s.visible().start;
            }
        }

        #[test]
        fn new_rows_at_the_end_leave_the_view_where_it_is(rows in 1_u64..1_000_000_000, more in 0_u64..1_000_000, at in 0.0_f64..1.0) {
            let mut s = scroll(rows, 480.0);
            s.scroll_to((rows as f64 * at) as u64, Align::Top);
            let before = s.visible().start;
            s.set_rows(rows + more);
            prop_assert_eq!(s.visible().start, before);
        }
    }
}
