//! What a log file's name tells: `orders-7/00000000000000000042.log` is partition 7 of `orders`, from offset 42 on
//! (`org.apache.kafka.storage.internals.log.LogFileUtils`).

use crate::ids::{Offset, PartitionId};
use crate::limits::PARTITIONS_MAX;

/// Digits of a base offset in a file's name.
const BASE_OFFSET_DIGITS: usize = 20;

/// What a file's name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileName {
    /// The first offset that the file may hold, when the name is one that Kafka gives.
    pub(super) base_offset: Option<Offset>,
    /// The partition, from the folder; 0 when the folder does not tell.
    pub(super) partition: PartitionId,
}

impl FileName {
    pub(super) fn parse(name: &str) -> Self {
        let mut parts = name.rsplit(['/', '\\']);
        let base_offset = parts.next().and_then(base_offset);
        let partition = parts.next().and_then(partition).unwrap_or_default();
        Self { base_offset, partition }
    }
}

fn base_offset(file: &str) -> Option<Offset> {
    let digits = file.strip_suffix(".log")?;
    let is_kafkas = digits.len() == BASE_OFFSET_DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
    if is_kafkas { digits.parse().ok().map(Offset::new) } else { None }
}

fn partition(folder: &str) -> Option<PartitionId> {
    let (_topic, number) = folder.rsplit_once('-')?;
    let number: i32 = number.parse().ok()?;
    (0..PARTITIONS_MAX).contains(&number).then(|| PartitionId::new(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_base_offset_and_the_partition() {
        let parse = |name| {
            let FileName { base_offset, partition } = FileName::parse(name);
            (base_offset.map(Offset::value), partition.value())
        };
        assert_eq!(parse("kafka-logs/my-orders-7/00000000000000000042.log"), (Some(42), 7));
        assert_eq!(parse("C:\\logs\\a-1\\00000000000000000000.log"), (Some(0), 1));
        assert_eq!(parse("09223372036854775807.log"), (Some(i64::MAX), 0));
        assert_eq!(parse("99999999999999999999.log"), (None, 0));
        assert_eq!(parse("orders/000042.log"), (None, 0));
        assert_eq!(parse("a-5000/dump.bin"), (None, 0));
    }
}
