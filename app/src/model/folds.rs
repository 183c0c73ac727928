//! Which lines of a text are folded away, and which line stands where then.

use std::collections::BTreeMap;
use std::ops::Range;

/// Folded ranges: the line that stays, and the last of those that are hidden behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folds {
    folded: BTreeMap<u64, u64>,
}

impl Folds {
    /// Folds the lines after `first` up to `last`, or unfolds them.
    pub fn toggle(&mut self, first: u64, last: u64) {
        if self.folded.remove(&first).is_none() && last > first {
            self.folded.insert(first, last);
        }
    }

    /// Tells whether the lines behind a line are folded away.
    pub fn is_folded(&self, first: u64) -> bool {
        self.folded.contains_key(&first)
    }

    /// Counts the lines that stay, out of `lines`.
    pub fn shown(&self, lines: u64) -> u64 {
        lines.saturating_sub(self.outermost().map(|(first, last)| last - first).sum())
    }

    /// Returns the line that stands at a place, counted from 0.
    pub fn line_at(&self, place: u64) -> u64 {
        let mut line = place;
        for (first, last) in self.outermost() {
            if first >= line {
                break;
            }
            line += last - first;
        }
        line
    }

    /// Returns the lines that stand at some places: a range for each run without a fold in between.
    pub fn lines_at(&self, places: Range<u64>) -> Vec<Range<u64>> {
        let mut runs: Vec<Range<u64>> = Vec::new();
        for line in places.map(|place| self.line_at(place)) {
            match runs.last_mut() {
                Some(run) if run.end == line => run.end = line + 1,
                _ => runs.push(line..line + 1),
            }
        }
        runs
    }

    /// Folds that are not themselves hidden by another, from the top.
    fn outermost(&self) -> impl Iterator<Item = (u64, u64)> {
        let mut hidden_to = None;
        self.folded.iter().filter_map(move |(&first, &last)| {
            if hidden_to.is_some_and(|hidden_to| first <= hidden_to) {
                return None;
            }
            hidden_to = Some(last);
            Some((first, last))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_fold_within_a_fold_hides_no_line_twice() {
        let mut folds = Folds::default();
        folds.toggle(3, 5);
        folds.toggle(1, 8);
        assert_eq!(folds.shown(10), 3);
        assert_eq!([0, 1, 2].map(|place| folds.line_at(place)), [0, 1, 9]);
        folds.toggle(1, 8);
        assert_eq!(folds.shown(10), 8);
        assert_eq!([0, 3, 4].map(|place| folds.line_at(place)), [0, 3, 6]);
    }

    #[test]
    fn what_a_fold_hides_is_no_part_of_the_lines_in_view() {
        // Folding a node of a million lines asked for all of them.
        let mut folds = Folds::default();
        assert_eq!(folds.lines_at(10..14), [10..14]);
        folds.toggle(11, 1_000_000);
        assert_eq!(folds.lines_at(10..14), [10..12, 1_000_001..1_000_003]);
        assert!(folds.lines_at(3..3).is_empty());
    }

    proptest! {
        #[test]
        fn places_name_the_lines_that_are_not_hidden(
            // Ranges that nest or lie apart, as brackets do.
            ranges in prop::collection::vec((0_u64..40, 1_u64..20), 0..8),
        ) {
            let mut folds = Folds::default();
            let mut kept: Vec<(u64, u64)> = Vec::new();
            for (first, length) in ranges {
                let last = first + length;
                let crosses = kept.iter().any(|&(a, b)| (a < first && first <= b && b < last) || (first < a && a <= last && last < b) || a == first);
                if !crosses {
                    kept.push((first, last));
                    folds.toggle(first, last);
                }
            }
            let lines = 80;
            let naive: Vec<u64> = (0..lines).filter(|line| !kept.iter().any(|&(a, b)| a < *line && *line <= b)).collect();
            prop_assert_eq!(folds.shown(lines), naive.len() as u64);
            for (place, line) in naive.iter().enumerate() {
                prop_assert_eq!(folds.line_at(place as u64), *line);
            }
        }
    }
}
