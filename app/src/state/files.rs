//! Files of the person's disk: looked at, opened in place, or imported. They never leave the machine.

mod dropped;
mod folder;
mod local;
mod offered;

use leptos::prelude::*;
use leptos::task::spawn_local;

pub use self::dropped::{Dropped, from_drop, has_files};
pub use self::folder::{Folder, can_choose_folder, choose_folder};
pub use self::local::{LocalFile, from_input, save};
use super::dialogs::Dialogs;
use super::engine::Engine;
use super::route::{Route, Router, Tab};
use crate::engine::protocol::{Failure, FileFormat, FileGuess, FileId, Reply, Request};
use crate::model::file_name::shown_name;

/// An opened file.
#[derive(Clone, Debug)]
pub struct OpenFile {
    /// The page's number for it: stays when the engine is restarted.
    pub id: u32,
    /// Its name, with the folder that it lay in where that is known; a topic's name where it is a topic of a data directory.
    pub name: String,
    /// Whether it is a topic of a data directory: many files.
    pub is_topic: bool,
    /// Its length.
    pub bytes: u64,
    /// How far it is.
    pub state: ArcRwSignal<FileState>,
    /// Which time it is being opened: an answer to an earlier one is out of date.
    opening: u32,
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
    handles: StoredValue<Vec<(u32, Vec<LocalFile>)>, LocalStorage>,
    offer: RwSignal<Offer, LocalStorage>,
    is_looking: RwSignal<bool>,
    next_id: StoredValue<u32>,
    next_opening: StoredValue<u32>,
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
            next_opening: StoredValue::new(0),
        };
        provide_context(files);
        Engine::get().on_files_lost(move || files.reopen());
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

    /// Returns what an opened file or topic consists of; untracked.
    pub fn parts(self, id: u32) -> Vec<LocalFile> {
        self.handles.with_value(|handles| {
            handles.iter().find(|(other, _)| *other == id).map(|(_, files)| files.clone()).unwrap_or_default()
        })
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
            return self.sort_out(files, Vec::new(), (offer, None), contexts);
        }
        self.is_looking.set(true);
        spawn_local(async move {
            let answer = look_at(contexts.0, files, &mut offer).await;
            self.is_looking.set(false);
            if let Some((topics, others, guesses)) = answer {
                let first = self.open_topics(topics, contexts.0);
                self.sort_out(others, guesses, (offer, first), contexts);
            }
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
            close_in(Engine::get(), file);
        }
    }

    fn sort_out(
        self,
        files: Vec<LocalFile>,
        guesses: Vec<FileGuess>,
        (mut offer, mut first_opened): (Offer, Option<u32>),
        (engine, dialogs, router): (Engine, Dialogs, Router),
    ) {
        for (file, guess) in files.into_iter().zip(guesses) {
            match guess.format {
                Some(FileFormat::Log) => {
                    let name = shown_name(file.path());
                    let id = self.open_in_place(name, false, vec![file], engine);
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

    /// Opens topics of a data directory. Files of a topic that is open already join it. Returns what to show: the first topic that
    /// is not the broker's own.
    fn open_topics(self, topics: Vec<(String, Vec<LocalFile>)>, engine: Engine) -> Option<u32> {
        let opened: Vec<(u32, bool)> = topics
            .into_iter()
            .map(|(name, files)| {
                let is_internal = name.starts_with("__");
                let open =
                    self.opened_untracked().into_iter().find(|file| file.is_topic && file.name == name);
                let id = match open {
                    Some(open) => self.add_to(&open, files, engine),
                    None => self.open_in_place(name, true, files, engine),
                };
                (id, is_internal)
            })
            .collect();
        opened.iter().find(|(_, is_internal)| !is_internal).or(opened.first()).map(|(id, _)| *id)
    }

    fn open_in_place(self, name: String, is_topic: bool, files: Vec<LocalFile>, engine: Engine) -> u32 {
        let id = self.next_id.get_value();
        self.next_id.set_value(id.wrapping_add(1));
        let (state, opening) = (ArcRwSignal::new(FileState::Opening), 0);
        self.open.update(|open| open.push(OpenFile { id, name, is_topic, bytes: 0, state, opening }));
        self.handles.update_value(|handles| handles.push((id, files)));
        self.open_parts(id, engine);
        id
    }

    /// Lets the engine open what an entry consists of now.
    fn open_parts(self, id: u32, engine: Engine) {
        let (parts, opening) = (self.parts(id), self.next_opening.get_value().wrapping_add(1));
        self.next_opening.set_value(opening);
        let mut entry = None;
        self.open.update(|open| {
            if let Some(place) = open.iter_mut().find(|file| file.id == id) {
                place.bytes = parts.iter().map(LocalFile::bytes).sum();
                place.opening = opening;
                place.state.set(FileState::Opening);
                entry = Some(place.clone());
            }
        });
        let Some(entry) = entry else { return };
        spawn_local(async move {
            let state = opened(engine, &entry, &parts).await;
            // Closed meanwhile, or opened once more: nobody would ever close what came of this.
            let is_wanted = self
                .open
                .with_untracked(|open| open.iter().any(|file| file.id == id && file.opening == opening));
            match state {
                Some(state) if is_wanted => entry.state.set(state),
                Some(FileState::Open(file)) => close_in(engine, file),
                _ => {}
            }
        });
    }

    /// Opens a topic anew, with further files. A file that was there before counts as it is now.
    fn add_to(self, entry: &OpenFile, more: Vec<LocalFile>, engine: Engine) -> u32 {
        if let FileState::Open(file) = entry.state.get_untracked() {
            close_in(engine, file);
        }
        self.handles.update_value(|handles| {
            if let Some((_, known)) = handles.iter_mut().find(|(id, _)| *id == entry.id) {
                known.retain(|file| more.iter().all(|other| other.path() != file.path()));
                known.extend(more);
            }
        });
        self.open_parts(entry.id, engine);
        entry.id
    }

    fn reopen(self) {
        for file in self.opened_untracked() {
            self.open_parts(file.id, Engine::get());
        }
    }
}

/// Topics with their files, what else there is, and what each of the rest seems to be.
type Looked = (Vec<(String, Vec<LocalFile>)>, Vec<LocalFile>, Vec<FileGuess>);

/// Lets the engine say what files are: first by their names, then the rest one by one. Notes in the offer what cannot be opened.
async fn look_at(engine: Engine, files: Vec<LocalFile>, offer: &mut Offer) -> Option<Looked> {
    let named = files.iter().map(|file| (file.path().to_owned(), file.bytes())).collect();
    let pick = |places: &[u32]| -> Vec<LocalFile> {
        places.iter().filter_map(|place| files.get(*place as usize).cloned()).collect()
    };
    let mut refuse = |files: &[LocalFile], failure: &Failure| {
        let reason = |file: &LocalFile| (file.path().to_owned(), failure.sentence.clone());
        offer.refused.extend(files.iter().map(reason));
    };
    let survey = match engine.request(Request::Survey { files: named }).await {
        Ok(Reply::Survey(survey)) => survey,
        Ok(_) => return None,
        Err(failure) => {
            refuse(&files, &failure);
            return Some(Looked::default());
        }
    };
    let others = pick(&survey.others);
    let mut guesses = Vec::new();
    if !others.is_empty() {
        let names = others.iter().map(|file| file.path().to_owned()).collect();
        match engine.start(Request::Sniff { names }, &others, |_| ()).finish().await {
            Ok((Reply::Files(found), _)) => guesses = found,
            Ok(_) => return None,
            Err(failure) => refuse(&others, &failure),
        }
    }
    offer.refused.extend(survey.notes);
    let topics = survey.topics.into_iter().map(|topic| (topic.name, pick(&topic.files))).collect();
    Some((topics, others, guesses))
}

/// Returns a number to count from. It differs from load to load: an address from before must not name another file.
fn first_id() -> u32 {
    (js_sys::Math::random() * f64::from(u32::MAX / 2)) as u32
}

/// Lets go of the engine's side. A file that the engine lost is let go of already.
fn close_in(engine: Engine, file: FileId) {
    spawn_local(async move { drop(engine.request(Request::CloseFile { file }).await) });
}

async fn opened(engine: Engine, entry: &OpenFile, parts: &[LocalFile]) -> Option<FileState> {
    let mut names = parts.iter().map(|part| part.path().to_owned());
    let request = if entry.is_topic {
        Request::OpenTopicLog { topic: entry.name.clone(), names: names.collect() }
    } else {
        Request::OpenLog { name: names.next().unwrap_or_default() }
    };
    match engine.start(request, parts, |_| ()).finish().await {
        Ok((Reply::Opened(opened), _)) => Some(FileState::Open(opened.file)),
        Ok(_) => None,
        Err(failure) => Some(FileState::Failed(failure)),
    }
}
