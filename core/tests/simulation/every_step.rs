//! Failing at every step: the n-th commit, the n-th read, a tab's death at the n-th step, for each n until a run passes untouched.

use std::rc::Rc;

use tablog_core::broker::Acks;
use tablog_core::env::SimEnv;
use tablog_core::storage::StorageError;
use tablog_core::storage::faulty::CommitFault;

use super::client::Op;
use super::plan::{Settings, draw_plan};
use super::trace::Trace;
use super::{Simulation, explained};
use crate::common::millis;

/// For each tab, for each of its tasks, what it does.
type Plans = Vec<Vec<Vec<Op>>>;

fn produce(partition: i32, acks: Acks) -> Op {
    Op::Produce { topic: "a", partition, batches: 2, bytes: 10, acks }
}

fn send(acks: Acks) -> Op {
    Op::Send { topic: "a", records: 3, acks, partition: None }
}

fn look() -> Op {
    Op::Look { topic: "a", refresh: true, bytes_max: 300 }
}

/// What several tabs do, each with its tasks, and what to call it.
fn scenarios() -> Vec<(&'static str, Plans)> {
    let (create, delete) = (Op::Create { topic: "b", partitions: 2 }, Op::Delete { topic: "b" });
    let delete_records = |percent| Op::DeleteRecords { topic: "a", partition: 0, percent };
    let to_b = Op::Produce { topic: "b", partition: 1, batches: 1, bytes: 20, acks: Acks::Leader };
    let chance = SimEnv::new(4, millis(0));
    vec![
        (
            "one tab publishes with all kinds of acks",
            vec![vec![vec![produce(0, Acks::None), produce(0, Acks::Leader), look()], vec![send(Acks::All)]]],
        ),
        (
            "two tabs race for one partition",
            vec![
                vec![vec![produce(0, Acks::Leader), produce(0, Acks::All)]],
                vec![vec![produce(0, Acks::Leader), look(), produce(0, Acks::Leader)]],
            ],
        ),
        (
            "a topic is made, deleted and made again while another tab publishes to it",
            vec![
                vec![vec![create, to_b, delete, create]],
                vec![vec![create, to_b, to_b], vec![to_b, look()]],
            ],
        ),
        (
            "records are deleted while others are published and read",
            vec![
                vec![vec![produce(0, Acks::Leader), delete_records(50), delete_records(100)]],
                vec![vec![
                    produce(0, Acks::Leader),
                    look(),
                    Op::Replay { topic: "a" },
                    produce(0, Acks::Leader),
                ]],
            ],
        ),
        ("three tabs do something of everything", (0..3).map(|_| draw_plan(&chance, true)).collect()),
    ]
}

/// Runs a scenario with one thing going wrong, and returns how many commits, reads and steps it took.
fn run(
    name: &str,
    plans: &[Vec<Vec<Op>>],
    script: &str,
    settings: Settings,
    break_it: impl Fn(&Simulation),
) -> [u64; 3] {
    let trace = Trace::default();
    let run = || {
        let chance = Rc::new(SimEnv::new(7, millis(0)));
        let settings =
            Settings { plans: plans.to_vec(), buffer_memory: 2_000, is_scripted: true, ..settings };
        let mut simulation = Simulation::new(chance, settings, trace.clone());
        break_it(&simulation);
        simulation.run();
        let faulty = &simulation.world.disk.faulty;
        [faulty.commits(), faulty.reads(), u64::from(simulation.calm_from)]
    };
    let again = "cargo test -p tablog-core --test native simulation::every_step";
    explained(&trace, &format!("\"{name}\", {script},"), again, run)
}

fn lost() -> StorageError {
    StorageError::ConnectionLost("unplugged".to_owned())
}

#[test]
fn whichever_commit_fails_and_however_every_scenario_keeps_its_promises() {
    let hiccup = || StorageError::Other("hiccup".to_owned());
    let faults = [
        CommitFault::Before(lost()),
        CommitFault::Before(hiccup()),
        CommitFault::Before(StorageError::QuotaExceeded),
        CommitFault::After(lost()),
        CommitFault::After(hiccup()),
    ];
    for (name, plans) in scenarios() {
        for fault in &faults {
            let is_touched = |nth: u64| {
                let fail =
                    |simulation: &Simulation| simulation.world.disk.faulty.fail_commit(nth, fault.clone());
                let script = format!("commit {nth} fails with {fault:?}");
                run(name, &plans, &script, Settings::default(), fail)[0] >= nth
            };
            let tried = (1..).take_while(|nth| is_touched(*nth)).count();
            assert!(tried > 2, "\"{name}\" has but {tried} commits");
        }
    }
}

#[test]
fn whichever_read_fails_every_scenario_keeps_its_promises() {
    for (name, plans) in scenarios() {
        let is_touched = |nth: u64| {
            let fail = |simulation: &Simulation| simulation.world.disk.faulty.fail_read(nth, lost());
            let script = format!("read {nth} fails");
            run(name, &plans, &script, Settings::default(), fail)[1] >= nth
        };
        let tried = (1..).take_while(|nth| is_touched(*nth)).count();
        assert!(tried > 20, "\"{name}\" has but {tried} reads");
    }
}

#[test]
fn whenever_a_tab_dies_the_others_go_on_and_nothing_acknowledged_is_lost() {
    for (name, plans) in scenarios() {
        for tab in 0..plans.len() {
            let is_touched = |step: u32| {
                let settings = Settings { dies_at: Some((tab, step)), ..Settings::default() };
                let script = format!("tab {tab} dies at step {step}");
                run(name, &plans, &script, settings, |_| {})[2] >= u64::from(step)
            };
            let tried = (1..).take_while(|step| is_touched(*step)).count();
            assert!(tried > 30, "\"{name}\" has but {tried} steps");
        }
    }
}
