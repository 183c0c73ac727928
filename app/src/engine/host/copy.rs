//! Replaying a view into a topic: the same records, paced as recorded or as fast as they can be stored.

use std::rc::Rc;

use tablog_core::client::ProducerRecord;
use tablog_core::ids::{PartitionId, TopicName};
use tablog_core::record::{BatchBuilder, Compression, NewRecord};
use tablog_core::source::{Isolated, Source, Transactions};
use tablog_inspect::replay::Replay as Clock;
use tablog_inspect::time_order::{Row, RowContent, TimeOrder};

use super::Host;
use super::import::{STOPPED, Sender, millis_since};
use super::job::Job;
use super::pace::{now_ms, sleep_ms};
use super::replay::clock_speed;
use super::sources::AnySource;
use crate::engine::logic::intake::TopicLimits;
use crate::engine::logic::ranges::Ranges;
use crate::engine::logic::unstored::ROWS;
use crate::engine::logic::windows::rows_at_once;
use crate::engine::logic::words::{capitalized, grouped};
use crate::engine::protocol::{CopyReport, Failure, Partitioning, Progress, ReplayInto, Speed};

/// Rows read at once at most.
const WINDOW_ROWS: usize = 1_000;
/// Encoded bytes that are sent together at most.
const PIECE_BYTES: usize = 4 * 1024 * 1024;
/// Milliseconds to wait at most before looking whether the person stopped it.
const LOOK_EVERY_MS: f64 = 50.0;
/// Reasons for left out records that a report names.
const PROBLEMS_MAX: usize = 100;

/// Rows on their way into a topic.
struct Copy<'a> {
    job: &'a Job,
    request: &'a ReplayInto,
    order: TimeOrder<Isolated<AnySource>>,
    /// Of each partition.
    transactions: Vec<Rc<Transactions>>,
    limits: TopicLimits,
    /// Rows read at once: fewer when they are large.
    rows_at_once: usize,
    sender: Sender,
    /// Read and not sent yet, with the row of each.
    waiting: (Vec<ProducerRecord>, Vec<u64>),
    waiting_bytes: usize,
    rows_total: u64,
    report: CopyReport,
    ranges: Ranges,
}

impl Host {
    /// Replays a view into a topic.
    pub async fn replay_into(&self, job: &Job, request: ReplayInto) -> Result<CopyReport, Failure> {
        self.ensure_topics_are_shared()?;
        let began_ms = now_ms();
        let view = self.views.find(request.view)?;
        let topic = TopicName::parse(&request.topic)?;
        let source = self.source(&view.source).await?;
        self.wait_for_index(job, &source).await?;
        // Rows of its own: the view's may move while the replay runs, above all when it runs into the same topic.
        let mut transactions = Vec::new();
        for partition in 0..source.partitions() {
            transactions.push(source.transactions(PartitionId::new(partition)).await?);
        }
        let isolated = Isolated::new(source, view.order.source().level());
        let order = TimeOrder::open(isolated, view.partitions.as_deref()).await?;
        let end = request.rows.map_or(u64::MAX, |rows| request.first_row.saturating_add(rows));
        let range = request.first_row.min(order.rows())..end.min(order.rows());
        let limits = self.topic_limits(&topic, request.partitions).await?;
        let rows_at_once = rows_at_once(order.rows(), order.bytes(), WINDOW_ROWS);
        let mut copy = Copy {
            job,
            request: &request,
            order,
            transactions,
            limits,
            rows_at_once,
            sender: Sender::new(self.broker(), topic.clone(), Compression::None),
            waiting: Default::default(),
            waiting_bytes: 0,
            rows_total: range.end.saturating_sub(range.start),
            report: CopyReport {
                topic: topic.to_string(),
                records: 0,
                skipped: 0,
                problems: Vec::new(),
                uncommitted: 0,
                elapsed_ms: 0,
                stopped: None,
                ranges: Vec::new(),
                ranges_more: 0,
            },
            ranges: Ranges::default(),
        };
        match request.options.speed {
            Speed::Fastest => copy.all(range).await,
            Speed::Times(_) => copy.paced(range).await,
        }
        copy.flush().await;
        copy.settle().await;
        copy.report.elapsed_ms = millis_since(began_ms);
        (copy.report.ranges, copy.report.ranges_more) = copy.ranges.finish();
        Ok(copy.report)
    }
}

