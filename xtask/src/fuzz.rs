//! `cargo xtask fuzz`: the fuzz targets under libFuzzer, as long as one likes.

use std::path::Path;
use std::process::Command;

use crate::ground::Ground;
use crate::setup::{Need, Tools};
use crate::shell::{self, Context, Failure, Result, say};

/// The workspace of the targets' doors.
const DOORS: &str = "fuzz/libfuzzer";
/// How long a target runs, unless another time is asked for.
const SECONDS_DEFAULT: u32 = 60;
/// Longer than any input of this size may take, on a slow machine.
const INPUT_SECONDS_MAX: u32 = 20;
/// Twice what the largest batch may take unpacked, and room for libFuzzer.
const MEMORY_MB_MAX: u32 = 1024;
/// As `SEED_BYTES_MAX` in `fuzz/src/seeds.rs`: more makes each run slow.
const INPUT_BYTES_MAX: u32 = 8 * 1024;

/// What is to be run, and how long.
#[derive(Debug, PartialEq, Eq)]
struct Wish {
    target: Option<String>,
    seconds: u32,
}

impl Wish {
    fn parse(words: &[&str]) -> Result<Wish> {
        let (target, rest) = match words {
            [first, rest @ ..] if !first.starts_with('-') => (Some((*first).to_owned()), rest),
            rest => (None, rest),
        };
        let seconds = match rest {
            [] => SECONDS_DEFAULT,
            ["--seconds", seconds] => {
                let seconds: u32 =
                    seconds.parse().context(format_args!("`{seconds}` is no number of seconds"))?;
                // Of libFuzzer's own, 0 means without end.
                seconds.max(1)
            }
            _ => return Err(Failure::new("usage: cargo xtask fuzz [target] [--seconds N]")),
        };
        Ok(Wish { target, seconds })
    }
}

/// Runs one target, or each in turn. What is found is written to `fuzz/findings`, where the tests take it up, and the command
/// fails at its end.
pub fn run(ground: &Ground, words: &[&str]) -> Result<()> {
    let wish = Wish::parse(words)?;
    let all = targets(&ground.root)?;
    let chosen: Vec<&String> =
        all.iter().filter(|name| wish.target.as_ref().is_none_or(|target| target == *name)).collect();
    if chosen.is_empty() {
        return Err(Failure::new(format!("there is no such target; there are {}", all.join(", "))));
    }
    let tools = Tools::bring(ground, &[Need::Fuzz])?;
    say("building the targets");
    shell::run(cargo_fuzz(ground, &tools, "build")?.args(wish.target.iter()))?;
    let mut failed = Vec::new();
    for name in chosen {
        say(format_args!("{name}: {} s", wish.seconds));
        if let Err(failure) = run_one(ground, &tools, name, wish.seconds) {
            say(format_args!("{name}: {failure}"));
            failed.push(name.as_str());
        }
    }
    match failed.as_slice() {
        [] => Ok(()),
        failed => Err(Failure::new(format!(
            "did not end well: {}. Bytes that were found are in fuzz/findings, and `cargo test -p tablog-fuzz` runs them",
            failed.join(", ")
        ))),
    }
}

/// Lists the targets: one file each.
fn targets(root: &Path) -> Result<Vec<String>> {
    let files = shell::list(&root.join(DOORS).join("fuzz_targets"))?;
    Ok(files.iter().filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned())).collect())
}

fn cargo_fuzz(ground: &Ground, tools: &Tools, what: &str) -> Result<Command> {
    let mut command = tools.command_with_tools("cargo")?;
    // Coverage alone works on stable; the code has no unsafe block for a sanitizer to watch.
    command
        .current_dir(&ground.root)
        .args(["fuzz", what, "--sanitizer", "none", "--fuzz-dir", DOORS, "--target-dir"])
        .arg(ground.target.join("fuzz"));
    Ok(command)
}

fn run_one(ground: &Ground, tools: &Tools, name: &str, seconds: u32) -> Result<()> {
    let place = ground.target.join("fuzz").join("work").join(name);
    let (corpus, seeds) = (place.join("corpus"), place.join("seeds"));
    let findings = ground.root.join("fuzz/findings").join(name);
    shell::make_folder(&corpus)?;
    shell::make_folder(&findings)?;
    let mut write_seeds = tools.cargo(ground);
    write_seeds.args(["run", "--quiet", "--package", "tablog-fuzz", "--example", "write_seeds", "--", name]);
    shell::run(write_seeds.arg(&seeds))?;
    let mut fuzz = cargo_fuzz(ground, tools, "run")?;
    fuzz.arg(name).arg(&corpus).arg(&seeds).arg("--").args([
        format!("-max_total_time={seconds}"),
        format!("-timeout={INPUT_SECONDS_MAX}"),
        format!("-rss_limit_mb={MEMORY_MB_MAX}"),
        format!("-max_len={INPUT_BYTES_MAX}"),
        format!("-artifact_prefix={}/", findings.display()),
        "-print_final_stats=1".to_owned(),
    ]);
    let log = ground.log(&format!("fuzz-{name}"))?;
    let (status, printed) = shell::run_logged(&mut fuzz, &log)?;
    if !status.success() {
        println!("{}", shell::tail(&printed, 60));
        return Err(Failure::new(format!("ended with {status} (log: {})", log.display())));
    }
    let runs = final_stat(&printed, "number_of_executed_units").unwrap_or("an unknown number of");
    let memory = final_stat(&printed, "peak_rss_mb").unwrap_or("an unknown number of");
    say(format_args!("{name}: {runs} runs, at most {memory} MB"));
    Ok(())
}

/// Reads one of the numbers that libFuzzer prints at its end: `stat::peak_rss_mb:    71`.
fn final_stat<'a>(printed: &'a str, name: &str) -> Option<&'a str> {
    let head = format!("stat::{name}:");
    printed.lines().find_map(|line| line.strip_prefix(&head)).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_a_time_both_or_neither_may_be_named() {
        let parsed = |words: &[&str]| Wish::parse(words).map(|wish| (wish.target, wish.seconds));
        assert_eq!(parsed(&[]).ok(), Some((None, SECONDS_DEFAULT)));
        assert_eq!(parsed(&["lz4"]).ok(), Some((Some("lz4".to_owned()), SECONDS_DEFAULT)));
        assert_eq!(parsed(&["--seconds", "5"]).ok(), Some((None, 5)));
        assert_eq!(parsed(&["lz4", "--seconds", "0"]).ok(), Some((Some("lz4".to_owned()), 1)));
        for wrong in [&["--seconds"][..], &["--seconds", "x"], &["lz4", "zstd"], &["--second", "5"]] {
            assert!(parsed(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_targets_are_the_files_of_the_doors() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let names = targets(&root).unwrap_or_default();
        assert!(names.contains(&"record_batch".to_owned()), "{names:?}");
    }

    #[test]
    fn what_libfuzzer_says_at_its_end_is_read() {
        let printed =
            "Done 12 runs in 1 second(s)\nstat::number_of_executed_units: 12\nstat::peak_rss_mb:  71\n";
        assert_eq!(final_stat(printed, "number_of_executed_units"), Some("12"));
        assert_eq!(final_stat(printed, "peak_rss_mb"), Some("71"));
        assert_eq!(final_stat("", "peak_rss_mb"), None);
    }
}
