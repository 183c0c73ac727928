mod reads;
mod trust;

use bytes::Bytes;
use futures_executor::block_on;
use proptest::prelude::*;

use super::*;
use crate::ids::{Offset, PartitionId, Timestamp};
use crate::record::{BatchBuilder, NewRecord, Record, RecordBatch};
use crate::source::{Damage, Source, SourceError};

const NAME: &str = "orders-2/00000000000000000100.log";

fn batch_at(base: i64, records: i64, value_bytes: usize) -> RecordBatch {
    let mut builder = BatchBuilder::at(Offset::new(base));
    for index in 0..records {
        let value = Bytes::from(format!("{base}+{index} ").repeat(value_bytes / 8 + 1));
        let record = NewRecord { value: Some(value), ..NewRecord::default() };
        builder.try_push(&record, Timestamp::from_millis(base * 10 + index)).unwrap();
    }
    builder.build()
}

/// Batches back to back from offset 100 on.
fn dense(records_per_batch: &[i64], value_bytes: usize) -> Vec<RecordBatch> {
    let mut next = 100;
    let build = |&records: &i64| {
        let batch = batch_at(next, records, value_bytes);
        next += records;
        batch
    };
    records_per_batch.iter().map(build).collect()
}

fn bytes_of(batches: &[RecordBatch]) -> Vec<u8> {
    batches.iter().flat_map(|batch| batch.bytes().to_vec()).collect()
}

fn records_of(batches: &[RecordBatch]) -> Vec<Record> {
    batches.iter().flat_map(|batch| batch.records().unwrap().map(Result::unwrap)).collect()
}

fn open(name: &str, bytes: impl Into<Bytes>) -> Result<LogFile<MemoryFile>, OpenLogError> {
    let log = block_on(LogFile::open(MemoryFile::new(name, bytes)))?;
    while !block_on(log.index_step()).unwrap().done {}
    Ok(log)
}

/// Fetches everything: the records, and the damage that the fetches tell.
fn read_all(log: &LogFile<MemoryFile>, bytes_max: usize) -> (Vec<Record>, Vec<Damage>) {
    let partition = log.partition();
    let bounds = block_on(log.bounds(partition)).unwrap();
    let (mut records, mut damage) = (Vec::new(), Vec::new());
    let mut from = bounds.log_start_offset;
    loop {
        let fetched = block_on(log.fetch(partition, from, bytes_max)).unwrap();
        records.extend(records_of(&fetched.batches));
        damage.extend(fetched.damage);
        assert!(fetched.next_offset > from || fetched.next_offset == bounds.high_watermark);
        from = fetched.next_offset;
        if from == bounds.high_watermark {
            return (records, damage);
        }
    }
}

#[test]
fn a_whole_file_reads_as_it_was_written() {
    let batches = dense(&[3, 1, 700, 400, 1, 400], 100);
    let log = open(NAME, bytes_of(&batches)).unwrap();
    let partition = PartitionId::new(2);
    assert_eq!((log.partition(), log.partitions()), (partition, 3));
    let bounds = block_on(log.bounds(partition)).unwrap();
    assert_eq!((bounds.log_start_offset.value(), bounds.high_watermark.value()), (100, 1_605));
    assert_eq!((bounds.records, bounds.bytes), (1_505, log.file().len_bytes()));
    assert_eq!(bounds.max_timestamp, Some(Timestamp::from_millis(12_050 + 399)));
    let zones = block_on(log.zones(partition)).unwrap();
    assert!(zones.len() > 1, "zones are bounded: {zones:?}");
    assert_eq!(zones.iter().map(|zone| u64::from(zone.records)).sum::<u64>(), 1_505);
    assert!(zones.windows(2).all(|pair| pair[0].last_offset.next() == pair[1].base_offset));
    for bytes_max in [1, 20_000, usize::MAX] {
        assert_eq!(read_all(&log, bytes_max), (records_of(&batches), Vec::new()));
    }
    let first = block_on(log.fetch(partition, Offset::new(105), 1)).unwrap();
    assert_eq!(first.batches, [batches[2].clone()]);
    let report = log.report();
    assert_eq!((report.batches, report.records, report.gaps, report.damaged_places), (6, 1_505, 0, 0));
    // Partitions below the file's own are there, and empty; others are not.
    assert_eq!(block_on(log.bounds(PartitionId::new(1))).unwrap().records, 0);
    assert!(block_on(log.fetch(PartitionId::new(0), Offset::ZERO, 1)).unwrap().batches.is_empty());
    let unknown = block_on(log.zones(PartitionId::new(3)));
    assert!(matches!(unknown, Err(SourceError::UnknownPartition { .. })));
    for out in [99, 1_606] {
        let out_of_range = block_on(log.fetch(partition, Offset::new(out), 1));
        assert!(matches!(out_of_range, Err(SourceError::OffsetOutOfRange { .. })), "{out}");
    }
}

