//! A look at a batch's records.

use crate::ids::Timestamp;
use crate::record::compression::CompressionError;
use crate::record::{BatchError, ControlRecordType, RecordBatch};
use crate::segment::producers::Marker;

/// What the records tell.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// How the batch ends a transaction, if it does.
    pub(super) marker: Option<Marker>,
    /// What the control records say that the batch holds, if it holds any.
    pub(super) control: Controls,
    /// Whether records are missing that the batch was made with, as compaction leaves it.
    pub(super) is_thinned: bool,
    /// The largest timestamp.
    pub(super) max_timestamp: Option<Timestamp>,
    /// What is wrong with the records.
    pub(super) damage: Option<String>,
    /// Why the records could not be looked at, though nothing need be wrong with them.
    pub(super) not_read: Option<String>,
}

/// A batch's control records, as far as a snapshot's ends are concerned.
#[derive(Debug, Default)]
pub(super) struct Controls {
    pub(super) first: Option<ControlRecordType>,
    pub(super) last: Option<ControlRecordType>,
    /// Records that say that a snapshot begins, or that it ends.
    pub(super) headers: u64,
    pub(super) footers: u64,
}

impl Controls {
    fn take(&mut self, control: ControlRecordType) {
        self.first = self.first.or(Some(control));
        self.last = Some(control);
        let count = |counter: &mut u64, yes: bool| *counter = counter.saturating_add(yes.into());
        count(&mut self.headers, control == ControlRecordType::SnapshotHeader);
        count(&mut self.footers, control == ControlRecordType::SnapshotFooter);
    }
}

/// Walks a batch's records to the end, or to what is wrong.
pub(super) fn look(batch: &RecordBatch) -> Looked {
    let header = batch.header();
    let dense = i64::from(header.last_offset_delta).saturating_add(1);
    let mut looked = Looked { is_thinned: i64::from(header.record_count) < dense, ..Looked::default() };
    let open = match batch.open() {
        Ok(open) => open,
        Err(BatchError::Compression { base_offset, cause }) => {
            let what = format!("the batch at offset {base_offset}: {cause}");
            match cause {
                CompressionError::Unknown { .. } | CompressionError::TooLarge { .. } => {
                    looked.not_read = Some(what)
                }
                _ => looked.damage = Some(what),
            }
            return looked;
        }
        Err(error) => {
            looked.damage = Some(error.to_string());
            return looked;
        }
    };
    for view in open.views() {
        match view {
            Ok(view) => {
                looked.max_timestamp = looked.max_timestamp.max(Some(view.timestamp));
                if header.is_control() {
                    looked.control.take(ControlRecordType::parse(view.key));
                    looked.marker = looked.marker.or(Marker::parse(view.key, view.value, view.timestamp));
                }
            }
            Err(error) => {
                looked.damage = Some(error.to_string());
                // What was walked so far is not all: nothing is said of the largest time.
                looked.max_timestamp = None;
                break;
            }
        }
    }
    looked
}
