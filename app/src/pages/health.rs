//! How the store is: the engine, the room, what is stored against what was acknowledged, what is lost, and a crash test. Who looks
//! into it is a worker, which also finds the words: the page draws them.

use std::rc::Rc;

use leptos::prelude::*;

use crate::engine::handle::witness;
use crate::engine::protocol::{PROTOCOL_VERSION, Progress, StorageMode};
use crate::model::format::{bytes, counted};
use crate::model::import_draft::fraction;
use crate::model::storage_line::{kept_aside, meaning, mode, room};
use crate::state::engine::{Engine, EngineStatus};
use crate::state::health::{Task, browser, keep_verification, last_verification, quoted, save_json};
use crate::state::storage::Storage;
use crate::ui::button::Button;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::problem::Problem;
use crate::ui::progress::ProgressBar;
use crate::verifier::handle::crash_test::{KILLS, run};
use crate::verifier::handle::shown::shown;
use crate::verifier::protocol::{Shown, ToVerifier};

/// What is shown, and what is being done.
#[derive(Clone, Copy)]
struct Health {
    engine: Engine,
    storage: Storage,
    stored: Task,
    crash_test: Task,
    /// How the last verification went, this time or an earlier one.
    last: RwSignal<Option<(bool, String)>>,
}

/// Draws the page.
#[component]
pub fn HealthPage() -> impl IntoView {
    let health = Health {
        engine: Engine::get(),
        storage: Storage::get(),
        stored: Task::idle(),
        crash_test: Task::idle(),
        last: RwSignal::new(last_verification()),
    };
    // The engine tells of storage once it has compared what is there with what was acknowledged.
    let is_open = Memo::new(move |_| {
        let is_kept = health.storage.status().is_some_and(|status| status.mode != StorageMode::Ephemeral);
        (is_kept && health.engine.status() == EngineStatus::Ready).then(|| health.engine.generation())
    });
    Effect::new(move |_| {
        if is_open.get().is_some() {
            health.look(false);
        }
    });
    view! {
        <article class="health">
            <header class="health__head">
                <h1>"Health"</h1>
                {save_button("Save report", move || save_json("tablog-health.json", &health.json()))}
            </header>
            <div class="health__facts">{health.engine_part()} {health.storage_part()}</div>
            {health.stored_part()}
            {health.losses_part()}
            {health.crash_part()}
        </article>
    }
}

impl Health {
    /// Looks at keys alone, or at every byte.
    fn look(self, reads_all: bool) {
        let task = self.stored;
        let hear = move |progress: Progress| {
            task.progress.try_set(Some((fraction(&progress), bytes(progress.bytes))));
        };
        let message = ToVerifier::VerifyStored { testimony: witness::recall(), reads_all };
        task.run(Box::pin(shown(message, Rc::new(hear))), move |shown| {
            if let Some(is_good) = shown.is_good {
                keep_verification(is_good, &shown.sentence);
                self.last.try_set(Some((is_good, shown.sentence.clone())));
            }
        });
        if reads_all {
            task.progress.set(Some((None, String::new())));
        }
    }

    fn engine_part(self) -> AnyView {
        let facts = move || {
            facts(vec![
                ("State", self.state()),
                ("Version", format!("{}, protocol {PROTOCOL_VERSION}", env!("CARGO_PKG_VERSION"))),
                ("Restarts", format!("{} since the page was loaded", self.engine.generation())),
            ])
        };
        part("Engine", ().into_any(), facts.into_any())
    }

    fn state(self) -> String {
        match self.engine.status() {
            EngineStatus::Starting => "starting".to_owned(),
            EngineStatus::Ready => "running".to_owned(),
            EngineStatus::Refused(failure) => failure.sentence,
        }
    }

    fn storage_part(self) -> AnyView {
        let storage = self.storage;
        let body = move || {
            let Some(status) = storage.status() else { return ().into_any() };
            let free = status.quota_bytes.map(|quota| bytes(quota.saturating_sub(status.used_bytes)));
            let asks = (status.mode == StorageMode::BestEffort).then(|| {
                view! { <Button on_click=move |()| storage.ask_to_keep()>"Ask the browser to keep it"</Button> }
            });
            let mut shown = vec![
                ("Persistence", format!("{}. {}", mode(status.mode), meaning(status.mode))),
                ("Room used", room(&status)),
                ("Room free", free.unwrap_or_else(|| "unknown".to_owned())),
            ];
            shown.extend(kept_aside(status.mode).map(|sentence| ("Kept aside", sentence)));
            let facts = facts(shown);
            view! {
                {facts}
                {asks}
            }
            .into_any()
        };
        part("Storage", ().into_any(), body.into_any())
    }

