//! What the tests with hostile bytes share: chance from a seed, and how much of it to take.

use bytes::Bytes;
use futures_executor::block_on;
use tablog_core::segment::{DataDirectory, MemoryFile, Verifier, VerifyReport};

/// So many steps are enough for any of these files.
const VERIFY_STEPS_MAX: usize = 10_000;

/// How many places of a file a long run tries: all of them, but for the few files of tens and hundreds of kilobytes.
const PLACES_LONG: usize = 10_000;

/// Tells whether nobody waits: with `TABLOG_LONG=1` every place of a file is tried instead of a sample.
pub fn is_long() -> bool {
    std::env::var("TABLOG_LONG").is_ok_and(|value| value == "1")
}

/// Verifies files, each with its path in the data directory, to the end.
pub fn verify<B: Clone + Into<Bytes>>(files: &[(String, B)]) -> VerifyReport {
    let files: Vec<(String, Bytes)> =
        files.iter().map(|(path, bytes)| (path.clone(), bytes.clone().into())).collect();
    let sizes = files.iter().map(|(path, bytes)| (path.clone(), bytes.len() as u64));
    let readers = files.iter().map(|(path, bytes)| MemoryFile::new(path.clone(), bytes.clone()));
    let mut verifier = Verifier::new(DataDirectory::from_files(sizes), readers);
    for _ in 0..VERIFY_STEPS_MAX {
        if block_on(verifier.step()).done {
            return verifier.report().clone();
        }
    }
    panic!("verification does not end");
}

/// Numbers that look like chance and come again from the same seed (SplitMix64).
pub struct Chance(u64);

impl Chance {
    /// Takes `TABLOG_SEED`, else the seed of every day, and prints it: what a failed test shows is enough to repeat it.
    pub fn from_seed(test: &str) -> Self {
        let seed = std::env::var("TABLOG_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_125);
        println!("{test}: TABLOG_SEED={seed}, TABLOG_LONG={}", u8::from(is_long()));
        Self(seed)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    /// Draws about `count` of the places below `end`, and adds those that must be there.
    pub fn places(&mut self, end: usize, count: usize, musts: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let count = if is_long() { PLACES_LONG } else { count };
        if end <= count {
            return (0..end).collect();
        }
        let mut places: Vec<usize> = (0..count).map(|_| self.below(end)).collect();
        places.extend(musts.into_iter().filter(|&place| place < end));
        places.sort_unstable();
        places.dedup();
        places
    }
}
