//! What every codec promises: what was packed is unpacked, and whatever else comes in is an error, in bounded room.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const CODECS: [Compression; 4] =
    [Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd];

/// More than any of these tests unpacks on purpose.
const BYTES_MAX: usize = 1024 * 1024;

fn unpack(codec: Compression, data: &[u8]) -> Result<Bytes, CompressionError> {
    codec.decompress(&Bytes::copy_from_slice(data), BYTES_MAX)
}

fn pack(codec: Compression, bytes: &[u8]) -> Vec<u8> {
    codec.compress(bytes).unwrap()
}

/// Text that repeats itself and bytes that do not, over several blocks of every codec.
fn mixed(bytes: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut out = Vec::with_capacity(bytes);
    while out.len() < bytes {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        out.extend_from_slice(format!("{{\"id\":{},\"name\":\"lorem ipsum\"}}", state >> 20).as_bytes());
        out.extend_from_slice(&state.to_be_bytes());
    }
    out.truncate(bytes);
    out
}

/// Bytes of few kinds, of all kinds, and repeated ones.
fn any_content() -> impl Strategy<Value = Vec<u8>> {
    let repeated = (vec(any::<u8>(), 1..50), 1..2_000_usize).prop_map(|(part, times)| part.repeat(times));
    prop_oneof![vec(any::<u8>(), 0..300), vec(0..4_u8, 0..5_000), repeated]
}

proptest! {
    #[test]
    fn what_was_packed_is_unpacked(content in any_content()) {
        for codec in CODECS {
            let packed = pack(codec, &content);
            prop_assert_eq!(unpack(codec, &packed), Ok(Bytes::from(content.clone())), "{}", codec);
        }
    }

    #[test]
    fn arbitrary_bytes_are_refused_or_unpacked_within_the_limit(data in vec(any::<u8>(), 0..200), keep in 0..16_usize) {
        for codec in CODECS {
            // Also behind a beginning that is right.
            let start = &pack(codec, b"records")[..keep.min(14)];
            for data in [data.clone(), [start, &data].concat()] {
                if let Ok(bytes) = unpack(codec, &data) {
                    prop_assert!(bytes.len() <= BYTES_MAX);
                }
            }
        }
    }
}

#[test]
fn content_of_several_blocks_is_unpacked_and_smaller_when_packed() {
    let content = mixed(400_000);
    for codec in CODECS {
        let packed = pack(codec, &content);
        assert!(packed.len() < content.len() / 2, "{codec}: {} bytes", packed.len());
        assert_eq!(unpack(codec, &packed).unwrap(), content, "{codec}");
    }
}

#[test]
fn codecs_have_kafkas_numbers_whatever_the_other_bits_say() {
    let codecs: Vec<Compression> = (0..8).map(|bits| Compression::from_attributes(bits | !0x07)).collect();
    let names: Vec<String> = codecs.iter().map(ToString::to_string).collect();
    assert_eq!(names[..5], ["none", "gzip", "snappy", "lz4", "zstd"]);
    assert_eq!(names[7], "an unknown codec (number 7)");
    for (number, codec) in (0..).zip(codecs) {
        assert_eq!(codec.number(), number);
        assert_eq!(Compression::parse(&names[usize::from(number)]), (number < 5).then_some(codec));
    }
}

#[test]
fn an_unknown_codec_neither_packs_nor_unpacks() {
    let unknown = Compression::Unknown(6);
    let expected = CompressionError::Unknown { number: 6 };
    assert_eq!(unknown.compress(b"x"), Err(expected.clone()));
    assert_eq!(unpack(unknown, b"x"), Err(expected));
}

#[test]
fn data_cut_anywhere_are_an_error() {
    let content = mixed(3_000);
    for codec in CODECS {
        let packed = pack(codec, &content);
        for cut in 0..packed.len() {
            let refused = unpack(codec, &packed[..cut]);
            // Snappy's framing has no end: what stands before a block is whole without it.
            let is_whole = codec == Compression::Snappy && cut == 16;
            match refused {
                Ok(bytes) => assert!(is_whole && bytes.is_empty(), "{codec} cut at {cut}: {bytes:?}"),
                Err(CompressionError::Damaged { position, .. }) => {
                    assert!(position <= cut, "{codec}: {position}")
                }
                Err(other) => panic!("{codec} cut at {cut}: {other}"),
            }
        }
    }
}

