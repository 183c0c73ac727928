//! Snappy: in the framing of Java's `org.xerial.snappy`, which Kafka's clients write, or as one bare block, which they read too.
//!
//! ```text
//! ┌─────────────────────────┬─────────┬────────────┬────────┬───────┬────────┬───────┬─────┐
//! │ 82 S N A P P Y 00       │ version │ compatible │ length │ block │ length │ block │  …  │   numbers are i32, big-endian
//! └─────────────────────────┴─────────┴────────────┴────────┴───────┴────────┴───────┴─────┘
//!   version and compatible: 1.  Each block holds 32 KiB unpacked, but the last. The first 16 bytes may come again.
//! ```

use snap::raw::{Decoder, Encoder, decompress_len, max_compress_len};

use super::append_with;
use super::input::Input;
use crate::record::{Compression, CompressionError};

const MAGIC: [u8; 8] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];
const VERSION: i32 = 1;

/// Bytes that go into one block: the default of Java's `SnappyOutputStream`.
const BLOCK_BYTES: usize = 32 * 1024;

/// Most bytes that one byte of a block stands for: three bytes copy at most 64.
const EXPANSION_MAX: usize = 22;

pub(super) fn decompress(data: &[u8], bytes_max: usize) -> Result<Vec<u8>, CompressionError> {
    let mut input = Input::new(Compression::Snappy, data);
    let mut out = Vec::new();
    if !data.starts_with(&MAGIC) {
        let block = input.clone().take(data.len(), "the block")?;
        unpack_block(&input, block, &mut out, bytes_max)?;
        return Ok(out);
    }
    while !input.rest.is_empty() {
        if input.rest.starts_with(&MAGIC) {
            read_frame_header(&mut input)?;
            continue;
        }
        let at_length = input.clone();
        let length = i32::from_be_bytes(input.take_array("a block's length")?);
        let length = usize::try_from(length)
            .map_err(|_| at_length.damaged(format!("a block has the length {length}")))?;
        let at_block = input.clone();
        let block = input.take(length, "a block")?;
        unpack_block(&at_block, block, &mut out, bytes_max)?;
    }
    Ok(out)
}

fn read_frame_header(input: &mut Input<'_>) -> Result<(), CompressionError> {
    input.take(MAGIC.len(), "the magic bytes")?;
    let [_version, compatible] = [input.take_array("the version")?, input.take_array("the version")?];
    match i32::from_be_bytes(compatible) {
        VERSION => Ok(()),
        other => Err(input.damaged(format!("the framing has version {other}; only {VERSION} is known"))),
    }
}

fn unpack_block(
    at: &Input<'_>,
    block: &[u8],
    out: &mut Vec<u8>,
    bytes_max: usize,
) -> Result<(), CompressionError> {
    let damaged = |error: snap::Error| at.damaged(error.to_string());
    let bytes = decompress_len(block).map_err(damaged)?;
    at.within(out.len().saturating_add(bytes), bytes_max)?;
    if bytes > block.len().saturating_mul(EXPANSION_MAX) {
        let cause = format!("a block of {} bytes cannot hold the {bytes} that it claims", block.len());
        return Err(at.damaged(cause));
    }
    append_with(out, bytes, |room| Decoder::new().decompress(block, room)).map_err(damaged)?;
    Ok(())
}

pub(super) fn compress(records: &[u8]) -> Result<Vec<u8>, CompressionError> {
    let mut encoder = Encoder::new();
    let mut out = MAGIC.to_vec();
    out.extend_from_slice(&VERSION.to_be_bytes());
    out.extend_from_slice(&VERSION.to_be_bytes());
    for block in records.chunks(BLOCK_BYTES) {
        let length_at = out.len();
        out.extend_from_slice(&[0; 4]);
        let packed =
            append_with(&mut out, max_compress_len(block.len()), |room| encoder.compress(block, room))
                .map_err(|error| CompressionError::Encoder {
                    codec: Compression::Snappy,
                    cause: error.to_string(),
                })?;
        // A block of 32 KiB never takes more than some 38 KB.
        let length = i32::try_from(packed).unwrap_or(i32::MAX);
        if let Some(room) = out.get_mut(length_at..).and_then(<[u8]>::first_chunk_mut) {
            *room = length.to_be_bytes();
        }
    }
    Ok(out)
}
