//! Which row elements of a list that scrolls go, and which come.

use std::ops::Range;

/// What happens to consecutive rows when others are to be shown.
#[derive(Debug, PartialEq, Eq)]
pub struct RowMoves {
    /// So many go at the front.
    pub leave_front: usize,
    /// So many go at the back.
    pub leave_back: usize,
    /// These come before what stays.
    pub join_front: Range<u64>,
    /// These come after it.
    pub join_back: Range<u64>,
}

impl RowMoves {
    /// Compares `count` rows from `first` on with those that are to be shown.
    pub fn between(first: u64, count: usize, range: &Range<u64>) -> Self {
        let end = first.saturating_add(count as u64);
        let stays = first.max(range.start)..end.min(range.end);
        if stays.is_empty() {
            let join_back = range.clone();
            return Self { leave_front: count, leave_back: 0, join_front: 0..0, join_back };
        }
        // Both are at most `count`.
        Self {
            leave_front: (stays.start - first) as usize,
            leave_back: (end - stays.end) as usize,
            join_front: range.start..stays.start,
            join_back: stays.end..range.end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moves(from: Range<u64>, to: Range<u64>) -> (usize, usize, Range<u64>, Range<u64>) {
        let RowMoves { leave_front, leave_back, join_front, join_back } =
            RowMoves::between(from.start, (from.end - from.start) as usize, &to);
        (leave_front, leave_back, join_front, join_back)
    }

    #[test]
    fn what_stays_in_view_is_not_touched() {
        assert_eq!(moves(10..50, 13..53), (3, 0, 13..13, 50..53), "down");
        assert_eq!(moves(10..50, 7..47), (0, 3, 7..10, 47..47), "up");
        assert_eq!(moves(10..50, 10..50), (0, 0, 10..10, 50..50), "nowhere");
        assert_eq!(moves(10..50, 12..40), (2, 10, 12..12, 40..40), "a smaller window");
        assert_eq!(moves(12..40, 10..50), (0, 0, 10..12, 40..50), "a larger window");
    }

    #[test]
    fn a_jump_takes_all_elements_along() {
        assert_eq!(moves(10..50, 900..940), (40, 0, 0..0, 900..940));
        assert_eq!(moves(900..940, 0..40), (40, 0, 0..0, 0..40));
        assert_eq!(moves(0..0, 0..40), (0, 0, 0..0, 0..40), "the first rows");
        assert_eq!(moves(5..9, 0..0), (4, 0, 0..0, 0..0), "no rows any more");
    }
}
