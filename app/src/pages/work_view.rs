//! Long work, drawn: how far it is, and then how it went. The same for an import, an export and a replay into a topic.

use leptos::prelude::*;

use crate::engine::protocol::Progress;
use crate::model::import_draft::{figures, fraction};
use crate::model::report::Report;
use crate::state::work::{Step, Work};
use crate::ui::copy::CopyButton;
use crate::ui::problem::Problem;
use crate::ui::progress::ProgressBar;

/// Draws the progress of work, and then its report.
#[component]
pub fn WorkView<T: Clone + Into<Report> + Send + Sync + 'static>(
    /// What is being done.
    #[prop(into)]
    label: String,
    /// The work.
    work: Work<T>,
) -> impl IntoView {
    let is_running = work.is_running();
    let label = StoredValue::new(label);
    let report = move || work.outcome().and_then(Result::ok).map(Into::into);
    view! {
        <Show when=move || is_running.get()>
            <WorkProgress label=label.get_value() work />
        </Show>
        {move || report().map(|report| view! { <ReportView report /> })}
        <Problem text=Signal::derive(move || work.outcome().and_then(Result::err).map(|failure| failure.sentence)) />
    }
}

/// Draws the progress of work that goes on.
#[component]
pub fn WorkProgress<T: Clone + Into<Report> + Send + Sync + 'static>(
    /// What is being done.
    #[prop(into)]
    label: String,
    /// The work.
    work: Work<T>,
) -> impl IntoView {
    let progress = move || match work.step() {
        Step::Running(progress) => progress,
        Step::Idle | Step::Done(_) => Progress::default(),
    };
    view! {
        <ProgressBar
            label
            fraction=Signal::derive(move || fraction(&progress()))
            figures=Signal::derive(move || figures(&progress()))
            on_cancel=Callback::new(move |()| work.cancel())
        />
    }
}

#[component]
fn ReportView(report: Report) -> impl IntoView {
    let text = report.text();
    let more = (report.more > 0).then(|| report.more_words());
    let list = |class: &'static str, lines: Vec<String>| {
        let lines = lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view();
        view! { <ul class=class>{lines}</ul> }
    };
    view! {
        <div class="report" role="status">
            <p class="report__summary">{report.summary}</p>
            {(!report.places.is_empty()).then(|| list("report__places", report.places))}
            {report.stopped.map(|stopped| view! { <p class="report__stopped">{stopped}</p> })}
            {(!report.problems.is_empty()).then(|| list("report__problems mono", report.problems))}
            {more.map(|more| view! { <p class="muted">{more}</p> })}
            <CopyButton label="Copy report" text=Signal::stored(text) />
        </div>
    }
}
