//! Numbers, sizes and durations for people.

/// Groups digits by three: `128,402`.
pub fn grouped(number: impl Into<i128>) -> String {
    let number = number.into();
    let digits = number.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len().saturating_mul(4) / 3 + 1);
    if number < 0 {
        out.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Shortens a count to at most four digits and a letter: `986`, `12.8 k`, `128 k`, `1.2 M`. Never rounds up past the truth.
pub fn abbreviated(count: u64) -> String {
    const STEPS: [(u64, &str); 4] =
        [(1_000_000_000_000, "T"), (1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")];
    // Four digits still fit, and say more.
    if count < 10_000 {
        return grouped(count);
    }
    let (unit, letter) = STEPS.into_iter().find(|(unit, _)| count >= *unit).unwrap_or((1, ""));
    let tenths = count / (unit / 10);
    if tenths >= 1_000 || tenths.is_multiple_of(10) {
        format!("{} {letter}", grouped(tenths / 10))
    } else {
        format!("{}.{} {letter}", tenths / 10, tenths % 10)
    }
}

/// Prints bytes in binary units with one decimal: `0 B`, `1,023 B`, `24.1 MB`.
///
/// The letters are those that file managers print, and the step is 1,024.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1_024 {
        return format!("{} B", grouped(bytes));
    }
    let mut divisor: u64 = 1_024;
    for (index, unit) in UNITS.into_iter().enumerate() {
        let tenths = u128::from(bytes) * 10 / u128::from(divisor);
        if tenths < 10_240 || index == UNITS.len() - 1 {
            return format!(
                "{}.{} {unit}",
                grouped(i128::try_from(tenths / 10).unwrap_or(i128::MAX)),
                tenths % 10
            );
        }
        divisor = divisor.saturating_mul(1_024);
    }
    format!("{} B", grouped(bytes))
}

/// Prints a span given in microseconds: `840 µs`, `1.2 ms`, `2.5 s`, `3 min 20 s`.
pub fn duration_us(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100),
        _ => duration_ms(micros / 1_000),
    }
}

/// Prints a span given in milliseconds: `840 ms`, `2.5 s`, `3 min 20 s`, `2 h 5 min`.
pub fn duration_ms(millis: u64) -> String {
    let seconds = millis / 1_000;
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{seconds}.{} s", millis % 1_000 / 100),
        60_000..3_600_000 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

/// Counts a thing: `1 record`, `2 records`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_three() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (128_402, "128,402"),
            (-1_234, "-1,234"),
            (i64::MIN, "-9,223,372,036,854,775,808"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn counts_stay_short_and_never_claim_more_than_there_is() {
        for (count, text) in [
            (986, "986"),
            (9_999, "9,999"),
            (10_000, "10 k"),
            (12_860, "12.8 k"),
            (128_402, "128 k"),
            (999_999, "999 k"),
            (1_000_000, "1 M"),
            (1_290_000, "1.2 M"),
        ] {
            assert_eq!(abbreviated(count), text);
        }
    }

    #[test]
    fn bytes_come_in_binary_units_with_one_decimal() {
        for (count, text) in [
            (0, "0 B"),
            (1_023, "1,023 B"),
            (1_024, "1.0 kB"),
            (1_048_575, "1,023.9 kB"),
            (1_048_576, "1.0 MB"),
            (25_270_681, "24.0 MB"),
            (42_949_672_960, "40.0 GB"),
            (u64::MAX, "16,383.9 PB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }

    #[test]
    fn spans_of_time_use_the_unit_that_says_most() {
        assert_eq!(duration_us(840), "840 µs");
        assert_eq!(duration_us(1_290), "1.2 ms");
        assert_eq!(duration_us(2_500_000), "2.5 s");
        assert_eq!(duration_ms(999), "999 ms");
        assert_eq!(duration_ms(200_000), "3 min 20 s");
        assert_eq!(duration_ms(7_500_000), "2 h 5 min");
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(counted(1, "record", "records"), "1 record");
        assert_eq!(counted(1_200, "record", "records"), "1,200 records");
    }
}
