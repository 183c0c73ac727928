//! Playing records back with the gaps they were recorded with: a state machine that is told the time and answers which rows are
//! due. It reads no clock and no records: its host feeds it timestamps in row order and wakes it when it asks to be woken.
//!
//! ```text
//! recorded   100      130   120        (out of order)          9 130
//!             a        b     c                                  d
//! play time   0       30    30        gap of 9 000 shortened   2 030      skip gaps over 2 000 ms
//! wall clock  start   +15   +15                                +1 015     at speed 2
//! ```
//! - A record's **play time** is the sum of the recorded gaps before it, whole milliseconds. A record older than its
//!   predecessors counts as just as old as the newest of them: time never runs backwards.
//! - A record without a timestamp comes together with the one before it, and no gap is measured from it.
//! - A gap longer than `skip_gaps_over_ms` plays as if it were that long.
//! - A row is due at `anchor wall time + (its play time - anchor play time) / speed`, computed anew from the anchor for each row.
//!   Nothing is summed up in floating point, so a replay of any length keeps its pace: no drift, however late the host wakes.
//! - The anchor moves only when somebody plays, pauses, seeks or changes the speed.
//! - A host that wakes late, or was late to feed, gets all that became due meanwhile, in order, each row with the time it was due.
//! - A looped replay starts over [`REPLAY_LOOP_GAP_MS`] of play time after its last record; as fast as possible, of wall time.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use tablog_core::ids::Timestamp;

use crate::limits::{
    REPLAY_LOOK_AHEAD_ROWS, REPLAY_LOOP_GAP_MS, REPLAY_ROWS_PER_TICK_MAX, REPLAY_SPEED_MAX, REPLAY_SPEED_MIN,
};

/// How fast recorded time passes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Speed {
    /// So many times as fast as recorded; kept within [`REPLAY_SPEED_MIN`] and [`REPLAY_SPEED_MAX`].
    Times(f64),
    /// Without any gaps.
    AsFastAsPossible,
}

/// What a replay is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReplayState {
    /// Time stands still.
    Paused,
    /// Time passes.
    Playing,
    /// The last row was shown.
    Ended,
}

/// A row that has become due.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DueRow {
    /// Its number.
    pub row: u64,
    /// The wall clock time, in milliseconds, at which it was due: at or before the time of the tick.
    pub due_ms: f64,
}

/// The answer to a tick.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Due {
    /// The rows that have become due since the last tick, in order; at most [`REPLAY_ROWS_PER_TICK_MAX`].
    pub rows: Vec<DueRow>,
    /// When to tick again. `None` while paused, at the end, or when timestamps must be fed first.
    pub wake_at_ms: Option<f64>,
}

/// Plays a range of rows.
#[derive(Clone, Debug)]
pub struct Replay {
    range: Range<u64>,
    speed: Speed,
    skip_gaps_over_ms: Option<i64>,
    looped: bool,
    state: ReplayState,
    /// The row that is shown next; the range's end when all were shown.
    next: u64,
    /// Rows fed and not shown yet, in order, the next one first.
    ahead: VecDeque<Ahead>,
    /// The row to be fed next.
    feed: u64,
    /// Where the row shown last lies in play time, and its time; or where a seek led.
    shown: Mark,
    /// Set when the first row fed only tells the time of the row shown last.
    feed_shown_first: bool,
    anchor: Anchor,
}

#[derive(Clone, Copy, Debug)]
struct Ahead {
    row: u64,
    timestamp: i64,
    /// Whether the replay starts over with this row.
    wraps: bool,
    mark: Mark,
}

/// A place in play time.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    play_ms: i64,
    /// The newest timestamp so far; `None` when the next record is to come at once.
    newest: Option<i64>,
}

/// Where wall clock and play time are pinned together.
#[derive(Clone, Copy, Debug, Default)]
struct Anchor {
    wall_ms: f64,
    play_ms: f64,
}

