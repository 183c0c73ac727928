//! Zigzag varints, as record batch v2 and protobuf's `sint32`/`sint64` write them.
//!
//! ```text
//!  value   0  -1   1  -2   2 ...            zigzag: small numbers of either sign become small unsigned numbers
//!  zigzag  0   1   2   3   4 ...
//!
//!  one byte   ┌─┬─────────────┐             7 bits a byte, the lowest first;
//!             │m│ 7 bits      │             m = 1: another byte follows
//!             └─┴─────────────┘
//!  300  →  zigzag 600 = 0b100_1011000  →  1·1011000  0·0000100  =  D8 04
//! ```
//! An int32 takes 1 to 5 bytes, an int64 1 to 10. A longer form of a small number reads as that number, as in Kafka
//! (`org.apache.kafka.common.utils.ByteUtils`); bits beyond the type's width are an error here, where Kafka drops them.

/// Says why no varint could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VarintError {
    /// The bytes ended before the number did.
    #[error("the bytes end within a number")]
    Truncated,
    /// The number has more bits than its type.
    #[error("a number does not fit into {bits} bits")]
    Overflow {
        /// Width of the type.
        bits: u32,
    },
}

/// Reads an int32 off the front of `input`.
///
/// # Errors
/// `Truncated` or `Overflow`; `input` is then unchanged.
#[inline]
pub fn read_varint(input: &mut &[u8]) -> Result<i32, VarintError> {
    // Nearly every number in a batch takes one byte.
    if let Some((&byte, rest)) = input.split_first()
        && byte < 0x80
    {
        *input = rest;
        let zigzag = u32::from(byte);
        return Ok((zigzag >> 1).cast_signed() ^ (zigzag & 1).cast_signed().wrapping_neg());
    }
    let mut rest = *input;
    let wide = read_unsigned(&mut rest, 32)?;
    let zigzag = u32::try_from(wide).map_err(|_| VarintError::Overflow { bits: 32 })?;
    *input = rest;
    Ok((zigzag >> 1).cast_signed() ^ (zigzag & 1).cast_signed().wrapping_neg())
}

/// Reads an int64 off the front of `input`.
///
/// # Errors
/// `Truncated` or `Overflow`; `input` is then unchanged.
#[inline]
pub fn read_varlong(input: &mut &[u8]) -> Result<i64, VarintError> {
    let zigzag = read_unsigned(input, 64)?;
    Ok((zigzag >> 1).cast_signed() ^ (zigzag & 1).cast_signed().wrapping_neg())
}

/// Appends an int32.
#[inline]
pub fn write_varint(out: &mut Vec<u8>, value: i32) {
    write_unsigned(out, u64::from(zigzag_32(value)));
}

/// Appends an int64.
#[inline]
pub fn write_varlong(out: &mut Vec<u8>, value: i64) {
    write_unsigned(out, zigzag_64(value));
}

/// Counts the bytes that [`write_varint`] appends, 1 to 5.
#[inline]
pub const fn varint_bytes(value: i32) -> usize {
    bytes_of_bits(u32::BITS.saturating_sub(zigzag_32(value).leading_zeros()))
}

/// Counts the bytes that [`write_varlong`] appends, 1 to 10.
#[inline]
pub const fn varlong_bytes(value: i64) -> usize {
    bytes_of_bits(u64::BITS.saturating_sub(zigzag_64(value).leading_zeros()))
}

const fn zigzag_32(value: i32) -> u32 {
    (value.wrapping_shl(1) ^ value.wrapping_shr(31)).cast_unsigned()
}

const fn zigzag_64(value: i64) -> u64 {
    (value.wrapping_shl(1) ^ value.wrapping_shr(63)).cast_unsigned()
}

const fn bytes_of_bits(bits: u32) -> usize {
    // At most 10, and zero takes a byte too.
    let bytes = bits.div_ceil(7);
    if bytes == 0 { 1 } else { bytes as usize }
}

#[inline]
fn read_unsigned(input: &mut &[u8], bits: u32) -> Result<u64, VarintError> {
    let mut value = 0_u64;
    let mut shift = 0_u32;
    let mut rest = *input;
    loop {
        let Some((&byte, after)) = rest.split_first() else {
            return Err(VarintError::Truncated);
        };
        rest = after;
        let low = u64::from(byte & 0x7F);
        // The last byte of an int64 has room for one bit only.
        if shift >= bits || (low << shift) >> shift != low {
            return Err(VarintError::Overflow { bits });
        }
        value |= low << shift;
        if byte < 0x80 {
            *input = rest;
            return Ok(value);
        }
        shift = shift.saturating_add(7);
    }
}

