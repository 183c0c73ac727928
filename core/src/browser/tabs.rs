//! A word to the other tabs: "this was committed, look there". Messages may get lost (a frozen tab misses them), so nothing may
//! rest on them but speed.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, MessageEvent};

use super::js;
use crate::storage::StorageError;

/// One channel that all tabs of this page's origin can join. Dropping it leaves the channel.
#[derive(Debug)]
pub struct Tabs {
    channel: BroadcastChannel,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl Tabs {
    /// Joins the channel of this name. `hear` gets what others post, never what is posted here.
    ///
    /// # Errors
    /// `Unavailable` when the browser has no channels.
    pub fn join(name: &str, hear: impl Fn(Vec<u8>) + 'static) -> Result<Self, StorageError> {
        let channel = BroadcastChannel::new(name).map_err(|error| js::opening_error(&error))?;
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            // Only bytes are ever posted; what is not came from somebody else.
            if let Some(bytes) = event.data().dyn_ref::<Uint8Array>() {
                hear(bytes.to_vec());
            }
        });
        channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Ok(Self { channel, _on_message: on_message })
    }

    /// Posts bytes to all other tabs.
    ///
    /// # Errors
    /// What the platform reports.
    pub fn post(&self, bytes: &[u8]) -> Result<(), StorageError> {
        let message = Uint8Array::new_from_slice(bytes);
        self.channel.post_message(&message).map_err(|error| js::storage_error(&error))
    }
}

impl Drop for Tabs {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}
