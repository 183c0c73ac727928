//! Imports files into topics: what each seems to be, where to, what to do at a bad line; then progress and a report.

mod form;
mod report;

use leptos::prelude::*;

use self::form::{ImportForm, ImportFormView};
use self::report::ReportView;
use super::work_progress::WorkProgress;
use crate::engine::protocol::{ImportReport, Reply, Request};
use crate::state::files::{Files, Offered};
use crate::state::work::{Step, Work};
use crate::ui::dialog::Dialog;

/// Draws the dialog for the files that wait, one after the other.
#[component]
pub fn ImportDialog(
    /// Closes it.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let offer = Files::get().offer();
    let (refused, count) = (offer.refused, offer.files.len());
    let files = StoredValue::new_local(offer.files);
    let place = RwSignal::new(0_usize);
    let title = move || match count {
        0 => "Nothing to open here".to_owned(),
        1 => "Import a file".to_owned(),
        _ => format!("Import file {} of {count}", place.get() + 1),
    };
    let current = move || {
        let at = place.get();
        let offered = files.with_value(|files| files.get(at).cloned())?;
        let next = (at + 1 < count).then(|| Callback::new(move |()| place.set(at + 1)));
        Some(view! { <ImportOne offered next on_close /> })
    };
    view! {
        <Dialog title=Signal::derive(title) on_close>
            <Refused refused />
            {current}
        </Dialog>
    }
}

/// Lists what cannot be opened, and why.
#[component]
fn Refused(refused: Vec<(String, String)>) -> impl IntoView {
    (!refused.is_empty()).then(|| {
        let line =
            |(name, reason): (String, String)| view! { <li><b class="mono">{name}</b>": "{reason}</li> };
        view! { <ul class="import__refused" role="alert">{refused.into_iter().map(line).collect_view()}</ul> }
    })
}

#[component]
fn ImportOne(offered: Offered, next: Option<Callback<()>>, on_close: Callback<()>) -> impl IntoView {
    let work = Work::<ImportReport>::new();
    let form = ImportForm::new(&offered.guess);
    let (file, guess) = (offered.file, offered.guess);
    let file = StoredValue::new_local(file);
    let start = Callback::new(move |()| {
        if let Some(request) = form.read() {
            work.start(Request::Import(request), &[file.get_value()], |reply, _| match reply {
                Reply::Imported(report) => Some(Ok(report)),
                _ => None,
            });
        }
    });
    let stage = Memo::new(move |_| match work.step() {
        Step::Idle => 0,
        Step::Running(_) => 1,
        Step::Done(_) => 2,
    });
    let again = Callback::new(move |()| work.reset());
    move || match (stage.get(), work.step_untracked()) {
        (0, _) => view! { <ImportFormView form guess=guess.clone() start /> }.into_any(),
        (_, Step::Done(outcome)) => view! { <ReportView outcome next again on_close /> }.into_any(),
        _ => view! { <WorkProgress label="Importing" work /> }.into_any(),
    }
}
