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
pub struct Dialogs {
    open: RwSignal<Option<Dialog>>,
    /// What was asked for while the open one was held.
    next: StoredValue<Option<Dialog>>,
    /// Tells whether the open one is to stay.
    holder: StoredValue<Option<Signal<bool>>>,
}

impl Dialogs {
    /// Starts with none open.
    pub fn provide() {
        provide_context(Self {
            open: RwSignal::new(None),
            next: StoredValue::new(None),
            holder: StoredValue::new(None),
        });
    }

    /// Returns the dialogs of this page.
    pub fn get() -> Self {
        super::shared()
    }

    /// Returns the open dialog; tracked.
    pub fn current(self) -> Option<Dialog> {
        self.open.get()
    }

    /// Returns whether this one is open; untracked.
    pub fn shows(self, dialog: &Dialog) -> bool {
        self.open.with_untracked(|open| open.as_ref() == Some(dialog))
    }

    /// Opens one in place of any other; after it, if the other is held.
    pub fn open(self, dialog: Dialog) {
        if self.is_held() {
            self.next.set_value(Some(dialog));
        } else {
            self.holder.set_value(None);
            self.open.set(Some(dialog));
        }
    }

    /// Closes the open one, unless it is held.
    pub fn close(self) {
        if !self.is_held() {
            self.holder.set_value(None);
            self.open.set(self.next.try_update_value(Option::take).flatten());
        }
    }

    /// Holds the dialog that is open as long as `is_busy`: closing it would end the work that it shows. Its own button ends that.
    pub fn hold_while(self, is_busy: Signal<bool>) {
        self.holder.set_value(Some(is_busy));
    }

    fn is_held(self) -> bool {
        let holder = self.holder.get_value();
        // A dialog that is gone holds nothing.
        holder.and_then(|is_busy| is_busy.try_get_untracked()).unwrap_or(false)
    }
}
