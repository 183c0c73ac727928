//! What a codec does to a batch: everything is as without it, but for fewer bytes.

use super::*;

const CODECS: [Compression; 4] =
    [Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd];

proptest! {
    #[test]
    fn compressed_records_read_back_as_they_were_written(
        (base, records) in any_records(),
        producer in any::<(i64, i16, i32)>(),
        bits in any::<(bool, bool)>(),
        log_time in option::of(any_timestamp()),
    ) {
        let mut builder = BatchBuilder::at(base).producer(producer.0, producer.1, producer.2).leader_epoch(3);
        builder = if bits.0 { builder.transactional() } else { builder };
        builder = if bits.1 { builder.control() } else { builder };
        builder = if let Some(time) = log_time { builder.log_append_time(time) } else { builder };
        for record in &records {
            builder.try_push_record(record).unwrap();
        }
        let plain = builder.clone().build();
        for codec in CODECS {
            let batch = builder.clone().build_compressed(codec).unwrap();
            let parsed = RecordBatch::parse(batch.bytes().clone()).unwrap();
            prop_assert_eq!(&parsed, &batch);
            prop_assert_eq!(parsed.verify_crc(), Ok(()));
            prop_assert_eq!(read(&parsed), read(&plain));
            let views = parsed.open().unwrap().views().map(|view| view.unwrap().offset).collect::<Vec<_>>();
            prop_assert_eq!(views, records.iter().map(|record| record.offset).collect::<Vec<_>>());
            let expected = if records.is_empty() { Compression::None } else { codec };
            prop_assert_eq!(parsed.compression(), expected);
            // Producer, epochs, times, bits, counts: all but what packing changes.
            let header = BatchHeader {
                batch_length: plain.header().batch_length,
                attributes: parsed.header().attributes & !CODEC_BITS,
                crc: plain.header().crc,
                ..*parsed.header()
            };
            prop_assert_eq!(&header, plain.header());
            // Packed anew with any other, it is the batch that would have been made with that.
            for other in CODECS {
                let again = parsed.clone().with_compression(other).unwrap();
                prop_assert_eq!(again, builder.clone().build_compressed(other).unwrap());
            }
            prop_assert_eq!(&parsed.with_compression(Compression::None).unwrap(), &plain);
        }
    }
}

fn compressed(codec: Compression) -> RecordBatch {
    let mut builder = BatchBuilder::at(Offset::new(7));
    for n in 0..20 {
        let text = format!("the same again and again, {n}");
        builder.try_push(&value(&text), Timestamp::from_millis(1_000 + n)).unwrap();
    }
    builder.build_compressed(codec).unwrap()
}

#[test]
fn whichever_byte_changes_what_is_read_is_bounded_and_never_a_panic() {
    for codec in CODECS {
        let batch = compressed(codec);
        for at in BATCH_HEADER_BYTES..batch.bytes().len() {
            for change in [1, 16, 128, 255] {
                let mut bytes = batch.bytes().to_vec();
                bytes[at] ^= change;
                let changed = RecordBatch::parse(bytes.into()).unwrap();
                assert!(matches!(changed.verify_crc(), Err(BatchError::Crc { .. })));
                match changed.records() {
                    Ok(records) => assert!(records.count() <= 21, "{codec}: byte {at}"),
                    Err(error) => assert!(matches!(error, BatchError::Compression { .. }), "{error}"),
                }
            }
        }
    }
}

#[test]
fn records_that_need_more_room_than_any_batch_are_refused_before_they_are_all_unpacked() {
    // 128 KiB of zeros in four bytes each, 300 MiB in all: zstd's blocks of one repeated byte.
    let block = |last: u32| [&(last | 1 << 1 | (128 * 1024) << 3).to_le_bytes()[..3], &[0]].concat();
    let body = [vec![0x28, 0xB5, 0x2F, 0xFD, 0, 0x58], block(0).repeat(2_399), block(1)].concat();
    let mut header = *compressed(Compression::Zstd).header();
    header.batch_length = i32::try_from(BATCH_HEADER_BYTES + body.len() - LENGTH_FIELD_END).unwrap();
    let bomb = RecordBatch::parse([&header.encode()[..], &body].concat().into()).unwrap();
    assert_eq!(
        bomb.records().unwrap_err().to_string(),
        "the batch at offset 7: its zstd data hold more than 268435456 bytes, and no more are allowed"
    );
}

#[test]
fn an_emptied_batch_with_a_codecs_number_holds_no_records() {
    // Compaction keeps the number on a batch that it took every record from, and there is nothing to unpack.
    let header = BatchHeader { attributes: 4, ..BatchHeader::default() };
    let emptied = RecordBatch::parse(Bytes::copy_from_slice(&header.encode())).unwrap();
    assert_eq!(emptied.compression(), Compression::Zstd);
    assert_eq!(read(&emptied), Ok(Vec::new()));
    let packed = emptied.with_compression(Compression::Gzip).unwrap();
    assert_eq!((packed.bytes().len(), read(&packed)), (BATCH_HEADER_BYTES, Ok(Vec::new())));
}

#[test]
fn nothing_is_packed_with_a_codec_that_nobody_knows() {
    let refused = compressed(Compression::Gzip).with_compression(Compression::Unknown(5)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the batch at offset 7: it is compressed with an unknown codec (number 5)"
    );
}
