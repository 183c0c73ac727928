//! Producer snapshots, compared with what the log says of its producers up to their offsets.

use std::rc::Rc;

use super::finding::{Check, Findings};
use super::partition::PartitionState;
use super::place::Place;
use super::small::read_small;
use crate::ids::Offset;
use crate::segment::ReadAt;
use crate::segment::folder::DataFile;
use crate::segment::format::{ProducerEntry, ProducerSnapshot};

/// Compares the snapshots up to an offset with what the log says up to there.
pub(super) async fn reach<R: ReadAt>(
    state: &mut PartitionState,
    offset: Option<Offset>,
    open: &[Rc<R>],
    findings: &mut Findings,
) {
    while let Some((of, file)) = state.snapshots.front().cloned() {
        if offset.is_none_or(|offset| of > offset) {
            return;
        }
        state.snapshots.pop_front();
        let Some((place, snapshot)) = read_snapshot(&file, &state.place, open, findings).await else {
            continue;
        };
        if state.is_uncertain || state.producers.is_overfull {
            let what = if state.is_uncertain {
                "the log is damaged before the snapshot's offset".to_owned()
            } else {
                "the log has more producers than are kept in mind".to_owned()
            };
            findings.push(place.finding(Check::SnapshotNotCompared, what).offset(of));
            continue;
        }
        for entry in &snapshot.producers {
            if let Some(what) = contradiction(state, of, entry) {
                findings.push(place.finding(Check::SnapshotMismatch, what).offset(of));
            }
        }
    }
}

/// Tells in what a snapshot's producer and the log's are not the same. The log may have forgotten what lies before its start,
/// and compaction keeps a producer's last batch, but not its markers.
fn contradiction(state: &PartitionState, of: Offset, entry: &ProducerEntry) -> Option<String> {
    let id = entry.producer_id;
    let walked_from = state.start.unwrap_or_default();
    let Some(known) = state.producers.get(id) else {
        let is_in_the_log = entry.last_offset >= walked_from.value() && !state.looks_compacted;
        return is_in_the_log.then(|| {
            format!(
                "producer {id} wrote up to offset {} by the snapshot, and nothing by the log",
                entry.last_offset
            )
        });
    };
    let is_complete = state.producers.is_complete && !state.looks_compacted;
    let mut differing = Vec::new();
    let mut compare = |what: &str, snapshot: i64, log: i64| {
        if snapshot != log {
            differing.push(format!("{what} {snapshot} by the snapshot and {log} by the log"));
        }
    };
    compare("epoch", entry.producer_epoch.into(), known.producer_epoch.into());
    compare("last sequence", entry.last_sequence.into(), known.last_sequence.into());
    compare("last offset", entry.last_offset, known.last_offset);
    if is_complete {
        let open = |entry: &ProducerEntry| entry.current_transaction_first_offset.map_or(-1, Offset::value);
        compare("first offset of its open transaction", open(entry), open(known));
        compare("coordinator epoch", entry.coordinator_epoch.into(), known.coordinator_epoch.into());
        compare("last time", entry.timestamp.millis(), known.timestamp.millis());
    }
    (!differing.is_empty())
        .then(|| format!("as of offset {of}, producer {id} has {}", differing.join(", and ")))
}

/// Reads a snapshot; what is wrong with it is reported.
pub(super) async fn read_snapshot<R: ReadAt>(
    file: &DataFile,
    place: &Place,
    open: &[Rc<R>],
    findings: &mut Findings,
) -> Option<(Place, ProducerSnapshot)> {
    let place = place.beside(&file.path);
    let bytes = read_small(file, open, &place, findings).await?;
    match ProducerSnapshot::parse(&file.path, &bytes) {
        Ok(snapshot) => Some((place, snapshot)),
        Err(error) => {
            findings.push(place.finding(Check::SnapshotDamaged, error.cause).at(error.position_bytes));
            None
        }
    }
}
