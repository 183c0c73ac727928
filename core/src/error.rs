//! Kafka's error table: what a broker says when it refuses, by number and by name. Every operation of ours has an error enum of
//! its own with the numbers in it; each of its cases names one of these codes, so that Kafka's users meet what they know.

/// Makes the enum and its table out of one list, so that no code can lack a name.
macro_rules! error_codes {
    ($($code:literal $variant:ident $name:literal $kind:ident $message:literal;)*) => {
        /// Names one of Kafka's protocol errors, as of Kafka 4.1 (`org.apache.kafka.common.protocol.Errors`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $(#[doc = concat!($code, ": ", $message, ".")] $variant,)*
        }

        impl ErrorCode {
            /// Every error there is, by rising code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Finds the error of a code on the wire; `None` for one that came after Kafka 4.1.
            pub const fn from_code(code: i16) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// Returns the code on the wire.
            pub const fn code(self) -> i16 {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            /// Returns Kafka's name, such as `OFFSET_OUT_OF_RANGE`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// Tells whether trying again may help: Kafka's exception for it is a `RetriableException`.
            pub const fn retriable(self) -> bool {
                match self {
                    $(Self::$variant => matches!(Kind::$kind, Kind::retriable),)*
                }
            }

            /// Says in one line what went wrong, without a full stop.
            pub const fn message(self) -> &'static str {
                match self {
                    $(Self::$variant => $message,)*
                }
            }
        }
    };
}

/// Words of the table below.
#[allow(non_camel_case_types, reason = "they read as words in the table")]
enum Kind {
    retriable,
    fatal,
}

