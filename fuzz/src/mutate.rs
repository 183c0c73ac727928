//! A small mutator for the short run: enough to leave the beaten track, and the same bytes from the same seed everywhere.

/// Numbers that look like chance (SplitMix64).
#[derive(Clone, Debug)]
pub struct Chance(u64);

/// Numbers at which lengths, counts and offsets break.
const EDGES: [i64; 16] = [
    0,
    1,
    -1,
    2,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    i64::MAX,
    i64::MIN,
    i64::MAX - 1,
];

impl Chance {
    /// Starts from a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Draws a number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Draws a number below `end`; 0 when there is none.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap();
        usize::try_from(self.draw() % end).unwrap()
    }

    /// Changes bytes in one to four ways; `other` lends some of its own.
    pub fn mutate(&mut self, bytes: &mut Vec<u8>, other: &[u8], bytes_max: usize) {
        for _ in 0..=self.below(4) {
            self.mutate_once(bytes, other);
        }
        bytes.truncate(bytes_max);
    }

    fn mutate_once(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        let at = self.below(bytes.len());
        let end = at + self.below((bytes.len() - at).min(64) + 1);
        match self.below(9) {
            0 => {
                let bit = self.below(8);
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << bit);
            }
            1 => {
                let value = self.draw().to_le_bytes()[0];
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = value);
            }
            2 => {
                let number = EDGES[self.below(EDGES.len())].to_be_bytes();
                let width = [1, 2, 4, 8][self.below(4)];
                let backwards = self.below(4) == 0;
                for (index, byte) in bytes.iter_mut().skip(at).take(width).enumerate() {
                    *byte = if backwards { number[7 - index] } else { number[8 - width + index] };
                }
            }
            3 => bytes.truncate(at),
            4 => drop(bytes.drain(at..end)),
            5 => {
                let copy = bytes[at..end].to_vec();
                let to = self.below(bytes.len() + 1);
                bytes.splice(to..to, copy);
            }
            6 => {
                let from = self.below(other.len());
                let lent = &other[from..from + self.below((other.len() - from).min(256) + 1)];
                bytes.splice(at..end, lent.iter().copied());
            }
            7 => {
                let value = [0, 0xff, b'9', b' ', b'"', b'\\', b'\n'][self.below(7)];
                bytes.splice(at..at, std::iter::repeat_n(value, 1 + self.below(16)));
            }
            _ => {
                let step = [1, 255, 16, 240][self.below(4)];
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = byte.wrapping_add(step));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_they_change() {
        let run = |seed: u64| {
            let (mut chance, mut bytes) = (Chance::new(seed), b"0123456789".repeat(9));
            (0..100).for_each(|_| chance.mutate(&mut bytes, b"other", 1_000));
            bytes
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
        let mut empty = Vec::new();
        (0..1_000).for_each(|seed| Chance::new(seed).mutate(&mut empty, b"", 50));
        assert!(empty.len() <= 50);
    }
}
