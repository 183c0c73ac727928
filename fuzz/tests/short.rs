//! A short run of every fuzz target: the seeds, the findings of the long runs, and some thousand mutations from a printed seed.
//! `cargo xtask fuzz` is the long one.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use tablog_fuzz::mutate::Chance;
use tablog_fuzz::seeds::{SEED_BYTES_MAX, findings};
use tablog_fuzz::{TARGETS, Target};

/// How many mutations each target gets, however slow the machine is.
const MUTATIONS_MIN: u64 = 25;
/// How many mutations each target gets in the short run, if there is time; `TABLOG_LONG=1` gives each a minute, and no limit.
const MUTATIONS_MAX: u64 = 5_000;
/// How long each target may take in the short run.
const TIME_OF_A_TARGET: Duration = Duration::from_millis(900);
/// Longer than any input may take on a slow machine in a build that is not optimised.
const TIME_OF_AN_INPUT_MAX: Duration = Duration::from_secs(20);

/// Two readers at once, each with the largest batch that may be unpacked, twice; inputs are a few kilobytes.
const MEMORY_MB_MAX: u64 = 1024;

/// Runs a target on bytes; a panic names where the bytes came from, so that they can be made again.
fn run(target: &Target, bytes: &[u8], from: &str) {
    let start = Instant::now();
    let result = catch_unwind(AssertUnwindSafe(|| (target.run)(bytes)));
    let place = std::env::temp_dir().join(format!("tablog-fuzz-{}", target.name));
    if result.is_err() || start.elapsed() > TIME_OF_AN_INPUT_MAX {
        std::fs::write(&place, bytes).unwrap();
        panic!(
            "{}, {from}: panicked or too slow ({:?}); the bytes are in {}",
            target.name,
            start.elapsed(),
            place.display()
        );
    }
}

#[test]
fn every_target_passes_its_seeds_and_what_was_found_before() {
    let mut found = 0;
    for target in TARGETS {
        let seeds = (target.seeds)();
        assert!(seeds.len() >= 3, "{} has {} seeds: is the corpus there?", target.name, seeds.len());
        for (index, seed) in seeds.iter().enumerate() {
            run(target, seed, &format!("seed {index}"));
        }
        for (path, bytes) in findings(target.name) {
            run(target, &bytes, &path);
            found += 1;
        }
    }
    println!("{found} findings of earlier runs");
}

#[test]
fn every_target_passes_mutations_of_its_seeds() {
    let seed = std::env::var("TABLOG_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_125);
    let is_long = std::env::var("TABLOG_LONG").is_ok_and(|value| value == "1");
    let time = if is_long { Duration::from_secs(60) } else { TIME_OF_A_TARGET };
    println!("TABLOG_SEED={seed}, {time:?} for each target");
    for target in TARGETS {
        let seeds = (target.seeds)();
        let (start, mut runs) = (Instant::now(), 0_u64);
        let mut chance = Chance::new(seed);
        while runs < MUTATIONS_MIN || start.elapsed() < time && (is_long || runs < MUTATIONS_MAX) {
            // Each run begins anew, so that its number and the seed are enough to repeat it.
            let mut own = Chance::new(chance.draw());
            let mut bytes = seeds[own.below(seeds.len())].clone();
            let other = &seeds[own.below(seeds.len())];
            own.mutate(&mut bytes, other, SEED_BYTES_MAX);
            run(target, &bytes, &format!("TABLOG_SEED={seed}, mutation {runs}"));
            runs += 1;
        }
        println!("{}: {runs} mutations of {} seeds", target.name, seeds.len());
    }
    if let Some(memory) = peak_memory_mb() {
        println!("at most {memory} MB of memory");
        assert!(memory < MEMORY_MB_MAX, "{memory} MB were taken: some reader has no bound");
    }
}

/// Reads how much memory this process had at most, where the system tells.
fn peak_memory_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024)
}

#[test]
fn every_target_has_its_door_for_libfuzzer() {
    // A target without one would never run long.
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("libfuzzer");
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let doors = std::fs::read_dir(folder.join("fuzz_targets")).unwrap().count();
    assert_eq!(doors, TARGETS.len());
    for target in TARGETS {
        let door = std::fs::read_to_string(folder.join(format!("fuzz_targets/{}.rs", target.name))).unwrap();
        assert!(door.contains(&format!("tablog_fuzz::targets::{}(", target.name)), "{door}");
        assert!(manifest.contains(&format!("name = \"{}\"", target.name)), "{}", target.name);
    }
}
