//! Every maximum in the system, on one screen, each with its reason.

/// Longest topic name: Kafka's `Topic.MAX_NAME_LENGTH`, so that `name-partition` stays a legal folder name.
pub const TOPIC_NAME_LENGTH_MAX: usize = 249;

/// Most partitions a topic may have: one browser tab draws and merges them all.
pub const PARTITIONS_MAX: i32 = 1_000;

/// Default of `max.message.bytes`, Kafka's own: 1 MiB plus the batch overhead of 12 bytes.
pub const MAX_MESSAGE_BYTES_DEFAULT: i32 = 1_048_588;

/// Largest batch that is ever read from a file: the largest length an int32 can hold would let one flipped bit ask for 2 GB.
pub const BATCH_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Most bytes that a compressed batch's records may take unpacked: as many as may lie in a batch uncompressed. A few kilobytes can
/// stand for gigabytes, and a tab's memory ends at four.
pub const UNPACKED_BYTES_MAX: usize = BATCH_BYTES_MAX;

/// Most records of a compressed batch that is read: ten times what fits into `max.message.bytes` uncompressed, and as rows still no
/// more than 80 MB. Larger counts are damage, and would ask for more memory than a tab has.
pub const BATCH_RECORDS_MAX: usize = 10_000_000;

/// Most records that one compressed byte stands for: 28 KB of the smallest records, far beyond what any codec reaches, since
/// each one's offset differs from the one before.
pub const COMPRESSED_RECORDS_PER_BYTE_MAX: usize = 4_096;

/// A batch whose records take at least so many bytes goes into its row as it is; less is cheaper to copy than to hand over apart.
pub const PIECE_BYTES_MIN: usize = 4 * 1024;

/// A producer closes its batch at this size: Kafka's default `batch.size`. One record is decoded by walking its batch.
pub const BATCH_BYTES_TARGET: usize = 16 * 1024;

/// A row of the chunk table is closed at this size. Chromium keeps each value of 64 KiB and more apart, with LevelDB in a file of its
/// own: there, rows of 512 KiB are written 1.4 times as fast as rows of 256 KiB, and larger ones no faster (docs/adr/0013).
pub const CHUNK_BYTES_TARGET: usize = 512 * 1024;

/// Most bytes that one storage commit carries; more waits for the next one, so that memory stays bounded.
pub const COMMIT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Most bytes that wait for a commit, over all producers: Kafka's default `buffer.memory`.
pub const BUFFER_MEMORY_BYTES: usize = 32 * 1024 * 1024;

/// How often an append that lost a race against another tab is tried again before it is given up.
pub const CONFLICT_RETRIES_MAX: u32 = 64;

/// Most rows that one scan may ask for: Chromium hands over at most 1,000 values a message.
pub const SCAN_ROWS_MAX: usize = 1_000;

/// Keys that one request for keys brings: more than `KEY_SCAN_ROWS_MAX`, so that what the log asks for is one request, which holds
/// nobody up when its tab is frozen; few enough not to hold up the thread.
pub const SCAN_KEYS_PAGE: u32 = 16_384;

/// Scans that are asked in one transaction: far fewer round trips than one by one, and a queue that stays short for others.
pub const SCANS_AT_ONCE_MAX: usize = 256;

/// Reads of one partition that are under way while its records are looked at in order: where nothing else is done with the bytes, two
/// bring all that there is; where they are decoded, four of half the size bring more (docs/adr/0013).
pub const READS_UNDER_WAY: usize = 4;

/// Bytes of one fetch while a span is read: a row of the chunk table.
pub const SPAN_FETCH_BYTES_MAX: usize = CHUNK_BYTES_TARGET;

/// Bytes of rows that are asked for in one round of many short reads: enough to be quick, few enough to hold in memory.
pub const READ_AT_ONCE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How long opening may take before it fails: a browser that does not answer must not hang the page, a slow disk may take its time.
pub const DATABASE_OPEN_WAIT_MS: i32 = 30_000;

/// How long opening may take before the person is told that something is in its way: a cold browser needs a second or two.
pub const DATABASE_OPEN_NOTICE_MS: i32 = 3_000;

/// How long to wait before a database whose files could not be opened is tried once more: a disk or a scanner may be busy with them.
pub const DATABASE_OPEN_AGAIN_MS: i32 = 300;

/// How long an upgrade may take before the person is told that another tab stands in its way.
pub const DATABASE_BLOCKED_NOTICE_MS: i32 = 1_000;

