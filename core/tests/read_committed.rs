//! What a consumer with `isolation.level=read_committed` sees, case by case; `golden_consumed.rs` holds it to Kafka's own consumer.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use bytes::Bytes;
use futures_executor::block_on;
use tablog_core::ids::{Offset, PartitionId, Timestamp};
use tablog_core::limits::READ_COMMITTED_SKIP_BYTES_MAX;
use tablog_core::record::{BatchBuilder, NewRecord};
use tablog_core::segment::{LogFile, MemoryFile};
use tablog_core::source::{Fetched, Isolated, IsolationLevel, ReadCommitted, Source, SourceError, Span};

const ZERO: PartitionId = PartitionId::new(0);

fn batch(producer: i64, at: i64, control: Option<u8>, value_bytes: usize) -> Bytes {
    let mut builder = BatchBuilder::at(Offset::new(at)).producer(producer, 0, 0).transactional();
    if control.is_some() {
        builder = builder.control();
    }
    let key = control.map(|number| Bytes::copy_from_slice(&[0, 0, 0, number]));
    let value = Some(Bytes::from(vec![b'v'; value_bytes]));
    builder.try_push(&NewRecord { key, value, ..NewRecord::default() }, Timestamp::from_millis(at)).unwrap();
    builder.build().bytes().clone()
}

fn log(batches: &[Bytes]) -> LogFile<MemoryFile> {
    let name = "orders-0/00000000000000000000.log";
    let log = block_on(LogFile::open(MemoryFile::new(name, batches.concat()))).unwrap();
    while !block_on(log.index_step()).unwrap().done {}
    log
}

fn committed(batches: &[Bytes]) -> ReadCommitted<LogFile<MemoryFile>> {
    ReadCommitted::new(log(batches))
}

fn fetch(source: &impl Source, from: i64) -> Result<Fetched, SourceError> {
    block_on(source.fetch(ZERO, Offset::new(from), 1))
}

#[test]
fn what_lies_behind_an_open_transaction_is_out_of_range() {
    let source = committed(&[batch(1, 0, None, 1), batch(1, 1, Some(1), 1), batch(2, 2, None, 1)]);
    let bounds = block_on(source.bounds(ZERO)).unwrap();
    assert_eq!((bounds.high_watermark, bounds.records), (Offset::new(2), 1));
    assert_eq!(block_on(source.inner().bounds(ZERO)).unwrap().high_watermark, Offset::new(3));
    let at_the_end = fetch(&source, 2).unwrap();
    assert_eq!((at_the_end.batches.len(), at_the_end.next_offset), (0, Offset::new(2)));
    let refused =
        SourceError::OffsetOutOfRange { offset: Offset::new(3), start: Offset::ZERO, end: Offset::new(2) };
    assert_eq!(fetch(&source, 3), Err(refused));
    let time = |millis| block_on(source.offset_for_timestamp(ZERO, Timestamp::from_millis(millis))).unwrap();
    assert_eq!((time(0), time(1)), (Some((Offset::ZERO, Timestamp::from_millis(0))), None));
}

#[test]
fn a_log_that_begins_with_an_open_transaction_has_nothing_to_show() {
    let source = committed(&[batch(2, 0, None, 1), batch(1, 1, None, 1), batch(1, 2, Some(1), 1)]);
    assert_eq!(block_on(source.zones(ZERO)).unwrap(), []);
    let bounds = block_on(source.bounds(ZERO)).unwrap();
    assert_eq!((bounds.high_watermark, bounds.records, bounds.max_timestamp), (Offset::ZERO, 0, None));
    assert_eq!(fetch(&source, 0).unwrap().next_offset, Offset::ZERO);
}

#[test]
fn a_long_aborted_transaction_is_passed_over_in_several_fetches() {
    let (count, value_bytes) = (100_i64, 200 * 1024);
    let mut batches: Vec<Bytes> = (0..count).map(|at| batch(1, at, None, value_bytes)).collect();
    batches.extend([
        batch(1, count, Some(0), 1),
        batch(2, count + 1, None, 1),
        batch(2, count + 2, Some(1), 1),
    ]);
    let source = committed(&batches);
    let (mut from, mut offsets, mut fetches) = (0, Vec::new(), 0);
    while from < count + 3 {
        let fetched = fetch(&source, from).unwrap();
        assert!(fetched.next_offset.value() > from);
        let read = usize::try_from(fetched.next_offset.value() - from).unwrap() * value_bytes;
        assert!(read < 2 * READ_COMMITTED_SKIP_BYTES_MAX, "{read}");
        from = fetched.next_offset.value();
        offsets.extend(fetched.batches.iter().map(|batch| batch.base_offset().value()));
        fetches += 1;
    }
    assert_eq!(offsets, [count + 1]);
    assert!(fetches > 2);
    assert_eq!(block_on(source.zones(ZERO)).unwrap().len(), 1);
}

#[test]
fn the_isolation_level_says_whether_aborted_records_and_markers_are_seen() {
    let batches =
        [batch(1, 0, None, 1), batch(1, 1, Some(0), 1), batch(2, 2, None, 1), batch(2, 3, Some(1), 1)];
    let seen = |level| {
        let source = Isolated::new(log(&batches), level);
        assert_eq!(source.level(), level);
        let bounds = block_on(source.bounds(ZERO)).unwrap();
        let layout = block_on(source.layout(&[(ZERO, None)])).unwrap().remove(0);
        assert_eq!(layout.bounds, bounds);
        assert_eq!(layout.zones, Some(block_on(source.zones(ZERO)).unwrap()));
        let span = Span { partition: ZERO, from: Offset::ZERO, last: Offset::new(3), bytes: 1 };
        let fetched = block_on(source.fetch_spans(&[span])).unwrap().remove(0);
        let offsets: Vec<i64> = fetched.batches.iter().map(|batch| batch.base_offset().value()).collect();
        assert_eq!(u64::try_from(offsets.len()).unwrap(), bounds.records);
        assert!(!block_on(source.transactions(ZERO)).unwrap().is_empty());
        let first =
            block_on(source.offset_for_timestamp(ZERO, Timestamp::from_millis(0))).unwrap().unwrap().0;
        (offsets, first.value(), fetch(&source, 0).unwrap().batches[0].base_offset().value())
    };
    assert_eq!(seen(IsolationLevel::ReadUncommitted), (vec![0, 1, 2, 3], 0, 0));
    assert_eq!(seen(IsolationLevel::ReadCommitted), (vec![2], 2, 2));
}

#[test]
fn isolation_levels_have_kafkas_names() {
    let names = IsolationLevel::ALL.map(IsolationLevel::as_str);
    assert_eq!(names, ["read_uncommitted", "read_committed"]);
    for level in IsolationLevel::ALL {
        assert_eq!(IsolationLevel::from_name(level.as_str()), Some(level));
    }
    assert_eq!(IsolationLevel::from_name("serializable"), None);
    assert_eq!(IsolationLevel::default(), IsolationLevel::ReadUncommitted, "as for a Kafka consumer");
}
