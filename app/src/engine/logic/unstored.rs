//! What is not stored of things that were sent together, in a sentence: it is not always all from one of them on, since what goes
//! to several partitions may go with several commits.

use std::collections::BTreeMap;

use tablog_core::broker::ProduceError;
use tablog_core::client::SentAll;

use super::words::{capitalized, grouped};

/// How many are named one by one; the others are counted.
const NAMED_MAX: usize = 5;

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub struct Things {
    one: &'static str,
    /// What they are counted in.
    of: &'static str,
    /// Whether others were to be sent after these.
    go_on: bool,
}

/// Lines of a file.
pub const LINES: Things = Things { one: "line", of: "", go_on: true };
/// Rows of a view.
pub const ROWS: Things = Things { one: "record", of: " of the view", go_on: true };
/// Records of one request.
pub const RECORDS: Things = Things { one: "record", of: "", go_on: false };

/// What failed: its place among what was sent, and whether it may be stored nevertheless.
pub type Failed = BTreeMap<usize, bool>;

/// Tells whether records that failed so may be stored nevertheless.
pub fn is_doubtful(error: &ProduceError) -> bool {
    matches!(error, ProduceError::OutcomeUnknown(_))
}

impl Things {
    /// Says that nothing is stored from a number on.
    pub fn onwards(self, number: u64) -> String {
        let Self { one, of, .. } = self;
        format!("{} {}{of} and all after it are not stored", capitalized(one), grouped(number))
    }

    /// Says what is not stored of what was sent; `None` when all of it is. `numbers` has the number of each, rising.
    pub fn unstored(self, numbers: &[u64], failed: &Failed) -> Option<String> {
        let (&first, _) = failed.first_key_value()?;
        let any_doubtful = failed.values().any(|&doubtful| doubtful);
        if !any_doubtful && first.saturating_add(failed.len()) == numbers.len() {
            return numbers.get(first).map(|&number| self.onwards(number));
        }
        let places = |doubtful| {
            let places = failed.iter().filter(|&(_, &is_doubtful)| is_doubtful == doubtful);
            places.map(|(&place, _)| place).collect::<Vec<usize>>()
        };
        let mut sentences = Vec::new();
        sentences.extend(self.name(numbers, &places(false), ["is not stored", "are not stored"]));
        sentences.extend(self.name(numbers, &places(true), ["may or may not be stored"; 2]));
        if let Some(last) = numbers.last().filter(|_| self.go_on) {
            sentences.push(format!("Nothing after {} {} is stored", self.one, grouped(*last)));
        }
        Some(sentences.join(". "))
    }

    /// Says why sending many ended, and what is not stored; `None` when all is well.
    pub fn why_unstored(self, numbers: &[u64], sent: &SentAll) -> Option<String> {
        let mut failed = Failed::new();
        for part in &sent.failed {
            failed.extend(part.indexes.iter().map(|&place| (place, is_doubtful(&part.error))));
        }
        let first = sent.failed.iter().min_by_key(|part| part.indexes.first())?;
        let why = capitalized(&first.error.to_string());
        Some(format!("{why}. {}", self.unstored(numbers, &failed)?))
    }

    /// Names those at some places, or the first of them.
    fn name(self, numbers: &[u64], places: &[usize], [is, are]: [&str; 2]) -> Option<String> {
        let Self { one, of, .. } = self;
        let (&first, &last) = (places.first()?, places.last()?);
        let number = |place: usize| numbers.get(place).map(|&number| grouped(number));
        let named: Vec<String> = places.iter().take(NAMED_MAX).filter_map(|&place| number(place)).collect();
        if places.len() == 1 {
            return Some(format!("{} {}{of} {is}", capitalized(one), number(first)?));
        }
        if last.checked_sub(first)?.saturating_add(1) == places.len() {
            return Some(format!("{}s {} to {}{of} {are}", capitalized(one), number(first)?, number(last)?));
        }
        let listed = match (places.len().checked_sub(NAMED_MAX), named.split_last()) {
            (None | Some(0), Some((last, others))) => format!("{} and {last}", others.join(", ")),
            (more, _) => {
                let more = u64::try_from(more.unwrap_or_default()).unwrap_or(u64::MAX);
                format!("{} and {} more", named.join(", "), grouped(more))
            }
        };
        let (from, to) = (grouped(*numbers.first()?), grouped(*numbers.last()?));
        let count = grouped(u64::try_from(places.len()).unwrap_or(u64::MAX));
        Some(format!("Of {one}s {from} to {to}{of}, {count} {are}: {listed}"))
    }
}

