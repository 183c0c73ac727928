//! Files of the person's disk: looked at, opened in place, or imported. They never leave the machine.

mod dropped;
mod local;
mod offered;

use leptos::prelude::*;
use leptos::task::spawn_local;

pub use self::dropped::{Dropped, from_drop, has_files};
pub use self::local::{LocalFile, from_input, save};
use super::dialogs::Dialogs;
use super::engine::Engine;
use super::route::{Route, Router, Tab};
use crate::engine::handle::Signal as EngineSignal;
use crate::engine::protocol::{Failure, FileFormat, FileGuess, FileId, Reply, Request};
use crate::model::file_name::shown_name;

/// An opened file.
#[derive(Clone, Debug)]
pub struct OpenFile {
    /// The page's number for it: stays when the engine is restarted.
    pub id: u32,
    /// Its name, with the folder that it lay in where that is known.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// How far it is.
    pub state: ArcRwSignal<FileState>,
}

/// How far an opened file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileState {
    /// The engine is opening it.
    Opening,
    /// Open, under the engine's number.
    Open(FileId),
    /// Not open, and why.
    Failed(Failure),
}

/// A file that can be imported, and what it seems to be.
#[derive(Clone, Debug)]
pub struct Offered {
    /// The file.
    pub file: LocalFile,
    /// What it seems to be.
    pub guess: FileGuess,
}

/// What waits for the import dialog.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    /// What can be imported.
    pub files: Vec<Offered>,
    /// What cannot be opened: name and reason.
    pub refused: Vec<(String, String)>,
    /// Whether other files of the same lot were opened in place.
    pub has_opened_others: bool,
    /// Where they were dropped, when that names a topic.
    pub topic: Option<String>,
}

/// The context.
#[derive(Clone, Copy)]
pub struct Files {
    open: RwSignal<Vec<OpenFile>>,
    handles: StoredValue<Vec<(u32, LocalFile)>, LocalStorage>,
    offer: RwSignal<Offer, LocalStorage>,
    is_looking: RwSignal<bool>,
    next_id: StoredValue<u32>,
}

impl Files {
    /// Starts with none; opens them again whenever the engine was restarted.
    pub fn provide() {
        let files = Self {
            open: RwSignal::new(Vec::new()),
            handles: StoredValue::new_local(Vec::new()),
            offer: RwSignal::new_local(Offer::default()),
            is_looking: RwSignal::new(false),
            next_id: StoredValue::new(first_id()),
        };
        provide_context(files);
        Engine::get().on_signal(move |signal| {
            if matches!(signal, EngineSignal::Restarted { .. }) {
                files.reopen();
            }
        });
    }

    /// Returns the files of this page.
    pub fn get() -> Self {
        super::shared()
    }

    /// Returns the opened files; tracked.
    pub fn opened(self) -> Vec<OpenFile> {
        self.open.get()
    }

    /// Returns the opened files, untracked.
    pub fn opened_untracked(self) -> Vec<OpenFile> {
        self.open.get_untracked()
    }

    /// Returns one opened file; tracked.
    pub fn find(self, id: u32) -> Option<OpenFile> {
        self.open.with(|open| open.iter().find(|file| file.id == id).cloned())
    }

    /// Returns whether files are being looked at; tracked.
    pub fn is_looking(self) -> bool {
        self.is_looking.get()
    }

    /// Looks at files: opens what can be opened in place, and asks about the rest.
    pub fn take(self, files: Vec<LocalFile>) {
        self.take_dropped(Dropped { files, left_out: Vec::new() });
    }

