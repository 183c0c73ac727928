//! Groups of the streams protocol (KIP-1071).

use crate::internal::schema::{
    CoordinatorRecord, Field, INT8, INT16, INT16S, INT32, INT32S, INT64, NEVER, TEXT, TEXTS, UINT16, field,
    message, structs, structure,
};

/// The records of streams groups.
pub(super) const STREAMS: &[CoordinatorRecord] = &[
    CoordinatorRecord {
        number: 17,
        key: message("StreamsGroupMetadataKey", 0, NEVER, &[field("groupId", TEXT)]),
        value: message(
            "StreamsGroupMetadataValue",
            0,
            0,
            &[
                field("epoch", INT32),
                field("metadataHash", INT64),
                field("validatedTopologyEpoch", INT32).tagged(0),
                field("lastAssignmentConfigs", structs(LAST_ASSIGNMENT_CONFIG)).nullable().tagged(1),
                field("storedDescriptionTopologyEpoch", INT32).tagged(2),
                field("failedDescriptionTopologyEpoch", INT32).tagged(3),
            ],
        ),
        key_summary: "streams group {groupId}",
        value_summary: ": epoch {epoch}",
    },
    CoordinatorRecord {
        number: 19,
        key: message(
            "StreamsGroupMemberMetadataKey",
            0,
            NEVER,
            &[field("groupId", TEXT), field("memberId", TEXT)],
        ),
        value: message(
            "StreamsGroupMemberMetadataValue",
            0,
            0,
            &[
                field("instanceId", TEXT).nullable(),
                field("rackId", TEXT).nullable(),
                field("clientId", TEXT),
                field("clientHost", TEXT),
                field("rebalanceTimeoutMs", INT32),
                field("topologyEpoch", INT32),
                field("processId", TEXT),
                field("userEndpoint", structure(ENDPOINT)).nullable(),
                field("clientTags", structs(KEY_VALUE)),
            ],
        ),
        key_summary: "streams group {groupId}, member {memberId}",
        value_summary: ": client {clientId} at {clientHost}, process {processId}",
    },
    CoordinatorRecord {
        number: 20,
        key: message("StreamsGroupTargetAssignmentMetadataKey", 0, NEVER, &[field("groupId", TEXT)]),
        value: message(
            "StreamsGroupTargetAssignmentMetadataValue",
            0,
            0,
            &[field("assignmentEpoch", INT32), field("assignmentTimestamp", INT64).tagged(0)],
        ),
        key_summary: "streams group {groupId}: target assignment",
        value_summary: ", epoch {assignmentEpoch}",
    },
    CoordinatorRecord {
        number: 21,
        key: message(
            "StreamsGroupTargetAssignmentMemberKey",
            0,
            NEVER,
            &[field("groupId", TEXT), field("memberId", TEXT)],
        ),
        value: message(
            "StreamsGroupTargetAssignmentMemberValue",
            0,
            0,
            &[
                field("activeTasks", structs(TASK_IDS)),
                field("standbyTasks", structs(TASK_IDS)),
                field("warmupTasks", structs(TASK_IDS)),
            ],
        ),
        key_summary: "streams group {groupId}, member {memberId}: target assignment",
        value_summary: ", active {activeTasks#}, standby {standbyTasks#}, warm-up {warmupTasks#}",
    },
    CoordinatorRecord {
        number: 22,
        key: message(
            "StreamsGroupCurrentMemberAssignmentKey",
            0,
            NEVER,
            &[field("groupId", TEXT), field("memberId", TEXT)],
        ),
        value: message(
            "StreamsGroupCurrentMemberAssignmentValue",
            0,
            0,
            &[
                field("memberEpoch", INT32),
                field("previousMemberEpoch", INT32),
                field("state", INT8),
                field("activeTasks", structs(STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_TASK_IDS)),
                field("standbyTasks", structs(STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_TASK_IDS)),
                field("warmupTasks", structs(STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_TASK_IDS)),
                field(
                    "activeTasksPendingRevocation",
                    structs(STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_TASK_IDS),
                ),
                field(
                    "standbyTasksPendingRevocation",
                    structs(STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_TASK_IDS),
                ),
                field(
                    "warmupTasksPendingRevocation",
                    structs(STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_TASK_IDS),
                ),
            ],
        ),
        key_summary: "streams group {groupId}, member {memberId}: current assignment",
        value_summary: ", epoch {memberEpoch}, {state}, active {activeTasks#}, standby {standbyTasks#}, warm-up {warmupTasks#}",
    },
    CoordinatorRecord {
        number: 23,
        key: message("StreamsGroupTopologyKey", 0, NEVER, &[field("groupId", TEXT)]),
        value: message(
            "StreamsGroupTopologyValue",
            0,
            0,
            &[field("epoch", INT32), field("subtopologies", structs(SUBTOPOLOGY))],
        ),
        key_summary: "streams group {groupId}: topology",
        value_summary: ", epoch {epoch}, subtopologies {subtopologies#}",
    },
];

const LAST_ASSIGNMENT_CONFIG: &[Field] = &[field("key", TEXT), field("value", TEXT)];

const ENDPOINT: &[Field] = &[field("host", TEXT), field("port", UINT16)];

const KEY_VALUE: &[Field] = &[field("key", TEXT), field("value", TEXT)];

const TASK_IDS: &[Field] = &[field("subtopologyId", TEXT), field("partitions", INT32S)];

const STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_TASK_IDS: &[Field] = &[
    field("subtopologyId", TEXT),
    field("partitions", INT32S),
    field("assignmentEpochs", INT32S).nullable().tagged(0),
];

const TOPIC_CONFIG: &[Field] = &[field("key", TEXT), field("value", TEXT)];

const TOPIC_INFO: &[Field] = &[
    field("name", TEXT),
    field("partitions", INT32),
    field("replicationFactor", INT16),
    field("topicConfigs", structs(TOPIC_CONFIG)),
];

const COPARTITION_GROUP: &[Field] = &[
    field("sourceTopics", INT16S),
    field("sourceTopicRegex", INT16S),
    field("repartitionSourceTopics", INT16S),
];

const SUBTOPOLOGY: &[Field] = &[
    field("subtopologyId", TEXT),
    field("sourceTopics", TEXTS),
    field("sourceTopicRegex", TEXTS),
    field("stateChangelogTopics", structs(TOPIC_INFO)),
    field("repartitionSinkTopics", TEXTS),
    field("repartitionSourceTopics", structs(TOPIC_INFO)),
    field("copartitionGroups", structs(COPARTITION_GROUP)),
];
