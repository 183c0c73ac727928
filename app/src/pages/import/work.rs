//! An import under way, and how it went: shared by the import dialog and the publish drawer.

use leptos::prelude::*;

use crate::engine::protocol::{ImportReport, ImportRequest, Reply, Request};
use crate::model::import_draft::{report_text, summary};
use crate::pages::work_progress::WorkProgress;
use crate::state::files::LocalFile;
use crate::state::work::{Step, Work};
use crate::ui::copy::CopyButton;
use crate::ui::problem::Problem;

/// An import.
pub type ImportWork = Work<ImportReport>;

/// Starts an import, with the file that goes along if it reads one.
pub fn start(work: ImportWork, request: ImportRequest, files: &[LocalFile]) {
    work.start(Request::Import(request), files, |reply, _| match reply {
        Reply::Imported(report) => Some(Ok(report)),
        _ => None,
    });
}

/// Returns whether it goes on, as a signal that stays still while it does.
pub fn is_running(work: ImportWork) -> Memo<bool> {
    Memo::new(move |_| matches!(work.step(), Step::Running(_)))
}

/// Draws the progress of an import, and then its report.
#[component]
pub fn WorkView(
    /// The import.
    work: ImportWork,
) -> impl IntoView {
    let is_running = is_running(work);
    let outcome = move || match work.step() {
        Step::Done(outcome) => Some(outcome),
        Step::Idle | Step::Running(_) => None,
    };
    view! {
        <Show when=move || is_running.get()>
            <WorkProgress label="Importing…" work />
        </Show>
        {move || outcome().and_then(Result::ok).map(|report| view! { <Report report /> })}
        <Problem text=Signal::derive(move || outcome().and_then(Result::err).map(|failure| failure.sentence)) />
    }
}

#[component]
fn Report(report: ImportReport) -> impl IntoView {
    let text = report_text(&report);
    let shown = u64::try_from(report.problems.len()).unwrap_or(u64::MAX);
    let hidden = report.skipped.saturating_sub(shown);
    view! {
        <div class="report" role="status">
            <p class="report__summary">{summary(&report)}</p>
            {report.stopped.map(|stopped| view! { <p class="report__stopped">{stopped}</p> })}
            {(shown > 0)
                .then(|| {
                    view! {
                        <ul class="report__problems mono">
                            {report.problems.into_iter().map(|problem| view! { <li>{problem}</li> }).collect_view()}
                        </ul>
                    }
                })}
            {(hidden > 0).then(|| view! { <p class="muted">{format!("and {hidden} more")}</p> })}
            <CopyButton label="Copy report" text=Signal::stored(text) />
        </div>
    }
}
