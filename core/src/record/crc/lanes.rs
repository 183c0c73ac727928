//! CRC-32C by tables, three stretches at a time.
//!
//! Eight bytes are eight look-ups ("slicing by 8", Kounavis and Berry 2005), and each eight wait for the ones before. Three stretches
//! that do not wait for one another keep the processor busy meanwhile. A CRC is linear: that of two stretches is that of the first,
//! moved over as many zeros as the second is long, and that of the second, by exclusive or.
//!
//! ```text
//! crc ──► │ lane 0: 1 KiB │ lane 1: 1 KiB │ lane 2: 1 KiB │ … again, and what is left byte by byte
//!             a               b               c              crc = moved(moved(a) ^ b) ^ c
//! ```
#![allow(
    clippy::indexing_slicing,
    reason = "a byte is always an index of 256 entries, and constants are checked when compiled"
)]

/// Castagnoli's polynomial, its bits reversed.
const POLYNOMIAL: u32 = 0x82F6_3B78;
/// Bytes of a lane: a producer's batch holds several times three.
pub(super) const LANE_BYTES: usize = 1024;

/// `AFTER[n][b]`: the CRC of the byte `b` and `n` zeros.
static AFTER: [[u32; 256]; 8] = after();
/// A CRC moved over a lane of zeros, by each of its bytes.
static MOVED: [[u32; 256]; 4] = moved();

/// Computes the CRC-32C of `bytes`.
pub(super) fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = !0;
    let (triples, rest) = bytes.as_chunks::<{ 3 * LANE_BYTES }>();
    for triple in triples {
        let (lanes, _) = triple.as_chunks::<LANE_BYTES>();
        let [(first, _), (second, _), (third, _)] = [0, 1, 2].map(|lane: usize| lanes[lane].as_chunks::<8>());
        let (mut a, mut b, mut c) = (crc, 0, 0);
        for ((first, second), third) in first.iter().zip(second).zip(third) {
            (a, b, c) = (over(a, *first), over(b, *second), over(c, *third));
        }
        crc = moved_over_lane(moved_over_lane(a) ^ b) ^ c;
    }
    let (eights, rest) = rest.as_chunks::<8>();
    crc = eights.iter().fold(crc, |crc, eight| over(crc, *eight));
    !rest.iter().fold(crc, |crc, &byte| AFTER[0][low_byte(crc ^ u32::from(byte))] ^ (crc >> 8))
}

/// Takes eight bytes into a CRC.
fn over(crc: u32, eight: [u8; 8]) -> u32 {
    let [a, b, c, d, e, f, g, h] = (u64::from_le_bytes(eight) ^ u64::from(crc)).to_le_bytes();
    AFTER[7][usize::from(a)]
        ^ AFTER[6][usize::from(b)]
        ^ AFTER[5][usize::from(c)]
        ^ AFTER[4][usize::from(d)]
        ^ AFTER[3][usize::from(e)]
        ^ AFTER[2][usize::from(f)]
        ^ AFTER[1][usize::from(g)]
        ^ AFTER[0][usize::from(h)]
}

fn moved_over_lane(crc: u32) -> u32 {
    let [a, b, c, d] = crc.to_le_bytes();
    MOVED[0][usize::from(a)] ^ MOVED[1][usize::from(b)] ^ MOVED[2][usize::from(c)] ^ MOVED[3][usize::from(d)]
}

const fn low_byte(crc: u32) -> usize {
    (crc & 0xFF) as usize
}

const fn after() -> [[u32; 256]; 8] {
    let mut after = [[0; 256]; 8];
    let (mut byte, mut value) = (0, 0_u32);
    while byte < 256 {
        let mut crc = value;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ (POLYNOMIAL * (crc & 1));
            bit += 1;
        }
        after[0][byte] = crc;
        (byte, value) = (byte + 1, value + 1);
    }
    let mut zeros = 1;
    while zeros < 8 {
        let mut byte = 0;
        while byte < 256 {
            let crc = after[zeros - 1][byte];
            after[zeros][byte] = after[0][low_byte(crc)] ^ (crc >> 8);
            byte += 1;
        }
        zeros += 1;
    }
    after
}

const fn moved() -> [[u32; 256]; 4] {
    let after = after();
    let mut moved = [[0; 256]; 4];
    let mut place = 0;
    while place < 4 {
        let mut bit = 0;
        while bit < 8 {
            let mut crc = 1 << (8 * place + bit);
            let mut zeros = 0;
            while zeros < LANE_BYTES {
                crc = after[0][low_byte(crc)] ^ (crc >> 8);
                zeros += 1;
            }
            moved[place][1 << bit] = crc;
            bit += 1;
        }
        // Every other byte is the sum of its bits.
        let mut byte = 1_usize;
        while byte < 256 {
            let lowest = byte & byte.wrapping_neg();
            if byte != lowest {
                moved[place][byte] = moved[place][byte ^ lowest] ^ moved[place][lowest];
            }
            byte += 1;
        }
        place += 1;
    }
    moved
}
