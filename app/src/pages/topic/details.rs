//! One record, whole: its value, key, headers and what its batch says.

mod body;
mod copy;
mod headers;

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use self::body::BodyView;
use self::copy::CopyMenu;
use self::headers::Headers;
use super::messages::cells::PartitionTag;
use crate::engine::protocol::{Form, Part, RecordDetails, RecordRef, Reply, Request};
use crate::model::{clock, format};
use crate::state::engine::Engine;
use crate::state::media::Media;
use crate::ui::banner::{Banner, BannerKind};
use crate::ui::button::IconButton;
use crate::ui::focus::focus;
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

/// What of a record is shown. It outlives the record: whoever goes from one to the next compares them.
#[derive(Clone, Copy)]
pub struct Shown {
    face: RwSignal<Face>,
    /// The forms that were chosen, where one was.
    key: RwSignal<Option<Form>>,
    value: RwSignal<Option<Form>>,
}

impl Default for Shown {
    fn default() -> Self {
        Self { face: RwSignal::new(Face::Value), key: RwSignal::new(None), value: RwSignal::new(None) }
    }
}

/// Shows one record beside the grid; on a narrow screen over it.
#[component]
pub fn Details(
    /// Which record.
    record: RecordRef,
    /// What of it.
    shown: Shown,
    /// Closes the details.
    on_close: Callback<()>,
    /// What further keys do; returns whether the key was one of them.
    on_key: Callback<KeyboardEvent, bool>,
) -> impl IntoView {
    let engine = Engine::get();
    let details = RwSignal::new(None);
    engine.ask(Request::Record { record: record.clone() }, move |reply| details.set(Some(reply)));
    let heading = format!("{} @ {}", record.partition, format::grouped(record.offset));
    let of_copy = record.clone();
    let body = move || {
        let record = record.clone();
        match details.get() {
            None => view! { <p class="details__note">"Reading…"</p> }.into_any(),
            Some(Ok(Reply::Record(details))) => view! { <Faces record details shown /> }.into_any(),
            Some(Ok(other)) => {
                leptos::logging::error!("a record was asked for, and the engine answered {other:?}");
                ().into_any()
            }
            Some(Err(failure)) => {
                view! { <Banner kind=BannerKind::Danger text=failure.sentence /> }.into_any()
            }
        }
    };
    let (root, media) = (NodeRef::<leptos::html::Aside>::new(), Media::get());
    Effect::new(move || {
        // On a narrow screen nothing else is in reach.
        if let Some(root) = root.get()
            && untrack(|| media.is_narrow())
        {
            focus(&root);
        }
    });
    view! {
        <aside
            class="details"
            aria-label="Record details"
            tabindex="-1"
            node_ref=root
            on:keydown=move |event| {
                if !event.default_prevented() && on_key.run(event.clone()) {
                    event.prevent_default();
                }
            }
        >
            <header class="details__head">
                <PartitionTag partition=of_copy.partition />
                <h2 class="details__title">{heading}</h2>
                <CopyMenu record=of_copy />
                <IconButton glyph=Glyph::Cross label="Close details" on_click=on_close />
            </header>
            {body}
        </aside>
    }
}

#[component]
fn Faces(record: RecordRef, details: RecordDetails, shown: Shown) -> impl IntoView {
    let face = shown.face;
    let details = StoredValue::new(details);
    let record = StoredValue::new(record);
    let part = move |part: Part| {
        details.with_value(|details| match part {
            _ if details.row.problem.is_some() => Err(details.row.problem.clone()),
            Part::Key => Ok((details.row.key.clone(), details.key_is_json)),
            _ => Ok((details.row.value.clone(), details.value_is_json)),
        })
    };
    let body = move |which: Part, chosen: RwSignal<Option<Form>>| match part(which) {
        Err(problem) => view! { <p class="details__note">{problem}</p> }.into_any(),
        Ok((cell, is_json)) => {
            view! { <BodyView record=record.get_value() part=which cell is_json chosen /> }.into_any()
        }
    };
    let shown = move || match face.get() {
        Face::Value => body(Part::Value, shown.value),
        Face::Key => body(Part::Key, shown.key),
        Face::Headers => {
            let (headers, in_all) = details.with_value(|it| (it.headers.clone(), it.row.headers));
            view! { <Headers record=record.get_value() headers in_all /> }.into_any()
        }
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
fn Metadata(details: RecordDetails) -> impl IntoView {
    let row = &details.row;
    let mut facts = vec![
        ("Partition".to_owned(), row.partition.to_string()),
        ("Offset".to_owned(), format::grouped(row.offset)),
        (details.timestamp_type.clone(), clock::record_time(row.timestamp)),
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
