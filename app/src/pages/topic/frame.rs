//! What stands around every topic and file: its name and facts, its actions, its tabs.

use leptos::prelude::*;

use crate::state::route::{Route, Router, Tab};
use crate::ui::menu::{Menu, MenuItem};
use crate::ui::tabs::{TabItem, Tabs};

/// The id of what the tabs open.
const PANEL: &str = "panel";

/// One thing to know of a source, in the header.
#[derive(Clone, Copy)]
pub struct Fact(pub Signal<String>);

impl Fact {
    /// A fact that never changes.
    pub fn fixed(text: impl Into<String>) -> Self {
        Self(Signal::stored(text.into()))
    }
}

/// Draws the frame.
#[component]
pub fn Frame(
    /// What the source is called.
    name: String,
    /// What there is to know of it.
    facts: Vec<Fact>,
    /// Its tabs.
    tabs: Vec<Tab>,
    /// Where a tab leads.
    href: Callback<Tab, Route>,
    /// More actions.
    #[prop(into)]
    menu: Signal<Vec<MenuItem>>,
    /// The one action that stands out.
    #[prop(optional, into)]
    action: ViewFn,
    /// What the open tab shows.
    children: Children,
) -> impl IntoView {
    let router = Router::get();
    let current = Signal::derive(move || match router.route() {
        Route::Topic { tab, .. } | Route::File { tab, .. } => tab,
        _ => Tab::Messages,
    });
    let items = Signal::derive(move || {
        let item = |tab: Tab| TabItem { value: tab, title: tab.title(), href: href.run(tab).href() };
        tabs.iter().copied().map(item).collect::<Vec<_>>()
    });
    let fact = |fact: Fact| view! { <span class="source__fact">{move || fact.0.get()}</span> };
    view! {
        <section class="source" aria-label=name.clone()>
            <header class="source__head">
                <h1 class="source__name">{name.clone()}</h1>
                <p class="source__facts">{facts.into_iter().map(fact).collect_view()}</p>
                <div class="source__actions">{action.run()} <Menu label="More actions" items=menu /></div>
            </header>
            <div class="source__tabs">
                <Tabs label=name.clone() items current panel=PANEL on_select=move |tab| router.navigate(href.run(tab)) />
            </div>
            <div class="source__body" id=PANEL role="tabpanel" aria-label=move || current.get().title()>
                {children()}
            </div>
        </section>
    }
}
