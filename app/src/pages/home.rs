//! The first screen: three ways to begin.

mod new_topic_card;
mod samples;

use leptos::prelude::*;

use self::new_topic_card::NewTopicCard;
use self::samples::SamplesCard;
use super::open_files::{OpenFilesButton, OpenFolderButton};
use super::sidebar::StorageLine;
use crate::state::topics::Topics;

/// Draws the first screen.
#[component]
pub fn HomePage() -> impl IntoView {
    let topics = Topics::get();
    view! {
        <div class="home">
            <div class="home__words">
                <h1 class="home__title">"Kafka’s log, in a browser tab"</h1>
                <p class="home__text">
                    "Publish, browse and replay topics offline. Nothing leaves this machine."
                </p>
            </div>
            <div class="home__cards">
                <section class="card" aria-label="Files">
                    <div class="home__buttons">
                        <OpenFilesButton />
                        <OpenFolderButton />
                    </div>
                    <p class="muted">
                        "Drop a Kafka .log, a data folder, JSON Lines or a kcat dump anywhere"
                    </p>
                </section>
                <NewTopicCard />
                <SamplesCard />
            </div>
            // Where the list of topics stands beside it, the storage line stands there.
            <Show when=move || topics.is_empty() != Some(false)>
                <div class="home__storage">
                    <StorageLine />
                </div>
            </Show>
            <footer class="home__foot">
                <a href="#/about">"About Tablog"</a>
            </footer>
        </div>
    }
}