#[inline]
fn write_unsigned(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            out.push(low & 0x7F);
            return;
        }
        out.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ints() -> impl Strategy<Value = i32> {
        (any::<i32>(), 0..32_u32).prop_map(|(value, shift)| value >> shift)
    }

    fn longs() -> impl Strategy<Value = i64> {
        (any::<i64>(), 0..64_u32).prop_map(|(value, shift)| value >> shift)
    }

    proptest! {
        #[test]
        fn an_int32_reads_back_and_its_size_is_known(value in ints(), tail in any::<[u8; 2]>()) {
            let mut out = Vec::new();
            write_varint(&mut out, value);
            prop_assert_eq!(out.len(), varint_bytes(value));
            out.extend_from_slice(&tail);
            let mut input = out.as_slice();
            prop_assert_eq!(read_varint(&mut input), Ok(value));
            prop_assert_eq!(input, &tail);
        }

        #[test]
        fn an_int64_reads_back_and_its_size_is_known(value in longs(), tail in any::<[u8; 2]>()) {
            let mut out = Vec::new();
            write_varlong(&mut out, value);
            prop_assert_eq!(out.len(), varlong_bytes(value));
            out.extend_from_slice(&tail);
            let mut input = out.as_slice();
            prop_assert_eq!(read_varlong(&mut input), Ok(value));
            prop_assert_eq!(input, &tail);
        }

        #[test]
        fn any_bytes_read_without_panic_and_an_error_takes_nothing(bytes in any::<Vec<u8>>()) {
            let mut input = bytes.as_slice();
            if read_varint(&mut input).is_err() {
                prop_assert_eq!(input, bytes.as_slice());
            }
            let mut input = bytes.as_slice();
            if read_varlong(&mut input).is_err() {
                prop_assert_eq!(input, bytes.as_slice());
            }
        }
    }

    #[test]
    fn the_bytes_are_the_ones_that_kafka_writes() {
        // Taken from Kafka's ByteUtilsTest.
        let ints: [(i32, &[u8]); 9] = [
            (0, &[0x00]),
            (-1, &[0x01]),
            (1, &[0x02]),
            (63, &[0x7E]),
            (-64, &[0x7F]),
            (64, &[0x80, 0x01]),
            (300, &[0xD8, 0x04]),
            (i32::MAX, &[0xFE, 0xFF, 0xFF, 0xFF, 0x0F]),
            (i32::MIN, &[0xFF, 0xFF, 0xFF, 0xFF, 0x0F]),
        ];
        for (value, bytes) in ints {
            let mut out = Vec::new();
            write_varint(&mut out, value);
            assert_eq!(out, bytes, "{value}");
        }
        let mut out = Vec::new();
        write_varlong(&mut out, i64::MIN);
        assert_eq!(out, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]);
    }

    #[test]
    fn a_number_that_ends_too_early_or_is_too_wide_is_refused() {
        assert_eq!(read_varint(&mut &[][..]), Err(VarintError::Truncated));
        assert_eq!(read_varint(&mut &[0x80][..]), Err(VarintError::Truncated));
        assert_eq!(read_varint(&mut &[0xFF; 9][..]), Err(VarintError::Overflow { bits: 32 }));
        assert_eq!(
            read_varint(&mut &[0xFF, 0xFF, 0xFF, 0xFF, 0x1F][..]),
            Err(VarintError::Overflow { bits: 32 })
        );
        assert_eq!(read_varlong(&mut &[0xFF; 11][..]), Err(VarintError::Overflow { bits: 64 }));
        let mut too_wide = [0xFF; 10];
        too_wide[9] = 0x02;
        assert_eq!(read_varlong(&mut &too_wide[..]), Err(VarintError::Overflow { bits: 64 }));
    }

    #[test]
    fn a_longer_form_of_a_small_number_reads_as_that_number() {
        assert_eq!(read_varint(&mut &[0x82, 0x80, 0x00][..]), Ok(1));
        assert_eq!(read_varlong(&mut &[0x83, 0x00][..]), Ok(-2));
    }
}
