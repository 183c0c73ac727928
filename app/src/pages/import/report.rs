//! How an import went.

use leptos::prelude::*;

use crate::engine::protocol::{Failure, ImportReport};
use crate::model::format;
use crate::state::route::{Route, Tab};
use crate::ui::banner::{Banner, BannerKind};
use crate::ui::button::Button;
use crate::ui::copy::CopyButton;
use crate::ui::problem::Problem;

/// Draws the report: what is stored, what was left out, and why it ended early if it did.
#[component]
pub fn ReportView(
    /// How it went.
    outcome: Result<ImportReport, Failure>,
    /// Goes to the next file, when one waits.
    next: Option<Callback<()>>,
    /// Goes back to the form.
    again: Callback<()>,
    /// Closes the dialog.
    on_close: Callback<()>,
) -> impl IntoView {
    match outcome {
        Err(failure) => view! {
            <Problem text=Signal::derive(move || Some(failure.sentence.clone())) />
            <div class="form__actions">
                <Button on_click=again>"Back to the form"</Button>
            </div>
        }
        .into_any(),
        Ok(report) => {
            let whole = words(&report);
            let href = Route::topic(report.topic.clone(), Tab::Messages).href();
            let problems = report.problems.clone();
            view! {
                <p class="import__result" role="status">{stored(&report)}</p>
                {report.stopped.map(|stopped| view! { <Banner kind=BannerKind::Warning text=stopped /> })}
                {(!problems.is_empty())
                    .then(|| {
                        view! {
                            <ul class="import__problems mono">
                                {problems.into_iter().map(|problem| view! { <li>{problem}</li> }).collect_view()}
                            </ul>
                        }
                    })}
                <div class="form__actions">
                    <CopyButton label="Copy report" text=Signal::derive(move || whole.clone()) />
                    {next.map(|next| view! { <Button on_click=next>"Next file"</Button> })}
                    <a class="button" data-kind="primary" href=href on:click=move |_| on_close.run(())>
                        "Look at it"
                    </a>
                </div>
            }
            .into_any()
        }
    }
}

fn stored(report: &ImportReport) -> String {
    let mut sentence = format!(
        "{} stored in {}, {} in {}",
        format::counted(report.records, "record", "records"),
        report.topic,
        format::bytes(report.bytes),
        format::duration_ms(report.elapsed_ms),
    );
    if report.skipped > 0 {
        sentence.push_str(&format!("; {} left out", format::counted(report.skipped, "line", "lines")));
    }
    sentence
}

fn words(report: &ImportReport) -> String {
    let mut lines = vec![stored(report)];
    lines.extend(report.stopped.clone());
    lines.extend(report.problems.iter().cloned());
    lines.join("\n")
}
