//! The choice of what of transactions is seen: all that is in the log, or what a consumer of committed records sees.

use leptos::prelude::*;

use crate::engine::protocol::IsolationLevel;
use crate::state::route::Router;
use crate::state::view::RecordView;
use crate::ui::segmented::Segmented;

/// Asks for the isolation level, where there are transactions or somebody chose one. The address keeps it.
#[component]
pub fn IsolationPicker(records: RecordView) -> impl IntoView {
    let router = Router::get();
    let look = router.look();
    let chosen = Memo::new(move |_| look.with(|look| look.isolation));
    let is_needed = Memo::new(move |_| {
        chosen.get() != IsolationLevel::default()
            || records.with_state(|state| state.has_transactions) == Some(true)
    });
    let on_choice = Callback::new(move |level| {
        // Which row is which changes with the level.
        router.replace_look(|look| look.isolation = level);
    });
    let choices = move || IsolationLevel::ALL.map(|level| (level, level.as_str())).to_vec();
    move || {
        is_needed.get().then(|| {
            let value = RwSignal::new(chosen.get());
            view! { <Segmented label="Isolation level" choices=choices() value on_choice /> }
        })
    }
}
