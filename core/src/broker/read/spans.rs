//! Many partitions in one go: their layout out of one look at what is known, their records out of one question to storage.

use super::TopicSource;
use crate::env::Env;
use crate::ids::{LogId, PartitionId};
use crate::limits::{READ_AT_ONCE_BYTES_MAX, READ_RETRIES_MAX, SCANS_AT_ONCE_MAX};
use crate::log::{Log, ReadPlan, ReadRow};
use crate::sorting::sort_each_once;
use crate::source::{Bounds, Damage, Fetched, Layout, SourceError, Span, fetch_rest};
use crate::storage::{Storage, StorageError};

/// What is to be read of one span.
struct Part {
    /// The span's place among those asked for.
    at: usize,
    log: LogId,
    plan: ReadPlan,
}

impl<S: Storage, E: Env> TopicSource<S, E> {
    pub(super) async fn lay_out(
        &self,
        known: &[(PartitionId, Option<Bounds>)],
    ) -> Result<Vec<Layout>, SourceError> {
        let of_known = |log: &Log, known: Option<Bounds>| {
            let bounds = log.bounds()?;
            Some(Layout { bounds, zones: if known == Some(bounds) { None } else { Some(log.zones()?) } })
        };
        for _ in 0..READ_RETRIES_MAX {
            let ids = known.iter().map(|(partition, _)| self.log(*partition));
            let ids: Vec<LogId> = ids.collect::<Result<_, _>>()?;
            self.broker.load_rows_of(&ids).await?;
            let layouts: Option<Vec<Layout>> = {
                let state = self.broker.inner.state.borrow();
                let ids = ids.iter().zip(known);
                ids.map(|(id, (_, known))| of_known(state.logs.get(id)?, *known)).collect()
            };
            if let Some(layouts) = layouts {
                return Ok(layouts);
            }
        }
        Err(self.restless())
    }

    pub(super) async fn read_spans(&self, spans: &[Span]) -> Result<Vec<Fetched>, SourceError> {
        let mut fetched = Vec::with_capacity(spans.len());
        let mut rest = spans;
        while !rest.is_empty() {
            let mut bytes = 0_usize;
            let fits = |span: &&Span| {
                let before = bytes;
                bytes = bytes.saturating_add(usize::try_from(span.bytes).unwrap_or(usize::MAX));
                before < READ_AT_ONCE_BYTES_MAX
            };
            let count = rest.iter().take(SCANS_AT_ONCE_MAX).take_while(fits).count();
            let (now, later) = rest.split_at(count.max(1).min(rest.len()));
            fetched.extend(self.read_together(now).await?);
            rest = later;
        }
        Ok(fetched)
    }

    /// Reads spans with one question to storage, and anew what was deleted before it was answered.
    async fn read_together(&self, spans: &[Span]) -> Result<Vec<Fetched>, SourceError> {
        let nothing =
            |span: &Span| Fetched { batches: Vec::new(), next_offset: span.from, damage: Vec::new() };
        let mut fetched: Vec<Fetched> = spans.iter().map(nothing).collect();
        let mut missing: Vec<usize> = (0..spans.len()).collect();
        for _ in 0..READ_RETRIES_MAX {
            let (parts, mut again) = self.plan_spans(spans, &missing, &mut fetched).await?;
            let scans: Vec<_> = parts.iter().map(|part| part.plan.scan.clone()).collect();
            let answers = match self.broker.inner.storage.scan_each(&scans).await {
                Ok(answers) => answers,
                // One row that cannot be read spoils the answer: span by span, the fetch names it and serves the others.
                Err(StorageError::Corrupt(_)) => {
                    return self.read_one_by_one(spans, fetched, |_| true).await;
                }
                Err(error) => return Err(error.into()),
            };
            for (part, rows) in parts.iter().zip(answers) {
                let (Some(span), Some(fetched)) = (spans.get(part.at), fetched.get_mut(part.at)) else {
                    continue;
                };
                let rows: Vec<ReadRow> = rows.into_iter().map(ReadRow::from).collect();
                if let Ok(read) = part.plan.read(span.partition, &rows) {
                    fetched.batches.extend(read.batches);
                    fetched.damage.extend(read.damage);
                    fetched.next_offset = read.next_offset;
                } else {
                    self.broker.reload(&self.name, part.log).await?;
                    again.push(part.at);
                }
            }
            if again.is_empty() {
                // A span of more rows than one scan brings goes on behind them.
                let is_short = |fetched: &Fetched| !fetched.batches.is_empty() || !fetched.damage.is_empty();
                return self.read_one_by_one(spans, fetched, is_short).await;
            }
            missing = again;
        }
        Err(self.restless())
    }

    /// Plans what is missing. Returns the plans, and the spans whose rows are not known although they were just loaded.
    async fn plan_spans(
        &self,
        spans: &[Span],
        missing: &[usize],
        fetched: &mut [Fetched],
    ) -> Result<(Vec<Part>, Vec<usize>), SourceError> {
        let mut wanted = Vec::with_capacity(missing.len());
        for &at in missing {
            if let Some(span) = spans.get(at) {
                wanted.push((at, self.log(span.partition)?));
            }
        }
        let logs = sort_each_once(wanted.iter().map(|(_, log)| *log).collect());
        self.broker.load_rows_of(&logs).await?;
        let state = self.broker.inner.state.borrow();
        let (mut parts, mut again) = (Vec::with_capacity(wanted.len()), Vec::new());
        for (at, id) in wanted {
            let (Some(span), Some(fetched)) = (spans.get(at), fetched.get_mut(at)) else { continue };
            let Some((log, bounds)) = state.logs.get(&id).and_then(|log| Some((log, log.bounds()?))) else {
                again.push(at);
                continue;
            };
            let start = bounds.log_start_offset;
            if start > fetched.next_offset {
                fetched.damage.push(Damage::deleted_meanwhile(span.partition, fetched.next_offset, start));
                fetched.next_offset = start;
            }
            if let Some(plan) = log.plan_span(fetched.next_offset, span.last) {
                parts.push(Part { at, log: id, plan });
            }
        }
        Ok((parts, again))
    }

    async fn read_one_by_one(
        &self,
        spans: &[Span],
        fetched: Vec<Fetched>,
        goes_on: impl Fn(&Fetched) -> bool,
    ) -> Result<Vec<Fetched>, SourceError> {
        let mut whole = Vec::with_capacity(fetched.len());
        for (span, mut fetched) in spans.iter().zip(fetched) {
            if goes_on(&fetched) {
                fetched = fetch_rest(self, span, fetched).await?;
            }
            whole.push(fetched);
        }
        Ok(whole)
    }
}
