//! Lost records in words.

use tablog_core::witness::DataLossDetected;

use super::words::{counted, grouped};

/// Losses that are named one by one.
const NAMED_MAX: usize = 3;

/// Says what is lost, and what to do; `None` when nothing is.
pub fn told(losses: &[DataLossDetected]) -> Option<String> {
    if losses.is_empty() {
        return None;
    }
    let offsets: u64 = losses.iter().map(DataLossDetected::offsets).sum();
    let named: Vec<String> = losses.iter().take(NAMED_MAX).map(ToString::to_string).collect();
    let more = losses.len().saturating_sub(NAMED_MAX);
    let more = if more == 0 { String::new() } else { format!("; and {} more", grouped(more as u64)) };
    Some(format!(
        "Data loss: {} gone. {}{more}. Everything else is served. The Health page has the report",
        match offsets {
            1 => "1 record is".to_owned(),
            _ => format!("{} are", counted(offsets, "record")),
        },
        named.join("; "),
    ))
}

#[cfg(test)]
mod tests {
    use tablog_core::ids::{Offset, PartitionId, Timestamp, TopicName};
    use tablog_core::witness::LossCause;

    use super::*;

    fn loss(from: i64, to: i64) -> DataLossDetected {
        DataLossDetected {
            topic: TopicName::parse("orders").unwrap(),
            topic_id: "00".to_owned(),
            partition: PartitionId::new(1),
            from: Offset::new(from),
            to: Offset::new(to),
            cause: LossCause::RowsGone,
            noted_ms: Timestamp::NONE,
            found_ms: Timestamp::NONE,
        }
    }

    #[test]
    fn a_loss_is_told_with_topic_partition_and_offsets() {
        assert_eq!(told(&[]), None);
        assert_eq!(
            told(&[loss(12, 18)]).unwrap(),
            "Data loss: 6 records are gone. orders-1: offsets 12 to 17 are lost: the rows that held them were gone. \
             Everything else is served. The Health page has the report"
        );
        let many = told(&[loss(0, 1), loss(2, 3), loss(4, 5), loss(6, 7)]).unwrap();
        assert!(many.starts_with("Data loss: 4 records are gone. orders-1: offset 0 is lost"), "{many}");
        assert!(many.contains("; and 1 more. Everything"), "{many}");
        assert!(told(&[loss(0, 1)]).unwrap().contains("1 record is gone"));
    }
}
