//! Whom to believe when a file's name, its first bytes and its batches say different things.

use super::reads::bait;
use super::*;
use crate::limits::FILE_WINDOW_BYTES;

#[test]
fn a_log_whose_first_magic_byte_lost_a_bit_is_opened() {
    // Then it looks like a message set of Kafka 0.10, if its CRC happens to begin like attributes: the whole file was refused.
    let looks_old = |&records: &i64| batch_at(100, records, 10).bytes()[17] <= 3;
    let records = (1..4_000).find(looks_old).unwrap();
    let batches = [batch_at(100, records, 10), batch_at(100 + records, 2, 10)];
    let mut bytes = bytes_of(&batches);
    bytes[16] ^= 2;
    for name in [NAME, "renamed.bin"] {
        let log = open(name, bytes.clone()).unwrap();
        let (read, damage) = read_all(&log, usize::MAX);
        assert_eq!(read, records_of(&batches[1..]), "{name}");
        assert_eq!(damage.len(), 1, "{name}: {damage:?}");
        assert_eq!(damage[0].position_bytes, 0);
    }
}

#[test]
fn a_first_batch_that_ends_behind_the_first_megabyte_is_enough_to_be_a_log() {
    // The scan holds its last batch back until the next one bears it out, and nobody asked for that one.
    let batches = dense(&[3, 2], 10);
    let mut bytes = [vec![0xff; 100], bait(2 * FILE_WINDOW_BYTES)].concat();
    bytes.resize(FILE_WINDOW_BYTES - 70, 0xff);
    bytes.extend(bytes_of(&batches));
    bytes.resize(3 * FILE_WINDOW_BYTES, 0xff);
    let log = open("renamed.bin", bytes).unwrap();
    assert_eq!(read_all(&log, usize::MAX).0, records_of(&batches));
}

#[test]
fn a_log_that_was_renamed_shows_its_own_offsets_and_says_so_once() {
    // Under a higher name all batches were damage; "the batch before it ends at 5000" was said of a first batch.
    let batches = dense(&[2, 3, 1], 10);
    let far = [batch_at(1 << 40, 2, 10), batch_at((1 << 40) + 2, 1, 10)];
    for (batches, name) in [
        (&batches[..], "orders-2/00000000000000005000.log"),
        (&batches[..1], "orders-2/00000000000000005000.log"),
        // Only the last batch is behind what the name says.
        (&batches[..], "orders-2/00000000000000000102.log"),
        (&far[..], "orders-2/00000000000000000000.log"),
    ] {
        let log = open(name, bytes_of(batches)).unwrap();
        let bounds = block_on(log.bounds(log.partition())).unwrap();
        assert_eq!(bounds.log_start_offset, batches[0].base_offset(), "{name}");
        let (records, damage) = read_all(&log, usize::MAX);
        assert_eq!(records, records_of(batches), "{name}");
        assert_eq!(damage.len(), 1, "{name}: {damage:?}");
        assert!(damage[0].cause.contains("the file's name says"), "{}", damage[0]);
        assert_eq!(log.report().damaged_places, 1);
    }
}

#[test]
fn a_renamed_log_with_a_damaged_first_batch_shows_the_others() {
    let batches = dense(&[2, 3, 1], 10);
    let mut bytes = bytes_of(&batches);
    bytes[70] ^= 1;
    let log = open("orders-2/00000000000000005000.log", bytes).unwrap();
    let (records, damage) = read_all(&log, usize::MAX);
    assert_eq!(records, records_of(&batches[1..]));
    assert_eq!(damage.len(), 2, "{damage:?}");
    assert_eq!((damage[0].position_bytes, damage[0].from), (0, None));
    assert!(damage[1].cause.contains("the file's name says"), "{}", damage[1]);
}

