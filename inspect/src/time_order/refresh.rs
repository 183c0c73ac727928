//! Looking again where partitions begin and end: what is laid out anew, and which rows that leaves as they were.

use std::rc::Rc;

use tablog_core::ids::PartitionId;
use tablog_core::sorting::sort_each_once;
use tablog_core::source::{Bounds, Source, SourceError, Zone};

use super::TimeOrder;
use super::zones::{PartitionZones, Snapshot};

/// What a refresh found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refreshed {
    /// Rows before.
    pub rows_before: u64,
    /// Rows now.
    pub rows: u64,
    /// All rows before this one are what they were; rows from here on may be new or may have moved.
    pub first_changed_row: u64,
}

impl<S: Source> TimeOrder<S> {
    /// Chooses other partitions, or all with `None`. What was read stays in memory.
    ///
    /// # Errors
    /// As [`TimeOrder::open`]; the old choice then stands.
    pub async fn choose(&self, partitions: Option<&[PartitionId]>) -> Result<Refreshed, SourceError> {
        let before = self.chosen.replace(partitions.map(chosen));
        let refreshed = self.refresh().await;
        match refreshed {
            Ok(refreshed) => Ok(Refreshed { first_changed_row: 0, ..refreshed }),
            Err(error) => {
                self.chosen.replace(before);
                Err(error)
            }
        }
    }

    /// Looks again where the partitions begin and end. What was read stays in memory.
    ///
    /// # Errors
    /// What the source reports; the old snapshot then stands.
    pub async fn refresh(&self) -> Result<Refreshed, SourceError> {
        let (begun, landed) = self.refreshes.get();
        let turn = begun + 1;
        self.refreshes.set((turn, landed));
        let chosen = self.chosen.borrow().clone();
        let ids = match chosen {
            Some(chosen) => chosen.to_vec(),
            None => (0..self.source.partitions()).map(PartitionId::new).collect(),
        };
        let new = self.look(&ids).await?;
        let (begun, landed) = self.refreshes.get();
        let old = self.snapshot();
        if landed > turn || new.is_same(&old) {
            // Nothing is new, or one that began later was quicker, knew more, and told it.
            return Ok(Refreshed { rows_before: old.rows, rows: old.rows, first_changed_row: old.rows });
        }
        self.refreshes.set((begun, turn));
        let new = Rc::new(new);
        self.snapshot.replace(new.clone());
        let first_changed_row = new.first_change_since(&old);
        self.cuts.borrow_mut().retain(|cut| cut.row > 0 && cut.row <= first_changed_row);
        Ok(Refreshed { rows_before: old.rows, rows: new.rows, first_changed_row })
    }

    /// Makes a snapshot out of the last one and what changed since.
    async fn look(&self, ids: &[PartitionId]) -> Result<Snapshot, SourceError> {
        let last = self.snapshot();
        let known: Vec<(PartitionId, Option<Bounds>)> =
            ids.iter().map(|id| (*id, last.partition(*id).map(|partition| partition.bounds))).collect();
        let layouts = self.source.layout(&known).await?;
        assert_eq!(layouts.len(), known.len(), "a source lays out each partition");
        let mut partitions = Vec::with_capacity(ids.len());
        for (id, layout) in ids.iter().zip(layouts) {
            partitions.push(match (layout.zones, last.partition(*id)) {
                (None, Some(known)) => Rc::clone(known),
                (zones, _) => Rc::new(self.lay_out(*id, layout.bounds, zones.unwrap_or_default()).await?),
            });
        }
        Ok(Snapshot::new(partitions))
    }

    async fn lay_out(
        &self,
        id: PartitionId,
        bounds: Bounds,
        mut zones: Vec<Zone>,
    ) -> Result<PartitionZones, SourceError> {
        zones.retain(|zone| zone.last_offset >= bounds.log_start_offset);
        if let Some(first) = zones.first_mut()
            && first.base_offset < bounds.log_start_offset
        {
            // Records were deleted up to the middle of this zone: how many are left, only the records tell.
            first.base_offset = bounds.log_start_offset;
            self.clip(id, first).await?;
        }
        Ok(PartitionZones::new(id, bounds, zones, self.records_joined_max))
    }
}

/// Sorts the chosen partitions, each once.
pub(super) fn chosen(partitions: &[PartitionId]) -> Rc<[PartitionId]> {
    sort_each_once(partitions.to_vec()).into()
}
