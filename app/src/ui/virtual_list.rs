//! The reactive half of virtual scrolling, shared by the grid and the code view: `model/scroll.rs` has the arithmetic.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use leptos::ev::KeyboardEvent;
use leptos::html::Div;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

use crate::model::scroll::{Align, Scroll};

/// Scrolling counts as resting after this.
const REST: Duration = Duration::from_millis(120);

/// Tells the lists of one page apart in element ids.
static NEXT_LIST: AtomicU32 = AtomicU32::new(0);

/// Where a virtual list stands; a handle that is cheap to copy.
#[derive(Clone, Copy)]
pub struct VirtualList {
    number: u32,
    scroll: RwSignal<Scroll>,
    focused: RwSignal<Option<u64>>,
    scroller: StoredValue<Option<NodeRef<Div>>>,
    /// Where the browser stood when it was last asked. Asking makes it lay out the page.
    browser_top: StoredValue<Option<f64>>,
    rest: StoredValue<Option<TimeoutHandle>>,
    visible: Memo<(u64, u64)>,
    on_person_scrolled: StoredValue<Option<Callback<bool>>>,
}

/// What a key does to the focus of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// One row down, or up when negative.
    By(i64),
    /// One page down, or up when negative.
    Page(i64),
    /// To the first row.
    First,
    /// To the last row.
    Last,
    /// Opens the focused row.
    Open,
}

/// Reads a key of a list: arrows, `j` and `k`, Page Up and Down, Home, End, Enter.
pub fn step_of(event: &KeyboardEvent) -> Option<Step> {
    if event.alt_key() || event.meta_key() {
        return None;
    }
    let plain = !event.ctrl_key();
    match event.key().as_str() {
        "ArrowDown" if plain => Some(Step::By(1)),
        "ArrowUp" if plain => Some(Step::By(-1)),
        "j" if plain => Some(Step::By(1)),
        "k" if plain => Some(Step::By(-1)),
        "PageDown" => Some(Step::Page(1)),
        "PageUp" => Some(Step::Page(-1)),
        "Home" => Some(Step::First),
        "End" => Some(Step::Last),
        "Enter" if plain => Some(Step::Open),
        _ => None,
    }
}

impl VirtualList {
    /// Makes an empty list of rows of one height, in CSS pixels.
    pub fn new(row_px: f64) -> Self {
        let scroll = RwSignal::new(Scroll::new(row_px));
        Self {
            number: NEXT_LIST.fetch_add(1, Ordering::Relaxed),
            scroll,
            focused: RwSignal::new(None),
            scroller: StoredValue::new(None),
            browser_top: StoredValue::new(None),
            rest: StoredValue::new(None),
            visible: Memo::new(move |_| {
                let Range { start, end } = scroll.with(Scroll::visible);
                (start, end)
            }),
            on_person_scrolled: StoredValue::new(None),
        }
    }

    /// Calls `hear` when somebody scrolled, with whether the last row is now in view.
    pub fn on_person_scrolled(self, hear: impl Fn(bool) + Send + Sync + 'static) {
        self.on_person_scrolled.set_value(Some(Callback::new(hear)));
    }

    /// Gives the keyboard's focus to the list.
    pub fn take_focus(self) {
        if let Some(element) = self.element()
            && element.focus().is_err()
        {
            leptos::logging::warn!("a list did not take the focus");
        }
    }

    /// Names the element that scrolls.
    pub fn attach(self, scroller: NodeRef<Div>) {
        self.scroller.set_value(Some(scroller));
        // The content's height is set by an effect of its own; the browser must know it before it can scroll there.
        Effect::new(move || {
            let top = self.scroll.with(Scroll::scroll_top_px);
            let is_there = self.browser_top.get_value().is_some_and(|known| is_near(known, top));
            if scroller.get().is_some() && !is_there {
                request_animation_frame(move || self.push_scroll_top(top));
            }
        });
    }

    /// Returns the rows in view; tracked.
    pub fn visible(self) -> Range<u64> {
        let (start, end) = self.visible.get();
        start..end
    }

    /// Returns the number of rows; tracked.
    pub fn rows(self) -> u64 {
        self.scroll.with(Scroll::rows)
    }

    /// Returns the content's height in CSS pixels; tracked.
    pub fn content_px(self) -> f64 {
        self.scroll.with(Scroll::content_px)
    }

    /// Returns the height of a row in CSS pixels.
    pub fn row_px(self) -> f64 {
        self.scroll.with_untracked(Scroll::row_px)
    }

    /// Returns where a row lies below the window's top, in CSS pixels; tracked.
    pub fn row_top_px(self, row: u64) -> f64 {
        self.scroll.with(|scroll| scroll.row_top_px(row))
    }

    /// Tells whether the last row is in view; tracked.
    pub fn is_at_end(self) -> bool {
        self.scroll.with(Scroll::is_at_end)
    }

    /// Tells whether the last row stays in view whatever changes; tracked.
    pub fn sticks_to_end(self) -> bool {
        self.scroll.with(Scroll::sticks_to_end)
    }

