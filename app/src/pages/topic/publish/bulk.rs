//! Many records at once: pasted JSON Lines.

use leptos::prelude::*;

use crate::engine::protocol::{ImportFrom, ImportRequest, OnError, Partitioning};
use crate::pages::import::work::{ImportWork, start};
use crate::pages::work_view::WorkView;
use crate::ui::button::Button;
use crate::ui::segmented::Segmented;
use crate::ui::text_area::{TextArea, Typed};

/// Draws the field, the button and the report.
#[component]
pub fn Bulk(
    /// The topic.
    topic: String,
) -> impl IntoView {
    let text = RwSignal::new(Typed::default());
    let on_error = RwSignal::new(OnError::Stop);
    let work = ImportWork::new();
    let is_running = work.is_running();
    let is_blocked = Signal::derive(move || {
        is_running.get() || text.with(|typed| typed.text.trim().is_empty() || typed.half_character.is_some())
    });
    let name = topic.clone();
    let import = move |()| {
        let request = ImportRequest {
            from: ImportFrom::Text(text.get_untracked().text),
            format: None,
            topic: topic.clone(),
            partitions: 1,
            partitioning: Partitioning::Same,
            key_field: None,
            timestamp_field: None,
            on_error: on_error.get_untracked(),
        };
        start(work, request, &[]);
    };
    let choices = vec![(OnError::Stop, "Stop at a bad line"), (OnError::Skip, "Leave it out")];
    view! {
        <details class="bulk">
            <summary>"Many at once: paste JSON Lines, or drop a file"</summary>
            <div class="bulk__body">
                <TextArea
                    label="Lines"
                    value=text
                    rows=6
                    placeholder="{\"order\":\"o-1\",\"status\":\"created\"}\n{\"any\":\"JSON is a value\"}"
                />
                <div class="bulk__send">
                    <Segmented label="At a line that cannot be read" choices value=on_error />
                    <Button on_click=import disabled=is_blocked>
                        {format!("Import into {name}")}
                    </Button>
                </div>
                <WorkView label="Importing…" work />
            </div>
        </details>
    }
}
