//! What pages share: the address first, then signals, then one keyed store of topics. Nothing is kept that can be derived.
//!
//! Each context is a newtype that copies freely; [`provide`] hands all of them to the components below.

pub mod body;
pub mod dialogs;
pub mod engine;
pub mod files;
pub mod health;
pub mod keys;
pub mod media;
pub mod route;
pub mod samples;
pub mod storage;
pub mod theme;
pub mod time;
pub mod toast;
pub mod topics;
pub mod updates;
pub mod view;
pub mod work;

use std::cell::RefCell;

use leptos::prelude::*;

thread_local! {
    /// The app's root, whose contexts event handlers and tasks reach too, long after the component that made them was built.
    static ROOT: RefCell<Option<Owner>> = const { RefCell::new(None) };
}

/// Returns a context of the app's root, from anywhere on the page.
///
/// # Panics
/// Before [`provide`].
fn shared<T: Clone + 'static>() -> T {
    let root =
        ROOT.with_borrow(Clone::clone).expect("the root provides its contexts before anything asks for them");
    root.with(expect_context)
}

/// Starts the engine and provides every context; called once, by the app's root.
pub fn provide() {
    ROOT.set(Owner::current());
    toast::Toasts::provide();
    route::Router::provide();
    theme::Theme::provide();
    media::Media::provide();
    dialogs::Dialogs::provide();
    engine::Engine::provide();
    storage::Storage::provide();
    topics::Topics::provide();
    files::Files::provide();
    samples::Samples::provide();
    updates::Updates::provide();
    keys::listen();
}
