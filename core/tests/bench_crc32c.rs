//! How fast CRC-32C is in a browser: part of `cargo xtask bench`, and nothing at all in tests, which are not optimised.
#![cfg(all(target_arch = "wasm32", not(debug_assertions)))]

use std::hint::black_box;

use tablog_core::record::crc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// As large as a producer's batch.
const BATCH_BYTES: usize = 16 * 1024;
/// Enough of them that they do not stay in the processor's nearest caches.
const BATCHES: usize = 256;
const ROUNDS: usize = 64;
const RUNS: usize = 7;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

#[wasm_bindgen_test]
fn crc32c_of_batches() {
    let bytes: Vec<u8> =
        (0..BATCHES * BATCH_BYTES).map(|at| (at.wrapping_mul(0x9E37_79B9) >> 16) as u8).collect();
    let run = |crc32c: fn(&[u8]) -> u32| {
        let began_ms = now();
        let mut all = 0;
        for _ in 0..ROUNDS {
            all = bytes.chunks(BATCH_BYTES).fold(all, |all, batch| all ^ crc32c(black_box(batch)));
        }
        black_box(all);
        (bytes.len() * ROUNDS) as f64 / (now() - began_ms) / 1e6
    };
    // In turn, so that both meet the same machine.
    let mut rates: Vec<(f64, f64)> = (0..RUNS).map(|_| (run(crc::crc32c), run(crc32c::crc32c))).collect();
    rates.sort_by(|a, b| a.0.total_cmp(&b.0));
    let each: Vec<String> =
        rates.iter().map(|(ours, theirs)| format!("{ours:.2} ({:.2})", ours / theirs)).collect();
    console_log!(
        "CRC-32C of batches of 16 KiB: {} GB/s (times the speed of the crc32c crate) (goal: 1)",
        each.join(", ")
    );
}
