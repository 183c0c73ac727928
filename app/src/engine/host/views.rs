//! Views: windows onto records in time order, over a stored topic or an opened file.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tablog_core::ids::{Offset, PartitionId, Timestamp, TopicName};
use tablog_core::source::{Isolated, IsolationLevel, Source, SourceError, Transactions};
use tablog_inspect::internal::{Decoder, decoder_for};
use tablog_inspect::time_order::{Refreshed, Row, RowContent, Start as OrderStart, TimeOrder};

use super::Host;
use super::failures::failure;
use super::job::Job;
use super::rows::row_view;
use super::sources::AnySource;
use crate::engine::logic::windows::rows_at_once;
use crate::engine::protocol::{
    BUCKETS_MAX, Event, Failure, FailureKind, Histogram, ROWS_MAX, RowView, Rows, SourceRef, Start, ViewId,
    ViewState,
};

/// The views that the page has open.
#[derive(Default)]
pub struct Views {
    open: RefCell<BTreeMap<ViewId, Rc<View>>>,
}

/// One view.
pub struct View {
    /// Its number.
    pub id: ViewId,
    /// Whose records.
    pub source: SourceRef,
    /// The chosen partitions; `None` for all.
    pub partitions: Option<Vec<PartitionId>>,
    /// The decoder of its topic, if that is one of Kafka's own.
    pub decoder: Option<Decoder>,
    /// How many places were known to be damaged when the page was told last.
    damage_told: Cell<u64>,
    /// The records in order.
    pub order: TimeOrder<Isolated<AnySource>>,
}

impl View {
    /// Looks again at the source.
    ///
    /// # Errors
    /// What the source reports.
    pub async fn renew(&self) -> Result<Option<ViewState>, SourceError> {
        let Refreshed { rows_before, rows, first_changed_row } = self.order.refresh().await?;
        if rows_before == rows && first_changed_row >= rows {
            return Ok(None);
        }
        self.state(first_changed_row).await.map(Some)
    }

    /// Sums the view up, as of its last renewal.
    ///
    /// # Errors
    /// What the source reports.
    pub async fn state(&self, first_changed_row: u64) -> Result<ViewState, SourceError> {
        let source = self.order.source().inner();
        // Of all partitions, chosen or not.
        let mut bytes = self.order.bytes();
        if self.partitions.is_some() {
            bytes = 0;
            for partition in 0..source.partitions() {
                bytes = bytes.saturating_add(source.bounds(PartitionId::new(partition)).await?.bytes);
            }
        }
        let mut has_transactions = false;
        for partition in 0..source.partitions() {
            has_transactions |= !source.transactions(PartitionId::new(partition)).await?.is_empty();
        }
        let times = self.order.time_range();
        let damage = source.damage();
        self.damage_told.set(damage.count);
        Ok(ViewState {
            view: self.id,
            rows: self.order.rows(),
            first_changed_row,
            bytes,
            first_timestamp: times.map(|(first, _)| first.millis()),
            last_timestamp: times.map(|(_, last)| last.millis()),
            partitions: source.partitions(),
            indexing: source.indexing(),
            damage: damage.sentences,
            damage_count: damage.count,
            has_transactions,
        })
    }

    /// Pictures rows, of transactions as they stand now.
    async fn pictured(&self, rows: &[Row]) -> Result<Vec<RowView>, SourceError> {
        let mut transactions: BTreeMap<PartitionId, Rc<Transactions>> = BTreeMap::new();
        for row in rows {
            let is_of_one =
                matches!(&row.content, RowContent::Record { batch, .. } if batch.is_transactional());
            if is_of_one && !transactions.contains_key(&row.partition) {
                let of_partition = self.order.source().transactions(row.partition).await?;
                transactions.insert(row.partition, of_partition);
            }
        }
        Ok(rows
            .iter()
            .map(|row| row_view(row, transactions.get(&row.partition).map(Rc::as_ref), self.decoder))
            .collect())
    }
}

impl Views {
    /// Finds an open view.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn find(&self, id: ViewId) -> Result<Rc<View>, Failure> {
        self.open
            .borrow()
            .get(&id)
            .cloned()
            .ok_or_else(|| failure(FailureKind::NotFound, format!("There is no open view {id}")))
    }

    /// Returns the open views over sources for which `is_meant` holds.
    pub fn over(&self, is_meant: impl Fn(&SourceRef) -> bool) -> Vec<Rc<View>> {
        self.open.borrow().values().filter(|view| is_meant(&view.source)).cloned().collect()
    }

    /// Closes a view.
    pub fn close(&self, id: ViewId) {
        self.open.borrow_mut().remove(&id);
    }
}

