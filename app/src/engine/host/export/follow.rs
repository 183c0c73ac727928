//! Exports of a file that is still being indexed: the export indexes it from here on, and writes what is found on the way, so that
//! each byte is read once.

use std::rc::Rc;

use futures_util::future::join;
use tablog_core::ids::{Offset, PartitionId};
use tablog_core::record::RecordBatch;
use tablog_core::source::{Bounds, Isolated, IsolationLevel, Source};

use super::Writer;
use crate::engine::host::Host;
use crate::engine::host::files::OpenFile;
use crate::engine::host::job::Job;
use crate::engine::host::sources::AnySource;
use crate::engine::protocol::{ExportRequest, Failure, FileId, SourceRef};

/// A file whose index is an export's business, as long as this is kept.
pub struct Lead {
    id: FileId,
    file: Rc<OpenFile>,
}

impl Drop for Lead {
    fn drop(&mut self) {
        self.file.is_led.set(false);
    }
}

impl Host {
    /// Lets an export index the file that it writes; `None` when it is not to follow the index: all is indexed, another export
    /// follows it, or not all that is found is wanted.
    ///
    /// # Errors
    /// `NotFound`.
    pub(super) fn lead(&self, request: &ExportRequest) -> Result<Option<Lead>, Failure> {
        let is_whole = request.partitions.is_none() && request.from.is_none() && request.to.is_none();
        let SourceRef::File(id) = request.source else { return Ok(None) };
        let file = self.files.find(id)?;
        // What is committed is told by what comes later.
        let is_all = is_whole && request.isolation == IsolationLevel::ReadUncommitted;
        if !is_all || file.log.progress().done || file.is_led.replace(true) {
            return Ok(None);
        }
        Ok(Some(Lead { id, file }))
    }
}

impl Lead {
    /// Indexes a little more, and returns what was found on the way; `None` at the partition's end.
    async fn next(&self, host: &Host, partition: PartitionId) -> Result<Option<Vec<RecordBatch>>, Failure> {
        self.file.check()?;
        self.file.log.index_and_read(partition).await.map_err(|error| {
            host.file_failed(self.id, &self.file, error.clone());
            Failure::from(error)
        })
    }

    fn gone_through(&self) -> Option<(u64, u64)> {
        let progress = self.file.log.progress();
        Some((progress.bytes_done, progress.bytes_total))
    }
}

impl Writer {
    /// Writes a whole file, partition by partition, while it is being indexed.
    pub(super) async fn follow(
        &mut self,
        host: &Host,
        job: &Job,
        source: &Isolated<AnySource>,
        lead: &Lead,
    ) -> Result<(), Failure> {
        for partition in (0..source.partitions()).map(PartitionId::new) {
            let written = self.follow_to_transactions(host, job, source, (lead, partition)).await?;
            // How a transaction ends is told further on: what comes from the first one on is read once all is known.
            while lead.next(host, partition).await?.is_some() {
                self.gone_through = lead.gone_through();
                self.tell(job, None);
                job.breathe().await?;
            }
            let rest = Self::rest(source, partition, written).await?;
            self.partition(job, source, (partition, rest), None).await?;
        }
        Ok(())
    }

    /// Writes a partition up to its end, or to where there are transactions. Returns the offset behind what was written, if
    /// anything was.
    async fn follow_to_transactions(
        &mut self,
        host: &Host,
        job: &Job,
        source: &Isolated<AnySource>,
        (lead, partition): (&Lead, PartitionId),
    ) -> Result<Option<Offset>, Failure> {
        let (mut found, mut written): (Vec<RecordBatch>, Option<Offset>) = (Vec::new(), None);
        loop {
            self.gone_through = lead.gone_through();
            // Should a step of others be under way, the next one has nothing to wait for.
            job.breathe().await?;
            if !source.transactions(partition).await?.is_empty() {
                return Ok(written);
            }
            let end = found.last().map(RecordBatch::next_offset).or(written);
            let indexed = lead.file.log.found_up_to(partition);
            if let Some(indexed) = indexed.filter(|indexed| Some(*indexed) > end) {
                // Found before the export began.
                let rest =
                    Bounds { high_watermark: indexed, ..Self::rest(source, partition, written).await? };
                self.partition(job, source, (partition, rest), None).await?;
                (found, written) = (Vec::new(), Some(indexed));
                continue;
            }
            // While records are written, the next ones are on their way.
            let (read, wrote) = join(lead.next(host, partition), self.all_of(job, partition, &found)).await;
            wrote?;
            written = end;
            match read? {
                Some(batches) => found = batches,
                None => return Ok(written),
            }
        }
    }

    /// Returns the bounds of what is indexed of a partition and not written yet.
    async fn rest(
        source: &Isolated<AnySource>,
        partition: PartitionId,
        written: Option<Offset>,
    ) -> Result<Bounds, Failure> {
        let bounds = source.bounds(partition).await?;
        Ok(Bounds { log_start_offset: written.unwrap_or(bounds.log_start_offset), ..bounds })
    }

    async fn all_of(
        &mut self,
        job: &Job,
        partition: PartitionId,
        batches: &[RecordBatch],
    ) -> Result<(), Failure> {
        for batch in batches {
            self.batch(job, partition, batch, Offset::ZERO..Offset::new(i64::MAX)).await?;
            self.tell(job, None);
        }
        Ok(())
    }
}
