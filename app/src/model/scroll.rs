//! Virtual scrolling over any number of rows. Browsers refuse elements taller than some 33 million pixels, so the scrolled
//! content is capped and stands for more: small movements (wheel, keys, touch) move the rows by exactly their pixels, large ones
//! (the thumb) move them in proportion. Near both ends a pixel is a pixel, so that the wheel has room for what is left.
//!
//! ```text
//!   scroll_top_px  0 ───────────────● content − viewport      what the browser knows
//!   position_px    0 ───────────────────────● rows · row_px − viewport     what the rows stand at
//! ```

use std::ops::Range;

/// Tallest content element, in CSS pixels: far below every browser's limit, and fine enough for a thumb.
pub const CONTENT_PX_MAX: f64 = 8_000_000.0;

/// How far from both ends of a capped content a pixel of the browser's is a pixel of the rows'.
const EXACT_PX: f64 = 100_000.0;

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
    /// What the browser was told last, until it scrolls elsewhere.
    pushed_px: Option<f64>,
    sticks_to_end: bool,
}

impl Scroll {
    /// Starts at the top of an empty list.
    pub fn new(row_px: f64) -> Self {
        Self {
            rows: 0,
            row_px,
            viewport_px: 0.0,
            position_px: 0.0,
            scroll_top_px: 0.0,
            pushed_px: None,
            sticks_to_end: false,
        }
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

    /// Returns the height of a row, in CSS pixels.
    pub fn row_px(&self) -> f64 {
        self.row_px
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

    /// Tells whether the last row stays in view whatever changes.
    pub fn sticks_to_end(&self) -> bool {
        self.sticks_to_end
    }

    /// Goes to the end and keeps the last row in view from now on; or stays in place from now on.
    pub fn stick_to_end(&mut self, sticks: bool) {
        self.sticks_to_end = sticks;
        if sticks {
            self.stay();
        }
    }

    /// Notes the position that the browser took over; what it then reports of it is no news.
    pub fn pushed(&mut self, scroll_top_px: f64) {
        self.pushed_px = Some(scroll_top_px);
    }

    /// Takes in a scroll position that the browser reports. Returns whether somebody scrolled there; else it is where the list
    /// itself stands or stood: a report comes a frame after what it is about.
    pub fn on_scroll(&mut self, scroll_top_px: f64) -> bool {
        let is_near = |other: f64| (scroll_top_px - other).abs() < ROUNDING_PX;
        if is_near(self.scroll_top_px) || self.pushed_px.is_some_and(is_near) {
            return false;
        }
        self.pushed_px = None;
        let moved = scroll_top_px - self.scroll_top_px;
        let position = if !self.is_capped() {
            scroll_top_px
        } else if moved.abs() <= 2.0 * self.viewport_px {
            self.position_px + moved
        } else {
            self.position_for(scroll_top_px)
        };
        self.scroll_top_px = scroll_top_px.clamp(0.0, self.scroll_top_max_px());
        self.position_px = position.clamp(0.0, self.position_max_px());
        true
    }

    /// Brings the browser's position in line with the rows' after many small movements; call when scrolling rests. Returns the
    /// position to set when it differs.
    pub fn settle(&mut self) -> Option<f64> {
        let before = self.scroll_top_px;
        self.scroll_top_px = self.top_for(self.position_px);
        ((self.scroll_top_px - before).abs() >= ROUNDING_PX).then_some(self.scroll_top_px)
    }

    /// Changes the number of rows. The rows in view stay where they are, or the end stays in view when the list sticks to it.
    pub fn set_rows(&mut self, rows: u64) {
        self.rows = rows;
        self.stay();
    }

    /// Changes the viewport's height in CSS pixels. The first row in view stays where it is, or the last one when the list sticks
    /// to the end; the row `kept` stays in view when all of it was.
    pub fn set_viewport(&mut self, viewport_px: f64, kept: Option<u64>) {
        let kept = kept.filter(|row| self.shows_whole(*row));
        self.viewport_px = viewport_px;
        self.stay();
        if let Some(row) = kept.filter(|_| !self.sticks_to_end) {
            self.scroll_to(row, Align::Nearest);
        }
    }

    /// Tells whether all of a row's height is in view.
    fn shows_whole(&self, row: u64) -> bool {
        let top = row as f64 * self.row_px;
        row < self.rows && top >= self.position_px && top + self.row_px <= self.position_px + self.viewport_px
    }

    /// Moves so that a row is visible. The browser's position follows: set it to [`Self::scroll_top_px`].
    pub fn scroll_to(&mut self, row: u64, align: Align) {
        let top = row.min(self.rows.saturating_sub(1)) as f64 * self.row_px;
        // Where less than a row can be seen, or nothing yet, it is the row's top.
        let bottom = top + (self.row_px - self.viewport_px).min(0.0);
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

    fn stay(&mut self) {
        if self.sticks_to_end {
            self.position_px = self.position_max_px();
        }
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
        scaled(position_px, self.position_max_px(), self.scroll_top_max_px())
    }

    /// Undoes [`Self::top_for`].
    fn position_for(&self, scroll_top_px: f64) -> f64 {
        scaled(scroll_top_px, self.scroll_top_max_px(), self.position_max_px())
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

/// Maps a place on a line of one length to a line of another: pixel by pixel near both ends, in proportion between them.
fn scaled(at: f64, from_max: f64, to_max: f64) -> f64 {
    let left = from_max - at;
    if at <= EXACT_PX {
        at
    } else if left <= EXACT_PX {
        to_max - left
    } else {
        let part = (at - EXACT_PX) / (from_max - 2.0 * EXACT_PX);
        EXACT_PX + part * (to_max - 2.0 * EXACT_PX)
    }
}

#[cfg(test)]
mod tests;
