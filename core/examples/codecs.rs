//! How fast and how small the codecs are: `cargo run --release -p tablog-core --example codecs`. Each figure is the best of five
//! runs, in MB of uncompressed records a second, over batches of a producer's default size and of sixteen times that.
#![allow(clippy::unwrap_used, reason = "an example ends at the first error")]

use std::hint::black_box;
use std::time::Instant;

use tablog_core::ids::Timestamp;
use tablog_core::limits::BATCH_BYTES_TARGET;
use tablog_core::record::{BatchBuilder, Compression, NewRecord, RecordBatch};

const RECORDS: usize = 100_000;

fn main() {
    for batch_bytes in [BATCH_BYTES_TARGET, 4 * BATCH_BYTES_TARGET, 16 * BATCH_BYTES_TARGET] {
        let plain = encode(batch_bytes);
        let bytes: usize = plain.iter().map(|batch| batch.bytes().len()).sum();
        println!("{} batches of {} KiB, {RECORDS} records of 200 bytes", plain.len(), batch_bytes / 1024);
        let codecs =
            [Compression::None, Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd];
        for codec in codecs {
            let pack = || {
                plain.iter().map(|batch| batch.clone().with_compression(codec).unwrap()).collect::<Vec<_>>()
            };
            let packed = pack();
            let packed_bytes: usize = packed.iter().map(|batch| batch.bytes().len()).sum();
            let deflate = best(|| pack().len());
            let inflate = best(|| packed.iter().map(|batch| batch.open().unwrap().body().len()).sum());
            let walk = best(|| {
                packed.iter().map(|batch| batch.open().unwrap().views().map(Result::unwrap).count()).sum()
            });
            report(&codec.to_string(), bytes, packed_bytes, [deflate, inflate, walk]);
        }
    }
}

/// JSON events of about 200 bytes, as a shop might write them.
fn events() -> impl Iterator<Item = NewRecord> {
    let mut state = 1_u64;
    let mut next = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    (0..RECORDS).map(move |index| {
        let cities = ["Lisbon", "Osaka", "Nairobi", "Lima", "Oslo", "Hanoi"];
        let value = format!(
            "{{\"id\":\"order-{index}\",\"at\":{},\"customer\":\"c-{:08x}\",\"city\":\"{}\",\"amount\":{}.{:02},\
             \"currency\":\"EUR\",\"items\":[{{\"sku\":\"{:06}\",\"count\":{}}}],\"status\":\"paid\",\"session\":\"{:016x}\"}}",
            1_700_000_000_000 + u64::try_from(index).unwrap() * 37,
            next(1 << 31),
            cities.get(usize::try_from(next(6)).unwrap()).unwrap(),
            next(500),
            next(100),
            next(1_000_000),
            1 + next(5),
            next(1 << 31) << 31 | next(1 << 31),
        );
        NewRecord { value: Some(value.into()), ..NewRecord::default() }
    })
}

fn encode(batch_bytes: usize) -> Vec<RecordBatch> {
    let now = Timestamp::from_millis(1_700_000_000_000);
    let (mut batches, mut builder) = (Vec::new(), BatchBuilder::new());
    for record in events() {
        if builder.record_count() > 0 && builder.bytes_len_with(&record, now) > batch_bytes {
            batches.push(std::mem::take(&mut builder).build());
        }
        builder.try_push(&record, now).unwrap();
    }
    batches.push(builder.build());
    batches
}

fn best(mut run: impl FnMut() -> usize) -> f64 {
    let one = |_| {
        let start = Instant::now();
        black_box(run());
        start.elapsed().as_secs_f64()
    };
    (0..5).map(one).fold(f64::INFINITY, f64::min)
}

#[allow(clippy::cast_precision_loss, reason = "figures to look at")]
fn report(codec: &str, bytes: usize, packed_bytes: usize, [deflate, inflate, walk]: [f64; 3]) {
    let speed = |seconds: f64| bytes as f64 / 1e6 / seconds;
    println!(
        "  {codec:8} {:5.2} times smaller   pack {:6.0} MB/s   unpack {:6.0} MB/s   unpack and walk {:6.0} MB/s",
        bytes as f64 / packed_bytes as f64,
        speed(deflate),
        speed(inflate),
        speed(walk)
    );
}