impl Host {
    /// Opens a view.
    pub async fn open_view(
        &self,
        source: SourceRef,
        partitions: Option<Vec<i32>>,
        isolation: IsolationLevel,
    ) -> Result<ViewState, Failure> {
        let partitions: Option<Vec<PartitionId>> =
            partitions.map(|chosen| chosen.into_iter().map(PartitionId::new).collect());
        let any = Isolated::new(self.source(&source).await?, isolation);
        let order = TimeOrder::open(any, partitions.as_deref()).await?;
        let decoder = decoder_for(&self.topic_of(&source)?);
        let id = self.next_id();
        let view = Rc::new(View { id, source, partitions, decoder, damage_told: Cell::new(0), order });
        // From here on it hears of changes; those before are looked for once more.
        self.views.open.borrow_mut().insert(id, Rc::clone(&view));
        let renewed = view.renew().await;
        let state = match renewed {
            Ok(_) => view.state(0).await,
            Err(error) => Err(error),
        };
        state.map_err(|error| {
            self.close_view(id);
            error.into()
        })
    }

    /// Reads rows of a view, unless the page has moved on by then.
    pub async fn rows(&self, job: &Job, view: ViewId, first_row: u64, count: u32) -> Result<Rows, Failure> {
        let open = self.views.find(view)?;
        let count = usize::try_from(count.min(ROWS_MAX)).unwrap_or(usize::MAX);
        // A window at a time, and what the page does not show of it goes before the next one comes.
        let at_once = rows_at_once(open.order.rows(), open.order.bytes(), count);
        let mut rows = Vec::with_capacity(count);
        while rows.len() < count {
            let first = first_row.saturating_add(u64::try_from(rows.len()).unwrap_or(u64::MAX));
            let window =
                job.unless_stopped(open.order.window(first, at_once.min(count - rows.len()))).await??;
            if window.is_empty() {
                break;
            }
            rows.extend(open.pictured(&window).await?);
        }
        // Damage in large batches shows only when they are read.
        if open.order.source().inner().damage_count() != open.damage_told.get() {
            self.port.tell(Event::View(open.state(open.order.rows()).await?));
        }
        Ok(Rows { view, first_row, rows })
    }

    /// Finds the row to start at: the last one when the start lies behind it.
    pub async fn locate(&self, view: ViewId, start: Start) -> Result<u64, Failure> {
        let open = self.views.find(view)?;
        // What was published a moment ago may not be in the view yet, and is what one looks for.
        self.tell_of(&open).await?;
        let start = match start {
            Start::Oldest => OrderStart::Oldest,
            Start::Newest => OrderStart::Newest,
            Start::Offset { partition, offset } => {
                OrderStart::Offset { partition: PartitionId::new(partition), offset: Offset::new(offset) }
            }
            Start::Time(time) => OrderStart::Time(Timestamp::from_millis(time)),
        };
        let row = open.order.row_at(start).await?;
        Ok(row.min(open.order.rows().saturating_sub(1)))
    }

    /// Renews the views over these topics, and says so.
    pub async fn refresh_views_of(&self, topics: &BTreeSet<TopicName>) {
        let is_meant = |source: &SourceRef| match source {
            SourceRef::Topic(name) => topics.iter().any(|topic| topic.as_str() == name),
            SourceRef::File(_) => false,
        };
        for view in self.views.over(is_meant) {
            if let Err(error) = self.tell_of(&view).await {
                self.view_failed(&view, error);
            }
        }
    }

    /// Renews one view, and tells the page when it changed.
    ///
    /// # Errors
    /// What the source reports.
    pub async fn tell_of(&self, view: &View) -> Result<(), SourceError> {
        if let Some(state) = view.renew().await? {
            self.tell_view(state);
        }
        Ok(())
    }

    /// Tells the page, and the replays of a view, that it changed.
    pub fn tell_view(&self, state: ViewState) {
        self.replays.renewed(&state);
        self.port.tell(Event::View(state));
    }

    /// Counts a view's records over time.
    pub async fn histogram(&self, view: ViewId, buckets: u32) -> Result<Histogram, Failure> {
        let open = self.views.find(view)?;
        let buckets = usize::try_from(buckets.clamp(1, BUCKETS_MAX)).unwrap_or(1);
        let histogram = open.order.histogram(None, buckets).await?;
        Ok(Histogram { from: histogram.from.millis(), to: histogram.to.millis(), counts: histogram.counts })
    }

    /// Closes a view whose source is gone; other errors show when the rows are asked for.
    pub fn view_failed(&self, view: &View, error: SourceError) {
        if matches!(error, SourceError::UnknownTopic(_) | SourceError::UnknownPartition { .. }) {
            self.close_view(view.id);
            self.port.tell(Event::ViewGone { view: view.id, failure: error.into() });
        }
    }

    /// Closes a view and what leans on it.
    pub fn close_view(&self, view: ViewId) {
        self.views.close(view);
        self.replays.close_of(view);
    }

    /// Closes all views of topics: the database that held them is gone.
    pub fn close_topic_views(&self) {
        self.opened.clear();
        for view in self.views.over(|source| matches!(source, SourceRef::Topic(_))) {
            let SourceRef::Topic(name) = &view.source else { continue };
            self.view_failed(&view, SourceError::UnknownTopic(name.clone()));
        }
    }
}
