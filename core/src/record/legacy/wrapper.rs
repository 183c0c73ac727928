//! The messages within a compressed one. The picture is in the module above.

use bytes::{Buf, Bytes};

use super::{Message, MessageError, builder_at};
use crate::ids::Offset;
use crate::limits::UNPACKED_BYTES_MAX;
use crate::record::{BatchBuilder, BatchError, Compression};

/// Unpacks a wrapper's messages into a batch.
pub(super) fn unpack(wrapper: &Message) -> Result<BatchBuilder, BatchError> {
    let offset = wrapper.header.offset;
    let refuse = |cause| BatchError::Message { offset, cause };
    let packed = wrapper.value.as_ref().ok_or(refuse(MessageError::NothingWithin))?;
    let codec = wrapper.header.compression();
    let unpacked = match wrapper.header.magic {
        0 => codec.decompress_v0(packed, UNPACKED_BYTES_MAX),
        _ => codec.decompress(packed, UNPACKED_BYTES_MAX),
    };
    let unpacked = unpacked.map_err(|cause| BatchError::Compression { base_offset: offset, cause })?;
    let (first, last) = walk(wrapper, &unpacked, |_| Ok(()))?.ok_or(refuse(MessageError::NothingWithin))?;
    // Of v1 the last message's offset and the wrapper's are the same one, said relatively and absolutely.
    let shift = match wrapper.header.magic {
        0 if last == offset => 0,
        1 if first >= Offset::ZERO && last <= offset => offset.distance_from(last),
        _ => return Err(refuse(MessageError::LastOffset { last })),
    };
    let mut builder = builder_at(first.advance(shift), wrapper);
    // Where the log's clock counts, the batch's own time stands for that of each message.
    walk(wrapper, &unpacked, |message| {
        builder.try_push_record(&message.clone().into_record(message.header.offset.advance(shift)))
    })?;
    Ok(builder)
}

/// Hands over the messages one by one; returns the first and the last offset.
fn walk(
    wrapper: &Message,
    unpacked: &Bytes,
    mut take: impl FnMut(&Message) -> Result<(), BatchError>,
) -> Result<Option<(Offset, Offset)>, BatchError> {
    let refuse = |cause| BatchError::Message { offset: wrapper.header.offset, cause };
    let mut rest = unpacked.clone();
    let mut offsets: Option<(Offset, Offset)> = None;
    while !rest.is_empty() {
        let bytes = unpacked.len().saturating_sub(rest.len());
        let message = Message::parse(&rest).map_err(|error| {
            let problem = match error {
                BatchError::MessageCrc { .. } => "its CRC is not the one that was written",
                BatchError::Truncated { .. } => "it is cut off",
                BatchError::Magic { .. } => "it is of an unknown format",
                _ => "one of its fields has an impossible value",
            };
            refuse(MessageError::Within { bytes, problem })
        })?;
        let (inner, outer) = (message.header.magic, wrapper.header.magic);
        if inner != outer {
            return Err(refuse(MessageError::MagicWithin { inner, outer }));
        }
        if message.header.compression() != Compression::None {
            return Err(refuse(MessageError::Nested));
        }
        let offset = message.header.offset;
        let (first, previous) = offsets.unwrap_or((offset, offset));
        if offsets.is_some() && offset <= previous {
            return Err(refuse(MessageError::Order { offset, previous }));
        }
        take(&message)?;
        offsets = Some((first, offset));
        rest.advance(message.header.message_bytes().min(rest.len()));
    }
    Ok(offsets)
}
