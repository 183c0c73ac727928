//! CRC-32C (Castagnoli, polynomial 0x1EDC6F41), the check that Kafka's record batch v2 carries.

mod lanes;

/// Computes the CRC-32C of `bytes`: by the processor's own instruction where there is one, by tables in wasm, which has none.
pub fn crc32c(bytes: &[u8]) -> u32 {
    if cfg!(target_arch = "wasm32") { lanes::crc32c(bytes) } else { crc32c::crc32c(bytes) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_known_vectors_of_rfc_3720_hold() {
        let rising: Vec<u8> = (0..32).collect();
        for crc32c in [crc32c, lanes::crc32c] {
            assert_eq!(crc32c(b""), 0);
            assert_eq!(crc32c(b"123456789"), 0xE306_9283);
            assert_eq!(crc32c(&[0; 32]), 0x8A91_36AA);
            assert_eq!(crc32c(&[0xFF; 32]), 0x62A8_AB43);
            assert_eq!(crc32c(&rising), 0x46DD_794E);
        }
    }

    proptest! {
        #[test]
        fn three_lanes_compute_what_the_processor_does(
            bytes in prop::collection::vec(any::<u8>(), 0..4 * 3 * lanes::LANE_BYTES),
        ) {
            prop_assert_eq!(lanes::crc32c(&bytes), crc32c::crc32c(&bytes));
        }
    }
}
