//! Kafka's files: reads them from their first byte to their last.

use tablog_core::browser::BlobFile;
use tablog_core::segment::folder::FileKind;
use tablog_core::segment::verify::{Finding, Severity, VerifyReport};
use tablog_core::segment::{DataDirectory, Progress as Steps, ReadAt, Verifier};

use super::{Port, json_blob};
use crate::engine::protocol::Progress;
use crate::verifier::protocol::{
    FindingSeverity, FindingView, FromVerifier, Outcome, PartitionView, Verification,
};

/// Findings that the page lists; the report as JSON has all that were kept.
const FINDINGS_MAX: usize = 500;

/// Bytes between two reports of progress.
const TELL_EVERY_BYTES: u64 = 8 * 1024 * 1024;

pub(super) async fn verify(port: &Port, files: Vec<BlobFile>) {
    let (directory, files) = named(files);
    let mut verifier = Verifier::new(directory, files);
    let mut told_bytes = 0;
    loop {
        let Steps { bytes_done, bytes_total, done } = verifier.step().await;
        if done {
            break;
        }
        if bytes_done >= told_bytes + TELL_EVERY_BYTES {
            told_bytes = bytes_done;
            let progress =
                Progress { bytes: bytes_done, bytes_total: Some(bytes_total), ..Progress::default() };
            port.send(&FromVerifier::Progress(progress), &[]);
        }
    }
    let report = verifier.report();
    match json_blob(&report.to_json()) {
        Ok(json) => port.send(&FromVerifier::Done(Outcome::Files(verification(report))), &[json]),
        Err(sentence) => port.fail(sentence),
    }
}

/// Makes a directory of the files. One that lies in no folder gets the folder that its name stands for; those of a directory as a
/// whole stand for themselves.
fn named(files: Vec<BlobFile>) -> (DataDirectory, Vec<BlobFile>) {
    let path = |file: &BlobFile| match FileKind::parse(file.name()) {
        _ if file.name().contains('/') => file.name().to_owned(),
        Some(FileKind::Node(_)) => file.name().to_owned(),
        Some(FileKind::MetadataSnapshot { .. }) => format!("__cluster_metadata-0/{}", file.name()),
        _ => format!("log-0/{}", file.name()),
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
