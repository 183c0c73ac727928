//! Counting: what each suite prints, and the sum of it all.

use std::fmt;

use serde_json::Value;

/// How many tests passed and failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    passed: u64,
    failed: u64,
    /// What did not run, by name: nothing is skipped silently.
    pub skipped: Vec<String>,
}

impl Totals {
    /// Counts one thing that passed or failed.
    pub fn of_one(passed: bool) -> Totals {
        Totals { passed: u64::from(passed), failed: u64::from(!passed), skipped: Vec::new() }
    }

    /// Counts one failure.
    pub fn one_failed() -> Totals {
        Totals::of_one(false)
    }

    /// Adds up.
    pub fn and(mut self, other: Totals) -> Totals {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped.extend(other.skipped);
        self
    }

    /// Tells whether something ran and nothing failed.
    pub fn all_passed(&self) -> bool {
        self.failed == 0 && self.passed > 0
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// Judges a suite by its totals and by how its command ended.
pub fn judged(totals: Option<Totals>, ended_well: bool) -> Totals {
    match totals {
        None => Totals::one_failed(),
        Some(totals) if totals.passed + totals.failed == 0 => totals.and(Totals::one_failed()),
        Some(totals) if !ended_well && totals.failed == 0 => totals.and(Totals::one_failed()),
        Some(totals) => totals,
    }
}

/// Reads what `cargo test` prints, for this machine and for wasm: a line of results for each of its binaries.
/// `None` if there is no such line.
pub fn of_cargo(printed: &str) -> Option<Totals> {
    let results: Vec<&str> =
        printed.lines().filter_map(|line| line.trim_start().strip_prefix("test result: ")).collect();
    if results.is_empty() {
        return None;
    }
    let count = |word: &str| results.iter().filter_map(|line| number_before(line, word)).sum();
    let skipped =
        printed.lines().filter_map(|line| Some(line.strip_prefix("test ")?.split_once(" ... ignored")?.0));
    Some(Totals {
        passed: count(" passed"),
        failed: count(" failed"),
        skipped: skipped.map(str::to_owned).collect(),
    })
}

fn number_before(line: &str, word: &str) -> Option<u64> {
    let before = &line[..line.find(word)?];
    before.rsplit(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// Reads the counts at the end of what `node --test` prints. `None` if they are not there.
pub fn of_node(printed: &str) -> Option<Totals> {
    let count = |name: &str| {
        let line = printed.lines().rev().find_map(|line| line.strip_prefix("# ")?.strip_prefix(name));
        line.and_then(|rest| rest.trim().parse::<u64>().ok())
    };
    let names_skipped = printed.lines().filter(|line| line.contains(" # SKIP") || line.contains(" # TODO"));
    let skipped = names_skipped.map(|line| line.trim().to_owned()).collect();
    Some(Totals { passed: count("pass")?, failed: count("fail")? + count("cancelled")?, skipped })
}

/// Reads Playwright's JSON report. `None` if it is none.
pub fn of_playwright(report: &str) -> Option<Totals> {
    let report: Value = serde_json::from_str(report).ok()?;
    let count = |name: &str| report["stats"][name].as_u64();
    let outside_tests = report["errors"].as_array().map_or(0, Vec::len) as u64;
    let mut skipped = Vec::new();
    names_of_skipped(&report["suites"], &mut skipped);
    // A test that passes only when tried again has failed once.
    let failed = count("unexpected")? + count("flaky")? + outside_tests;
    Some(Totals { passed: count("expected")?, failed, skipped })
}

fn names_of_skipped(suites: &Value, names: &mut Vec<String>) {
    for suite in suites.as_array().into_iter().flatten() {
        for spec in suite["specs"].as_array().into_iter().flatten() {
            let skipped =
                spec["tests"].as_array().into_iter().flatten().any(|test| test["status"] == "skipped");
            if skipped {
                names.push(format!(
                    "{} ({})",
                    spec["title"].as_str().unwrap_or("?"),
                    spec["file"].as_str().unwrap_or("?")
                ));
            }
        }
        names_of_skipped(&suite["suites"], names);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(passed: u64, failed: u64) -> Totals {
        Totals { passed, failed, skipped: Vec::new() }
    }

    #[test]
    fn cargos_binaries_are_added_up() {
        let printed = "running 2 tests\n..\n\
            test result: ok. 33 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s\n\n\
            test result: FAILED. 5 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s\n";
        assert_eq!(of_cargo(printed), Some(totals(38, 2)));
        assert_eq!(of_cargo("error: could not compile `tablog-core`"), None);
    }

    #[test]
    fn what_cargo_ignores_is_told() {
        let printed = "test slow_one ... ignored, takes an hour\ntest fast_one ... ok\n\
            test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s\n";
        assert_eq!(of_cargo(printed).unwrap().skipped, vec!["slow_one"]);
    }

    #[test]
    fn nodes_counts_are_read_from_the_end() {
        let printed = "ok 1 - a # SKIP no reason\n# tests 9\n# suites 0\n# pass 7\n# fail 1\n# cancelled 1\n# skipped 1\n";
        let read = of_node(printed).unwrap();
        assert_eq!((read.passed, read.failed, read.skipped.len()), (7, 2, 1));
        assert_eq!(of_node("Could not find 'tests/samples/'"), None);
    }

    #[test]
    fn playwrights_flaky_tests_and_stray_errors_are_failures() {
        let report = r#"{"errors":[{"message":"x"}],"stats":{"expected":10,"unexpected":1,"flaky":2,"skipped":1},
            "suites":[{"specs":[],"suites":[{"specs":[{"title":"later","file":"a.spec.mjs","tests":[{"status":"skipped"}]}]}]}]}"#;
        let read = of_playwright(report).unwrap();
        assert_eq!((read.passed, read.failed), (10, 4));
        assert_eq!(read.skipped, vec!["later (a.spec.mjs)"]);
        assert_eq!(of_playwright("no report"), None);
    }

    #[test]
    fn a_suite_without_a_result_or_with_a_bad_end_has_failed() {
        assert_eq!(judged(None, true), totals(0, 1));
        assert_eq!(judged(Some(totals(0, 0)), true), totals(0, 1));
        assert_eq!(judged(Some(totals(5, 0)), false), totals(5, 1));
        assert_eq!(judged(Some(totals(5, 2)), false), totals(5, 2));
        assert_eq!(judged(Some(totals(5, 0)), true), totals(5, 0));
    }

    #[test]
    fn the_line_of_totals_says_passed_and_failed() {
        assert_eq!(totals(5, 2).and(totals(3, 0)).to_string(), "8 passed, 2 failed");
        assert!(!totals(0, 0).all_passed(), "nothing ran");
    }
}
