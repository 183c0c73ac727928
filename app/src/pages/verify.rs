//! Verification of an opened topic or file: what is wrong, where, why it matters, and what a broker would do about it.

use leptos::prelude::*;
use web_sys::Blob;

use super::work_view::WorkProgress;
use crate::engine::protocol::{FileId, FindingSeverity, FindingView, Reply, Request, Verification};
use crate::model::format::{bytes, grouped};
use crate::model::verification::{place, summary, verdict};
use crate::state::files::save;
use crate::state::toast::Toasts;
use crate::state::work::{Step, Work};
use crate::ui::button::{Button, ButtonKind};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::problem::Problem;

/// Verifies as soon as it is shown.
#[component]
pub fn VerifyPage(
    /// The engine's number for what is verified.
    file: FileId,
    /// What the report is called.
    name: String,
) -> impl IntoView {
    let work = Work::<Verification>::new();
    let json = StoredValue::new_local(None::<Blob>);
    let start = move || {
        work.start(Request::Verify { file }, &[], move |reply, blobs| {
            let Reply::Verified(report) = reply else { return None };
            json.try_set_value(blobs.into_iter().next());
            Some(Ok(report))
        });
    };
    start();
    let is_running = work.is_running();
    let toasts = Toasts::get();
    let file_name = StoredValue::new(format!("{}.verification.json", name.replace('/', "_")));
    let save_json = move |()| {
        let saved = json.with_value(|json| json.as_ref().map(|json| save(json, &file_name.get_value())));
        if !matches!(saved, Some(Ok(()))) {
            toasts
                .error("The browser did not save the report: check the disk and the permission to download");
        }
    };
    let report = move || match work.step() {
        Step::Done(Ok(report)) => Some(view! { <Report report /> }),
        _ => None,
    };
    view! {
        <section class="verify" aria-label="Verification">
            <header class="verify__head">
                <h2>"Verification"</h2>
                <Button disabled=is_running on_click=move |()| start()>
                    "Verify again"
                </Button>
                <Show when=move || matches!(work.step(), Step::Done(Ok(_)))>
                    <Button kind=ButtonKind::Plain glyph=Glyph::Download on_click=save_json>
                        "Save as JSON"
                    </Button>
                </Show>
            </header>
            <Show when=move || is_running.get()>
                <WorkProgress label="Verifying…" work />
            </Show>
            <Problem text=Signal::derive(move || {
                work.outcome().and_then(Result::err).map(|failure| failure.sentence)
            }) />
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
