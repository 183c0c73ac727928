//! Committed offsets and classic groups: the fields of `OffsetCommitKey`, `GroupMetadataKey` and their values, in every version
//! that Kafka reads.

use crate::internal::schema::{
    BYTES, CoordinatorRecord, Field, INT32, INT64, NEVER, TEXT, UUID, field, message, structs,
};

/// The records of classic groups and of committed offsets.
pub(super) const CLASSIC: &[CoordinatorRecord] = &[
    CoordinatorRecord {
        number: 0,
        key: message(
            "LegacyOffsetCommitKey",
            0,
            NEVER,
            &[field("group", TEXT), field("topic", TEXT), field("partition", INT32)],
        ),
        value: message(
            "LegacyOffsetCommitValue",
            0,
            NEVER,
            &[field("offset", INT64), field("metadata", TEXT), field("commitTimestamp", INT64)],
        ),
        key_summary: "commit group {group}: {topic}-{partition}",
        value_summary: " @ {offset}",
    },
    CoordinatorRecord {
        number: 1,
        key: message(
            "OffsetCommitKey",
            0,
            NEVER,
            &[field("group", TEXT), field("topic", TEXT), field("partition", INT32)],
        ),
        value: message(
            "OffsetCommitValue",
            4,
            4,
            &[
                field("offset", INT64),
                field("leaderEpoch", INT32).since(3),
                field("metadata", TEXT),
                field("commitTimestamp", INT64),
                field("expireTimestamp", INT64).only(1, 1),
                field("topicId", UUID).since(4).tagged(0),
            ],
        ),
        key_summary: "commit group {group}: {topic}-{partition}",
        value_summary: " @ {offset}",
    },
    CoordinatorRecord {
        number: 2,
        key: message("GroupMetadataKey", 0, NEVER, &[field("group", TEXT)]),
        value: message(
            "GroupMetadataValue",
            4,
            4,
            &[
                field("protocolType", TEXT),
                field("generation", INT32),
                field("protocol", TEXT).nullable(),
                field("leader", TEXT).nullable(),
                field("currentStateTimestamp", INT64).since(2),
                field("members", structs(MEMBER_METADATA)),
            ],
        ),
        key_summary: "group {group}",
        value_summary: ": generation {generation}<, protocol {protocol}><, leader {leader}>, members {members#}",
    },
];

const MEMBER_METADATA: &[Field] = &[
    field("memberId", TEXT),
    field("groupInstanceId", TEXT).since(3).nullable(),
    field("clientId", TEXT),
    field("clientHost", TEXT),
    field("rebalanceTimeout", INT32).since(1),
    field("sessionTimeout", INT32),
    field("subscription", BYTES),
    field("assignment", BYTES),
];
