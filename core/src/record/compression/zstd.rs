//! zstd (RFC 8878): one frame, or several back to back, skippable ones among them, which Kafka's zstd-jni reads too.
//!
//! ```text
//! ┌─────────────┬────────────┬────────┬──────────────┬───────┬─────┬──────────┬─────────┐
//! │ 28 b5 2f fd │ descriptor │ window │ content size │ block │  …  │ checksum │ frame … │
//! └─────────────┴────────────┴────────┴──────────────┴───────┴─────┴──────────┴─────────┘
//! ┌──────────────────────┬────────┬─────────┐
//! │ 50 to 5f, 2a, 4d, 18 │ length │ skipped │   little-endian
//! └──────────────────────┴────────┴─────────┘
//! ```

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use ruzstd::encoding::CompressionLevel;

use super::input::Input;
use crate::record::{Compression, CompressionError};

const MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
const SKIPPABLE_MAGIC: u32 = 0x184D_2A50;

/// Largest window that a frame may ask for: libzstd's own limit, above which Kafka cannot read it either.
const WINDOW_BYTES_MAX: u64 = 128 * 1024 * 1024;

/// What is unpacked between two looks at how much it has become: one block at least.
const STEP_BYTES: usize = 128 * 1024;

pub(super) fn decompress(data: &[u8], bytes_max: usize) -> Result<Vec<u8>, CompressionError> {
    let mut input = Input::new(Compression::Zstd, data);
    let mut out = Vec::new();
    loop {
        let mut ahead = input.clone();
        let magic: [u8; 4] = match ahead.take_array("the magic bytes") {
            Ok(magic) => magic,
            Err(_) if input.position() > 0 => return input.end().map(|()| out),
            Err(error) => return Err(error),
        };
        if magic == MAGIC {
            frame(&mut input, &mut out, bytes_max)?;
        } else if u32::from_le_bytes(magic) & !0x0F == SKIPPABLE_MAGIC {
            let length = u32::from_le_bytes(ahead.take_array("a skippable frame's length")?);
            ahead.take(usize::try_from(length).unwrap_or(usize::MAX), "a skippable frame")?;
            input = ahead;
        } else if input.position() > 0 {
            return input.end().map(|()| out);
        } else {
            return Err(input.damaged("it is no zstd frame"));
        }
    }
}

fn frame(input: &mut Input<'_>, out: &mut Vec<u8>, bytes_max: usize) -> Result<(), CompressionError> {
    let start = out.len();
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(WINDOW_BYTES_MAX);
    decoder.init(&mut input.rest).map_err(|error| input.damaged(error.to_string()))?;
    let claimed = usize::try_from(decoder.content_size()).unwrap_or(usize::MAX);
    input.within(start.saturating_add(claimed), bytes_max)?;
    while !decoder.is_finished() {
        decoder
            .decode_blocks(&mut input.rest, BlockDecodingStrategy::UptoBytes(STEP_BYTES))
            .map_err(|error| input.damaged(error.to_string()))?;
        // While the frame goes on, the decoder keeps back as much as its window is wide.
        decoder.collect_to_writer(&mut *out).map_err(|error| input.damaged(error.to_string()))?;
        input.within(out.len(), bytes_max)?;
    }
    let bytes = out.len().saturating_sub(start);
    if claimed > 0 && bytes != claimed {
        return Err(input.damaged(format!("the frame says it holds {claimed} bytes, and holds {bytes}")));
    }
    let (stored, computed) = (decoder.get_checksum_from_data(), decoder.get_calculated_checksum());
    match (stored, computed) {
        (Some(stored), Some(computed)) if stored != computed => {
            Err(input
                .damaged(format!("the content's checksum is {computed:08x}, and {stored:08x} was written")))
        }
        _ => Ok(()),
    }
}

pub(super) fn compress(records: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(records, CompressionLevel::Fastest)
}