#[test]
fn whichever_byte_changes_the_rest_is_refused_or_unpacked_within_the_limit() {
    let content = mixed(2_000);
    for codec in CODECS {
        let packed = pack(codec, &content);
        // These two carry a checksum of the content.
        let is_checked = matches!(codec, Compression::Gzip | Compression::Zstd);
        for at in 0..packed.len() {
            for change in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
                let mut changed = packed.clone();
                changed[at] ^= change;
                if let Ok(bytes) = unpack(codec, &changed) {
                    assert!(!is_checked || bytes == content, "{codec}: byte {at} ^ {change} went unnoticed");
                    assert!(bytes.len() <= BYTES_MAX);
                }
            }
        }
    }
}

#[test]
fn a_few_bytes_that_hold_more_than_may_come_out_are_refused() {
    let bomb = vec![0; 64 * BYTES_MAX];
    for codec in CODECS {
        let packed = pack(codec, &bomb);
        assert!(packed.len() < bomb.len() / 15, "{codec}: {} bytes", packed.len());
        let refused = unpack(codec, &packed).unwrap_err();
        assert_eq!(refused, CompressionError::TooLarge { codec, bytes_max: BYTES_MAX });
        assert_eq!(
            refused.to_string(),
            format!("its {codec} data hold more than 1048576 bytes, and no more are allowed")
        );
        // As much as may come out does.
        let most = pack(codec, &bomb[..BYTES_MAX]);
        assert_eq!(unpack(codec, &most).unwrap().len(), BYTES_MAX, "{codec}");
        let one_more = pack(codec, &bomb[..=BYTES_MAX]);
        assert!(matches!(unpack(codec, &one_more), Err(CompressionError::TooLarge { .. })), "{codec}");
    }
    let plain = Bytes::from(bomb);
    assert!(matches!(unpack(Compression::None, &plain), Err(CompressionError::TooLarge { .. })));
}

#[test]
fn what_follows_the_end_is_named() {
    for codec in [Compression::Gzip, Compression::Lz4, Compression::Zstd] {
        let packed = pack(codec, b"records");
        for garbage in [&b"\0"[..], b"garbage"] {
            let (position, bytes) = (packed.len(), garbage.len());
            let expected = CompressionError::Trailing { codec, position, bytes };
            assert_eq!(unpack(codec, &[&packed, garbage].concat()), Err(expected), "{codec}");
        }
    }
    let twice = pack(Compression::Lz4, b"records").repeat(2);
    // Kafka's reader stops after one frame.
    assert!(matches!(unpack(Compression::Lz4, &twice), Err(CompressionError::Trailing { .. })));
    for codec in [Compression::Gzip, Compression::Zstd, Compression::Snappy] {
        let twice = pack(codec, b"records").repeat(2);
        assert_eq!(unpack(codec, &twice).unwrap(), "recordsrecords", "{codec}");
    }
}

#[test]
fn nothing_at_all_is_no_data_of_any_codec() {
    for codec in CODECS {
        let refused = unpack(codec, b"");
        assert!(
            matches!(refused, Err(CompressionError::Damaged { position: 0, .. })),
            "{codec}: {refused:?}"
        );
    }
}

mod gzip {
    use super::*;

    #[test]
    fn the_header_is_the_one_that_kafkas_client_writes() {
        let packed = pack(Compression::Gzip, b"records");
        assert_eq!(packed[..10], [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]);
    }

    #[test]
    fn many_small_members_are_unpacked_one_after_the_other() {
        let packed = pack(Compression::Gzip, b"x").repeat(2_000);
        assert_eq!(unpack(Compression::Gzip, &packed).unwrap(), vec![b'x'; 2_000]);
    }
}

mod snappy {
    use super::*;

    fn damage(data: &[u8]) -> String {
        unpack(Compression::Snappy, data).unwrap_err().to_string()
    }

    #[test]
    fn a_bare_block_is_read_too() {
        let content = mixed(10_000);
        let block = snap::raw::Encoder::new().compress_vec(&content).unwrap();
        assert_eq!(unpack(Compression::Snappy, &block).unwrap(), content);
    }

