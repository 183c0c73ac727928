//! Every log of the golden corpus cut off and with wrong bytes: what is read is right, or damage names the file's place and the
//! cause. `old_formats.rs` does the same for messages v0 and v1, and the tests beside `segment.rs` for every bit of a small log.
//!
//! What no checksum covers in a batch v2, and who notices:
//!
//! | bytes | field | here | Apache Kafka |
//! |---|---|---|---|
//! | 0-7 | base offset | told where it contradicts its neighbours or the file's name; else, between holes, not | not: its recovery checks CRCs, and takes the offsets as they are |
//! | 8-11 | batch length | told, since the next batch is not where it should be, or the CRC is wrong | the CRC is wrong, and recovery cuts the log there |
//! | 12-15 | leader epoch | by verification only, against `leader-epoch-checkpoint`; records do not depend on it | not: recovery takes it for a new epoch |
//! | 16 | magic | told | what follows is not understood, and recovery cuts the log there |
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::golden;
use std::ops::Range;

use crate::hostile::Chance;
use bytes::Bytes;
use futures_executor::block_on;
use golden::{GoldenLog, logs};
use tablog_core::record::{BatchHeader, Record};
use tablog_core::segment::{LogFile, LogReport, MemoryFile};
use tablog_core::source::{Damage, Source};

/// What reading a whole log brings.
#[derive(Debug, PartialEq)]
struct Outcome {
    headers: Vec<BatchHeader>,
    records: Vec<Record>,
    report: LogReport,
    /// What fetching told on the way.
    damage: Vec<Damage>,
    /// Why it could not be opened at all.
    refused: Option<String>,
}

impl Outcome {
    /// Tells whether a person is told that something is wrong which was not wrong before.
    fn warns_beyond(&self, before: &Outcome) -> bool {
        let told = |outcome: &Outcome| {
            let report = &outcome.report;
            (report.damage.clone(), report.damaged_places, report.zeros_from_bytes, outcome.refused.clone())
        };
        told(self) != told(before)
    }
}

fn read(name: &str, bytes: Bytes) -> Outcome {
    let mut outcome = Outcome {
        headers: Vec::new(),
        records: Vec::new(),
        report: LogReport::default(),
        damage: Vec::new(),
        refused: None,
    };
    block_on(async {
        let len_bytes = bytes.len();
        let log = match LogFile::open(MemoryFile::new(name, bytes)).await {
            Ok(log) => log,
            Err(error) => {
                assert!(error.to_string().contains(name), "{error}");
                outcome.refused = Some(error.to_string());
                return;
            }
        };
        let mut steps = 0;
        while !log.index_step().await.unwrap().done {
            steps += 1;
            assert!(steps < 10_000, "{name}: indexing does not end");
        }
        let partition = log.partition();
        let bounds = log.bounds(partition).await.unwrap();
        let mut from = bounds.log_start_offset;
        while from < bounds.high_watermark {
            let fetched = log.fetch(partition, from, 1 << 20).await.unwrap();
            assert!(fetched.next_offset > from, "{name}: fetching does not come on from {from}");
            from = fetched.next_offset;
            outcome.damage.extend(fetched.damage);
            for batch in fetched.batches {
                outcome.headers.push(*batch.header());
                outcome.records.extend(batch.records().unwrap().map(Result::unwrap));
            }
        }
        outcome.report = log.report();
        for damage in outcome.report.damage.iter().chain(&outcome.damage) {
            assert!(
                damage.position_bytes <= len_bytes as u64 && !damage.cause.is_empty(),
                "{name}: {damage}"
            );
            assert_eq!(damage.partition, partition, "{name}: {damage}");
        }
        for damage in &outcome.damage {
            assert!(outcome.report.damage.contains(damage), "{name}: {damage} is not in the report");
        }
    });
    outcome
}

/// Where the batches lie.
fn places(log: &GoldenLog) -> Vec<Range<usize>> {
    let place = |field: &str, batch: &golden::GoldenBatch| usize::try_from(batch.int(field)).unwrap();
    let range = |batch| place("position", batch)..place("position", batch) + place("size", batch);
    log.batches.iter().map(range).collect()
}

