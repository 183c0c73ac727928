//! A folder of the person's disk that files are written into, where the browser lets one be chosen.

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions,
    FileSystemGetFileOptions, WritableStream,
};

use crate::engine::wire::words;

/// A folder that the person chose to be written into.
#[derive(Clone, Debug)]
pub struct Folder(FileSystemDirectoryHandle);

/// Tells whether the browser lets a folder be chosen.
pub fn can_choose_folder() -> bool {
    Reflect::has(&gloo::utils::window(), &"showDirectoryPicker".into()).unwrap_or(false)
}

/// Lets the person choose a folder: to be called while a click is being heard. `None` when none was chosen.
///
/// # Errors
/// The browser's reason.
pub async fn choose_folder() -> Result<Option<Folder>, String> {
    let options = Object::new();
    let chosen = match Reflect::set(&options, &"mode".into(), &"readwrite".into()) {
        Ok(_) => call(&gloo::utils::window(), "showDirectoryPicker", &Array::of1(&options)).await,
        Err(thrown) => Err(thrown),
    };
    match chosen {
        Ok(handle) => Ok(Some(Folder(handle.unchecked_into()))),
        Err(thrown) if is_named(&thrown, "AbortError") => Ok(None),
        Err(thrown) => Err(words(&thrown)),
    }
}

impl Folder {
    /// Returns its name.
    pub fn name(&self) -> String {
        self.0.name()
    }

    /// Writes files under their paths, at most one folder deep. What is there already is not written over.
    ///
    /// # Errors
    /// A sentence that names the file, and what to do.
    pub async fn write(&self, files: Vec<(String, Blob)>) -> Result<(), String> {
        // All of it is looked at before any of it is written.
        for (path, _) in &files {
            let first = path.split('/').next().unwrap_or(path);
            if self.holds(first).await {
                return Err(format!(
                    "The folder \"{}\" holds {first} already, and nothing was written: choose an empty folder",
                    self.0.name()
                ));
            }
        }
        for (path, file) in files {
            self.write_one(&path, &file).await.map_err(|thrown| {
                format!(
                    "{path} could not be written ({}): the folder is incomplete. Check the disk, empty the folder, and export again",
                    words(&thrown)
                )
            })?;
        }
        Ok(())
    }

    async fn holds(&self, name: &str) -> bool {
        let is_folder = JsFuture::from(self.0.get_directory_handle(name)).await.is_ok();
        is_folder || JsFuture::from(self.0.get_file_handle(name)).await.is_ok()
    }

    async fn write_one(&self, path: &str, file: &Blob) -> Result<(), JsValue> {
        let (folder, name) = match path.split_once('/') {
            None => (self.0.clone(), path),
            Some((folder, name)) => {
                let options = FileSystemGetDirectoryOptions::new();
                options.set_create(true);
                let folder =
                    JsFuture::from(self.0.get_directory_handle_with_options(folder, &options)).await?;
                (folder.unchecked_into(), name)
            }
        };
        let options = FileSystemGetFileOptions::new();
        options.set_create(true);
        let handle: FileSystemFileHandle =
            JsFuture::from(folder.get_file_handle_with_options(name, &options)).await?.unchecked_into();
        let writable: WritableStream = call(&handle, "createWritable", &Array::new()).await?.unchecked_into();
        // Closes the file at its end; the page holds none of its bytes.
        JsFuture::from(file.stream().pipe_to(&writable)).await.map(drop)
    }
}

/// Calls what web-sys does not have yet.
async fn call(target: &JsValue, name: &str, arguments: &Array) -> Result<JsValue, JsValue> {
    let function: Function = Reflect::get(target, &name.into())?.dyn_into()?;
    let promise: Promise = Reflect::apply(&function, target, arguments)?.dyn_into()?;
    JsFuture::from(promise).await
}

fn is_named(thrown: &JsValue, name: &str) -> bool {
    let found = Reflect::get(thrown, &"name".into()).ok().and_then(|found| found.as_string());
    found.as_deref() == Some(name)
}
