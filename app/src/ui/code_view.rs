//! Lines of text in coloured pieces, of which only the visible ones exist: ten million lines cost as little as ten.

use std::ops::Range;

use leptos::ev::KeyboardEvent;
use leptos::html::Div;
use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use super::resize::on_resize;
use super::rows::Rows;
use super::virtual_list::{Step, VirtualList, step_of};
use crate::model::code_line::CodeLine;
use crate::model::folds::Folds;

/// Height of a line in CSS pixels. Keep it equal to `--code-line` in the style sheet.
pub const LINE_PX: f64 = 20.0;

/// Draws lines; `line` gives one that is at hand, `want` asks for those that are not.
#[component]
pub fn CodeView(
    /// What the text is.
    #[prop(into)]
    label: String,
    /// How many lines there are.
    #[prop(into)]
    lines: Signal<u64>,
    /// Returns a line that is at hand; tracked.
    line: impl Fn(u64) -> Option<CodeLine> + Copy + Send + Sync + 'static,
    /// Asks for lines.
    want: impl Fn(Range<u64>) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let list = VirtualList::new(LINE_PX);
    let folds = RwSignal::new(Folds::default());
    let scroller = NodeRef::<Div>::new();
    list.attach(scroller);
    Effect::new(move || {
        if let Some(element) = scroller.get() {
            on_resize(&element, move |height_px| list.set_viewport(height_px));
        }
    });
    Effect::new(move || {
        let lines = lines.get();
        list.set_rows(folds.with(|folds| folds.shown(lines)));
    });
    let line_at = move |place: u64| folds.with(|folds| folds.line_at(place));
    Effect::new(move || {
        let (places, lines) = (list.visible(), lines.get());
        // What is folded away between two lines in view is not in view.
        for run in folds.with(|folds| folds.lines_at(places)) {
            want(run.start..run.end.min(lines));
        }
    });
    let on_keydown = move |event: KeyboardEvent| match step_of(&event) {
        None => {}
        Some(Step::Open) => {
            event.prevent_default();
            if let Some(first) = list.focused().map(|place| untrack(|| line_at(place)))
                && let Some(last) = untrack(|| line(first)).and_then(|line| line.fold_to)
            {
                folds.update(|folds| folds.toggle(first, last));
            }
        }
        Some(step) => {
            event.prevent_default();
            event.stop_propagation();
            if let Some(place) = list.stepped(step) {
                list.focus(place);
            }
        }
    };
    view! {
        <div
            class="code"
            role="region"
            tabindex="0"
            aria-label=label
            node_ref=scroller
            on:scroll=move |_| list.on_scroll()
            on:keydown=on_keydown
        >
            <div class="code__content" style:height=move || format!("{}px", list.content_px())>
                <Rows
                    class="code__window"
                    role="presentation"
                    each=move || list.visible()
                    top_px=move |place| list.row_top_px(place)
                    children=move |place| view! { <Line place list folds line_at line /> }
                />
            </div>
        </div>
    }
}

#[component]
fn Line(
    place: Signal<u64>,
    list: VirtualList,
    folds: RwSignal<Folds>,
    line_at: impl Fn(u64) -> u64 + Copy + Send + Sync + 'static,
    line: impl Fn(u64) -> Option<CodeLine> + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let number = Memo::new(move |_| line_at(place.get()));
    let data = Memo::new(move |_| line(number.get()));
    let content = move || {
        let first = number.get();
        let data = data.get()?;
        let is_folded = folds.with(|folds| folds.is_folded(first));
        let fold = data.fold_to.map(|last| {
            view! {
                <button
                    class="code__fold"
                    type="button"
                    tabindex="-1"
                    aria-label=if is_folded { "Unfold" } else { "Fold" }
                    on:click=move |_| folds.update(|folds| folds.toggle(first, last))
                >
                    <Icon glyph=if is_folded { Glyph::ChevronRight } else { Glyph::ChevronDown } />
                </button>
            }
        });
        let pieces = data
            .pieces
            .into_iter()
            .map(|(class, text)| view! { <span class=class>{text}</span> })
            .collect_view();
        let folded = is_folded.then(|| view! { <span class="code-folded">" … "</span> });
        let indent = format!("{}ch", u32::from(data.depth) * 2);
        Some(view! {
            {fold}
            <bdi class="code__text" style:padding-inline-start=indent>{pieces}{folded}</bdi>
        })
    };
    view! {
        <div class="code__line" class:is-focused=move || list.focused_tracked() == Some(place.get())>
            {content}
        </div>
    }
}
