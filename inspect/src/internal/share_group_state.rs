//! `__share_group_state`: which records of a partition a share group has been given, and what became of them (KIP-932).

use crate::internal::coordinator::{Topic, as_it_is};
use crate::internal::schema::{
    CoordinatorRecord, Field, INT8, INT16, INT32, INT64, NEVER, TEXT, UUID, field, message, structs,
};

/// The records of the topic.
const SHARE_STATE: &[CoordinatorRecord] = &[
    CoordinatorRecord {
        number: 0,
        key: message(
            "ShareSnapshotKey",
            0,
            NEVER,
            &[field("groupId", TEXT), field("topicId", UUID), field("partition", INT32)],
        ),
        value: message(
            "ShareSnapshotValue",
            0,
            0,
            &[
                field("snapshotEpoch", INT32),
                field("stateEpoch", INT32),
                field("leaderEpoch", INT32),
                field("startOffset", INT64),
                field("deliveryCompleteCount", INT32).tagged(0),
                field("createTimestamp", INT64),
                field("writeTimestamp", INT64),
                field("stateBatches", structs(STATE_BATCH)),
            ],
        ),
        key_summary: "share group {groupId}: {topicId}-{partition}, snapshot",
        value_summary: " {snapshotEpoch}, from offset {startOffset}, state batches {stateBatches#}",
    },
    CoordinatorRecord {
        number: 1,
        key: message(
            "ShareUpdateKey",
            0,
            NEVER,
            &[field("groupId", TEXT), field("topicId", UUID), field("partition", INT32)],
        ),
        value: message(
            "ShareUpdateValue",
            0,
            0,
            &[
                field("snapshotEpoch", INT32),
                field("leaderEpoch", INT32),
                field("startOffset", INT64),
                field("deliveryCompleteCount", INT32).tagged(0),
                field("stateBatches", structs(STATE_BATCH)),
            ],
        ),
        key_summary: "share group {groupId}: {topicId}-{partition}, update",
        value_summary: " of snapshot {snapshotEpoch}, from offset {startOffset}, state batches {stateBatches#}",
    },
];

const STATE_BATCH: &[Field] = &[
    field("firstOffset", INT64),
    field("lastOffset", INT64),
    field("deliveryState", INT8),
    field("deliveryCount", INT16),
];

/// The topic.
pub(super) static TOPIC: Topic = Topic { records: &[SHARE_STATE], refine: as_it_is };
