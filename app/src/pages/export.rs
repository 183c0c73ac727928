//! Writes a topic or a file as lines: progress, then a download that the browser keeps on this machine.

use leptos::prelude::*;

use super::work_view::WorkView;
use crate::engine::protocol::{ExportFormat, ExportReport, Failure, FailureKind, Reply, Request, SourceRef};
use crate::state::dialogs::Dialogs;
use crate::state::files::save;
use crate::state::work::Work;
use crate::ui::button::{Button, ButtonKind};
use crate::ui::dialog::Dialog;
use crate::ui::segmented::Segmented;

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
    let work = Work::<ExportReport>::new();
    let format = RwSignal::new(format);
    let is_running = work.is_running();
    // Closing it would end the export; its own button does that.
    Dialogs::get().hold_while(is_running.into());
    let words = move || match format.get() {
        ExportFormat::JsonLines => "Everything of every record, a line each. Imports back identical",
        ExportFormat::Kcat => {
            "What kcat -J prints, for other tools. Bytes that are no text cannot be written exactly"
        }
    };
    let choices = vec![(ExportFormat::JsonLines, "JSON Lines"), (ExportFormat::Kcat, "kcat")];
    view! {
        <Dialog title=format!("Export {name}") on_close>
            <form
                class="dialog__form"
                on:submit=move |event| {
                    event.prevent_default();
                    start(work, source.clone(), format.get_untracked());
                }
            >
                <div class="dialog__body">
                    <div>
                        <Segmented label="Format" choices value=format />
                    </div>
                    <p class="muted">{words}</p>
                    <WorkView label="Exporting…" work />
                </div>
                <footer class="dialog__foot">
                    <Button on_click=on_close disabled=is_running>"Close"</Button>
                    <Button kind=ButtonKind::Primary submit=true disabled=is_running>
                        "Export"
                    </Button>
                </footer>
            </form>
        </Dialog>
    }
}

fn start(work: Work<ExportReport>, source: SourceRef, format: ExportFormat) {
    work.start(Request::Export { source, format }, &[], |reply, blobs| {
        let Reply::Exported(report) = reply else { return None };
        Some(match blobs.first().map(|blob| save(blob, &report.name)) {
            Some(Ok(())) => Ok(report),
            Some(Err(refused)) => Err(not_saved(&format!("{refused:?}"))),
            None => Err(not_saved("the engine sent no file")),
        })
    });
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
