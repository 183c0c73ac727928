//! Remembers for the engine what was acknowledged. The local storage outlives the database: browsers that run out of room evict
//! databases and keep it, and it goes with them only when the person clears everything.

use gloo::utils::window;

/// Where it is kept. Persisted.
const STORE_KEY: &str = "tablog.witness";

/// Returns what was noted last; `None` when there is nothing, or the browser keeps nothing.
pub fn recall() -> Option<String> {
    store()?.get_item(STORE_KEY).ok().flatten()
}

/// Keeps a text in place of the one before. A browser that refuses has no witness, and loses nothing else by that.
pub fn note(text: &str) {
    if let Some(store) = store() {
        store.set_item(STORE_KEY, text).unwrap_or_default();
    }
}

fn store() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}
