//! A grid of any number of rows, of which only the visible ones exist. It knows nothing of what it shows.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::resize::on_resize;
use super::rows::Rows;
use super::virtual_list::{Step, VirtualList, step_of};

/// Height of the header row in CSS pixels. Keep it equal to `--grid-header` in the style sheet.
const HEADER_PX: f64 = 28.0;

/// One column of a grid. Its width is up to the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The header's words.
    pub title: &'static str,
    /// The class of the header and, by custom, of the cells.
    pub class: &'static str,
}

/// Draws a grid that scrolls over `list`. `cells` is called once for each row that comes into view and stays reactive; it brings
/// one element of role `gridcell` for each column. `on_open` hears Enter and a click on a row.
#[component]
pub fn VirtualGrid(
    /// Where the grid stands.
    list: VirtualList,
    /// What the grid is called.
    #[prop(into)]
    label: String,
    /// The columns, left to right.
    columns: &'static [Column],
    /// The cells of a row.
    cells: impl Fn(u64) -> AnyView + Copy + Send + Sync + 'static,
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
    /// What is special about a row, for the style sheets.
    #[prop(optional)]
    row_kind: Option<Callback<u64, Option<&'static str>>>,
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

    let row_view = move |row: u64| {
        let is_selected = move || selected.get() == Some(row);
        view! {
            <div
                role="row"
                id=list.row_id(row)
                class="grid-row"
                data-kind=move || row_kind.and_then(|kind| kind.run(row))
                class:is-focused=move || list.focused_tracked() == Some(row)
                class:is-selected=is_selected
                aria-rowindex=row.saturating_add(2).to_string()
                aria-selected=move || is_selected().to_string()
                style:transform=move || format!("translateY({}px)", list.row_top_px(row))
                on:click=move |_| {
                    list.focus(row);
                    on_open.run(row);
                }
            >
                {cells(row)}
            </div>
        }
    };

    view! {
        <div
            class="grid"
            role="grid"
            tabindex="0"
            aria-label=label
            aria-rowcount=move || list.rows().saturating_add(1).to_string()
            aria-colcount=columns.len().to_string()
            aria-activedescendant=move || list.active_id()
            node_ref=scroller
            on:scroll=move |_| list.on_scroll()
            on:keydown=on_keydown
        >
            <div class="grid-header" role="row" aria-rowindex="1">
                {columns
                    .iter()
                    .map(|column| view! { <div role="columnheader" class=column.class>{column.title}</div> })
                    .collect_view()}
            </div>
            <div class="grid-content" role="presentation" style:height=move || format!("{}px", list.content_px())>
                <div class="grid-window" role="rowgroup">
                    <Rows each=move || list.visible() children=row_view />
                </div>
            </div>
        </div>
    }
}