impl std::fmt::Display for ErrorCode {
    /// Writes Kafka's name.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

error_codes! {
    -1 UnknownServerError "UNKNOWN_SERVER_ERROR" fatal "the server failed in a way it did not expect";
    0 None "NONE" fatal "no error";
    1 OffsetOutOfRange "OFFSET_OUT_OF_RANGE" fatal "the offset lies outside of what the partition holds";
    2 CorruptMessage "CORRUPT_MESSAGE" retriable "the record is damaged, too large for its format, or has no key in a compacted topic";
    3 UnknownTopicOrPartition "UNKNOWN_TOPIC_OR_PARTITION" retriable "there is no such topic or partition here";
    4 InvalidFetchSize "INVALID_FETCH_SIZE" fatal "the fetch size is not allowed";
    5 LeaderNotAvailable "LEADER_NOT_AVAILABLE" retriable "the partition has no leader at the moment";
    6 NotLeaderOrFollower "NOT_LEADER_OR_FOLLOWER" retriable "this broker is not the partition's leader, or holds no replica of it";
    7 RequestTimedOut "REQUEST_TIMED_OUT" retriable "the request took too long";
    8 BrokerNotAvailable "BROKER_NOT_AVAILABLE" fatal "the broker cannot be reached";
    9 ReplicaNotAvailable "REPLICA_NOT_AVAILABLE" retriable "the replica cannot be reached";
    10 MessageTooLarge "MESSAGE_TOO_LARGE" fatal "the record batch is larger than max.message.bytes allows";
    11 StaleControllerEpoch "STALE_CONTROLLER_EPOCH" fatal "another broker has become the controller";
    12 OffsetMetadataTooLarge "OFFSET_METADATA_TOO_LARGE" fatal "the metadata stored with an offset is too long";
    13 NetworkException "NETWORK_EXCEPTION" retriable "the connection broke before a reply came";
    14 CoordinatorLoadInProgress "COORDINATOR_LOAD_IN_PROGRESS" retriable "the coordinator is still loading";
    15 CoordinatorNotAvailable "COORDINATOR_NOT_AVAILABLE" retriable "the coordinator cannot be reached";
    16 NotCoordinator "NOT_COORDINATOR" retriable "this broker is not the coordinator";
    17 InvalidTopicException "INVALID_TOPIC_EXCEPTION" fatal "the topic's name is not valid";
    18 RecordListTooLarge "RECORD_LIST_TOO_LARGE" fatal "the record batch is larger than a segment may be";
    19 NotEnoughReplicas "NOT_ENOUGH_REPLICAS" retriable "too few replicas are in sync to accept records";
    20 NotEnoughReplicasAfterAppend "NOT_ENOUGH_REPLICAS_AFTER_APPEND" retriable "records were written, but to fewer replicas than asked for";
    21 InvalidRequiredAcks "INVALID_REQUIRED_ACKS" fatal "acks must be 0, 1 or all";
    22 IllegalGeneration "ILLEGAL_GENERATION" fatal "the group has moved on to another generation";
    23 InconsistentGroupProtocol "INCONSISTENT_GROUP_PROTOCOL" fatal "the member's protocols do not fit those of the group";
    24 InvalidGroupId "INVALID_GROUP_ID" fatal "the group's id is not valid";
    25 UnknownMemberId "UNKNOWN_MEMBER_ID" fatal "the coordinator does not know this member";
    26 InvalidSessionTimeout "INVALID_SESSION_TIMEOUT" fatal "the session timeout is outside of what the broker allows";
    27 RebalanceInProgress "REBALANCE_IN_PROGRESS" fatal "the group is rebalancing: join again";
    28 InvalidCommitOffsetSize "INVALID_COMMIT_OFFSET_SIZE" fatal "the offsets to commit are too large together";
    29 TopicAuthorizationFailed "TOPIC_AUTHORIZATION_FAILED" fatal "no permission for this topic";
    30 GroupAuthorizationFailed "GROUP_AUTHORIZATION_FAILED" fatal "no permission for this group";
    31 ClusterAuthorizationFailed "CLUSTER_AUTHORIZATION_FAILED" fatal "no permission for the cluster";
    32 InvalidTimestamp "INVALID_TIMESTAMP" fatal "the timestamp is outside of what the topic allows";
    33 UnsupportedSaslMechanism "UNSUPPORTED_SASL_MECHANISM" fatal "the broker does not know this SASL mechanism";
    34 IllegalSaslState "ILLEGAL_SASL_STATE" fatal "the request does not fit the state of the SASL exchange";
    35 UnsupportedVersion "UNSUPPORTED_VERSION" fatal "the broker does not know this version of the request";
    36 TopicAlreadyExists "TOPIC_ALREADY_EXISTS" fatal "a topic of this name exists already";
    37 InvalidPartitions "INVALID_PARTITIONS" fatal "the number of partitions is below 1";
    38 InvalidReplicationFactor "INVALID_REPLICATION_FACTOR" fatal "the replication factor is below 1, or above the number of brokers";
    39 InvalidReplicaAssignment "INVALID_REPLICA_ASSIGNMENT" fatal "the replica assignment is not valid";
    40 InvalidConfig "INVALID_CONFIG" fatal "the configuration is not valid";
    41 NotController "NOT_CONTROLLER" retriable "this broker is not the controller";
    42 InvalidRequest "INVALID_REQUEST" fatal "the request is malformed, or meant for another kind of broker";
    43 UnsupportedForMessageFormat "UNSUPPORTED_FOR_MESSAGE_FORMAT" fatal "the broker's message format cannot serve this request";
    44 PolicyViolation "POLICY_VIOLATION" fatal "the request breaks a policy of the broker";
    45 OutOfOrderSequenceNumber "OUT_OF_ORDER_SEQUENCE_NUMBER" fatal "the producer's sequence number leaves a gap";
    46 DuplicateSequenceNumber "DUPLICATE_SEQUENCE_NUMBER" fatal "the producer's sequence number was used already";
    47 InvalidProducerEpoch "INVALID_PRODUCER_EPOCH" fatal "the producer's epoch is an old one";
    48 InvalidTxnState "INVALID_TXN_STATE" fatal "the transaction's state does not allow this";
    49 InvalidProducerIdMapping "INVALID_PRODUCER_ID_MAPPING" fatal "the producer id does not belong to the transactional id";
    50 InvalidTransactionTimeout "INVALID_TRANSACTION_TIMEOUT" fatal "the transaction timeout is above transaction.max.timeout.ms";
    51 ConcurrentTransactions "CONCURRENT_TRANSACTIONS" retriable "another operation on the same transaction is under way";
    52 TransactionCoordinatorFenced "TRANSACTION_COORDINATOR_FENCED" fatal "the coordinator that sends the marker is not the transaction's coordinator any more";
    53 TransactionalIdAuthorizationFailed "TRANSACTIONAL_ID_AUTHORIZATION_FAILED" fatal "no permission for this transactional id";
    54 SecurityDisabled "SECURITY_DISABLED" fatal "security is switched off";
    55 OperationNotAttempted "OPERATION_NOT_ATTEMPTED" fatal "nothing was tried, because another part of the request failed";
    56 KafkaStorageError "KAFKA_STORAGE_ERROR" retriable "the broker's disk failed";
    57 LogDirNotFound "LOG_DIR_NOT_FOUND" fatal "the broker has no such log directory";
    58 SaslAuthenticationFailed "SASL_AUTHENTICATION_FAILED" fatal "logging in failed";
    59 UnknownProducerId "UNKNOWN_PRODUCER_ID" fatal "the broker remembers nothing of this producer, perhaps because its records are gone";
    60 ReassignmentInProgress "REASSIGNMENT_IN_PROGRESS" fatal "the partition is being reassigned";
    61 DelegationTokenAuthDisabled "DELEGATION_TOKEN_AUTH_DISABLED" fatal "delegation tokens are switched off";
    62 DelegationTokenNotFound "DELEGATION_TOKEN_NOT_FOUND" fatal "there is no such delegation token";
    63 DelegationTokenOwnerMismatch "DELEGATION_TOKEN_OWNER_MISMATCH" fatal "the token belongs to somebody else";
    64 DelegationTokenRequestNotAllowed "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED" fatal "delegation tokens cannot be asked for over this connection";
    65 DelegationTokenAuthorizationFailed "DELEGATION_TOKEN_AUTHORIZATION_FAILED" fatal "no permission for this delegation token";
    66 DelegationTokenExpired "DELEGATION_TOKEN_EXPIRED" fatal "the delegation token has expired";
    67 InvalidPrincipalType "INVALID_PRINCIPAL_TYPE" fatal "this type of principal is not known";
    68 NonEmptyGroup "NON_EMPTY_GROUP" fatal "the group still has members";
    69 GroupIdNotFound "GROUP_ID_NOT_FOUND" fatal "there is no such group";
    70 FetchSessionIdNotFound "FETCH_SESSION_ID_NOT_FOUND" retriable "there is no such fetch session";
    71 InvalidFetchSessionEpoch "INVALID_FETCH_SESSION_EPOCH" retriable "the fetch session's epoch is not valid";
    72 ListenerNotFound "LISTENER_NOT_FOUND" retriable "the leader has no listener of the kind that was asked";
    73 TopicDeletionDisabled "TOPIC_DELETION_DISABLED" fatal "topics cannot be deleted here";
    74 FencedLeaderEpoch "FENCED_LEADER_EPOCH" retriable "the leader epoch in the request is an old one";
    75 UnknownLeaderEpoch "UNKNOWN_LEADER_EPOCH" retriable "the leader epoch in the request is newer than the broker's";
    76 UnsupportedCompressionType "UNSUPPORTED_COMPRESSION_TYPE" fatal "the client cannot read the partition's compression";
    77 StaleBrokerEpoch "STALE_BROKER_EPOCH" fatal "the broker's epoch has changed";
    78 OffsetNotAvailable "OFFSET_NOT_AVAILABLE" retriable "the new leader does not know its high watermark yet";
    79 MemberIdRequired "MEMBER_ID_REQUIRED" fatal "the member needs an id before it joins";
    80 PreferredLeaderNotAvailable "PREFERRED_LEADER_NOT_AVAILABLE" retriable "the preferred leader cannot be reached";
    81 GroupMaxSizeReached "GROUP_MAX_SIZE_REACHED" fatal "the group is full";
    82 FencedInstanceId "FENCED_INSTANCE_ID" fatal "another member has taken this group.instance.id";
    83 EligibleLeadersNotAvailable "ELIGIBLE_LEADERS_NOT_AVAILABLE" retriable "no replica can become the leader";
    84 ElectionNotNeeded "ELECTION_NOT_NEEDED" retriable "the partition has a leader already";
    85 NoReassignmentInProgress "NO_REASSIGNMENT_IN_PROGRESS" fatal "no reassignment is under way";
    86 GroupSubscribedToTopic "GROUP_SUBSCRIBED_TO_TOPIC" fatal "the group is reading the topic, so its offsets cannot be deleted";
    87 InvalidRecord "INVALID_RECORD" fatal "the record did not pass the broker's validation";
    88 UnstableOffsetCommit "UNSTABLE_OFFSET_COMMIT" retriable "some offsets belong to a transaction that is not over";
    89 ThrottlingQuotaExceeded "THROTTLING_QUOTA_EXCEEDED" retriable "the quota is used up for now";
    90 ProducerFenced "PRODUCER_FENCED" fatal "another producer has taken this transactional id";
    91 ResourceNotFound "RESOURCE_NOT_FOUND" fatal "the request names something that does not exist";
    92 DuplicateResource "DUPLICATE_RESOURCE" fatal "the request names the same thing twice";
    93 UnacceptableCredential "UNACCEPTABLE_CREDENTIAL" fatal "the credential does not meet the requirements";
    94 InconsistentVoterSet "INCONSISTENT_VOTER_SET" fatal "the sender or the receiver is not one of the voters";
    95 InvalidUpdateVersion "INVALID_UPDATE_VERSION" fatal "the version to update to is not valid";
    96 FeatureUpdateFailed "FEATURE_UPDATE_FAILED" fatal "the features could not be updated";
    97 PrincipalDeserializationFailure "PRINCIPAL_DESERIALIZATION_FAILURE" fatal "the principal of a forwarded request could not be read";
    98 SnapshotNotFound "SNAPSHOT_NOT_FOUND" fatal "there is no such snapshot";
    99 PositionOutOfRange "POSITION_OUT_OF_RANGE" fatal "the position lies outside of the snapshot";
    100 UnknownTopicId "UNKNOWN_TOPIC_ID" retriable "there is no topic with this id here";
    101 DuplicateBrokerRegistration "DUPLICATE_BROKER_REGISTRATION" fatal "the broker's id is in use";
    102 BrokerIdNotRegistered "BROKER_ID_NOT_REGISTERED" fatal "there is no broker registered with this id";
    103 InconsistentTopicId "INCONSISTENT_TOPIC_ID" retriable "the topic has another id: it was deleted and made again";
    104 InconsistentClusterId "INCONSISTENT_CLUSTER_ID" fatal "the request is meant for another cluster";
    105 TransactionalIdNotFound "TRANSACTIONAL_ID_NOT_FOUND" fatal "there is no such transactional id";
    106 FetchSessionTopicIdError "FETCH_SESSION_TOPIC_ID_ERROR" retriable "the fetch session mixes topic ids and names";
    107 IneligibleReplica "INELIGIBLE_REPLICA" fatal "one of the replicas may not be in sync";
    108 NewLeaderElected "NEW_LEADER_ELECTED" fatal "the partition was changed, and has another leader now";
    109 OffsetMovedToTieredStorage "OFFSET_MOVED_TO_TIERED_STORAGE" fatal "the offset has moved to tiered storage";
    110 FencedMemberEpoch "FENCED_MEMBER_EPOCH" fatal "the member's epoch is fenced: give up all partitions and join again";
    111 UnreleasedInstanceId "UNRELEASED_INSTANCE_ID" fatal "another member still uses this instance id";
    112 UnsupportedAssignor "UNSUPPORTED_ASSIGNOR" fatal "the group does not know this assignor";
    113 StaleMemberEpoch "STALE_MEMBER_EPOCH" fatal "the member's epoch is an old one: take the new one and try again";
    114 MismatchedEndpointType "MISMATCHED_ENDPOINT_TYPE" fatal "the request went to the wrong kind of endpoint";
    115 UnsupportedEndpointType "UNSUPPORTED_ENDPOINT_TYPE" fatal "this kind of endpoint is not served yet";
    116 UnknownControllerId "UNKNOWN_CONTROLLER_ID" fatal "there is no controller with this id";
    117 UnknownSubscriptionId "UNKNOWN_SUBSCRIPTION_ID" fatal "the telemetry subscription is not valid any more";
    118 TelemetryTooLarge "TELEMETRY_TOO_LARGE" fatal "the telemetry is larger than the broker allows";
    119 InvalidRegistration "INVALID_REGISTRATION" fatal "the controller refuses the broker's registration";
    120 TransactionAbortable "TRANSACTION_ABORTABLE" fatal "the transaction failed: abort it to go on";
    121 InvalidRecordState "INVALID_RECORD_STATE" fatal "the record is not in a state to be acknowledged";
    122 ShareSessionNotFound "SHARE_SESSION_NOT_FOUND" retriable "there is no such share session";
    123 InvalidShareSessionEpoch "INVALID_SHARE_SESSION_EPOCH" retriable "the share session's epoch is not valid";
    124 FencedStateEpoch "FENCED_STATE_EPOCH" fatal "the share group's state has another epoch";
    125 InvalidVoterKey "INVALID_VOTER_KEY" fatal "the voter's key is not the replica's";
    126 DuplicateVoter "DUPLICATE_VOTER" fatal "the voter is one already";
    127 VoterNotFound "VOTER_NOT_FOUND" fatal "there is no such voter";
    128 InvalidRegularExpression "INVALID_REGULAR_EXPRESSION" fatal "the regular expression is not valid";
    129 RebootstrapRequired "REBOOTSTRAP_REQUIRED" fatal "the client's metadata is out of date: bootstrap anew";
    130 StreamsInvalidTopology "STREAMS_INVALID_TOPOLOGY" fatal "the streams topology is not valid";
    131 StreamsInvalidTopologyEpoch "STREAMS_INVALID_TOPOLOGY_EPOCH" fatal "the streams topology's epoch is not valid";
    132 StreamsTopologyFenced "STREAMS_TOPOLOGY_FENCED" fatal "the streams topology's epoch is an old one";
    133 ShareSessionLimitReached "SHARE_SESSION_LIMIT_REACHED" retriable "there are too many share sessions";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_rise_without_a_gap_and_lead_back_to_their_error() {
        for (error, code) in ErrorCode::ALL.iter().zip(-1_i16..) {
            assert_eq!(error.code(), code);
            assert_eq!(ErrorCode::from_code(code), Some(*error));
        }
        assert_eq!(ErrorCode::from_code(-2), None);
        assert_eq!(ErrorCode::from_code(134), None);
    }

    #[test]
    fn names_follow_from_the_variants() {
        for error in ErrorCode::ALL {
            let variant = format!("{error:?}").to_uppercase();
            assert_eq!(error.name().replace('_', ""), variant);
            assert!(!error.message().ends_with('.'), "{error}");
        }
    }

    #[test]
    fn kafkas_own_idea_of_what_to_try_again_is_kept() {
        let retriable = ErrorCode::ALL.iter().filter(|error| error.retriable()).count();
        assert_eq!(retriable, 32);
        assert!(ErrorCode::UnknownTopicOrPartition.retriable());
        assert!(ErrorCode::CorruptMessage.retriable());
        assert!(!ErrorCode::OffsetOutOfRange.retriable());
        assert!(!ErrorCode::MessageTooLarge.retriable());
    }
}
