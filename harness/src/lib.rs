//! The log for JavaScript, in a page or in a dedicated worker: tablog-core's `Broker` over a real
//! IndexedDB database, with nothing in between. The crash tests and the benchmarks drive it; it is no public interface.
//!
//! `cargo xtask crash` and `cargo xtask bench` build it with `wasm-bindgen --target web` into `target/wasm/harness/`:
//!
//! ```js
//! import init, { Harness } from './harness.js';
//!
//! await init();
//! const harness = await Harness.open('database');
//! await harness.createTopic('events', 3, {});
//!
//! // Values back to back, and where each ends. Acks: '0', '1' or 'all'; the codecs go by Kafka's names.
//! const producer = harness.producer('events', '1', 'none');
//! const [{ partition, baseOffset, lastOffset, records, acks }] = await producer.send(0, bytes, ends);
//! // Or values that are made here, each out of its client and its sequence, so that anybody can check them later.
//! await producer.sendMade(0, { client: 7, sequence: 0, count: 1000, bytes: 200 });
//!
//! await harness.scan('events', 0, 0, 1 << 20);        // every record decoded: { records, bytes, nextOffset }
//! await harness.read('events', 0, 123);               // one value, as a Uint8Array
//! await harness.check('events', 0);                   // what lies there: see `check`
//! await harness.endOffsets('events');                 // a Float64Array
//! await harness.deleteRecords('events', 0, 500);
//! await harness.deleteTopic('events');
//! harness.close();
//! ```
//! What fails rejects with an `Error` whose `name` is the error's own (`QuotaExceeded`, `OutcomeUnknown`, `OffsetOutOfRange`).
//! Offsets are JavaScript's numbers, exact up to 2⁵³.

#[cfg(target_arch = "wasm32")]
mod broker;
#[cfg(target_arch = "wasm32")]
mod js;
#[cfg(target_arch = "wasm32")]
mod producer;
#[cfg(target_arch = "wasm32")]
mod reading;
pub mod values;

#[cfg(target_arch = "wasm32")]
pub use broker::Harness;
#[cfg(target_arch = "wasm32")]
pub use producer::HarnessProducer;
