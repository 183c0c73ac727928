//! Short words about what the person did not just do. What they did answers where they did it.

use leptos::prelude::*;

use super::time::after;
use crate::model::toasts::makes_room;

/// How long a word stays that is no error.
const INFO_MS: u32 = 8_000;

/// How grave it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToastKind {
    /// Goes by itself.
    Info,
    /// Stays until dismissed.
    Error,
}

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// Tells it from others.
    pub id: u32,
    /// How grave it is.
    pub kind: ToastKind,
    /// What it says.
    pub text: String,
}

/// The context.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    next_id: StoredValue<u32>,
}

impl Toasts {
    /// Starts with none.
    pub fn provide() {
        provide_context(Self { shown: RwSignal::new(Vec::new()), next_id: StoredValue::new(0) });
    }

    /// Returns the toasts of this page.
    pub fn get() -> Self {
        super::shared()
    }

    /// Returns what is shown; tracked.
    pub fn shown(self) -> Vec<Toast> {
        self.shown.get()
    }

    /// Says something that goes by itself.
    pub fn info(self, text: impl Into<String>) {
        let id = self.push(ToastKind::Info, text.into());
        after(INFO_MS, move || self.dismiss(id));
    }

    /// Says something that stays until dismissed.
    pub fn error(self, text: impl Into<String>) {
        self.push(ToastKind::Error, text.into());
    }

    /// Takes one away.
    pub fn dismiss(self, id: u32) {
        self.shown.update(|shown| shown.retain(|toast| toast.id != id));
    }

    fn push(self, kind: ToastKind, text: String) -> u32 {
        let id = self.next_id.get_value();
        self.next_id.set_value(id.wrapping_add(1));
        self.shown.update(|shown| {
            let are_errors: Vec<bool> = shown.iter().map(|toast| toast.kind == ToastKind::Error).collect();
            if let Some(index) = makes_room(&are_errors, kind == ToastKind::Error) {
                shown.remove(index);
            }
            shown.push(Toast { id, kind, text });
        });
        id
    }
}
