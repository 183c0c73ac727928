//! The headers of a record: so many at a time, each a glimpse, and any of them whole.

use leptos::prelude::*;

use super::body::BodyView;
use crate::engine::protocol::{Cell, Part, RecordRef};
use crate::model::format;
use crate::pages::topic::messages::cells::glimpse;
use crate::ui::button::{Button, ButtonKind};

/// Headers drawn at once. A record may have a hundred thousand, and every one is a line of the table.
const SHOWN_STEP: u32 = 100;

/// Draws the headers in order, duplicates included.
#[component]
pub fn Headers(
    /// Whose headers.
    record: RecordRef,
    /// Names and values, as many as the engine sends.
    headers: Vec<(Cell, Cell)>,
    /// How many the record has.
    in_all: u32,
) -> impl IntoView {
    if headers.is_empty() {
        return view! { <p class="details__note">"This record has no headers"</p> }.into_any();
    }
    let record = StoredValue::new(record);
    let headers = StoredValue::new(headers);
    let whole = RwSignal::new(None::<u32>);
    let back = Callback::new(move |()| whole.set(None));
    let shown = RwSignal::new(SHOWN_STEP);
    let body = move || {
        let header = |index: u32| {
            let at = usize::try_from(index).ok()?;
            headers.with_value(|headers| headers.get(at).cloned()).map(|header| (index, header))
        };
        match whole.get().and_then(header) {
            Some((index, (name, value))) => {
                view! { <Whole record=record.get_value() index name value back /> }.into_any()
            }
            None => view! { <Table headers in_all shown whole /> }.into_any(),
        }
    };
    view! { {body} }.into_any()
}

#[component]
fn Table(
    headers: StoredValue<Vec<(Cell, Cell)>>,
    in_all: u32,
    shown: RwSignal<u32>,
    whole: RwSignal<Option<u32>>,
) -> impl IntoView {
    let total = headers.with_value(|headers| u32::try_from(headers.len()).unwrap_or(u32::MAX));
    let line = move |(index, (name, value)): (u32, (Cell, Cell))| {
        let words = format!("Show the whole value of {}", name.text);
        let open = value.is_cut.then(|| {
            view! {
                <Button kind=ButtonKind::Quiet label=words on_click=Callback::new(move |()| whole.set(Some(index)))>
                    {format!("Show all {}", format::bytes(value.bytes))}
                </Button>
            }
        });
        view! {
            <tr>
                <th scope="row">{glimpse(&name, false)}</th>
                <td>{glimpse(&value, false)} {open}</td>
            </tr>
        }
    };
    let lines = move || {
        let numbers = 0..shown.get();
        let some: Vec<_> = headers.with_value(|headers| numbers.zip(headers.iter().cloned()).collect());
        some.into_iter().map(line).collect_view()
    };
    let unsent = (total < in_all).then(|| {
        let note =
            format!("These are the first {} of {} headers", format::grouped(total), format::grouped(in_all));
        view! { <p class="details__note">{note}</p> }
    });
    let more = Callback::new(move |()| shown.update(|shown| *shown = shown.saturating_add(SHOWN_STEP)));
    view! {
        <div class="details__scroll">
            <table class="details__table">{lines}</table>
            <Show when=move || shown.get() < total>
                <p class="details__more">
                    {move || format!("{} of {} headers ", format::grouped(shown.get()), format::grouped(total))}
                    <Button on_click=more>"Show more"</Button>
                </p>
            </Show>
            {unsent}
        </div>
    }
}

#[component]
fn Whole(record: RecordRef, index: u32, name: Cell, value: Cell, back: Callback<()>) -> impl IntoView {
    view! {
        <div class="details__forms">
            <Button kind=ButtonKind::Quiet on_click=back>"All headers"</Button>
            <span class="mono">{glimpse(&name, false)}</span>
        </div>
        <BodyView record part=Part::Header(index) cell=value is_json=false chosen=RwSignal::new(None) />
    }
}