    /// Looks at what was dropped, and says what of it cannot even be looked at.
    pub fn take_dropped(self, dropped: Dropped) {
        let Dropped { files, left_out } = dropped;
        let contexts = (Engine::get(), Dialogs::get(), Router::get());
        let mut offer = Offer { refused: left_out, ..Offer::default() };
        if files.is_empty() {
            return self.sort_out(files, Vec::new(), offer, contexts);
        }
        self.is_looking.set(true);
        spawn_local(async move {
            let names = files.iter().map(|file| file.path().to_owned()).collect();
            let answer = contexts.0.start(Request::Sniff { names }, &files, |_| ()).finish().await;
            self.is_looking.set(false);
            let guesses = match answer {
                Ok((Reply::Files(guesses), _)) => guesses,
                Ok(_) => return,
                Err(failure) => {
                    let reason = |file: &LocalFile| (file.path().to_owned(), failure.sentence.clone());
                    offer.refused.extend(files.iter().map(reason));
                    Vec::new()
                }
            };
            self.sort_out(files, guesses, offer, contexts);
        });
    }

    /// Lets go of a file.
    pub fn close(self, id: u32) {
        let state = self
            .opened_untracked()
            .into_iter()
            .find(|file| file.id == id)
            .map(|file| file.state.get_untracked());
        self.open.update(|open| open.retain(|file| file.id != id));
        self.handles.update_value(|handles| handles.retain(|(other, _)| *other != id));
        if let Some(FileState::Open(file)) = state {
            let engine = Engine::get();
            // A file that the engine lost is let go of already.
            spawn_local(async move { drop(engine.request(Request::CloseFile { file }).await) });
        }
    }

    fn sort_out(
        self,
        files: Vec<LocalFile>,
        guesses: Vec<FileGuess>,
        mut offer: Offer,
        (engine, dialogs, router): (Engine, Dialogs, Router),
    ) {
        let mut first_opened = None;
        for (file, guess) in files.into_iter().zip(guesses) {
            match guess.format {
                Some(FileFormat::Log) => {
                    let id = self.open_in_place(file, engine);
                    first_opened.get_or_insert(id);
                }
                Some(_) => offer.files.push(Offered { file, guess }),
                None => offer.refused.push((guess.name, guess.reason)),
            }
        }
        offer.has_opened_others = first_opened.is_some();
        if let Some(id) = first_opened {
            router.navigate(Route::file(id));
        }
        if !offer.files.is_empty() || !offer.refused.is_empty() {
            // Whoever has the publish drawer open means that topic.
            offer.topic = match router.route_untracked() {
                Route::Topic { name, tab: Tab::Publish, .. } => Some(name),
                _ => None,
            };
            self.offer_also(offer, dialogs);
        }
    }

    fn open_in_place(self, file: LocalFile, engine: Engine) -> u32 {
        let id = self.next_id.get_value();
        self.next_id.set_value(id.wrapping_add(1));
        let state = ArcRwSignal::new(FileState::Opening);
        let entry = OpenFile { id, name: shown_name(file.path()), bytes: file.bytes(), state: state.clone() };
        self.open.update(|open| open.push(entry));
        self.handles.update_value(|handles| handles.push((id, file.clone())));
        spawn_local(open_log(engine, file, state));
        id
    }

    fn reopen(self) {
        let engine = Engine::get();
        for (id, file) in self.handles.get_value() {
            let Some(entry) =
                self.open.with_untracked(|open| open.iter().find(|file| file.id == id).cloned())
            else {
                continue;
            };
            entry.state.set(FileState::Opening);
            spawn_local(open_log(engine, file, entry.state));
        }
    }
}

/// Returns a number to count from. It differs from load to load: an address from before must not name another file.
fn first_id() -> u32 {
    (js_sys::Math::random() * f64::from(u32::MAX / 2)) as u32
}

async fn open_log(engine: Engine, file: LocalFile, state: ArcRwSignal<FileState>) {
    let request = Request::OpenLog { name: file.path().to_owned() };
    match engine.start(request, &[file], |_| ()).finish().await {
        Ok((Reply::Opened(opened), _)) => state.set(FileState::Open(opened.file)),
        Ok(_) => {}
        Err(failure) => state.set(FileState::Failed(failure)),
    }
}
