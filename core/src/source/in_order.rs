//! Reading in order: the next bytes are on their way while somebody looks at the last ones.

use std::future::ready;
use std::ops::Range;
use std::pin::Pin;
use std::task::Poll;

use futures_util::poll;

use super::{Fetched, Source, SourceError};
use crate::ids::{Offset, PartitionId};

type UnderWay<'a> = Pin<Box<dyn Future<Output = Result<Fetched, SourceError>> + 'a>>;

/// Reads one partition from its beginning to its end, or a part of it. Holds one fetch more than its user does.
pub struct InOrder<'a, S> {
    source: &'a S,
    partition: PartitionId,
    offsets: Range<Offset>,
    bytes_max: usize,
    under_way: Option<UnderWay<'a>>,
}

impl<'a, S: Source> InOrder<'a, S> {
    /// Reads what lies in `offsets`, about `bytes_max` bytes at once. Batches come whole: the first may begin before, and the last
    /// end behind.
    pub fn new(source: &'a S, partition: PartitionId, offsets: Range<Offset>, bytes_max: usize) -> Self {
        Self { source, partition, offsets, bytes_max, under_way: None }
    }

    /// Returns what comes next, and has asked for what follows; `None` at the end.
    ///
    /// # Errors
    /// As [`Source::fetch`].
    pub async fn next(&mut self) -> Result<Option<Fetched>, SourceError> {
        if self.offsets.is_empty() {
            return Ok(None);
        }
        let fetched = match self.under_way.take() {
            Some(under_way) => under_way.await?,
            None => self.source.fetch(self.partition, self.offsets.start, self.bytes_max).await?,
        };
        if fetched.next_offset <= self.offsets.start {
            self.offsets.start = self.offsets.end;
            return Ok(None);
        }
        self.offsets.start = fetched.next_offset;
        if !self.offsets.is_empty() {
            let source = self.source;
            let mut following: UnderWay<'a> =
                Box::pin(source.fetch(self.partition, self.offsets.start, self.bytes_max));
            // A future asks for nothing before somebody looks at it.
            self.under_way = Some(match poll!(&mut following) {
                Poll::Ready(answer) => Box::pin(ready(answer)),
                Poll::Pending => following,
            });
        }
        Ok(Some(fetched))
    }
}
