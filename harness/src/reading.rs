//! Reading: for speed, one record at a time, and to say what lies there.

use js_sys::Array;
use tablog_core::ids::{Offset, PartitionId};
use tablog_core::source::{Fetched, InOrder, Source};
use wasm_bindgen::prelude::*;

use crate::broker::Harness;
use crate::js;
use crate::values::{self, Origin};

/// Bytes of one fetch while everything is checked.
const CHECK_FETCH_BYTES: usize = 4 * 1024 * 1024;
/// Wrong things that are listed; whoever finds so many needs no more.
const WRONG_LISTED_MAX: usize = 20;

#[wasm_bindgen]
impl Harness {
    /// Returns the offset that the next record of each partition gets, as far as this tab has seen.
    #[wasm_bindgen(js_name = endOffsets)]
    pub async fn end_offsets(&self, topic: String) -> Result<Vec<f64>, JsValue> {
        let topic = self.broker.describe_topic(&js::name(&topic)?).await.map_err(js::rejection)?;
        Ok(topic.partitions.iter().map(|it| it.high_watermark.value() as f64).collect())
    }

    /// Reads one value; undefined for an offset of which there is no record.
    pub async fn read(&self, topic: String, partition: i32, offset: f64) -> Result<Option<Vec<u8>>, JsValue> {
        let offset = Offset::new(offset as i64);
        let fetched = self.fetched(&topic, partition, offset, 1).await?;
        for batch in fetched.batches.iter().filter(|batch| batch.last_offset() >= offset) {
            let opened = batch.open().map_err(js::rejection)?;
            for record in opened.views() {
                let record = record.map_err(js::rejection)?;
                if record.offset == offset {
                    return Ok(record.value.map(<[u8]>::to_vec));
                }
            }
        }
        Ok(None)
    }

    /// Reads and decodes everything from an offset to the end, `bytes_max` bytes with a fetch, and copies nothing out.
    /// Returns `{ records, bytes, nextOffset }`, with the bytes of the values.
    pub async fn scan(
        &self,
        topic: String,
        partition: i32,
        from: f64,
        bytes_max: u32,
    ) -> Result<JsValue, JsValue> {
        let source = self.broker.source(&js::name(&topic)?).await.map_err(js::rejection)?;
        let partition = PartitionId::new(partition);
        let (mut next, mut records, mut bytes) = (Offset::new(from as i64), 0_u64, 0_u64);
        let end = source.bounds(partition).await.map_err(js::rejection)?.high_watermark;
        let mut fetches = InOrder::new(&source, partition, next..end, bytes_max as usize);
        while let Some(fetched) = fetches.next().await.map_err(js::rejection)? {
            if let Some(damage) = fetched.damage.first() {
                return Err(js_sys::Error::new(&damage.to_string()).into());
            }
            for batch in &fetched.batches {
                let opened = batch.open().map_err(js::rejection)?;
                for record in opened.views() {
                    let record = record.map_err(js::rejection)?;
                    // The first fetch brings the whole batch that the offset lies in.
                    if record.offset >= next {
                        records += 1;
                        bytes += record.value.map_or(0, <[u8]>::len) as u64;
                    }
                }
            }
            next = fetched.next_offset;
        }
        let (records, bytes) = ((records as f64).into(), (bytes as f64).into());
        Ok(js::object(&[("records", records), ("bytes", bytes), ("nextOffset", js::from_offset(next))]))
    }

    /// Looks at every record of a partition whose values were all made by `sendMade`. Returns
    ///
    /// - `startOffset`, `endOffset`: where the partition begins and ends;
    /// - `runs`: a Float64Array, four numbers for each run of neighbours that one client sent one after the other: the first
    ///   offset, the client, the first sequence, how many;
    /// - `damage`: what the broker itself says it cannot read;
    /// - `wrong`: what it does not say: an offset that is missing, a wrong CRC, bytes that nobody sent, a call that is there in
    ///   part.
    pub async fn check(&self, topic: String, partition: i32) -> Result<JsValue, JsValue> {
        let source = self.broker.source(&js::name(&topic)?).await.map_err(js::rejection)?;
        let partition = PartitionId::new(partition);
        let bounds = source.bounds(partition).await.map_err(js::rejection)?;
        let mut check = Check { next: bounds.log_start_offset, ..Check::default() };
        loop {
            let from = check.next;
            let fetched = source.fetch(partition, from, CHECK_FETCH_BYTES).await.map_err(js::rejection)?;
            check.take(&fetched);
            if fetched.next_offset == from {
                break;
            }
        }
        check.end(bounds.high_watermark);
        let words = |words: Vec<String>| words.into_iter().map(JsValue::from).collect::<Array>().into();
        Ok(js::object(&[
            ("startOffset", js::from_offset(bounds.log_start_offset)),
            ("endOffset", js::from_offset(bounds.high_watermark)),
            ("runs", js_sys::Float64Array::from(&check.runs.concat()[..]).into()),
            ("damage", words(check.damage)),
            ("wrong", words(check.wrong)),
        ]))
    }