/// How long the person is then given to close that tab before opening fails; it can be tried again at any time.
pub const DATABASE_BLOCKED_WAIT_MS: i32 = 5_000;

/// How often opening starts again because the database was deleted or upgraded by somebody else in the meantime.
pub const DATABASE_OPEN_ATTEMPTS_MAX: u32 = 5;

/// How long a connection reads before the browser is asked for a new journal, in milliseconds, unless there is a commit first: opening
/// and reading the last record take about as long, and a new journal some ten of them.
pub const JOURNAL_ASK_MS: i32 = 30;

/// How long it is then until the new journal is seen to, in milliseconds, unless there is a commit first.
pub const JOURNAL_REST_MS: i32 = 250;

/// Bytes of one row with which LevelDB's memory is filled so that it begins a new journal: Chromium keeps those of 64 KiB and more elsewhere.
pub const JOURNAL_ROW_BYTES: u32 = 60 * 1024;

/// Rows that fill LevelDB's memory: 4.1 MiB, where it begins a new journal at 4 (`write_buffer_size`).
pub const JOURNAL_ROWS: u32 = 70;

/// Longest that a commit waits for the browser to begin a new journal, in milliseconds. A disk may stall for seconds; a full one says
/// so at once.
pub const JOURNAL_WAIT_MS: i32 = 30_000;

/// Longest line of a JSON Lines file: a record's value in base64 with room to spare.
pub const LINE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Most headers on one record that is read: a guard against a damaged count, far above any real use.
pub const HEADERS_MAX: usize = 100_000;

/// Most keys that one scan asks for when it wants no values: 400 KB of keys, a small part of a frame's time to read.
pub const KEY_SCAN_ROWS_MAX: usize = 10_000;

/// How often a commit is tried again that the storage failed and provably did not apply.
pub const STORAGE_RETRIES_MAX: u32 = 2;

/// Bytes that are kept in the store for the day on which the disk is full (docs/adr/0018): as many as one commit may bring, since
/// Chromium lets one through by what was free before the last one, and then counts more than there is.
pub const BALLAST_BYTES: usize = COMMIT_BYTES_MAX;

/// Bytes of one row of ballast.
pub const BALLAST_ROW_BYTES: usize = 1024 * 1024;

/// With less room than this no ballast is taken in: records are to have what is left.
pub const BALLAST_ROOM_BYTES_MIN: u64 = 4 * BALLAST_BYTES as u64;

/// How long it is tried to commit once ballast was thrown off: Chromium had given its room free within 0.1 s.
pub const BALLAST_FREED_MS_MAX: i64 = 2_000;

/// How often it is tried then at most, for where the clock stands still.
pub const BALLAST_FREED_TRIES_MAX: u32 = 1_000;

/// How often a read is planned anew because what it wanted was deleted meanwhile.
pub const READ_RETRIES_MAX: u32 = 8;

/// How long a client's note is kept: no tab sleeps in the middle of a commit for longer than 30 days.
pub const CLIENT_ROW_KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// How long a client appends without another note in its row: far less than `CLIENT_ROW_KEPT_MS`, after which the row is removed.
pub const CLIENT_NOTE_MS_MAX: i64 = 24 * 60 * 60 * 1000;

/// Most logs that a client's row names: whoever looks for what it appended looks at these.
pub const CLIENT_NOTE_LOGS_MAX: usize = 8;

/// Most losses that the witness remembers; the oldest go first. Whoever lost more often has exported the report before.
pub const LOSSES_KEPT_MAX: usize = 100;

/// Up to so many logs are read one by one; more of them in one scan that may pass over logs which nobody asked for.
pub const LOGS_READ_SINGLY_MAX: usize = 8;

/// Most rejected lines of an import that are kept to be shown; the others are counted. Nobody reads more.
pub const IMPORT_ERRORS_KEPT_MAX: usize = 100;

/// Most lines that are looked at, in search of one that is valid JSON, before a file's format is settled.
pub const DETECT_LINES_MAX: usize = 8;

/// Most bytes of such lines that are kept meanwhile: a line of an event has a small part of that, and memory stays bounded.
pub const DETECT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Bytes of a file that are looked at together while it is indexed: small enough to show rows at once, large enough that asking costs
/// little. Four times that is there at a time, at most.
pub const FILE_WINDOW_BYTES: usize = 1024 * 1024;

/// Bytes of a file that are copied at once: a browser takes small parts of a new file more slowly.
pub const FILE_COPY_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of the one buffer that a browser fills while a file is gone through in order.
pub const FILE_STREAM_BUFFER_BYTES: u32 = 1024 * 1024;

