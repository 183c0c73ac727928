//! `__transaction_state`: what the transaction coordinator remembers of each transactional id.

use crate::internal::Decoded;
use crate::internal::coordinator::Topic;
use crate::internal::reader::Leftover;
use crate::internal::schema::{
    CoordinatorRecord, Field, INT8, INT16, INT32, INT32S, INT64, NEVER, TEXT, field, message, structs,
};
use crate::internal::tree::Tree;

/// The records of the topic.
const TRANSACTIONS: &[CoordinatorRecord] = &[CoordinatorRecord {
    number: 0,
    key: message("TransactionLogKey", 0, NEVER, &[field("transactionalId", TEXT)]),
    value: message(
        "TransactionLogValue",
        1,
        1,
        &[
            field("producerId", INT64),
            field("previousProducerId", INT64).since(1).tagged(0),
            field("nextProducerId", INT64).since(1).tagged(1),
            field("producerEpoch", INT16),
            field("nextProducerEpoch", INT16).since(1).tagged(3),
            field("transactionTimeoutMs", INT32),
            field("transactionStatus", INT8),
            field("transactionPartitions", structs(PARTITIONS_SCHEMA)).nullable(),
            field("transactionLastUpdateTimestampMs", INT64),
            field("transactionStartTimestampMs", INT64),
            field("clientTransactionVersion", INT16).since(1).tagged(2),
        ],
    ),
    key_summary: "transaction {transactionalId}",
    value_summary: ": {transactionStatus}, producer {producerId} epoch {producerEpoch}<, topics {transactionPartitions#}>",
}];

const PARTITIONS_SCHEMA: &[Field] = &[field("topic", TEXT), field("partitionIds", INT32S)];

/// The topic.
pub(super) static TOPIC: Topic = Topic { records: &[TRANSACTIONS], refine: name_the_state };

/// Kafka's tool prints the state's name (`TransactionState`).
fn name_the_state(_: &'static CoordinatorRecord, decoded: &mut Decoded, _: Leftover) {
    let Some(status) = decoded.tree.get_mut("data").and_then(|data| data.get_mut("transactionStatus")) else {
        return;
    };
    let Tree::Int(number) = status else { return };
    *status = Tree::text(match number {
        0 => "Empty",
        1 => "Ongoing",
        2 => "PrepareCommit",
        3 => "PrepareAbort",
        4 => "CompleteCommit",
        5 => "CompleteAbort",
        6 => "Dead",
        7 => "PrepareEpochFence",
        _ => return,
    });
}
