//! Segments of the message formats v0 and v1, with the indexes that brokers of that time made.

use super::*;
use crate::record::Compression;

const GZIP: u8 = 1;
const LOG_APPEND_TIME: u8 = 1 << 3;

/// Makes a message; the CRC is right.
fn message(magic: u8, attributes: u8, offset: i64, time: i64, value: &[u8]) -> Vec<u8> {
    let mut body = vec![magic, attributes];
    if magic > 0 {
        body.extend(time.to_be_bytes());
    }
    body.extend((-1_i32).to_be_bytes());
    body.extend(i32::try_from(value.len()).unwrap().to_be_bytes());
    body.extend(value);
    let mut crc = flate2::Crc::new();
    crc.update(&body);
    let size = i32::try_from(body.len() + 4).unwrap();
    [&offset.to_be_bytes()[..], &size.to_be_bytes(), &crc.sum().to_be_bytes(), &body].concat()
}

fn wrapper(magic: u8, attributes: u8, offset: i64, time: i64, within: &[Vec<u8>]) -> Vec<u8> {
    message(magic, GZIP | attributes, offset, time, &Compression::Gzip.compress(&within.concat()).unwrap())
}

/// Offsets 0 to 5 in four messages, and where these begin: the third holds three more.
fn messages(magic: u8) -> Vec<Vec<u8>> {
    let first = if magic == 0 { 2 } else { 0 };
    let within = [0, 1, 2].map(|at| message(magic, 0, first + at, 1_020 + at, b"within"));
    vec![
        message(magic, 0, 0, 1_000, b"first"),
        message(magic, 0, 1, 1_010, b"second"),
        wrapper(magic, 0, 4, 1_022, &within),
        message(magic, 0, 5, 1_030, b"last"),
    ]
}

fn starts(messages: &[Vec<u8>]) -> Vec<u32> {
    let mut at = 0;
    let start = |message: &Vec<u8>| {
        let start = at;
        at += u32::try_from(message.len()).unwrap();
        start
    };
    messages.iter().map(start).collect()
}

fn path(end: &str) -> String {
    format!("{FOLDER}/{:020}{end}", 0)
}

fn offset_entry(offset: u32, position: u32) -> Vec<u8> {
    [offset.to_be_bytes(), position.to_be_bytes()].concat()
}

fn time_entry(time: i64, offset: u32) -> Vec<u8> {
    [&time.to_be_bytes()[..], &offset.to_be_bytes()].concat()
}

/// The segment with its indexes: an entry for the second and for the fourth message. Messages v0 have no times to index.
fn segment(magic: u8) -> Files {
    let messages = messages(magic);
    let starts = starts(&messages);
    let times = if magic == 0 { Vec::new() } else { [time_entry(1_010, 1), time_entry(1_022, 4)].concat() };
    vec![
        (path(".log"), messages.concat()),
        (path(".index"), [offset_entry(1, starts[1]), offset_entry(5, starts[3])].concat()),
        (path(".timeindex"), times),
    ]
}

fn with_log(log: &[Vec<u8>]) -> Vec<(Check, String)> {
    wrong(&verify(&vec![(path(".log"), log.concat())]))
}

#[test]
fn segments_of_old_messages_are_whole_and_said_to_be_old() {
    for magic in [0, 1] {
        let report = verify(&segment(magic));
        assert_eq!(wrong(&report), []);
        assert_eq!(checks(&report), [Check::OldFormat]);
        let told = format!("the segment holds messages of formats before Kafka 0.11: 4 of v{magic}");
        assert_eq!(report.findings[0].what, told);
        let partition = &report.partitions[0];
        assert_eq!((partition.batches, partition.records, partition.log_end_offset.value()), (4, 6, 6));
    }
}

