//! Where a finding is: which partition, which file.

use super::finding::{Check, Finding};
use crate::ids::{Offset, TopicPartition};

/// A file, and the partition that it is of.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) topic_partition: Option<TopicPartition>,
    pub(super) file: String,
}

impl Place {
    pub(super) fn finding(&self, check: Check, what: impl Into<String>) -> Finding {
        Finding {
            severity: check.severity(),
            check,
            topic_partition: self.topic_partition.clone(),
            file: self.file.clone(),
            position_bytes: None,
            from_offset: None,
            to_offset: None,
            what: what.into(),
            why: check.why(),
            broker: check.broker(),
        }
    }

    /// Names another file of the same partition.
    pub(super) fn beside(&self, file: &str) -> Self {
        Self { file: file.to_owned(), ..self.clone() }
    }
}

impl Finding {
    pub(super) fn at(mut self, position_bytes: u64) -> Self {
        self.position_bytes = Some(position_bytes);
        self
    }

    pub(super) fn offset(self, offset: Offset) -> Self {
        self.offsets(Some(offset), None)
    }

    pub(super) fn offsets(mut self, from: Option<Offset>, to: Option<Offset>) -> Self {
        (self.from_offset, self.to_offset) = (from, to);
        self
    }
}
