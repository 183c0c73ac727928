//! Why an operation did not happen: one enum for each operation, each with Kafka's error code.

use crate::config::ConfigError;
use crate::error::ErrorCode;
use crate::ids::{Offset, TopicName, TopicPartition};
use crate::limits::PARTITIONS_MAX;
use crate::log::InvalidBatch;
use crate::record::{BatchError, CompressionError};
use crate::storage::StorageError;

/// Says why a store could not be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Says why a topic was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CreateTopicError {
    /// The number of partitions is out of range.
    #[error("a topic has 1 to {PARTITIONS_MAX} partitions, not {0}")]
    Partitions(i32),
    /// There is such a topic.
    #[error("there is a topic \"{0}\" already")]
    TopicExists(TopicName),
    /// There is a topic whose name differs in '.' and '_' only.
    #[error(
        "\"{name}\" is too close to the topic \"{existing}\": names that differ only in '.' and '_' collide in metrics"
    )]
    Collision {
        /// The name that was wanted.
        name: TopicName,
        /// The topic that is there.
        existing: TopicName,
    },
    /// A config is unknown or impossible.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Other tabs kept making topics in between.
    #[error("other tabs are changing topics all the time: try again")]
    Contended,
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Says why a topic cannot be described or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DescribeTopicError {
    /// There is no such topic.
    #[error("there is no topic \"{0}\"")]
    UnknownTopic(TopicName),
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Says why a topic was not deleted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeleteTopicError {
    /// There is no such topic.
    #[error("there is no topic \"{0}\"")]
    UnknownTopic(TopicName),
    /// Other tabs kept changing the topic in between.
    #[error("other tabs are changing the topic \"{0}\" all the time: try again")]
    Contended(TopicName),
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Says why configs were not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AlterConfigsError {
    /// There is no such topic.
    #[error("there is no topic \"{0}\"")]
    UnknownTopic(TopicName),
    /// A config is unknown or impossible.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Other tabs kept changing the topic in between.
    #[error("other tabs are changing the topic \"{0}\" all the time: try again")]
    Contended(TopicName),
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Says why records were not deleted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeleteRecordsError {
    /// There is no such partition.
    #[error("there is no partition {0}")]
    UnknownTopicOrPartition(TopicPartition),
    /// The offset lies after the end, or is negative and not -1.
    #[error("offset {before} is out of range: {partition} ends at {high_watermark}")]
    OffsetOutOfRange {
        /// The partition.
        partition: TopicPartition,
        /// The offset asked for.
        before: Offset,
        /// The high watermark.
        high_watermark: Offset,
    },
    /// Other tabs kept changing the partition in between.
    #[error("other tabs are changing {0} all the time: try again")]
    Contended(TopicPartition),
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Says why records were not appended. Unless it says otherwise, none of them was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProduceError {
    /// There is no such partition, or not any more.
    #[error("there is no partition {0}")]
    UnknownTopicOrPartition(TopicPartition),
    /// A batch may not be appended.
    #[error("{partition}: {cause}")]
    Invalid {
        /// The partition it was meant for.
        partition: TopicPartition,
        /// The rule it breaks.
        cause: InvalidBatch,
    },
    /// The call carried no batch.
    #[error("there is nothing to append to {0}")]
    Nothing(TopicPartition),
    /// Other tabs kept appending in between.
    #[error("other tabs were quicker {attempts} times in a row: try again")]
    Contended {
        /// How often it was tried.
        attempts: u32,
    },
    /// Storage failed, and so did finding out whether the records had been stored before.
    #[error("it is not known whether the records were stored: {0}")]
    OutcomeUnknown(StorageError),
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Gives an error Kafka's code for it.
macro_rules! codes {
    ($error:ty { $($pattern:pat => $code:ident,)* }) => {
        impl $error {
            /// Returns Kafka's code for it.
            pub fn code(&self) -> ErrorCode {
                match self {
                    $($pattern => ErrorCode::$code,)*
                }
            }
        }
    };
}

codes!(OpenError {
    Self::Storage(_) => KafkaStorageError,
});
codes!(CreateTopicError {
    Self::Partitions(_) => InvalidPartitions,
    Self::TopicExists(_) => TopicAlreadyExists,
    Self::Collision { .. } => InvalidTopicException,
    Self::Config(_) => InvalidConfig,
    Self::Contended => RequestTimedOut,
    Self::Storage(_) => KafkaStorageError,
});
codes!(DescribeTopicError {
    Self::UnknownTopic(_) => UnknownTopicOrPartition,
    Self::Storage(_) => KafkaStorageError,
});
codes!(DeleteTopicError {
    Self::UnknownTopic(_) => UnknownTopicOrPartition,
    Self::Contended(_) => RequestTimedOut,
    Self::Storage(_) => KafkaStorageError,
});
codes!(AlterConfigsError {
    Self::UnknownTopic(_) => UnknownTopicOrPartition,
    Self::Config(_) => InvalidConfig,
    Self::Contended(_) => RequestTimedOut,
    Self::Storage(_) => KafkaStorageError,
});
codes!(DeleteRecordsError {
    Self::UnknownTopicOrPartition(_) => UnknownTopicOrPartition,
    Self::OffsetOutOfRange { .. } => OffsetOutOfRange,
    Self::Contended(_) => RequestTimedOut,
    Self::Storage(_) => KafkaStorageError,
});
codes!(ProduceError {
    Self::UnknownTopicOrPartition(_) => UnknownTopicOrPartition,
    Self::Invalid { cause: InvalidBatch::RecordTooLarge { .. } | InvalidBatch::BatchTooLarge { .. }, .. } => MessageTooLarge,
    Self::Invalid { cause: InvalidBatch::Corrupt(BatchError::Compression { cause: CompressionError::Unknown { .. }, .. }), .. } => UnsupportedCompressionType,
    Self::Invalid { cause: InvalidBatch::Corrupt(_), .. } => CorruptMessage,
    Self::Invalid { cause: InvalidBatch::LogAppendTime, .. } => InvalidTimestamp,
    Self::Invalid { .. } | Self::Nothing(_) => InvalidRecord,
    Self::Contended { .. } | Self::OutcomeUnknown(_) => RequestTimedOut,
    Self::Storage(_) => KafkaStorageError,
});
