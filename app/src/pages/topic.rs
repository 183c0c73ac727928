//! A topic: its frame, and what its tabs open. The grid stays where it is while the publish drawer lies over it.

mod damage;
mod details;
pub mod frame;
mod messages;
mod overview;
mod replay;

use leptos::prelude::*;

use self::frame::{Fact, Frame};
use self::messages::MessagesPage;
use self::replay::ReplayPage;
use crate::engine::protocol::{ExportFormat, SourceRef, TopicSummary};
use crate::model::format::{bytes, counted};
use crate::state::dialogs::{Dialog, Dialogs};
use crate::state::route::{Route, Router, Tab};
use crate::state::topics::{TopicEntry, Topics};
use crate::ui::button::{Button, ButtonKind};
use crate::ui::empty::Empty;
use crate::ui::icon::Glyph;
use crate::ui::menu::MenuItem;

/// What the body shows; going between two tabs with the same body changes nothing in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    Grid,
    Replay,
    Settings,
}

/// Draws a topic, or says that there is none.
#[component]
pub fn TopicPage(
    /// The topic's name, as the address has it.
    name: String,
) -> impl IntoView {
    let topics = Topics::get();
    let own = name.clone();
    // None while the topics are not known yet.
    let is_there = Memo::new(move |_| topics.is_empty().map(|_| topics.find(&own).is_some()));
    move || match (is_there.get(), topics.find(&name)) {
        (None, _) => ().into_any(),
        (Some(true), Some(entry)) => view! { <Stored entry /> }.into_any(),
        _ => view! { <Missing name=name.clone() /> }.into_any(),
    }
}

#[component]
fn Missing(name: String) -> impl IntoView {
    let dialogs = Dialogs::get();
    view! {
        <Empty title=format!("There is no topic {name}") text="It may have been deleted, or belong to another browser">
            <Button label="New topic" on_click=move |()| dialogs.open(Dialog::NewTopic)>
                "New topic…"
            </Button>
            <a href="#/topics">"All topics"</a>
        </Empty>
    }
}

#[component]
fn Stored(entry: TopicEntry) -> impl IntoView {
    let TopicEntry { name, summary, .. } = entry;
    let router = Router::get();
    let fact = |read: fn(&TopicSummary) -> String| {
        let summary = summary.clone();
        Fact(Signal::derive(move || summary.with(read)))
    };
    let facts = vec![
        fact(|it| counted(u64::try_from(it.partitions).unwrap_or(0), "partition", "partitions")),
        fact(|it| counted(it.records, "record", "records")),
        fact(|it| bytes(it.bytes)),
    ];
    let place = {
        let name = name.clone();
        move |tab| kept_look(router, Route::topic(name.clone(), tab))
    };
    let menu = {
        let name = name.clone();
        Signal::derive(move || topic_menu(&name))
    };
    let publish = {
        let name = name.clone();
        move || publish_button(name.clone(), router)
    };
    let source = SourceRef::Topic(name.clone());
    view! {
        <Frame name facts tabs=Tab::ALL.to_vec() href=Callback::new(place) menu action=publish>
            {body(source, router)}
        </Frame>
    }
}

/// Going between messages and publish keeps what is looked at.
fn kept_look(router: Router, route: Route) -> Route {
    let is_grid = |tab: &Tab| matches!(tab, Tab::Messages | Tab::Publish);
    match (router.route(), &route) {
        (Route::Topic { tab: from, look, .. }, Route::Topic { tab: to, .. })
            if is_grid(&from) && is_grid(to) =>
        {
            route.with_look(look)
        }
        _ => route,
    }
}

fn publish_button(name: String, router: Router) -> impl IntoView {
    // The open drawer has a button of that name, which really publishes.
    let is_open = move || matches!(router.route(), Route::Topic { tab: Tab::Publish, .. });
    let open = Callback::new(move |()| {
        router.navigate(kept_look(router, Route::topic(name.clone(), Tab::Publish)));
    });
    view! {
        <Show when=move || !is_open()>
            <Button kind=ButtonKind::Primary glyph=Glyph::Send on_click=open>
                "Publish"
            </Button>
        </Show>
    }
}

fn topic_menu(name: &str) -> Vec<MenuItem> {
    let dialogs = Dialogs::get();
    let name = name.to_owned();
    let export = |title, format| {
        let (source, name) = (SourceRef::Topic(name.clone()), name.clone());
        let open =
            move |()| dialogs.open(Dialog::Export { source: source.clone(), name: name.clone(), format });
        MenuItem { glyph: Glyph::Download, title, is_danger: false, action: Callback::new(open) }
    };
    let exports = [
        export("Export as JSON Lines…", ExportFormat::JsonLines),
        export("Export as kcat -J…", ExportFormat::Kcat),
    ];
    let delete = Callback::new(move |()| dialogs.open(Dialog::DeleteTopic(name.clone())));
    let [lines, kcat] = exports;
    vec![
        lines,
        kcat,
        MenuItem { glyph: Glyph::Trash, title: "Delete topic…", is_danger: true, action: delete },
    ]
}

/// Draws what the open tab shows of a source.
pub fn body(source: SourceRef, router: Router) -> impl IntoView {
    let body = Memo::new(move |_| match router.route() {
        Route::Topic { tab: Tab::Replay, .. } | Route::File { tab: Tab::Replay, .. } => Body::Replay,
        Route::Topic { tab: Tab::Settings, .. } => Body::Settings,
        _ => Body::Grid,
    });
    move || match body.get() {
        Body::Grid => view! { <MessagesPage source=source.clone() /> }.into_any(),
        Body::Replay => view! { <ReplayPage source=source.clone() /> }.into_any(),
        Body::Settings => waiting_for(&source).into_any(),
    }
}

/// Stands where the settings come in.
fn waiting_for(source: &SourceRef) -> impl IntoView + use<> {
    let name = match source {
        SourceRef::Topic(name) => name.clone(),
        SourceRef::File(file) => format!("file {file}"),
    };
    view! { <Empty title=name /> }
}