    /// Goes to the end and keeps the last row in view from now on; or stays in place from now on.
    pub fn stick_to_end(self, sticks: bool) {
        self.scroll.update(|scroll| scroll.stick_to_end(sticks));
    }

    /// Changes the number of rows. What is in view stays, or the end stays in view when the list sticks to it.
    pub fn set_rows(self, rows: u64) {
        self.scroll.update(|scroll| scroll.set_rows(rows));
        if self.focused.get_untracked().is_some_and(|row| row >= rows) {
            self.focused.set(rows.checked_sub(1));
        }
    }

    /// Brings a row into view.
    pub fn scroll_to(self, row: u64, align: Align) {
        self.scroll.update(|scroll| scroll.scroll_to(row, align));
    }

    /// Puts the focus on a row and brings it into view.
    pub fn focus(self, row: u64) {
        self.focused.set(Some(row));
        let was_at_end = self.scroll.with_untracked(Scroll::is_at_end);
        self.scroll_to(row, Align::Nearest);
        // Moving the focus out of view scrolls, too.
        let is_at_end = self.scroll.with_untracked(Scroll::is_at_end);
        if was_at_end != is_at_end
            && let Some(hear) = self.on_person_scrolled.get_value()
        {
            hear.run(is_at_end);
        }
    }

    /// Returns the focused row.
    pub fn focused(self) -> Option<u64> {
        self.focused.get_untracked()
    }

    /// Returns the focused row; tracked.
    pub fn focused_tracked(self) -> Option<u64> {
        self.focused.get()
    }

    /// Returns the row that a step leads to, from the focused row or from the first in view.
    pub fn stepped(self, step: Step) -> Option<u64> {
        let (last, page, first_visible) =
            self.scroll.with_untracked(|s| (s.rows().checked_sub(1), s.page_rows(), s.visible().start));
        let last = last?;
        let from = self.focused();
        let by = |rows: i64| match from {
            Some(from) => from.saturating_add_signed(rows).min(last),
            None => first_visible.min(last),
        };
        Some(match step {
            Step::By(rows) => by(rows),
            Step::Page(pages) => by(pages.saturating_mul(i64::try_from(page).unwrap_or(i64::MAX))),
            Step::First => 0,
            Step::Last => last,
            Step::Open => return None,
        })
    }

    /// Returns the element id of a row.
    pub fn row_id(self, row: u64) -> String {
        format!("list-{}-row-{row}", self.number)
    }

    /// Returns the focused row's element id while it is in view; tracked.
    pub fn active_id(self) -> Option<String> {
        let row = self.focused_tracked()?;
        self.visible().contains(&row).then(|| self.row_id(row))
    }

    /// Changes the height in which rows are visible, in CSS pixels. The focused row stays in view when it was.
    pub fn set_viewport(self, viewport_px: f64) {
        let focused = self.focused.get_untracked();
        self.scroll.update(|scroll| scroll.set_viewport(viewport_px.max(0.0), focused));
    }

    /// Takes in that the browser scrolled.
    pub fn on_scroll(self) {
        let Some(element) = self.element() else { return };
        let top = f64::from(element.scroll_top());
        self.browser_top.set_value(Some(top));
        let take = |scroll: &mut Scroll| {
            let is_news = scroll.on_scroll(top);
            (is_news, is_news)
        };
        if self.scroll.try_maybe_update(take) != Some(true) {
            return;
        }
        if let Some(hear) = self.on_person_scrolled.get_value() {
            hear.run(self.scroll.with_untracked(Scroll::is_at_end));
        }
        if let Some(Some(pending)) = self.rest.try_get_value() {
            pending.clear();
        }
        let settle = move || {
            let Some(before) = self.scroll.try_get_untracked() else { return };
            let mut scroll = before;
            if scroll.settle().is_some() {
                self.scroll.set(scroll);
            }
        };
        self.rest.set_value(set_timeout_with_handle(settle, REST).ok());
    }

    fn push_scroll_top(self, top: f64) {
        // A later change has its own turn.
        if self.scroll.try_with_untracked(|scroll| scroll.scroll_top_px() == top) != Some(true) {
            return;
        }
        let Some(element) = self.element() else { return };
        if !is_near(f64::from(element.scroll_top()), top) {
            element.set_scroll_top(top.round() as i32);
        }
        // The browser may have stopped short of it; its report tells no more than this, and comes a frame later.
        let taken = f64::from(element.scroll_top());
        self.browser_top.set_value(Some(taken));
        self.scroll.maybe_update(|scroll| {
            scroll.pushed(taken);
            false
        });
    }

    fn element(self) -> Option<web_sys::HtmlDivElement> {
        self.scroller.try_get_value().flatten()?.get_untracked()
    }
}

/// Tells whether two positions differ by no more than the browser's rounding.
fn is_near(one: f64, other: f64) -> bool {
    (one - other).abs() < 1.0
}
