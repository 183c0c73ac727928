//! All keys, at the press of one.

use leptos::prelude::*;

use super::about::KeyList;
use crate::ui::dialog::{Dialog, DialogShape};

/// Draws the dialog.
#[component]
pub fn HelpDialog(
    /// Closes it.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    view! {
        <Dialog title="Keys" shape=DialogShape::Wide on_close>
            <div class="dialog__body">
                <KeyList />
            </div>
        </Dialog>
    }
}