    async fn fetched(
        &self,
        topic: &str,
        partition: i32,
        from: Offset,
        bytes_max: usize,
    ) -> Result<Fetched, JsValue> {
        let fetched = self.broker.fetch(&js::partition(topic, partition)?, from, bytes_max).await;
        fetched.map_err(js::rejection)
    }
}

/// A partition's records, as far as they were looked at.
#[derive(Default)]
struct Check {
    next: Offset,
    last: Option<Origin>,
    /// The broker has named damage among what is being looked at.
    has_holes: bool,
    runs: Vec<[f64; 4]>,
    damage: Vec<String>,
    wrong: Vec<String>,
}

impl Check {
    fn take(&mut self, fetched: &Fetched) {
        self.damage.extend(fetched.damage.iter().map(ToString::to_string));
        self.has_holes = !fetched.damage.is_empty();
        for batch in &fetched.batches {
            // The broker has looked at it, and nobody should have to believe that.
            if let Err(error) = batch.verify_crc() {
                self.complain(error.to_string());
            }
            let records = match batch.open() {
                Ok(opened) => opened,
                Err(error) => {
                    self.complain(error.to_string());
                    continue;
                }
            };
            for record in records.views() {
                match record {
                    Ok(record) if record.offset < self.next => {}
                    Ok(record) => self.look(record.offset, record.value.unwrap_or_default()),
                    Err(error) => self.complain(error.to_string()),
                }
            }
        }
        if self.next != fetched.next_offset && !self.has_holes {
            let (next, told) = (self.next, fetched.next_offset);
            self.complain(format!(
                "the fetch says that offset {told} comes next, and its records end at {next}"
            ));
        }
        self.next = fetched.next_offset;
    }

    fn look(&mut self, offset: Offset, value: &[u8]) {
        if offset != self.next && self.has_holes {
            self.last = None;
        } else if offset != self.next {
            self.complain(format!("offset {offset} follows where {} is expected", self.next));
        }
        self.next = offset.next();
        let origin = match values::read(value) {
            Ok(origin) => origin,
            Err(cause) => return self.complain(format!("offset {offset}: {cause}")),
        };
        let ended = self.last.is_none_or(|last| last.is_the_last());
        let follows = self.last.is_some_and(|last| last.is_followed_by(&origin));
        // Where the log begins, a call may have been cut by a deletion.
        if !self.last.is_none_or(|_| if ended { origin.nth == 0 } else { follows }) {
            self.complain(format!(
                "offset {offset}: {origin:?} is in the middle of its call, or follows one: {:?}",
                self.last
            ));
        }
        match self.runs.last_mut() {
            Some([from, client, sequence, count])
                if *from + *count == offset.value() as f64
                    && *client == f64::from(origin.client)
                    && *sequence + *count == f64::from(origin.sequence) =>
            {
                *count += 1.0;
            }
            _ => self.runs.push([
                offset.value() as f64,
                f64::from(origin.client),
                f64::from(origin.sequence),
                1.0,
            ]),
        }
        self.last = Some(origin);
    }

    fn end(&mut self, high_watermark: Offset) {
        if self.next < high_watermark {
            self.complain(format!("the records end at {}, and the log at {high_watermark}", self.next));
        }
        if let Some(last) = self.last.filter(|last| !last.is_the_last()) {
            self.complain(format!("the log ends in the middle of a call: {last:?}"));
        }
    }

    fn complain(&mut self, words: String) {
        if self.wrong.len() < WRONG_LISTED_MAX {
            self.wrong.push(words);
        }
    }
}
