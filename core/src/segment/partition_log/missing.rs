//! Offsets that no segment holds, or no batch within one: told where nothing says that compaction took them.

use super::PartitionLog;
use crate::ids::Offset;
use crate::segment::index::Traces;
use crate::segment::{LogFile, ReadAt};
use crate::source::Damage;

impl<R: ReadAt> PartitionLog<R> {
    /// Tells where the segments so far end, and what is missing between there and a segment's base offset.
    pub(super) fn end_before(&self, base_offset: Offset) -> (Option<Offset>, Option<Damage>) {
        let end = self.found_up_to();
        let opened = self.opened.borrow();
        let Some(from) = end.filter(|&end| end < base_offset) else { return (end, None) };
        let is_explained = opened.last().is_none_or(|last| last.is_explained())
            || self.was_compacted_up_to(base_offset)
            || self.traces().show_compaction();
        let cause = format!(
            "no segment holds these offsets: the next one begins at {base_offset}. Either a segment's file is missing, or \
             compaction took them"
        );
        let (partition, to) = (self.partition, Some(base_offset));
        let hole = Damage { partition, from: Some(from), to, position_bytes: 0, cause };
        (end, (!is_explained).then_some(hole))
    }

    /// Sums up what compaction may have left in the segments so far.
    fn traces(&self) -> Traces {
        let opened = self.opened.borrow();
        let logs = opened.iter().filter_map(|segment| segment.log.as_ref());
        logs.map(LogFile::traces).fold(Traces::default(), Traces::and)
    }

    /// Tells whether the broker wrote down that it compacted the log up to an offset or further.
    fn was_compacted_up_to(&self, offset: Offset) -> bool {
        self.compacted_up_to.is_some_and(|compacted| offset <= compacted)
    }

    /// Says what is missing without a reason, as a verification does. A hole is told until compaction shows somewhere; whether a
    /// gap is the only one, the end tells.
    pub(super) fn judge_what_is_missing(&self, is_done: bool) {
        let opened = self.opened.borrow();
        if !is_done && opened.last().is_some_and(|last| last.done.get().is_none()) {
            return;
        }
        let traces = self.traces();
        if traces.show_compaction() {
            opened.iter().for_each(|segment| drop(segment.hole.take()));
        } else if is_done && !self.has_judged.replace(true) {
            let is_told = traces.first_gap.is_some_and(|gap| !self.was_compacted_up_to(gap.to));
            let mut logs = opened.iter().filter_map(|segment| segment.log.as_ref());
            if let Some(log) = logs.find(|log| is_told && log.traces().gaps > 0) {
                log.doubt_the_gap();
            }
        }
    }
}
