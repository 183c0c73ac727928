//! What waits for the import dialog, and how it gets there.

use leptos::prelude::*;

use super::{Files, Offer};
use crate::state::dialogs::{Dialog, Dialogs};

impl Files {
    /// Reads what waits for the import dialog; tracked.
    pub fn with_offer<T>(self, read: impl FnOnce(&Offer) -> T) -> T {
        self.offer.with(read)
    }

    /// Asks what to do with files. While the dialog asks about others already, these wait behind them: what it was told so far, and an
    /// import that goes on in it, stay.
    pub(super) fn offer_also(self, offer: Offer, dialogs: Dialogs) {
        if dialogs.shows(&Dialog::Import) {
            self.offer.update(|waiting| waiting.append(offer));
        } else {
            self.offer.set(offer);
            dialogs.open(Dialog::Import);
        }
    }
}

impl Offer {
    fn append(&mut self, other: Self) {
        self.files.extend(other.files);
        self.refused.extend(other.refused);
    }
}
