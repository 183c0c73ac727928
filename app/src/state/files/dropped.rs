//! What is dropped on the page: files, and folders of them.

use std::cell::Cell;
use std::rc::Rc;

use futures_channel::oneshot;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    DataTransfer, DataTransferItemList, DragEvent, FileSystemDirectoryEntry, FileSystemEntry,
    FileSystemFileEntry,
};

use tablog_core::segment::folder::is_kafkas;

use super::local::{LocalFile, from_list};

/// Most files taken from dropped folders: a broker of a thousand partitions has some ten thousand.
const DROPPED_FILES_MAX: usize = 50_000;
/// Most entries of dropped folders that are looked at, folders and other things included.
const DROPPED_ENTRIES_MAX: usize = 100_000;
/// Most files that are named as left out.
const LEFT_OUT_MAX: usize = 100;

/// What was dropped.
#[derive(Clone, Debug, Default)]
pub struct Dropped {
    /// Files to look at.
    pub files: Vec<LocalFile>,
    /// What is not among them although it was dropped: name and reason.
    pub left_out: Vec<(String, String)>,
}

/// Returns whether a drag carries files.
pub fn has_files(event: &DragEvent) -> bool {
    event.data_transfer().is_some_and(|data| data.types().includes(&JsValue::from_str("Files"), 0))
}

/// Takes the files out of a drop. Of folders only the files that a broker writes or that can hold records are taken.
///
/// What was dropped is only readable while the event lasts, so it is taken out of it at once; only folders are read later.
pub fn from_drop(event: &DragEvent) -> impl Future<Output = Dropped> + use<> {
    let data = event.data_transfer();
    let plain = from_list(data.as_ref().and_then(DataTransfer::files));
    let items = data.map(|data| data.items());
    let count = items.as_ref().map_or(0, DataTransferItemList::length);
    let entries: Vec<FileSystemEntry> = (0..count)
        .filter_map(|index| items.as_ref()?.get(index)?.webkit_get_as_entry().ok().flatten())
        .collect();
    async move {
        if entries.iter().any(FileSystemEntry::is_directory) {
            Walk::default().over(entries).await
        } else {
            Dropped { files: plain, left_out: Vec::new() }
        }
    }
}

/// A walk through dropped folders.
#[derive(Default)]
struct Walk {
    dropped: Dropped,
    entries_seen: usize,
    left_out_unnamed: usize,
}

impl Walk {
    async fn over(mut self, entries: Vec<FileSystemEntry>) -> Dropped {
        for entry in entries {
            let (name, before) = (entry.name(), self.told());
            if entry.is_directory() {
                self.folder(entry).await;
                if self.told() == before {
                    self.leave_out(
                        name,
                        "has no file of Kafka's in it, and no .jsonl, .ndjson or .json file".to_owned(),
                    );
                }
            } else {
                self.file(entry.unchecked_into()).await;
            }
        }
        if self.left_out_unnamed > 0 {
            let more = (format!("{} more", self.left_out_unnamed), "were left out".to_owned());
            self.dropped.left_out.push(more);
        }
        self.dropped.files.sort_by(|one, other| one.path().cmp(other.path()));
        self.dropped
    }

    /// Counts what there is to say of what was seen so far.
    fn told(&self) -> usize {
        self.dropped.files.len() + self.dropped.left_out.len() + self.left_out_unnamed
    }

    async fn folder(&mut self, folder: FileSystemEntry) {
        let mut waiting = vec![folder];
        while let Some(entry) = waiting.pop() {
            if entry.is_directory() {
                let (inside, trouble) = read_folder(entry.clone().unchecked_into()).await;
                self.entries_seen += inside.len();
                waiting.extend(inside);
                if let Some(reason) = trouble {
                    self.leave_out(path_of(&entry), reason);
                }
            } else if is_of_use(&path_of(&entry)) {
                self.file(entry.unchecked_into()).await;
            }
            if self.entries_seen > DROPPED_ENTRIES_MAX || self.dropped.files.len() >= DROPPED_FILES_MAX {
                if !waiting.is_empty() {
                    let rest = waiting.pop().map_or_else(String::new, |entry| path_of(&entry));
                    let reason = format!(
                        "and what follows was left out: at most {DROPPED_FILES_MAX} files, found among {DROPPED_ENTRIES_MAX}, are \
                         taken at once. Drop fewer folders"
                    );
                    self.leave_out(rest, reason);
                }
                return;
            }
        }
    }

