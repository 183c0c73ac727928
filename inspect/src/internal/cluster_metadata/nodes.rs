//! Brokers, controllers and features.

use crate::internal::schema::{
    BOOL, Field, INT8, INT16, INT32, INT64, MetadataRecord, TEXT, UINT16, UUID, UUIDS, field, message,
    structs,
};

/// Which nodes there are, and what they can do.
pub(super) const NODES: &[MetadataRecord] = &[
    MetadataRecord {
        number: 0,
        value: message(
            "RegisterBrokerRecord",
            4,
            0,
            &[
                field("brokerId", INT32),
                field("isMigratingZkBroker", BOOL).since(2),
                field("incarnationId", UUID),
                field("brokerEpoch", INT64),
                field("endPoints", structs(BROKER_ENDPOINT)),
                field("features", structs(BROKER_FEATURE)),
                field("rack", TEXT).nullable(),
                field("fenced", BOOL),
                field("inControlledShutdown", BOOL).since(1),
                field("logDirs", UUIDS).since(3).tagged(0),
                field("cordonedLogDirs", UUIDS).since(4).nullable().tagged(1),
            ],
        ),
        summary: "broker {brokerId} registers, epoch {brokerEpoch}, fenced {fenced}",
    },
    MetadataRecord {
        number: 1,
        value: message(
            "UnregisterBrokerRecord",
            0,
            0,
            &[field("brokerId", INT32), field("brokerEpoch", INT64)],
        ),
        summary: "broker {brokerId} is unregistered, epoch {brokerEpoch}",
    },
    MetadataRecord {
        number: 7,
        value: message("FenceBrokerRecord", 0, 0, &[field("id", INT32), field("epoch", INT64)]),
        summary: "broker {id} is fenced, epoch {epoch}",
    },
    MetadataRecord {
        number: 8,
        value: message("UnfenceBrokerRecord", 0, 0, &[field("id", INT32), field("epoch", INT64)]),
        summary: "broker {id} is unfenced, epoch {epoch}",
    },
    MetadataRecord {
        number: 17,
        value: message(
            "BrokerRegistrationChangeRecord",
            3,
            0,
            &[
                field("brokerId", INT32),
                field("brokerEpoch", INT64),
                field("fenced", INT8).tagged(0),
                field("inControlledShutdown", INT8).since(1).tagged(1),
                field("logDirs", UUIDS).since(2).tagged(2),
                field("cordonedLogDirs", UUIDS).since(3).nullable().tagged(3),
            ],
        ),
        summary: "broker {brokerId} changes, epoch {brokerEpoch}<, fenced {fenced}><, cordoned log directories {cordonedLogDirs#}>",
    },
    MetadataRecord {
        number: 27,
        value: message(
            "RegisterControllerRecord",
            0,
            0,
            &[
                field("controllerId", INT32),
                field("incarnationId", UUID),
                field("zkMigrationReady", BOOL),
                field("endPoints", structs(CONTROLLER_ENDPOINT)),
                field("features", structs(CONTROLLER_FEATURE)),
            ],
        ),
        summary: "controller {controllerId} registers",
    },
    MetadataRecord {
        number: 29,
        value: message("UnregisterControllerRecord", 0, 0, &[field("controllerId", INT32)]),
        summary: "controller {controllerId} is unregistered",
    },
    MetadataRecord {
        number: 12,
        value: message("FeatureLevelRecord", 0, 0, &[field("name", TEXT), field("featureLevel", INT16)]),
        summary: "feature {name} is at level {featureLevel}",
    },
    MetadataRecord {
        number: 21,
        value: message("ZkMigrationStateRecord", 0, 0, &[field("zkMigrationState", INT8)]),
        summary: "ZooKeeper migration: state {zkMigrationState}",
    },
];

const BROKER_ENDPOINT: &[Field] =
    &[field("name", TEXT), field("host", TEXT), field("port", UINT16), field("securityProtocol", INT16)];

const BROKER_FEATURE: &[Field] =
    &[field("name", TEXT), field("minSupportedVersion", INT16), field("maxSupportedVersion", INT16)];

const CONTROLLER_ENDPOINT: &[Field] =
    &[field("name", TEXT), field("host", TEXT), field("port", UINT16), field("securityProtocol", INT16)];

const CONTROLLER_FEATURE: &[Field] =
    &[field("name", TEXT), field("minSupportedVersion", INT16), field("maxSupportedVersion", INT16)];
