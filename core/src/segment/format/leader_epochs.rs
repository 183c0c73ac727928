//! `leader-epoch-checkpoint`: from which offset on each leader of a partition wrote
//! (`org.apache.kafka.storage.internals.checkpoint.LeaderEpochCheckpointFile`), the text of a checkpoint:
//!
//! ```text
//! 0
//! 2
//! 0 0          leader epoch, start offset: both rise
//! 3 1041
//! ```

use crate::ids::Offset;
use crate::segment::format::{FormatError, checkpoint};

/// One leader epoch and where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartOfEpoch {
    /// The leader epoch.
    pub epoch: i32,
    /// The first offset that was written in it; the log's end when none was yet.
    pub start_offset: Offset,
}

/// A whole `leader-epoch-checkpoint`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeaderEpochs {
    /// The epochs in the file's order.
    pub entries: Vec<StartOfEpoch>,
}

impl LeaderEpochs {
    /// Reads a whole file. That epochs rise is not looked at: see [`Self::disorder`].
    ///
    /// # Errors
    /// Names the first line that cannot be right. `file` is the file's name.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, FormatError> {
        let entries = checkpoint::parse(file, bytes, |fields| {
            let [epoch, start_offset] = fields else {
                return Err("should be a leader epoch and a start offset, and is".to_owned());
            };
            let epoch: i32 = checkpoint::number(epoch, "leader epoch")?;
            let start_offset: i64 = checkpoint::number(start_offset, "start offset")?;
            if epoch < 0 || start_offset < 0 {
                return Err("has a number below zero".to_owned());
            }
            Ok(StartOfEpoch { epoch, start_offset: Offset::new(start_offset) })
        })?;
        Ok(Self { entries })
    }

    /// Writes the file as Kafka does.
    pub fn encode(&self) -> Vec<u8> {
        let line = |entry: &StartOfEpoch| format!("{} {}", entry.epoch, entry.start_offset);
        checkpoint::encode(self.entries.iter().map(line))
    }

    /// Finds the first two neighbours of which the epoch or the offset does not rise.
    pub fn disorder(&self) -> Option<(StartOfEpoch, StartOfEpoch)> {
        let pairs = self.entries.iter().zip(self.entries.iter().skip(1));
        let mut wrong = pairs.filter(|(a, b)| b.epoch <= a.epoch || b.start_offset <= a.start_offset);
        wrong.next().map(|(a, b)| (*a, *b))
    }

    /// Tells in which epoch an offset was written; `None` before the first.
    pub fn epoch_of(&self, offset: Offset) -> Option<StartOfEpoch> {
        let at = self.entries.partition_point(|entry| entry.start_offset <= offset);
        self.entries.get(at.checked_sub(1)?).copied()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::segment::format::test_bytes::cut_and_flip;

    const FILE: &str = "orders-0/leader-epoch-checkpoint";

    fn parse(text: &str) -> Result<LeaderEpochs, FormatError> {
        LeaderEpochs::parse(FILE, text.as_bytes())
    }

    #[test]
    fn epochs_read_and_come_back_byte_for_byte() {
        // As Kafka 4.4.0 writes it.
        let text = "0\n3\n0 0\n3 41\n4 1041\n";
        let epochs = parse(text).unwrap();
        assert_eq!(epochs.encode(), text.as_bytes());
        let of = |offset| epochs.epoch_of(Offset::new(offset)).unwrap().epoch;
        assert_eq!([0, 40, 41, 1_040, 1_041, 9_999].map(of), [0, 0, 3, 3, 4, 4]);
        assert_eq!(epochs.disorder(), None);
        assert_eq!(parse("0\r\n1\r\n7 9\r\n").unwrap().entries[0].epoch, 7);
        assert_eq!((parse("").unwrap().entries, parse("0\n").unwrap().entries), (vec![], vec![]));
        assert_eq!(LeaderEpochs::default().encode(), b"0\n0\n");
        assert_eq!(epochs.epoch_of(Offset::new(-1)), None);
    }

    #[test]
    fn lines_that_cannot_be_right_are_named() {
        let refused = |text: &str| parse(text).unwrap_err().to_string();
        assert_eq!(
            refused("1\n0\n"),
            format!("{FILE}, byte 0: line 1 has a version that is not known; only 0 is: \"1\"")
        );
        assert!(refused("0\nx\n").contains("byte 2: line 2 should say how many"));
        assert!(refused("0\n2\n0 0\n").contains("line 2 counts other entries than the 1 that follow: \"2\""));
        assert!(refused("0\n1\n0 0 0\n").contains("byte 4: line 3 should be a leader epoch"));
        assert!(refused("0\n1\n0 99999999999999999999\n").contains("start offset that is no number"));
        assert!(refused("0\n1\n-1 0\n").contains("below zero"));
        assert!(
            LeaderEpochs::parse(FILE, b"0\n1\n\xff").unwrap_err().to_string().contains("byte 4: the bytes")
        );
        let falling = parse("0\n2\n3 41\n2 50\n").unwrap();
        assert_eq!(falling.disorder().unwrap().1.epoch, 2);
    }

    #[test]
    fn damaged_files_never_panic() {
        cut_and_flip(b"0\n3\n0 0\n3 41\n4 1041\n", |damaged| {
            if let Ok(epochs) = LeaderEpochs::parse(FILE, damaged) {
                assert_eq!(LeaderEpochs::parse(FILE, &epochs.encode()).unwrap(), epochs);
            }
        });
    }

    proptest! {
        #[test]
        fn any_epochs_come_back(pairs in proptest::collection::vec((0..i32::MAX, 0..i64::MAX), 0..20)) {
            let entry = |&(epoch, offset)| StartOfEpoch { epoch, start_offset: Offset::new(offset) };
            let epochs = LeaderEpochs { entries: pairs.iter().map(entry).collect() };
            prop_assert_eq!(LeaderEpochs::parse(FILE, &epochs.encode()).unwrap(), epochs);
        }
    }
}
