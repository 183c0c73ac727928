//! Verification of an opened topic or file: what is wrong, where, why it matters, and what a broker would do about it.

use leptos::prelude::*;

use crate::engine::protocol::{Failure, FailureKind, Progress};
use crate::model::format::{bytes, grouped};
use crate::model::import_draft::fraction;
use crate::model::verification::{place, summary, verdict};
use crate::state::files::{Files, LocalFile, save};
use crate::state::toast::Toasts;
use crate::ui::button::Button;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::problem::Problem;
use crate::ui::progress::ProgressBar;
use crate::verifier::handle::{News, VerifierHandle};
use crate::verifier::protocol::{FindingSeverity, FindingView, Outcome, ToVerifier, Verification};

/// How far verification is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Running(Progress),
    Done(Result<Verification, Failure>),
}

/// Verifies as soon as it is shown.
#[component]
pub fn VerifyPage(
    /// The page's number for what is verified.
    file: u32,
) -> impl IntoView {
    let (files, toasts) = (Files::get(), Toasts::get());
    let step = RwSignal::new(Step::Running(Progress::default()));
    let json = StoredValue::new_local(None);
    // Whoever leaves the page, or starts anew, ends the work.
    let at_work = StoredValue::new_local(None::<VerifierHandle>);
    let hear = move |news: News| match news {
        News::Progress(progress) => {
            step.try_set(Step::Running(progress));
        }
        News::Acknowledged(_) => {}
        News::Done(outcome) => {
            match outcome {
                Ok((Outcome::Files(found), whole)) => {
                    json.try_set_value(whole);
                    step.try_set(Step::Done(Ok(found)));
                }
                // Nothing else was asked.
                Ok(_) => {}
                Err(failure) => {
                    step.try_set(Step::Done(Err(failure)));
                }
            }
        }
    };
    let start = move || {
        step.set(Step::Running(Progress::default()));
        let parts = files.parts(file);
        let names = parts.iter().map(|part| part.path().to_owned()).collect();
        match VerifierHandle::start(
            ToVerifier::Verify { names },
            parts.iter().map(LocalFile::blob).collect(),
            hear,
        ) {
            Ok(handle) => at_work.set_value(Some(handle)),
            Err(failure) => step.set(Step::Done(Err(failure))),
        }
    };
    start();
    let stop = Callback::new(move |()| {
        at_work.set_value(None);
        step.set(Step::Done(Err(Failure {
            kind: FailureKind::Cancelled,
            code: None,
            sentence: "Stopped".to_owned(),
        })));
    });
    let is_running = Memo::new(move |_| step.with(|step| matches!(step, Step::Running(_))));
    let progress = move || {
        step.with(|step| if let Step::Running(now) = step { now.clone() } else { Progress::default() })
    };
    let save_json = move |()| {
        let name = files.find(file).map_or_else(String::new, |file| file.name.replace('/', "_"));
        let name = format!("{name}.verification.json");
        let saved = json.with_value(|json| json.as_ref().map(|json| save(json, &name)));
        if !matches!(saved, Some(Ok(()))) {
            toasts
                .error("The browser did not save the report: check the disk and the permission to download");
        }
    };
    let report = move || {
        step.with(|step| if let Step::Done(Ok(report)) = step { Some(report.clone()) } else { None })
            .map(|report| view! { <Report report /> })
    };
    let problem = move || {
        step.with(
            |step| if let Step::Done(Err(failure)) = step { Some(failure.sentence.clone()) } else { None },
        )
    };
    view! {
        <section class="verify" aria-label="Verification">
            <header class="verify__head">
                <h2>"Verification"</h2>
                <Button disabled=is_running on_click=move |()| start()>
                    "Verify again"
                </Button>
                <Show when=move || step.with(|step| matches!(step, Step::Done(Ok(_))))>
                    <Button glyph=Glyph::Download on_click=save_json>
                        "Save as JSON"
                    </Button>
                </Show>
            </header>
            <Show when=move || is_running.get()>
                <ProgressBar
                    label="Verifying…"
                    fraction=Signal::derive(move || fraction(&progress()))
                    figures=Signal::derive(move || bytes(progress().bytes))
                    on_cancel=stop
                />
            </Show>
            <Problem text=Signal::derive(problem) />
            {report}
        </section>
    }
}

#[component]
fn Report(report: Verification) -> impl IntoView {
    let level = match (report.errors, report.warnings) {
        (0, 0) => "ok",
        (0, _) => "warning",
        _ => "error",
    };
    let rows = report.partitions.iter().map(|it| {
        let cells = [
            it.partition.to_string(),
            grouped(it.segments),
            grouped(it.batches),
            grouped(it.records),
            bytes(it.bytes),
            grouped(it.log_start_offset),
            grouped(it.log_end_offset),
        ];
        view! { <tr>{cells.map(|cell| view! { <td>{cell}</td> }).into_iter().collect_view()}</tr> }
    });
    let titles =
        ["Partition", "Segments", "Batches", "Records", "Bytes", "Log start offset", "Log end offset"];
    view! {
        <p class="verify__verdict" data-level=level role="status">
            <Icon glyph=if level == "ok" { Glyph::Check } else { Glyph::Warning } />
            {verdict(&report)}
        </p>
        <p class="muted">{summary(&report)}</p>
        <ul class="verify__findings">{report.findings.into_iter().map(finding).collect_view()}</ul>
        {(report.not_listed > 0)
            .then(|| view! { <p class="muted">"and "{grouped(report.not_listed)}" more of the same kinds"</p> })}
        <table class="verify__partitions">
            <thead>
                <tr>{titles.map(|title| view! { <th scope="col">{title}</th> }).into_iter().collect_view()}</tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
}

fn finding(finding: FindingView) -> impl IntoView {
    let (level, word) = match finding.severity {
        FindingSeverity::Error => ("error", "Error"),
        FindingSeverity::Warning => ("warning", "Warning"),
        FindingSeverity::Note => ("note", "Note"),
    };
    view! {
        <li class="finding" data-level=level>
            <p class="finding__place">
                <span class="finding__level">{word}</span>
                <bdi class="mono">{place(&finding)}</bdi>
            </p>
            <p class="finding__what">{finding.what}</p>
            <p class="muted">{finding.why}</p>
            <p class="muted">{finding.broker}</p>
        </li>
    }
}