impl Replay {
    /// Starts at the first row of a range, paused, at recorded speed.
    pub fn new(range: Range<u64>) -> Self {
        Self {
            next: range.start,
            feed: range.start,
            range,
            speed: Speed::Times(1.0),
            skip_gaps_over_ms: None,
            looped: false,
            state: ReplayState::Paused,
            ahead: VecDeque::new(),
            shown: Mark::default(),
            feed_shown_first: false,
            anchor: Anchor::default(),
        }
    }

    /// Tells what the replay is doing.
    pub fn state(&self) -> ReplayState {
        self.state
    }

    /// Returns the row that is shown next; the end of the range when all were.
    pub fn next_row(&self) -> u64 {
        self.next
    }

    /// Returns the speed.
    pub fn speed(&self) -> Speed {
        self.speed
    }

    /// Returns the rows whose timestamps to feed next, if any are wanted.
    pub fn wants(&self) -> Option<Range<u64>> {
        let from = if self.feed < self.range.end || self.feed_shown_first {
            self.feed
        } else if self.looped && !self.range.is_empty() && self.ahead.iter().all(|row| !row.wraps) {
            self.range.start
        } else {
            return None;
        };
        let room = REPLAY_LOOK_AHEAD_ROWS.saturating_sub(self.ahead.len());
        // Asking for a few rows again and again would cost more than it brings.
        let worth_it = room * 2 > REPLAY_LOOK_AHEAD_ROWS;
        let to = from.saturating_add(u64::try_from(room).unwrap_or(u64::MAX)).min(self.range.end);
        worth_it.then_some(from..to.max(from + 1))
    }

    /// Takes the timestamps of neighbouring rows from `first_row` on, in row order. Rows that were not [wanted](Replay::wants)
    /// (any more) are ignored: an answer may come after a seek.
    pub fn feed(&mut self, first_row: u64, timestamps: &[Timestamp]) {
        let Some(wanted) = self.wants().filter(|wanted| wanted.start == first_row) else { return };
        for (row, timestamp) in wanted.zip(timestamps) {
            let timestamp = timestamp.millis();
            if std::mem::take(&mut self.feed_shown_first) {
                self.shown.newest = self.shown.newest.max(time_of(timestamp));
                self.feed = row + 1;
                continue;
            }
            let wraps = row == self.range.start && self.feed == self.range.end;
            let before = self.ahead.back().map_or(self.shown, |last| last.mark);
            let mark = self.mark_after(before, timestamp, wraps);
            self.ahead.push_back(Ahead { row, timestamp, wraps, mark });
            self.feed = row + 1;
        }
    }

    /// Lets time pass. At the end, starts over.
    pub fn play(&mut self, now_ms: f64) {
        if self.state == ReplayState::Playing || self.range.is_empty() {
            return;
        }
        if self.next >= self.range.end && !self.looped {
            self.place(self.range.start, Mark::default(), now_ms);
        }
        self.anchor.wall_ms = now_ms;
        self.state = ReplayState::Playing;
    }

    /// Lets time stand still.
    pub fn pause(&mut self, now_ms: f64) {
        self.pin(now_ms);
        if self.state == ReplayState::Playing {
            self.state = ReplayState::Paused;
        }
    }

    /// Changes the speed, from now on.
    pub fn set_speed(&mut self, speed: Speed, now_ms: f64) {
        self.pin(now_ms);
        self.speed = match speed {
            Speed::Times(times) if times.is_nan() => Speed::Times(1.0),
            Speed::Times(times) => Speed::Times(times.clamp(REPLAY_SPEED_MIN, REPLAY_SPEED_MAX)),
            Speed::AsFastAsPossible => Speed::AsFastAsPossible,
        };
    }

    /// Plays gaps longer than this many milliseconds as if they were that long; `None` plays all as recorded. Holds for the gap
    /// that is playing, too.
    pub fn set_skip_gaps_over(&mut self, gap_ms: Option<i64>, now_ms: f64) {
        self.pin(now_ms);
        self.skip_gaps_over_ms = gap_ms.map(|gap| gap.max(0));
        let mut before = self.shown;
        for index in 0..self.ahead.len() {
            let Some(row) = self.ahead.get(index).copied() else { break };
            before = self.mark_after(before, row.timestamp, row.wraps);
            if let Some(row) = self.ahead.get_mut(index) {
                row.mark = before;
            }
        }
    }

