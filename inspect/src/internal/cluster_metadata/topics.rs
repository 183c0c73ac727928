//! Topics, partitions and configs, and what frames them.

use crate::internal::schema::{
    INT8, INT32, INT32S, INT64, MetadataRecord, TEXT, UUID, UUIDS, field, message,
};

/// What topics, partitions and configs are.
pub(super) const TOPICS: &[MetadataRecord] = &[
    MetadataRecord {
        number: 2,
        value: message("TopicRecord", 0, 0, &[field("name", TEXT), field("topicId", UUID)]),
        summary: "topic {name}, id {topicId}",
    },
    MetadataRecord {
        number: 3,
        value: message(
            "PartitionRecord",
            2,
            0,
            &[
                field("partitionId", INT32),
                field("topicId", UUID),
                field("replicas", INT32S),
                field("isr", INT32S),
                field("removingReplicas", INT32S),
                field("addingReplicas", INT32S),
                field("leader", INT32),
                field("leaderRecoveryState", INT8).tagged(0),
                field("leaderEpoch", INT32),
                field("partitionEpoch", INT32),
                field("directories", UUIDS).since(1),
                field("eligibleLeaderReplicas", INT32S).since(2).nullable().tagged(1),
                field("lastKnownElr", INT32S).since(2).nullable().tagged(2),
            ],
        ),
        summary: "partition {topicId}-{partitionId}: leader {leader}, replicas {replicas}, ISR {isr}",
    },
    MetadataRecord {
        number: 5,
        value: message(
            "PartitionChangeRecord",
            2,
            0,
            &[
                field("partitionId", INT32),
                field("topicId", UUID),
                field("isr", INT32S).nullable().tagged(0),
                field("leader", INT32).tagged(1),
                field("replicas", INT32S).nullable().tagged(2),
                field("removingReplicas", INT32S).nullable().tagged(3),
                field("addingReplicas", INT32S).nullable().tagged(4),
                field("leaderRecoveryState", INT8).tagged(5),
                field("directories", UUIDS).since(1).nullable().tagged(8),
                field("eligibleLeaderReplicas", INT32S).since(2).nullable().tagged(6),
                field("lastKnownElr", INT32S).since(2).nullable().tagged(7),
            ],
        ),
        summary: "partition {topicId}-{partitionId} changes<, leader {leader}><, replicas {replicas}><, ISR {isr}>",
    },
    MetadataRecord {
        number: 9,
        value: message("RemoveTopicRecord", 0, 0, &[field("topicId", UUID)]),
        summary: "topic {topicId} is removed",
    },
    MetadataRecord {
        number: 28,
        value: message("ClearElrRecord", 0, 0, &[field("topicName", TEXT)]),
        summary: "eligible leaders of topic {topicName} are cleared",
    },
    MetadataRecord {
        number: 4,
        value: message(
            "ConfigRecord",
            0,
            0,
            &[
                field("resourceType", INT8),
                field("resourceName", TEXT),
                field("name", TEXT),
                field("value", TEXT).nullable(),
            ],
        ),
        summary: "config of {resourceType}< {resourceName}>: {name} = {value}",
    },
    MetadataRecord {
        number: 15,
        value: message(
            "ProducerIdsRecord",
            0,
            0,
            &[field("brokerId", INT32), field("brokerEpoch", INT64), field("nextProducerId", INT64)],
        ),
        summary: "producer ids up to {nextProducerId} for broker {brokerId}",
    },
    MetadataRecord {
        number: 23,
        value: message("BeginTransactionRecord", 0, 0, &[field("name", TEXT).nullable().tagged(0)]),
        summary: "metadata transaction begins<: {name}>",
    },
    MetadataRecord {
        number: 24,
        value: message("EndTransactionRecord", 0, 0, &[]),
        summary: "metadata transaction ends",
    },
    MetadataRecord {
        number: 25,
        value: message("AbortTransactionRecord", 0, 0, &[field("reason", TEXT).nullable().tagged(0)]),
        summary: "metadata transaction is aborted<: {reason}>",
    },
    MetadataRecord {
        number: 20,
        value: message("NoOpRecord", 0, 0, &[]),
        summary: "nothing (keeps the log moving)",
    },
];
