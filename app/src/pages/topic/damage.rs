//! What of a source cannot be read, said where one looks at it.

use leptos::prelude::*;

use crate::model::format;
use crate::state::view::RecordView;

/// Draws a line that counts the damage and opens to all of it.
#[component]
pub fn DamageBanner(
    /// The view of the source.
    records: RecordView,
) -> impl IntoView {
    let damage = Memo::new(move |_| {
        records.with_state(|state| (state.damage.clone(), state.damage_count)).filter(|(_, count)| *count > 0)
    });
    move || {
        damage.get().map(|(sentences, count)| {
            let more = count.saturating_sub(u64::try_from(sentences.len()).unwrap_or(count));
            view! {
                <details class="damage" role="alert">
                    <summary>
                        {format::counted(count, "stretch", "stretches")}
                        " missing or unreadable. Everything else is here."
                    </summary>
                    <ul class="damage__list">
                        {sentences.into_iter().map(|sentence| view! { <li>{sentence}</li> }).collect_view()}
                        {(more > 0).then(|| view! { <li>"and "{format::grouped(more)}" more"</li> })}
                    </ul>
                </details>
            }
        })
    }
}
