//! What users of the log hold. The broker below knows batches; here there are records.

pub mod producer;

pub use producer::{FailedRecords, Producer, ProducerRecord, RecordMetadata, SentAll, SentRange};
