//! The global keys. What a key does within one page belongs to that page; `model/keys.rs` lists all of them for the help.

use gloo::events::{EventListener, EventListenerOptions};
use gloo::utils::{document, window};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent, KeyboardEventInit};

use super::dialogs::{Dialog, Dialogs};
use super::route::{Route, Router, Tab};
use super::time::now_ms;

/// A second key of a sequence such as `g t` comes within this time.
const SEQUENCE_MS: i64 = 1_200;

/// Listens to the keyboard from now on.
pub fn listen() {
    let (dialogs, router) = (Dialogs::get(), Router::get());
    let went_at = StoredValue::new(None::<i64>);
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(&window(), "keydown", options, move |event| {
        let event: &KeyboardEvent = event.unchecked_ref();
        if event.default_prevented() || event.is_composing() {
            return;
        }
        if (event.ctrl_key() || event.meta_key()) && !event.shift_key() && event.key() == "k" {
            event.prevent_default();
            // Another dialog holds what was typed into it, or work that goes on.
            if !is_in_dialog() {
                dialogs.open(Dialog::Switcher);
            }
            return;
        }
        let has_modifier = event.ctrl_key() || event.meta_key() || event.alt_key();
        if has_modifier || is_typing() {
            return;
        }
        let is_after_g = went_at.get_value().is_some_and(|at| now_ms() - at < SEQUENCE_MS);
        went_at.set_value((event.key() == "g").then(now_ms));
        let is_taken = if is_after_g { go(&event.key(), router) } else { act(&event.key(), dialogs, router) };
        if is_taken {
            event.prevent_default();
        }
    })
    .forget();
}

fn go(key: &str, router: Router) -> bool {
    let route = match key {
        "t" => Route::Topics,
        "h" => Route::Home,
        "e" => Route::Health,
        "a" => Route::About,
        _ => return in_topic(key, router),
    };
    router.navigate(route);
    true
}

/// Goes to a tab of the topic or file that is shown.
fn in_topic(key: &str, router: Router) -> bool {
    let tab = match key {
        "m" => Tab::Messages,
        "p" => Tab::Publish,
        "r" => Tab::Replay,
        "s" => Tab::Settings,
        "v" => Tab::Verify,
        _ => return false,
    };
    router.go_within(tab)
}

fn act(key: &str, dialogs: Dialogs, router: Router) -> bool {
    match key {
        "?" => dialogs.open(Dialog::Help),
        "n" => dialogs.open(Dialog::NewTopic),
        "p" => return in_topic(key, router),
        "/" | "o" => return focus_hotkey(key),
        "j" | "k" => return walk_along_records(key),
        "Escape" => return close_drawer(router),
        _ => return false,
    }
    true
}

/// Closes the publish drawer from outside of it.
fn close_drawer(router: Router) -> bool {
    let is_open = matches!(router.route_untracked(), Route::Topic { tab: Tab::Publish, .. });
    is_open && router.go_within(Tab::Messages)
}

/// Gives the grid of records the focus, and the key with it.
fn walk_along_records(key: &str) -> bool {
    let grid = document().query_selector("[role=grid]").ok().flatten();
    let Some(grid) = grid.and_then(|grid| grid.dyn_into::<HtmlElement>().ok()) else { return false };
    // The grid heard the key already, and had no use for it.
    let has_focus = document().active_element().is_some_and(|active| grid.contains(Some(&active)));
    if has_focus || grid.focus().is_err() {
        return false;
    }
    let options = KeyboardEventInit::new();
    options.set_key(key);
    options.set_cancelable(true);
    let passed_on = KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &options);
    passed_on.is_ok_and(|event| grid.dispatch_event(&event).is_ok())
}

/// Gives the focus to the first visible element that claims the key with `data-hotkey`; a button is pressed, too.
fn focus_hotkey(key: &str) -> bool {
    let Ok(all) = document().query_selector_all(&format!("[data-hotkey=\"{key}\"]")) else { return false };
    let visible = (0..all.length())
        .filter_map(|index| all.get(index).and_then(|node| node.dyn_into::<HtmlElement>().ok()))
        .find(|element| element.offset_parent().is_some());
    let Some(element) = visible else { return false };
    if element.tag_name() == "BUTTON" {
        element.click();
    } else if element.focus().is_err() {
        return false;
    }
    true
}

/// Returns whether a dialog is there, whoever draws it. One that the browser closed against its will is about to be shown again.
fn is_in_dialog() -> bool {
    document().query_selector("dialog").is_ok_and(|dialog| dialog.is_some())
}

/// Returns whether keys belong to a field or a dialog now, and not to the page.
pub fn is_typing() -> bool {
    if is_in_dialog() {
        return true;
    }
    let Some(element) = document().active_element() else { return false };
    let is_field = match element.tag_name().as_str() {
        "TEXTAREA" | "SELECT" => true,
        "INPUT" => !matches!(
            element.get_attribute("type").as_deref(),
            Some("checkbox" | "radio" | "button" | "range")
        ),
        _ => false,
    };
    is_field || element.get_attribute("contenteditable").is_some()
}
