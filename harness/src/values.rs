//! Values that say who sent them, and that cannot be anything else by chance.
//!
//! ```text
//! ┌────────┬──────────┬──────────┬───────────┬───────┬──────────────────────────────────────────────┐
//! │ client │ sequence │ the nth  │ of so     │ bytes │ noise, out of client and sequence            │
//! │ u32    │ u32      │ in its   │ many, u32 │ u32   │                                              │
//! │        │          │ call u32 │           │       │                                              │
//! └────────┴──────────┴──────────┴───────────┴───────┴──────────────────────────────────────────────┘
//! ```
//! All numbers are big-endian; `bytes` counts the whole value. Noise does not compress, so that what a test writes is what the
//! disk gets.

/// The bytes before the noise: the smallest value there can be.
pub const VALUE_BYTES_MIN: usize = 20;

/// Who sent a value, and with which call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The client.
    pub client: u32,
    /// The number of the value among all that the client ever sent.
    pub sequence: u32,
    /// Its place in the call that sent it, from 0.
    pub nth: u32,
    /// How many values the call sent.
    pub count: u32,
}

impl Origin {
    /// Tells whether this is the last value of its call.
    pub fn is_the_last(&self) -> bool {
        self.nth.checked_add(1) == Some(self.count)
    }

    /// Tells whether `next` is what the same call sent right after this.
    pub fn is_followed_by(&self, next: &Self) -> bool {
        next.client == self.client
            && next.count == self.count
            && next.sequence == self.sequence.wrapping_add(1)
            && next.nth == self.nth.wrapping_add(1)
    }
}

/// Appends a value of `bytes` bytes to `out`; one of [`VALUE_BYTES_MIN`] where fewer are asked for.
pub fn make(origin: &Origin, bytes: u32, out: &mut Vec<u8>) {
    let bytes = bytes.max(VALUE_BYTES_MIN as u32);
    let end = out.len() + bytes as usize;
    for number in [origin.client, origin.sequence, origin.nth, origin.count, bytes] {
        out.extend_from_slice(&number.to_be_bytes());
    }
    let mut noise = Noise::new(origin);
    while out.len() < end {
        let next = noise.next().to_le_bytes();
        out.extend_from_slice(&next[..next.len().min(end - out.len())]);
    }
}

/// Reads who sent a value.
///
/// # Errors
/// Says what is wrong when the value is not, byte for byte, what [`make`] made.
pub fn read(value: &[u8]) -> Result<Origin, String> {
    let Some((head, body)) = value.split_at_checked(VALUE_BYTES_MIN) else {
        return Err(format!("a value of {} bytes, and none has fewer than {VALUE_BYTES_MIN}", value.len()));
    };
    let number =
        |at: usize| head[at..at + 4].iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    let origin = Origin { client: number(0), sequence: number(4), nth: number(8), count: number(12) };
    if number(16) as usize != value.len() {
        return Err(format!("a value of {} bytes that says it has {}: {origin:?}", value.len(), number(16)));
    }
    let mut noise = Noise::new(&origin);
    for (nth, bytes) in body.chunks(8).enumerate() {
        if noise.next().to_le_bytes()[..bytes.len()] != *bytes {
            return Err(format!(
                "other bytes than were sent from byte {} on: {origin:?}",
                VALUE_BYTES_MIN + 8 * nth
            ));
        }
    }
    Ok(origin)
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Noise(u64);

impl Noise {
    fn new(origin: &Origin) -> Self {
        Self(u64::from(origin.client) << 32 | u64::from(origin.sequence))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: Origin = Origin { client: 7, sequence: 300, nth: 2, count: 5 };

    fn made(origin: &Origin, bytes: u32) -> Vec<u8> {
        let mut value = Vec::new();
        make(origin, bytes, &mut value);
        value
    }

    #[test]
    fn a_value_of_any_length_says_who_sent_it() {
        for bytes in [0, 19, 20, 21, 27, 28, 29, 200, 4_099] {
            let value = made(&ORIGIN, bytes);
            assert_eq!(value.len(), (bytes as usize).max(VALUE_BYTES_MIN));
            assert_eq!(read(&value), Ok(ORIGIN));
        }
    }

    #[test]
    fn a_value_with_any_wrong_byte_or_of_another_length_is_no_value_of_that_client() {
        let value = made(&ORIGIN, 61);
        for at in 0..value.len() {
            let mut wrong = value.clone();
            wrong[at] ^= 0x10;
            // Its place in its call is told by its neighbours.
            assert!(read(&wrong) != Ok(ORIGIN), "byte {at}");
            assert!((8..16).contains(&at) || read(&wrong).is_err(), "byte {at}");
        }
        for bytes in 0..value.len() {
            assert!(read(&value[..bytes]).is_err(), "{bytes} bytes");
        }
    }

    #[test]
    fn only_the_next_value_of_the_same_call_follows() {
        let next = Origin { sequence: 301, nth: 3, ..ORIGIN };
        assert!(ORIGIN.is_followed_by(&next));
        let others = [
            ORIGIN,
            Origin { client: 8, ..next },
            Origin { sequence: 302, ..next },
            Origin { nth: 4, ..next },
            Origin { count: 6, ..next },
        ];
        assert!(!others.iter().any(|other| ORIGIN.is_followed_by(other)));
    }
}
