//! Writes a topic or a file, or a part of it, as lines or as a broker's data directory: progress, then a download that the browser
//! keeps on this machine, or a folder that the person chose.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::work_view::WorkView;
use crate::engine::protocol::{
    ExportFormat, ExportReport, ExportRequest, Failure, FailureKind, Packing, Reply, Request, SourceRef,
};
use crate::model::export_draft::{Selection, SelectionField, print_partitions};
use crate::state::dialogs::Dialogs;
use crate::state::files::{can_choose_folder, choose_folder, save};
use crate::state::route::Router;
use crate::state::work::Work;
use crate::ui::button::{Button, ButtonKind};
use crate::ui::dialog::Dialog;
use crate::ui::field::TextField;
use crate::ui::segmented::Segmented;

/// What the form holds.
#[derive(Clone, Copy)]
struct Form {
    format: RwSignal<ExportFormat>,
    partitions: RwSignal<String>,
    from: RwSignal<String>,
    to: RwSignal<String>,
    error: RwSignal<Option<(SelectionField, String)>>,
    work: Work<ExportReport>,
}

/// Draws the dialog.
#[component]
pub fn ExportDialog(
    /// Whose records.
    source: SourceRef,
    /// What to call it.
    name: String,
    /// In which form to begin with.
    format: ExportFormat,
    /// Closes it.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    // Begins with what is looked at.
    let look = Router::get().look().get_untracked();
    let form = Form {
        format: RwSignal::new(format),
        partitions: RwSignal::new(print_partitions(look.partitions.as_deref())),
        from: RwSignal::new(String::new()),
        to: RwSignal::new(String::new()),
        error: RwSignal::new(None),
        work: Work::new(),
    };
    let is_running = form.work.is_running();
    // Closing it would end the export; its own button does that.
    Dialogs::get().hold_while(is_running.into());
    let request = move || {
        let chosen = Selection::read(
            &form.partitions.get_untracked(),
            &form.from.get_untracked(),
            &form.to.get_untracked(),
        );
        form.error.set(chosen.as_ref().err().cloned());
        let Selection { partitions, from, to } = chosen.ok()?;
        let (source, isolation) = (source.clone(), look.isolation);
        Some(ExportRequest { source, format: form.format.get_untracked(), isolation, partitions, from, to })
    };
    let request = StoredValue::new(request);
    let is_directory = move || matches!(form.format.get(), ExportFormat::DataDirectory(_));
    let into_folder = move |()| {
        if let Some(request) = request.with_value(|request| request()) {
            start_in_folder(form.work, request);
        }
    };
    view! {
        <Dialog title=format!("Export {name}") on_close>
            <form
                class="dialog__form"
                on:submit=move |event| {
                    event.prevent_default();
                    if let Some(request) = request.with_value(|request| request()) {
                        start(form.work, request);
                    }
                }
            >
                <div class="dialog__body">
                    <Fields form />
                    <WorkView label="Exporting…" work=form.work />
                </div>
                <footer class="dialog__foot">
                    <Button on_click=on_close disabled=is_running>"Close"</Button>
                    <Show when=move || is_directory() && can_choose_folder()>
                        <Button on_click=into_folder disabled=is_running>"Into a folder…"</Button>
                    </Show>
                    <Button kind=ButtonKind::Primary submit=true disabled=is_running>
                        "Export"
                    </Button>
                </footer>
            </form>
        </Dialog>
    }
}

#[component]
fn Fields(form: Form) -> impl IntoView {
    let words = move || match form.format.get() {
        ExportFormat::JsonLines => "Everything of every record, a line each. Imports back identical",
        ExportFormat::Kcat => {
            "What kcat -J prints, for other tools. Bytes that are no text cannot be written exactly"
        }
        ExportFormat::DataDirectory(_) => {
            "A folder for each partition, with indexes and all, as a zip. For a broker to serve it: make the topic there, stop the \
             broker, and put these files into the topic's folders, all but partition.metadata. What was opened in place comes out \
             byte-identical when all offsets are exported"
        }
    };
    let choices = vec![
        (ExportFormat::JsonLines, "JSON Lines"),
        (ExportFormat::Kcat, "kcat"),
        (ExportFormat::DataDirectory(Packing::Zip), "Kafka data directory"),
    ];
    let error = move |field: SelectionField| {
        Signal::derive(move || {
            form.error
                .with(|error| error.as_ref().filter(|(at, _)| *at == field).map(|(_, said)| said.clone()))
        })
    };
    view! {
        <div>
            <Segmented label="Format" choices value=form.format />
        </div>
        <p class="muted">{words}</p>
        <div class="form-row">
            <TextField
                label="Partitions"
                value=form.partitions
                placeholder="all"
                hint="3, or 0-5"
                error=error(SelectionField::Partitions)
            />
            <TextField label="From offset" value=form.from placeholder="start" numeric=true error=error(SelectionField::From) />
            <TextField
                label="To offset, not included"
                value=form.to
                placeholder="end"
                numeric=true
                error=error(SelectionField::To)
            />
        </div>
    }
}

fn start(work: Work<ExportReport>, request: ExportRequest) {
    work.start(Request::Export(request), &[], async |reply, blobs| {
        let Reply::Exported(report) = reply else { return None };
        Some(match blobs.first().map(|blob| save(blob, &report.name)) {
            Some(Ok(())) => Ok(report),
            Some(Err(refused)) => Err(not_saved(&format!("{refused:?}"))),
            None => Err(not_saved("the engine sent no file")),
        })
    });
}

fn start_in_folder(work: Work<ExportReport>, request: ExportRequest) {
    // Right away: browsers open the picker only while a click is being heard.
    let chosen = choose_folder();
    spawn_local(async move {
        let folder = match chosen.await {
            Ok(Some(folder)) => folder,
            Ok(None) => return,
            Err(cause) => {
                let sentence = format!("The browser did not let a folder be chosen: {cause}");
                return work.fail(failure(sentence));
            }
        };
        let format = ExportFormat::DataDirectory(Packing::Files);
        let request = Request::Export(ExportRequest { format, ..request });
        work.start(request, &[], async move |reply, blobs| {
            let Reply::Exported(report) = reply else { return None };
            let written = folder.write(report.paths.iter().cloned().zip(blobs).collect()).await;
            Some(written.map(|()| ExportReport { name: folder.name(), ..report }).map_err(failure))
        });
    });
}

fn not_saved(cause: &str) -> Failure {
    failure(format!(
        "The browser did not save the file ({cause}): check the disk and the permission to download"
    ))
}

fn failure(sentence: String) -> Failure {
    Failure { kind: FailureKind::Io, code: None, sentence }
}
