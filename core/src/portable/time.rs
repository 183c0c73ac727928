//! Moments as people write them in JSON: RFC 3339, such as `2026-11-23T08:15:30.250+01:00`.

use crate::ids::Timestamp;

const MILLIS_PER_DAY: i64 = 86_400_000;

/// Reads an RFC 3339 date and time with its zone; what is finer than a millisecond is cut off. `None` for anything else.
pub(super) fn parse_rfc3339(text: &[u8]) -> Option<Timestamp> {
    let mut rest = text;
    let year = digits(&mut rest, 4)?;
    let month = sign(&mut rest, b"-").and_then(|_| digits(&mut rest, 2))?;
    let day = sign(&mut rest, b"-").and_then(|_| digits(&mut rest, 2))?;
    sign(&mut rest, b"Tt ")?;
    let hour = digits(&mut rest, 2)?;
    let minute = sign(&mut rest, b":").and_then(|_| digits(&mut rest, 2))?;
    let second = sign(&mut rest, b":").and_then(|_| digits(&mut rest, 2))?;
    let millis = fraction(&mut rest)?;
    let offset_minutes = zone(&mut rest)?;
    let valid = rest.is_empty()
        && (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        // A leap second counts as the next minute's first: Unix time has no place for it.
        && second <= 60;
    let minutes = hour.wrapping_mul(60).wrapping_add(minute).wrapping_sub(offset_minutes);
    let within = minutes.wrapping_mul(60).wrapping_add(second).wrapping_mul(1_000).wrapping_add(millis);
    let days = days_since_epoch(year, month, day);
    valid.then(|| Timestamp::from_millis(days.wrapping_mul(MILLIS_PER_DAY).wrapping_add(within)))
}

/// Reads exactly `count` digits.
fn digits(rest: &mut &[u8], count: usize) -> Option<i64> {
    let (number, after) = rest.split_at_checked(count)?;
    *rest = after;
    number.iter().try_fold(0_i64, |value, &byte| {
        byte.is_ascii_digit().then(|| value.wrapping_mul(10).wrapping_add(i64::from(byte.wrapping_sub(b'0'))))
    })
}

/// Reads one byte out of `allowed`.
fn sign(rest: &mut &[u8], allowed: &[u8]) -> Option<u8> {
    let (&byte, after) = rest.split_first()?;
    *rest = after;
    allowed.contains(&byte).then_some(byte)
}

/// Reads `.` and digits, if they are there, as milliseconds.
fn fraction(rest: &mut &[u8]) -> Option<i64> {
    if rest.first() != Some(&b'.') {
        return Some(0);
    }
    let after = rest.get(1..)?;
    let count = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, after) = after.split_at_checked(count)?;
    *rest = after;
    let digit = |index: usize| number.get(index).map_or(0, |byte| i64::from(byte.wrapping_sub(b'0')));
    let millis = digit(0).wrapping_mul(100).wrapping_add(digit(1).wrapping_mul(10)).wrapping_add(digit(2));
    (count > 0).then_some(millis)
}

/// Reads `Z` or an offset from UTC, in minutes.
fn zone(rest: &mut &[u8]) -> Option<i64> {
    let first = sign(rest, b"Zz+-")?;
    if matches!(first, b'Z' | b'z') {
        return Some(0);
    }
    let hours = digits(rest, 2)?;
    let minutes = sign(rest, b":").and_then(|_| digits(rest, 2))?;
    let offset = hours.wrapping_mul(60).wrapping_add(minutes);
    (hours < 24 && minutes < 60).then_some(if first == b'-' { offset.wrapping_neg() } else { offset })
}

fn is_leap(year: i64) -> bool {
    year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Counts days in the proleptic Gregorian calendar, years beginning in March (Howard Hinnant, `days_from_civil`).
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year.wrapping_sub(1) } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = month.wrapping_add(9).rem_euclid(12);
    let day_of_year =
        month_from_march.wrapping_mul(153).wrapping_add(2).div_euclid(5).wrapping_add(day).wrapping_sub(1);
    let leap_days = year_of_era.div_euclid(4).wrapping_sub(year_of_era.div_euclid(100));
    let day_of_era = year_of_era.wrapping_mul(365).wrapping_add(leap_days).wrapping_add(day_of_year);
    era.wrapping_mul(146_097).wrapping_add(day_of_era).wrapping_sub(719_468)
}

/// Tells a moment's year, month and day in UTC (Howard Hinnant, `civil_from_days`).
pub(super) fn date_of(time: Timestamp) -> (i64, i64, i64) {
    let days = time.millis().div_euclid(MILLIS_PER_DAY).wrapping_add(719_468);
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let leap_days = day_of_era
        .div_euclid(1_460)
        .wrapping_sub(day_of_era.div_euclid(36_524))
        .wrapping_add(day_of_era.div_euclid(146_096));
    let year_of_era = day_of_era.wrapping_sub(leap_days).div_euclid(365);
    let year_begins = year_of_era
        .wrapping_mul(365)
        .wrapping_add(year_of_era.div_euclid(4))
        .wrapping_sub(year_of_era.div_euclid(100));
    let day_of_year = day_of_era.wrapping_sub(year_begins);
    let month_from_march = day_of_year.wrapping_mul(5).wrapping_add(2).div_euclid(153);
    let month_begins = month_from_march.wrapping_mul(153).wrapping_add(2).div_euclid(5);
    let month = month_from_march.wrapping_add(2).rem_euclid(12).wrapping_add(1);
    let year = era.wrapping_mul(400).wrapping_add(year_of_era).wrapping_add(i64::from(month <= 2));
    (year, month, day_of_year.wrapping_sub(month_begins).wrapping_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> Option<i64> {
        parse_rfc3339(text.as_bytes()).map(Timestamp::millis)
    }

    #[test]
    fn known_moments_are_read() {
        // From `date -u -d … +%s%3N`.
        assert_eq!(millis("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(millis("2026-11-23T08:15:30.250+01:00"), Some(1_795_418_130_250));
        assert_eq!(millis("2000-02-29 23:59:59.9999z"), Some(951_868_799_999));
        assert_eq!(millis("1969-12-31T23:59:59.5-00:30"), Some(1_799_500));
        assert_eq!(millis("0001-01-01T00:00:00Z"), Some(-62_135_596_800_000));
        assert_eq!(millis("9999-12-31T23:59:59.999Z"), Some(253_402_300_799_999));
        assert_eq!(millis("2016-12-31T23:59:60Z"), Some(1_483_228_800_000));
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut days = days_since_epoch(1599, 12, 31);
        for year in 1600..2401 {
            for month in 1..=12 {
                for day in 1..=days_in_month(year, month) {
                    days += 1;
                    assert_eq!(days_since_epoch(year, month, day), days, "{year}-{month}-{day}");
                    let last_moment = Timestamp::from_millis(days * MILLIS_PER_DAY + MILLIS_PER_DAY - 1);
                    assert_eq!(date_of(last_moment), (year, month, day));
                }
            }
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in [
            "",
            "2026-11-23",
            "2026-11-23T08:15:30",
            "2026-11-23T08:15:30.Z",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-11-23T24:00:00Z",
            "2026-11-23T08:60:00Z",
            "2026-11-23T08:15:61Z",
            "2026-11-23T08:15:30+0100",
            "2026-11-23T08:15:30ZZ",
            "2026/11/23T08:15:30Z",
            "2026-11-23T08:15Z",
            "+026-11-23T08:15:30Z",
            "2026-11-23T08:15:30+24:00",
            "1700000000000",
        ] {
            assert_eq!(millis(bad), None, "{bad}");
        }
    }
}
