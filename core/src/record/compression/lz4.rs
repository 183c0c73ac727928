//! lz4's frame format (`org.apache.kafka.common.compress.Lz4BlockInputStream`, KIP-57), one frame, little-endian.
//!
//! ```text
//! ┌─────────────┬─────┬────┬──────────────┬────┬────────┬───────┬──────────┬─────┬─────────────┬──────────┐
//! │ 04 22 4d 18 │ FLG │ BD │ content size │ HC │ length │ block │ checksum │  …  │ 00 00 00 00 │ checksum │
//! └─────────────┴─────┴────┴──────────────┴────┴────────┴───────┴──────────┴─────┴─────────────┴──────────┘
//!   FLG  7-6 version 01 │ 5 blocks stand alone │ 4 block checksums │ 3 content size │ 2 content checksum │ 0 dictionary
//!   BD   6-4 largest block: 4 = 64 KiB, 5 = 256 KiB, 6 = 1 MiB, 7 = 4 MiB
//!   HC   second byte of the xxHash32 of FLG, BD and content size        length  bit 31: the block is not compressed
//! ```
//! Kafka's client writes FLG 60, BD 40 and no checksum but HC.

use lz4_flex::block::{compress_into, decompress_into, decompress_into_with_dict, get_maximum_output_size};
use twox_hash::XxHash32;

use super::append_with;
use super::input::Input;
use crate::record::{Compression, CompressionError};

const MAGIC: [u8; 4] = [0x04, 0x22, 0x4D, 0x18];
const VERSION_BITS: u8 = 0xC0;
const VERSION: u8 = 0x40;
const BLOCKS_STAND_ALONE: u8 = 0x20;
const BLOCK_CHECKSUMS: u8 = 0x10;
const CONTENT_SIZE: u8 = 0x08;
const CONTENT_CHECKSUM: u8 = 0x04;
const DICTIONARY: u8 = 0x01;
const UNCOMPRESSED: u32 = 1 << 31;

/// BD for blocks of at most 64 KiB.
const BLOCK_SIZE_64_KIB: u8 = 0x40;
const BLOCK_BYTES: usize = 64 * 1024;

/// How far back a block can refer.
const WINDOW_BYTES: usize = 64 * 1024;

/// Most bytes that one byte of a block stands for: a length goes on by 255 with each byte.
const EXPANSION_MAX: usize = 255;
/// What a block's first bytes may stand for beyond that.
const EXPANSION_START: usize = 64;

/// Whether the header's checksum is to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderChecksum {
    Checked,
    /// Message format v0 has a wrong one.
    Ignored,
}

struct FrameHeader {
    flags: u8,
    block_bytes_max: usize,
    content_bytes: Option<u64>,
}

pub(super) fn decompress(
    data: &[u8],
    bytes_max: usize,
    header_checksum: HeaderChecksum,
) -> Result<Vec<u8>, CompressionError> {
    let mut input = Input::new(Compression::Lz4, data);
    let header = read_header(&mut input, header_checksum)?;
    let mut out = Vec::new();
    while read_block(&mut input, &header, &mut out)? {
        input.within(out.len(), bytes_max)?;
    }
    if let Some(claimed) = header.content_bytes
        && u64::try_from(out.len()) != Ok(claimed)
    {
        return Err(
            input.damaged(format!("the frame says it holds {claimed} bytes, and holds {}", out.len()))
        );
    }
    if header.flags & CONTENT_CHECKSUM != 0 {
        check(&mut input, &out, "the content")?;
    }
    input.end()?;
    Ok(out)
}

fn read_header(input: &mut Input<'_>, checksum: HeaderChecksum) -> Result<FrameHeader, CompressionError> {
    if input.clone().take_array("the magic bytes")? != MAGIC {
        return Err(input.damaged("it is no lz4 frame"));
    }
    input.take(MAGIC.len(), "the magic bytes")?;
    let descriptor = input.rest;
    let [flags, block_descriptor] = input.take_array("the frame descriptor")?;
    if flags & VERSION_BITS != VERSION {
        return Err(input.damaged(format!("the frame has version {}; only 1 is known", flags >> 6)));
    }
    if flags & DICTIONARY != 0 {
        return Err(input.damaged("the frame needs a dictionary"));
    }
    let block_bytes_max = match block_descriptor >> 4 {
        4 => BLOCK_BYTES,
        5 => 256 * 1024,
        6 => 1024 * 1024,
        7 => 4 * 1024 * 1024,
        other => return Err(input.damaged(format!("the frame has an unknown block size ({other})"))),
    };
    let content_bytes = match flags & CONTENT_SIZE {
        0 => None,
        _ => Some(u64::from_le_bytes(input.take_array("the content size")?)),
    };
    let descriptor = descriptor.get(..descriptor.len().saturating_sub(input.rest.len())).unwrap_or_default();
    let [stored] = input.take_array("the header checksum")?;
    let computed = header_checksum(descriptor);
    if checksum == HeaderChecksum::Checked && stored != computed {
        return Err(
            input.damaged(format!("the header's checksum is {computed:02x}, and {stored:02x} was written"))
        );
    }
    Ok(FrameHeader { flags, block_bytes_max, content_bytes })
}

