//! What is stored, against what was acknowledged, and read to the last byte where that is wanted. Opens the database as another tab
//! would, and writes nothing.

use tablog_core::broker::{Broker, StoreVerification, TopicDescription};
use tablog_core::browser::{BrowserEnv, IndexedDbStorage};
use tablog_core::env::Env;
use tablog_core::ids::Timestamp;
use tablog_core::witness::{DataLossDetected, Testimony};

use super::Port;
use crate::engine::protocol::{DATABASE, Progress};
use crate::verifier::protocol::{FromVerifier, Shown};
use crate::verifier::report::{Finding, Loss, StoredReport, StoredTopic, Verified};

/// Bytes between two reports of progress.
const TELL_EVERY_BYTES: u64 = 2 * 1024 * 1024;

/// Findings that the page lists.
const FINDINGS_MAX: usize = 200;

/// Looks at the database.
pub(super) async fn report(port: &Port, testimony: Option<&str>, reads_all: bool) -> Result<Shown, String> {
    let storage = IndexedDbStorage::open(DATABASE).await.map_err(|error| error.to_string())?;
    let broker = Broker::open(storage, BrowserEnv).await.map_err(|error| error.to_string())?;
    let testimony = testimony.and_then(Testimony::parse);
    let topics = broker.list_topics().await.map_err(|error| error.to_string())?;
    let missing = broker.compare(testimony.as_ref()).await.map_err(|error| error.to_string())?;
    let verified = if reads_all {
        let began = BrowserEnv.now();
        let mut told = 0;
        let verification = broker.verify(|bytes| {
            if bytes.done >= told + TELL_EVERY_BYTES {
                told = bytes.done;
                let progress =
                    Progress { bytes: bytes.done, bytes_total: Some(bytes.total), ..Progress::default() };
                port.send(&FromVerifier::Progress(progress), &[]);
            }
        });
        let verification = verification.await.map_err(|error| error.to_string())?;
        let elapsed_ms = BrowserEnv.now().millis().saturating_sub(began.millis());
        Some(verified(verification, elapsed_ms.unsigned_abs()))
    } else {
        None
    };
    let told = testimony.iter().flat_map(|testimony| &testimony.losses);
    let mut losses: Vec<&DataLossDetected> = told.collect();
    for loss in &missing {
        if !losses.iter().any(|known| known.is_about_the_same_as(loss)) {
            losses.push(loss);
        }
    }
    let report = StoredReport {
        cluster_id: broker.cluster_id(),
        at_ms: BrowserEnv.now().millis(),
        noted_ms: testimony.as_ref().map(|testimony| testimony.noted_ms.millis()),
        topics: topics.iter().map(|topic| compared(topic, testimony.as_ref(), &missing)).collect(),
        unreadable: broker.unreadable_topics().into_iter().map(|(_, cause)| cause.to_string()).collect(),
        losses: losses.into_iter().map(loss_view).collect(),
        verified,
    };
    report.shown().map_err(|error| error.to_string())
}

fn compared(
    topic: &TopicDescription,
    testimony: Option<&Testimony>,
    missing: &[DataLossDetected],
) -> StoredTopic {
    let topic_id = topic.topic_id.to_string();
    let known = testimony.and_then(|testimony| testimony.topics.get(&topic.name));
    let known = known.filter(|known| known.topic_id == topic_id);
    let offset = |value: i64| u64::try_from(value).unwrap_or(0);
    StoredTopic {
        name: topic.name.to_string(),
        partitions: u32::try_from(topic.partitions.len()).unwrap_or(u32::MAX),
        acknowledged: known.map(|known| known.partitions.iter().map(|(_, to)| offset(to.value())).sum()),
        stored: topic.partitions.iter().map(|partition| offset(partition.high_watermark.value())).sum(),
        missing: missing.iter().filter(|loss| loss.topic_id == topic_id).map(DataLossDetected::offsets).sum(),
        records: topic.records(),
        bytes: topic.bytes(),
        topic_id,
    }
}

fn loss_view(loss: &DataLossDetected) -> Loss {
    Loss {
        topic: loss.topic.to_string(),
        topic_id: loss.topic_id.clone(),
        partition: loss.partition.value(),
        from: loss.from.value(),
        to: loss.to.value(),
        cause: loss.cause.to_string(),
        noted_ms: Some(loss.noted_ms).filter(|noted| *noted != Timestamp::NONE).map(Timestamp::millis),
        found_ms: loss.found_ms.millis(),
    }
}

fn verified(verification: StoreVerification, elapsed_ms: u64) -> Verified {
    let lost_offsets = verification.lost_offsets();
    let StoreVerification { partitions, damage, not_listed, contradictions } = verification;
    let damaged = damage.into_iter().map(|(partition, damage)| Finding {
        place: partition.to_string(),
        from: damage.from.map(|offset| offset.value()),
        to: damage.to.map(|offset| offset.value()),
        cause: damage.cause,
    });
    let contradictions = contradictions.into_iter().map(|cause| Finding {
        place: "keys".to_owned(),
        from: None,
        to: None,
        cause,
    });
    let mut findings: Vec<Finding> = damaged.chain(contradictions).collect();
    let unlisted = u64::try_from(findings.len().saturating_sub(FINDINGS_MAX)).unwrap_or(u64::MAX);
    findings.truncate(FINDINGS_MAX);
    Verified {
        partitions: u64::try_from(partitions.len()).unwrap_or(u64::MAX),
        batches: partitions.iter().map(|it| it.batches).sum(),
        records: partitions.iter().map(|it| it.records).sum(),
        bytes: partitions.iter().map(|it| it.bytes).sum(),
        elapsed_ms,
        lost_offsets,
        findings,
        not_listed: not_listed.saturating_add(unlisted),
    }
}
