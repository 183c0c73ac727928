//! Imports files into topics: what a file seems to be, where it goes, and how it went. One dialog, one file after the other.

mod form;
pub mod work;

use leptos::prelude::*;

use self::form::{FileForm, FileFormView};
use self::work::{ImportWork, start};
use super::work_view::WorkView;
use crate::model::format::bytes;
use crate::state::dialogs::Dialogs;
use crate::state::files::{Files, Offered};
use crate::state::route::{Route, Router, Tab};
use crate::state::work::Step as WorkStep;
use crate::ui::button::{Button, ButtonKind};
use crate::ui::dialog::{Dialog, DialogShape};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::later::after_paint;

/// Draws the dialog for the files that wait. Files that are dropped while it is open wait with the others.
#[component]
pub fn ImportDialog(
    /// Closes it.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let files = Files::get();
    let count = Memo::new(move |_| files.with_offer(|offer| offer.files.len()));
    let at = RwSignal::new(0_usize);
    let title = Signal::derive(move || match count.get() {
        0 if files.with_offer(|offer| offer.has_opened_others) => "Not all of this can be opened".to_owned(),
        0 => "Nothing here can be opened".to_owned(),
        1 => "Import".to_owned(),
        count => format!("Import, file {} of {count}", at.get() + 1),
    });
    let shown = Memo::new(move |_| (at.get() < count.get()).then(|| at.get()));
    let offered = move |at: usize| {
        // More files are no reason to draw this one anew: what was chosen for it would be lost.
        untrack(|| files.with_offer(|offer| Some((offer.files.get(at)?.clone(), offer.topic.clone()))))
    };
    let step = move || {
        let (offered, topic) = offered(shown.get()?)?;
        Some(view! { <Step offered topic at count on_close /> })
    };
    view! {
        <Dialog title shape=DialogShape::Wide on_close>
            {move || view! { <Refused files=files.with_offer(|offer| offer.refused.clone()) /> }}
            {step}
            <Show when=move || count.get() == 0>
                <footer class="dialog__foot">
                    <Button kind=ButtonKind::Primary on_click=on_close>
                        "Close"
                    </Button>
                </footer>
            </Show>
        </Dialog>
    }
}

/// Lists what cannot be opened, and why.
#[component]
fn Refused(files: Vec<(String, String)>) -> impl IntoView {
    let line = |(name, reason): (String, String)| {
        view! {
            <li class="refused__file">
                <Icon glyph=Glyph::Warning />
                <p>
                    <strong>{name}</strong>
                    " "
                    {reason}
                </p>
            </li>
        }
    };
    (!files.is_empty()).then(|| {
        view! {
            <ul class="refused dialog__body" role="alert">
                {files.into_iter().map(line).collect_view()}
            </ul>
        }
    })
}

#[component]
fn Step(
    offered: Offered,
    topic: Option<String>,
    at: RwSignal<usize>,
    count: Memo<usize>,
    on_close: Callback<()>,
) -> impl IntoView {
    let Offered { file, guess } = offered;
    let (form, work) = (FileForm::new(&guess, topic), ImportWork::new());
    let file = StoredValue::new_local(file);
    let facts = format!("{} · {}", bytes(guess.bytes), guess.reason);
    let (is_running, is_idle) = (work.is_running(), Memo::new(move |_| work.step() == WorkStep::Idle));
    // An import under way is ended by its own button, not by a press beside the dialog.
    Dialogs::get().hold_while(is_running.into());
    let submit = move || {
        if let Ok(request) = untrack(|| form.request()) {
            start(work, request, &[file.get_value()]);
        }
    };
    view! {
        <form
            class="dialog__form"
            on:submit=move |event| {
                event.prevent_default();
                submit();
            }
        >
            <div class="dialog__body">
                <div class="import-file">
                    <Icon glyph=Glyph::File />
                    <p class="import-file__words">
                        <strong>{guess.name}</strong>
                        <span class="muted">{facts}</span>
                    </p>
                </div>
                <Show when=move || is_idle.get()>
                    <FileFormView form />
                </Show>
                <WorkView label="Importing…" work />
            </div>
            <footer class="dialog__foot">
                <Buttons form work at count on_close />
            </footer>
        </form>
    }
}

#[component]
fn Buttons(
    form: FileForm,
    work: ImportWork,
    at: RwSignal<usize>,
    count: Memo<usize>,
    on_close: Callback<()>,
) -> impl IntoView {
    let router = Router::get();
    let open = move |()| {
        let topic = Route::topic(form.topic.get_untracked().trim(), Tab::Messages);
        on_close.run(());
        after_paint(move || router.navigate(topic));
    };
    let change = move |()| {
        if let Some(Ok(report)) = untrack(|| work.outcome()) {
            form.note_stored(&report.topic, report.records);
        }
        work.reset();
    };
    let (is_running, is_idle) = (work.is_running(), Memo::new(move |_| work.step() == WorkStep::Idle));
    let is_blocked = Signal::derive(move || form.request().is_err());
    view! {
        <Show when=move || !is_running.get()>
            <Button on_click=on_close>"Close"</Button>
            <Show when=move || is_idle.get()>
                <Button kind=ButtonKind::Primary submit=true disabled=is_blocked>
                    "Import"
                </Button>
            </Show>
            <Show when=move || !is_idle.get()>
                <Button on_click=change>"Change"</Button>
                <Show
                    when=move || at.get() + 1 < count.get()
                    fallback=move || {
                        view! {
                            <Button kind=ButtonKind::Primary on_click=open>
                                "Open topic"
                            </Button>
                        }
                    }
                >
                    <Button kind=ButtonKind::Primary on_click=move |()| at.update(|at| *at += 1)>
                        "Next file"
                    </Button>
                </Show>
            </Show>
        </Show>
    }
}
