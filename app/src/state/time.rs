//! The page's clock and timers. (The log's time comes from the engine.)

use gloo::timers::callback::Timeout;

/// Returns now, in milliseconds since 1970 UTC.
#[allow(clippy::cast_possible_truncation, reason = "a date's milliseconds are whole and far below 2^53")]
pub fn now_ms() -> i64 {
    js_sys::Date::now() as i64
}

/// Calls back after so many milliseconds.
pub fn after(millis: u32, call: impl FnOnce() + 'static) {
    Timeout::new(millis, call).forget();
}
