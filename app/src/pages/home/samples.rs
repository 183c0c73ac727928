//! The samples: one click, and there is a topic that moves.

use leptos::prelude::*;

use crate::model::format::counted;
use crate::model::samples::{Sample, samples};
use crate::pages::work_view::WorkProgress;
use crate::state::samples::Samples;
use crate::ui::field::fresh_id;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::problem::Problem;

/// Draws the card with all samples.
#[component]
pub fn SamplesCard() -> impl IntoView {
    let state = Samples::get();
    let is_running = state.work().is_running();
    view! {
        <section class="card card--samples" aria-label="Samples">
            <h2 class="card__title">"Try a sample"</h2>
            <ul class="samples">
                {samples().into_iter().map(|sample| view! { <Line sample /> }).collect_view()}
            </ul>
            <Show when=move || is_running.get()>
                <WorkProgress label="Opening…" work=state.work() />
            </Show>
            <Problem text=Signal::derive(move || state.problem()) />
        </section>
    }
}

#[component]
fn Line(sample: Sample) -> impl IntoView {
    let state = Samples::get();
    let (title, records) = (sample.title.clone(), counted(sample.records(), "record", "records"));
    let own = title.clone();
    let is_opening = Memo::new(move |_| state.opening().as_deref() == Some(&own));
    let id = fresh_id();
    let about = sample.files.first().map(|file| {
        let words =
            format!("{}. {}. Licence: {}", file.description.trim_end_matches('.'), file.source, file.licence);
        view! {
            <p class="sample__about" id=id.clone()>
                {words}
            </p>
        }
    });
    view! {
        <li>
            <button
                class="sample"
                type="button"
                aria-describedby=id
                disabled=move || state.opening().is_some()
                on:click=move |_| state.open(sample.clone())
            >
                <Icon glyph=Glyph::Play />
                <span class="sample__words">
                    <span class="sample__title">{title}</span>
                    <span class="sample__count">
                        {move || if is_opening.get() { "Opening…".to_owned() } else { records.clone() }}
                    </span>
                </span>
            </button>
            {about}
        </li>
    }
}
