//! Which page is shown: the address decides.

use leptos::prelude::*;

use super::about::AboutPage;
use super::file::FilePage;
use super::health::HealthPage;
use super::home::HomePage;
use super::topic::TopicPage;
use super::topics::TopicsPage;
use crate::state::route::{Route, Router};
use crate::ui::empty::Empty;

/// What of a route decides which page is built anew; the rest changes within it.
#[derive(Clone, Debug, PartialEq)]
enum Page {
    Home,
    Topics,
    Health,
    About,
    Topic(String),
    File(u32),
    Unknown(String),
}

/// Draws the page that the address names. What of a page hangs on one engine is built anew when that was restarted; the rest, such
/// as what somebody typed, stays.
#[component]
pub fn Screen() -> impl IntoView {
    let router = Router::get();
    let page = Memo::new(move |_| match router.route() {
        Route::Home => Page::Home,
        Route::Topics => Page::Topics,
        Route::Health => Page::Health,
        Route::About => Page::About,
        Route::Topic { name, .. } => Page::Topic(name),
        Route::File { file, .. } => Page::File(file),
        Route::Unknown(hash) => Page::Unknown(hash),
    });
    move || match page.get() {
        Page::Home => view! { <HomePage /> }.into_any(),
        Page::Topics => view! { <TopicsPage /> }.into_any(),
        Page::Health => view! { <HealthPage /> }.into_any(),
        Page::About => view! { <AboutPage /> }.into_any(),
        Page::Topic(name) => view! { <TopicPage name /> }.into_any(),
        Page::File(id) => view! { <FilePage id /> }.into_any(),
        Page::Unknown(hash) => view! { <Nowhere hash /> }.into_any(),
    }
}

#[component]
fn Nowhere(hash: String) -> impl IntoView {
    view! {
        <Empty title=format!("There is nothing at {hash}") text="The link may be cut short, or of another version">
            <a href="#/">"First screen"</a>
            <a href="#/topics">"All topics"</a>
        </Empty>
    }
}
