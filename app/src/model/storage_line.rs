//! The words on how much room records take, and how safe they are there.

use tablog_core::limits::BALLAST_BYTES;

use super::format::bytes;
use crate::engine::protocol::{StorageMode, StorageStatus};

/// Returns the room used, and the room there is: `131.0 MB of 40.0 GB`.
pub fn room(status: &StorageStatus) -> String {
    match status.quota_bytes {
        Some(quota) => format!("{} of {}", bytes(status.used_bytes), bytes(quota)),
        None => bytes(status.used_bytes),
    }
}

/// Returns the word for how safe records are.
pub const fn mode(mode: StorageMode) -> &'static str {
    match mode {
        StorageMode::Persisted => "persisted",
        StorageMode::BestEffort => "best-effort",
        StorageMode::Ephemeral => "ephemeral",
    }
}

/// Says what the word means.
pub const fn meaning(mode: StorageMode) -> &'static str {
    match mode {
        StorageMode::Persisted => "The browser promised to keep the records until you delete them",
        StorageMode::BestEffort => "The browser may delete the records when the disk runs full",
        StorageMode::Ephemeral => "The browser stores nothing here: the records go with this tab",
    }
}

/// Says what is used beside records, where anything is stored: the ballast.
pub fn kept_aside(mode: StorageMode) -> Option<String> {
    let ballast = bytes(BALLAST_BYTES as u64);
    let sentence = format!("Up to {ballast} of what is used, so that records can be deleted on a full disk");
    (mode != StorageMode::Ephemeral).then_some(sentence)
}

/// Returns how much of the room is used, from 0 to 1.
#[allow(clippy::cast_precision_loss, reason = "a bar is at most some thousand pixels long")]
pub fn fraction(status: &StorageStatus) -> Option<f64> {
    let quota = status.quota_bytes.filter(|quota| *quota > 0)?;
    Some((status.used_bytes as f64 / quota as f64).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(used_bytes: u64, quota_bytes: Option<u64>) -> StorageStatus {
        StorageStatus { mode: StorageMode::BestEffort, used_bytes, quota_bytes, note: None }
    }

    #[test]
    fn the_room_is_told_with_what_there_is_of_it_when_that_is_known() {
        assert_eq!(room(&status(0, Some(42_949_672_960))), "0 B of 40.0 GB");
        assert_eq!(room(&status(1_024, None)), "1.0 kB");
    }

    #[test]
    fn ballast_is_told_where_anything_is_stored() {
        let told = "Up to 8.0 MB of what is used, so that records can be deleted on a full disk";
        assert_eq!(kept_aside(StorageMode::BestEffort).as_deref(), Some(told));
        assert_eq!(kept_aside(StorageMode::Persisted).as_deref(), Some(told));
        assert_eq!(kept_aside(StorageMode::Ephemeral), None);
    }

    #[test]
    fn a_quota_that_shrank_below_what_is_used_fills_the_bar_and_no_more() {
        assert_eq!(fraction(&status(10, Some(4))), Some(1.0));
        assert_eq!(fraction(&status(10, Some(0))), None);
        assert_eq!(fraction(&status(1, Some(4))), Some(0.25));
    }
}
