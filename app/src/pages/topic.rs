//! A topic: its frame, and what its tabs open. The grid stays where it is while the publish drawer lies over it.

mod column_picker;
mod damage;
mod details;
mod follow;
pub mod frame;
mod isolation_picker;
mod messages;
mod overview;
mod partition_picker;
mod publish;
mod replay;
mod selection;
mod settings;

use leptos::prelude::*;
use leptos::task::spawn_local;

use self::frame::{Fact, Frame};
use self::messages::MessagesPage;
use self::publish::{PublishDrawer, PublishForm};
use self::replay::ReplayPage;
use self::settings::SettingsPage;
use super::verify::VerifyPage;
use crate::engine::protocol::{ExportFormat, Packing, SourceRef, TopicSummary};
use crate::model::format::{bytes, counted};
use crate::state::dialogs::{Dialog, Dialogs};
use crate::state::media::Media;
use crate::state::route::{Route, Router, Tab};
use crate::state::toast::Toasts;
use crate::state::topics::{TopicEntry, Topics};
use crate::ui::button::{Button, ButtonKind};
use crate::ui::copy::copy;
use crate::ui::empty::Empty;
use crate::ui::icon::Glyph;
use crate::ui::later::Later;
use crate::ui::menu::MenuItem;

/// What the body shows; going between two tabs with the same body changes nothing in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    Grid,
    Replay,
    Settings,
    /// Of the page's number for a file.
    Verify(u32),
}

/// Draws a topic, or says that there is none.
#[component]
pub fn TopicPage(
    /// The topic's name, as the address has it.
    name: String,
) -> impl IntoView {
    let topics = Topics::get();
    let own = name.clone();
    // None while the topics are not known yet. A topic that was made anew under this name is another one.
    let id = Memo::new(move |_| topics.is_empty().map(|_| topics.find(&own).map(|entry| entry.id)));
    // Other topics that come or go are no reason to build this page anew: its dialogs, its replay and its place would be lost.
    move || match (id.get(), untrack(|| topics.find(&name))) {
        (None, _) => ().into_any(),
        (Some(Some(_)), Some(entry)) => view! { <Stored entry /> }.into_any(),
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
    let (router, media) = (Router::get(), Media::get());
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
        move |tab| match router.route() {
            Route::Topic { name: shown, .. } if shown != name => Route::topic(name.clone(), tab),
            route => route.at_tab(tab).unwrap_or_else(|| Route::topic(name.clone(), tab)),
        }
    };
    let menu = {
        let name = name.clone();
        Signal::derive(move || topic_menu(&name))
    };
    let publish = move || publish_button(router);
    let source = SourceRef::Topic(name.clone());
    // Belongs to the topic, not to the drawer: what was typed is there when the drawer opens again.
    let form = PublishForm::new(name.clone());
    view! {
        <Frame name facts tabs=Tab::OF_TOPICS.to_vec() href=Callback::new(place) menu action=publish>
            // On a narrow screen the drawer covers it.
            <div class="source__covered" inert=move || is_publishing(router) && media.is_narrow()>
                {body(source, router)}
            </div>
            <Show when=move || is_publishing(router)>
                <PublishDrawer form />
            </Show>
        </Frame>
    }
}

fn is_publishing(router: Router) -> bool {
    matches!(router.route(), Route::Topic { tab: Tab::Publish, .. })
}

fn publish_button(router: Router) -> impl IntoView {
    // The open drawer has a button of that name, which really publishes.
    let open = Callback::new(move |()| {
        router.go_within(Tab::Publish);
    });
    view! {
        <Show when=move || !is_publishing(router)>
            <Button kind=ButtonKind::Primary glyph=Glyph::Send on_click=open>
                "Publish"
            </Button>
        </Show>
    }
}

fn topic_menu(name: &str) -> Vec<MenuItem> {
    let dialogs = Dialogs::get();
    let name = name.to_owned();
    let mut items = export_items(&SourceRef::Topic(name.clone()), &name);
    items.push(MenuItem { glyph: Glyph::Link, title: "Copy link", is_danger: false, action: copy_link() });
    let delete = Callback::new(move |()| dialogs.open(Dialog::DeleteTopic(name.clone())));
    items.push(MenuItem { glyph: Glyph::Trash, title: "Delete topic…", is_danger: true, action: delete });
    items
}

/// Returns the lines of a menu that write a source as a file.
pub fn export_items(source: &SourceRef, name: &str) -> Vec<MenuItem> {
    let dialogs = Dialogs::get();
    let item = |title, format| {
        let (source, name) = (source.clone(), name.to_owned());
        let open =
            move |()| dialogs.open(Dialog::Export { source: source.clone(), name: name.clone(), format });
        MenuItem { glyph: Glyph::Download, title, is_danger: false, action: Callback::new(open) }
    };
    vec![
        item("Export JSON Lines…", ExportFormat::JsonLines),
        item("Export kcat -J…", ExportFormat::Kcat),
        item("Export Kafka data directory…", ExportFormat::DataDirectory(Packing::Zip)),
    ]
}

/// Copies the address of what is looked at now.
fn copy_link() -> Callback<()> {
    let (router, toasts) = (Router::get(), Toasts::get());
    Callback::new(move |()| {
        spawn_local(async move {
            if copy(&router.address()).await {
                toasts.info("The link is copied. It opens in this browser: the records are here");
            } else {
                toasts.error("The browser does not let the page copy; the link is in the address bar");
            }
        });
    })
}

/// Draws what the open tab shows of a source.
pub fn body(source: SourceRef, router: Router) -> impl IntoView {
    let body = Memo::new(move |_| match router.route() {
        Route::Topic { tab: Tab::Replay, .. } | Route::File { tab: Tab::Replay, .. } => Body::Replay,
        Route::Topic { tab: Tab::Settings, .. } => Body::Settings,
        Route::File { tab: Tab::Verify, file, .. } => Body::Verify(file),
        _ => Body::Grid,
    });
    move || match body.get() {
        Body::Grid => {
            let source = source.clone();
            view! { <Later><MessagesPage source=source.clone() /></Later> }.into_any()
        }
        Body::Replay => {
            let source = source.clone();
            view! { <Later><ReplayPage source=source.clone() /></Later> }.into_any()
        }
        Body::Settings => match &source {
            SourceRef::Topic(name) => view! { <SettingsPage name=name.clone() /> }.into_any(),
            SourceRef::File(_) => ().into_any(),
        },
        Body::Verify(file) => view! { <VerifyPage file /> }.into_any(),
    }
}
