//! Verification of what is opened in place: does it hold what was written, and do its files agree with each other.

use js_sys::{Array, JsString};
use tablog_core::browser::BlobFile;
use tablog_core::segment::verify::{Finding, Severity, VerifyReport};
use tablog_core::segment::{DataDirectory, Progress as Steps, ReadAt, Verifier};
use web_sys::{Blob, BlobPropertyBag};

use super::Host;
use super::failures::failure;
use super::job::Job;
use crate::engine::protocol::{
    Failure, FailureKind, FileId, FindingSeverity, FindingView, PartitionView, Progress, Verification,
};

/// Findings that the page lists; the report as JSON has all that were kept.
const FINDINGS_MAX: usize = 500;

impl Host {
    /// Verifies an opened file or topic from its first byte to its last; the whole report as JSON comes along.
    pub async fn verify(&self, job: &Job, id: FileId) -> Result<Verification, Failure> {
        let open = self.files.find(id)?;
        let (directory, files) = named(open.log.files());
        let mut verifier = Verifier::new(directory, files);
        loop {
            job.breathe().await?;
            open.check()?;
            let Steps { bytes_done, bytes_total, done } = verifier.step().await;
            if done {
                break;
            }
            job.progress(Progress {
                bytes: bytes_done,
                bytes_total: Some(bytes_total),
                ..Progress::default()
            });
        }
        let report = verifier.report();
        job.attach(json_blob(report)?);
        Ok(verification(report))
    }
}

/// Makes a directory of the files. One that lies in no folder gets the folder that its name stands for.
fn named(files: Vec<BlobFile>) -> (DataDirectory, Vec<BlobFile>) {
    let path = |file: &BlobFile| match file.name().contains('/') {
        true => file.name().to_owned(),
        false => format!("log-0/{}", file.name()),
    };
    let directory = DataDirectory::from_files(files.iter().map(|file| (path(file), file.len_bytes())));
    (directory, files)
}

fn verification(report: &VerifyReport) -> Verification {
    let unlisted = report.findings.len().saturating_sub(FINDINGS_MAX);
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    // The worst first, each kind in the order of the files.
    findings.sort_by_key(|finding| finding.severity);
    Verification {
        errors: report.errors,
        warnings: report.warnings,
        notes: report.notes,
        findings: findings.into_iter().take(FINDINGS_MAX).map(finding_view).collect(),
        not_listed: report.not_listed.saturating_add(u64::try_from(unlisted).unwrap_or(u64::MAX)),
        partitions: report
            .partitions
            .iter()
            .map(|partition| PartitionView {
                partition: partition.partition,
                segments: partition.segments,
                batches: partition.batches,
                records: partition.records,
                bytes: partition.log_bytes,
                log_start_offset: partition.log_start_offset.value(),
                log_end_offset: partition.log_end_offset.value(),
            })
            .collect(),
    }
}

fn finding_view(finding: &Finding) -> FindingView {
    FindingView {
        severity: match finding.severity {
            Severity::Error => FindingSeverity::Error,
            Severity::Warning => FindingSeverity::Warning,
            Severity::Note => FindingSeverity::Note,
        },
        file: finding.file.clone(),
        position_bytes: finding.position_bytes,
        from_offset: finding.from_offset.map(|offset| offset.value()),
        to_offset: finding.to_offset.map(|offset| offset.value()),
        what: finding.what.clone(),
        why: finding.why.to_owned(),
        broker: finding.broker.to_owned(),
    }
}

fn json_blob(report: &VerifyReport) -> Result<Blob, Failure> {
    let options = BlobPropertyBag::new();
    options.set_type("application/json");
    let parts = Array::of1(&JsString::from(report.to_json()));
    Blob::new_with_str_sequence_and_options(&parts, &options).map_err(|refused| {
        failure(FailureKind::Io, format!("The browser does not make a file of the report: {refused:?}"))
    })
}
