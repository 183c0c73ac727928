//! How many rows are read at once: rows are counted, and memory is bytes.

/// Bytes of records that one window may hold: a few of Kafka's largest by default, and little beside the engine's caches.
const WINDOW_BYTES: u64 = 8 * 1024 * 1024;

/// Returns how many of `rows` rows, `bytes` bytes in all, to read at once: about [`WINDOW_BYTES`], 1 at least, `rows_max` at most.
pub fn rows_at_once(rows: u64, bytes: u64, rows_max: usize) -> usize {
    let wide = u128::from(WINDOW_BYTES) * u128::from(rows) / u128::from(bytes.max(1));
    usize::try_from(wide).unwrap_or(usize::MAX).clamp(1, rows_max.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_rows_are_read_by_the_thousand_and_large_ones_by_their_bytes() {
        const MIB: u64 = 1024 * 1024;
        assert_eq!(rows_at_once(1_000_000, 100 * MIB, 1_000), 1_000);
        // A window of a thousand records of a megabyte was a gigabyte.
        assert_eq!(rows_at_once(1_000, 1_000 * MIB, 1_000), 8);
        assert_eq!(rows_at_once(3, 600 * MIB, 1_000), 1);
        assert_eq!([rows_at_once(0, 0, 200), rows_at_once(u64::MAX, u64::MAX, 10)], [1, 10]);
    }
}
