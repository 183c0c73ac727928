//! Verifying all that is stored, from the first byte to the last: offsets without a gap, every CRC, every record, and that the rows'
//! keys tell the truth. Reads as a consumer does, a fetch at a time, so that memory does not grow with what is stored.

use std::fmt;

use crate::broker::{Broker, TopicDescription};
use crate::env::Env;
use crate::ids::{Offset, TopicPartition};
use crate::limits::{SPAN_FETCH_BYTES_MAX, VERIFY_FINDINGS_LISTED_MAX};
use crate::record::RecordBatch;
use crate::source::{Damage, SourceError};
use crate::storage::{Storage, StorageError};

/// What is wrong with all that is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreVerification {
    /// Each partition in numbers, by topic and partition.
    pub partitions: Vec<PartitionVerification>,
    /// What cannot be read, in the same order, up to [`VERIFY_FINDINGS_LISTED_MAX`].
    pub damage: Vec<(TopicPartition, Damage)>,
    /// How many more damaged places there are.
    pub not_listed: u64,
    /// Contradictions that cost no record.
    pub contradictions: Vec<String>,
}

/// One verified partition in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionVerification {
    /// The partition.
    pub partition: TopicPartition,
    /// Where it begins.
    pub log_start_offset: Offset,
    /// Where it ended when it was begun with: what came later is not looked at.
    pub log_end_offset: Offset,
    /// Batches that can be read.
    pub batches: u64,
    /// Records in them.
    pub records: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Offsets whose records cannot be read.
    pub lost_offsets: u64,
}

/// How far a verification is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VerifiedBytes {
    /// Bytes looked at.
    pub done: u64,
    /// Bytes in all.
    pub total: u64,
}

impl StoreVerification {
    /// Counts the damaged places, listed or not.
    pub fn damaged_places(&self) -> u64 {
        u64::try_from(self.damage.len()).unwrap_or(u64::MAX).saturating_add(self.not_listed)
    }

    /// Counts the offsets whose records cannot be read.
    pub fn lost_offsets(&self) -> u64 {
        self.partitions.iter().map(|partition| partition.lost_offsets).sum()
    }

    fn add_damage(&mut self, partition: &TopicPartition, damage: Damage) {
        if self.damage.len() < VERIFY_FINDINGS_LISTED_MAX {
            self.damage.push((partition.clone(), damage));
        } else {
            self.not_listed = self.not_listed.saturating_add(1);
        }
    }
}

impl<S: Storage, E: Env> Broker<S, E> {
    /// Verifies every topic that can be opened. `hear` is told how far it is after each fetch; whoever drops the future ends it.
    /// What others append meanwhile is not looked at, and what they delete is left out.
    ///
    /// # Errors
    /// What storage reports, other than that bytes are damaged.
    pub async fn verify(
        &self,
        mut hear: impl FnMut(VerifiedBytes),
    ) -> Result<StoreVerification, StorageError> {
        let topics = self.list_topics().await?;
        let total = topics.iter().map(TopicDescription::bytes).sum();
        let mut verification = StoreVerification::default();
        let mut done = 0_u64;
        for topic in &topics {
            for described in &topic.partitions {
                let partition = TopicPartition { topic: topic.name.clone(), partition: described.partition };
                let mut walk = Walk {
                    counted: PartitionVerification {
                        partition,
                        log_start_offset: described.log_start_offset,
                        log_end_offset: described.high_watermark,
                        batches: 0,
                        records: 0,
                        bytes: 0,
                        lost_offsets: 0,
                    },
                    next: described.log_start_offset,
                    was_cut: false,
                };
                while walk.next < described.high_watermark {
                    let is_there = self.verify_some(&mut walk, &mut verification).await?;
                    hear(VerifiedBytes { done: done.saturating_add(walk.counted.bytes), total });
                    if !is_there {
                        break;
                    }
                }
                done = done.saturating_add(described.bytes);
                hear(VerifiedBytes { done, total });
                let counted = walk.counted;
                let (records, bytes) = (counted.records, counted.bytes);
                // Where something is lost or was deleted meanwhile, the keys know of more; that is told as what it is.
                let is_whole = counted.lost_offsets == 0 && !walk.was_cut;
                if is_whole && (records, bytes) != (described.records, described.bytes) {
                    verification.contradictions.push(format!(
                        "{}: the rows' keys speak of {} records in {} bytes, and there are {records} in {bytes}",
                        counted.partition, described.records, described.bytes
                    ));
                }
                verification.partitions.push(counted);
            }
        }
        Ok(verification)
    }