/// The logs of batches v2, snapshots of the metadata log among them.
fn logs_v2() -> Vec<GoldenLog> {
    let mut logs = logs();
    logs.retain(|log| log.batches.iter().all(|batch| batch.int("magic") == 2));
    assert!(logs.len() > 120, "only {} logs: is the corpus there?", logs.len());
    logs
}

/// How many places of a log are tried: fewer where each takes longer.
fn sample_of(log: &GoldenLog) -> usize {
    match log.bytes.len() {
        0..=10_000 => 50,
        10_001..=100_000 => 10,
        _ => 5,
    }
}

#[test]
fn a_log_cut_off_anywhere_keeps_its_whole_batches_and_names_the_rest() {
    let mut chance = Chance::from_seed("cuts");
    let (mut cuts, mut named) = (0, 0);
    for log in logs_v2() {
        let whole = read(&log.name, log.bytes.clone());
        let places = places(&log);
        let borders = places.iter().take(10).flat_map(|place| [place.end - 1, place.end, place.end + 1]);
        for length in chance.places(log.bytes.len(), sample_of(&log), borders) {
            let at = format!("{} cut at {length}", log.name);
            let kept = places.iter().filter(|place| place.end <= length).count();
            let kept_records: usize = log.batches[..kept].iter().map(|batch| batch.records.len()).sum();
            let cut = read(&log.name, log.bytes.slice(..length));
            // Without a name that Kafka gives to logs, a file is taken for one only when a batch is in it.
            if cut.refused.is_some() {
                assert!(kept == 0 && log.name.ends_with(".checkpoint"), "{at}: {:?}", cut.refused);
                continue;
            }
            assert_eq!(cut.records, whole.records[..kept_records], "{at}");
            assert_eq!(cut.headers.len(), kept, "{at}");
            let end = kept.checked_sub(1).map_or(0, |last| places[last].end);
            cuts += 1;
            // A log that ends between two batches is whole; verification misses the rest by the indexes and snapshots.
            if length == end {
                assert_eq!((cut.report.damaged_places, cut.report.zeros_from_bytes), (0, None), "{at}");
                continue;
            }
            // Eight zeros are how the batch at offset 0 begins, and how preallocated space looks.
            if log.bytes[end..length].iter().all(|&byte| byte == 0) {
                assert_eq!(cut.report.zeros_from_bytes, Some(end as u64), "{at}");
                continue;
            }
            assert_eq!(cut.report.damaged_places, 1, "{at}: {:?}", cut.report.damage);
            assert_eq!(cut.report.damage[0].position_bytes, end as u64, "{at}");
            assert_eq!(cut.report.damage[0].to, None, "{at}");
            named += 1;
        }
    }
    println!("{cuts} cuts, {named} of them within a batch");
    assert!(named > 4_000, "{named} of {cuts}");
}

/// Tells whether compaction left holes between batches or in them.
fn has_holes(log: &Outcome) -> bool {
    let is_thin = |header: &BatchHeader| header.record_count <= header.last_offset_delta;
    log.report.gaps > 0 || log.headers.iter().any(is_thin)
}

/// What became of one wrong byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flip {
    Told,
    /// Nothing that is read depends on the byte: a leader epoch, or what follows the last batch that can be read.
    Harmless,
    /// Nothing was told, and one batch has another base offset.
    OtherOffset,
}

