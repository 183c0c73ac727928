//! What is dropped on the page: files, and folders of them.

use futures_channel::oneshot;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    DataTransfer, DataTransferItemList, DragEvent, FileSystemDirectoryEntry, FileSystemEntry,
    FileSystemFileEntry,
};

use super::local::{LocalFile, from_list};

/// Most files taken from dropped folders: a broker's data folder has a few thousand, most of which are indexes.
const DROPPED_FILES_MAX: usize = 1_000;

/// Returns whether a drag carries files.
pub fn has_files(event: &DragEvent) -> bool {
    event.data_transfer().is_some_and(|data| data.types().includes(&JsValue::from_str("Files"), 0))
}

/// Takes the files out of a drop. Of folders only the files that can hold records are taken: a broker's folder is mostly indexes.
///
/// What was dropped is only readable while the event lasts, so it is taken out of it at once; only folders are read later.
pub fn from_drop(event: &DragEvent) -> impl Future<Output = Vec<LocalFile>> + use<> {
    let data = event.data_transfer();
    let plain = from_list(data.as_ref().and_then(DataTransfer::files));
    let items = data.map(|data| data.items());
    let count = items.as_ref().map_or(0, DataTransferItemList::length);
    let entries: Vec<FileSystemEntry> = (0..count)
        .filter_map(|index| items.as_ref()?.get(index)?.webkit_get_as_entry().ok().flatten())
        .collect();
    async move {
        if entries.iter().any(FileSystemEntry::is_directory) { from_entries(entries).await } else { plain }
    }
}

async fn from_entries(entries: Vec<FileSystemEntry>) -> Vec<LocalFile> {
    let mut files = Vec::new();
    let mut waiting: Vec<(FileSystemEntry, bool)> = entries.into_iter().map(|entry| (entry, false)).collect();
    while let Some((entry, is_inside)) = waiting.pop() {
        if files.len() >= DROPPED_FILES_MAX {
            break;
        }
        if entry.is_directory() {
            let inside = read_folder(entry.unchecked_into()).await;
            waiting.extend(inside.into_iter().map(|entry| (entry, true)));
        } else if !is_inside || holds_records(&entry.name()) {
            files.extend(read_file(entry.unchecked_into()).await.map(LocalFile::new));
        }
    }
    files.sort_by_key(LocalFile::name);
    files
}

fn holds_records(name: &str) -> bool {
    [".log", ".jsonl", ".ndjson", ".json"].iter().any(|end| name.ends_with(end))
}

async fn read_file(entry: FileSystemFileEntry) -> Option<web_sys::File> {
    let (sender, receiver) = oneshot::channel();
    let done = Closure::once(move |file: web_sys::File| drop(sender.send(file)));
    entry.file_with_callback(done.as_ref().unchecked_ref());
    receiver.await.ok()
}

async fn read_folder(folder: FileSystemDirectoryEntry) -> Vec<FileSystemEntry> {
    let reader = folder.create_reader();
    let mut all = Vec::new();
    // A reader gives a part at a time, and an empty part at the end.
    while all.len() < DROPPED_FILES_MAX {
        let (sender, receiver) = oneshot::channel();
        let done = Closure::once(move |part: js_sys::Array| drop(sender.send(part)));
        if reader.read_entries_with_callback(done.as_ref().unchecked_ref()).is_err() {
            break;
        }
        let Ok(part) = receiver.await else { break };
        if part.length() == 0 {
            break;
        }
        all.extend(part.iter().map(JsCast::unchecked_into::<FileSystemEntry>));
    }
    all
}
