//! What the first bytes at a place say that begins there: a record batch, or a message of the old formats.

use crate::ids::Offset;
use crate::record::{BatchError, BatchHeader, MessageHeader};
use crate::segment::index::noun;

/// The header of a batch or a message.
#[derive(Clone, Copy, Debug)]
pub(in crate::segment) enum Head {
    Batch(BatchHeader),
    Message(MessageHeader),
}

impl Head {
    /// Parses a header; its first bytes tell which kind. 61 bytes are enough for either.
    pub(in crate::segment) fn parse(bytes: &[u8]) -> Result<Self, BatchError> {
        if MessageHeader::is_old(bytes) {
            MessageHeader::parse(bytes).map(Self::Message)
        } else {
            BatchHeader::parse(bytes).map(Self::Batch)
        }
    }

    /// Counts the bytes of the whole batch or message.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Batch(header) => header.batch_bytes(),
            Self::Message(header) => header.message_bytes(),
        }
    }

    /// Returns the first offset; `None` for a compressed message, which tells only its last one.
    pub(in crate::segment) fn first_offset(&self) -> Option<Offset> {
        match self {
            Self::Batch(header) => Some(header.base_offset),
            Self::Message(header) => {
                let is_one = header.compression() == crate::record::Compression::None;
                is_one.then_some(header.offset)
            }
        }
    }

    /// Returns the first offset, or what is closest to it.
    pub(super) fn offset(&self) -> Offset {
        match self {
            Self::Batch(header) => header.base_offset,
            Self::Message(header) => header.offset,
        }
    }

    pub(super) fn last_offset(&self) -> Offset {
        match self {
            Self::Batch(header) => header.last_offset(),
            Self::Message(header) => header.offset,
        }
    }

    /// Tells whether it goes on right where another one ended.
    pub(super) fn begins_at(&self, offset: Offset) -> bool {
        self.first_offset() == Some(offset)
    }

    pub(super) fn is_message(&self) -> bool {
        matches!(self, Self::Message(_))
    }

    /// Names the kind, for a person.
    pub(super) fn kind(&self) -> &'static str {
        noun(self.is_message())
    }
}