    #[test]
    fn blocks_hold_32_kib_as_javas_do() {
        let packed = pack(Compression::Snappy, &mixed(70_000));
        let (mut rest, mut blocks) = (&packed[16..], Vec::new());
        while !rest.is_empty() {
            let length = usize::try_from(u32::from_be_bytes(rest[..4].try_into().unwrap())).unwrap();
            blocks.push(snap::raw::decompress_len(&rest[4..4 + length]).unwrap());
            rest = &rest[4 + length..];
        }
        assert_eq!(blocks, [32_768, 32_768, 4_464]);
    }

    #[test]
    fn lengths_that_lie_are_named() {
        let packed = pack(Compression::Snappy, b"records");
        let with_length = |length: i32| [&packed[..16], &length.to_be_bytes(), &packed[20..]].concat();
        let message = damage(&with_length(-1));
        assert_eq!(message, "its snappy data cannot be read at byte 16: a block has the length -1");
        let message = damage(&with_length(10));
        assert!(message.ends_with("at byte 20: a block needs 10 bytes, and 9 are left"), "{message}");
        // A block that claims 1,000,000 bytes, and has room for five.
        let message = damage(&[0xC0, 0x84, 0x3D, 0x10, b'a', b'b', b'c', b'd']);
        assert!(message.ends_with("a block of 8 bytes cannot hold the 1000000 that it claims"), "{message}");
        let mut newer = packed;
        newer[15] = 2;
        assert!(damage(&newer).ends_with("the framing has version 2; only 1 is known"));
    }
}

mod lz4 {
    use super::*;

    /// A frame with these flags, around blocks that are made already.
    fn frame(flags: u8, content_bytes: Option<u64>, blocks: &[Vec<u8>], end: &[u8]) -> Vec<u8> {
        let mut descriptor = vec![0x40 | flags, 0x40];
        descriptor.extend(content_bytes.into_iter().flat_map(u64::to_le_bytes));
        let checksum = twox_hash::XxHash32::oneshot(0, &descriptor).to_le_bytes()[1];
        [&[0x04, 0x22, 0x4D, 0x18], &descriptor[..], &[checksum], &blocks.concat(), &[0; 4], end].concat()
    }

    fn sized(block: &[u8]) -> Vec<u8> {
        [&u32::try_from(block.len()).unwrap().to_le_bytes(), block].concat()
    }

    fn damage(data: &[u8]) -> String {
        unpack(Compression::Lz4, data).unwrap_err().to_string()
    }

    #[test]
    fn a_wrong_header_checksum_is_refused_except_in_message_format_v0() {
        let mut packed = pack(Compression::Lz4, b"records");
        packed[6] ^= 1;
        let message = damage(&packed);
        assert!(message.ends_with("the header's checksum is 82, and 83 was written"), "{message}");
        let old = Compression::Lz4.decompress_v0(&packed.into(), BYTES_MAX);
        assert_eq!(old.unwrap(), "records");
    }

    #[test]
    fn blocks_that_refer_to_earlier_ones_are_read() {
        let (first, second) = (mixed(5_000), mixed(6_000));
        let blocks = [
            sized(&lz4_flex::block::compress(&first)),
            sized(&lz4_flex::block::compress_with_dict(&second, &first)),
        ];
        let data = frame(0, None, &blocks, &[]);
        assert!(data.len() < 4_500, "the second block leans on the first: {} bytes", data.len());
        assert_eq!(unpack(Compression::Lz4, &data).unwrap(), [first, second].concat());
    }

    #[test]
    fn checksums_and_sizes_are_compared_where_there_are_any() {
        let block = lz4_flex::block::compress(b"records records records");
        let sum = |bytes: &[u8]| twox_hash::XxHash32::oneshot(0, bytes).to_le_bytes();
        let content = b"records records records";
        let checked = [&sized(&block)[..], &sum(&block)].concat();
        let all = 0x20 | 0x10 | 0x08 | 0x04;
        let good = frame(all, Some(23), std::slice::from_ref(&checked), &sum(content));
        assert_eq!(unpack(Compression::Lz4, &good).unwrap(), &content[..]);
        let wrong_sum = frame(all, Some(23), std::slice::from_ref(&checked), &sum(b"other"));
        assert!(damage(&wrong_sum).contains("the checksum of the content is"));
        let wrong_size = frame(all, Some(24), &[checked], &sum(content));
        assert!(damage(&wrong_size).contains("says it holds 24 bytes, and holds 23"));
        let wrong_block = frame(all, Some(23), &[[&sized(&block)[..], &[0; 4]].concat()], &sum(content));
        assert!(damage(&wrong_block).contains("the checksum of a block is"));
    }

