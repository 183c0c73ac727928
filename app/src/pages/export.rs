//! Writes a topic or a file as lines: progress, then a download that the browser keeps on this machine.

use leptos::prelude::*;

use super::work_progress::WorkProgress;
use crate::engine::protocol::{ExportFormat, ExportReport, Failure, FailureKind, Reply, Request, SourceRef};
use crate::model::format;
use crate::state::files::save;
use crate::state::work::{Step, Work};
use crate::ui::banner::{Banner, BannerKind};
use crate::ui::button::Button;
use crate::ui::dialog::Dialog;
use crate::ui::problem::Problem;

/// Draws the dialog, and starts at once.
#[component]
pub fn ExportDialog(
    /// Whose records.
    source: SourceRef,
    /// What to call it.
    name: String,
    /// In which form.
    format: ExportFormat,
    /// Closes it.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let work = Work::<ExportReport>::new();
    work.start(Request::Export { source, format }, &[], |reply, blobs| {
        let Reply::Exported(report) = reply else { return None };
        let saved = blobs.first().map(|blob| save(blob, &report.name));
        Some(match saved {
            Some(Ok(())) => Ok(report),
            Some(Err(refused)) => Err(not_saved(&format!("{refused:?}"))),
            None => Err(not_saved("the engine sent no file")),
        })
    });
    let title = format!(
        "Export {name} as {}",
        match format {
            ExportFormat::JsonLines => "JSON Lines",
            ExportFormat::Kcat => "kcat -J",
        }
    );
    let is_done = Memo::new(move |_| matches!(work.step(), Step::Done(_)));
    let body = move || {
        if !is_done.get() {
            return view! { <WorkProgress label="Exporting" work /> }.into_any();
        }
        match work.step() {
            Step::Done(Ok(report)) => view! { <Exported report on_close /> }.into_any(),
            Step::Done(Err(failure)) => {
                view! { <Problem text=Signal::derive(move || Some(failure.sentence.clone())) /> }.into_any()
            }
            Step::Idle | Step::Running(_) => ().into_any(),
        }
    };
    view! { <Dialog title=Signal::derive(move || title.clone()) on_close>{body}</Dialog> }
}

#[component]
fn Exported(report: ExportReport, on_close: Callback<()>) -> impl IntoView {
    let words = format!(
        "{} written to {}, {}",
        format::counted(report.records, "record", "records"),
        report.name,
        format::bytes(report.bytes),
    );
    let problems = report.problems;
    view! {
        <p class="import__result" role="status">{words}</p>
        {(report.problem_count > 0)
            .then(|| {
                let text = format!(
                    "{} could not be written exactly in this form",
                    format::counted(report.problem_count, "record", "records"),
                );
                view! {
                    <Banner kind=BannerKind::Warning text />
                    <ul class="import__problems mono">
                        {problems.into_iter().map(|problem| view! { <li>{problem}</li> }).collect_view()}
                    </ul>
                }
            })}
        <div class="form__actions">
            <Button on_click=on_close>"Done"</Button>
        </div>
    }
}

fn not_saved(cause: &str) -> Failure {
    Failure {
        kind: FailureKind::Io,
        code: None,
        sentence: format!(
            "The browser did not save the file ({cause}): check the disk and the permission to download"
        ),
    }
}