    fn stored_part(self) -> AnyView {
        let task = self.stored;
        let is_busy =
            Signal::derive(move || task.progress.with(Option::is_some) || task.result.with(Option::is_none));
        let button =
            view! { <Button disabled=is_busy on_click=move |()| self.look(true)>"Verify now"</Button> };
        let last = move || {
            self.last
                .get()
                .map(|(is_good, sentence)| verdict(is_good, format!("Last verification, {sentence}")))
        };
        let found = move || {
            if self.storage.status().is_some_and(|status| status.mode == StorageMode::Ephemeral) {
                return muted(
                    "Records are only in memory here: nothing is stored that could be verified".to_owned(),
                );
            }
            let Some(shown) = task.result.get() else { return ().into_any() };
            view! {
                {lines("Findings", shown.findings)}
                {table(shown.topics)}
                {muted(shown.note)}
            }
            .into_any()
        };
        let body = view! {
            <div role="status">{last}</div>
            {doing(task, "Verifying…")}
            {found}
        };
        part("Stored topics", button.into_any(), body.into_any())
    }

    fn losses_part(self) -> AnyView {
        let task = self.stored;
        let export = move || {
            let json = task.result.with_untracked(|shown| Some(shown.as_ref()?.losses_json.clone()));
            save_json("tablog-losses.json", &json.unwrap_or_default());
        };
        let has_some =
            move || task.result.with(|shown| shown.as_ref().is_some_and(|shown| !shown.losses.is_empty()));
        let button = move || has_some().then(|| save_button("Export report", export));
        let body = move || match task.result.get() {
            None => ().into_any(),
            Some(Shown { losses, .. }) if losses.is_empty() => muted("None is known".to_owned()),
            Some(Shown { losses, .. }) => lines("Losses", losses),
        };
        part("Losses found", button.into_any(), body.into_any())
    }

    fn crash_part(self) -> AnyView {
        let task = self.crash_test;
        let start = move |()| {
            let hear = move |kills: u32, records: u64| {
                let words = format!("{kills} of {KILLS} kills · {}", counted(records, "record", "records"));
                task.progress.try_set(Some((Some(f64::from(kills) / f64::from(KILLS)), words)));
            };
            task.run(Box::pin(run(Rc::new(hear))), |_| ());
            hear(0, 0);
        };
        let is_running = Signal::derive(move || task.progress.with(Option::is_some));
        let save = move || {
            let json = task.result.with_untracked(|shown| Some(shown.as_ref()?.json.clone()));
            save_json("tablog-crash-test.json", &json.unwrap_or_default());
        };
        let buttons = view! {
            {move || task.result.with(Option::is_some).then(|| save_button("Save result", save))}
            <Button disabled=is_running on_click=start>"Run the crash test on this device"</Button>
        };
        let found =
            move || task.result.get().map(|shown| verdict(shown.is_good == Some(true), shown.sentence));
        let text = format!(
            "Engines append to a scratch database and are killed in the middle of it, {KILLS} times. Then every record that was \
             acknowledged is looked for. Your topics are not touched, and the scratch database is deleted."
        );
        let body = view! {
            {muted(text)}
            {doing(task, "Appending and killing…")}
            <div role="status">{found}</div>
        };
        part("Crash test", buttons.into_any(), body.into_any())
    }