    #[test]
    fn what_a_header_may_not_say_is_named() {
        let with = |at: usize, byte: u8| {
            let mut packed = pack(Compression::Lz4, b"records");
            packed[at] = byte;
            damage(&packed)
        };
        assert!(with(0, 0x05).ends_with("cannot be read at byte 0: it is no lz4 frame"));
        assert!(with(4, 0xA0).ends_with("the frame has version 2; only 1 is known"));
        assert!(with(4, 0x61).ends_with("the frame needs a dictionary"));
        assert!(with(5, 0x30).ends_with("the frame has an unknown block size (3)"));
        let message = with(9, 2);
        assert!(message.ends_with("a block takes 131079 bytes; at most 65536 are allowed"), "{message}");
    }

    #[test]
    fn incompressible_blocks_are_stored_as_they_are() {
        let packed = pack(Compression::Lz4, &[7, 1, 200, 33]);
        assert_eq!(packed[7..], [4, 0, 0, 0x80, 7, 1, 200, 33, 0, 0, 0, 0]);
    }
}

mod zstd {
    use super::*;

    /// A frame header with a window of 2 MiB, then blocks of 128 KiB of one byte each: four bytes stand for all of them.
    fn repeated(blocks: usize) -> Vec<u8> {
        let one = |last: u32| (last | 1 << 1 | (128 * 1024) << 3).to_le_bytes()[..3].to_vec();
        let mut data = vec![0x28, 0xB5, 0x2F, 0xFD, 0, 0x58];
        for block in 1..=blocks {
            data.extend(one(u32::from(block == blocks)));
            data.push(b'x');
        }
        data
    }

    #[test]
    fn four_bytes_that_stand_for_128_kib_are_stopped_at_the_limit() {
        assert_eq!(unpack(Compression::Zstd, &repeated(8)).unwrap(), vec![b'x'; BYTES_MAX]);
        let refused = unpack(Compression::Zstd, &repeated(100_000)).unwrap_err();
        assert!(matches!(refused, CompressionError::TooLarge { .. }), "{refused}");
    }

    #[test]
    fn sizes_that_a_header_claims_are_not_believed() {
        // One segment of 2^60 bytes, and the beginning of a block.
        let claim = [&[0x28, 0xB5, 0x2F, 0xFD, 0xE0], &(1_u64 << 60).to_le_bytes()[..], &[1, 0, 0]].concat();
        let refused = unpack(Compression::Zstd, &claim).unwrap_err();
        assert!(!matches!(refused, CompressionError::Trailing { .. }), "{refused}");
        // One segment of 9 bytes that holds a raw block of 3.
        let short = [&[0x28, 0xB5, 0x2F, 0xFD, 0x20, 9], &[3 << 3 | 1, 0, 0][..], b"abc"].concat();
        let message = unpack(Compression::Zstd, &short).unwrap_err().to_string();
        assert!(message.ends_with("the frame says it holds 9 bytes, and holds 3"), "{message}");
    }

    #[test]
    fn skippable_frames_are_skipped() {
        let skipped = [&[0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0], &b"any"[..]].concat();
        let packed = pack(Compression::Zstd, b"records");
        let data = [&skipped[..], &packed, &skipped].concat();
        assert_eq!(unpack(Compression::Zstd, &data).unwrap(), "records");
        let cut = unpack(Compression::Zstd, &data[..data.len() - 1]).unwrap_err().to_string();
        assert!(cut.ends_with("a skippable frame needs 3 bytes, and 2 are left"), "{cut}");
    }

    #[test]
    fn a_wrong_checksum_is_refused() {
        let mut packed = pack(Compression::Zstd, b"records");
        *packed.last_mut().unwrap() ^= 1;
        let message = unpack(Compression::Zstd, &packed).unwrap_err().to_string();
        assert!(message.contains("the content's checksum is"), "{message}");
    }

    #[test]
    fn what_is_no_frame_is_named() {
        let message = unpack(Compression::Zstd, b"garbage").unwrap_err().to_string();
        assert_eq!(message, "its zstd data cannot be read at byte 0: it is no zstd frame");
    }
}
