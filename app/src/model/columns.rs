//! The columns that one can add to the messages: what a record's batch says, and how large things are.

use super::format::{bytes, grouped};
use crate::engine::protocol::{BatchView, RowView, Transaction};
use tablog_core::record::Compression;

/// A column that is there when somebody wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExtraColumn {
    /// The record's codec.
    Compression,
    /// Bytes of the record's key.
    KeySize,
    /// Bytes of the record's value.
    ValueSize,
    /// The offsets of its batch.
    Batch,
    /// Bytes of its batch, as stored.
    BatchSize,
    /// Whose clock the time is from.
    TimestampType,
    /// Who produced it.
    ProducerId,
    /// The producer's epoch.
    ProducerEpoch,
    /// The producer's number for the record.
    Sequence,
    /// The epoch of the leader that appended it.
    LeaderEpoch,
    /// The batch's checksum.
    Crc,
    /// The format that the batch is stored in.
    Magic,
    /// How the record's transaction ended.
    Transaction,
}

impl ExtraColumn {
    /// All of them, in the order in which they stand.
    pub const ALL: [Self; 13] = [
        Self::Compression,
        Self::KeySize,
        Self::ValueSize,
        Self::Batch,
        Self::BatchSize,
        Self::TimestampType,
        Self::ProducerId,
        Self::ProducerEpoch,
        Self::Sequence,
        Self::LeaderEpoch,
        Self::Crc,
        Self::Magic,
        Self::Transaction,
    ];

