//! The choice of partitions. It is made as a whole: every choice opens another view.

use std::collections::BTreeSet;

use leptos::prelude::*;

use super::messages::cells::PartitionTag;
use crate::state::route::Router;
use crate::state::view::RecordView;
use crate::ui::button::Button;
use crate::ui::popover::Popover;

/// What there is to choose from, and what is chosen.
#[derive(Clone, Copy)]
struct Choice {
    router: Router,
    count: Memo<i32>,
    chosen: Memo<Option<Vec<i32>>>,
}

impl Choice {
    fn of(records: RecordView) -> Self {
        let router = Router::get();
        let look = router.look();
        Self {
            router,
            count: Memo::new(move |_| records.with_state(|state| state.partitions).unwrap_or(0)),
            chosen: Memo::new(move |_| look.with(|look| look.partitions.clone())),
        }
    }

    fn words(self) -> String {
        match self.chosen.get() {
            None => "all".to_owned(),
            Some(list) if list.len() <= 6 => list.iter().map(i32::to_string).collect::<Vec<_>>().join(", "),
            Some(list) => format!("{} of {}", list.len(), self.count.get()),
        }
    }

    /// Returns the partitions that are ticked now.
    fn ticked(self) -> BTreeSet<i32> {
        let all = 0..self.count.get_untracked();
        let is_ticked = |partition: &i32| {
            self.chosen.with_untracked(|chosen| chosen.as_ref().is_none_or(|list| list.contains(partition)))
        };
        all.filter(is_ticked).collect()
    }

    fn show(self, ticked: &BTreeSet<i32>) {
        let is_all = (0..self.count.get_untracked()).all(|partition| ticked.contains(&partition));
        let partitions = (!is_all).then(|| ticked.iter().copied().collect());
        self.router.replace_look(|look| look.partitions = partitions);
    }
}

/// Tells whether there is a choice, or one was made; tracked.
pub fn has_choice(records: RecordView) -> Memo<bool> {
    let choice = Choice::of(records);
    Memo::new(move |_| choice.count.get() > 1 || choice.chosen.with(Option::is_some))
}

/// Asks which partitions to show, where there is a choice.
#[component]
pub fn PartitionPicker(
    /// The view of the source.
    records: RecordView,
) -> impl IntoView {
    let (choice, has_choice) = (Choice::of(records), has_choice(records));
    let is_open = RwSignal::new(false);
    view! {
        <Show when=move || has_choice.get()>
            <Popover label="Partitions" words=Signal::derive(move || choice.words()) is_open>
                <Boxes choice is_open />
            </Popover>
        </Show>
    }
}

#[component]
fn Boxes(choice: Choice, is_open: RwSignal<bool>) -> impl IntoView {
    let ticked = RwSignal::new(choice.ticked());
    let tick = move |partition: i32, is_on: bool| {
        ticked.update(|ticked| {
            if is_on {
                ticked.insert(partition);
            } else {
                ticked.remove(&partition);
            }
        });
    };
    let boxes = move || {
        let line = |partition: i32| {
            view! {
                <label class="picker__choice">
                    <input
                        type="checkbox"
                        prop:checked=ticked.with_untracked(|ticked| ticked.contains(&partition))
                        on:change=move |event| tick(partition, event_target_checked(&event))
                    />
                    <PartitionTag partition />
                    <span class="visually-hidden">"Partition "{partition}</span>
                </label>
            }
        };
        (0..choice.count.get()).map(line).collect_view()
    };
    let show = move |()| {
        is_open.set(false);
        ticked.with_untracked(|ticked| choice.show(ticked));
    };
    let show_all = move |()| {
        is_open.set(false);
        choice.router.replace_look(|look| look.partitions = None);
    };
    view! {
        <div class="picker picker_partitions">
            {boxes}
            // Showing none at all would look like an empty topic.
            <Button on_click=show disabled=Signal::derive(move || ticked.with(BTreeSet::is_empty))>
                "Show"
            </Button>
            <Button on_click=show_all>"All"</Button>
        </div>
    }
}
