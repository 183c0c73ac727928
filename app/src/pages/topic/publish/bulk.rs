//! Many records at once: pasted JSON Lines.

use leptos::prelude::*;

use crate::engine::protocol::{ImportFrom, ImportRequest, OnError, Partitioning};
use crate::pages::import::work::{ImportWork, start};
use crate::pages::work_view::WorkView;
use crate::state::files::{Files, LocalFile};
use crate::state::work::Step;
use crate::ui::button::Button;
use crate::ui::segmented::Segmented;
use crate::ui::text_area::{TextArea, Typed};

/// What the box holds. It belongs to the topic's page: closing the drawer neither stops an import nor drops what was pasted.
#[derive(Clone, Copy)]
pub struct BulkForm {
    text: RwSignal<Typed>,
    on_error: RwSignal<OnError>,
    work: ImportWork,
}

impl BulkForm {
    /// Begins with nothing pasted.
    pub fn new() -> Self {
        Self {
            text: RwSignal::new(Typed::default()),
            on_error: RwSignal::new(OnError::Stop),
            work: ImportWork::new(),
        }
    }

    /// Tells whether there is something in it to see; untracked.
    fn is_used(self) -> bool {
        self.work.step_untracked() != Step::Idle || self.text.with_untracked(|typed| !typed.text.is_empty())
    }

    fn import(self, topic: String) {
        let request = ImportRequest {
            from: ImportFrom::Text(self.text.get_untracked().text),
            format: None,
            topic,
            partitions: 1,
            partitioning: Partitioning::Same,
            key_field: None,
            timestamp_field: None,
            on_error: self.on_error.get_untracked(),
        };
        start(self.work, request, &[]);
    }
}

/// Draws the field, the button and the report.
#[component]
pub fn Bulk(
    /// The topic.
    topic: String,
    /// What it holds; it outlives the drawer.
    form: BulkForm,
) -> impl IntoView {
    let BulkForm { text, on_error, work } = form;
    let is_running = work.is_running();
    let is_blocked = Signal::derive(move || {
        is_running.get() || text.with(|typed| typed.text.trim().is_empty() || typed.half_character.is_some())
    });
    // The import knows that it is meant for the topic whose drawer is open.
    let on_large_paste = Callback::new(|text| {
        if let Some(file) = LocalFile::of_text("pasted.jsonl", &text) {
            Files::get().take(vec![file]);
        }
    });
    let name = topic.clone();
    let choices = vec![(OnError::Stop, "Stop at a bad line"), (OnError::Skip, "Leave it out")];
    view! {
        <details class="bulk" open=form.is_used()>
            <summary>"Many at once: paste JSON Lines, or drop a file"</summary>
            <div class="bulk__body">
                <TextArea
                    label="Lines"
                    value=text
                    rows=6
                    on_large_paste
                    placeholder="{\"order\":\"o-1\",\"status\":\"created\"}\n{\"any\":\"JSON is a value\"}"
                />
                <div class="bulk__send">
                    <Segmented label="At a line that cannot be read" choices value=on_error />
                    <Button on_click=move |()| form.import(topic.clone()) disabled=is_blocked>
                        {format!("Import into {name}")}
                    </Button>
                </div>
                <WorkView label="Importing…" work />
            </div>
        </details>
    }
}
