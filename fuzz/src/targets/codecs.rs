//! Each codec's frame: what comes out is bounded, and what goes in comes out.

use bytes::Bytes;
use tablog_core::record::{Compression, CompressionError};

/// Small enough that each run is quick, large enough for some blocks of each codec.
const OUT_BYTES_MAX: usize = 1024 * 1024;

/// Takes a gzip stream, and anything as what is to be packed.
pub fn gzip(data: &[u8]) {
    codec(Compression::Gzip, data);
}

/// Takes snappy in either framing, and anything as what is to be packed.
pub fn snappy(data: &[u8]) {
    codec(Compression::Snappy, data);
    // The bare block too, whatever the bytes say.
    if let Some(block) = data.get(20..) {
        codec(Compression::Snappy, block);
    }
}

/// Takes an lz4 frame, with the header checksum of today and of format v0, and anything as what is to be packed.
pub fn lz4(data: &[u8]) {
    let data_bytes = Bytes::copy_from_slice(data);
    let old = bounded(Compression::Lz4, data, Compression::Lz4.decompress_v0(&data_bytes, OUT_BYTES_MAX));
    let new = codec(Compression::Lz4, data);
    // What passes with the checksum passes without, and is the same.
    assert!(new.is_none() || new == old);
}

/// Takes zstd frames, and anything as what is to be packed.
pub fn zstd(data: &[u8]) {
    codec(Compression::Zstd, data);
}

fn codec(codec: Compression, data: &[u8]) -> Option<Bytes> {
    let data = Bytes::copy_from_slice(data);
    let unpacked = bounded(codec, &data, codec.decompress(&data, OUT_BYTES_MAX));
    if let Some(out) = &unpacked {
        // The limit is exact.
        assert_eq!(codec.decompress(&data, out.len()).as_ref(), Ok(out));
        if let Some(less) = out.len().checked_sub(1) {
            let refused = codec.decompress(&data, less);
            assert!(matches!(refused, Err(CompressionError::TooLarge { .. })), "{codec}: {refused:?}");
        }
    }
    let packed = Bytes::from(codec.compress(&data).unwrap());
    assert_eq!(codec.decompress(&packed, data.len()).as_ref(), Ok(&data), "{codec}: what goes in comes out");
    unpacked
}

fn bounded(codec: Compression, data: &[u8], unpacked: Result<Bytes, CompressionError>) -> Option<Bytes> {
    match unpacked {
        Ok(out) => {
            assert!(out.len() <= OUT_BYTES_MAX, "{codec}: {} bytes came out", out.len());
            Some(out)
        }
        Err(CompressionError::Damaged { position, .. } | CompressionError::Trailing { position, .. }) => {
            assert!(position <= data.len(), "{codec}: byte {position} of {}", data.len());
            None
        }
        Err(_) => None,
    }
}
