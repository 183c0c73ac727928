//! Goes to a topic or file, or does something, by typing a part of its name.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use crate::model::format::abbreviated;
use crate::model::matching::ranked;
use crate::state::dialogs::{Dialog as Which, Dialogs};
use crate::state::files::Files;
use crate::state::route::{Route, Router, Tab};
use crate::state::theme::Theme;
use crate::state::topics::Topics;
use crate::ui::dialog::{Dialog, DialogShape};
use crate::ui::focus;
use crate::ui::icon::{Glyph, Icon};

/// Most lines shown: whoever wants a later one types one letter more.
const LINES_MAX: usize = 50;

/// What a line does.
#[derive(Clone, Debug, PartialEq)]
enum Target {
    Go(Route),
    Open(Which),
    NextTheme,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
struct Choice {
    glyph: Glyph,
    title: String,
    note: String,
    target: Target,
}

/// Draws the dialog.
#[component]
pub fn SwitcherDialog(
    /// Closes it.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let (typed, at) = (RwSignal::new(String::new()), RwSignal::new(0_usize));
    let all = StoredValue::new(choices());
    let shown = Memo::new(move |_| {
        all.with_value(|all| {
            let places = ranked(all.iter().map(|choice| choice.title.as_str()), &typed.get());
            places.into_iter().take(LINES_MAX).filter_map(|place| all.get(place).cloned()).collect::<Vec<_>>()
        })
    });
    let pick = move |index: usize| {
        if let Some(choice) = shown.with_untracked(|shown| shown.get(index).cloned()) {
            on_close.run(());
            go(choice.target);
        }
    };
    let steer = move |event: KeyboardEvent| {
        let last = shown.with_untracked(Vec::len).saturating_sub(1);
        match event.key().as_str() {
            "ArrowDown" => step(at, if at.get_untracked() >= last { 0 } else { at.get_untracked() + 1 }),
            "ArrowUp" => step(at, at.get_untracked().checked_sub(1).unwrap_or(last)),
            "Enter" => pick(at.get_untracked()),
            _ => return,
        }
        event.prevent_default();
    };
    view! {
        <Dialog title="Go to…" shape=DialogShape::Palette on_close>
            <div class="switcher">
                <input
                    class="switcher__input"
                    type="text"
                    role="combobox"
                    aria-label="Go to"
                    aria-expanded="true"
                    aria-controls="switcher-list"
                    aria-activedescendant=move || format!("switcher-{}", at.get())
                    autocomplete="off"
                    spellcheck="false"
                    autofocus
                    placeholder="Topic, file or action"
                    prop:value=move || typed.get()
                    on:input=move |event| {
                        typed.set(event_target_value(&event));
                        step(at, 0);
                    }
                    on:keydown=steer
                />
                <ul class="switcher__list" id="switcher-list" role="listbox" aria-label="Choices">
                    {move || lines(shown.get(), at, pick)}
                </ul>
                <Show when=move || shown.with(Vec::is_empty)>
                    <p class="switcher__nothing">"Nothing fits"</p>
                </Show>
            </div>
        </Dialog>
    }
}

/// Goes to a line, and brings it into view once it is drawn. (The pointer is over lines that are in view.)
fn step(at: RwSignal<usize>, line: usize) {
    at.set(line);
    request_animation_frame(move || focus::bring_into_view(&format!("switcher-{line}")));
}

fn lines(shown: Vec<Choice>, at: RwSignal<usize>, pick: impl Fn(usize) + Copy + 'static) -> impl IntoView {
    let line = |(index, choice): (usize, Choice)| {
        view! {
            <li
                class="switcher__line"
                role="option"
                id=format!("switcher-{index}")
                aria-selected=move || if at.get() == index { "true" } else { "false" }
                on:pointermove=move |_| at.set(index)
                on:click=move |_| pick(index)
            >
                <Icon glyph=choice.glyph />
                <span class="switcher__title">{choice.title}</span>
                <span class="switcher__note">{choice.note}</span>
            </li>
        }
    };
    shown.into_iter().enumerate().map(line).collect_view()
}

fn choices() -> Vec<Choice> {
    let mut all = Vec::new();
    for entry in Topics::get().entries_untracked() {
        let records = entry.summary.with_untracked(|summary| abbreviated(summary.records));
        let target = Target::Go(Route::topic(entry.name.clone(), Tab::Messages));
        all.push(Choice { glyph: Glyph::Log, title: entry.name, note: records, target });
    }
    for file in Files::get().opened_untracked() {
        let target = Target::Go(Route::file(file.id));
        all.push(Choice { glyph: Glyph::File, title: file.name, note: "file".to_owned(), target });
    }
    all.extend(here());
    let actions = [
        (Glyph::Plus, "New topic…", "n", Target::Open(Which::NewTopic)),
        (Glyph::List, "All topics", "g t", Target::Go(Route::Topics)),
        (Glyph::FolderOpen, "First screen: open files, try a sample", "g h", Target::Go(Route::Home)),
        (Glyph::Contrast, "Change the theme", "", Target::NextTheme),
        (Glyph::Keyboard, "Keys", "?", Target::Open(Which::Help)),
        (Glyph::Database, "Health: verify what is stored", "g e", Target::Go(Route::Health)),
        (Glyph::Info, "About", "g a", Target::Go(Route::About)),
    ];
    let action = |(glyph, title, note, target): (Glyph, &str, &str, Target)| Choice {
        glyph,
        title: title.to_owned(),
        note: note.to_owned(),
        target,
    };
    all.extend(actions.map(action));
    all
}

/// What can be done with the topic that is shown.
fn here() -> Vec<Choice> {
    let Route::Topic { name, .. } = Router::get().route_untracked() else { return Vec::new() };
    let tab = |glyph, verb: &str, note: &str, tab| Choice {
        glyph,
        title: format!("{verb} {name}"),
        note: note.to_owned(),
        target: Target::Go(Route::topic(name.clone(), tab)),
    };
    vec![
        tab(Glyph::Send, "Publish to", "p", Tab::Publish),
        tab(Glyph::Play, "Replay", "g r", Tab::Replay),
        tab(Glyph::Database, "Settings of", "g s", Tab::Settings),
        Choice {
            glyph: Glyph::Trash,
            title: format!("Delete {name}…"),
            note: String::new(),
            target: Target::Open(Which::DeleteTopic(name.clone())),
        },
    ]
}

fn go(target: Target) {
    match target {
        Target::Go(route) => Router::get().navigate(route),
        Target::Open(dialog) => Dialogs::get().open(dialog),
        Target::NextTheme => {
            let theme = Theme::get();
            theme.choose(theme.choice_untracked().next());
        }
    }
}