/// Reads a log with one wrong byte and holds what comes of it to what came before.
fn flip(log: &GoldenLog, places: &[Range<usize>], whole: &Outcome, at: usize, mask: u8) -> Flip {
    let mut bytes = log.bytes.to_vec();
    bytes[at] ^= mask;
    let flipped = read(&log.name, bytes.into());
    let Some(hit) = places.iter().position(|place| place.contains(&at)) else {
        assert_eq!((flipped.headers, flipped.records), (whole.headers.clone(), whole.records.clone()));
        return Flip::Harmless;
    };
    let within = at - places[hit].start;
    let place = format!("{}, byte {at} (byte {within} of batch {hit}) ^ {mask:02x}", log.name);
    if flipped.warns_beyond(whole) {
        // All other batches are there and right, but perhaps for one beside it: either of two that overlap may be the wrong one.
        let mut first_record = 0;
        for (index, batch) in log.batches.iter().enumerate() {
            let records = &whole.records[first_record..first_record + batch.records.len()];
            first_record += batch.records.len();
            if index.abs_diff(hit) > 1 || (index != hit && within >= 12) {
                assert!(
                    flipped.headers.contains(&whole.headers[index]),
                    "{place}: lost batch {index}: {flipped:?}"
                );
                assert!(records.iter().all(|record| flipped.records.contains(record)), "{place}");
            }
        }
        // What else is read is the batch's own, under the base offset that the damage contradicts.
        let unknown = flipped.records.iter().filter(|record| !whole.records.contains(record));
        for record in unknown {
            assert!(within < 8, "{place}: wrong record {record:?}");
            let at_its_place =
                |original: &&Record| Record { offset: original.offset, ..record.clone() } == **original;
            assert!(whole.records.iter().any(|original| at_its_place(&original)), "{place}: {record:?}");
        }
        return Flip::Told;
    }
    assert_eq!(flipped.headers.len(), whole.headers.len(), "{place}");
    if (12..16).contains(&within) {
        assert_eq!(flipped.records, whole.records, "{place}");
        for (index, (flipped, original)) in flipped.headers.iter().zip(&whole.headers).enumerate() {
            let partition_leader_epoch = original.partition_leader_epoch;
            assert_eq!(BatchHeader { partition_leader_epoch, ..*flipped }, *original, "{place}");
            assert_eq!(flipped == original, index != hit, "{place}");
        }
        return Flip::Harmless;
    }
    assert!(within < 8, "{place}: nothing was told");
    assert!(flipped.headers.windows(2).all(|pair| pair[0].last_offset() < pair[1].base_offset), "{place}");
    for (index, (flipped, original)) in flipped.headers.iter().zip(&whole.headers).enumerate() {
        assert_eq!(BatchHeader { base_offset: original.base_offset, ..*flipped }, *original, "{place}");
        assert_eq!(flipped == original, index != hit, "{place}");
    }
    Flip::OtherOffset
}

#[test]
fn a_wrong_byte_anywhere_in_a_log_is_told_and_costs_one_batch_at_most() {
    let mut chance = Chance::from_seed("flips");
    let (mut flips, mut moved) = (0, Vec::new());
    for log in logs_v2() {
        let whole = read(&log.name, log.bytes.clone());
        let batches = places(&log);
        // Every byte that no checksum covers, of the first batches.
        let borders = batches.iter().take(2).flat_map(|place| place.start..place.start + 22);
        for at in chance.places(log.bytes.len(), sample_of(&log), borders) {
            let within = batches.iter().rfind(|place| place.start <= at).map_or(61, |place| at - place.start);
            let masks: &[u8] = match within {
                16 => &[0x01, 0x02, 0x03, 0x80, 0xff],
                0..21 => &[0x01, 0x80, 0xff],
                _ => &[[0x01, 0x80, 0xff][at % 3]],
            };
            for &mask in masks {
                flips += 1;
                if flip(&log, &batches, &whole, at, mask) == Flip::OtherOffset {
                    moved.push((log.name.clone(), at, mask));
                    // Only between holes; or where nothing says how the file begins, since its name is none of a log.
                    let is_first = batches[0].contains(&at) && !log.name.ends_with(".log");
                    assert!(has_holes(&whole) || is_first, "{:?}", moved.last());
                }
            }
        }
    }
    println!("{flips} flips, of which {} moved a batch between holes and were not told", moved.len());
    assert!(flips > 10_000 && moved.len() * 100 < flips, "{} of {flips}", moved.len());
}
