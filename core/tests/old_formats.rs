//! Logs of the formats before Kafka 0.11 that are cut off, or of which one byte is wrong: what is read is right, or damage is told.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::golden::{GoldenBatch, GoldenLog, logs};
use crate::hostile::{Chance, verify};
use bytes::Bytes;
use futures_executor::block_on;
use tablog_core::record::Record;
use tablog_core::segment::verify::{Check, Severity};
use tablog_core::segment::{LogFile, MemoryFile, VerifyReport};
use tablog_core::source::Source;

/// What reading a whole log brings: its records, and whether it says that something may be wrong.
fn read(name: &str, bytes: Bytes) -> (Vec<Record>, bool) {
    block_on(async {
        let Ok(log) = LogFile::open(MemoryFile::new(name, bytes)).await else { return (Vec::new(), true) };
        while !log.index_step().await.unwrap().done {}
        let partition = log.partition();
        let bounds = log.bounds(partition).await.unwrap();
        let (mut records, mut from, mut warned) = (Vec::new(), bounds.log_start_offset, false);
        while from < bounds.high_watermark {
            let fetched = log.fetch(partition, from, 1 << 20).await.unwrap();
            assert!(fetched.next_offset > from);
            from = fetched.next_offset;
            warned |= !fetched.damage.is_empty();
            for batch in fetched.batches {
                records.extend(batch.records().unwrap().map(Result::unwrap));
            }
        }
        let report = log.report();
        (records, warned || report.damaged_places > 0 || report.zeros_from_bytes.is_some())
    })
}

fn old_logs() -> Vec<GoldenLog> {
    let mut logs = logs();
    logs.retain(|log| log.batches.iter().any(|batch| batch.int("magic") < 2));
    assert_eq!(logs.len(), 13);
    logs
}

fn position(batch: &GoldenBatch) -> usize {
    usize::try_from(batch.int("position")).unwrap()
}

fn size(batch: &GoldenBatch) -> usize {
    usize::try_from(batch.int("size")).unwrap()
}

#[test]
fn a_log_cut_off_anywhere_keeps_its_whole_messages_and_names_the_rest() {
    for log in old_logs() {
        let (all, _) = read(&log.name, log.bytes.clone());
        for length in 0..log.bytes.len() {
            let whole = log.batches.iter().take_while(|batch| position(batch) + size(batch) <= length);
            let kept: usize = whole.map(|batch| batch.records.len()).sum();
            let (records, warned) = read(&log.name, log.bytes.slice(..length));
            assert_eq!(records, all[..kept], "{} cut at {length}", log.name);
            let is_at_an_end = length == 0 || log.batches.iter().any(|batch| position(batch) == length);
            assert!(warned || is_at_an_end, "{} cut at {length}", log.name);
        }
    }
}

/// Flips bits of one byte; tells whether that goes unseen, which only an offset may.
fn flip(log: &GoldenLog, all: &[Record], at: usize, mask: u8) -> bool {
    let hit = log.batches.iter().rfind(|batch| position(batch) <= at).unwrap();
    let within = at - position(hit);
    let mut bytes = log.bytes.to_vec();
    bytes[at] ^= mask;
    let (records, warned) = read(&log.name, bytes.into());
    let place = format!("{}, byte {at} (byte {within} of its message) ^ {mask:02x}", log.name);
    if warned {
        let lost = all.len() - records.iter().filter(|record| all.contains(record)).count();
        assert!(lost <= hit.records.len() + neighbour(log, hit), "{place}: {lost} are lost");
        return false;
    }
    // No checksum covers a batch's leader epoch, and records do not depend on it.
    if hit.int("magic") == 2 && (12..16).contains(&within) {
        assert_eq!(records, all, "{place}");
        return false;
    }
    // Else only an offset is under no checksum. In a log with holes, one that is a little off looks like any other.
    assert!(within < 8 && (hit.text("codec") == "none" || hit.int("magic") > 0), "{place}");
    assert_eq!(records.len(), all.len(), "{place}");
    assert!(records.windows(2).all(|pair| pair[0].offset < pair[1].offset), "{place}");
    for (ours, original) in records.iter().zip(all) {
        let as_it_was = Record { offset: original.offset, ..ours.clone() };
        assert_eq!(as_it_was, *original, "{place}");
    }
    true
}

#[test]
fn a_wrong_byte_anywhere_takes_one_message_at_most_and_is_told() {
    let (mut flips, mut unseen) = (0, 0);
    for log in old_logs() {
        let (all, _) = read(&log.name, log.bytes.clone());
        for at in 0..log.bytes.len() {
            unseen += i32::from(flip(&log, &all, at, [0x01, 0x80, 0xff][at % 3]));
            flips += 1;
        }
    }
    assert!(flips > 10_000 && unseen * 50 < flips, "{unseen} of {flips} went unseen");
}

#[test]
fn a_wrong_size_that_leads_to_a_later_message_does_not_take_those_before_it() {
    // Whole messages were passed over when the wrong size happened to end where another one begins.
    for log in old_logs() {
        let (all, _) = read(&log.name, log.bytes.clone());
        for at in log.batches.iter().map(|batch| position(batch) + 11) {
            for mask in 1..=u8::MAX {
                assert!(!flip(&log, &all, at, mask));
            }
        }
    }
}

