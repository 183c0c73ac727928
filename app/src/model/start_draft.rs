//! Where to start, as people write it.

use super::clock;
use crate::engine::protocol::Start;

/// Reads a start: `choice` is `newest`, `oldest`, `offset` or `time`, and says which of the fields count.
///
/// # Errors
/// The sentence that the field shows.
pub fn read_start(choice: &str, partition: &str, offset: &str, time: &str) -> Result<Start, String> {
    let number = |text: &str| text.trim().replace([',', '_', ' '], "");
    match choice {
        "oldest" => Ok(Start::Oldest),
        "offset" => {
            let partition =
                number(partition).parse().map_err(|_| format!("\"{partition}\" is no partition number"))?;
            let offset = number(offset)
                .parse()
                .map_err(|_| format!("\"{offset}\" is no offset: a whole number is"))?;
            Ok(Start::Offset { partition, offset })
        }
        "time" => clock::parse(time).map(Start::Time),
        _ => Ok(Start::Newest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_read_as_people_write_numbers() {
        assert_eq!(
            read_start("offset", "1", "42,117", ""),
            Ok(Start::Offset { partition: 1, offset: 42_117 })
        );
        assert_eq!(read_start("newest", "x", "y", ""), Ok(Start::Newest));
        assert!(read_start("offset", "1", "soon", "").unwrap_err().contains("soon"));
        assert_eq!(read_start("time", "", "", "1517932200000"), Ok(Start::Time(1_517_932_200_000)));
    }
}
