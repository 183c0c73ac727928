//! Long work: a bar when the end is known, figures, and a way to stop it.

use leptos::prelude::*;

use super::button::Button;

/// Draws the progress of long work.
#[component]
pub fn ProgressBar(
    /// What is going on.
    #[prop(into)]
    label: Signal<String>,
    /// How much is done, from 0 to 1; `None` when the end is not known.
    #[prop(into)]
    fraction: Signal<Option<f64>>,
    /// Figures in words.
    #[prop(into)]
    figures: Signal<String>,
    /// Asks to stop.
    #[prop(optional, into)]
    on_cancel: Option<Callback<()>>,
) -> impl IntoView {
    let has_asked = RwSignal::new(false);
    let cancel = move |callback: Callback<()>| {
        has_asked.set(true);
        callback.run(());
    };
    view! {
        <div class="progress" role="group" aria-label=move || label.get()>
            <div class="progress__line">
                <span class="progress__label">{move || label.get()}</span>
                <span class="progress__figures">{move || figures.get()}</span>
            </div>
            <div class="progress__line">
                <progress
                    class="progress__bar"
                    aria-label=move || label.get()
                    max="1"
                    prop:value=move || fraction.get().unwrap_or(0.0)
                    data-unknown=move || fraction.get().is_none().then_some("")
                ></progress>
                {on_cancel
                    .map(|callback| {
                        view! {
                            <Button disabled=has_asked on_click=move |()| cancel(callback)>
                                "Cancel"
                            </Button>
                        }
                    })}
            </div>
        </div>
    }
}
