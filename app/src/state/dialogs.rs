//! Which dialog is open. One at a time, and one place that draws it, outside of what it covers.

use leptos::prelude::*;

use crate::engine::protocol::{ExportFormat, SourceRef};

/// The dialogs there are.
#[derive(Clone, Debug, PartialEq)]
pub enum Dialog {
    /// Makes a topic.
    NewTopic,
    /// Deletes a topic.
    DeleteTopic(String),
    /// Imports the files that wait in [`super::files::Files`].
    Import,
    /// Writes a source as a file.
    Export {
        /// Whose records.
        source: SourceRef,
        /// What to call it: the topic's or the file's name.
        name: String,
        /// In which form.
        format: ExportFormat,
    },
    /// Lists the keys.
    Help,
    /// Goes to a topic, or does something, by typing a part of its name.
    Switcher,
    /// The topics, on a narrow screen.
    TopicsSheet,
}

/// The context.
#[derive(Clone, Copy)]
pub struct Dialogs(RwSignal<Option<Dialog>>);

impl Dialogs {
    /// Starts with none open.
    pub fn provide() {
        provide_context(Self(RwSignal::new(None)));
    }

    /// Returns the dialogs of this page.
    pub fn get() -> Self {
        super::shared()
    }

    /// Returns the open dialog; tracked.
    pub fn current(self) -> Option<Dialog> {
        self.0.get()
    }

    /// Returns whether one is open, untracked.
    pub fn is_open_untracked(self) -> bool {
        self.0.with_untracked(Option::is_some)
    }

    /// Opens one in place of any other.
    pub fn open(self, dialog: Dialog) {
        self.0.set(Some(dialog));
    }

    /// Closes the open one.
    pub fn close(self) {
        self.0.set(None);
    }
}
