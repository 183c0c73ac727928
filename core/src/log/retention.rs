//! Which of a log's oldest rows may go by `retention.ms` and `retention.bytes`: what Kafka's `UnifiedLog.deleteOldSegments` decides of
//! segments, decided of rows.
//!
//! ```text
//! log start                                                                          end
//! ┌───────────┬───────────┬───────────┬───────────────┬───────────┬──────────────────┐
//! │ goes: what is left is  │ goes: its largest time  │ stays     │ stays, however    │
//! │ retention.bytes or more│ is over retention.ms ago│           │ old it is         │
//! └───────────┴───────────┴───────────┴───────────────┴───────────┴──────────────────┘
//! ```

use crate::ids::Timestamp;
use crate::storage::key::ChunkKey;

/// Goes through a log's rows from its start on.
#[derive(Clone, Debug)]
pub struct Retention {
    now: Timestamp,
    retention_ms: Option<i64>,
    /// How much more there is than must be kept; `None` when nothing goes for its size, or nothing more does.
    superfluous_bytes: Option<u64>,
}

/// How many of some rows may go, from the first on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Going {
    /// So many.
    pub rows: usize,
    /// Whether a row was met that stays, so that nothing behind it goes either.
    pub is_settled: bool,
}

impl Retention {
    /// Begins at a log's start. `bytes` counts what its rows that hold records take in storage.
    pub fn new(now: Timestamp, retention_ms: Option<i64>, retention_bytes: Option<u64>, bytes: u64) -> Self {
        let superfluous_bytes = retention_bytes.and_then(|kept| bytes.checked_sub(kept));
        Self { now, retention_ms, superfluous_bytes }
    }

    /// Counts how many of these rows may go, which follow upon those that did.
    ///
    /// A row that tells no time goes along with the first one behind it that may go. In Kafka it would as well: records without a
    /// time share a segment with others, whose largest time counts for all.
    pub fn going(&mut self, rows: &[ChunkKey]) -> Going {
        let mut going = Going { rows: 0, is_settled: false };
        for (count, row) in (1..).zip(rows) {
            match self.may_go(row) {
                Some(true) => going.rows = count,
                Some(false) => return Going { is_settled: true, ..going },
                None => {}
            }
        }
        going
    }

    /// Tells whether a row may go by itself; `None` when that cannot be told of it.
    fn may_go(&mut self, row: &ChunkKey) -> Option<bool> {
        // It only keeps offsets from being given out again.
        if row.records == 0 {
            return None;
        }
        // The row that would leave too little ends it: none behind it goes for its size.
        let bytes = u64::from(row.bytes);
        self.superfluous_bytes =
            self.superfluous_bytes.and_then(|superfluous| superfluous.checked_sub(bytes));
        if self.superfluous_bytes.is_some() {
            return Some(true);
        }
        let Some(retention_ms) = self.retention_ms else { return Some(false) };
        let latest = row.max_timestamp.millis();
        // A time that is still to come lies less than nothing ago.
        (latest >= 0).then(|| self.now.millis().saturating_sub(latest) > retention_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{LogId, Offset};

    /// Makes rows of one record each, from their bytes and times.
    fn rows(all: &[(u32, i64)]) -> Vec<ChunkKey> {
        let row = |(base, &(bytes, time)): (i64, &(u32, i64))| ChunkKey {
            log: LogId::new(1),
            base_offset: Offset::new(base),
            last_offset_delta: 0,
            records: u32::from(bytes > 0),
            bytes,
            min_timestamp: Timestamp::NONE,
            max_timestamp: Timestamp::from_millis(time),
        };
        (0..).zip(all).map(row).collect()
    }

    fn by_time(now: i64, retention_ms: i64, times: &[i64]) -> (usize, bool) {
        let rows = rows(&times.iter().map(|time| (1, *time)).collect::<Vec<_>>());
        let going = Retention::new(Timestamp::from_millis(now), Some(retention_ms), None, 0).going(&rows);
        (going.rows, going.is_settled)
    }

    fn by_size(retention_bytes: u64, bytes: &[u32]) -> (usize, bool) {
        let rows = rows(&bytes.iter().map(|bytes| (*bytes, 5)).collect::<Vec<_>>());
        let all = bytes.iter().map(|bytes| u64::from(*bytes)).sum();
        let going = Retention::new(Timestamp::NONE, None, Some(retention_bytes), all).going(&rows);
        (going.rows, going.is_settled)
    }

    #[test]
    fn a_row_goes_once_its_largest_time_is_longer_ago_than_retention_ms() {
        assert_eq!(by_time(100, 10, &[89, 88, 90, 1]), (2, true));
        assert_eq!(by_time(100, 10, &[1, 2]), (2, false));
        assert_eq!(by_time(100, 0, &[99, 100]), (1, true));
    }

    #[test]
    fn a_clock_that_jumps_and_times_at_the_ends_of_what_there_is_do_no_harm() {
        assert_eq!(by_time(i64::MIN, 0, &[1]), (0, true));
        assert_eq!(by_time(i64::MAX, i64::MAX - 1, &[0, 1]), (1, true));
        assert_eq!(by_time(100, 0, &[i64::MAX, 1]), (0, true));
        assert_eq!(by_time(100, i64::MAX, &[0]), (0, true));
    }

    #[test]
    fn a_row_without_a_time_waits_for_the_first_one_behind_it_that_has_one() {
        assert_eq!(by_time(100, 10, &[-1, -1]), (0, false));
        assert_eq!(by_time(100, 10, &[-1, -1, 5, -1, 95]), (3, true));
        assert_eq!(by_time(100, 10, &[-1, 95, 5]), (0, true));
    }

    #[test]
    fn as_many_rows_go_for_their_size_as_leave_retention_bytes_or_more() {
        assert_eq!(by_size(10, &[4, 4, 4, 4]), (1, true));
        assert_eq!(by_size(12, &[4, 4, 4, 4]), (1, true));
        assert_eq!(by_size(13, &[4, 4, 4, 4]), (0, true));
        assert_eq!(by_size(0, &[4, 4]), (2, false));
        // As in Kafka: a small one behind a large one that stays does not go instead.
        assert_eq!(by_size(5, &[2, 9, 1, 4]), (2, true));
        assert_eq!(by_size(6, &[2, 9, 1, 4]), (1, true));
    }

    #[test]
    fn what_stands_for_lost_records_goes_along_and_never_alone() {
        assert_eq!(by_size(4, &[0, 4, 0, 4]), (2, true));
        assert_eq!(by_size(8, &[0, 0]), (0, false));
    }

    #[test]
    fn what_is_looked_at_piece_by_piece_counts_as_a_whole() {
        let rows = rows(&[(4, 50), (4, 60), (4, 1), (4, 99)]);
        let mut retention = Retention::new(Timestamp::from_millis(100), Some(40), Some(9), 16);
        assert_eq!(retention.going(&rows[..1]), Going { rows: 1, is_settled: false });
        assert_eq!(retention.going(&rows[1..]), Going { rows: 0, is_settled: true });
        let mut retention = Retention::new(Timestamp::from_millis(100), Some(40), Some(8), 16);
        assert_eq!(retention.going(&rows), Going { rows: 3, is_settled: true });
    }
}