#[test]
fn a_time_leads_to_the_first_record_at_or_after_it() {
    let batches = dense(&[5, 300, 5], 1_000);
    let log = open(NAME, bytes_of(&batches)).unwrap();
    let at = |millis| {
        let found =
            block_on(log.offset_for_timestamp(log.partition(), Timestamp::from_millis(millis))).unwrap();
        found.map(|(offset, timestamp)| (offset.value(), timestamp.millis()))
    };
    assert_eq!(at(0), Some((100, 1_000)));
    assert_eq!(at(1_060), Some((115, 1_060)));
    assert_eq!(at(1_350), Some((405, 4_050)));
    assert_eq!(at(4_055), None);
}

#[test]
fn rows_are_there_after_the_first_step_of_a_large_file() {
    let bytes = bytes_of(&dense(&[50; 400], 200));
    assert!(bytes.len() > 3 * crate::limits::FILE_WINDOW_BYTES);
    let log = block_on(LogFile::open(MemoryFile::new(NAME, bytes))).unwrap();
    let first = block_on(log.index_step()).unwrap();
    assert!(!first.done && first.bytes_done < first.bytes_total);
    assert!(block_on(log.bounds(log.partition())).unwrap().records > 1_000);
    let mut steps = 1;
    while !block_on(log.index_step()).unwrap().done {
        steps += 1;
    }
    assert!(steps < 10, "{steps} steps");
    assert_eq!(block_on(log.bounds(log.partition())).unwrap().records, 20_000);
}

#[test]
fn a_file_cut_anywhere_shows_the_batches_before_the_cut_and_names_it() {
    let batches = dense(&[2, 3, 1], 20);
    let bytes = bytes_of(&batches);
    let ends: Vec<usize> = batches
        .iter()
        .scan(0, |end, batch| {
            *end += batch.bytes().len();
            Some(*end)
        })
        .collect();
    for cut in 1..bytes.len() {
        let whole = ends.iter().filter(|&&end| end <= cut).count();
        let log = open(NAME, bytes[..cut].to_vec()).unwrap();
        let (records, damage) = read_all(&log, usize::MAX);
        assert_eq!(records, records_of(&batches[..whole]), "cut at {cut}");
        let start = whole.checked_sub(1).map_or(0, |last| ends[last]);
        if start == cut {
            assert_eq!(damage, [], "cut at {cut}");
            continue;
        }
        if bytes[start..cut].iter().all(|&byte| byte == 0) {
            assert_eq!(log.report().zeros_from_bytes, Some(start as u64), "cut at {cut}");
            continue;
        }
        assert_eq!(damage.len(), 1, "cut at {cut}: {damage:?}");
        assert_eq!(damage[0].position_bytes, start as u64);
        assert_eq!((damage[0].from, damage[0].to), (Some(batches[whole].base_offset()), None));
        assert!(damage[0].cause.contains("cut off") || damage[0].cause.contains("ends"), "{}", damage[0]);
    }
}

/// Checks that a file with one wrong byte gives the right records, or names what is wrong.
fn flip_and_check(name: &str, batches: &[RecordBatch], position: usize, mask: u8) -> Result<(), String> {
    let mut bytes = bytes_of(batches);
    bytes[position] ^= mask;
    let context = format!("byte {position} ^ {mask:#x}");
    let log = open(name, bytes).map_err(|error| format!("{context}: {error}"))?;
    let (records, damage) = read_all(&log, 10_000);
    let written = records_of(batches);
    if records == written && damage.is_empty() {
        return Ok(());
    }
    let mut start = 0;
    let batch = batches.iter().find(|batch| {
        start += batch.bytes().len();
        start > position
    });
    let batch = batch.ok_or("no batch")?;
    let begins = (start - batch.bytes().len()) as u64;
    // What is wrong is named, at the batch's own place or (if its offset contradicts) its neighbour's.
    let near =
        |damage: &Damage| damage.position_bytes >= begins.saturating_sub(batch.bytes().len() as u64 + 400);
    if damage.is_empty() || !damage.iter().all(near) || log.report().damage.is_empty() {
        return Err(format!("{context}: not named: {damage:?}"));
    }
    // The other batches' records are all there and right.
    let own = batch.base_offset()..=batch.last_offset();
    let others = |records: &[Record]| -> Vec<Record> {
        let is_other = |record: &&Record| written.contains(record) && !own.contains(&record.offset);
        records.iter().filter(is_other).cloned().collect()
    };
    if others(&records) != others(&written) {
        return Err(format!("{context}: lost more than its batch: {damage:?}"));
    }
    // Anything else is at most the one batch's records under the offset that the damage names.
    let wrong: Vec<&Record> = records.iter().filter(|record| !written.contains(record)).collect();
    let moved = wrong
        .iter()
        .all(|record| written.iter().any(|right| right.value == record.value && own.contains(&right.offset)));
    if !moved {
        return Err(format!("{context}: wrong records: {wrong:?}"));
    }
    Ok(())
}

