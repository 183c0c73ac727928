//! A stretch of time as a line: where a time lies on it, and where the arrow keys go. Times are whole milliseconds, of which `f64`
//! holds only those below 2^53; only shares of the line are fractions.

/// Steps of the arrow keys from one end to the other.
const STEPS: i128 = 50;

/// Where the last step aimed, and where the line stood then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aim {
    stood: i64,
    to: i64,
}

/// From one time to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLine {
    /// Where it begins.
    pub from: i64,
    /// Where it ends.
    pub to: i64,
}

impl TimeLine {
    /// Returns which part of the line lies before a time, from 0 to 1.
    pub fn share(self, at: i64) -> f64 {
        let (passed, length) = (i128::from(at) - i128::from(self.from), self.length());
        (passed as f64 / length as f64).clamp(0.0, 1.0)
    }

    /// Returns the time at a part of the line.
    #[allow(clippy::cast_possible_truncation, reason = "a share of an i128 that came from two i64")]
    pub fn at(self, share: f64) -> i64 {
        let passed = (self.length() as f64 * share.clamp(0.0, 1.0)) as i128;
        self.clamped(i128::from(self.from) + passed)
    }

    /// Returns where a step to the right or left leads, from where one stands or from where the last step aimed: where nothing
    /// happened for longer than a step, one stays where one stood, and the next step must go on.
    pub fn step(self, stands_at: i64, last: Option<Aim>, right: bool) -> Aim {
        let begin = last.filter(|last| last.stood == stands_at).map_or(stands_at, |last| last.to);
        let step = (self.length() / STEPS).max(1);
        let to = i128::from(begin) + if right { step } else { -step };
        Aim { stood: stands_at, to: self.clamped(to) }
    }

    fn length(self) -> i128 {
        (i128::from(self.to) - i128::from(self.from)).max(1)
    }

    fn clamped(self, at: i128) -> i64 {
        let at = at.clamp(i128::from(self.from), i128::from(self.to.max(self.from)));
        i64::try_from(at).unwrap_or(self.from)
    }
}

impl Aim {
    /// Returns the time that the step leads to.
    pub fn to(self) -> i64 {
        self.to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_to_the_left_get_over_a_gap_in_which_nothing_happened() {
        // Going to a time shows the first record after it: within a gap that is the record one came from, again and again.
        let line = TimeLine { from: 0, to: 5_000 };
        let shown = |at: i64| if at > 1_000 { 4_000 } else { 1_000 };
        let (mut stands_at, mut aim) = (4_000, None);
        for _ in 0..30 {
            let next = line.step(stands_at, aim, false);
            (stands_at, aim) = (shown(next.to()), Some(next));
        }
        assert_eq!(stands_at, 1_000);
    }

    #[test]
    fn after_going_elsewhere_a_step_begins_there() {
        let line = TimeLine { from: 0, to: 5_000 };
        let aim = line.step(4_000, None, false);
        assert_eq!(aim.to(), 3_900);
        assert_eq!(line.step(2_000, Some(aim), true).to(), 2_100);
        assert_eq!(line.step(5_000, None, true).to(), 5_000);
    }

    #[test]
    fn times_that_a_double_cannot_hold_stay_exact_at_the_ends() {
        let line = TimeLine { from: i64::MAX - 1_001, to: i64::MAX };
        assert_eq!(line.at(0.0), i64::MAX - 1_001);
        assert_eq!(line.at(1.0), i64::MAX);
        assert_eq!(line.share(i64::MAX), 1.0);
        let whole = TimeLine { from: i64::MIN, to: i64::MAX };
        assert_eq!(whole.at(1.0), i64::MAX);
        assert!((whole.share(0) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_line_without_length_has_one_place() {
        let line = TimeLine { from: 7, to: 7 };
        assert_eq!((line.at(0.5), line.share(7), line.step(7, None, true).to()), (7, 0.0, 7));
    }
}