impl Copy<'_> {
    /// Copies rows as fast as they can be stored.
    async fn all(&mut self, range: std::ops::Range<u64>) {
        let mut next = range.start;
        while next < range.end && self.goes_on(next) {
            let count = usize::try_from(range.end - next).unwrap_or(usize::MAX).min(self.rows_at_once);
            let rows = match self.order.window(next, count).await {
                Ok(rows) => rows,
                Err(error) => return self.stop(&capitalized(&error.to_string()), next),
            };
            if rows.is_empty() {
                break;
            }
            for row in rows {
                next = row.row.saturating_add(1);
                if !self.take(&row) {
                    return;
                }
            }
            if self.waiting_bytes >= PIECE_BYTES {
                self.flush().await;
            }
            self.tell();
            self.job.pace().await;
        }
    }

    /// Copies rows when their time comes.
    async fn paced(&mut self, range: std::ops::Range<u64>) {
        let mut clock = Clock::new(range.clone());
        clock.set_speed(clock_speed(self.request.options.speed), now_ms());
        let gap_ms = self.request.options.skip_gaps_ms.map(|gap| i64::try_from(gap).unwrap_or(i64::MAX));
        clock.set_skip_gaps_over(gap_ms, now_ms());
        clock.play(now_ms());
        while clock.next_row() < range.end && self.goes_on(clock.next_row()) {
            if let Some(wanted) = clock.wants() {
                let count = usize::try_from(wanted.end - wanted.start).unwrap_or(usize::MAX).min(WINDOW_ROWS);
                match self.order.times(wanted.start, count).await {
                    Ok(times) => clock.feed(wanted.start, &times),
                    Err(error) => return self.stop(&capitalized(&error.to_string()), clock.next_row()),
                }
            }
            let due = clock.tick(now_ms());
            if let (Some(first), Some(last)) = (due.rows.first(), due.rows.last()) {
                self.all(first.row..last.row.saturating_add(1)).await;
                self.flush().await;
            }
            self.tell();
            match due.wake_at_ms {
                Some(at) => self.wait(at).await,
                None => self.job.pace().await,
            }
        }
    }

    /// Puts a row among those that wait; returns whether to go on.
    fn take(&mut self, row: &Row) -> bool {
        let (record, batch) = match &row.content {
            RowContent::Record { record, batch } => (record, batch),
            RowContent::Unreadable { cause } => {
                self.leave_out(format!(
                    "Partition {}, offset {}: {cause}",
                    row.partition,
                    grouped(row.offset.value().unsigned_abs())
                ));
                return true;
            }
        };
        if batch.is_control() {
            self.leave_out(format!(
                "Partition {}, offset {}: a control record, which no consumer sees",
                row.partition,
                grouped(row.offset.value().unsigned_abs())
            ));
            return true;
        }
        let record = NewRecord {
            timestamp: self.request.keeps_timestamps.then_some(record.timestamp),
            key: record.key.clone(),
            value: record.value.clone(),
            headers: record.headers.clone(),
        };
        let partition = (self.request.partitioning == Partitioning::Same).then_some(row.partition);
        if let Some(why) = self.limits.refuses(&record, partition) {
            self.stop(&capitalized(&why), row.row);
            return false;
        }
        let transactions = row.partition.index().and_then(|index| self.transactions.get(index));
        if transactions.is_some_and(|transactions| transactions.status_of(batch).is_uncommitted()) {
            self.report.uncommitted += 1;
        }
        self.waiting_bytes = self.waiting_bytes.saturating_add(BatchBuilder::bytes_of_one(&record));
        self.waiting.0.push(ProducerRecord { partition, record });
        self.waiting.1.push(row.row);
        true
    }

    fn leave_out(&mut self, why: String) {
        self.report.skipped += 1;
        if self.report.problems.len() < PROBLEMS_MAX {
            self.report.problems.push(why);
        }
    }

    /// Sends what waits, after what is on its way has arrived.
    async fn flush(&mut self) {
        self.settle().await;
        let (records, rows) = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        if !records.is_empty() {
            self.sender.send(records, rows);
        }
    }

    /// Books what has arrived.
    async fn settle(&mut self) {
        let Some((rows, sent)) = self.sender.arrived().await else { return };
        self.report.records += sent.records();
        self.ranges.add(&sent);
        let numbers: Vec<u64> = rows.iter().map(|row| row.saturating_add(1)).collect();
        if let Some(why) = ROWS.why_unstored(&numbers, &sent) {
            self.waiting = Default::default();
            self.report.stopped = Some(why);
        }
    }

    fn stop(&mut self, why: &str, row: u64) {
        self.report.stopped = Some(format!("{why}. {}", ROWS.onwards(row.saturating_add(1))));
    }

    /// Tells whether to go on with the row `next`.
    fn goes_on(&mut self, next: u64) -> bool {
        if self.report.stopped.is_none() && self.job.is_cancelled() {
            let row = self.waiting.1.first().copied().unwrap_or(next);
            self.waiting = Default::default();
            self.stop(STOPPED, row);
        }
        self.report.stopped.is_none()
    }

    fn tell(&self) {
        self.job.progress(Progress {
            records: self.report.records,
            records_total: Some(self.rows_total),
            ..Progress::default()
        });
    }

    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to a fraction of a second"
    )]
    async fn wait(&self, until_ms: f64) {
        let left_ms = (until_ms - now_ms()).clamp(0.0, LOOK_EVERY_MS);
        if left_ms < 1.0 { self.job.pace().await } else { sleep_ms(left_ms as u32).await }
    }
}
