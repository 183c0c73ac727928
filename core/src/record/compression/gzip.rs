//! gzip (RFC 1952): one member, or several back to back, which Java's `GZIPInputStream` reads too.
//!
//! ```text
//! ┌───────┬────┬───────┬───────┬─────┬────┬─────────────────┬──────────────┬───────┬────────┬──────────┐
//! │ 1f 8b │ 08 │ flags │ mtime │ xfl │ os │ extra, name, …  │ deflate data │ crc32 │ length │ member … │
//! └───────┴────┴───────┴───────┴─────┴────┴─────────────────┴──────────────┴───────┴────────┴──────────┘
//!   Kafka's client writes no flags, mtime and xfl 0, os 255, level 6
//! ```

use std::io::{Read, Write};

use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

use super::append_with;
use super::input::Input;
use crate::record::{Compression, CompressionError};

const MAGIC: [u8; 2] = [0x1F, 0x8B];

/// The least and the most that room is made for at once: members may be many and small, or few and large.
const STEP_BYTES_MIN: usize = 4 * 1024;
const STEP_BYTES_MAX: usize = 1024 * 1024;

/// How many times as much usually comes out.
const EXPANSION_USUAL: usize = 4;

pub(super) fn decompress(data: &[u8], bytes_max: usize) -> Result<Vec<u8>, CompressionError> {
    let mut input = Input::new(Compression::Gzip, data);
    let mut out = Vec::new();
    loop {
        member(&mut input, &mut out, bytes_max)?;
        if !input.rest.starts_with(&MAGIC) {
            input.end()?;
            return Ok(out);
        }
    }
}

fn member(input: &mut Input<'_>, out: &mut Vec<u8>, bytes_max: usize) -> Result<(), CompressionError> {
    let mut decoder = GzDecoder::new(input.rest);
    let usual = if out.is_empty() { input.rest.len().saturating_mul(EXPANSION_USUAL) } else { 0 };
    let mut step = usual.clamp(STEP_BYTES_MIN, STEP_BYTES_MAX);
    loop {
        // One byte more than may be tells that there is more.
        let room = step.min(bytes_max.saturating_sub(out.len()).saturating_add(1));
        step = step.saturating_mul(2).min(STEP_BYTES_MAX);
        let read = append_with(out, room, |room| decoder.read(room));
        let taken = decoder.get_ref().len();
        match read {
            Ok(0) => {
                input.rest = decoder.into_inner();
                return Ok(());
            }
            Ok(_) => input.within(out.len(), bytes_max)?,
            Err(error) => {
                input.rest = input.rest.get(input.rest.len().saturating_sub(taken)..).unwrap_or_default();
                return Err(input.damaged(error.to_string()));
            }
        }
    }
}

pub(super) fn compress(records: &[u8]) -> Result<Vec<u8>, CompressionError> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder
        .write_all(records)
        .and_then(|()| encoder.finish())
        .map_err(|error| CompressionError::Encoder { codec: Compression::Gzip, cause: error.to_string() })
}
