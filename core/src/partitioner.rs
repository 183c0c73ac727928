//! Which partition a record goes to: the one its key hashes to, as Kafka's own producer does it, or for records without a
//! key one that changes whenever a batch is full.

use crate::env::Env;
use crate::ids::PartitionId;

/// Returns the partition that Kafka's Java producer chooses for a key among `partitions`:
/// `toPositive(murmur2(key)) % partitions` (`BuiltInPartitioner.partitionForKey`). An empty key is a key.
///
/// A topic has at least one partition; for `partitions` below one the answer is partition 0.
pub fn partition_for(key: &[u8], partitions: i32) -> PartitionId {
    // `toPositive` clears the sign bit; `abs` would not do for i32::MIN.
    PartitionId::new((murmur2(key) & i32::MAX).checked_rem(partitions.max(1)).unwrap_or(0))
}

/// Hashes bytes with 32-bit MurmurHash2 and Kafka's seed (`org.apache.kafka.common.utils.Utils.murmur2`).
pub fn murmur2(data: &[u8]) -> i32 {
    const SEED: u32 = 0x9747_b28c;
    const M: u32 = 0x5bd1_e995;
    // Java's array length is an i32 whose bits are used; longer keys cannot exist.
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let (words, tail) = data.as_chunks::<4>();
    let mut h = SEED ^ length;
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> 24;
        h = h.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    if !tail.is_empty() {
        for (index, byte) in (0u32..).zip(tail) {
            h ^= u32::from(*byte) << (8 * index);
        }
        h = h.wrapping_mul(M);
    }
    h ^= h >> 13;
    h = h.wrapping_mul(M);
    (h ^ (h >> 15)).cast_signed()
}

/// Chooses partitions for records without a key: stays on one until a batch's worth of bytes went there, then moves on to
/// another one by chance (KIP-480, KIP-794), so that batches fill up and the load still spreads.
#[derive(Clone, Debug)]
pub struct StickyPartitioner {
    batch_bytes: usize,
    current: Option<PartitionId>,
    bytes_in_current: usize,
}

impl StickyPartitioner {
    /// Starts on no partition; `batch_bytes` is how much goes to one before the next is chosen.
    pub fn new(batch_bytes: usize) -> Self {
        Self { batch_bytes, current: None, bytes_in_current: 0 }
    }

    /// Returns the partition for a record of `record_bytes` and counts the record there.
    pub fn partition(&mut self, env: &impl Env, partitions: i32, record_bytes: usize) -> PartitionId {
        let partition = match self.current {
            Some(current) if current.value() < partitions && self.bytes_in_current < self.batch_bytes => {
                current
            }
            previous => {
                self.bytes_in_current = 0;
                pick_other(env, partitions, previous)
            }
        };
        self.current = Some(partition);
        self.bytes_in_current = self.bytes_in_current.saturating_add(record_bytes);
        partition
    }
}

/// Picks a partition by chance, and another one than `previous` where there is another.
fn pick_other(env: &impl Env, partitions: i32, previous: Option<PartitionId>) -> PartitionId {
    let previous = previous.map(PartitionId::value).filter(|&previous| previous < partitions);
    let choices = if previous.is_some() { partitions.saturating_sub(1) } else { partitions }.max(1);
    let drawn = env.random().checked_rem(u64::from(choices.unsigned_abs())).unwrap_or(0);
    let drawn = i32::try_from(drawn).unwrap_or(0);
    match previous {
        Some(_) if partitions <= 1 => PartitionId::new(0),
        Some(previous) if drawn >= previous => PartitionId::new(drawn.saturating_add(1)),
        _ => PartitionId::new(drawn),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::env::SimEnv;
    use crate::ids::Timestamp;

    /// The vectors of Kafka's own `UtilsTest.testMurmur2`.
    #[test]
    fn murmur2_gives_what_kafkas_own_test_expects() {
        for (text, hash) in [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(text.as_bytes()), hash, "{text}");
        }
    }

    #[test]
    fn a_key_goes_to_the_partition_that_kafka_chooses() {
        // 275646681 is the hash of the empty key; -973932308 & 0x7fffffff = 1173551340.
        assert_eq!(murmur2(b""), 275_646_681);
        assert_eq!(partition_for(b"", 10), PartitionId::new(1));
        assert_eq!(partition_for(b"21", 100), PartitionId::new(40));
        assert_eq!(partition_for(b"21", 1), PartitionId::new(0));
    }

    #[test]
    fn the_sticky_choice_stays_until_a_batch_is_full_and_then_moves() {
        let env = SimEnv::new(1, Timestamp::from_millis(0));
        let mut sticky = StickyPartitioner::new(100);
        let chosen: Vec<_> = (0..40).map(|_| sticky.partition(&env, 5, 10)).collect();
        let runs: Vec<_> = chosen.chunks(10).collect();
        assert!(runs.iter().all(|run| run.iter().all(|p| p == &run[0])), "{runs:?}");
        assert!(runs.windows(2).all(|pair| pair[0][0] != pair[1][0]), "{runs:?}");
    }

    #[test]
    fn a_single_partition_is_chosen_for_ever() {
        let env = SimEnv::new(1, Timestamp::from_millis(0));
        let mut sticky = StickyPartitioner::new(1);
        assert!((0..9).all(|_| sticky.partition(&env, 1, 10) == PartitionId::new(0)));
    }

    #[test]
    fn the_sticky_choice_spreads_over_all_partitions() {
        let env = SimEnv::new(7, Timestamp::from_millis(0));
        let mut sticky = StickyPartitioner::new(1);
        let mut counts = BTreeMap::new();
        for _ in 0..4_000 {
            *counts.entry(sticky.partition(&env, 4, 1)).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 4);
        assert!(counts.values().all(|&count| (800..1_200).contains(&count)), "{counts:?}");
    }

    proptest! {
        #[test]
        fn every_choice_is_a_partition(key in prop::collection::vec(any::<u8>(), 0..40), n in 1..1_000i32, seed: u64) {
            let env = SimEnv::new(seed, Timestamp::from_millis(0));
            let mut sticky = StickyPartitioner::new(1);
            for chosen in [partition_for(&key, n), sticky.partition(&env, n, 1), sticky.partition(&env, n, 1)] {
                prop_assert!((0..n).contains(&chosen.value()));
            }
        }
    }
}
