//! Replay speeds in words.

use crate::engine::protocol::Speed;

/// The speeds on offer, as multiples of recorded time.
pub const CHOICES: [f64; 9] = [0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0, 100.0, 1_000.0];

const FASTEST: &str = "as fast as possible";

/// Names a speed: `10×`, or `as fast as possible`.
pub fn name(speed: Speed) -> String {
    match speed {
        Speed::Times(times) if times >= 1_000.0 => {
            format!("{},{:03}×", (times / 1_000.0).floor(), times % 1_000.0)
        }
        Speed::Times(times) => format!("{times}×"),
        Speed::Fastest => FASTEST.to_owned(),
    }
}

/// Reads what [`name`] writes.
pub fn parse(name: &str) -> Option<Speed> {
    if name == FASTEST {
        return Some(Speed::Fastest);
    }
    let times: f64 = name.strip_suffix('×')?.replace(',', "").parse().ok()?;
    (0.1..=1_000.0).contains(&times).then_some(Speed::Times(times))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_speed_on_offer_reads_back() {
        for times in CHOICES {
            assert_eq!(parse(&name(Speed::Times(times))), Some(Speed::Times(times)));
        }
        assert_eq!(parse(&name(Speed::Fastest)), Some(Speed::Fastest));
        assert_eq!(name(Speed::Times(1_000.0)), "1,000×");
        assert_eq!(name(Speed::Times(0.1)), "0.1×");
        assert_eq!(parse("0×"), None);
    }
}
