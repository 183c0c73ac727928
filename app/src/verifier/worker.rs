//! The worker's side: reads the files from their first byte to their last, and tells how far it is.

use js_sys::{Array, JsString};
use tablog_core::browser::BlobFile;
use tablog_core::segment::verify::{Finding, Severity, VerifyReport};
use tablog_core::segment::{DataDirectory, Progress as Steps, ReadAt, Verifier};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, BlobPropertyBag, DedicatedWorkerGlobalScope, MessageEvent};

use super::protocol::{FindingSeverity, FindingView, FromVerifier, PartitionView, ToVerifier, Verification};
use crate::engine::protocol::{Failure, FailureKind, Progress};
use crate::engine::wire;

/// Findings that the page lists; the report as JSON has all that were kept.
const FINDINGS_MAX: usize = 500;

/// Bytes between two reports of progress.
const TELL_EVERY_BYTES: u64 = 8 * 1024 * 1024;

/// Starts the verifier in this worker. Called once, by the worker's script.
pub fn start() {
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    console_error_panic_hook::set_once();
    let port = Port { scope };
    let listening = port.clone();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let port = port.clone();
        match wire::unpack::<ToVerifier>(&event.data()) {
            Ok((ToVerifier::Verify { names }, blobs)) => {
                let files = names.into_iter().zip(blobs).map(|(name, blob)| BlobFile::named(name, blob));
                let files = files.collect();
                spawn_local(async move { verify(&port, files).await });
            }
            Err(cause) => {
                port.fail(format!("The verifier does not understand its page ({cause}): reload the page"))
            }
        }
    });
    listening.scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // It listens as long as the worker lives.
    on_message.forget();
    listening.send(&FromVerifier::Listening, &[]);
}

/// The line to the page.
#[derive(Clone)]
struct Port {
    scope: DedicatedWorkerGlobalScope,
}

impl Port {
    fn send(&self, message: &FromVerifier, blobs: &[Blob]) {
        let sent = wire::pack(message, blobs).and_then(|parcel| {
            self.scope
                .post_message_with_transfer(&parcel.message, &parcel.transfer)
                .map_err(|thrown| wire::words(&thrown))
        });
        // A report that the browser does not hand over; whoever waits would wait for ever.
        if let (Err(cause), FromVerifier::Done(_)) = (sent, message) {
            self.fail(format!("The browser could not hand the report over to the page: {cause}"));
        }
    }

    fn fail(&self, sentence: String) {
        self.send(&FromVerifier::Failed(Failure { kind: FailureKind::Io, code: None, sentence }), &[]);
    }
}

async fn verify(port: &Port, files: Vec<BlobFile>) {
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
    match json_blob(report) {
        Ok(json) => port.send(&FromVerifier::Done(verification(report)), &[json]),
        Err(sentence) => port.fail(sentence),
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

fn json_blob(report: &VerifyReport) -> Result<Blob, String> {
    let options = BlobPropertyBag::new();
    options.set_type("application/json");
    let parts = Array::of1(&JsString::from(report.to_json()));
    Blob::new_with_str_sequence_and_options(&parts, &options).map_err(|refused| {
        format!("The browser does not make a file of the report: {}", wire::words(&refused))
    })
}
