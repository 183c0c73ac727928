//! What an export could not write, or not so that it reads back: the first of it in sentences, all of it in number.

use tablog_core::ids::{Offset, PartitionId};
use tablog_core::limits::LINE_BYTES_MAX;

use super::words::grouped;

/// Problems that a report names.
const PROBLEMS_MAX: usize = 100;

/// The problems of one export.
#[derive(Debug, Default)]
pub struct Problems {
    sentences: Vec<String>,
    count: u64,
}

impl Problems {
    /// Notes one.
    pub fn push(&mut self, sentence: String) {
        self.count += 1;
        if self.sentences.len() < PROBLEMS_MAX {
            self.sentences.push(sentence);
        }
    }

    /// Notes a line that is written, but too long to be imported again.
    pub fn check_line(&mut self, line_bytes: usize, partition: PartitionId, offset: Offset) {
        if line_bytes > LINE_BYTES_MAX {
            let wide = |bytes: usize| grouped(u64::try_from(bytes).unwrap_or(u64::MAX));
            self.push(format!(
                "Partition {partition}, offset {offset}: its line is {} bytes long, and Tablog imports lines of {} bytes at most",
                wide(line_bytes),
                wide(LINE_BYTES_MAX)
            ));
        }
    }

    /// Puts in front what a file's index knows to be damaged: its sentences, and how many places there are.
    pub fn put_damage_first(&mut self, damage: Vec<String>, places: u64) {
        self.count += places;
        self.sentences.splice(0..0, damage);
        self.sentences.truncate(PROBLEMS_MAX);
    }

    /// Returns the sentences, and how many there would be in all.
    pub fn finish(self) -> (Vec<String>, u64) {
        (self.sentences, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_comes_first_and_is_counted_even_where_nothing_can_be_read() {
        // A file without one readable batch was exported as an empty file, without a word.
        let mut problems = Problems::default();
        problems.put_damage_first(vec!["all of it".to_owned()], 7);
        assert_eq!(problems.finish(), (vec!["all of it".to_owned()], 7));

        let mut problems = Problems::default();
        (0..150).for_each(|index| problems.push(format!("record {index}")));
        problems.put_damage_first(vec!["damage".to_owned(); 2], 2);
        let (sentences, count) = problems.finish();
        assert_eq!((sentences.len(), count), (PROBLEMS_MAX, 152));
        assert_eq!(sentences[..3], ["damage", "damage", "record 0"]);
    }

    #[test]
    fn a_line_that_cannot_be_imported_again_is_named() {
        // It was written without a word, and refused when it was read back.
        let mut problems = Problems::default();
        problems.check_line(LINE_BYTES_MAX, PartitionId::new(1), Offset::new(5));
        assert_eq!(problems.count, 0);
        problems.check_line(LINE_BYTES_MAX + 1, PartitionId::new(1), Offset::new(5));
        let (sentences, count) = problems.finish();
        assert_eq!(count, 1);
        assert!(
            sentences[0].starts_with("Partition 1, offset 5: its line is 67,108,865 bytes long"),
            "{sentences:?}"
        );
    }
}
