//! Light or dark: the system's choice unless the person made one. `public/theme.js` applies the choice before the first
//! paint; this keeps it.

use gloo::utils::{document, window};
use leptos::prelude::*;

/// Where the choice is kept. Persisted, and read by `public/theme.js`.
const STORE_KEY: &str = "tablog.theme";

/// What the person chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeChoice {
    /// As the system does.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl ThemeChoice {
    /// Returns the choice that comes after this one when the switch is pressed.
    pub const fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }

    /// Returns the word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The context.
#[derive(Clone, Copy)]
pub struct Theme(RwSignal<ThemeChoice>);

impl Theme {
    /// Takes up the choice that was kept.
    pub fn provide() {
        let kept = store().and_then(|store| store.get_item(STORE_KEY).ok().flatten());
        let choice = match kept.as_deref() {
            Some("light") => ThemeChoice::Light,
            Some("dark") => ThemeChoice::Dark,
            _ => ThemeChoice::System,
        };
        provide_context(Self(RwSignal::new(choice)));
    }

    /// Returns the theme of this page.
    pub fn get() -> Self {
        super::shared()
    }

    /// Returns the choice; tracked.
    pub fn choice(self) -> ThemeChoice {
        self.0.get()
    }

    /// Returns the choice, untracked.
    pub fn choice_untracked(self) -> ThemeChoice {
        self.0.get_untracked()
    }

    /// Makes a choice, shows it and keeps it.
    pub fn choose(self, choice: ThemeChoice) {
        let store = store();
        let root = document().document_element();
        let is_kept = if choice == ThemeChoice::System {
            drop(root.map(|root| root.remove_attribute("data-theme")));
            store.is_some_and(|store| store.remove_item(STORE_KEY).is_ok())
        } else {
            drop(root.map(|root| root.set_attribute("data-theme", choice.as_str())));
            store.is_some_and(|store| store.set_item(STORE_KEY, choice.as_str()).is_ok())
        };
        // A browser that keeps nothing still shows the choice, until the page is closed.
        if !is_kept {
            leptos::logging::warn!("the browser does not keep the choice of theme");
        }
        self.0.set(choice);
    }
}

/// Returns where the browser keeps small things; `None` where it blocks that, and then even asking throws.
fn store() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}