    /// Returns its name in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compression => "compression",
            Self::KeySize => "key-size",
            Self::ValueSize => "value-size",
            Self::Batch => "batch",
            Self::BatchSize => "batch-size",
            Self::TimestampType => "timestamp-type",
            Self::ProducerId => "producer-id",
            Self::ProducerEpoch => "producer-epoch",
            Self::Sequence => "sequence",
            Self::LeaderEpoch => "leader-epoch",
            Self::Crc => "crc",
            Self::Magic => "magic",
            Self::Transaction => "transaction",
        }
    }

    /// Returns its header.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Compression => "Compression",
            Self::KeySize => "Key size",
            Self::ValueSize => "Value size",
            Self::Batch => "Batch",
            Self::BatchSize => "Batch size",
            Self::TimestampType => "Timestamp type",
            Self::ProducerId => "Producer id",
            Self::ProducerEpoch => "Producer epoch",
            Self::Sequence => "Sequence",
            Self::LeaderEpoch => "Leader epoch",
            Self::Crc => "CRC",
            Self::Magic => "Magic",
            Self::Transaction => "Transaction",
        }
    }

    /// Returns its width in CSS pixels.
    pub const fn width_px(self) -> u32 {
        match self {
            Self::Batch => 156,
            Self::TimestampType => 124,
            Self::ProducerEpoch => 116,
            Self::Compression | Self::LeaderEpoch | Self::ProducerId | Self::Crc | Self::Transaction => 104,
            Self::Magic => 72,
            Self::KeySize | Self::ValueSize | Self::BatchSize | Self::Sequence => 92,
        }
    }

    /// Tells whether it holds numbers, which stand at the right.
    pub const fn is_number(self) -> bool {
        !matches!(self, Self::Compression | Self::TimestampType | Self::Crc | Self::Transaction)
    }

    /// Finds the columns that an address names, in the order in which they stand.
    pub fn parse_list(text: &str) -> Vec<Self> {
        Self::ALL.into_iter().filter(|column| text.split(',').any(|name| name == column.as_str())).collect()
    }

    /// Returns what a row says in it; nothing for a row whose batch cannot be read.
    pub fn words(self, row: &RowView) -> String {
        match (self, &row.batch) {
            _ if row.problem.is_some() => String::new(),
            (Self::KeySize, _) => bytes(row.key.bytes),
            (Self::ValueSize, _) => bytes(row.value.bytes),
            (Self::Transaction, _) if row.transaction == Transaction::None => "–".to_owned(),
            (Self::Transaction, _) => row.transaction.as_str().to_owned(),
            (_, Some(batch)) => self.batch_words(batch, row.offset),
            (_, None) => String::new(),
        }
    }

    fn batch_words(self, batch: &BatchView, offset: i64) -> String {
        let unless_unset = |number: i64| if number < 0 { "–".to_owned() } else { number.to_string() };
        match self {
            Self::KeySize | Self::ValueSize | Self::Transaction => String::new(),
            Self::Magic => batch.magic.to_string(),
            Self::Compression => Compression::from_attributes(batch.codec.into()).to_string(),
            Self::Batch => format!("{}–{}", grouped(batch.base_offset), grouped(batch.last_offset)),
            Self::BatchSize => bytes(batch.bytes.into()),
            Self::TimestampType => {
                if batch.is_log_append_time { "LogAppendTime" } else { "CreateTime" }.to_owned()
            }
            Self::ProducerId => unless_unset(batch.producer_id),
            Self::ProducerEpoch => unless_unset(batch.producer_epoch.into()),
            Self::Sequence => {
                batch.sequence_of(offset).map_or_else(|| "–".to_owned(), |sequence| sequence.to_string())
            }
            Self::LeaderEpoch => unless_unset(batch.leader_epoch.into()),
            Self::Crc => format!("{:08x}", batch.crc),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::protocol::{Cell, CellKind};

    fn row(batch: Option<BatchView>) -> RowView {
        let cell = |bytes| Cell { kind: CellKind::Text, text: String::new(), bytes, is_cut: false };
        RowView {
            partition: 0,
            offset: 1_007,
            timestamp: 0,
            key: cell(3),
            value: cell(1_500),
            headers: 0,
            marker: None,
            problem: None,
            batch,
            transaction: Transaction::Aborted,
        }
    }

    fn batch() -> BatchView {
        BatchView {
            base_offset: 1_000,
            last_offset: 1_009,
            bytes: 2_345,
            magic: 2,
            codec: 4,
            is_log_append_time: true,
            producer_id: 77,
            producer_epoch: 3,
            base_sequence: i32::MAX - 2,
            leader_epoch: 12,
            crc: 0x0A,
        }
    }

    #[test]
    fn each_column_says_what_the_batch_says() {
        let row = row(Some(batch()));
        let said: Vec<String> = ExtraColumn::ALL.iter().map(|column| column.words(&row)).collect();
        // A sequence goes on at 0 after the largest int32, as in Kafka.
        assert_eq!(
            said,
            [
                "zstd",
                "3 B",
                "1.4 kB",
                "1,000–1,009",
                "2.2 kB",
                "LogAppendTime",
                "77",
                "3",
                "4",
                "12",
                "0000000a",
                "2",
                "aborted"
            ]
        );
    }

    #[test]
    fn what_no_producer_set_is_a_dash_and_what_cannot_be_read_says_nothing() {
        let unset =
            BatchView { producer_id: -1, producer_epoch: -1, base_sequence: -1, leader_epoch: -1, ..batch() };
        let set_by_producers = [
            ExtraColumn::ProducerId,
            ExtraColumn::ProducerEpoch,
            ExtraColumn::Sequence,
            ExtraColumn::LeaderEpoch,
        ];
        assert!(set_by_producers.iter().all(|column| column.words(&row(Some(unset.clone()))) == "–"));
        let unreadable = RowView { problem: Some("cut".into()), ..row(None) };
        assert!(ExtraColumn::ALL.iter().all(|column| column.words(&unreadable).is_empty()));
    }

    #[test]
    fn an_address_names_columns_in_any_order_and_unknown_ones_are_left_out() {
        assert_eq!(
            ExtraColumn::parse_list("crc,nonsense,compression"),
            [ExtraColumn::Compression, ExtraColumn::Crc]
        );
        let names: Vec<&str> = ExtraColumn::ALL.iter().map(|column| column.as_str()).collect();
        assert_eq!(ExtraColumn::parse_list(&names.join(",")), ExtraColumn::ALL);
    }
}
