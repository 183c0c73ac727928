//! The steps of the tests, two lanes at a time: one compiles for this machine, the other for the browser.
//!
//! Each lane has a target folder of its own, and the crates that are compiled alone, page and engine above all, leave half of a
//! small machine idle. Where a person's browser is timed, nothing else runs.
//!
//! ```text
//! native   check ─► native ─► interop ─────────► crash ─┐
//! wasm     check ─► wasm ─► harness ─┴─► build ─────────┴─► e2e
//! ```

use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use crate::build;
use crate::check::{self, Half};
use crate::crash;
use crate::ground::Ground;
use crate::harness::{self, Profile};
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
    Harness,
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
            Step::CheckNative | Step::Native | Step::Interop | Step::Crash => Lane::Native,
            Step::CheckWasm | Step::Wasm | Step::Harness | Step::Build => Lane::Wasm,
            Step::E2e => Lane::Last,
        }
    }

    fn needs(self) -> &'static [Need] {
        match self {
            Step::CheckNative | Step::CheckWasm => &[Need::Lints],
            Step::Native => &[Need::Node],
            Step::Interop => &[Need::Kafka],
            Step::Wasm => &[Need::WasmTests, Need::Browser],
            Step::Harness => &[Need::WasmTests],
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
            Step::Harness => harness::build(ground, tools, Profile::Dev).map(|_| Totals::of_one(true)),
            Step::Build => build::run(ground, tools).map(|_| Totals::of_one(true)),
            Step::E2e => e2e::run(ground, tools, &build::folder(ground)),
            Step::Crash => crash::test(ground, tools),
        }
    }
}

/// Runs the steps, each lane in the order in which they are given.
pub fn run(ground: &Ground, steps: &[Step]) -> Totals {
    let failed = Mutex::new(Vec::new());
    let steps_of = &|lane: Lane| steps.iter().copied().filter(move |step| step.lane() == lane);
    let run_one = &|step: Step| run_step(ground, step, &failed);
    let (native, wasm) = thread::scope(|scope| {
        let (built, is_built) = mpsc::channel();
        let wasm = scope.spawn(move || {
            let run_and_tell = |step: Step| {
                let totals = run_one(step);
                if step == Step::Harness {
                    // Nobody waits for it when the crash tests are not wanted.
                    built.send(()).ok();
                }
                totals
            };
            steps_of(Lane::Wasm).map(run_and_tell).fold(Totals::default(), Totals::and)
        });
        let run_when_ready = |step: Step| {
            if step == Step::Crash {
                // Fails when the other lane has ended, and then the harness is there or will never be.
                is_built.recv().ok();
            }
            run_one(step)
        };
        let native = steps_of(Lane::Native).map(run_when_ready).fold(Totals::default(), Totals::and);
        (native, wasm.join().unwrap_or_else(|_| Totals::one_failed()))
    });
    let last = steps_of(Lane::Last).map(run_one).fold(Totals::default(), Totals::and);
    native.and(wasm).and(last)
}

fn run_step(ground: &Ground, step: Step, failed: &Mutex<Vec<Step>>) -> Totals {
    let lock = || failed.lock().unwrap_or_else(PoisonError::into_inner);
    let failed_before = |step: Step| lock().contains(&step);
    let result = match step {
        Step::E2e if failed_before(Step::Build) => {
            Err(Failure::new("there is no release to test in the browser"))
        }
        Step::Crash if failed_before(Step::Harness) => {
            Err(Failure::new("there is no harness to crash a browser with"))
        }
        _ => bring(ground, step).and_then(|tools| step.run(ground, &tools)),
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
    fn every_part_has_steps_and_what_a_person_would_see_comes_last_and_alone() {
        let steps: Vec<Step> = Part::ALL.iter().flat_map(|part| part.steps()).copied().collect();
        assert_eq!(steps.len(), 9);
        let of = |lane: Lane| steps.iter().copied().filter(|step| step.lane() == lane).collect::<Vec<_>>();
        assert_eq!(of(Lane::Native), [Step::CheckNative, Step::Native, Step::Interop, Step::Crash]);
        // The crash tests wait for the harness, and the build takes longest.
        assert_eq!(of(Lane::Wasm), [Step::CheckWasm, Step::Wasm, Step::Harness, Step::Build]);
        assert_eq!(of(Lane::Last), [Step::E2e]);
    }
}
