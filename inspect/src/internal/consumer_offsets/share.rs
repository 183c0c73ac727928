//! Share groups (KIP-932): who is in them, and which partitions they share.

use crate::internal::schema::{
    CoordinatorRecord, Field, INT8, INT32, INT32S, INT64, NEVER, TEXT, TEXTS, UUID, field, message, structs,
};

/// The records of share groups.
pub(super) const SHARE: &[CoordinatorRecord] = &[
    CoordinatorRecord {
        number: 10,
        key: message(
            "ShareGroupMemberMetadataKey",
            0,
            NEVER,
            &[field("groupId", TEXT), field("memberId", TEXT)],
        ),
        value: message(
            "ShareGroupMemberMetadataValue",
            0,
            0,
            &[
                field("rackId", TEXT).nullable(),
                field("clientId", TEXT),
                field("clientHost", TEXT),
                field("subscribedTopicNames", TEXTS),
            ],
        ),
        key_summary: "share group {groupId}, member {memberId}",
        value_summary: ": client {clientId} at {clientHost}, subscribed to {subscribedTopicNames}",
    },
    CoordinatorRecord {
        number: 11,
        key: message("ShareGroupMetadataKey", 0, NEVER, &[field("groupId", TEXT)]),
        value: message(
            "ShareGroupMetadataValue",
            0,
            0,
            &[field("epoch", INT32), field("metadataHash", INT64)],
        ),
        key_summary: "share group {groupId}",
        value_summary: ": epoch {epoch}",
    },
    CoordinatorRecord {
        number: 12,
        key: message("ShareGroupTargetAssignmentMetadataKey", 0, NEVER, &[field("groupId", TEXT)]),
        value: message(
            "ShareGroupTargetAssignmentMetadataValue",
            0,
            0,
            &[field("assignmentEpoch", INT32), field("assignmentTimestamp", INT64).tagged(0)],
        ),
        key_summary: "share group {groupId}: target assignment",
        value_summary: ", epoch {assignmentEpoch}",
    },
    CoordinatorRecord {
        number: 13,
        key: message(
            "ShareGroupTargetAssignmentMemberKey",
            0,
            NEVER,
            &[field("groupId", TEXT), field("memberId", TEXT)],
        ),
        value: message(
            "ShareGroupTargetAssignmentMemberValue",
            0,
            0,
            &[field("topicPartitions", structs(TOPIC_PARTITION))],
        ),
        key_summary: "share group {groupId}, member {memberId}: target assignment",
        value_summary: ", topics {topicPartitions#}",
    },
    CoordinatorRecord {
        number: 14,
        key: message(
            "ShareGroupCurrentMemberAssignmentKey",
            0,
            NEVER,
            &[field("groupId", TEXT), field("memberId", TEXT)],
        ),
        value: message(
            "ShareGroupCurrentMemberAssignmentValue",
            0,
            0,
            &[
                field("memberEpoch", INT32),
                field("previousMemberEpoch", INT32),
                field("state", INT8),
                field("assignedPartitions", structs(TOPIC_PARTITIONS)),
            ],
        ),
        key_summary: "share group {groupId}, member {memberId}: current assignment",
        value_summary: ", epoch {memberEpoch}, {state}, topics {assignedPartitions#}",
    },
    CoordinatorRecord {
        number: 15,
        key: message("ShareGroupStatePartitionMetadataKey", 0, NEVER, &[field("groupId", TEXT)]),
        value: message(
            "ShareGroupStatePartitionMetadataValue",
            0,
            0,
            &[
                field("initializingTopics", structs(TOPIC_PARTITIONS_INFO)),
                field("initializedTopics", structs(TOPIC_PARTITIONS_INFO)),
                field("deletingTopics", structs(TOPIC_INFO)),
            ],
        ),
        key_summary: "share group {groupId}: partitions with state",
        value_summary: ", topics initializing {initializingTopics#}, initialized {initializedTopics#}, deleting {deletingTopics#}",
    },
];

const TOPIC_PARTITION: &[Field] = &[field("topicId", UUID), field("partitions", INT32S)];

const TOPIC_PARTITIONS: &[Field] = &[field("topicId", UUID), field("partitions", INT32S)];

const TOPIC_PARTITIONS_INFO: &[Field] =
    &[field("topicId", UUID), field("topicName", TEXT), field("partitions", INT32S)];

const TOPIC_INFO: &[Field] = &[field("topicId", UUID), field("topicName", TEXT)];