fn header_checksum(descriptor: &[u8]) -> u8 {
    let [_, second, ..] = XxHash32::oneshot(0, descriptor).to_le_bytes();
    second
}

/// Unpacks one block; `false` at the frame's end.
fn read_block(
    input: &mut Input<'_>,
    header: &FrameHeader,
    out: &mut Vec<u8>,
) -> Result<bool, CompressionError> {
    let length = u32::from_le_bytes(input.take_array("a block's length")?);
    if length == 0 {
        return Ok(false);
    }
    let is_compressed = length & UNCOMPRESSED == 0;
    let bytes = usize::try_from(length & !UNCOMPRESSED).unwrap_or(usize::MAX);
    let most = header.block_bytes_max;
    if bytes > most {
        return Err(input.damaged(format!("a block takes {bytes} bytes; at most {most} are allowed")));
    }
    let at_block = input.clone();
    let block = input.take(bytes, "a block")?;
    if header.flags & BLOCK_CHECKSUMS != 0 {
        check(input, block, "a block")?;
    }
    if !is_compressed {
        out.extend_from_slice(block);
        return Ok(true);
    }
    let room = most.min(bytes.saturating_mul(EXPANSION_MAX).saturating_add(EXPANSION_START));
    let start = out.len();
    out.resize(start.saturating_add(room), 0);
    let (before, room) = out.split_at_mut(start);
    let unpacked = if header.flags & BLOCKS_STAND_ALONE != 0 {
        decompress_into(block, room)
    } else {
        let window = before.get(start.saturating_sub(WINDOW_BYTES)..).unwrap_or_default();
        decompress_into_with_dict(block, room, window)
    };
    out.truncate(start.saturating_add(*unpacked.as_ref().unwrap_or(&0)));
    unpacked.map_err(|error| at_block.damaged(error.to_string()))?;
    Ok(true)
}

fn check(input: &mut Input<'_>, bytes: &[u8], what: &str) -> Result<(), CompressionError> {
    let stored = u32::from_le_bytes(input.take_array("a checksum")?);
    let computed = XxHash32::oneshot(0, bytes);
    if stored == computed {
        return Ok(());
    }
    Err(input.damaged(format!("the checksum of {what} is {computed:08x}, and {stored:08x} was written")))
}

pub(super) fn compress(records: &[u8]) -> Result<Vec<u8>, CompressionError> {
    let descriptor = [VERSION | BLOCKS_STAND_ALONE, BLOCK_SIZE_64_KIB];
    let mut out = MAGIC.to_vec();
    out.extend_from_slice(&descriptor);
    out.push(header_checksum(&descriptor));
    for block in records.chunks(BLOCK_BYTES) {
        let length_at = out.len();
        out.extend_from_slice(&[0; 4]);
        let packed =
            append_with(&mut out, get_maximum_output_size(block.len()), |room| compress_into(block, room))
                .map_err(|error| CompressionError::Encoder {
                    codec: Compression::Lz4,
                    cause: error.to_string(),
                })?;
        // A block has at most 64 KiB, so its length never reaches the bit that says whether it is compressed.
        let length = if packed < block.len() {
            u32::try_from(packed).unwrap_or(0)
        } else {
            out.truncate(length_at.saturating_add(4));
            out.extend_from_slice(block);
            u32::try_from(block.len()).unwrap_or(0) | UNCOMPRESSED
        };
        if let Some(room) = out.get_mut(length_at..).and_then(<[u8]>::first_chunk_mut) {
            *room = length.to_le_bytes();
        }
    }
    out.extend_from_slice(&[0; 4]);
    Ok(out)
}
