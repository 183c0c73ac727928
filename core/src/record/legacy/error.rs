//! What can be wrong with a message of the old formats whose CRC is right, or with the messages within it.

use crate::ids::Offset;

/// Says what is wrong with a message, or with those that a wrapper holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// The message ends before the field does.
    #[error("it ends before its {field} does")]
    Truncated {
        /// The field's name.
        field: &'static str,
    },
    /// A length is negative, and not the -1 that stands for null.
    #[error("its {field} has the length {length}")]
    Length {
        /// The field's name.
        field: &'static str,
        /// The length found.
        length: i32,
    },
    /// Bytes are left over after the value.
    #[error("{bytes} bytes are left over after its value")]
    Trailing {
        /// Bytes left over.
        bytes: usize,
    },
    /// A wrapper holds nothing.
    #[error("it says that it holds compressed messages, and holds none")]
    NothingWithin,
    /// A message within a wrapper is of another format.
    #[error("a message of format v{inner} lies within one of v{outer}")]
    MagicWithin {
        /// The message's own version.
        inner: u8,
        /// The wrapper's version.
        outer: u8,
    },
    /// A message within a wrapper is a wrapper itself.
    #[error("a message within it is compressed once more, which Kafka does not allow")]
    Nested,
    /// A message within a wrapper cannot be read.
    #[error("the message {bytes} bytes into its unpacked value cannot be read: {problem}")]
    Within {
        /// Where it begins.
        bytes: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Offsets within a wrapper do not rise.
    #[error("within it, offset {offset} follows {previous}")]
    Order {
        /// The offset found.
        offset: Offset,
        /// The one before.
        previous: Offset,
    },
    /// The last message's offset is not the one that the wrapper has, or lies before the first one that there is.
    #[error("its last message has the offset {last}, which does not go with its own")]
    LastOffset {
        /// The last message's offset, relative in v1.
        last: Offset,
    },
}