    /// Writes all of the page as JSON.
    fn json(self) -> String {
        untrack(|| {
            let null = || "null".to_owned();
            let json = |task: Task| task.result.get().map_or_else(null, |shown| shown.json);
            let storage = self.storage.status().map_or_else(null, |status| {
                let quota = status.quota_bytes.map_or_else(null, |quota| quota.to_string());
                let (mode, used) = (quoted(mode(status.mode)), status.used_bytes);
                format!(r#"{{"mode":{mode},"used_bytes":{used},"quota_bytes":{quota}}}"#)
            });
            let last = self.last.get().map_or_else(null, |(_, sentence)| quoted(&sentence));
            format!(
                r#"{{"version":{},"engine":{},"restarts":{},"browser":{},"storage":{storage},"last_verification":{last},"stored":{},"crash_test":{}}}"#,
                quoted(env!("CARGO_PKG_VERSION")),
                quoted(&self.state()),
                self.engine.generation(),
                browser(),
                json(self.stored),
                json(self.crash_test),
            )
        })
    }
}

fn part(title: &'static str, buttons: AnyView, body: AnyView) -> AnyView {
    view! {
        <section class="health__part" aria-label=title>
            <header class="health__head">
                <h2>{title}</h2>
                {buttons}
            </header>
            {body}
        </section>
    }
    .into_any()
}

fn save_button(words: &'static str, save: impl Fn() + Send + Sync + 'static) -> AnyView {
    view! { <Button glyph=Glyph::Download on_click=move |()| save()>{words}</Button> }.into_any()
}

fn facts(facts: Vec<(&'static str, String)>) -> AnyView {
    let fact = |(term, text): (&'static str, String)| {
        view! {
            <dt>{term}</dt>
            <dd>{text}</dd>
        }
    };
    view! { <dl>{facts.into_iter().map(fact).collect_view()}</dl> }.into_any()
}

fn muted(text: String) -> AnyView {
    view! { <p class="muted">{text}</p> }.into_any()
}

fn verdict(is_good: bool, sentence: String) -> AnyView {
    let (level, glyph) = if is_good { ("ok", Glyph::Check) } else { ("error", Glyph::Warning) };
    view! {
        <p class="health__verdict" data-level=level>
            <Icon glyph />
            <span>{sentence}</span>
        </p>
    }
    .into_any()
}

/// Draws how far work is, or why it came to nothing.
fn doing(task: Task, label: &'static str) -> AnyView {
    let bar = move || {
        view! {
            <ProgressBar
                label
                fraction=Signal::derive(move || task.progress.with(|it| it.as_ref()?.0))
                figures=Signal::derive(move || task.progress.get().unwrap_or_default().1)
                on_cancel=move |()| {
                    task.stop();
                    task.problem.set(Some("This was stopped before its end".to_owned()));
                }
            />
        }
    };
    // Only that there is progress builds the bar anew; how much of it there is changes within.
    let is_shown = Memo::new(move |_| task.progress.with(Option::is_some));
    view! {
        {move || is_shown.get().then(bar)}
        <Problem text=task.problem />
    }
    .into_any()
}

/// Draws a list: each line's first text says where, the others what.
fn lines(label: &'static str, items: Vec<Vec<String>>) -> AnyView {
    if items.is_empty() {
        return ().into_any();
    }
    let line = |texts: Vec<String>| {
        view! { <li>{texts.into_iter().map(|text| view! { <bdi>{text}</bdi> }).collect_view()}</li> }
    };
    view! {
        <ul class="health__list" aria-label=label>
            {items.into_iter().map(line).collect_view()}
        </ul>
    }
    .into_any()
}

/// Draws what was acknowledged of each topic, and what is stored.
fn table(topics: Vec<Vec<String>>) -> AnyView {
    if topics.is_empty() {
        return muted("There are no topics yet".to_owned());
    }
    let line = |cells: Vec<String>| {
        let is_whole = cells.last().is_none_or(|missing| missing == "0");
        let mut cells = cells.into_iter();
        let name = cells.next();
        view! {
            <tr data-level=(!is_whole).then_some("error")>
                <th scope="row">
                    <bdi>{name}</bdi>
                </th>
                {cells.map(|cell| view! { <td>{cell}</td> }).collect_view()}
            </tr>
        }
    };
    let titles = ["Topic", "Partitions", "Acknowledged", "Stored", "Missing"];
    view! {
        <div class="health__table" tabindex="0" role="region" aria-label="Acknowledged against stored">
            <table>
                <thead>
                    <tr>{titles.into_iter().map(|title| view! { <th scope="col">{title}</th> }).collect_view()}</tr>
                </thead>
                <tbody>{topics.into_iter().map(line).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