/// Counts the records that may go with those of a message whose offset or size is wrong: those of the one before or behind it,
/// since either of the two could be the wrong one.
fn neighbour(log: &GoldenLog, hit: &GoldenBatch) -> usize {
    let at = log.batches.iter().position(|batch| position(batch) == position(hit)).unwrap();
    let count = |at: Option<usize>| at.and_then(|at| log.batches.get(at)).map_or(0, |it| it.records.len());
    count(at.checked_sub(1)).max(count(Some(at + 1)))
}

/// Verifies a log with the indexes that go with what Kafka says of each message: an entry for each one whose position or time is
/// larger than before, as a broker with `index.interval.bytes=0` would add it.
fn verify_log(log: &GoldenLog, bytes: Bytes) -> VerifyReport {
    let (mut offsets, mut times, mut largest) = (Vec::new(), Vec::new(), -1);
    for batch in &log.batches {
        let last_offset = u32::try_from(batch.int("lastOffset")).unwrap();
        if position(batch) > 0 {
            offsets.extend(last_offset.to_be_bytes());
            offsets.extend(u32::try_from(position(batch)).unwrap().to_be_bytes());
        }
        let time = batch.int("maxTimestamp");
        if time > largest {
            largest = time;
            times.extend(time.to_be_bytes());
            times.extend(last_offset.to_be_bytes());
        }
    }
    let beside = |end: &str| log.name.replace(".log", end);
    verify(&[
        (log.name.clone(), bytes),
        (beside(".index"), offsets.into()),
        (beside(".timeindex"), times.into()),
    ])
}

#[test]
fn verification_finds_every_message_that_kafka_wrote_whole_and_its_indexes_right() {
    let mut messages = 0;
    for log in old_logs() {
        let report = verify_log(&log, log.bytes.clone());
        let wrong: Vec<_> =
            report.findings.iter().filter(|finding| finding.severity != Severity::Note).collect();
        assert!(wrong.is_empty(), "{}: {wrong:?}", log.name);
        let records: usize = log.batches.iter().map(|batch| batch.records.len()).sum();
        assert_eq!(report.partitions[0].records, records as u64, "{}", log.name);
        assert_eq!(report.partitions[0].batches, log.batches.len() as u64, "{}", log.name);
        assert!(report.findings.iter().any(|finding| finding.check == Check::OldFormat), "{}", log.name);
        messages += log.batches.iter().filter(|batch| batch.int("magic") < 2).count();
    }
    assert!(messages > 120, "{messages} messages: is the corpus there?");
}

#[test]
fn verification_tells_of_every_cut_and_every_wrong_byte_of_old_messages_where_it_is() {
    let mut chance = Chance::from_seed("old messages");
    let (mut flips, mut unseen) = (0, 0);
    for log in old_logs() {
        // Verification of some thousand damaged logs takes longer than reading them: a sample, in which the ends are.
        let borders = || log.batches.iter().flat_map(|it| [position(it), position(it) + 1, position(it) + 7]);
        for length in chance.places(log.bytes.len(), 80, borders()) {
            let report = verify_log(&log, log.bytes.slice(..length));
            let place = format!("{} cut at {length}: {:?}", log.name, report.findings);
            assert!(report.errors > 0, "{place}");
            let whole = log.batches.iter().take_while(|batch| position(batch) + size(batch) <= length);
            let end = whole.last().map_or(0, |last| position(last) + size(last));
            // What is cut off between two messages, or within zeros that may be preallocated, is missed by the indexes only.
            let is_named = report.findings.iter().any(|finding| {
                finding.check == Check::BatchDamaged && finding.position_bytes == Some(end as u64)
            });
            assert!(is_named || log.bytes[end..length].iter().all(|&byte| byte == 0), "{place}");
        }
        for at in chance.places(log.bytes.len(), 80, borders()) {
            let hit = log.batches.iter().rfind(|batch| position(batch) <= at).unwrap();
            let mut bytes = log.bytes.to_vec();
            bytes[at] ^= [0x01, 0x80, 0xff][at % 3];
            let report = verify_log(&log, bytes.into());
            // Nothing depends on a batch's leader epoch, and there is no file of epochs here to contradict it.
            if hit.int("magic") == 2 && (12..16).contains(&(at - position(hit))) {
                continue;
            }
            let told = report.findings.iter().find(|finding| finding.severity != Severity::Note);
            flips += 1;
            let Some(told) = told else {
                // Between holes, a compressed message may lie a little off: its index names one offset of several.
                assert!(at - position(hit) < 8 && hit.text("codec") != "none", "{}, byte {at}", log.name);
                unseen += 1;
                continue;
            };
            assert!(!told.what.is_empty() && !told.file.is_empty(), "{}, byte {at}: {told:?}", log.name);
        }
    }
    assert!(flips > 1_000 && unseen * 100 < flips, "{unseen} of {flips} went unseen");
}
