//! A grid of any number of rows, of which only the visible ones exist. It knows nothing of what it shows.

use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::frame_allowance::FrameAllowance;
use super::painted_row::{PaintedRow, RowPlace};
use super::resize::on_resize;
use super::row_pool::RowPool;
use super::virtual_list::{Step, VirtualList, step_of};
use crate::model::row_face::RowFace;

/// Height of the header row in CSS pixels. Keep it equal to `--grid-header` in the style sheet.
const HEADER_PX: f64 = 28.0;

/// Rows that are drawn in one frame: the browser lays out each, and to draw a whole window at once would keep it from answering for
/// too long. The others follow in the next frames.
const ROWS_AT_ONCE: usize = 14;

/// The number that ARIA gives to the first row: it counts from 1, and the header is a row, too.
const FIRST_ROW_INDEX: u64 = 2;

/// One column of a grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The header's words.
    pub title: &'static str,
    /// The class of the header and, by custom, of the cells.
    pub class: &'static str,
    /// Its width in CSS pixels; `None` where the style sheet knows it. Those that it knows come first.
    pub width_px: Option<u32>,
}

/// Draws a grid that scrolls over `list`. `face` tells what a row says, with a cell for each column, and is asked again for every
/// row in view when something that it read changes. `on_open` hears Enter and a click on a row.
#[component]
pub fn VirtualGrid(
    /// Where the grid stands.
    list: VirtualList,
    /// What the grid is called.
    #[prop(into)]
    label: String,
    /// The columns, left to right.
    #[prop(into)]
    columns: Signal<Vec<Column>>,
    /// What a row says; tracked.
    face: Callback<u64, RowFace>,
    /// The row that stands out.
    #[prop(into)]
    selected: Signal<Option<u64>>,
    /// What happens when a row is opened.
    on_open: Callback<u64>,
    /// What happens when the focus moves to a row.
    on_move: Callback<u64>,
    /// What further keys do; returns whether the key was one of them.
    #[prop(optional)]
    on_key: Option<Callback<KeyboardEvent, bool>>,
) -> impl IntoView {
    let scroller = NodeRef::<leptos::html::Div>::new();
    list.attach(scroller);
    Effect::new(move || {
        if let Some(element) = scroller.get() {
            on_resize(&element, move |height_px| list.set_viewport(height_px - HEADER_PX));
        }
    });

    let move_to = move |row: u64| {
        list.focus(row);
        on_move.run(row);
    };
    let on_keydown = move |event: KeyboardEvent| {
        if on_key.is_some_and(|on_key| on_key.run(event.clone())) {
            event.prevent_default();
            return;
        }
        match step_of(&event) {
            Some(Step::Open) => {
                event.prevent_default();
                if let Some(row) = list.focused() {
                    on_open.run(row);
                }
            }
            Some(step) => {
                event.prevent_default();
                if let Some(row) = list.stepped(step) {
                    move_to(row);
                }
            }
            None => {}
        }
    };

    let window = NodeRef::<leptos::html::Div>::new();
    let pool = StoredValue::new_local(RowPool::<PaintedRow>::default());
    let allowance = FrameAllowance::new(ROWS_AT_ONCE);
    // One reaction for all rows: each further one costs every row that comes into view.
    Effect::new(move || {
        let range = list.visible();
        let (focused, selected) = (list.focused_tracked(), selected.get());
        allowance.track();
        let Some(window) = window.get() else { return };
        pool.update_value(|pool| {
            pool.show(&window, range, |free, _| free.unwrap_or_else(PaintedRow::blank));
            for (row, element) in pool.iter_mut() {
                let place = RowPlace {
                    index: row.saturating_add(FIRST_ROW_INDEX),
                    is_focused: focused == Some(row),
                    is_selected: selected == Some(row),
                };
                let face = face.run(row);
                if element.says(place, &face) {
                    continue;
                }
                if allowance.take() {
                    element.paint(place, face, || list.row_id(row));
                } else {
                    element.wait(place);
                }
            }
        });
    });
    let on_click = move |event: MouseEvent| {
        if let Some(row) = row_of(&event) {
            list.focus(row);
            on_open.run(row);
        }
    };

    view! {
        <div
            class="grid"
            role="grid"
            tabindex="0"
            aria-label=label
            style=("--grid-row", format!("{}px", list.row_px()))
            style=("--grid-more", move || columns.with(|columns| tracks_of(columns)))
            style=("--grid-more-px", move || columns.with(|columns| format!("{}px", width_of(columns))))
            aria-rowcount=move || list.rows().saturating_add(1).to_string()
            aria-colcount=move || columns.with(Vec::len).to_string()
            aria-activedescendant=move || list.active_id()
            node_ref=scroller
            on:scroll=move |_| list.on_scroll()
            on:keydown=on_keydown
        >
            <div class="grid-header" role="row" aria-rowindex="1">
                {move || {
                    columns
                        .get()
                        .into_iter()
                        .map(|column| view! { <div role="columnheader" class=column.class>{column.title}</div> })
                        .collect_view()
                }}
            </div>
            <div class="grid-content" role="presentation" on:click=on_click style:height=move || format!("{}px", list.content_px())>
                <div
                    class="grid-window"
                    role="rowgroup"
                    node_ref=window
                    style:transform=move || format!("translateY({}px)", list.row_top_px(list.visible().start))
                ></div>
            </div>
        </div>
    }
}

/// Returns the row that was clicked.
fn row_of(event: &MouseEvent) -> Option<u64> {
    let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    let row = target.closest("[role=row]").ok()??;
    row.get_attribute("aria-rowindex")?.parse::<u64>().ok()?.checked_sub(FIRST_ROW_INDEX)
}

/// Returns the tracks of the columns whose width the style sheet does not know.
fn tracks_of(columns: &[Column]) -> String {
    let tracks: Vec<String> =
        columns.iter().filter_map(|column| column.width_px).map(|px| format!("{px}px")).collect();
    tracks.join(" ")
}

fn width_of(columns: &[Column]) -> u32 {
    columns.iter().filter_map(|column| column.width_px).sum()
}
