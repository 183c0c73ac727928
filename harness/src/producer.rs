//! Appending many values with one call.

use bytes::Bytes;
use js_sys::{Array, Error, Reflect};
use tablog_core::browser::{BrowserEnv, IndexedDbStorage};
use tablog_core::client::{Producer, ProducerRecord, SentAll};
use tablog_core::ids::PartitionId;
use tablog_core::record::NewRecord;
use wasm_bindgen::prelude::*;

use crate::js;
use crate::values::{self, Origin};

/// Appends to one topic with one choice of acks and codec. Calls may overlap: what waits at the same time shares a commit.
#[wasm_bindgen(js_name = Producer)]
pub struct HarnessProducer {
    pub(crate) producer: Producer<IndexedDbStorage, BrowserEnv>,
}

#[wasm_bindgen(js_class = Producer)]
impl HarnessProducer {
    /// Appends values that lie back to back in `values`, the nth up to `ends[n]`. Without a partition, Kafka's sticky choice
    /// is taken.
    ///
    /// Returns what was filled: an array of `{ partition, baseOffset, lastOffset, records, acks }`, one entry for a call to one
    /// partition. Up to 8 MiB of a call to one partition go in whole or not at all. Where some were stored and others not, the
    /// error has the stored ones as `appended`.
    pub async fn send(
        &self,
        partition: Option<i32>,
        values: Vec<u8>,
        ends: Vec<u32>,
    ) -> Result<Array, JsValue> {
        self.append(partition, values, &ends).await
    }

    /// Appends `count` values of `bytes` bytes each, at least 20, made out of `client` and their sequence from `sequence` on:
    /// `what` has these four. Answers as [`Self::send`].
    #[wasm_bindgen(js_name = sendMade)]
    pub async fn send_made(&self, partition: Option<i32>, what: JsValue) -> Result<Array, JsValue> {
        let [client, sequence, count, bytes] = [
            js::number(&what, "client")?,
            js::number(&what, "sequence")?,
            js::number(&what, "count")?,
            js::number(&what, "bytes")?,
        ];
        let mut made = Vec::with_capacity(count as usize * bytes as usize);
        let mut ends = Vec::with_capacity(count as usize);
        for nth in 0..count {
            let origin = Origin { client, sequence: sequence.wrapping_add(nth), nth, count };
            values::make(&origin, bytes, &mut made);
            ends.push(u32::try_from(made.len()).map_err(|_| Error::new("a call takes less than 4 GiB"))?);
        }
        self.append(partition, made, &ends).await
    }
}

impl HarnessProducer {
    async fn append(&self, partition: Option<i32>, values: Vec<u8>, ends: &[u32]) -> Result<Array, JsValue> {
        // Copied into batches before anything is waited for: nobody keeps the values until they are acknowledged.
        let records = cut(partition.map(PartitionId::new), Bytes::from(values), ends)?;
        answer(self.producer.send_all(records).await)
    }
}

/// Makes a record of each value, where the values lie back to back.
fn cut(partition: Option<PartitionId>, values: Bytes, ends: &[u32]) -> Result<Vec<ProducerRecord>, JsValue> {
    let mut records = Vec::with_capacity(ends.len());
    let mut from = 0;
    for end in ends.iter().map(|end| *end as usize) {
        if end < from || end > values.len() {
            return Err(Error::new(&format!("no value ends at byte {end} of {}", values.len())).into());
        }
        let value = Some(values.slice(from..end));
        records.push(ProducerRecord { partition, record: NewRecord { value, ..NewRecord::default() } });
        from = end;
    }
    Ok(records)
}

fn answer(sent: SentAll) -> Result<Array, JsValue> {
    let appended = Array::new();
    for range in &sent.ranges {
        appended.push(&js::object(&[
            ("partition", range.partition.value().into()),
            ("baseOffset", js::from_offset(range.base_offset)),
            ("lastOffset", js::from_offset(range.last_offset)),
            ("records", (range.records as f64).into()),
            ("acks", js::word_of(range.acks).into()),
        ]));
    }
    let Some(failed) = sent.failed.into_iter().next() else { return Ok(appended) };
    let error = js::rejection(failed.error);
    Reflect::set(&error, &"appended".into(), &appended)?;
    Err(error)
}