    /// Verifies what one fetch brings; `false` when the partition is gone.
    async fn verify_some(
        &self,
        walk: &mut Walk,
        verification: &mut StoreVerification,
    ) -> Result<bool, StorageError> {
        let partition = walk.counted.partition.clone();
        let fetched = match self.fetch(&partition, walk.next, SPAN_FETCH_BYTES_MAX).await {
            Ok(fetched) if fetched.next_offset > walk.next => fetched,
            Err(SourceError::Storage(error)) => return Err(error),
            Err(SourceError::OffsetOutOfRange { start, .. }) if start > walk.next => {
                (walk.next, walk.was_cut) = (start, true);
                return Ok(true);
            }
            Ok(_) | Err(_) => {
                walk.was_cut = true;
                return Ok(false);
            }
        };
        walk.next = fetched.next_offset;
        for damage in fetched.damage {
            walk.counted.lose(&damage);
            verification.add_damage(&partition, damage);
        }
        for batch in fetched.batches {
            match walk.counted.take(&batch) {
                Ok(()) => {}
                Err(cause) => {
                    let damage = Damage {
                        partition: partition.partition,
                        from: Some(batch.base_offset()),
                        to: Some(batch.next_offset()),
                        position_bytes: 0,
                        cause,
                    };
                    walk.counted.lose(&damage);
                    verification.add_damage(&partition, damage);
                }
            }
        }
        Ok(true)
    }
}

/// One partition on the way.
struct Walk {
    counted: PartitionVerification,
    next: Offset,
    /// Whether records were deleted meanwhile.
    was_cut: bool,
}

impl PartitionVerification {
    fn lose(&mut self, damage: &Damage) {
        let lost = damage.from.zip(damage.to).map_or(0, |(from, to)| to.distance_from(from));
        self.lost_offsets = self.lost_offsets.saturating_add(u64::try_from(lost).unwrap_or(0));
    }

    /// Takes a batch whose CRC is right, unless its records are not what its header says.
    fn take(&mut self, batch: &RecordBatch) -> Result<(), String> {
        let open = batch.open().map_err(|error| error.to_string())?;
        let mut records = 0_u64;
        let mut walked = 0_i64;
        for record in open.views() {
            let record = record.map_err(|error| error.to_string())?;
            walked = walked.saturating_add(1);
            if record.offset >= self.log_start_offset {
                records = records.saturating_add(1);
            }
        }
        let promised = i64::from(batch.header().record_count);
        if walked != promised {
            return Err(format!("the batch says that it holds {promised} records, and holds {walked}"));
        }
        self.batches = self.batches.saturating_add(1);
        self.records = self.records.saturating_add(records);
        self.bytes = self.bytes.saturating_add(u64::try_from(batch.bytes().len()).unwrap_or(u64::MAX));
        Ok(())
    }
}

impl fmt::Display for StoreVerification {
    /// Says in one sentence how it went.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (places, offsets) = (self.damaged_places(), self.lost_offsets());
        match places {
            0 if self.contradictions.is_empty() => f.write_str("everything is as it should be"),
            0 => write!(f, "every record can be read; contradictions: {}", self.contradictions.len()),
            _ => write!(f, "damaged places: {places}; offsets that cannot be read: {offsets}"),
        }
    }
}
