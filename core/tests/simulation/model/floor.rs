//! What whoever looks again must see.

use std::collections::BTreeMap;

use super::Model;

/// What was there when somebody began to look.
#[derive(Default)]
pub struct Floor {
    pub logs: BTreeMap<(u128, i32), (i64, i64)>,
    pub deleted: Vec<u128>,
}

impl Model {
    /// Notes what is there: who looks from now on must see as much.
    pub fn floor(&self) -> Floor {
        let mut floor = Floor::default();
        for (id, topic) in &self.topics {
            if topic.deleted_at.is_some() {
                floor.deleted.push(*id);
            }
            for (p, partition) in (0..).zip(&topic.partitions) {
                floor.logs.insert((*id, p), (partition.start, partition.end()));
            }
        }
        floor
    }
}