    /// Starts over after the last row, or does not.
    pub fn set_looped(&mut self, looped: bool) {
        self.looped = looped;
        if let Some(wrap) = self.ahead.iter().position(|row| row.wraps).filter(|_| !looped) {
            self.ahead.truncate(wrap);
            self.feed = self.range.end;
        }
    }

    /// Takes note that the rows from `row` on are new or have moved, and that the range ends at `end` by now. Playing goes on, in
    /// the middle of the gap that is playing. A replay that has ended stays so until somebody plays on. When there are fewer rows than
    /// before, it is the oldest that were deleted: what comes next is the same row, wherever it is by now.
    pub fn changed_from(&mut self, row: u64, end: u64) {
        let kept = self.ahead.iter().take_while(|ahead| !ahead.wraps && ahead.row < row).count();
        self.ahead.truncate(kept);
        let has_shown = self.next > self.range.start;
        let has_moved = row < self.next || self.feed_shown_first;
        if row < self.next {
            let deleted = self.range.end.saturating_sub(end);
            self.next = self.next.saturating_sub(deleted).max(row.max(self.range.start));
        }
        self.range.end = end.max(self.range.start);
        self.next = self.next.min(self.range.end);
        // Another row may be the one shown last by now: the gap to the next one counts from it.
        self.feed_shown_first = has_moved && self.next > self.range.start;
        if has_shown && self.range.is_empty() {
            self.shown.newest = None;
        }
        self.feed = match self.ahead.back() {
            Some(last) => last.row + 1,
            None => self.next - u64::from(self.feed_shown_first),
        };
    }

    /// Goes to a row, which is then due at once. Playing goes on; otherwise the replay is paused there.
    pub fn seek_to_row(&mut self, row: u64, now_ms: f64) {
        self.place(row.clamp(self.range.start, self.range.end), Mark::default(), now_ms);
    }

    /// Goes to the place right behind a row, as if that had just been shown: the recorded gap to the next one is kept. `None` is
    /// the place before the first row.
    pub fn seek_behind(&mut self, row: Option<u64>, now_ms: f64) {
        let shown = row.filter(|row| self.range.contains(row));
        let next = shown.map_or(self.range.start, |row| row + 1);
        self.place(next, Mark::default(), now_ms);
        if let Some(shown) = shown {
            // The timestamp of the row that is shown has to be fed again, to know the gap after it.
            self.feed = shown;
            self.feed_shown_first = true;
        }
    }

    /// Goes to a time. `row` is the first row at or after it; it is due when its time comes.
    pub fn seek_to_time(&mut self, row: u64, time: Timestamp, now_ms: f64) {
        let row = row.clamp(self.range.start, self.range.end);
        self.place(row, Mark { play_ms: 0, newest: Some(time.millis()) }, now_ms);
    }

    /// Pauses and shows the next row: its number. `None` at the end, or while its timestamp was not fed.
    pub fn step_forward(&mut self, now_ms: f64) -> Option<u64> {
        self.pause(now_ms);
        let row = self.show_next()?;
        self.anchor = Anchor { wall_ms: now_ms, play_ms: to_f64(self.shown.play_ms) };
        Some(row)
    }

    /// Pauses and goes back by one row: the number of the row that is shown last then, `None` at the beginning.
    pub fn step_back(&mut self, now_ms: f64) -> Option<u64> {
        self.pause(now_ms);
        let shown = self.next.checked_sub(2).filter(|shown| *shown >= self.range.start);
        self.seek_behind(shown, now_ms);
        self.state = ReplayState::Paused;
        shown
    }

