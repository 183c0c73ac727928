//! Times for people: ISO-like, with milliseconds, always in UTC and saying so. Milliseconds since 1970 in, text out, and back.

/// Kafka's `RecordBatch.NO_TIMESTAMP`: the time of a record that has none.
pub const NO_TIMESTAMP: i64 = -1;

const DAY_MS: i64 = 86_400_000;

/// Prints a time: `2026-11-23 14:02:10.120 UTC`.
pub fn date_time(millis: i64) -> String {
    format!("{} {} UTC", date(millis), time_of_day(millis))
}

/// Prints a record's time; Kafka's -1 says that the record has none.
pub fn record_time(millis: i64) -> String {
    if millis == NO_TIMESTAMP { "none".to_owned() } else { date_time(millis) }
}

/// Prints the day of a time: `2026-11-23`.
pub fn date(millis: i64) -> String {
    let (year, month, day) = civil(millis.div_euclid(DAY_MS));
    format!("{year:04}-{month:02}-{day:02}")
}

/// Prints the hour of a time: `14:02:10.120`.
pub fn time_of_day(millis: i64) -> String {
    let rest = millis.rem_euclid(DAY_MS);
    let seconds = rest / 1_000;
    format!("{:02}:{:02}:{:02}.{:03}", seconds / 3_600, seconds / 60 % 60, seconds % 60, rest % 1_000)
}

/// Prints a time as briefly as it can be told from now: only the hour today, else the day.
pub fn brief(millis: i64, now_ms: i64) -> String {
    if millis.div_euclid(DAY_MS) == now_ms.div_euclid(DAY_MS) {
        time_of_day(millis).chars().take(8).collect()
    } else {
        date(millis)
    }
}

/// Reads a time: milliseconds since 1970, or `2026-11-23T14:02:10.120` with or without seconds, milliseconds, `T`, `Z`, `UTC`.
///
/// # Errors
/// Says what a time looks like.
pub fn parse(text: &str) -> Result<i64, String> {
    let text = text.trim();
    if let Ok(millis) = text.parse::<i64>() {
        return Ok(millis);
    }
    parse_iso(text).ok_or_else(|| {
        format!("\"{text}\" is no time: write 2026-11-23 14:02:10.120 (UTC), or milliseconds since 1970")
    })
}

fn parse_iso(text: &str) -> Option<i64> {
    let text = text.strip_suffix("UTC").or_else(|| text.strip_suffix('Z')).unwrap_or(text).trim_end();
    let (day, hour) = text.split_once(['T', ' ']).unwrap_or((text, "00:00"));
    let mut numbers = day.splitn(3, '-');
    let year: i64 = digits(numbers.next()?, 4)?;
    let month = digits(numbers.next()?, 2).filter(|month| (1..=12).contains(month))?;
    let day = digits(numbers.next()?, 2).filter(|day| (1..=31).contains(day))?;
    let days = days_from_civil(year, month, day);
    // A day that the month does not have comes back as another one.
    (civil(days) == (year, month, day)).then_some(())?;
    Some(days * DAY_MS + parse_hour(hour)?)
}

fn parse_hour(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut numbers = whole.splitn(3, ':');
    let hours = digits(numbers.next()?, 2).filter(|hours| *hours < 24)?;
    let minutes = digits(numbers.next()?, 2).filter(|minutes| *minutes < 60)?;
    let seconds = numbers.next().map_or(Some(0), |text| digits(text, 2)).filter(|seconds| *seconds < 60)?;
    if fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let millis: i64 = format!("{fraction:0<3}").chars().take(3).collect::<String>().parse().ok()?;
    Some(((hours * 60 + minutes) * 60 + seconds) * 1_000 + millis)
}

fn digits(text: &str, count: usize) -> Option<i64> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Turns days since 1970-01-01 into year, month and day (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
const fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, of_year - (153 * shifted + 2) / 5 + 1)
}

/// Undoes [`civil`].
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * shifted + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_show_milliseconds_and_zone() {
        assert_eq!(date_time(0), "1970-01-01 00:00:00.000 UTC");
        assert_eq!(date_time(-1), "1969-12-31 23:59:59.999 UTC");
        assert_eq!(date_time(1_517_932_200_000), "2018-02-06 15:50:00.000 UTC");
        assert_eq!(date_time(951_782_400_007), "2000-02-29 00:00:00.007 UTC");
    }

    #[test]
    fn a_record_without_a_time_is_not_of_1969() {
        // Producers of old, and imports of other systems, leave the time out: Kafka writes -1.
        assert_eq!(record_time(-1), "none");
        assert_eq!(record_time(-2), "1969-12-31 23:59:59.998 UTC");
    }

    #[test]
    fn days_and_dates_are_inverse() {
        for days in (-800_000..800_000).step_by(37) {
            let (year, month, day) = civil(days);
            assert_eq!(days_from_civil(year, month, day), days);
        }
    }

    #[test]
    fn the_last_millisecond_an_i64_can_hold_prints() {
        assert!(date_time(i64::MAX).ends_with("UTC"));
        assert!(date_time(i64::MIN).ends_with("UTC"));
    }

    #[test]
    fn what_is_printed_can_be_read() {
        for millis in [0, -1, 1_517_932_200_120, 1_794_395_450_000] {
            assert_eq!(parse(&date_time(millis)), Ok(millis));
        }
    }

    #[test]
    fn shorter_ways_to_write_a_time_are_read() {
        assert_eq!(parse("1517932200000"), Ok(1_517_932_200_000));
        assert_eq!(parse("2018-02-06"), Ok(1_517_875_200_000));
        assert_eq!(parse("2018-02-06T15:50"), Ok(1_517_932_200_000));
        assert_eq!(parse("2018-02-06T15:50:00.5Z"), Ok(1_517_932_200_500));
    }

    #[test]
    fn what_is_no_time_says_what_a_time_looks_like() {
        for text in
            ["", "yesterday", "2018-02-30", "2018-13-01", "2018-02-06 24:00", "2018-02-06 15:5", "18-2-6"]
        {
            assert!(
                parse(text).is_err_and(|sentence| sentence.contains("milliseconds since 1970")),
                "{text}"
            );
        }
    }

    #[test]
    fn today_needs_no_date() {
        assert_eq!(brief(1_517_932_200_000, 1_517_932_300_000), "15:50:00");
        assert_eq!(brief(1_517_932_200_000, 1_518_932_300_000), "2018-02-06");
    }
}
