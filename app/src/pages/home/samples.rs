//! The samples: one click, and there is a topic that moves.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::engine::protocol::{
    Failure, FileFormat, ImportFrom, ImportRequest, OnError, Partitioning, Reply, Request, Speed,
};
use crate::model::format::counted;
use crate::model::samples::{Sample, SampleFile, samples};
use crate::state::engine::Engine;
use crate::state::route::{Look, Route, Router, Tab};
use crate::state::topics::Topics;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::problem::Problem;

/// Draws the card with all samples.
#[component]
pub fn SamplesCard() -> impl IntoView {
    let busy = RwSignal::new(None::<String>);
    let problem = RwSignal::new(None);
    let line = move |sample: Sample| {
        let (title, records) = (sample.title.clone(), counted(sample.records(), "record", "records"));
        let (own, shown) = (title.clone(), title.clone());
        let is_busy = Memo::new(move |_| busy.with(|busy| busy.as_deref() == Some(&own)));
        let source = sample
            .files
            .first()
            .map(|file| format!("{}. {}. Licence: {}", file.description, file.source, file.licence));
        view! {
            <li>
                <button
                    class="sample"
                    type="button"
                    title=source
                    disabled=move || busy.with(Option::is_some)
                    on:click=move |_| {
                        busy.set(Some(title.clone()));
                        problem.set(None);
                        open(sample.clone(), busy, problem);
                    }
                >
                    <Icon glyph=Glyph::Play />
                    <span class="sample__words">
                        <span class="sample__title">{shown}</span>
                        <span class="sample__count">
                            {move || if is_busy.get() { "Opening…".to_owned() } else { records.clone() }}
                        </span>
                    </span>
                </button>
            </li>
        }
    };
    view! {
        <section class="card" aria-label="Samples">
            <h2 class="card__title">"Try a sample"</h2>
            <ul class="samples">{samples().into_iter().map(line).collect_view()}</ul>
            <Problem text=problem />
        </section>
    }
}

/// Imports what is not there yet, and opens the replay of the sample's first topic, paused at its most interesting minute.
fn open(sample: Sample, busy: RwSignal<Option<String>>, problem: RwSignal<Option<String>>) {
    let (engine, router, topics) = (Engine::get(), Router::get(), Topics::get());
    let there = topics.names_untracked();
    spawn_local(async move {
        for file in &sample.files {
            // A topic of that name is the sample from an earlier visit, or the person's own: neither is to be written to.
            if there.contains(&file.topic) {
                continue;
            }
            if let Err(failure) = import(engine, file).await {
                busy.try_set(None);
                problem.try_set(Some(failure.sentence));
                return;
            }
        }
        busy.try_set(None);
        if let Some(file) = sample.files.first() {
            router.navigate(place(file));
        }
    });
}

fn place(file: &SampleFile) -> Route {
    let look =
        Look { at: Some(file.replay_start_ms), speed: Some(Speed::Times(file.speed)), ..Look::default() };
    Route::Topic { name: file.topic.clone(), tab: Tab::Replay, look }
}

async fn import(engine: Engine, file: &SampleFile) -> Result<(), Failure> {
    let request = Request::Import(ImportRequest {
        from: ImportFrom::Sample(file.address()),
        format: Some(FileFormat::JsonLines),
        topic: file.topic.clone(),
        partitions: file.partitions,
        partitioning: Partitioning::Same,
        key_field: None,
        timestamp_field: None,
        on_error: OnError::Stop,
    });
    match engine.request(request).await? {
        Reply::Imported(report) => match report.stopped {
            None => Ok(()),
            Some(sentence) => {
                Err(Failure { kind: crate::engine::protocol::FailureKind::Io, code: None, sentence })
            }
        },
        _ => Ok(()),
    }
}
