//! Which lines are folded away, and which line stands where on the screen then.

use std::collections::BTreeMap;
use std::ops::Range;

/// A set of folds. A folded line stays; the lines after it, up to the one that closes it, are hidden. Folds within folds are
/// remembered, and count again once the outer one opens.
#[derive(Clone, Debug, Default)]
pub struct Folds {
    /// The last hidden line of each fold, by the line that stays.
    folds: BTreeMap<u64, u64>,
    /// The outermost folds: the line that stays, the last hidden line, and how many lines are hidden up to there.
    outermost: Vec<(u64, u64, u64)>,
}

impl Folds {
    /// Folds the lines after `line` up to `closes_at`, which a view's line names.
    pub fn fold(&mut self, line: u64, closes_at: u64) {
        if closes_at > line {
            self.folds.insert(line, closes_at);
            self.lay_out();
        }
    }

    /// Shows the lines after `line` again.
    pub fn unfold(&mut self, line: u64) {
        self.folds.remove(&line);
        self.lay_out();
    }

    /// Shows everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Tells whether a line is folded.
    pub fn is_folded(&self, line: u64) -> bool {
        self.folds.contains_key(&line)
    }

    /// Counts the lines that can be seen, of `lines`.
    pub fn visible(&self, lines: u64) -> u64 {
        lines - self.outermost.last().map_or(0, |last| last.2).min(lines)
    }

    /// Finds the line in the `row`th place of the screen, counted from 0.
    pub fn line_at(&self, row: u64) -> u64 {
        // The folds whose staying line is above the row hide all their lines before it.
        let above = self.outermost.partition_point(|&(line, last, hidden)| {
            let before = hidden - (last - line);
            line - before < row
        });
        row + above.checked_sub(1).and_then(|index| self.outermost.get(index)).map_or(0, |fold| fold.2)
    }

    /// Finds the place on the screen of a line, or of the folded line that hides it.
    pub fn row_of(&self, line: u64) -> u64 {
        let above = self.outermost.partition_point(|&(stays, ..)| stays < line);
        match above.checked_sub(1).and_then(|index| self.outermost.get(index)) {
            None => line,
            Some(&(stays, last, hidden)) if line <= last => stays - (hidden - (last - stays)),
            Some(&(_, _, hidden)) => line - hidden,
        }
    }

    /// Cuts `count` places from `row` on into ranges of neighbouring lines, of `lines`.
    pub fn lines_in(&self, row: u64, count: u64, lines: u64) -> Vec<Range<u64>> {
        let end = row.saturating_add(count).min(self.visible(lines));
        let mut ranges = Vec::new();
        let mut row = row;
        while row < end {
            let from = self.line_at(row);
            let next = self.outermost.partition_point(|&(stays, ..)| stays < from);
            let stays = self.outermost.get(next).map_or(u64::MAX, |&(stays, ..)| stays);
            let to = from.saturating_add(end - row).min(stays.saturating_add(1));
            row += to - from;
            ranges.push(from..to);
        }
        ranges
    }

    fn lay_out(&mut self) {
        self.outermost.clear();
        let mut hidden = 0;
        for (&line, &last) in &self.folds {
            if self.outermost.last().is_none_or(|outer| line > outer.1) {
                hidden += last - line;
                self.outermost.push((line, last, hidden));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_seen_is_what_no_fold_hides(
            folds in proptest::collection::vec((0_u64..60, 1_u64..20, any::<bool>()), 0..12),
            row in 0_u64..60,
            count in 0_u64..60,
        ) {
            // Only nested or disjoint ranges occur in a tree.
            let mut set = Folds::default();
            let mut ranges: Vec<(u64, u64)> = Vec::new();
            for (from, length, folded) in folds {
                let to = (from + length).min(59);
                let crosses = |&(f, t): &(u64, u64)| (f < from && from <= t && t < to) || (from < f && f <= to && to < t);
                if from == to || ranges.iter().any(crosses) {
                    continue;
                }
                set.fold(from, to);
                ranges.retain(|range| range.0 != from);
                if folded { ranges.push((from, to)) } else { set.unfold(from) }
            }
            let seen: Vec<u64> =
                (0..60).filter(|line| !ranges.iter().any(|(from, to)| from < line && line <= to)).collect();
            prop_assert_eq!(set.visible(60), seen.len() as u64);
            for (row, &line) in (0..).zip(&seen) {
                prop_assert_eq!(set.line_at(row), line);
                prop_assert_eq!(set.row_of(line), row);
            }
            for line in 0..60 {
                let shown = seen.iter().rposition(|&s| s <= line).unwrap() as u64;
                prop_assert_eq!(set.row_of(line), shown);
            }
            let window: Vec<u64> = set.lines_in(row, count, 60).into_iter().flatten().collect();
            let expected: Vec<u64> = seen.into_iter().skip(row as usize).take(count as usize).collect();
            prop_assert_eq!(window, expected);
        }
    }
}
