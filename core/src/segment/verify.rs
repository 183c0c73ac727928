//! Verification of a broker's data directory: is what is in it whole, do its files agree with each other, and if not, what does
//! that mean, and what would a broker do about it.
//!
//! ```text
//!   for each partition                                   compared with
//!   ├── .log      every batch: CRC, order, records       the segment before, the name
//!   ├── .index, .timeindex                               the batches, walked side by side
//!   ├── .txnindex                                        the abort markers in the log
//!   ├── .snapshot                                        producers and transactions, as the log has them at that offset
//!   ├── leader-epoch-checkpoint, partition.metadata      the batches' epochs; the topic's other partitions
//!   └── .checkpoint, quorum-state                        the metadata's log: its batches, its last epoch
//!   then the node's files: checkpoints against the logs' ends, what a crash left behind, what does not belong here
//! ```
//! It goes in steps of about a mebibyte, so that whoever calls it may do something else in between or stop, and its memory does
//! not grow with the logs.

mod cleaned;
mod cursor;
mod finding;
mod joins;
mod metadata;
mod node;
mod partition;
mod place;
mod producer_snapshots;
mod records;
mod segment;
mod small;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

pub use finding::{Check, Finding, Severity, VerifiedPartition, VerifyReport};

use crate::ids::{Offset, TopicPartition};
use crate::segment::folder::DataDirectory;
use crate::segment::{Progress, ReadAt};
use cleaned::Cleaned;
use finding::Findings;
use partition::{PartitionCheck, TopicIds};

/// Verifies a data directory, step by step.
///
/// ```
/// use tablog_core::segment::{DataDirectory, MemoryFile, Verifier};
/// # futures_executor::block_on(async {
/// let files = [("orders-0/00000000000000000000.log", &b"{\"not\":\"a log\"}"[..])];
/// let directory = DataDirectory::from_files(files.iter().map(|(path, bytes)| (*path, bytes.len() as u64)));
/// let mut verifier = Verifier::new(directory, files.map(|(path, bytes)| MemoryFile::new(path, bytes)));
/// while !verifier.step().await.done {}
/// let report = verifier.report();
/// assert_eq!(report.errors, 1);
/// assert!(report.findings.iter().any(|finding| finding.what.contains("JSON text")));
/// # });
/// ```
#[derive(Debug)]
pub struct Verifier<R> {
    directory: DataDirectory,
    files: Vec<Rc<R>>,
    waiting: VecDeque<PartitionCheck<R>>,
    current: Option<PartitionCheck<R>>,
    findings: Findings,
    topic_ids: TopicIds,
    ends: BTreeMap<TopicPartition, Offset>,
    /// Up to where the partitions were compacted, once it was read.
    cleaned: Option<Cleaned>,
    bytes_done: u64,
    bytes_total: u64,
}

impl<R: ReadAt> Verifier<R> {
    /// Prepares to verify a directory; nothing is read yet. `files` are the ones that the directory was made from, in the same
    /// order.
    pub fn new(directory: DataDirectory, files: impl IntoIterator<Item = R>) -> Self {
        let mut waiting = VecDeque::new();
        let mut bytes_total = 0_u64;
        for (topic, partitions) in &directory.topics {
            for (&partition, partition_files) in partitions {
                let topic_partition = TopicPartition { topic: topic.clone(), partition };
                let check = PartitionCheck::new(topic_partition, partition_files.clone());
                bytes_total = bytes_total.saturating_add(check.bytes_total());
                waiting.push_back(check);
            }
        }
        Self {
            directory,
            files: files.into_iter().map(Rc::new).collect(),
            waiting,
            current: None,
            findings: Findings::default(),
            topic_ids: TopicIds::default(),
            ends: BTreeMap::new(),
            cleaned: None,
            bytes_done: 0,
            bytes_total,
        }
    }

    /// Goes on by about a mebibyte of a log. What cannot be read is a finding too, and stops nothing else.
    pub async fn step(&mut self) -> Progress {
        if self.findings.report.done {
            return self.progress();
        }
        let Some(cleaned) = &self.cleaned else {
            self.cleaned = Some(Cleaned::read(&self.directory, &self.files).await);
            return self.progress();
        };
        if self.current.is_none() {
            self.current = self.waiting.pop_front().map(|check| check.knowing(cleaned));
        }
        let Some(current) = &mut self.current else {
            node::check_node(&self.directory, &self.files, &self.ends, &mut self.findings).await;
            self.findings.report.done = true;
            return self.progress();
        };
        if let Some((end, verified)) = current.step(&self.files, &mut self.findings).await {
            if let Some(topic_partition) = current.topic_partition() {
                if let Some(id) = current.topic_id {
                    self.topic_ids.take(topic_partition, id, &mut self.findings, current.folder());
                }
                self.ends.insert(topic_partition.clone(), end);
            }
            self.findings.report.partitions.push(verified);
            self.bytes_done = self.bytes_done.saturating_add(current.bytes_done);
            self.current = None;
        }
        self.progress()
    }

    /// Tells how far verification has come.
    pub fn progress(&self) -> Progress {
        let now = self.current.as_ref().map_or(0, PartitionCheck::bytes_now);
        let bytes_done = self.bytes_done.saturating_add(now);
        Progress { bytes_done, bytes_total: self.bytes_total, done: self.findings.report.done }
    }

    /// Tells what was found so far.
    pub fn report(&self) -> &VerifyReport {
        &self.findings.report
    }
}
