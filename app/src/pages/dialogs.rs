//! The one place that draws dialogs.

use leptos::prelude::*;

use super::delete_topic::DeleteTopicDialog;
use super::export::ExportDialog;
use super::help::HelpDialog;
use super::import::ImportDialog;
use super::new_topic::NewTopicDialog;
use super::sidebar::SourceList;
use super::switcher::SwitcherDialog;
use crate::state::dialogs::{Dialog as Which, Dialogs};
use crate::state::route::Router;
use crate::ui::dialog::{Dialog, DialogShape};

/// Draws the dialog that is open, if any.
#[component]
pub fn DialogHost() -> impl IntoView {
    let dialogs = Dialogs::get();
    let close = move |()| dialogs.close();
    move || {
        dialogs.current().map(|which| match which {
            Which::NewTopic => view! { <NewTopicDialog on_close=close /> }.into_any(),
            Which::DeleteTopic(name) => view! { <DeleteTopicDialog name on_close=close /> }.into_any(),
            Which::TopicsSheet => view! { <TopicsSheet on_close=close /> }.into_any(),
            Which::Import => view! { <ImportDialog on_close=close /> }.into_any(),
            Which::Export { source, name, format } => {
                view! { <ExportDialog source name format on_close=close /> }.into_any()
            }
            Which::Help => view! { <HelpDialog on_close=close /> }.into_any(),
            Which::Switcher => view! { <SwitcherDialog on_close=close /> }.into_any(),
        })
    }
}

#[component]
fn TopicsSheet(#[prop(into)] on_close: Callback<()>) -> impl IntoView {
    let (router, dialogs) = (Router::get(), Dialogs::get());
    // Whatever in it leads elsewhere, the sheet does not stay over the new page. Another dialog may be in its place already.
    let leave = move || {
        if dialogs.shows(&Which::TopicsSheet) {
            on_close.run(());
        }
    };
    Effect::watch(move || router.route(), move |_, _, _| leave(), false);
    view! {
        <Dialog title="Topics and files" shape=DialogShape::Sheet on_close>
            <SourceList />
        </Dialog>
    }
}
