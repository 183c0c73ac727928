//! Record batches, single records, and messages of the old formats.

use bytes::Bytes;
use tablog_core::ids::{Offset, Timestamp};
use tablog_core::record::crc::crc32c;
use tablog_core::record::legacy::MESSAGE_SIZE_END;
use tablog_core::record::{
    BatchBuilder, BatchHeader, Compression, ControlRecordType, MessageHeader, Record, RecordBatch,
};

/// Beyond this the records are not packed anew: it would be the codecs that are measured.
const REPACKED_BYTES_MAX: usize = 16 * 1024;

/// Takes one record batch.
pub fn record_batch(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    let Ok(batch) = RecordBatch::parse(bytes.clone()) else {
        assert!(RecordBatch::parse_all(bytes.clone()).is_err() || bytes.is_empty());
        return;
    };
    assert_eq!(batch.bytes()[..], data[..batch.header().batch_bytes()]);
    assert_eq!(RecordBatch::parse_header(data).as_ref(), Ok(batch.header()));
    assert_eq!(ControlRecordType::of(&batch).is_some(), batch.is_control());
    let is_whole = batch.verify_crc().is_ok();
    let moved = batch.clone().with_base_offset(Offset::ZERO).with_leader_epoch(7);
    assert_eq!(moved.verify_crc().is_ok(), is_whole, "the CRC covers neither base offset nor leader epoch");
    if let Some(records) = check_records(&batch) {
        check_rebuilt(&batch, &records);
        check_repacked(&batch, &records);
    }
}

/// Walks a batch's records in both ways; returns them if all can be read.
fn check_records(batch: &RecordBatch) -> Option<Vec<Record>> {
    let open = batch.open().ok()?;
    let records: Vec<_> = open.records().collect();
    let views: Vec<_> = open.views().collect();
    assert_eq!(records.len(), views.len());
    let header = batch.header();
    let mut previous = None;
    for (record, view) in records.iter().zip(views) {
        let (Ok(record), Ok(view)) = (record, &view) else {
            assert_eq!(record.as_ref().err(), view.as_ref().err());
            continue;
        };
        assert_eq!((record.offset, record.timestamp), (view.offset, view.timestamp));
        assert_eq!((record.key.as_deref(), record.value.as_deref()), (view.key, view.value));
        assert_eq!(record.headers.len(), view.headers.count());
        assert!(record.offset >= header.base_offset && record.offset <= header.last_offset());
        assert!(previous < Some(record.offset), "offsets rise");
        previous = Some(record.offset);
    }
    let records = records.into_iter().collect::<Result<Vec<_>, _>>().ok()?;
    assert_eq!(i32::try_from(records.len()), Ok(header.record_count));
    Some(records)
}

/// Writes the records anew, as a cleaner does: they stay as they were.
fn check_rebuilt(batch: &RecordBatch, records: &[Record]) {
    let mut builder = BatchBuilder::like(batch.header());
    for record in records {
        builder.try_push_record(record).unwrap();
    }
    let rebuilt = builder.build();
    rebuilt.verify_crc().unwrap();
    assert_eq!(check_records(&rebuilt).as_deref(), Some(records));
    assert_eq!(rebuilt.base_offset(), batch.base_offset());
}

fn check_repacked(batch: &RecordBatch, records: &[Record]) {
    let is_small = batch.open().is_ok_and(|open| open.body().len() <= REPACKED_BYTES_MAX);
    if !is_small {
        return;
    }
    for codec in
        [Compression::None, Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd]
    {
        let Ok(packed) = batch.clone().with_compression(codec) else { panic!("{codec} does not pack it") };
        packed.verify_crc().unwrap();
        // A count that the packed bytes cannot bear out is refused by whoever reads the batch.
        let Ok(parsed) = RecordBatch::parse(packed.bytes().clone()) else { continue };
        assert_eq!(check_records(&parsed).as_deref(), Some(records), "{codec}");
    }
}

/// Takes the records of one batch, behind how many there are.
pub fn record(data: &[u8]) {
    let Some((&count, body)) = data.split_first() else { return };
    let empty = BatchBuilder::at(Offset::new(100)).build();
    let mut bytes = empty.bytes().to_vec();
    bytes.extend(body);
    let length = i32::try_from(bytes.len() - 12).unwrap();
    bytes[8..12].copy_from_slice(&length.to_be_bytes());
    bytes[23..27].copy_from_slice(&i32::MAX.to_be_bytes());
    bytes[57..61].copy_from_slice(&i32::from(count).to_be_bytes());
    let crc = crc32c(&bytes[21..]);
    bytes[17..21].copy_from_slice(&crc.to_be_bytes());
    let Ok(batch) = RecordBatch::parse(bytes.into()) else { return };
    batch.verify_crc().unwrap();
    if let Some(records) = check_records(&batch) {
        check_rebuilt(&batch, &records);
    }
}

/// Takes messages of the old formats, back to back: as they are, and with their checksums put right, since nearly every mutation
/// makes those wrong.
pub fn message_set(data: &[u8]) {
    walk_messages(data);
    let mut repaired = data.to_vec();
    put_checksums_right(&mut repaired);
    walk_messages(&repaired);
}

fn walk_messages(data: &[u8]) {
    let (mut rest, mut position) = (Bytes::copy_from_slice(data), 0);
    while let Ok(batch) = RecordBatch::parse_any(rest.clone(), position) {
        assert!(batch.stored_bytes() >= 26 && batch.stored_bytes() <= rest.len());
        let records = check_records(&batch);
        if let Some(origin) = batch.origin() {
            // A message is made into a batch only when it is whole.
            assert!(records.is_some_and(|records| !records.is_empty()));
            assert_eq!(origin.bytes()[..], rest[..batch.stored_bytes()]);
            assert_eq!(origin.position_bytes(), position);
            batch.verify_crc().unwrap();
        }
        rest = rest.split_off(batch.stored_bytes());
        position += u64::try_from(batch.stored_bytes()).unwrap();
    }
}

/// Puts the checksums of what lies back to back right, as far as the lengths lead: hostile bytes need not be damaged ones.
pub fn put_checksums_right(bytes: &mut [u8]) {
    let mut at = 0;
    while let Some(rest) = bytes.get_mut(at..).filter(|rest| rest.len() > 61 || MessageHeader::is_old(rest)) {
        let size = if MessageHeader::is_old(rest) {
            let Ok(size) = MessageHeader::parse(rest).map(|header| header.message_bytes()) else { return };
            let Some(body) = rest.get(16..size) else { return };
            let mut crc = flate2::Crc::new();
            crc.update(body);
            rest[MESSAGE_SIZE_END..16].copy_from_slice(&crc.sum().to_be_bytes());
            size
        } else {
            let Ok(size) = RecordBatch::parse_header(rest).map(|header: BatchHeader| header.batch_bytes())
            else {
                return;
            };
            let Some(body) = rest.get(21..size) else { return };
            let crc = crc32c(body);
            rest[17..21].copy_from_slice(&crc.to_be_bytes());
            size
        };
        at += size;
    }
}

/// Returns a time to look for that hostile bytes may hold.
pub(super) fn time_of(batch: &RecordBatch) -> Timestamp {
    batch.header().max_timestamp
}
