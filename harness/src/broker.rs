//! One database, open.

use js_sys::{Array, Function, Object};
use tablog_core::browser::{BrowserEnv, IndexedDbStorage, delete_database};
use tablog_core::client::Producer;
use tablog_core::ids::Offset;
use tablog_core::storage::Storage;
use wasm_bindgen::prelude::*;

use crate::js;
use crate::producer::HarnessProducer;

/// The broker that all of this is about.
pub(crate) type Broker = tablog_core::broker::Broker<IndexedDbStorage, BrowserEnv>;

/// One open database. Several may be open at once, in one tab or in many.
#[wasm_bindgen]
pub struct Harness {
    pub(crate) broker: Broker,
}

#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

#[wasm_bindgen]
impl Harness {
    /// Opens the database of this name, or makes it. `hear` is told by name what happens to the connection from then on:
    /// `Blocked`, `Outdated`, `Deleted`, `Lost`, `Reopened`.
    pub async fn open(database: String, hear: Option<Function>) -> Result<Harness, JsValue> {
        let tell = move |event| {
            if let Some(hear) = &hear {
                // What a listener throws is the listener's.
                hear.call1(&JsValue::NULL, &format!("{event:?}").into()).ok();
            }
        };
        let storage = IndexedDbStorage::open_watched(&database, tell).await.map_err(js::rejection)?;
        let broker = Broker::open(storage, BrowserEnv).await.map_err(js::rejection)?;
        Ok(Harness { broker })
    }

    /// Deletes a database with all that is in it.
    #[wasm_bindgen(js_name = deleteDatabase)]
    pub async fn delete_database(database: String) -> Result<(), JsValue> {
        delete_database(&database).await.map_err(js::rejection)
    }

    /// Makes a topic. `configs` is an object by Kafka's names.
    #[wasm_bindgen(js_name = createTopic)]
    pub async fn create_topic(&self, topic: String, partitions: i32, configs: Object) -> Result<(), JsValue> {
        let word = |entry: &Array, at| entry.get(at).as_string().unwrap_or_default();
        let entries = Object::entries(&configs);
        let entries = entries.iter().map(|entry| Array::from(&entry));
        let configs: Vec<(String, String)> =
            entries.map(|entry| (word(&entry, 0), word(&entry, 1))).collect();
        let made = self.broker.create_topic(&js::name(&topic)?, partitions, &configs).await;
        made.map(drop).map_err(js::rejection)
    }

    /// Deletes a topic with all its records.
    #[wasm_bindgen(js_name = deleteTopic)]
    pub async fn delete_topic(&self, topic: String) -> Result<(), JsValue> {
        self.broker.delete_topic(&js::name(&topic)?).await.map(drop).map_err(js::rejection)
    }

    /// Makes a producer for a topic: `acks` is '0', '1' or 'all', `codec` one of Kafka's names.
    pub fn producer(&self, topic: String, acks: String, codec: String) -> Result<HarnessProducer, JsValue> {
        let producer = Producer::new(self.broker.clone(), js::name(&topic)?);
        let producer = producer.with_acks(js::acks(&acks)?).with_compression(js::codec(&codec)?);
        Ok(HarnessProducer { producer })
    }

    /// Waits until nothing is queued any more: what was sent with acks 0 is stored then.
    pub async fn flush(&self) {
        self.broker.flush().await;
    }

    /// Catches up with what other tabs did.
    pub async fn refresh(&self) -> Result<(), JsValue> {
        self.broker.refresh().await.map(drop).map_err(js::rejection)
    }

    /// Deletes the records before an offset; -1 stands for the end. Returns the log start offset.
    #[wasm_bindgen(js_name = deleteRecords)]
    pub async fn delete_records(
        &self,
        topic: String,
        partition: i32,
        before: f64,
    ) -> Result<JsValue, JsValue> {
        let partition = js::partition(&topic, partition)?;
        let start = self.broker.delete_records(&partition, Offset::new(before as i64)).await;
        start.map(js::from_offset).map_err(js::rejection)
    }

    /// Keeps ballast for a full disk. Returns whether it is there.
    #[wasm_bindgen(js_name = keepBallast)]
    pub async fn keep_ballast(&self) -> Result<bool, JsValue> {
        self.broker.keep_ballast().await.map_err(js::rejection)
    }

    /// Names the store: one that was made anew has another name.
    #[wasm_bindgen(js_name = clusterId)]
    pub fn cluster_id(&self) -> String {
        self.broker.cluster_id()
    }

    /// Tells what the browser says of the room: `{ usedBytes, quotaBytes }`.
    pub async fn usage(&self) -> Result<JsValue, JsValue> {
        let usage = self.broker.storage().usage().await.map_err(js::rejection)?;
        let quota = usage.quota_bytes.map_or(JsValue::UNDEFINED, |bytes| (bytes as f64).into());
        Ok(js::object(&[("usedBytes", (usage.used_bytes as f64).into()), ("quotaBytes", quota)]))
    }

    /// Lets go of the database once what runs has completed. The next call opens it again.
    pub fn close(&self) {
        self.broker.storage().close();
    }
}