/// Places at which one file is gone through in order at a time, by an index and an export for example; of more, the oldest is forgotten.
pub const FILE_STREAMS_MAX: usize = 2;

/// A batch in a file up to this size is read whole and its CRC checked while indexing; a larger one is jumped over, and checked when it is fetched.
pub const FILE_VERIFY_BYTES_MAX: usize = 256 * 1024;

/// A file's zone is closed at this many bytes.
pub const FILE_ZONE_BYTES_TARGET: u64 = 256 * 1024;

/// A file's zone is closed at this many records, so that finding one by its rank walks few.
pub const FILE_ZONE_RECORDS_TARGET: u32 = 1_000;

/// Damaged places of one file that are listed one by one; more are counted.
pub const FILE_DAMAGE_LISTED_MAX: usize = 1_000;

/// How many times a file's length may be spent on checking what only looks like a batch, after damage: a file made to fool the search ends it.
pub const FILE_RESYNC_CHECKS_MAX: u64 = 4;

/// Bytes that may be spent on checking what only looks like a batch before a file is opened at all: far more than what any real
/// batch takes, and read in a moment.
pub const FILE_SNIFF_CHECKS_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// How many logs are looked at together: the store answers in turn anyway, and its queue stays short for others.
pub const LOGS_READ_AT_ONCE_MAX: usize = 32;

/// After how many lost races in a row a client says that it waits: one loss is common and cures itself.
pub const CONFLICTS_BEFORE_WAITING: u32 = 2;

/// How many commits a client makes before it looks whether another one waits: far fewer than CONFLICT_RETRIES_MAX, and enough
/// to make looking cheap.
pub const COMMITS_BETWEEN_TURNS: u64 = 16;

/// How many reads long a client pauses for another one at most: more than a browser does within `TURN_MS_MAX`, so that this counts
/// only where the clock stands still.
pub const TURN_READS_MAX: u32 = 10_000;

/// How long a client pauses for another one at most, and how long one that says it waits is believed: its tab may be frozen, or
/// gone. Half of the second that nobody is to wait beyond for a tab that is frozen.
pub const TURN_MS_MAX: i64 = 500;

/// How long a client lets its note stand before it says again that it waits: well within `TURN_MS_MAX`.
pub const TURN_NOTE_MS_MAX: i64 = 150;

/// How many steps one partition's files are indexed in a row: each change reads up to a window again, so that a change costs an
/// eighth at most.
pub const FILE_STEPS_IN_A_ROW: u32 = 8;

/// Findings of a verification that are listed one by one; more are counted. Nobody reads more.
pub const VERIFY_FINDINGS_LISTED_MAX: usize = 2_000;

/// Findings of one kind that are listed for one file: a wrong index is wrong in every entry.
pub const VERIFY_FINDINGS_PER_FILE_MAX: u64 = 10;

/// Entries of an index that are read at once: windows of some hundred kilobytes.
pub const VERIFY_INDEX_WINDOW_ENTRIES: usize = 16 * 1024;

/// Producers of one partition that a verification keeps in mind: some 20 MB. A partition has a few, seldom thousands.
pub const VERIFY_PRODUCERS_MAX: usize = 200_000;

/// Largest small file (checkpoint, snapshot, properties) that is read whole: 300,000 producers.
pub const SMALL_FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Longest line of `quorum-state` that is read: two thousand voters, where Kafka's clusters have three or five.
pub const QUORUM_STATE_BYTES_MAX: usize = 64 * 1024;

/// Transactions of one partition that are kept in mind, aborted ones and parts of open ones: some 40 MB. What comes after more
/// of them counts as not stable yet, so that nothing aborted is ever shown as committed.
pub const TRANSACTIONS_TRACKED_MAX: usize = 500_000;

/// Bytes that one fetch of committed records reads at most in search of one that was not aborted: some 100 ms of reading.
pub const READ_COMMITTED_SKIP_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Rows that are looked at first to see whether retention has anything to do in a log: as a rule the oldest one settles it.
pub const RETENTION_LOOK_ROWS: usize = 16;

/// Most rows that retention looks at, or deletes, at once: at 512 KiB each they are a gigabyte, Kafka's default `segment.bytes`, and
/// their keys take some hundred kilobytes however many rows a log has.
pub const RETENTION_STEP_ROWS: usize = 2_048;

/// How often retention is applied while somebody is there: Kafka's default `log.retention.check.interval.ms`.
pub const RETENTION_CHECK_INTERVAL_MS: u32 = 5 * 60 * 1000;
