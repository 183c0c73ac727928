//! The page's clock and timers. (The log's time comes from the engine.)

use std::time::Duration;

use leptos::prelude::set_timeout;

/// Returns now, in milliseconds since 1970 UTC.
#[allow(clippy::cast_possible_truncation, reason = "a date's milliseconds are whole and far below 2^53")]
pub fn now_ms() -> i64 {
    js_sys::Date::now() as i64
}

/// Calls back after so many milliseconds. What is called is freed afterwards, which a forgotten timer of gloo's is not.
pub fn after(millis: u32, call: impl FnOnce() + 'static) {
    set_timeout(call, Duration::from_millis(millis.into()));
}
