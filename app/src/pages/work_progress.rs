//! How far long work is, drawn.

use leptos::prelude::*;

use crate::engine::protocol::Progress;
use crate::model::import_draft::{figures, fraction};
use crate::state::work::{Step, Work};
use crate::ui::progress::ProgressBar;

/// Draws the progress of work that goes on.
#[component]
pub fn WorkProgress<T: Clone + Send + Sync + 'static>(
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