    /// Answers which rows have become due by now. To be called when one of the answer's times comes, and after feeding.
    pub fn tick(&mut self, now_ms: f64) -> Due {
        let mut due = Due::default();
        if self.state != ReplayState::Playing || self.feed_shown_first {
            return due;
        }
        while let Some(due_ms) = self.next_due(now_ms) {
            if due_ms > now_ms || due.rows.len() == REPLAY_ROWS_PER_TICK_MAX {
                due.wake_at_ms = Some(due_ms.max(now_ms));
                return due;
            }
            let fast = self.speed == Speed::AsFastAsPossible;
            let Some(row) = self.show_next() else { break };
            due.rows.push(DueRow { row, due_ms });
            if fast {
                self.anchor = Anchor { wall_ms: now_ms, play_ms: to_f64(self.shown.play_ms) };
            }
        }
        if self.wants().is_none() && self.next >= self.range.end {
            self.pin(now_ms);
            self.state = ReplayState::Ended;
        }
        due
    }

    /// Returns the recorded time that the replay has come to, for a cursor on a timeline. A shortened gap is crossed faster.
    pub fn time(&self, now_ms: f64) -> Option<Timestamp> {
        let from = self.shown.newest;
        let Some(next) = self.ahead.front().filter(|next| !next.wraps) else {
            return from.map(Timestamp::from_millis);
        };
        let (Some(from), Some(to)) = (from, next.mark.newest) else {
            return next.mark.newest.map(Timestamp::from_millis);
        };
        let span = to_f64(next.mark.play_ms - self.shown.play_ms);
        let passed = (self.play_time(now_ms) - to_f64(self.shown.play_ms)).clamp(0.0, span);
        let part = if span > 0.0 { passed / span } else { 0.0 };
        Some(Timestamp::from_millis(from.saturating_add((to_f64(to.saturating_sub(from)) * part) as i64)))
    }

    fn mark_after(&self, before: Mark, timestamp: i64, wraps: bool) -> Mark {
        let time = time_of(timestamp);
        let (gap, newest) = match (before.newest, time) {
            _ if wraps => (REPLAY_LOOP_GAP_MS, time),
            (newest, None) => (0, newest),
            (None, time) => (0, time),
            (Some(newest), Some(time)) => {
                let gap = time.saturating_sub(newest).max(0);
                (self.skip_gaps_over_ms.map_or(gap, |longest| gap.min(longest)), Some(newest.max(time)))
            }
        };
        Mark { play_ms: before.play_ms.saturating_add(gap), newest }
    }

    fn next_due(&self, now_ms: f64) -> Option<f64> {
        let next = self.ahead.front()?;
        Some(match self.speed {
            Speed::Times(times) => {
                self.anchor.wall_ms + (to_f64(next.mark.play_ms) - self.anchor.play_ms) / times
            }
            Speed::AsFastAsPossible if next.wraps => self.anchor.wall_ms + to_f64(REPLAY_LOOP_GAP_MS),
            Speed::AsFastAsPossible => now_ms,
        })
    }

    fn show_next(&mut self) -> Option<u64> {
        if self.feed_shown_first {
            return None;
        }
        let row = self.ahead.pop_front()?;
        self.shown = row.mark;
        self.next = row.row + 1;
        Some(row.row)
    }

    fn play_time(&self, now_ms: f64) -> f64 {
        match self.speed {
            Speed::Times(times) if self.state == ReplayState::Playing => {
                self.anchor.play_ms + (now_ms - self.anchor.wall_ms).max(0.0) * times
            }
            _ => self.anchor.play_ms,
        }
    }

    fn pin(&mut self, now_ms: f64) {
        self.anchor = Anchor { play_ms: self.play_time(now_ms), wall_ms: now_ms };
    }

    fn place(&mut self, row: u64, mark: Mark, now_ms: f64) {
        self.next = row;
        self.feed = row;
        self.feed_shown_first = false;
        self.ahead.clear();
        self.shown = mark;
        self.anchor = Anchor { wall_ms: now_ms, play_ms: to_f64(mark.play_ms) };
        if self.state == ReplayState::Ended {
            self.state = ReplayState::Paused;
        }
    }
}

/// Reads a timestamp; `None` when the record has none.
fn time_of(timestamp: i64) -> Option<i64> {
    (timestamp != Timestamp::NONE.millis()).then_some(timestamp)
}

/// Turns milliseconds into floating point: exact up to 285,000 years.
fn to_f64(ms: i64) -> f64 {
    ms as f64
}