#[test]
fn any_flipped_bit_of_old_messages_is_noticed() {
    for magic in [0, 1] {
        let mut files = segment(magic);
        for at in 0..files[0].1.len() {
            for bit in 0..8 {
                files[0].1[at] ^= 1 << bit;
                let report = verify(&files);
                assert!(
                    wrong(&report).iter().any(|(check, _)| *check != Check::TimeIndexMismatch),
                    "v{magic}, byte {at}, bit {bit}: {report:?}"
                );
                files[0].1[at] ^= 1 << bit;
            }
        }
    }
}

#[test]
fn old_messages_that_are_cut_off_or_changed_say_where_and_leave_the_others() {
    let all = messages(1);
    let starts = starts(&all).into_iter().map(u64::from).collect::<Vec<_>>();
    let damaged = |change: fn(&mut Vec<u8>)| {
        let mut log = all.concat();
        change(&mut log);
        let report = verify(&vec![(path(".log"), log)]);
        let found = report.findings.iter().find(|finding| finding.severity == Severity::Error).unwrap();
        (found.check, found.position_bytes.unwrap(), found.what.clone(), report.partitions[0].records)
    };
    let (check, at, what, records) = damaged(|log| log[50] ^= 1);
    assert_eq!((check, at, records), (Check::BatchDamaged, starts[1], 5));
    assert!(what.starts_with("the message at offset 1 is damaged: its CRC is "), "{what}");
    let (check, at, what, records) = damaged(|log| log.truncate(log.len() - 1));
    assert_eq!((check, at, records), (Check::BatchDamaged, starts[3], 5));
    assert!(what.starts_with("the message at offset 5 is cut off: it takes 38 bytes"), "{what}");
    // The first one, by which the file is known: it was a note only, and the rest not looked at.
    let (check, at, what, records) = damaged(|log| log[30] ^= 1);
    assert_eq!((check, at, records), (Check::BatchDamaged, 0, 5));
    assert!(what.starts_with("the message at offset 0 is damaged"), "{what}");
}

#[test]
fn messages_whose_offsets_do_not_rise_are_named() {
    let mut log = messages(1);
    log[3][7] = 2;
    let told = with_log(&log);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        told[0],
        (Check::BatchDamaged, "the message's offset is 2, and what lies before it ends at 5".to_owned())
    );
    // A hole is one of compaction, or a wrong offset.
    log[3][7] = 9;
    let told = with_log(&log);
    assert_eq!((told.len(), told[0].0), (1, Check::Gap));
    assert!(told[0].1.starts_with("no message holds the offsets from 5 up to 9"), "{told:?}");
}

#[test]
fn what_was_written_wrong_in_a_compressed_message_is_told_from_what_became_wrong() {
    let told = |wrapper: Vec<u8>| {
        let log = [message(1, 0, 0, 1_000, b"first"), wrapper, message(1, 0, 4, 1_030, b"last")];
        let told = with_log(&log);
        assert_eq!(told.len(), 1, "{told:?}");
        told[0].clone()
    };
    let within = |offsets: [i64; 3]| offsets.map(|offset| message(1, 0, offset, 1_020, b"within"));
    let mut bad_crc = within([0, 1, 2]);
    bad_crc[1][12] ^= 1;
    let (check, what) = told(wrapper(1, 0, 3, 1_020, &bad_crc));
    assert_eq!(check, Check::RecordsDamaged);
    assert!(
        what.contains("40 bytes into its unpacked value cannot be read: its CRC is not the one"),
        "{what}"
    );
    let (check, what) = told(wrapper(1, 0, 3, 1_020, &within([0, 2, 1])));
    assert_eq!(check, Check::RecordsDamaged);
    assert!(what.contains("within it, offset 1 follows 2"), "{what}");
    let (check, what) = told(message(1, GZIP, 3, 1_020, b"no gzip"));
    assert_eq!(check, Check::RecordsDamaged);
    assert!(what.contains("offset 3"), "{what}");
    let mut changed = wrapper(1, 0, 3, 1_020, &within([0, 1, 2]));
    changed[40] ^= 1;
    assert_eq!(told(changed).0, Check::BatchDamaged);
    // The wrapper's time is the largest within, and what indexes and retention go by.
    let (check, what) = told(wrapper(1, 0, 3, 1_021, &within([0, 1, 2])));
    assert_eq!(check, Check::MaxTimestamp);
    assert_eq!(
        what,
        "the compressed message at offset 3 has the timestamp 1021, and the largest of the messages in it is 1020"
    );
}

