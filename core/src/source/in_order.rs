//! Reading in order: the next bytes are on their way while somebody looks at the last ones.

use std::collections::VecDeque;
use std::future::ready;
use std::ops::Range;
use std::pin::Pin;
use std::task::Poll;

use futures_util::poll;

use super::{Fetched, Source, SourceError, Span};
use crate::ids::{Offset, PartitionId};
use crate::limits::READS_UNDER_WAY;

type UnderWay<'a> = Pin<Box<dyn Future<Output = Result<Fetched, SourceError>> + 'a>>;

/// Reads one partition from its beginning to its end, or a part of it. Holds [`READS_UNDER_WAY`] fetches more than its user does.
pub struct InOrder<'a, S> {
    source: &'a S,
    partition: PartitionId,
    /// What was not handed out yet.
    offsets: Range<Offset>,
    bytes_max: usize,
    /// What can be asked for without knowing the answer before it; `None` until the partition is laid out.
    planned: Option<VecDeque<Span>>,
    /// Each with the offset that it should go up to.
    under_way: VecDeque<(Offset, UnderWay<'a>)>,
}

impl<'a, S: Source> InOrder<'a, S> {
    /// Reads what lies in `offsets`, about `bytes_max` bytes at once and whole zones at least. Batches come whole: the first may
    /// begin before, and the last end behind.
    pub fn new(source: &'a S, partition: PartitionId, offsets: Range<Offset>, bytes_max: usize) -> Self {
        Self { source, partition, offsets, bytes_max, planned: None, under_way: VecDeque::new() }
    }

    /// Returns what comes next, and has asked for what follows; `None` at the end.
    ///
    /// # Errors
    /// As [`Source::fetch`].
    pub async fn next(&mut self) -> Result<Option<Fetched>, SourceError> {
        if self.offsets.is_empty() {
            return Ok(None);
        }
        if self.planned.is_none() {
            self.planned = Some(self.plan().await?);
        }
        self.ask_ahead().await;
        let mut fetched = None;
        if let Some((end, answer)) = self.under_way.pop_front() {
            let answer = answer.await?;
            if answer.next_offset != end {
                // Rows went, or came, since they were laid out: what was asked for behind them may leave something out.
                self.forget_the_plan();
            }
            fetched = Some(answer).filter(|answer| answer.next_offset > self.offsets.start);
        }
        let fetched = match fetched {
            Some(fetched) => fetched,
            // What lies behind the zones that were known, as in a file that is still being indexed; or where they were wrong.
            None => self.source.fetch(self.partition, self.offsets.start, self.bytes_max).await?,
        };
        if fetched.next_offset <= self.offsets.start {
            self.offsets.start = self.offsets.end;
            return Ok(None);
        }
        self.offsets.start = fetched.next_offset;
        self.ask_ahead().await;
        Ok(Some(fetched))
    }

    fn forget_the_plan(&mut self) {
        self.under_way.clear();
        self.planned = None;
    }

    /// Lays out the wanted offsets: neighbouring zones go together as long as they are small.
    async fn plan(&self) -> Result<VecDeque<Span>, SourceError> {
        let (partition, wanted) = (self.partition, &self.offsets);
        let bounds = self.source.bounds(partition).await?;
        let (start, end) = (bounds.log_start_offset, bounds.high_watermark);
        if wanted.start < start || wanted.start > end {
            return Err(SourceError::OffsetOutOfRange { offset: wanted.start, start, end });
        }
        let mut spans: VecDeque<Span> = VecDeque::new();
        let mut from = wanted.start;
        let zones = self.source.zones(partition).await?;
        for zone in
            zones.iter().filter(|zone| zone.last_offset >= wanted.start && zone.base_offset < wanted.end)
        {
            match spans.back_mut() {
                Some(span) if span.bytes.saturating_add(zone.bytes) <= self.bytes_max as u64 => {
                    span.last = zone.last_offset;
                    span.bytes = span.bytes.saturating_add(zone.bytes);
                }
                // Each begins where the one before ends, so that what is missing in between is told.
                _ => spans.push_back(Span { partition, from, last: zone.last_offset, bytes: zone.bytes }),
            }
            from = zone.last_offset.next();
        }
        Ok(spans)
    }

    /// Asks for as much as may be under way. A future asks for nothing before somebody looks at it.
    async fn ask_ahead(&mut self) {
        while self.under_way.len() < READS_UNDER_WAY {
            let Some(span) = self.planned.as_mut().and_then(VecDeque::pop_front) else { return };
            let mut following = read(self.source, span);
            let answer = poll!(&mut following);
            let following: UnderWay<'a> = match answer {
                Poll::Ready(answer) => Box::pin(ready(answer)),
                Poll::Pending => following,
            };
            self.under_way.push_back((span.last.next(), following));
        }
    }
}

fn read<S: Source>(source: &S, span: Span) -> UnderWay<'_> {
    Box::pin(async move {
        let fetched = source.fetch_spans(&[span]).await?.pop();
        Ok(fetched.unwrap_or(Fetched { batches: Vec::new(), next_offset: span.from, damage: Vec::new() }))
    })
}
