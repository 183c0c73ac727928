//! An element's size, followed until the component that asked is gone.

use leptos::prelude::*;
use wasm_bindgen::prelude::*;

/// Calls `hear` with the element's inner height in CSS pixels, as soon as the browser has laid it out and at every change, until
/// the owner is cleaned up. Asking right away would make the browser lay out the page in the middle of building it.
pub fn on_resize(element: &web_sys::Element, hear: impl Fn(f64) + 'static) {
    let target = element.clone();
    let callback = Closure::<dyn FnMut()>::new(move || hear(f64::from(target.client_height())));
    let Ok(observer) = web_sys::ResizeObserver::new(callback.as_ref().unchecked_ref()) else { return };
    observer.observe(element);
    // Kept alive, and let go of, together with the component.
    let kept = StoredValue::new_local(Some((observer, callback)));
    on_cleanup(move || {
        if let Some(Some((observer, _callback))) = kept.try_update_value(Option::take) {
            observer.disconnect();
        }
    });
}