#[test]
fn the_logs_time_stands_for_those_within() {
    let within = [0, 1].map(|offset| message(1, LOG_APPEND_TIME, offset, 5, b"within"));
    let log =
        [wrapper(1, LOG_APPEND_TIME, 1, 1_020, &within), message(1, LOG_APPEND_TIME, 2, 1_020, b"last")];
    let with_time = |time| {
        let report = verify(&vec![(path(".log"), log.concat()), (path(".timeindex"), time_entry(time, 1))]);
        assert_eq!(report.partitions[0].records, 3);
        wrong(&report)
    };
    assert_eq!(with_time(1_020), []);
    assert_eq!(with_time(5)[0].0, Check::TimeIndexMismatch);
}

#[test]
fn times_that_go_back_from_message_to_message_are_a_note_and_none_is_no_time() {
    let log = [
        message(1, 0, 0, 9, b""),
        message(1, 0, 1, 7, b""),
        message(0, 0, 2, 0, b""),
        message(1, 0, 3, -1, b""),
    ];
    let report = verify(&vec![(path(".log"), log.concat())]);
    let back: Vec<&Finding> =
        report.findings.iter().filter(|finding| finding.check == Check::TimeBackwards).collect();
    assert_eq!(back.len(), 1);
    assert_eq!(
        back[0].what,
        "1 messages have a smaller largest timestamp than one before; the first is at offset 1"
    );
    assert!(report.findings.iter().any(|finding| finding.what.ends_with("1 of v0, 3 of v1")), "{report:?}");
}

#[test]
fn indexes_that_contradict_old_messages_say_where() {
    let changed = |magic: u8, end: &str, index: Vec<u8>| {
        let mut files = segment(magic);
        *bytes_of(&mut files, &format!("0{end}")) = index;
        let told = wrong(&verify(&files));
        assert_eq!(told.len(), 1, "{told:?}");
        told[0].clone()
    };
    let starts = starts(&messages(1));
    let (check, what) = changed(1, ".index", offset_entry(1, starts[1] + 1));
    assert_eq!(check, Check::OffsetIndexMismatch);
    assert!(what.ends_with("where no message begins"), "{what}");
    // The compressed message begins at offset 2: offset 1 is before it.
    let (check, what) = changed(1, ".index", offset_entry(1, starts[2]));
    assert_eq!(check, Check::OffsetIndexMismatch);
    assert!(what.ends_with("but the message there begins at offset 2"), "{what}");
    let (check, what) = changed(1, ".index", offset_entry(6, starts[3] + 38));
    assert_eq!(check, Check::OffsetIndexMismatch);
    assert!(what.contains("and the log's last message ends at byte"), "{what}");
    let (check, what) = changed(1, ".timeindex", time_entry(1_011, 1));
    assert_eq!(check, Check::TimeIndexMismatch);
    assert!(what.contains("gives the time 1011 for offset 1"), "{what}");
    let (check, what) = changed(1, ".timeindex", time_entry(1_000, 4));
    assert_eq!(check, Check::TimeIndexMismatch);
    assert!(what.contains("but an earlier message has the time 1010"), "{what}");
    let (check, what) = changed(1, ".timeindex", time_entry(1_040, 7));
    assert_eq!(check, Check::TimeIndexMismatch);
    assert!(what.contains("names offset 7, and the segment's last offset is 5"), "{what}");
    let (check, what) = changed(0, ".timeindex", time_entry(1_010, 1));
    assert_eq!(check, Check::TimeIndexMismatch);
    assert_eq!(
        what,
        "the entry gives the time 1010 for offset 1, and what lies there has no time, as messages of the format v0"
    );
}