    async fn file(&mut self, entry: FileSystemFileEntry) {
        let path = path_of(&entry);
        match read_file(&entry).await {
            Ok(file) => self.dropped.files.push(LocalFile::within(file, path)),
            Err(reason) => self.leave_out(path, reason),
        }
    }

    fn leave_out(&mut self, name: String, reason: String) {
        if self.dropped.left_out.len() < LEFT_OUT_MAX {
            self.dropped.left_out.push((name, reason));
        } else {
            self.left_out_unnamed += 1;
        }
    }
}

/// Returns an entry's path from what was dropped on: `kafka/orders-7/00000000000000000042.log`.
fn path_of(entry: &FileSystemEntry) -> String {
    entry.full_path().trim_start_matches('/').to_owned()
}

fn is_of_use(path: &str) -> bool {
    [".log", ".jsonl", ".ndjson", ".json"].iter().any(|end| path.ends_with(end)) || is_kafkas(path)
}

async fn read_file(entry: &FileSystemFileEntry) -> Result<web_sys::File, String> {
    let handlers = Handlers::new(JsCast::unchecked_into::<web_sys::File>);
    entry.file_with_callback_and_callback(handlers.done(), handlers.failed());
    handlers.settled().await
}

/// Lists a folder, and says why not all of it where that is so.
async fn read_folder(folder: FileSystemDirectoryEntry) -> (Vec<FileSystemEntry>, Option<String>) {
    let reader = folder.create_reader();
    let mut all = Vec::new();
    // A reader gives a part at a time, and an empty part at the end.
    while all.len() <= DROPPED_ENTRIES_MAX {
        let handlers = Handlers::new(JsCast::unchecked_into::<js_sys::Array>);
        let asked = reader.read_entries_with_callback_and_callback(handlers.done(), handlers.failed());
        let part = match asked {
            Ok(()) => handlers.settled().await,
            Err(thrown) => Err(unreadable(&thrown)),
        };
        match part {
            Ok(part) if part.length() == 0 => break,
            Ok(part) => all.extend(part.iter().map(JsCast::unchecked_into::<FileSystemEntry>)),
            Err(reason) => return (all, Some(reason)),
        }
    }
    (all, None)
}

type Handler = Closure<dyn FnMut(JsValue)>;

/// What the browser calls when it is done and when it failed: without the second, a failure is never heard of.
struct Handlers<T> {
    done: Handler,
    failed: Handler,
    outcome: oneshot::Receiver<Result<T, String>>,
}

impl<T: 'static> Handlers<T> {
    fn new(read: impl FnOnce(JsValue) -> T + 'static) -> Self {
        let (sender, outcome) = oneshot::channel();
        let sender = Rc::new(Cell::new(Some(sender)));
        let other = Rc::clone(&sender);
        let settle = |sender: &Cell<Option<oneshot::Sender<Result<T, String>>>>, outcome| {
            // Nobody waits any more, or the other handler was called: then there is nothing to tell.
            drop(sender.take().map(|sender| sender.send(outcome)));
        };
        let done = Closure::once(move |value: JsValue| settle(&sender, Ok(read(value))));
        let failed = Closure::once(move |thrown: JsValue| settle(&other, Err(unreadable(&thrown))));
        Self { done, failed, outcome }
    }

    fn done(&self) -> &js_sys::Function {
        self.done.as_ref().unchecked_ref()
    }

    fn failed(&self) -> &js_sys::Function {
        self.failed.as_ref().unchecked_ref()
    }

    /// Waits for either, holding both.
    async fn settled(mut self) -> Result<T, String> {
        (&mut self.outcome).await.unwrap_or_else(|_| Err(unreadable(&JsValue::UNDEFINED)))
    }
}

fn unreadable(thrown: &JsValue) -> String {
    match thrown.dyn_ref::<js_sys::Error>() {
        Some(error) => format!("cannot be read: {}", String::from(error.message())),
        None => "cannot be read, and the browser does not say why".to_owned(),
    }
}
