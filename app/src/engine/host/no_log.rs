//! Kafka's files in the engine that opens none: there is no such log, and the compiler leaves out whatever would need one.

use std::rc::Rc;

use tablog_core::browser::BlobFile;
use tablog_core::ids::{Offset, PartitionId, Timestamp};
use tablog_core::segment::{Progress, ReadError};
use tablog_core::source::{Bounds, Fetched, Layout, Source, SourceError, Span, Transactions, Zone};

use super::failures::failure;
use super::sources::DamageReport;
use crate::engine::protocol::{Failure, FailureKind};

/// A log that cannot be.
pub enum OpenLog {}

impl OpenLog {
    /// Opens nothing.
    ///
    /// # Errors
    /// Always: the page asks the other engine.
    pub async fn of_file(_file: BlobFile) -> Result<Self, Failure> {
        Err(not_here())
    }

    /// Opens nothing.
    ///
    /// # Errors
    /// Always: the page asks the other engine.
    pub async fn of_topic(_name: &str, _files: Vec<BlobFile>) -> Result<Self, Failure> {
        Err(not_here())
    }

    pub fn name(&self) -> String {
        match *self {}
    }

    pub fn topic(&self) -> String {
        match *self {}
    }

    pub fn bytes(&self) -> u64 {
        match *self {}
    }

    pub async fn index_step(&self) -> Result<Progress, ReadError> {
        match *self {}
    }

    pub fn progress(&self) -> Progress {
        match *self {}
    }

    pub fn damaged_places(&self) -> u64 {
        match *self {}
    }

    pub fn damage(&self, _count_max: usize) -> DamageReport {
        match *self {}
    }
}

fn not_here() -> Failure {
    failure(FailureKind::Unsupported, "This engine opens no files of Kafka's: reload the page")
}

impl Source for OpenLog {
    fn partitions(&self) -> i32 {
        match *self {}
    }

    async fn bounds(&self, _: PartitionId) -> Result<Bounds, SourceError> {
        match *self {}
    }

    async fn zones(&self, _: PartitionId) -> Result<Vec<Zone>, SourceError> {
        match *self {}
    }

    async fn fetch(&self, _: PartitionId, _: Offset, _: usize) -> Result<Fetched, SourceError> {
        match *self {}
    }

    async fn layout(&self, _: &[(PartitionId, Option<Bounds>)]) -> Result<Vec<Layout>, SourceError> {
        match *self {}
    }

    async fn fetch_spans(&self, _: &[Span]) -> Result<Vec<Fetched>, SourceError> {
        match *self {}
    }

    async fn offset_for_timestamp(
        &self,
        _: PartitionId,
        _: Timestamp,
    ) -> Result<Option<(Offset, Timestamp)>, SourceError> {
        match *self {}
    }

    async fn transactions(&self, _: PartitionId) -> Result<Rc<Transactions>, SourceError> {
        match *self {}
    }
}
