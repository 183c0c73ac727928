//! Errors of the core as failures for the page: a kind, Kafka's name, a sentence.

use tablog_core::broker::{
    AlterConfigsError, CreateTopicError, DeleteRecordsError, DeleteTopicError, DescribeTopicError, OpenError,
    ProduceError,
};
use tablog_core::error::ErrorCode;
use tablog_core::ids::TopicNameError;
use tablog_core::segment::ReadError;
use tablog_core::source::SourceError;
use tablog_core::storage::StorageError;

use crate::engine::logic::words::capitalized;
use crate::engine::protocol::{Failure, FailureKind};

/// Makes a failure that Kafka has no name for.
pub fn failure(kind: FailureKind, sentence: impl Into<String>) -> Failure {
    Failure { kind, code: None, sentence: sentence.into() }
}

/// Makes a failure out of an error with Kafka's code.
fn coded(kind: FailureKind, code: ErrorCode, error: &impl ToString) -> Failure {
    Failure { kind, code: Some(code.name().to_owned()), sentence: capitalized(&error.to_string()) }
}

/// Sorts what storage reports.
fn storage_kind(error: &StorageError) -> FailureKind {
    match error {
        StorageError::QuotaExceeded => FailureKind::QuotaExceeded,
        StorageError::Blocked | StorageError::NewerVersion(_) => FailureKind::Version,
        StorageError::Unavailable(_) => FailureKind::Unsupported,
        _ => FailureKind::Io,
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        coded(storage_kind(&error), ErrorCode::KafkaStorageError, &error)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Storage(error) => error.into(),
            other => failure(FailureKind::Io, capitalized(&other.to_string())),
        }
    }
}

impl From<TopicNameError> for Failure {
    fn from(error: TopicNameError) -> Self {
        coded(FailureKind::Invalid, ErrorCode::InvalidTopicException, &error)
    }
}

impl From<CreateTopicError> for Failure {
    fn from(error: CreateTopicError) -> Self {
        let kind = match &error {
            CreateTopicError::Storage(error) => storage_kind(error),
            CreateTopicError::Contended => FailureKind::Io,
            _ => FailureKind::Invalid,
        };
        coded(kind, error.code(), &error)
    }
}

impl From<DescribeTopicError> for Failure {
    fn from(error: DescribeTopicError) -> Self {
        let kind = match &error {
            DescribeTopicError::Storage(error) => storage_kind(error),
            _ => FailureKind::NotFound,
        };
        coded(kind, error.code(), &error)
    }
}

impl From<DeleteTopicError> for Failure {
    fn from(error: DeleteTopicError) -> Self {
        let kind = match &error {
            DeleteTopicError::Storage(error) => storage_kind(error),
            DeleteTopicError::UnknownTopic(_) => FailureKind::NotFound,
            _ => FailureKind::Io,
        };
        coded(kind, error.code(), &error)
    }
}

impl From<AlterConfigsError> for Failure {
    fn from(error: AlterConfigsError) -> Self {
        let kind = match &error {
            AlterConfigsError::Storage(error) => storage_kind(error),
            AlterConfigsError::UnknownTopic(_) => FailureKind::NotFound,
            AlterConfigsError::Contended(_) => FailureKind::Io,
            _ => FailureKind::Invalid,
        };
        coded(kind, error.code(), &error)
    }
}

impl From<DeleteRecordsError> for Failure {
    fn from(error: DeleteRecordsError) -> Self {
        let kind = match &error {
            DeleteRecordsError::Storage(error) => storage_kind(error),
            DeleteRecordsError::UnknownTopicOrPartition(_) => FailureKind::NotFound,
            DeleteRecordsError::Contended(_) => FailureKind::Io,
            _ => FailureKind::Invalid,
        };
        coded(kind, error.code(), &error)
    }
}

impl From<ProduceError> for Failure {
    fn from(error: ProduceError) -> Self {
        let kind = match &error {
            ProduceError::Storage(error) | ProduceError::OutcomeUnknown(error) => storage_kind(error),
            ProduceError::UnknownTopicOrPartition(_) => FailureKind::NotFound,
            ProduceError::Contended { .. } => FailureKind::Io,
            _ => FailureKind::Invalid,
        };
        coded(kind, error.code(), &error)
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        let (kind, code) = match &error {
            SourceError::UnknownPartition { .. } | SourceError::UnknownTopic(_) => {
                (FailureKind::NotFound, ErrorCode::UnknownTopicOrPartition)
            }
            SourceError::OffsetOutOfRange { .. } => (FailureKind::NotFound, ErrorCode::OffsetOutOfRange),
            SourceError::Storage(error) => (storage_kind(error), ErrorCode::KafkaStorageError),
            _ => (FailureKind::Io, ErrorCode::KafkaStorageError),
        };
        // Begins with the file's name, which keeps its letters.
        if matches!(error, SourceError::File { .. }) {
            return Failure { kind, code: Some(code.name().to_owned()), sentence: error.to_string() };
        }
        coded(kind, code, &error)
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        // Begins with the file's name, which keeps its letters.
        failure(FailureKind::Io, error.to_string())
    }
}
