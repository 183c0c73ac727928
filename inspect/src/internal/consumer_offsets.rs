//! `__consumer_offsets`: what groups committed, and who is in them.
//!
//! Members of a classic group bring bytes of their own. Consumers' are decoded, as Kafka's tool decodes them
//! (`ConsumerProtocolSubscription`, `ConsumerProtocolAssignment`); those of other protocols stay bytes.

mod classic;
mod consumer;
mod share;
mod streams;

use crate::internal::coordinator::Topic;
use crate::internal::reader::{Fault, Leftover, Reader};
use crate::internal::schema::{
    BYTES, CoordinatorRecord, Field, INT32, INT32S, Message, NEVER, TEXT, TEXTS, field, message, structs,
};
use crate::internal::tree::Tree;
use crate::internal::{DecodeError, Decoded};

/// The topic.
pub(super) static TOPIC: Topic = Topic {
    records: &[classic::CLASSIC, consumer::CONSUMER, share::SHARE, streams::STREAMS],
    refine: decode_members,
};

const SUBSCRIPTION: Message = message(
    "ConsumerProtocolSubscription",
    3,
    NEVER,
    &[
        field("topics", TEXTS),
        field("userData", BYTES).nullable(),
        field("ownedPartitions", structs(TOPIC_PARTITIONS)).since(1),
        field("generationId", INT32).since(2),
        field("rackId", TEXT).since(3).nullable(),
    ],
);

const ASSIGNMENT: Message = message(
    "ConsumerProtocolAssignment",
    3,
    NEVER,
    &[field("assignedPartitions", structs(TOPIC_PARTITIONS)), field("userData", BYTES).nullable()],
);

const TOPIC_PARTITIONS: &[Field] = &[field("topic", TEXT), field("partitions", INT32S)];

fn decode_members(record: &'static CoordinatorRecord, decoded: &mut Decoded, leftover: Leftover) {
    let Some(data) = decoded.tree.get_mut("data").filter(|_| record.value.name == "GroupMetadataValue")
    else {
        return;
    };
    if data.get("protocolType") != Some(&Tree::text("consumer")) {
        return;
    }
    let Some(Tree::List(members)) = data.get_mut("members") else { return };
    let mut positions = leftover.bytes_fields.into_iter();
    let mut nodes_left = leftover.nodes_left;
    for (index, member) in members.iter_mut().enumerate() {
        for (name, message) in [("subscription", &SUBSCRIPTION), ("assignment", &ASSIGNMENT)] {
            let (Some(embedded), Some(position)) = (member.get_mut(name), positions.next()) else { return };
            let Some(fault) = decode_embedded(message, embedded, &mut nodes_left) else { continue };
            let mut fault = fault.within(name).within(&format!("members[{index}]"));
            fault.position = fault.position.saturating_add(position);
            decoded.error = decoded.error.take().or_else(|| Some(DecodeError::from(fault)));
        }
    }
}

/// Puts fields in the place of bytes if they can be read, else says why not. No bytes at all are what a member has that was
/// not assigned anything yet.
fn decode_embedded(message: &Message, embedded: &mut Tree, nodes_left: &mut usize) -> Option<Fault> {
    let Tree::Bytes(bytes) = embedded else { return None };
    if bytes.is_empty() {
        return None;
    }
    let mut reader = Reader::with_limit(bytes, *nodes_left);
    let version = match reader.int16("version") {
        Ok(version) => version,
        Err(fault) => return Some(fault),
    };
    let fields = match message.known(version) {
        Some(known) => {
            let (fields, fault) = reader.message(message, known);
            *nodes_left = reader.leftover().nodes_left;
            match fault {
                None => fields,
                Some(fault) => return Some(fault),
            }
        }
        None => Tree::Fields(vec![
            ("version", Tree::Int(version.into())),
            ("undecoded", Tree::Bytes(reader.rest().to_vec())),
        ]),
    };
    *embedded = fields;
    None
}
