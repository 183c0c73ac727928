//! Groups of the consumer protocol (KIP-848).

use crate::internal::schema::{
    BYTES, CoordinatorRecord, Field, INT8, INT32, INT32S, INT64, NEVER, TEXT, TEXTS, UUID, field, message,
    structs, structure,
};

/// The records of consumer groups.
pub(super) const CONSUMER: &[CoordinatorRecord] = &[
    CoordinatorRecord {
        number: 3,
        key: message("ConsumerGroupMetadataKey", 0, NEVER, &[field("groupId", TEXT)]),
        value: message(
            "ConsumerGroupMetadataValue",
            0,
            0,
            &[field("epoch", INT32), field("metadataHash", INT64).tagged(0)],
        ),
        key_summary: "consumer group {groupId}",
        value_summary: ": epoch {epoch}",
    },
    CoordinatorRecord {
        number: 4,
        key: message("ConsumerGroupPartitionMetadataKey", 0, NEVER, &[field("groupId", TEXT)]),
        value: message(
            "ConsumerGroupPartitionMetadataValue",
            0,
            0,
            &[field("topics", structs(TOPIC_METADATA))],
        ),
        key_summary: "consumer group {groupId}: partitions",
        value_summary: " of {topics#} topics",
    },
    CoordinatorRecord {
        number: 5,
        key: message(
            "ConsumerGroupMemberMetadataKey",
            0,
            NEVER,
            &[field("groupId", TEXT), field("memberId", TEXT)],
        ),
        value: message(
            "ConsumerGroupMemberMetadataValue",
            0,
            0,
            &[
                field("instanceId", TEXT).nullable(),
                field("rackId", TEXT).nullable(),
                field("clientId", TEXT),
                field("clientHost", TEXT),
                field("subscribedTopicNames", TEXTS),
                field("subscribedTopicRegex", TEXT).nullable(),
                field("rebalanceTimeoutMs", INT32),
                field("serverAssignor", TEXT).nullable(),
                field("classicMemberMetadata", structure(CLASSIC_MEMBER_METADATA)).nullable().tagged(0),
            ],
        ),
        key_summary: "consumer group {groupId}, member {memberId}",
        value_summary: ": client {clientId} at {clientHost}, subscribed to {subscribedTopicNames}< {subscribedTopicRegex}>",
    },
    CoordinatorRecord {
        number: 6,
        key: message("ConsumerGroupTargetAssignmentMetadataKey", 0, NEVER, &[field("groupId", TEXT)]),
        value: message(
            "ConsumerGroupTargetAssignmentMetadataValue",
            0,
            0,
            &[field("assignmentEpoch", INT32), field("assignmentTimestamp", INT64).tagged(0)],
        ),
        key_summary: "consumer group {groupId}: target assignment",
        value_summary: ", epoch {assignmentEpoch}",
    },
    CoordinatorRecord {
        number: 7,
        key: message(
            "ConsumerGroupTargetAssignmentMemberKey",
            0,
            NEVER,
            &[field("groupId", TEXT), field("memberId", TEXT)],
        ),
        value: message(
            "ConsumerGroupTargetAssignmentMemberValue",
            0,
            0,
            &[field("topicPartitions", structs(TOPIC_PARTITION))],
        ),
        key_summary: "consumer group {groupId}, member {memberId}: target assignment",
        value_summary: ", topics {topicPartitions#}",
    },
    CoordinatorRecord {
        number: 8,
        key: message(
            "ConsumerGroupCurrentMemberAssignmentKey",
            0,
            NEVER,
            &[field("groupId", TEXT), field("memberId", TEXT)],
        ),
        value: message(
            "ConsumerGroupCurrentMemberAssignmentValue",
            0,
            0,
            &[
                field("memberEpoch", INT32),
                field("previousMemberEpoch", INT32),
                field("state", INT8),
                field("assignedPartitions", structs(TOPIC_PARTITIONS)),
                field("partitionsPendingRevocation", structs(TOPIC_PARTITIONS)),
            ],
        ),
        key_summary: "consumer group {groupId}, member {memberId}: current assignment",
        value_summary: ", epoch {memberEpoch}, {state}, topics {assignedPartitions#}",
    },
    CoordinatorRecord {
        number: 16,
        key: message(
            "ConsumerGroupRegularExpressionKey",
            0,
            NEVER,
            &[field("groupId", TEXT), field("regularExpression", TEXT)],
        ),
        value: message(
            "ConsumerGroupRegularExpressionValue",
            0,
            0,
            &[field("topics", TEXTS), field("version", INT64), field("timestamp", INT64)],
        ),
        key_summary: "consumer group {groupId}: expression {regularExpression}",
        value_summary: ", topics {topics}",
    },
];

const PARTITION_METADATA: &[Field] = &[field("partition", INT32), field("racks", TEXTS)];

const TOPIC_METADATA: &[Field] = &[
    field("topicId", UUID),
    field("topicName", TEXT),
    field("numPartitions", INT32),
    field("partitionMetadata", structs(PARTITION_METADATA)),
];

const CLASSIC_PROTOCOL: &[Field] = &[field("name", TEXT), field("metadata", BYTES)];

const CLASSIC_MEMBER_METADATA: &[Field] =
    &[field("sessionTimeoutMs", INT32), field("supportedProtocols", structs(CLASSIC_PROTOCOL))];

const TOPIC_PARTITION: &[Field] = &[field("topicId", UUID), field("partitions", INT32S)];

const TOPIC_PARTITIONS: &[Field] = &[
    field("topicId", UUID),
    field("partitions", INT32S),
    field("assignmentEpochs", INT32S).nullable().tagged(0),
];
