//! Every maximum of this crate, on one screen, each with its reason. The core's are in [`tablog_core::limits`].

/// Characters of a key or a value that a row of the grid shows: wider than any column, small enough to send 200 rows at once.
pub const PREVIEW_CHARS: usize = 200;

/// Bytes of a value that its preview may look at: four bytes for each character, and room for folded white space.
pub const PREVIEW_BYTES: usize = 1_024;

/// Characters on one line of a value view; longer lines go on in a continuation. Keeps what crosses to the page small, and one
/// line's layout fast.
pub const VIEW_LINE_CHARS: usize = 1_000;

/// Lines that one window of a value view brings at most: more than ten screens.
pub const VIEW_WINDOW_LINES_MAX: usize = 2_000;

/// Lines between two places from which a value view can start reading: a jump re-reads at most so many.
pub const VIEW_CHECKPOINT_LINES: u64 = 64;

/// Bytes between two such places, whichever comes first.
pub const VIEW_CHECKPOINT_BYTES: usize = 16 * 1024;

/// Ends of foldable ranges up to this many lines are found by looking ahead; only longer ones are kept, so that a value of
/// nothing but brackets needs no more memory than any other.
pub const FOLD_LOOK_AHEAD_LINES: u64 = 128;

/// Deepest nesting of JSON that is laid out: twice what common parsers accept, and no screen is as wide.
pub const JSON_DEPTH_MAX: usize = 1_000;

/// Rows that one window of the grid brings at most: fifty screens.
pub const WINDOW_ROWS_MAX: usize = 2_000;

/// Places in the order that are kept to carry on from: a few readers scrolling in both directions.
pub const CUTS_KEPT: usize = 16;

/// Small neighbouring zones are read as one up to this many bytes: where records of many partitions interleave, a jump reads
/// one zone of each, and 1,000 of these are a moment's work.
pub const ZONE_BYTES_JOINED_MAX: u64 = 16 * 1024;

/// Small neighbouring zones are read as one up to this many records: a few screens are a few zones.
pub const ZONE_RECORDS_JOINED_MAX: u32 = 64;

/// Zones that one question to a source brings: the core asks its store as many things at once.
pub const ZONES_READ_AT_ONCE_MAX: usize = tablog_core::limits::SCANS_AT_ONCE_MAX;

/// Bytes that one question to a source brings, unless a single zone is larger: the answer is held whole.
pub const ZONE_BYTES_READ_AT_ONCE_MAX: u64 = 8 * 1024 * 1024;

/// Zones that are read together while rows are merged: as many as will be needed soon, and no more than one waits for unnoticed.
pub const MERGE_ZONES_READ_AT_ONCE_MAX: usize = 64;

/// Timestamps kept in memory so that a jump need not read again: 2 million of 8 bytes each are 16 MB.
pub const CACHED_TIMES_MAX: usize = 2_000_000;

/// Zones remembered as they were read last, to read only what was appended since: one for each partition, and some.
pub const CACHED_TAILS_MAX: usize = 4_096;

/// Bytes of batches kept in memory so that scrolling need not read again: some sixty zones.
pub const CACHED_BATCH_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Buckets of one histogram: more than a wide screen has pixels.
pub const HISTOGRAM_BUCKETS_MAX: usize = 4_096;

/// Zones that one histogram reads to count exactly where an estimate would show: what one may wait for unnoticed.
pub const HISTOGRAM_ZONES_READ_MAX: usize = 16;

/// Records that one histogram walks, in memory or read for it: a few milliseconds, since it is counted anew while records come
/// in and a replay waits on the same thread.
pub const HISTOGRAM_RECORDS_WALKED_MAX: usize = 100_000;

/// Slowest speed of a replay.
pub const REPLAY_SPEED_MIN: f64 = 0.1;

/// Fastest speed of a replay that still keeps gaps; faster is "as fast as possible".
pub const REPLAY_SPEED_MAX: f64 = 1_000.0;

/// Rows that become due in one answer: what a screen can take up before the next frame.
pub const REPLAY_ROWS_PER_TICK_MAX: usize = 1_000;

/// Rows whose timestamps a replay holds in advance.
pub const REPLAY_LOOK_AHEAD_ROWS: usize = 4_096;

/// Pause between a looped replay's last record and its first, in recorded time: one can see where it starts over, and records
/// that all have one timestamp cannot spin.
pub const REPLAY_LOOP_GAP_MS: i64 = 1_000;

/// Fields and elements that are decoded of one key or value of an internal topic: more than Kafka writes into its largest
/// group, and no more than a few dozen megabytes whatever the bytes say.
pub const DECODED_NODES_MAX: usize = 500_000;
