//! When an engine counts as dead, and how often a dead one is replaced. Counts ticks instead of reading clocks, so that a page
//! which slept takes nobody for dead.

use std::collections::VecDeque;

/// Milliseconds between two looks at the engine.
pub const TICK_MS: u32 = 2_000;
/// So many ticks a running engine may be silent; the next one finds it dead, after 18 seconds.
const SILENT_TICKS_MAX: u32 = 8;
/// So many ticks a starting engine may be silent, for a slow line; the next one finds it dead, after 62 seconds. Opening the
/// database is part of starting.
const STARTING_TICKS_MAX: u32 = 30;
/// Replacements within [`RESTART_WINDOW_MS`], or in a row that never got ready, before the page gives up.
pub const RESTARTS_MAX: usize = 5;
/// The time over which replacements are counted, in milliseconds.
const RESTART_WINDOW_MS: f64 = 60_000.0;

/// Counts how long an engine has been silent.
#[derive(Debug, Default)]
pub struct Lifeline {
    is_ready: bool,
    silent_ticks: u32,
}

impl Lifeline {
    /// Notes a word from the engine, whatever it says.
    pub fn heard(&mut self) {
        self.silent_ticks = 0;
    }

    /// Notes that the engine is ready: from now on it answers quickly.
    pub fn ready(&mut self) {
        self.is_ready = true;
    }

    /// Forgets the silence so far: the page was hidden, and hidden pages are throttled.
    pub fn excuse(&mut self) {
        self.silent_ticks = 0;
    }

    /// Counts one tick while the page is visible; returns whether the engine is dead.
    pub fn tick(&mut self) -> bool {
        self.silent_ticks = self.silent_ticks.saturating_add(1);
        self.silent_ticks > if self.is_ready { SILENT_TICKS_MAX } else { STARTING_TICKS_MAX }
    }
}

/// Remembers the latest replacements, to stop when they lead nowhere.
#[derive(Debug, Default)]
pub struct Restarts {
    at_ms: VecDeque<f64>,
    /// Replacements since an engine was ready.
    in_vain: usize,
}

impl Restarts {
    /// Notes that an engine got ready.
    pub fn ready(&mut self) {
        self.in_vain = 0;
    }

    /// Asks for one more replacement at the time `now_ms`; returns after how many milliseconds, or `None` when it is one too many.
    pub fn next(&mut self, now_ms: f64) -> Option<u32> {
        while self.at_ms.front().is_some_and(|at| now_ms - at >= RESTART_WINDOW_MS) {
            self.at_ms.pop_front();
        }
        let before = self.at_ms.len();
        if before.max(self.in_vain) >= RESTARTS_MAX {
            return None;
        }
        self.in_vain += 1;
        self.at_ms.push_back(now_ms);
        let doublings = u32::try_from(before).unwrap_or(u32::MAX);
        Some(if before == 0 { 0 } else { 125_u32.saturating_mul(1 << doublings.min(10)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_that_answers_lives_for_ever() {
        let mut line = Lifeline::default();
        for _ in 0..1_000 {
            assert!(!line.tick());
            line.heard();
        }
    }

    #[test]
    fn a_silent_engine_is_dead_after_fifteen_seconds() {
        let mut line = Lifeline::default();
        line.heard();
        line.ready();
        let ticks = (1..).find(|_| line.tick()).unwrap_or(0);
        assert!((15_000..20_000).contains(&(ticks * TICK_MS)), "dead after {ticks} ticks");
    }

    #[test]
    fn a_starting_engine_has_a_minute() {
        let mut line = Lifeline::default();
        let ticks = (1..).find(|_| line.tick()).unwrap_or(0);
        assert!(ticks * TICK_MS >= 60_000, "dead after {ticks} ticks");
    }

    #[test]
    fn an_engine_that_hears_and_still_opens_its_database_has_a_minute() {
        // Its first word began the short limit: one that opened for longer than 18 seconds was ended, again and again.
        let mut line = Lifeline::default();
        line.heard();
        let ticks = (1..).find(|_| line.tick()).unwrap_or(0);
        assert!(ticks * TICK_MS >= 60_000, "dead after {ticks} ticks");
    }

    #[test]
    fn time_spent_hidden_does_not_count() {
        let mut line = Lifeline::default();
        line.ready();
        for _ in 0..SILENT_TICKS_MAX {
            assert!(!line.tick());
        }
        line.excuse();
        assert!(!line.tick());
    }

    #[test]
    fn five_replacements_a_minute_and_no_more() {
        let mut restarts = Restarts::default();
        let mut next = |at_ms: f64| {
            restarts.ready();
            restarts.next(at_ms)
        };
        let delays: Vec<_> = (0..6_u32).map(|n| next(f64::from(n) * 1_000.0)).collect();
        assert_eq!(delays, [Some(0), Some(250), Some(500), Some(1_000), Some(2_000), None]);
        assert_eq!(next(60_500.0), Some(2_000));
        assert_eq!(next(200_000.0), Some(0));
    }

    #[test]
    fn five_replacements_that_never_get_ready_are_enough_however_slowly_they_die() {
        // An engine that stays silent dies after 62 seconds: never five within a minute, and so the page never gave up.
        let mut restarts = Restarts::default();
        let delays: Vec<_> = (0..6_u32).map(|n| restarts.next(f64::from(n) * 62_000.0)).collect();
        assert_eq!(delays, [Some(0), Some(0), Some(0), Some(0), Some(0), None]);
        restarts.ready();
        assert_eq!(restarts.next(500_000.0), Some(0));
    }
}
