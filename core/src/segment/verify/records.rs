//! A look at a batch's records.

use crate::ids::Timestamp;
use crate::record::compression::CompressionError;
use crate::record::{BatchError, RecordBatch};
use crate::segment::producers::Marker;

/// What the records tell.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// How the batch ends a transaction, if it does.
    pub(super) marker: Option<Marker>,
    /// Whether records are missing that the batch was made with, as compaction leaves it.
    pub(super) is_thinned: bool,
    /// The largest timestamp.
    pub(super) max_timestamp: Option<Timestamp>,
    /// What is wrong with the records.
    pub(super) damage: Option<String>,
    /// Why the records could not be looked at, though nothing need be wrong with them.
    pub(super) not_read: Option<String>,
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
