//! The transport bar: play, pause, step, seek, speed, gaps, loop, and where to.

use gloo::events::{EventListener, EventListenerOptions};
use leptos::ev::{Event, KeyboardEvent};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::player::Player;
use crate::engine::protocol::{ReplayCommand, Speed};
use crate::model::replay_keys::{ReplayKey, replay_key};
use crate::model::{clock, format, speed};
use crate::state::keys::is_typing;
use crate::state::view::RecordView;
use crate::ui::button::{Button, IconButton};
use crate::ui::field::fresh_id;
use crate::ui::icon::Glyph;

/// Gaps that can be cut down, in milliseconds.
const GAPS_MS: [u64; 5] = [1_000, 2_000, 10_000, 60_000, 3_600_000];

/// Draws the transport bar.
#[component]
pub fn Transport(
    /// What plays.
    player: Player,
    /// What is played.
    records: RecordView,
    /// Asks for another target than the screen.
    on_target: Callback<()>,
) -> impl IntoView {
    let command = move |command: ReplayCommand| Callback::new(move |()| player.command(command.clone()));
    let play_glyph = Signal::derive(move || if player.is_playing() { Glyph::Pause } else { Glyph::Play });
    let play_label =
        Signal::derive(move || if player.is_playing() { "Pause".to_owned() } else { "Play".to_owned() });
    let last = Callback::new(move |()| {
        if let Some(last) = records.rows_untracked().checked_sub(1) {
            player.command(ReplayCommand::SeekRow(Some(last)));
        }
    });
    view! {
        <div class="transport" role="toolbar" aria-label="Replay controls">
            <div class="transport__buttons">
                <IconButton glyph=Glyph::ToStart label="To the start" on_click=command(ReplayCommand::SeekRow(None)) />
                <IconButton glyph=Glyph::StepBack label="Step back" on_click=command(ReplayCommand::StepBack) />
                <span class="transport__play">
                    <IconButton glyph=play_glyph label=play_label on_click=Callback::new(move |()| player.toggle()) />
                </span>
                <IconButton glyph=Glyph::StepForward label="Step forward" on_click=command(ReplayCommand::StepForward) />
                <IconButton glyph=Glyph::ToEnd label="To the end" on_click=last />
            </div>
            <SeekBar player records />
            // It changes with every frame: not to be read out.
            <output class="transport__time mono" aria-live="off">
                {move || {
                    player
                        .timestamp()
                        .map(|at| {
                            view! {
                                <span class="transport__day">{clock::date(at)}" "</span>
                                {clock::time_of_day(at)}
                                " UTC"
                            }
                        })
                }}
            </output>
            <SpeedPicker player />
            <GapPicker player />
            <LoopBox player />
            <span class="transport__target">
                <span class="transport__screen">"to: screen "</span>
                <Button on_click=on_target label="Into a topic">"Into a topic…"</Button>
            </span>
        </div>
    }
}

/// Draws the place within all rows; dragging it seeks.
#[component]
fn SeekBar(player: Player, records: RecordView) -> impl IntoView {
    let words = move || {
        let (shown, rows) = (player.rows_shown(), records.rows());
        format!("{} of {}", format::grouped(shown), format::grouped(rows))
    };
    let seek = move |event: Event| {
        if let Ok(rows) = event_target_value(&event).parse::<u64>() {
            player.command(ReplayCommand::SeekRow(rows.checked_sub(1)));
        }
    };
    view! {
        <label class="transport__seek">
            <span class="visually-hidden">"Position"</span>
            <input
                type="range"
                min="0"
                max=move || records.rows().to_string()
                prop:value=move || player.rows_shown().to_string()
                aria-valuetext=words
                on:input=seek
            />
            <span class="transport__rows">{words}</span>
        </label>
    }
}

#[component]
fn SpeedPicker(player: Player) -> impl IntoView {
    let chosen = move || player.options().map(|options| speed::name(options.speed)).unwrap_or_default();
    let choose = move |event: Event| {
        if let Some(speed) = speed::parse(&event_target_value(&event)) {
            player.change(|options| options.speed = speed);
        }
    };
    let options = move || {
        let chosen = chosen();
        let mut names: Vec<String> =
            speed::CHOICES.iter().map(|times| speed::name(Speed::Times(*times))).collect();
        names.push(speed::name(Speed::Fastest));
        if !names.contains(&chosen) {
            names.insert(0, chosen.clone());
        }
        names
            .into_iter()
            .map(|name| {
                let is_chosen = name == chosen;
                view! { <option value=name.clone() selected=is_chosen>{name.clone()}</option> }
            })
            .collect_view()
    };
    view! {
        <label class="transport__choice">
            <span>"Speed"</span>
            <select class="field__input field__select" on:change=choose>{options}</select>
        </label>
    }
}

#[component]
fn GapPicker(player: Player) -> impl IntoView {
    let chosen = move || player.options().and_then(|options| options.skip_gaps_ms);
    let choose = move |event: Event| {
        let gap = event_target_value(&event).parse::<u64>().ok();
        player.change(|options| options.skip_gaps_ms = gap);
    };
    let options = move || {
        let chosen = chosen();
        GAPS_MS
            .iter()
            .map(|gap| {
                view! {
                    <option value=gap.to_string() selected=chosen == Some(*gap)>
                        {format!("> {}", format::duration_ms(*gap))}
                    </option>
                }
            })
            .collect_view()
    };
    view! {
        <label class="transport__choice">
            <span>"Skip gaps"</span>
            <select class="field__input field__select" on:change=choose>
                <option value="" selected=move || chosen().is_none()>"no"</option>
                {options}
            </select>
        </label>
    }
}

#[component]
fn LoopBox(player: Player) -> impl IntoView {
    let id = fresh_id();
    view! {
        <span class="checkbox">
            <input
                type="checkbox"
                id=id.clone()
                prop:checked=move || player.options().is_some_and(|options| options.is_loop)
                on:change=move |event| {
                    let is_loop = event_target_checked(&event);
                    player.change(|options| options.is_loop = is_loop);
                }
            />
            <label for=id>"Loop"</label>
        </span>
    }
}

/// Space plays and pauses, `.` and `,` step, for as long as the page shows the replay and no dialog lies over it.
pub fn listen_to_keys(player: Player) {
    let options = EventListenerOptions::enable_prevent_default();
    let listener = EventListener::new_with_options(&window(), "keydown", options, move |event| {
        let event: &KeyboardEvent = event.unchecked_ref();
        let has_modifier = event.ctrl_key() || event.meta_key() || event.alt_key();
        if event.default_prevented() || has_modifier || is_typing() || is_under_dialog() {
            return;
        }
        let (tag, kind) = focused();
        match replay_key(&event.key(), &tag, &kind) {
            Some(ReplayKey::Toggle) => player.toggle(),
            Some(ReplayKey::StepForward) => player.command(ReplayCommand::StepForward),
            Some(ReplayKey::StepBack) => player.command(ReplayCommand::StepBack),
            None => return,
        }
        event.prevent_default();
    });
    let kept = StoredValue::new_local(Some(listener));
    on_cleanup(move || {
        kept.try_update_value(Option::take);
    });
}

fn is_under_dialog() -> bool {
    document().query_selector("dialog[open]").is_ok_and(|dialog| dialog.is_some())
}

/// Returns the tag and the type of the element that has the focus.
fn focused() -> (String, String) {
    document().active_element().map_or_else(Default::default, |element| {
        (element.tag_name(), element.get_attribute("type").unwrap_or_default())
    })
}
