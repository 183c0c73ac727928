//! The steps of the tests, two lanes at a time: one compiles for this machine, the other for the browser.
//!
//! Each lane has a target folder of its own, and the crates that are compiled alone, page and engine above all, leave half of a
//! small machine idle. Where a person's browser is timed, nothing else runs.
//!
//! ```text
//! native   check ─► native ─► interop ─┐
//! wasm     check ─► wasm ─► build ─────┴─► e2e ─► crash
//! ```

use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::build;
use crate::check::{self, Half};
use crate::crash;
use crate::ground::Ground;
use crate::setup::{Need, Tools};
use crate::shell::{Failure, Result, say};
use crate::test::totals::Totals;
use crate::test::{e2e, run_interop, run_native, run_node, wasm};

/// One thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    CheckNative,
    Native,
    Interop,
    CheckWasm,
    Wasm,
    Build,
    E2e,
    Crash,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lane {
    Native,
    Wasm,
    /// After both, alone.
    Last,
}

impl Step {
    fn lane(self) -> Lane {
        match self {
            Step::CheckNative | Step::Native | Step::Interop => Lane::Native,
            Step::CheckWasm | Step::Wasm | Step::Build => Lane::Wasm,
            Step::E2e | Step::Crash => Lane::Last,
        }
    }

    fn needs(self) -> &'static [Need] {
        match self {
            Step::CheckNative | Step::CheckWasm => &[Need::Lints],
            Step::Native => &[Need::Node],
            Step::Interop => &[Need::Kafka],
            Step::Wasm => &[Need::WasmTests, Need::Browser],
            Step::Build => &[Need::Trunk],
            Step::E2e => &[Need::Browser, Need::E2ePackages, Need::Kafka],
            Step::Crash => crash::NEEDS,
        }
    }

    fn run(self, ground: &Ground, tools: &Tools) -> Result<Totals> {
        match self {
            Step::CheckNative => run_checks(ground, tools, Half::Native),
            Step::CheckWasm => run_checks(ground, tools, Half::Wasm),
            Step::Native => Ok(run_native(ground, tools)?.and(run_node(ground)?)),
            Step::Interop => run_interop(ground, tools),
            Step::Wasm => wasm::run(ground, tools),
            Step::Build => build::run(ground, tools).map(|_| Totals::of_one(true)),
            Step::E2e => e2e::run(ground, tools, &build::folder(ground)),
            Step::Crash => crash::test(ground, tools),
        }
    }
}

/// Runs the steps, each lane in the order in which they are given.
pub fn run(ground: &Ground, steps: &[Step]) -> Totals {
    let failed = Mutex::new(Vec::new());
    let run_lane = |lane: Lane| {
        let steps = steps.iter().copied().filter(|step| step.lane() == lane);
        steps.map(|step| run_step(ground, step, &failed)).fold(Totals::default(), Totals::and)
    };
    let (native, wasm) = thread::scope(|scope| {
        let wasm = scope.spawn(|| run_lane(Lane::Wasm));
        (run_lane(Lane::Native), wasm.join().unwrap_or_else(|_| Totals::one_failed()))
    });
    native.and(wasm).and(run_lane(Lane::Last))
}

fn run_step(ground: &Ground, step: Step, failed: &Mutex<Vec<Step>>) -> Totals {
    let lock = || failed.lock().unwrap_or_else(PoisonError::into_inner);
    let result = if step == Step::E2e && lock().contains(&Step::Build) {
        Err(Failure::new("there is no release to test in the browser"))
    } else {
        bring(ground, step).and_then(|tools| step.run(ground, &tools))
    };
    let totals = result.unwrap_or_else(|failure| {
        say(format_args!("failed: {failure}"));
        Totals::one_failed()
    });
    if !totals.all_passed() {
        lock().push(step);
    }
    totals
}

/// Brings what a step needs: one after the other, as two cannot install the same thing at once.
fn bring(ground: &Ground, step: Step) -> Result<Tools> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    Tools::bring(ground, step.needs())
}

fn run_checks(ground: &Ground, tools: &Tools, half: Half) -> Result<Totals> {
    Ok(check::run_half(ground, tools, half)?
        .iter()
        .map(|check| Totals::of_one(check.passed))
        .fold(Totals::default(), Totals::and))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::Part;

    #[test]
    fn every_part_has_steps_and_the_browsers_own_come_last_and_alone() {
        let parts = [Part::ALL, &[Part::Crash]].concat();
        let steps: Vec<Step> = parts.iter().flat_map(|part| part.steps()).copied().collect();
        assert_eq!(steps.len(), 8);
        let last: Vec<&Step> = steps.iter().filter(|step| step.lane() == Lane::Last).collect();
        assert_eq!(last, [&Step::E2e, &Step::Crash]);
        let place = |step: Step| steps.iter().position(|it| *it == step).unwrap();
        assert!(place(Step::CheckWasm) < place(Step::Wasm) && place(Step::Wasm) < place(Step::Build));
    }
}
