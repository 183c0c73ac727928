//! The whole log on a scheduler that a seed decides: several tabs publish, look, make and delete on one store, which fails, while
//! tabs die, freeze and lose their connection, and clocks jump. After every step the invariants of `model.rs` hold.
//!
//! `TABLOG_SEED=N` runs seed N alone, and shows its last steps when it fails; `TABLOG_LONG=1` runs fifty times as many seeds.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "the numbers are small"
)]

mod client;
mod disk;
mod every_step;
mod executor;
mod model;
mod plan;
mod reader;
mod trace;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::thread;

use crate::common::millis;
use plan::Settings;
use tablog_core::env::SimEnv;
use trace::Trace;
use world::Simulation;

/// How many seeds every run of the tests tries, and how many a long one.
const SEEDS: u64 = 2_000;
const SEEDS_LONG: u64 = 100_000;

/// Seeds that found something once, in a long run: what a change of a topic's config leaves while its client reckons with a log's end
/// was taken for the trace of a lost append, and the topic went on as another one.
/// With what was known from before, less was deleted than all. And who changed a topic, and lost the answer, took another client's same
/// change for its own, with where the logs had ended for it.
const SEEDS_THAT_FAILED: [u64; 4] = [2_876, 32_517, 69_484, 36_236];

/// How much of a failed run is shown.
const EVENTS_SHOWN: usize = 120;

/// Runs something, and tells what happened last and how to run it again when it fails.
fn explained<T>(trace: &Trace, what: &str, again: &str, run: impl FnOnce() -> T) -> T {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(done) => done,
        Err(cause) => {
            println!("{what} failed at step {}. Its last steps:\n{}", trace.step(), trace.text(EVENTS_SHOWN));
            println!("Again: {again}");
            resume_unwind(cause);
        }
    }
}

/// Runs one seed to its end.
fn run_seed(seed: u64) -> Trace {
    let trace = Trace::default();
    let again = format!("TABLOG_SEED={seed} cargo test -p tablog-core --test native simulation::whatever");
    explained(&trace, &format!("seed {seed}"), &again, || {
        let chance = Rc::new(SimEnv::new(seed, millis(0)));
        let settings = Settings::draw(&chance);
        trace.tell(trace::What::Fate(format!("{settings:?}")));
        Simulation::new(chance, settings, trace.clone()).run();
    });
    trace
}

fn given_seed() -> Option<u64> {
    let seed = std::env::var("TABLOG_SEED").ok()?;
    Some(seed.parse().unwrap_or_else(|_| panic!("TABLOG_SEED is no number: {seed}")))
}

#[test]
fn whatever_befalls_the_tabs_acknowledged_records_are_there_once_and_in_order() {
    if let Some(seed) = given_seed() {
        drop(run_seed(seed));
        return;
    }
    let is_long = std::env::var("TABLOG_LONG").is_ok_and(|value| value == "1");
    let seeds = if is_long { SEEDS_LONG } else { SEEDS };
    let lanes = thread::available_parallelism().map_or(1, |lanes| lanes.get() as u64);
    thread::scope(|scope| {
        for lane in 0..lanes {
            scope.spawn(move || {
                let seeds = (0..seeds).chain(SEEDS_THAT_FAILED.into_iter().filter(|seed| *seed >= seeds));
                seeds.skip(lane as usize).step_by(lanes as usize).for_each(|seed| drop(run_seed(seed)))
            });
        }
    });
}

#[test]
fn a_seed_that_is_run_twice_gives_the_same_trace() {
    for seed in 0..40 {
        let (first, second) = (run_seed(seed), run_seed(seed));
        assert_eq!(first.text(usize::MAX), second.text(usize::MAX), "seed {seed}");
        assert_eq!(first.hash(), second.hash());
    }
    assert_ne!(run_seed(1).hash(), run_seed(2).hash());
}