#[cfg(test)]
mod tests {
    use tablog_core::client::FailedRecords;
    use tablog_core::storage::StorageError;

    use super::*;

    fn failed(places: impl IntoIterator<Item = usize>, doubtful: bool) -> Failed {
        places.into_iter().map(|place| (place, doubtful)).collect()
    }

    fn said(things: Things, failed: &Failed) -> String {
        let numbers: Vec<u64> = (1_001..=1_012).collect();
        things.unstored(&numbers, failed).unwrap_or_default()
    }

    #[test]
    fn an_end_that_is_not_stored_is_named_by_its_beginning() {
        assert_eq!(said(LINES, &failed(3..12, false)), "Line 1,004 and all after it are not stored");
        assert_eq!(
            said(ROWS, &failed([11], false)),
            "Record 1,012 of the view and all after it are not stored"
        );
        assert_eq!(LINES.unstored(&[1, 2], &Failed::new()), None);
    }

    /// A bug said of every failure that all after it was not stored: whoever went on from there stored records twice.
    #[test]
    fn what_is_missing_between_others_is_named_and_counted() {
        let rest = "Nothing after line 1,012 is stored";
        assert_eq!(said(LINES, &failed([2], false)), format!("Line 1,003 is not stored. {rest}"));
        assert_eq!(said(LINES, &failed(2..5, false)), format!("Lines 1,003 to 1,005 are not stored. {rest}"));
        assert_eq!(
            said(LINES, &failed((1..12).step_by(2), false)),
            format!(
                "Of lines 1,001 to 1,012, 6 are not stored: 1,002, 1,004, 1,006, 1,008, 1,010 and 1 more. {rest}"
            )
        );
        assert_eq!(
            said(RECORDS, &failed([0, 4, 5, 9, 11], false)),
            "Of records 1,001 to 1,012, 5 are not stored: 1,001, 1,005, 1,006, 1,010 and 1,012"
        );
        assert_eq!(
            said(RECORDS, &failed([0, 2], false)),
            "Of records 1,001 to 1,012, 2 are not stored: 1,001 and 1,003"
        );
    }

    #[test]
    fn what_may_be_stored_is_not_called_lost() {
        assert_eq!(
            said(LINES, &failed(8..12, true)),
            "Lines 1,009 to 1,012 may or may not be stored. Nothing after line 1,012 is stored"
        );
        let mut both = failed([4, 5], true);
        both.extend(failed([7, 9], false));
        assert_eq!(
            said(RECORDS, &both),
            "Of records 1,001 to 1,012, 2 are not stored: 1,008 and 1,010. Records 1,005 to 1,006 may or may not be stored"
        );
    }

    #[test]
    fn the_first_failure_is_the_reason() {
        let part = |indexes: &[usize], error| FailedRecords { indexes: indexes.to_vec(), error };
        let lost = ProduceError::OutcomeUnknown(StorageError::ConnectionLost("unplugged".to_owned()));
        let full = ProduceError::Storage(StorageError::QuotaExceeded);
        let sent = SentAll { ranges: Vec::new(), failed: vec![part(&[3], full), part(&[1, 2], lost)] };
        let why = LINES.why_unstored(&[5, 6, 7, 8], &sent).unwrap_or_default();
        assert!(why.starts_with("It is not known whether the records were stored: "), "{why}");
        assert!(
            why.ends_with(". Line 8 is not stored. Lines 6 to 7 may or may not be stored. Nothing after line 8 is stored"),
            "{why}"
        );
    }
}
