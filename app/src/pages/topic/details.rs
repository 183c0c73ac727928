//! One record, whole: its value, key, headers and what its batch says.

mod body;
mod copy;

use leptos::prelude::*;

use self::body::BodyView;
use self::copy::CopyMenu;
use super::messages::cells::{PartitionTag, glimpse};
use crate::engine::protocol::{Part, RecordDetails, RecordRef, Reply, Request};
use crate::model::{clock, format};
use crate::state::engine::Engine;
use crate::ui::banner::{Banner, BannerKind};
use crate::ui::button::IconButton;
use crate::ui::icon::Glyph;
use crate::ui::segmented::Segmented;

/// The faces of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Face {
    Value,
    Key,
    Headers,
    Metadata,
}

/// Shows one record beside the grid; on a narrow screen over it.
#[component]
pub fn Details(
    /// Which record.
    record: RecordRef,
    /// Closes the details.
    on_close: Callback<()>,
) -> impl IntoView {
    let engine = Engine::get();
    let details = RwSignal::new(None);
    engine.ask(Request::Record { record: record.clone() }, move |reply| details.set(Some(reply)));
    let heading = format!("{} @ {}", record.partition, format::grouped(record.offset));
    let of_copy = record.clone();
    let shown = move || {
        let record = record.clone();
        match details.get() {
            None => view! { <p class="details__note">"Reading…"</p> }.into_any(),
            Some(Ok(Reply::Record(details))) => view! { <Faces record details /> }.into_any(),
            Some(Ok(other)) => {
                leptos::logging::error!("a record was asked for, and the engine answered {other:?}");
                ().into_any()
            }
            Some(Err(failure)) => {
                view! { <Banner kind=BannerKind::Danger text=failure.sentence /> }.into_any()
            }
        }
    };
    view! {
        <aside class="details" aria-label="Record details">
            <header class="details__head">
                <PartitionTag partition=of_copy.partition />
                <h2 class="details__title">{heading}</h2>
                <CopyMenu record=of_copy />
                <IconButton glyph=Glyph::Cross label="Close details" on_click=on_close />
            </header>
            {shown}
        </aside>
    }
}

#[component]
fn Faces(record: RecordRef, details: RecordDetails) -> impl IntoView {
    let face = RwSignal::new(Face::Value);
    let details = StoredValue::new(details);
    let record = StoredValue::new(record);
    let shown = move || match face.get() {
        Face::Value => {
            view! { <BodyView record=record.get_value() part=Part::Value details=details.get_value() /> }
                .into_any()
        }
        Face::Key => {
            view! { <BodyView record=record.get_value() part=Part::Key details=details.get_value() /> }
                .into_any()
        }
        Face::Headers => view! { <Headers details=details.get_value() /> }.into_any(),
        Face::Metadata => view! { <Metadata details=details.get_value() /> }.into_any(),
    };
    let choices = vec![
        (Face::Value, "Value"),
        (Face::Key, "Key"),
        (Face::Headers, "Headers"),
        (Face::Metadata, "Metadata"),
    ];
    view! {
        <div class="details__faces">
            <Segmented label="Part of the record" choices value=face />
        </div>
        {shown}
    }
}

#[component]
fn Headers(details: RecordDetails) -> impl IntoView {
    if details.headers.is_empty() {
        return view! { <p class="details__note">"This record has no headers"</p> }.into_any();
    }
    let (shown, total) = (u32::try_from(details.headers.len()).unwrap_or(u32::MAX), details.row.headers);
    let rest = (shown < total).then(|| {
        let note = format!("The first {} of {} headers", format::grouped(shown), format::grouped(total));
        view! { <p class="details__note">{note}</p> }
    });
    let lines = details.headers.into_iter().map(|(name, value)| {
        view! {
            <tr>
                <th scope="row">{glimpse(&name, false)}</th>
                <td>{glimpse(&value, false)}</td>
            </tr>
        }
    });
    view! {
        <div class="details__scroll">
            <table class="details__table">{lines.collect_view()}</table>
            {rest}
        </div>
    }
    .into_any()
}

#[component]
fn Metadata(details: RecordDetails) -> impl IntoView {
    let row = &details.row;
    let mut facts = vec![
        ("Partition".to_owned(), row.partition.to_string()),
        ("Offset".to_owned(), format::grouped(row.offset)),
        (details.timestamp_type.clone(), clock::date_time(row.timestamp)),
        ("Milliseconds".to_owned(), row.timestamp.to_string()),
        ("Key".to_owned(), format::bytes(row.key.bytes)),
        ("Value".to_owned(), format::bytes(row.value.bytes)),
    ];
    facts.extend(details.batch);
    let lines = facts.into_iter().map(|(name, fact)| {
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td class="mono">{fact}</td>
            </tr>
        }
    });
    view! {
        <div class="details__scroll">
            <table class="details__table">{lines.collect_view()}</table>
        </div>
    }
}
