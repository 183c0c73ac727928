//! What is tried: how many tabs do what, and what befalls them, all of it from a seed.

use tablog_core::broker::Acks;
use tablog_core::env::{Env, SimEnv};

use super::client::Op;
use super::disk::FaultRates;

pub const TOPICS: [&str; 2] = ["a", "b"];

/// Partitions of the topic that is there at the beginning, and of all that are made later.
pub const PARTITIONS: i32 = 2;

/// One run: what the tabs do at first, and what may befall them.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// For each tab, for each of its tasks, what it does.
    pub plans: Vec<Vec<Vec<Op>>>,
    pub buffer_memory: usize,
    pub rates: FaultRates,
    /// Tabs die, and open anew.
    pub deaths: bool,
    /// Single calls are given up where they stand.
    pub drops: bool,
    pub freezes: bool,
    pub clock_jumps: bool,
    pub full_disks: bool,
    pub lost_connections: bool,
    /// Turns that storage takes for a commit and a read.
    pub delays: (u32, u32),
    /// Whether something else is to go wrong, which whoever runs this says.
    pub is_scripted: bool,
    /// The tab that dies at this step.
    pub dies_at: Option<(usize, u32)>,
}

pub fn below(chance: &SimEnv, end: u64) -> u64 {
    chance.random() % end
}

impl Settings {
    /// Draws a run. One in four is peaceful: nothing fails, so that nothing may be lost.
    pub fn draw(chance: &SimEnv) -> Self {
        let one_in = |n: u64| below(chance, n) == 0;
        let tabs = 1 + below(chance, 4);
        let deletes = !one_in(3);
        let plans = (0..tabs).map(|_| draw_plan(chance, deletes)).collect();
        let buffer_memory = 200 + below(chance, 3_000) as usize;
        let delays = (below(chance, 4) as u32, below(chance, 4) as u32);
        let settings = Self { plans, buffer_memory, delays, ..Self::default() };
        if one_in(4) {
            return Self { freezes: one_in(2), clock_jumps: one_in(2), ..settings };
        }
        let rate = |n: u64| if one_in(2) { below(chance, n) } else { 0 };
        Self {
            rates: FaultRates { before: rate(120), after: rate(120), reads: rate(40) },
            deaths: one_in(2),
            drops: one_in(2),
            freezes: one_in(2),
            clock_jumps: one_in(2),
            full_disks: one_in(4),
            lost_connections: one_in(3),
            ..settings
        }
    }

    /// Tells whether whatever was taken in must be stored in the end.
    pub fn is_peaceful(&self) -> bool {
        let rates = self.rates.before + self.rates.after + self.rates.reads;
        let mut ops = self.plans.iter().flatten().flatten();
        rates == 0
            && self.dies_at.is_none()
            && !self.is_scripted
            && ![self.deaths, self.drops, self.full_disks, self.lost_connections].contains(&true)
            && !ops.any(|op| matches!(op, Op::Delete { .. }))
    }

    pub fn may_fail(&self) -> bool {
        let rates = self.rates.before + self.rates.after + self.rates.reads;
        rates > 0 || self.full_disks || self.lost_connections || self.is_scripted
    }
}

/// Draws what a tab does: up to three tasks with a few things each.
pub fn draw_plan(chance: &SimEnv, deletes: bool) -> Vec<Vec<Op>> {
    let tasks = 1 + below(chance, 3);
    (0..tasks)
        .map(|_| {
            let ops = 2 + below(chance, 4);
            (0..ops).map(|_| draw_op(chance, deletes)).collect()
        })
        .collect()
}

fn draw_op(chance: &SimEnv, deletes: bool) -> Op {
    let below = |end: u64| below(chance, end);
    let topic = TOPICS[usize::from(below(4) == 0)];
    let partition = below(PARTITIONS as u64) as i32;
    let acks = [Acks::None, Acks::Leader, Acks::Leader, Acks::All][below(4) as usize];
    match below(24) {
        0..=6 => {
            let bytes = if below(60) == 0 { 150_000 } else { below(60) as usize };
            let batches = 1 + below(3) as usize;
            Op::Produce { topic, partition, batches, bytes, acks }
        }
        7..=11 => {
            let records = 1 + below(5) as usize;
            let partition = (below(2) == 0).then_some(partition);
            Op::Send { topic, records, acks, partition }
        }
        12..=15 => {
            let bytes_max = [1, 300, 1 << 20][below(3) as usize];
            Op::Look { topic, refresh: below(2) == 0, bytes_max }
        }
        16..=17 => Op::Replay { topic },
        18..=19 => {
            let percent = [30, 70, 100, 100, 130][below(5) as usize];
            Op::DeleteRecords { topic, partition, percent }
        }
        20 => Op::Alter { topic, log_append_time: below(2) == 0 },
        21 => Op::Flush,
        22 => Op::Create { topic, partitions: PARTITIONS },
        _ if deletes => Op::Delete { topic },
        _ => Op::Create { topic, partitions: PARTITIONS },
    }
}
