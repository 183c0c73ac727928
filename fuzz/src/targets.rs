//! The targets: one for each kind of bytes that come from outside.

mod codecs;
mod companions;
mod internal;
mod lines;
mod records;
mod segments;

use tablog_core::record::Compression;

pub use codecs::{gzip, lz4, snappy, zstd};
pub use companions::{
    checkpoint, offset_index, producer_snapshot, properties, time_index, transaction_index,
};
pub use internal::internal_topics;
pub use lines::json_lines;
pub use records::{message_set, record, record_batch};
pub use segments::{folder, pack_file, paths, segment};

use crate::seeds;

/// A target: its name, what it does with bytes, and what mutation begins with.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name, also of the file in `fuzz/libfuzzer/fuzz_targets` and of the folder in `fuzz/findings`.
    pub name: &'static str,
    /// Takes any bytes; panics when a promise is broken.
    pub run: fn(&[u8]),
    /// Makes the seeds out of the golden corpus.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "record_batch", run: record_batch, seeds: batch_seeds },
    Target { name: "record", run: record, seeds: seeds::records },
    Target { name: "message_set", run: message_set, seeds: message_seeds },
    Target { name: "offset_index", run: offset_index, seeds: || index_seeds(".index") },
    Target { name: "time_index", run: time_index, seeds: || index_seeds(".timeindex") },
    Target { name: "transaction_index", run: transaction_index, seeds: || index_seeds(".txnindex") },
    Target { name: "producer_snapshot", run: producer_snapshot, seeds: || ending(".snapshot") },
    Target { name: "checkpoint", run: checkpoint, seeds: || ending("-checkpoint") },
    Target { name: "properties", run: properties, seeds: property_seeds },
    Target { name: "gzip", run: gzip, seeds: || seeds::packed(Compression::Gzip) },
    Target { name: "snappy", run: snappy, seeds: || seeds::packed(Compression::Snappy) },
    Target { name: "lz4", run: lz4, seeds: || seeds::packed(Compression::Lz4) },
    Target { name: "zstd", run: zstd, seeds: || seeds::packed(Compression::Zstd) },
    Target { name: "json_lines", run: json_lines, seeds: seeds::lines },
    Target { name: "internal_topics", run: internal_topics, seeds: seeds::internal },
    Target { name: "segment", run: segment, seeds: segment_seeds },
    Target { name: "folder", run: folder, seeds: seeds::folders },
    Target { name: "paths", run: paths, seeds: seeds::paths },
];

/// Finds a target by its name.
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

fn ending(end: &'static str) -> Vec<Vec<u8>> {
    seeds::golden_bytes(|path| path.ends_with(end))
}

fn batch_seeds() -> Vec<Vec<u8>> {
    seeds::batches().into_iter().map(|batch| batch.bytes().to_vec()).collect()
}

fn message_seeds() -> Vec<Vec<u8>> {
    seeds::golden_bytes(|path| path.contains("/old-formats/") && path.ends_with(".log"))
}

/// An index's bytes mean something only together with the base offset in its name, which the first byte stands for.
fn index_seeds(end: &'static str) -> Vec<Vec<u8>> {
    ending(end).into_iter().map(|bytes| [&[0], &bytes[..]].concat()).collect()
}

fn property_seeds() -> Vec<Vec<u8>> {
    let mut seeds = seeds::golden_bytes(|path| {
        ["meta.properties", "partition.metadata", "quorum-state"].iter().any(|end| path.ends_with(end))
    });
    // Of version 1; the corpus has version 0.
    seeds.push(br#"{"leaderId":-1,"leaderEpoch":3,"votedId":2,"votedDirectoryId":"aJtYSiKfQ1W98uHYTAK1Gg","data_version":1}"#.to_vec());
    seeds
}

fn segment_seeds() -> Vec<Vec<u8>> {
    let logs = seeds::golden_bytes(seeds::is_log);
    logs.into_iter().map(|bytes| [&[1], &bytes[..]].concat()).collect()
}