#[test]
fn any_flipped_bit_is_harmless_or_named_and_costs_one_batch_at_most() {
    let batches = dense(&[2, 3, 1, 2], 10);
    for position in 0..bytes_of(&batches).len() {
        for bit in 0..8 {
            flip_and_check(NAME, &batches, position, 1 << bit).unwrap();
        }
    }
}

#[test]
fn any_flipped_bit_in_a_renamed_file_is_harmless_or_named() {
    let batches = dense(&[2, 3, 1, 2], 10);
    for position in 0..bytes_of(&batches).len() {
        for bit in 0..8 {
            flip_and_check("renamed.bin", &batches, position, 1 << bit).unwrap();
        }
    }
}

#[test]
fn flipped_bits_in_batches_that_are_jumped_over_are_named_too() {
    let large = crate::limits::FILE_VERIFY_BYTES_MAX / 2;
    let batches = dense(&[3, 4, 3, 1], large);
    assert!(batches[..3].iter().all(|batch| batch.bytes().len() > crate::limits::FILE_VERIFY_BYTES_MAX));
    let second = batches[0].bytes().len();
    let body = second + batches[1].bytes().len() / 2;
    for position in (second..second + 61).chain([0, 5, 9, 13, 16, body]) {
        flip_and_check(NAME, &batches, position, 1 << (position % 8)).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_anywhere_never_give_wrong_records_silently(
        counts in proptest::collection::vec(1_i64..6, 1..12),
        at in any::<prop::sample::Index>(),
        junk in proptest::collection::vec(any::<u8>(), 1..200),
        replace in any::<bool>(),
    ) {
        let batches = dense(&counts, 30);
        let mut bytes = bytes_of(&batches);
        let at = at.index(bytes.len());
        let end = if replace { (at + junk.len()).min(bytes.len()) } else { at };
        bytes.splice(at..end, junk);
        let Ok(log) = open(NAME, bytes) else { return Ok(()) };
        let (records, damage) = read_all(&log, usize::MAX);
        let written = records_of(&batches);
        if records != written {
            prop_assert!(!damage.is_empty());
            // What lies clear of the junk is there.
            let whole = batches.iter().scan(0, |end, batch| { *end += batch.bytes().len(); Some(*end) });
            let before = records_of(&batches[..whole.filter(|&end| end <= at).count()]);
            prop_assert_eq!(&records[..before.len()], &before);
            if at > 16 {
                prop_assert!(records.iter().all(|record| written.iter().any(|w| w.value == record.value)));
            }
        }
    }
}

#[test]
fn zeros_at_the_end_are_preallocation_and_zeros_in_the_middle_are_damage() {
    let batches = dense(&[2, 3], 10);
    let mut bytes = bytes_of(&batches);
    let end = bytes.len();
    bytes.resize(end + 3_000_000, 0);
    let log = open(NAME, bytes.clone()).unwrap();
    assert_eq!(read_all(&log, usize::MAX), (records_of(&batches), Vec::new()));
    assert_eq!(log.report().zeros_from_bytes, Some(end as u64));

    let late = batch_at(105, 2, 10);
    bytes.extend_from_slice(late.bytes());
    let log = open(NAME, bytes).unwrap();
    let (records, damage) = read_all(&log, usize::MAX);
    assert_eq!(records, records_of(&[batches, vec![late]].concat()));
    assert_eq!(damage.len(), 1);
    assert_eq!(damage[0].position_bytes, end as u64);
    assert!(damage[0].cause.contains("zeros in the middle"), "{}", damage[0]);
    assert_eq!(log.report().zeros_from_bytes, None);
}

#[test]
fn gaps_that_compaction_leaves_are_no_damage() {
    let batches = [batch_at(100, 2, 10), batch_at(110, 3, 10), batch_at(150, 1, 10)];
    let log = open(NAME, bytes_of(&batches)).unwrap();
    assert_eq!(read_all(&log, usize::MAX), (records_of(&batches), Vec::new()));
    assert_eq!(log.report().gaps, 2);
}

#[test]
fn control_transactional_compressed_and_empty_batches_are_counted() {
    let mut builder = BatchBuilder::at(Offset::new(102)).transactional().control();
    builder.try_push(&NewRecord::default(), Timestamp::from_millis(5)).unwrap();
    let empty = BatchBuilder::at(Offset::new(103)).build();
    let lz4 = {
        let mut bytes = batch_at(104, 2, 10).bytes().to_vec();
        bytes[22] |= 3;
        let crc = crate::record::crc::crc32c(&bytes[21..]);
        bytes[17..21].copy_from_slice(&crc.to_be_bytes());
        RecordBatch::parse(bytes.into()).unwrap()
    };
    let batches = [batch_at(100, 2, 10), builder.build(), empty, lz4];
    let log = open(NAME, bytes_of(&batches)).unwrap();
    let report = log.report();
    assert_eq!((report.batches, report.records), (4, 5));
    assert_eq!((report.control_batches, report.transactional_batches, report.compressed_batches), (1, 1, 1));
    let fetched = block_on(log.fetch(log.partition(), Offset::new(100), usize::MAX)).unwrap();
    assert_eq!(fetched.batches, batches);
    let error = fetched.batches[3].records().unwrap_err().to_string();
    assert!(error.contains("its lz4 data cannot be read"), "{error}");
}

#[test]
fn files_that_are_no_log_are_told_by_what_they_are() {
    let message = |name, bytes: &[u8]| open(name, bytes.to_vec()).unwrap_err().to_string();
    assert_eq!(message("a.log", b""), "a.log is empty: there is nothing to show");
    assert!(message("a.log", b"\x1f\x8b\x08\0\0\0\0\0").contains("is a gzip file"), "gzip");
    assert!(message(NAME, b"{\"a\":1}\n").contains("is JSON text"), "json");
    let index = "00000000000000000000.index";
    assert!(message(index, &[0; 800]).contains("index files"), "index");
    assert!(message("x", &[0; 800]).contains("00 00 00 00"), "zeros");
    assert!(message("x", &[7; 800]).contains("begins with the bytes 07 07"), "junk");
    let mut old = vec![0; 100];
    old[11] = 40;
    old[16] = 1;
    // The first bytes of an old message are believed only if its checksum is right, or the name says what it is.
    assert!(message("x", &old).contains("no record batch was found"), "{}", message("x", &old));
    let damaged = open(NAME, old).unwrap().report();
    assert_eq!((damaged.batches, damaged.damaged_places), (0, 1));
    // A segment that nothing was written to yet is a log, and empty.
    let log = open(NAME, Vec::new()).unwrap();
    assert_eq!(block_on(log.bounds(log.partition())).unwrap().high_watermark, Offset::new(100));
}

#[test]
fn a_file_that_changes_while_it_is_open_gives_an_error_and_no_panic() {
    struct Shrinks(MemoryFile, std::cell::Cell<bool>);
    impl ReadAt for Shrinks {
        fn name(&self) -> &str {
            self.0.name()
        }
        fn len_bytes(&self) -> u64 {
            self.0.len_bytes()
        }
        async fn read_at(&self, position: u64, bytes_len: usize) -> Result<Bytes, ReadError> {
            let bytes = self.0.read_at(position, bytes_len).await?;
            Ok(if self.1.get() { bytes.slice(..bytes.len() / 2) } else { bytes })
        }
    }
    let bytes = bytes_of(&dense(&[50; 10], 100));
    let log = block_on(LogFile::open(Shrinks(MemoryFile::new(NAME, bytes), false.into()))).unwrap();
    while !block_on(log.index_step()).unwrap().done {}
    log.file().1.set(true);
    let changed = block_on(log.fetch(log.partition(), Offset::new(100), 1_000)).unwrap_err();
    assert!(changed.to_string().contains("has changed since it was opened"), "{changed}");
}
