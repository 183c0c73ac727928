//! Access control, credentials, delegation tokens and quotas.

use crate::internal::schema::{
    BOOL, BYTES, FLOAT64, Field, INT8, INT32, INT64, MetadataRecord, TEXT, TEXTS, UUID, field, message,
    structs,
};

/// Who may do what, and how much.
pub(super) const SECURITY: &[MetadataRecord] = &[
    MetadataRecord {
        number: 18,
        value: message(
            "AccessControlEntryRecord",
            0,
            0,
            &[
                field("id", UUID),
                field("resourceType", INT8),
                field("resourceName", TEXT),
                field("patternType", INT8),
                field("principal", TEXT),
                field("host", TEXT),
                field("operation", INT8),
                field("permissionType", INT8),
            ],
        ),
        summary: "ACL {id}: {principal} on {resourceName}",
    },
    MetadataRecord {
        number: 19,
        value: message("RemoveAccessControlEntryRecord", 0, 0, &[field("id", UUID)]),
        summary: "ACL {id} is removed",
    },
    MetadataRecord {
        number: 11,
        value: message(
            "UserScramCredentialRecord",
            0,
            0,
            &[
                field("name", TEXT),
                field("mechanism", INT8),
                field("salt", BYTES),
                field("storedKey", BYTES),
                field("serverKey", BYTES),
                field("iterations", INT32),
            ],
        ),
        summary: "SCRAM credential of {name}",
    },
    MetadataRecord {
        number: 22,
        value: message(
            "RemoveUserScramCredentialRecord",
            0,
            0,
            &[field("name", TEXT), field("mechanism", INT8)],
        ),
        summary: "SCRAM credential of {name} is removed",
    },
    MetadataRecord {
        number: 10,
        value: message(
            "DelegationTokenRecord",
            0,
            0,
            &[
                field("owner", TEXT),
                field("requester", TEXT),
                field("renewers", TEXTS),
                field("issueTimestamp", INT64),
                field("maxTimestamp", INT64),
                field("expirationTimestamp", INT64),
                field("tokenId", TEXT),
            ],
        ),
        summary: "delegation token {tokenId} of {owner}",
    },
    MetadataRecord {
        number: 26,
        value: message("RemoveDelegationTokenRecord", 0, 0, &[field("tokenId", TEXT)]),
        summary: "delegation token {tokenId} is removed",
    },
    MetadataRecord {
        number: 14,
        value: message(
            "ClientQuotaRecord",
            0,
            0,
            &[
                field("entity", structs(ENTITY_DATA)),
                field("key", TEXT),
                field("value", FLOAT64),
                field("remove", BOOL),
            ],
        ),
        summary: "client quota {key} = {value}",
    },
];

const ENTITY_DATA: &[Field] = &[field("entityType", TEXT), field("entityName", TEXT).nullable()];