#[test]
fn a_first_batch_that_the_name_and_the_next_one_contradict_is_damaged() {
    for wrong in [batch_at(36, 2, 10), batch_at(1 << 40, 2, 10)] {
        let right = batch_at(102, 3, 10);
        let log = open(NAME, bytes_of(&[wrong.clone(), right.clone()])).unwrap();
        let (records, damage) = read_all(&log, usize::MAX);
        assert_eq!(records, records_of(&[right]));
        assert_eq!(damage.len(), 1, "{damage:?}");
        let said = format!("the batch's base offset is {}, but by the file's name", wrong.base_offset());
        assert!(damage[0].cause.contains(&said), "{}", damage[0]);
    }
}

#[test]
fn a_batch_far_ahead_of_two_that_agree_is_the_wrong_one() {
    // In a compacted log one wrong base offset made damage of every batch behind it.
    for before in [&[][..], &[batch_at(101, 1, 10)]] {
        let wrong = batch_at(105 + (1 << 24), 3, 10);
        let others = [batch_at(110, 3, 10), batch_at(130, 2, 10), batch_at(140, 1, 10)];
        let log = open(NAME, [bytes_of(before), bytes_of(&[wrong]), bytes_of(&others)].concat()).unwrap();
        let (records, damage) = read_all(&log, usize::MAX);
        assert_eq!(records, [records_of(before), records_of(&others)].concat());
        assert_eq!(damage.len(), 1, "{damage:?}");
        assert_eq!(damage[0].position_bytes, bytes_of(before).len() as u64);
        assert!(damage[0].cause.contains("base offset is 16777321"), "{}", damage[0]);
    }
}

#[test]
fn a_wrong_length_that_leads_to_a_later_batch_or_to_the_end_takes_one_batch() {
    // In a log with holes it was believed, and took every batch on the way with it.
    let batches = [batch_at(100, 2, 10), batch_at(110, 3, 10), batch_at(120, 1, 10), batch_at(130, 1, 10)];
    let ends = [bytes_of(&batches[..2]).len(), bytes_of(&batches).len()];
    for end in ends {
        let mut bytes = bytes_of(&batches);
        bytes[8..12].copy_from_slice(&i32::try_from(end - 12).unwrap().to_be_bytes());
        let log = open(NAME, bytes).unwrap();
        let (records, damage) = read_all(&log, usize::MAX);
        assert_eq!(records, records_of(&batches[1..]));
        assert_eq!(damage.len(), 1, "{damage:?}");
        assert_eq!((damage[0].position_bytes, damage[0].to), (0, Some(Offset::new(110))));
    }
}

#[test]
fn a_partition_below_the_files_own_has_no_damage() {
    // Fetching it told the damage of the file's own partition.
    let mut bytes = bytes_of(&dense(&[2, 3, 1], 10));
    bytes[70] ^= 1;
    let log = open(NAME, bytes).unwrap();
    assert_eq!(log.report().damaged_places, 1);
    let fetched = block_on(log.fetch(PartitionId::new(1), Offset::ZERO, 1)).unwrap();
    assert_eq!((fetched.batches, fetched.damage), (Vec::new(), Vec::new()));
}

#[test]
fn a_batch_found_damaged_when_it_is_fetched_is_counted_once() {
    // Once a thousand places were listed, each fetch counted the batch again.
    let small = dense(&vec![1; 2 * crate::limits::FILE_DAMAGE_LISTED_MAX + 10], 8);
    let mut bytes = Vec::new();
    for (index, batch) in small.iter().enumerate() {
        let mut batch = batch.bytes().to_vec();
        batch[62] ^= u8::from(index % 2 == 0);
        bytes.extend(batch);
    }
    let large = batch_at(small.last().unwrap().last_offset().next().value(), 3, 200_000);
    let mut large_bytes = large.bytes().to_vec();
    large_bytes[300_000] ^= 1;
    bytes.extend(large_bytes);
    bytes.extend(batch_at(large.last_offset().next().value(), 1, 8).bytes());
    let log = open(NAME, bytes).unwrap();
    let places = log.report().damaged_places;
    assert!(places > 1_000, "{places}");
    for _ in 0..3 {
        block_on(log.fetch(log.partition(), large.base_offset(), 1)).unwrap();
        assert_eq!(log.report().damaged_places, places + 1);
    }
}
