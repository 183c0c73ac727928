//! Files in and out of the browser's hands.

use gloo::utils::document;
use js_sys::{Array, JsString};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, Event, File, FileList, HtmlAnchorElement, HtmlInputElement, Url};

use crate::state::time::after;

/// The browser needs the address for as long as it takes to start a download.
const ADDRESS_KEPT_MS: u32 = 60_000;

/// A file that the person chose, and where it lay as far as the browser tells.
#[derive(Clone, Debug)]
pub struct LocalFile {
    file: File,
    path: String,
}

impl LocalFile {
    /// Wraps a file that was chosen by itself.
    pub fn new(file: File) -> Self {
        let path = file.name();
        Self { file, path }
    }

    /// Wraps a file of a dropped folder: the browser's file itself knows its name alone, and Kafka's folders tell topic and partition.
    pub fn within(file: File, path: String) -> Self {
        Self { file, path }
    }

    /// Makes a file of a text; `None` when the browser does not.
    pub fn of_text(name: &str, text: &JsString) -> Option<Self> {
        File::new_with_str_sequence(&Array::of1(text), name).ok().map(Self::new)
    }

    /// Returns its name, behind the folders that were dropped with it: `kafka/orders-7/00000000000000000042.log`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns its length.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a length is whole and not negative"
    )]
    pub fn bytes(&self) -> u64 {
        self.file.size() as u64
    }

    /// Returns it as the blob that goes along with a message.
    pub fn blob(&self) -> Blob {
        self.file.clone().into()
    }
}

/// Takes the files out of a browser's list.
pub fn from_list(list: Option<FileList>) -> Vec<LocalFile> {
    let list = list.as_ref();
    let count = list.map_or(0, FileList::length);
    (0..count).filter_map(|index| list.and_then(|list| list.get(index)).map(LocalFile::new)).collect()
}

/// Takes the chosen files out of a file input, and empties it so that the same file can be chosen again.
pub fn from_input(event: &Event) -> Vec<LocalFile> {
    let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else {
        return Vec::new();
    };
    let mut files = from_list(input.files());
    for file in &mut files {
        // Set where a folder was chosen.
        let path = js_sys::Reflect::get(&file.file, &"webkitRelativePath".into())
            .ok()
            .and_then(|path| path.as_string());
        if let Some(path) = path.filter(|path| !path.is_empty()) {
            file.path = path;
        }
    }
    input.set_value("");
    files
}

/// Hands a blob to the browser as a download.
///
/// # Errors
/// Gives the browser's reason.
pub fn save(blob: &Blob, name: &str) -> Result<(), JsValue> {
    let address = Url::create_object_url_with_blob(blob)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&address);
    link.set_download(name);
    link.click();
    after(ADDRESS_KEPT_MS, move || {
        if Url::revoke_object_url(&address).is_err() {
            leptos::logging::warn!("the browser kept a download's address");
        }
    });
    Ok(())
}
