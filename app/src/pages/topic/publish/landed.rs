//! Where the last record landed.

use leptos::prelude::*;

use super::form::PublishForm;
use crate::engine::protocol::{Acks, Landed, Published};
use crate::model::format::{duration_us, grouped};
use crate::state::route::{Look, Route, Tab};
use crate::ui::icon::{Glyph, Icon};

/// Draws one line: place, time taken, level reached.
#[component]
pub fn LandedLine(form: PublishForm) -> impl IntoView {
    let line = move |published: Published| {
        let landed = published.landed.first()?.clone();
        let rest = format!("{} · {}", duration_us(published.elapsed_us), acks_words(landed.acks));
        Some(view! {
            <Icon glyph=Glyph::Check />
            <span class="landed__words">{place(&form.topic(), &landed)} " · " {rest}</span>
        })
    };
    view! {
        <output class="landed" aria-live="polite">
            {move || form.landed.get().and_then(line)}
        </output>
    }
}

/// The place as a link to the record, where its offset is known.
fn place(topic: &str, landed: &Landed) -> AnyView {
    if landed.offset < 0 {
        return format!("{topic} {}", landed.partition).into_any();
    }
    let look = Look { record: Some((landed.partition, landed.offset)), ..Look::default() };
    let route = Route::Topic { name: topic.to_owned(), tab: Tab::Publish, look };
    let words = format!("{topic} {} @ {}", landed.partition, grouped(landed.offset));
    view! { <a href=route.href()>{words}</a> }.into_any()
}

const fn acks_words(acks: Acks) -> &'static str {
    match acks {
        Acks::None => "acks 0",
        Acks::Leader => "acks 1",
        Acks::All => "acks all",
    }
}
